//! A listing's images, read from the cache batch by batch.

use crate::{CleanEntries, ImagesError, Listing, MaskKind, Reading, listing};
use herring_cache::{Cache, Key};
use herring_datasets::{
    Dataset, DatasetError, Region, Splits,
    dataset::{Entry, Pixels},
    listed::{CleanParts, Listed, Listings},
};
use herring_pixels::{MaskSettings, PictureInfo, Preparation};
use std::{path::PathBuf, sync::Arc};

/// The listings of a cache's folder.
#[derive(Debug, Clone)]
pub struct CachedListings {
    folder: PathBuf,
}

impl CachedListings {
    /// Those of `folder`, which is read when a listing is opened.
    pub fn of(folder: impl Into<PathBuf>) -> Self {
        Self { folder: folder.into() }
    }

    /// Checks that the cache has every image of these listings. Reads indexes, no pixels, and writes nothing.
    ///
    /// # Errors
    /// The first thing that is missing or cannot be read: the folder, a listing, a block.
    pub fn check<'a>(&self, names: impl IntoIterator<Item = &'a str>) -> Result<(), ImagesError> {
        let mut names = names.into_iter().peekable();
        if names.peek().is_none() {
            return Ok(());
        }
        let cache = Cache::open_to_read(&self.folder)?;
        for name in names {
            let listing = Listing::read(&self.folder, name)?;
            for entry in listing.entries() {
                block(&cache, entry)?;
            }
        }
        Ok(())
    }

    fn listed(&self, name: &str) -> Result<Listed, ImagesError> {
        let listing = Listing::read(&self.folder, name)?;
        let cache = Arc::new(Cache::open_to_read(&self.folder)?);
        let channels = (listing.channels, listing.reading());
        let dataset = |part: &str, size: usize, entries: &[listing::Entry]| {
            dataset(&cache, part, (listing.classes.len(), size), entries, channels)
        };
        let test = |(name, entries): (&str, &[listing::Entry])| {
            Ok::<_, ImagesError>((name.to_owned(), dataset(name, listing.size, entries)?))
        };
        let clean = |clean: &CleanEntries| {
            let train = dataset("train, clean", listing.size_in_training(), &clean.train)?;
            Ok::<_, ImagesError>(CleanParts { train, valid: dataset("valid, clean", listing.size, &clean.valid)? })
        };
        Ok(Listed {
            splits: Splits {
                train: dataset("train", listing.size_in_training(), &listing.train)?,
                valid: dataset("valid", listing.size, &listing.valid)?,
                tests: listing.test_sets().into_iter().map(test).collect::<Result<_, _>>()?,
            },
            saliency: dataset("saliency", listing.saliency_size, &listing.saliency)?,
            clean: listing.clean.as_ref().map(clean).transpose()?,
            regions: Vec::new(),
        })
    }
}

impl Listings for CachedListings {
    fn open(&self, listing: &str) -> Result<Listed, DatasetError> {
        let unreadable =
            |error: ImagesError| DatasetError::Unreadable { id: listing.to_owned(), reason: error.to_string() };
        self.listed(listing).map_err(unreadable)
    }
}

/// The key of an entry's block, which must be in the cache.
fn block(cache: &Cache, entry: &listing::Entry) -> Result<Key, ImagesError> {
    let unreadable = |reason: String| DatasetError::Unreadable { id: entry.id.clone(), reason };
    let key: Key = entry.block.parse().map_err(|error| unreadable(format!("{error}")))?;
    if !cache.contains(&key) {
        return Err(unreadable(format!("{}: found no block {key}", cache.folder().display())).into());
    }
    Ok(key)
}

/// A part of a listing as a dataset, of blocks with `stored` channels that are read in some way.
pub(crate) fn dataset(
    cache: &Arc<Cache>,
    name: &str,
    (classes, size): (usize, usize),
    entries: &[listing::Entry],
    (stored, reading): (usize, Reading),
) -> Result<Dataset, ImagesError> {
    if stored == 0 || (stored > 1 && stored != reading.channels) {
        let reason = format!("found {} channels to read of blocks with {stored}, expected as many", reading.channels);
        return Err(DatasetError::Unreadable { id: name.to_owned(), reason }.into());
    }
    let mut blocks = Vec::with_capacity(entries.len());
    let mut known = Vec::with_capacity(entries.len());
    for entry in entries {
        let key = block(cache, entry)?;
        blocks.push((entry.id.clone(), key, entry.mask));
        known.push(Entry { id: entry.id.clone(), label: entry.label, environment: entry.environment });
    }
    let original = PictureInfo::upright([size, size], 8, 1);
    let settings = MaskSettings::default();
    let circle = herring_pixels::mask(&Region::Circle, &original, &Preparation::xray(size), None, &settings)?;
    let circle = circle.values().to_vec();
    let pixels = CachedPixels { cache: Arc::clone(cache), blocks, circle, size, stored, reading };
    Ok(Dataset::streamed(name, classes, [reading.channels, size, size], known, Arc::new(pixels))?)
}

struct CachedPixels {
    cache: Arc<Cache>,
    blocks: Vec<(String, Key, MaskKind)>,
    circle: Vec<f32>,
    /// Rows and columns.
    size: usize,
    /// Channels of a block without that of a mask.
    stored: usize,
    reading: Reading,
}

impl Pixels for CachedPixels {
    fn read(&self, index: usize, image: &mut [f32], mask: &mut [f32]) -> Result<(), DatasetError> {
        let Some((id, key, kind)) = self.blocks.get(index) else {
            return Err(DatasetError::Unreadable {
                id: index.to_string(),
                reason: format!("found {} images, expected more", self.blocks.len()),
            });
        };
        let failed = |reason: String| DatasetError::Unreadable { id: id.clone(), reason };
        let read = |out: &mut [f32]| self.cache.read(key, out).map_err(|error| failed(error.to_string()));
        // The mask, if there is one, lies behind the block's other channels.
        let (stored, copies) = image.split_at_mut(self.stored * mask.len());
        match kind {
            MaskKind::Stored => {
                let mut both = vec![0.0; stored.len() + mask.len()];
                read(&mut both)?;
                stored.copy_from_slice(&both[..stored.len()]);
                mask.copy_from_slice(&both[stored.len()..]);
            }
            MaskKind::Everything | MaskKind::Nothing | MaskKind::Circle | MaskKind::Outside { .. } => {
                read(stored)?;
                self.draw(*kind, mask);
            }
        }
        copies.chunks_exact_mut(mask.len()).for_each(|channel| channel.copy_from_slice(stored));
        if self.reading != Reading::as_stored(self.reading.channels) {
            let Reading { mean, deviation, .. } = self.reading;
            for (channel, values) in image.chunks_exact_mut(mask.len()).enumerate() {
                let (mean, deviation) = (mean.of(channel), deviation.of(channel));
                values.iter_mut().for_each(|value| *value = (*value - mean) / deviation);
            }
        }
        Ok(())
    }
}

impl CachedPixels {
    /// A mask that is not stored.
    fn draw(&self, kind: MaskKind, mask: &mut [f32]) {
        match kind {
            MaskKind::Everything | MaskKind::Stored => mask.fill(1.0),
            MaskKind::Nothing => mask.fill(0.0),
            MaskKind::Circle => mask.copy_from_slice(&self.circle),
            MaskKind::Outside { rows: [top, bottom], columns: [left, right] } => {
                mask.fill(1.0);
                // Within the image, whatever a listing says.
                let (bottom, right) = (bottom.min(self.size), right.min(self.size));
                for line in mask.chunks_exact_mut(self.size).take(bottom).skip(top) {
                    line[left.min(right)..right].fill(0.0);
                }
            }
        }
    }
}

//! Draws the samples of a run, decodes them into the cache and lists them.
//!
//! A file is read and decoded once for all its versions. A clean image does not depend on the seed or the kind of
//! decoy, so that all runs at one size share it; of each image there are as many contaminated ones as places of decoys.

use crate::{
    Collection, Folder, ImageFile, RadiographSettings, RadiographsError,
    block::{self, FORMAT, Recipe},
    draw::{Sample, Samples, draw},
    size::{common_side, wrong_size},
};
use herring_cache::{Cache, FillSettings, Filled, Progress, Request};
use herring_datasets::{Part, quota::CellQuota};
use herring_decoys::{Decoy, Region};
use herring_images::{CleanEntries, Entry, Listing, MaskKind, TestSet};
use herring_pixels::probe_file;
use rayon::prelude::*;
use std::{collections::BTreeSet, path::Path, sync::atomic::AtomicBool};

/// The test set whose decoys tell the images' classes.
pub const CONTAMINATED: &str = "contaminated";

/// The test set whose decoys tell other classes, or classes at random.
pub const PERMUTED: &str = "permuted";

/// The test set without decoys.
pub const CLEAN: &str = "clean";

/// No radiograph is that large, in bytes.
const LARGEST_FILE: u64 = 256 << 20;

/// Facts about a part.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PartFacts {
    /// The part.
    pub part: Part,
    /// Images of each class.
    pub images: Vec<usize>,
    /// Images whose permuted decoy happens to tell their class, as KNEE's may.
    pub agreeing: usize,
}

/// Facts about a run's images.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Facts {
    /// The collection.
    pub collection: Collection,
    /// Whether the validation part was drawn from the training folder.
    pub validation_drawn: bool,
    /// Rows and columns of the files' pictures, where all have the same (KNEE).
    pub original_side: Option<usize>,
    /// The collection and the images of its folders, in words.
    pub issue: String,
    /// Whether the folders have as many images of each class as the owners hand out.
    pub is_official: bool,
    /// SHA-256, in hexadecimal digits, of the list of files: the place of each in the collection, a line each.
    pub files_sha256: String,
    /// Training, validation and test.
    pub parts: [PartFacts; 3],
    /// Hidden files that were passed over, a line for each folder.
    pub notes: Vec<String>,
}

/// The outcome of preparing.
#[derive(Debug, Clone, PartialEq)]
pub struct Prepared {
    /// The samples of the run.
    pub listing: Listing,
    /// Its name: see [`Listing::sha256`].
    pub name: String,
    /// What the samples were drawn from.
    pub facts: Facts,
    /// Images that were decoded now, each version for itself.
    pub decoded: usize,
    /// Images that the cache had.
    pub found: usize,
    /// The cache's warnings, a line each: damaged packs whose blocks were made again.
    pub complaints: Vec<String>,
}

/// Makes sure that `cache` holds every version of every image that the settings draw from a collection in `root`, and
/// lists them; the listing is kept in the cache's folder, where [`herring_images::CachedListings`] opens it by its name.
///
/// Training is contaminated and validation permuted, both also clean ([`Listing::clean`]); the sets of test images are
/// [`CONTAMINATED`], [`PERMUTED`] and [`CLEAN`]; saliency is computed for permuted ones. A sample's id is its file's
/// place in the collection, `test/NORMAL/IM-0001-0001.jpeg`, in every version. Blocks have one channel of values from 0
/// to 1; the listing's [`herring_images::Reading`] makes three equal, normalised ones of it. Masks are 0 in the decoy's
/// rectangle and 1 elsewhere.
///
/// # Errors
/// [`RadiographsError::Setting`] for settings that cannot be used; [`RadiographsError::Layout`] as [`Folder::read`];
/// [`RadiographsError::Damaged`] with every image that cannot be used, all at once: unreadable ones, and knees that are
/// not square or of another size than most; [`RadiographsError::Interrupted`] once `stop` is set; finished images are
/// kept. Otherwise the cache's error: after [`herring_cache::CacheError::Damaged`], [`Cache::forget_damaged`] drops what
/// is damaged, so that it is made again. No listing is written then.
pub fn prepare(
    cache: &Cache,
    root: &Path,
    settings: &RadiographSettings,
    progress: &mut dyn FnMut(&Progress),
    stop: &AtomicBool,
) -> Result<Prepared, RadiographsError> {
    settings.check()?;
    let folder = Folder::read(root, settings.collection)?;
    let original_side = match folder.collection {
        Collection::Pneumonia => None,
        Collection::Knee => Some(original_side(&folder)?),
    };
    let samples = draw(&folder, settings);
    let wanted = wanted(&samples);
    let requests = wanted.iter().map(|wanted| wanted.request(settings)).collect::<Result<Vec<_>, _>>()?;
    let decode = |group: &[&Request], sources: &[Vec<u8>]| {
        let recipes: Vec<&str> = group.iter().map(|request| request.recipe.as_str()).collect();
        block::blocks(&recipes, sources.first().map(Vec::as_slice).unwrap_or_default())
    };
    let filling = FillSettings { largest_source: LARGEST_FILE, ..FillSettings::default() };
    let filled = cache.fill_together(&requests, decode, &filling, progress, stop)?;
    let keys = checked(&filled, requests.len())?;
    let listing = listing(settings, &wanted, keys);
    let name = listing.keep(cache.folder())?;
    let facts = Facts {
        collection: folder.collection,
        validation_drawn: folder.valid.is_none(),
        original_side,
        issue: issue(&folder, original_side),
        is_official: folder.is_official(),
        files_sha256: herring_images::sha256(&folder.files().map(|file| format!("{}\n", file.id)).collect::<String>()),
        parts: Part::ALL.map(|part| facts(part, samples.of(part), folder.collection)),
        notes: folder.notes,
    };
    let complaints = filled.damage.iter().map(ToString::to_string).collect();
    Ok(Prepared { listing, name, facts, decoded: filled.decoded, found: filled.found, complaints })
}

/// Rows and columns of the pictures, which all are squares of one size.
fn original_side(folder: &Folder) -> Result<usize, RadiographsError> {
    let files: Vec<&ImageFile> = folder.files().collect();
    let sizes: Vec<_> = files
        .par_iter()
        .map(|file| probe_file(&file.path).map(|info| [info.height, info.width]).map_err(|error| error.to_string()))
        .collect();
    let common = common_side(sizes.iter().flatten());
    let line = |(file, size): (&&ImageFile, &Result<_, String>)| {
        let wrong = match size {
            Ok(size) => wrong_size(*size, common)?,
            Err(error) => error.clone(),
        };
        Some(format!("{}: {wrong}", file.path.display()))
    };
    let failures: Vec<String> = files.iter().zip(&sizes).filter_map(line).collect();
    match common {
        Some(side) if failures.is_empty() => Ok(side),
        _ => Err(RadiographsError::Damaged { failures }),
    }
}

/// The versions of an image.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Version {
    Contaminated,
    Permuted,
    Clean,
}

/// A version of a sample that is wanted.
struct Wanted<'a> {
    sample: &'a Sample,
    part: Part,
    version: Version,
}

/// Everything that is wanted, the versions of an image next to each other.
fn wanted(samples: &Samples) -> Vec<Wanted<'_>> {
    let mut wanted = Vec::new();
    for part in Part::ALL {
        let versions: &[Version] = match part {
            Part::Train => &[Version::Contaminated, Version::Clean],
            Part::Valid => &[Version::Permuted, Version::Clean],
            Part::Test => &[Version::Contaminated, Version::Permuted, Version::Clean],
        };
        for sample in samples.of(part) {
            wanted.extend(versions.iter().map(|&version| Wanted { sample, part, version }));
        }
    }
    wanted
}

impl Wanted<'_> {
    fn decoy(&self) -> Option<Decoy> {
        match self.version {
            Version::Contaminated => Some(self.sample.contaminated),
            Version::Permuted => Some(self.sample.permuted),
            Version::Clean => None,
        }
    }

    fn request(&self, settings: &RadiographSettings) -> Result<Request, RadiographsError> {
        let RadiographSettings { collection, side, .. } = *settings;
        let recipe = Recipe { radiograph: FORMAT, collection, side, decoy: self.decoy() };
        let recipe = serde_json::to_string(&recipe)
            .map_err(|error| RadiographsError::setting("recipe", error, "settings that have a JSON"))?;
        let ImageFile { id, path, .. } = &self.sample.file;
        Ok(Request { id: id.clone(), origin: String::new(), sources: vec![path.clone()], recipe })
    }

    fn entry(&self, block: String) -> Entry {
        let Region { rows, columns } = self.sample.contaminated.region();
        let mask = MaskKind::Outside { rows: [rows.start, rows.end], columns: [columns.start, columns.end] };
        let ImageFile { id, label, .. } = &self.sample.file;
        Entry { id: id.clone(), label: *label, environment: 0, block, mask }
    }
}

fn listing(settings: &RadiographSettings, wanted: &[Wanted<'_>], keys: Vec<String>) -> Listing {
    let collection = settings.collection;
    let classes: Vec<String> = collection.classes().iter().map(|&class| class.to_owned()).collect();
    let mut listing = Listing::new(&classes, &[collection.to_string()], settings.side, settings.side);
    let mut clean = CleanEntries { train: Vec::new(), valid: Vec::new() };
    let [mut contaminated, mut permuted, mut without] = [Vec::new(), Vec::new(), Vec::new()];
    for (wanted, key) in wanted.iter().zip(keys) {
        let list = match (wanted.part, wanted.version) {
            (Part::Train, Version::Clean) => &mut clean.train,
            (Part::Train, _) => &mut listing.train,
            (Part::Valid, Version::Clean) => &mut clean.valid,
            (Part::Valid, _) => &mut listing.valid,
            (Part::Test, Version::Contaminated) => &mut contaminated,
            (Part::Test, Version::Permuted) => &mut permuted,
            (Part::Test, Version::Clean) => &mut without,
        };
        list.push(wanted.entry(key));
    }
    let mut quota = CellQuota::new(settings.saliency_limit);
    listing.saliency = permuted.iter().filter(|entry| quota.admit(0, entry.label)).cloned().collect();
    let sets = [(CONTAMINATED, contaminated), (PERMUTED, permuted), (CLEAN, without)];
    listing.tests = sets.map(|(name, images)| TestSet { name: name.to_owned(), images }).into();
    listing.clean = Some(clean);
    listing.reading = Some(collection.reading());
    listing
}

/// The keys of all blocks; an error if images failed, a line for each file, or were not reached.
fn checked(filled: &Filled, wanted: usize) -> Result<Vec<String>, RadiographsError> {
    if filled.stopped > 0 {
        return Err(RadiographsError::Interrupted { done: filled.decoded + filled.found, wanted });
    }
    let failures = filled.keys.iter().filter_map(|key| key.as_ref().err());
    let lines: BTreeSet<String> = failures
        .map(|failure| match &failure.file {
            Some(file) => format!("{}: {}", file.display(), failure.cause),
            None => format!("{}: {}", failure.id, failure.cause),
        })
        .collect();
    if lines.is_empty() {
        return Ok(filled.keys.iter().flatten().map(ToString::to_string).collect());
    }
    Err(RadiographsError::Damaged { failures: lines.into_iter().collect() })
}

/// `knee: 5778 training, 826 validation and 1656 test images of 64 pixels`.
fn issue(folder: &Folder, side: Option<usize>) -> String {
    let valid = folder.valid.as_ref().map_or(String::new(), |valid| format!(", {} validation", valid.len()));
    let side = side.map_or(String::new(), |side| format!(" of {side} pixels"));
    let (train, test) = (folder.train.len(), folder.test.len());
    format!("{}: {train} training{valid} and {test} test images{side}", folder.collection)
}

fn facts(part: Part, samples: &[Sample], collection: Collection) -> PartFacts {
    let mut images = vec![0; collection.classes().len()];
    samples.iter().for_each(|sample| images[sample.file.label] += 1);
    let agreeing = samples.iter().filter(|sample| sample.permuted == sample.contaminated).count();
    PartFacts { part, images, agreeing }
}

//! Draws the slices of a run, decodes them into the cache and lists them.
//!
//! Two things are kept in the cache, both by the content of files: the classes of a label's slices, so that a
//! task's labels are read once and not by every run, and the slices that runs have drawn. A volume is unpacked
//! once for all of its slices that are wanted.

use crate::{
    Collection, Header, Task, Volume, VolumeFiles, VolumeSettings, VolumesError,
    classes::slice_classes,
    slice::{self, slice_image, slice_mask},
    split::{LEAST_VOLUMES, VolumeSplit, draw_slices, split_volumes},
};
use herring_cache::{Cache, FillSettings, Filled, Key, Progress, Request};
use herring_datasets::{Image, Part, mask, quota::CellQuota};
use herring_images::{Entry, Listing, MaskKind};
use serde::Serialize;
use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::Path,
    sync::atomic::AtomicBool,
    thread,
};

/// Names of the classes, by label.
pub const CLASSES: [&str; 2] = ["without the organ", "with the organ"];

/// Raised whenever equal labels give different classes than before.
const CLASSES_FORMAT: u32 = 1;

/// A larger file is refused, in bytes; the Decathlon's have up to 300 MB.
const LARGEST_FILE: u64 = 2 << 30;

/// Volumes that are decoded at the same time have at most this many bytes of files together, if one alone has not.
const FILES_AT_ONCE: u64 = 2 << 30;

/// Facts about a part.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PartFacts {
    /// Names of its volumes, in the order of the split.
    pub volumes: Vec<String>,
    /// Slices that could be drawn, of class 0 and of class 1.
    pub slices: [usize; 2],
    /// Slices that were drawn, half of each class.
    pub drawn: usize,
}

/// Facts about the parts of a run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Facts {
    /// The task.
    pub task: Task,
    /// Training, validation and test.
    pub parts: [PartFacts; 3],
}

/// The outcome of preparing.
#[derive(Debug, Clone, PartialEq)]
pub struct Prepared {
    /// The samples of the run.
    pub listing: Listing,
    /// Its name: see [`Listing::sha256`].
    pub name: String,
    /// The volumes and slices that the samples were drawn from.
    pub facts: Facts,
    /// Slices that were decoded now.
    pub decoded: usize,
    /// Slices that the cache had.
    pub found: usize,
    /// The cache's warnings, a line each: damaged packs whose blocks were made again.
    pub complaints: Vec<String>,
}

/// Makes sure that `cache` holds every slice that the settings draw from a task below `root`, and lists them; the
/// listing is kept in the cache's folder, where [`herring_images::CachedListings`] opens it by its name.
///
/// A sample's id is its volume and slice, `liver_0.nii.gz/57`; it has one channel of raw intensities. Samples of
/// class 0 have masks of ones. `progress` first counts labels, one request per volume, then slices.
///
/// # Errors
/// [`VolumesError::Setting`] for settings that cannot be used; [`VolumesError::DatasetFile`] as [`Collection::read`];
/// [`VolumesError::TooFewVolumes`] and [`VolumesError::TooFewSlices`] if there is not enough to draw from;
/// [`VolumesError::Damaged`] with every volume of the parts that cannot be used, all at once;
/// [`VolumesError::Interrupted`] once `stop` is set; finished slices are kept. Otherwise the cache's error: after
/// [`herring_cache::CacheError::Damaged`], [`Cache::forget_damaged`] drops what is damaged, so that it is made again.
pub fn prepare(
    cache: &Cache,
    root: &Path,
    settings: &VolumeSettings,
    progress: &mut dyn FnMut(&Progress),
    stop: &AtomicBool,
) -> Result<Prepared, VolumesError> {
    settings.check()?;
    let collection = Collection::read(root, settings.task)?;
    let parts = parts(&collection, settings)?;
    let used: BTreeSet<usize> = Part::ALL.into_iter().flat_map(|part| parts.of(part)).copied().collect();
    let headers = headers(&collection, &used)?;
    let classes = classes(cache, &collection, &used, progress, stop)?;
    let draw = |part, count| draw(&collection, &parts, &classes, (part, count), settings);
    let (train, of_train) = draw(Part::Train, settings.train_slices)?;
    let (valid, of_valid) = draw(Part::Valid, settings.valid_slices)?;
    let (test, of_test) = draw(Part::Test, settings.test_slices)?;
    let drawn = [train, valid, test];
    let wanted: Vec<Wanted> = drawn.concat();
    let (filled, order) = fill(cache, &collection, &headers, &wanted, progress, stop)?;
    let mut keys: Vec<Option<Key>> = vec![None; wanted.len()];
    for (place, key) in order.into_iter().zip(filled.keys) {
        keys[place] = key.ok();
    }
    let mut entries = wanted.iter().zip(keys).filter_map(|(wanted, key)| {
        let mask = if wanted.masked() { MaskKind::Stored } else { MaskKind::Everything };
        let id = wanted.id(&collection);
        Some(Entry { id, label: usize::from(wanted.class), environment: 0, block: key?.to_string(), mask })
    });
    let names = CLASSES.map(str::to_owned);
    let mut listing = Listing::new(&names, &[settings.task.to_string()], settings.size, settings.size);
    listing.train_size = Some(settings.train_size).filter(|size| *size != settings.size);
    for (list, of_part) in [&mut listing.train, &mut listing.valid, &mut listing.test].into_iter().zip(&drawn) {
        *list = entries.by_ref().take(of_part.len()).collect();
    }
    let mut quota = CellQuota::new(settings.saliency_limit);
    listing.saliency = listing.test.iter().filter(|entry| quota.admit(0, entry.label)).cloned().collect();
    let name = listing.keep(cache.folder())?;
    let complaints = filled.damage.iter().map(ToString::to_string).collect();
    let facts = Facts { task: settings.task, parts: [of_train, of_valid, of_test] };
    Ok(Prepared { listing, name, facts, decoded: filled.decoded, found: filled.found, complaints })
}

/// The volumes of each part, within the limit.
fn parts(collection: &Collection, settings: &VolumeSettings) -> Result<VolumeSplit, VolumesError> {
    let found = collection.volumes.len();
    if found < LEAST_VOLUMES {
        return Err(VolumesError::TooFewVolumes { task: collection.task, found, expected: LEAST_VOLUMES });
    }
    let mut split = split_volumes(found, settings.seed)?;
    if let Some(limit) = settings.volumes_per_part {
        [&mut split.train, &mut split.valid, &mut split.test].into_iter().for_each(|part| part.truncate(limit));
    }
    Ok(split)
}

/// Headers of the images whose labels have the same shape: all of them, or what is wrong.
fn headers(collection: &Collection, used: &BTreeSet<usize>) -> Result<BTreeMap<usize, Header>, VolumesError> {
    let mut headers = BTreeMap::new();
    let mut failures = Vec::new();
    for &place in used {
        match header(&collection.volumes[place]) {
            Ok(header) => drop(headers.insert(place, header)),
            Err(error) => failures.push(error.to_string()),
        }
    }
    if failures.is_empty() { Ok(headers) } else { Err(VolumesError::Damaged { failures }) }
}

/// The header of an image, whose label has the same shape.
pub(crate) fn header(files: &VolumeFiles) -> Result<Header, VolumesError> {
    let open = |path: &Path| {
        let volume = Volume::open(path);
        volume.map(|volume| *volume.header()).map_err(|source| VolumesError::Volume { path: path.to_owned(), source })
    };
    let (image, label) = (open(&files.image)?, open(&files.label)?);
    if image.shape == label.shape {
        return Ok(image);
    }
    let (path, other) = (files.label.clone(), files.image.clone());
    Err(VolumesError::Shape { path, found: label.shape, expected: image.shape, image: other })
}

/// The recipe in the cache's key of the classes of a label's slices.
#[derive(Serialize)]
struct ClassesRecipe<'a> {
    classes: u32,
    labels: &'a [u32],
}

/// The classes of the slices of each volume.
fn classes(
    cache: &Cache,
    collection: &Collection,
    used: &BTreeSet<usize>,
    progress: &mut dyn FnMut(&Progress),
    stop: &AtomicBool,
) -> Result<BTreeMap<usize, Vec<bool>>, VolumesError> {
    let labels: Vec<u32> = collection.labels.keys().copied().collect();
    let recipe = text(&ClassesRecipe { classes: CLASSES_FORMAT, labels: &labels })?;
    let request = |&place: &usize| Request {
        id: collection.volumes[place].name.clone(),
        origin: String::new(),
        sources: vec![collection.volumes[place].label.clone()],
        recipe: recipe.clone(),
    };
    let requests: Vec<Request> = used.iter().map(request).collect();
    let decode = |_: &Request, sources: &[Vec<u8>]| {
        let bytes = sources.first().map(Vec::as_slice).unwrap_or_default();
        let label = Volume::new(bytes).map_err(|error| error.to_string())?;
        let classes = slice_classes(label, &labels).map_err(|error| error.to_string())?;
        let values: Vec<f32> = classes.into_iter().map(|class| f32::from(u8::from(class))).collect();
        Image::new(1, 1, values.len(), values).map_err(|error| error.to_string())
    };
    let filled = cache.fill(&requests, decode, &filling(&requests), progress, stop)?;
    checked(&filled, requests.len())?;
    let mut classes = BTreeMap::new();
    for (&place, key) in used.iter().zip(filled.keys.iter().flatten()) {
        let block = cache.get(key)?;
        classes.insert(place, block.values().iter().map(|value| *value != 0.0).collect());
    }
    Ok(classes)
}

/// A slice that is wanted.
#[derive(Debug, Clone, Copy)]
struct Wanted {
    /// Its volume's place in the collection.
    volume: usize,
    slice: usize,
    class: bool,
    size: usize,
    /// The dilation of its mask, or `None` for a mask of ones.
    dilation: Option<f64>,
}

impl Wanted {
    fn masked(&self) -> bool {
        self.dilation.is_some()
    }

    fn id(&self, collection: &Collection) -> String {
        format!("{}/{}", collection.volumes[self.volume].name, self.slice)
    }
}

/// Draws the slices of a part.
fn draw(
    collection: &Collection,
    split: &VolumeSplit,
    classes: &BTreeMap<usize, Vec<bool>>,
    (part, count): (Part, usize),
    settings: &VolumeSettings,
) -> Result<(Vec<Wanted>, PartFacts), VolumesError> {
    let mut slices = Vec::new();
    for &volume in split.of(part) {
        let of_volume = classes.get(&volume).into_iter().flatten().enumerate();
        slices.extend(of_volume.map(|(slice, class)| (volume, slice, *class)));
    }
    let volumes: Vec<String> = split.of(part).iter().map(|place| collection.volumes[*place].name.clone()).collect();
    let positive = slices.iter().filter(|(.., class)| *class).count();
    let available = [slices.len() - positive, positive];
    let expected = count / 2;
    for (found, class) in available.into_iter().zip(CLASSES) {
        if found < expected {
            let (task, volumes) = (collection.task, volumes.len());
            return Err(VolumesError::TooFewSlices { task, part, class, found, expected, volumes });
        }
    }
    let of_slices: Vec<bool> = slices.iter().map(|(.., class)| *class).collect();
    let drawn = draw_slices(&of_slices, count, settings.seed)?;
    let wanted = drawn.iter().map(|&place| {
        let (volume, slice, class) = slices[place];
        let (size, sigma) = match part {
            Part::Train => (settings.train_size, settings.dilation_sigma),
            Part::Valid | Part::Test => (settings.size, 0.0),
        };
        Wanted { volume, slice, class, size, dilation: Some(sigma).filter(|_| class) }
    });
    let wanted: Vec<Wanted> = wanted.collect();
    let facts = PartFacts { volumes, slices: available, drawn: wanted.len() };
    Ok((wanted, facts))
}

/// The recipe in the cache's key of a slice.
#[derive(Serialize)]
struct SliceRecipe {
    volume_slice: u32,
    slice: usize,
    size: usize,
    /// Half the width, less half a pixel, of the square by which the mask is widened; none without a mask.
    dilation: Option<usize>,
}

/// Decodes slices, volume by volume. Returns the cache's result, and the place of each request among the wanted.
fn fill(
    cache: &Cache,
    collection: &Collection,
    headers: &BTreeMap<usize, Header>,
    wanted: &[Wanted],
    progress: &mut dyn FnMut(&Progress),
    stop: &AtomicBool,
) -> Result<(Filled, Vec<usize>), VolumesError> {
    let mut order: Vec<usize> = (0..wanted.len()).collect();
    order.sort_by_key(|&place| (wanted[place].volume, wanted[place].slice, place));
    let mut requests = Vec::with_capacity(order.len());
    for &place in &order {
        let Wanted { volume, slice, size, dilation, .. } = wanted[place];
        let dilation = dilation.map(mask::dilation_half_width).transpose()?;
        let files = &collection.volumes[volume];
        requests.push(Request {
            id: wanted[place].id(collection),
            origin: String::new(),
            sources: vec![files.image.clone(), files.label.clone()],
            recipe: text(&SliceRecipe { volume_slice: slice::FORMAT, slice, size, dilation })?,
        });
    }
    let of_request: BTreeMap<(&str, &str), &Wanted> = requests
        .iter()
        .zip(&order)
        .map(|(request, place)| ((request.id.as_str(), request.recipe.as_str()), &wanted[*place]))
        .collect();
    let decode = |group: &[&Request], sources: &[Vec<u8>]| {
        let wanted: Option<Vec<&Wanted>> = group
            .iter()
            .map(|request| of_request.get(&(request.id.as_str(), request.recipe.as_str())).copied())
            .collect();
        let blocks = match (wanted, sources) {
            (Some(wanted), [image, label]) => blocks(&wanted, image, label, headers),
            _ => Err("nobody asked for it".to_owned()),
        };
        match blocks {
            Ok(blocks) => blocks,
            Err(message) => vec![Err(message); group.len()],
        }
    };
    let filled = cache.fill_together(&requests, decode, &filling(&requests), progress, stop)?;
    checked(&filled, requests.len())?;
    Ok((filled, order))
}

/// The blocks of slices of one volume, each `[1, size, size]`, or `[2, size, size]` with the mask behind the image;
/// or why there are none.
fn blocks(
    wanted: &[&Wanted],
    image: &[u8],
    label: &[u8],
    headers: &BTreeMap<usize, Header>,
) -> Result<Vec<Result<Image, String>>, String> {
    let mut image = Volume::new(image).map_err(|error| error.to_string())?;
    let mut label = Volume::new(label).map_err(|error| format!("its label: {error}"))?;
    let shape = image.header().shape;
    let expected = wanted.first().and_then(|wanted| headers.get(&wanted.volume)).map(|header| header.shape);
    if expected != Some(shape) || label.header().shape != shape {
        return Err("the files were changed while they were read: start again".to_owned());
    }
    let [rows, columns, _] = shape;
    let whole = image.header().is_whole();
    let masked = wanted.iter().any(|wanted| wanted.masked());
    let mut blocks: Vec<Result<Image, String>> = vec![Err("the volume has no such slice".to_owned()); wanted.len()];
    let (mut values, mut labels) = (vec![0.0; rows * columns], vec![0.0; rows * columns]);
    for number in 0.. {
        let here = |wanted: &Wanted| wanted.slice == number;
        let asked = wanted.iter().any(|wanted| here(wanted));
        let read = if asked { image.next_slice(&mut values) } else { image.skip_slice() };
        // To the end, so that a damaged volume is refused, independent of the slices drawn.
        if read.map_err(|error| error.to_string())?.is_none() {
            break;
        }
        if masked {
            let asked = wanted.iter().any(|wanted| here(wanted) && wanted.masked());
            let read = if asked { label.next_slice(&mut labels) } else { label.skip_slice() };
            read.map_err(|error| format!("its label: {error}"))?;
        }
        for (block, wanted) in blocks.iter_mut().zip(wanted).filter(|(_, wanted)| here(wanted)) {
            *block = one(wanted, &values, &labels, [rows, columns], whole).map_err(|error| error.to_string());
        }
    }
    Ok(blocks)
}

fn one(
    wanted: &Wanted,
    values: &[f64],
    labels: &[f64],
    shape: [usize; 2],
    whole: bool,
) -> Result<Image, slice::SliceError> {
    let Wanted { slice, size, dilation, .. } = *wanted;
    let image = slice_image(slice, values, shape, whole, size)?;
    let Some(sigma) = dilation else { return Ok(image) };
    let mask = slice_mask(labels, shape, sigma, size)?;
    Ok(Image::new(2, size, size, [image.values(), mask.values()].concat())?)
}

/// As many workers as there are cores, unless their files together would take much memory.
fn filling(requests: &[Request]) -> FillSettings {
    let bytes = |request: &Request| {
        request.sources.iter().filter_map(|source| fs::metadata(source).ok()).map(|about| about.len()).sum::<u64>()
    };
    let groups = requests.chunk_by(|one, other| one.sources == other.sources);
    let largest = groups.filter_map(|group| group.first()).map(bytes).max().unwrap_or(0);
    let cores = thread::available_parallelism().map_or(1, usize::from);
    let fitting = usize::try_from(FILES_AT_ONCE / largest.max(1)).unwrap_or(usize::MAX);
    FillSettings { workers: fitting.clamp(1, cores), largest_source: LARGEST_FILE, ..FillSettings::default() }
}

/// Returns an error if slices failed, a line for each file, or were not reached.
fn checked(filled: &Filled, wanted: usize) -> Result<(), VolumesError> {
    if filled.stopped > 0 {
        return Err(VolumesError::Interrupted { done: filled.decoded + filled.found, wanted });
    }
    let failures = filled.keys.iter().filter_map(|key| key.as_ref().err());
    let lines: BTreeSet<String> = failures
        .map(|failure| match &failure.file {
            Some(file) => format!("{}: {}", file.display(), failure.cause),
            None => format!("{}: {}", failure.id, failure.cause),
        })
        .collect();
    if lines.is_empty() { Ok(()) } else { Err(VolumesError::Damaged { failures: lines.into_iter().collect() }) }
}

fn text(recipe: &impl Serialize) -> Result<String, VolumesError> {
    serde_json::to_string(recipe).map_err(|error| VolumesError::setting("recipe", error, "settings that have a JSON"))
}

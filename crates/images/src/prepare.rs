//! Decodes the records of a split into the cache and lists them.

use crate::{Depth, Facts, ImageSettings, ImagesError, Listing, block, facts, inspect, listing::Entry};
use herring_cache::{Cache, FillSettings, Filled, Progress, Request};
use herring_datasets::{Record, Region, Table, confounded::Parts, quota::CellQuota, record::Part};
use herring_pixels::Preparation;
use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
    sync::{Mutex, PoisonError, atomic::AtomicBool},
};

/// No picture is that large; see [`FillSettings::largest_source`].
const LARGEST_FILE: u64 = 256 << 20;

/// The outcome of preparing.
#[derive(Debug, Clone, PartialEq)]
pub struct Prepared {
    /// A listing for each split, in order.
    pub listings: Vec<Listing>,
    /// Their names: see [`Listing::sha256`].
    pub names: Vec<String>,
    /// Blocks that were decoded now.
    pub decoded: usize,
    /// Blocks that the cache had, or that were wanted more than once.
    pub found: usize,
    /// The facts of the images of all listings, by their ids; empty unless requested.
    pub facts: BTreeMap<String, Facts>,
    /// The cache's warnings, a line each: damaged packs whose blocks were made again.
    pub complaints: Vec<String>,
}

/// A block that is wanted: a record at a size, with its own region or none.
#[derive(Clone, PartialEq)]
struct Wanted<'a> {
    record: &'a Record,
    region: Region,
    preparation: Preparation,
}

/// Makes sure that `cache` holds every image of the splits `parts` of `table`, and lists them; the
/// listings are kept in the cache's folder. Paths of the records are relative to `root`.
///
/// # Errors
/// [`ImagesError::Damaged`] with every image that cannot be used, all at once, and which splits need it: the
/// others can be prepared by themselves; [`ImagesError::Interrupted`] once `stop` is set; finished blocks are
/// kept. Otherwise the error of the cache or of the settings.
pub fn prepare(
    cache: &Cache,
    (root, table): (&Path, &Table),
    parts: &[Parts],
    settings: &ImageSettings,
    progress: &mut dyn FnMut(&Progress),
    stop: &AtomicBool,
) -> Result<Prepared, ImagesError> {
    let plans: Vec<Plan<'_>> = parts.iter().map(|parts| Plan::new(table, parts, settings)).collect::<Result<_, _>>()?;
    let wanted: Vec<&Wanted<'_>> = plans.iter().flat_map(|plan| plan.lists.iter().flatten()).collect();
    let mut requests = Vec::with_capacity(wanted.len());
    for each in &wanted {
        requests.push(request(root, each, settings)?);
    }
    // Requests are identified by their content, so that the decoder finds the wanted block of each.
    let by_request: BTreeMap<(&str, &str), &Wanted<'_>> = requests
        .iter()
        .zip(&wanted)
        .map(|(request, wanted)| ((request.id.as_str(), request.recipe.as_str()), *wanted))
        .collect();
    let fresh: Mutex<BTreeMap<String, Facts>> = Mutex::default();
    let decode = |request: &Request, sources: &[Vec<u8>]| {
        let found = by_request.get(&(request.id.as_str(), request.recipe.as_str()));
        let wanted = found.ok_or_else(|| "nobody asked for it".to_owned())?;
        let (block, facts) =
            block::block((&wanted.region, wanted.record.environment), &wanted.preparation, settings, sources)
                .map_err(|error| error.to_string())?;
        // A mask that is withheld from training does not come from the file.
        if let Some(facts) = facts.filter(|_| wanted.region == wanted.record.region) {
            fresh.lock().unwrap_or_else(PoisonError::into_inner).insert(request.id.clone(), facts);
        }
        Ok(block)
    };
    let filling = FillSettings { largest_source: LARGEST_FILE, ..FillSettings::default() };
    let filled = cache.fill(&requests, decode, &filling, progress, stop)?;
    if filled.stopped > 0 {
        let done = filled.decoded + filled.found;
        return Err(ImagesError::Interrupted { done, wanted: requests.len() });
    }
    let splits = plans.iter().map(|plan| plan.lists.iter().map(Vec::len).sum::<usize>());
    if let Some(damaged) = damaged(&filled, &wanted, splits) {
        return Err(damaged);
    }
    let keys: Vec<String> = filled.keys.iter().flatten().map(ToString::to_string).collect();
    let mut keys = keys.into_iter();
    let size = settings.preparation(0, None).ok_or(ImagesError::Unprepared(0))?.size;
    let mut listings = Vec::new();
    let mut names = Vec::new();
    for plan in &plans {
        let mut listing = Listing::new(table.classes(), table.environments(), size, settings.saliency_size);
        listing.excluded = settings.excluded.clone();
        listing.channels = settings.colour.channels();
        listing.reading = settings.reading;
        let mut lists = plan.lists.iter().map(|list| list.iter().zip(keys.by_ref()).map(entry).collect::<Vec<_>>());
        for part in [&mut listing.train, &mut listing.valid, &mut listing.test, &mut listing.saliency] {
            *part = lists.next().unwrap_or_default();
        }
        drop(lists);
        names.push(listing.keep(cache.folder())?);
        listings.push(listing);
    }
    let complaints = filled.damage.iter().map(ToString::to_string).collect();
    let mut facts = BTreeMap::new();
    if settings.facts {
        let fresh = fresh.into_inner().unwrap_or_else(PoisonError::into_inner);
        for (name, parts) in names.iter().zip(parts) {
            facts.extend(known(cache, name, (root, table), parts, &fresh, settings)?);
        }
    }
    Ok(Prepared { listings, names, facts, decoded: filled.decoded, found: filled.found, complaints })
}

/// The facts of a listing's images: stored ones, those of images decoded now, and for the rest those from
/// inspecting the files again.
fn known(
    cache: &Cache,
    name: &str,
    (root, table): (&Path, &Table),
    parts: &Parts,
    fresh: &BTreeMap<String, Facts>,
    settings: &ImageSettings,
) -> Result<BTreeMap<String, Facts>, ImagesError> {
    let indexes = Part::ALL.into_iter().flat_map(|part| parts.of(part));
    let records: Vec<&Record> = indexes.map(|&index| &table.records()[index]).collect();
    let kept = facts::kept(cache.folder(), name);
    let mut known = kept.clone();
    known.extend(records.iter().filter_map(|record| Some((record.id.clone(), fresh.get(&record.id)?.clone()))));
    let unknown: Vec<&Record> = records.into_iter().filter(|record| !known.contains_key(&record.id)).collect();
    let inspected = inspect(root, &unknown, settings, Depth::Pixels)?;
    known.extend(unknown.iter().zip(inspected).filter_map(|(record, seen)| Some((record.id.clone(), seen.facts?))));
    if known != kept {
        // They can be computed again, so a read-only cache works without them.
        let _ = facts::keep(cache.folder(), name, &known);
    }
    Ok(known)
}

/// The failed images, each once even if it is wanted in several parts and sizes, in the order of the rows;
/// and which of the splits, of these numbers of wanted blocks, need it.
fn damaged(filled: &Filled, wanted: &[&Wanted<'_>], splits: impl Iterator<Item = usize>) -> Option<ImagesError> {
    let failed = filled.keys.iter().zip(wanted).map(|(key, wanted)| {
        let origin = &wanted.record.origin;
        key.as_ref().err().map(|failure| (&origin.file, origin.line, failure.to_string()))
    });
    let failed: Vec<_> = failed.collect();
    let each: BTreeSet<_> = failed.iter().flatten().collect();
    if each.is_empty() {
        return None;
    }
    let places: BTreeMap<_, usize> = each.iter().enumerate().map(|(place, failure)| (*failure, place)).collect();
    let mut rest = failed.as_slice();
    let splits = splits.map(|blocks| {
        let (own, later) = rest.split_at(blocks.min(rest.len()));
        rest = later;
        let needed: BTreeSet<usize> = own.iter().flatten().filter_map(|failure| places.get(failure).copied()).collect();
        needed.into_iter().collect()
    });
    let splits = splits.collect();
    Some(ImagesError::Damaged { failures: each.into_iter().map(|(.., text)| text.clone()).collect(), splits })
}

fn request(root: &Path, wanted: &Wanted<'_>, settings: &ImageSettings) -> Result<Request, ImagesError> {
    // A mask that is withheld needs no box and no file.
    let record = Record { region: wanted.region.clone(), ..wanted.record.clone() };
    block::request(root, &record, &wanted.preparation, settings)
}

fn entry((wanted, key): (&Wanted<'_>, String)) -> Entry {
    let Record { id, label, environment, .. } = wanted.record;
    let mask = block::mask_kind(&wanted.region);
    Entry { id: id.clone(), label: *label, environment: *environment, block: key, mask }
}

/// The four lists of a run: training, validation, test and the images whose saliency is computed.
struct Plan<'a> {
    lists: [Vec<Wanted<'a>>; 4],
}

impl<'a> Plan<'a> {
    fn new(table: &'a Table, parts: &Parts, settings: &ImageSettings) -> Result<Self, ImagesError> {
        let wanted = |index: &usize, size: Option<usize>| {
            let record = &table.records()[*index];
            let preparation = settings.prepared(record, size).ok_or(ImagesError::Unprepared(record.environment))?;
            Ok::<_, ImagesError>(Wanted { record, region: record.region.clone(), preparation })
        };
        let list = |part: Part| parts.of(part).iter().map(|index| wanted(index, None)).collect::<Result<Vec<_>, _>>();
        let mut quota = CellQuota::new(settings.saliency_limit);
        let chosen = parts.test.iter().filter(|index| {
            let record = &table.records()[**index];
            quota.admit(record.environment, record.label)
        });
        let saliency = chosen.map(|index| wanted(index, Some(settings.saliency_size))).collect::<Result<_, _>>()?;
        Ok(Self { lists: [list(Part::Train)?, list(Part::Valid)?, list(Part::Test)?, saliency] })
    }
}

//! From a configuration that draws from files to prepared images: table, splits, cache, listings.

use crate::{
    arguments::{ImagePlaces, TableOptions},
    decoys,
    failure::{Failure, bad_input},
    listings::AllListings,
    prepared::{PreparationProgress, described, failure, masked_image},
    seeds, volumes, weights,
};
use herring_cache::Cache;
use herring_datasets::{
    Part, Record, Region, Table,
    confounded::{self, ConfoundedSettings, Parts, Rule},
    groups::shared_groups,
    listed::{Listings, NoListings},
};
use herring_experiments::{
    config::{Configuration, DataSetting, ImagesSetting, PartsFound, RunTemplate, Scale, SeedImages},
    images::ImagesFile,
};
use herring_images::{Colour, Excluded, ImageSettings, ImagesError, Means, PerChannel, Prepared, Reduction};
use herring_pixels::{Channels, Crop, MaskSettings, Monochrome1, Preparation, Range, Resize};
use herring_protocol::{ChannelsName, PathologyName, ResizeName, SplitRuleName, TableName, Trainer, Variant};
use herring_tables::{Exclusions, ImageEdition, Manifest, Negatives, Reading};
use herring_training::{ConvolutionKernels, trainer_from};
use std::{
    collections::{BTreeMap, btree_map::Entry},
    path::Path,
    sync::{Arc, atomic::AtomicBool},
};

/// The word of `--exclude` for the lists of the official manifests.
const KNOWN: &str = "known";

/// What is to be prepared.
#[derive(Clone, Copy)]
pub(crate) struct Wanted<'a> {
    pub(crate) configuration: &'a Configuration,
    /// Which images; they are files.
    pub(crate) data: &'a DataSetting,
    pub(crate) scale: Scale,
    pub(crate) variant: Variant,
    pub(crate) seeds: &'a [u32],
}

/// How the images of an experiment's runs are drawn and prepared, if they are files. They are the same for all
/// methods.
pub(crate) fn of(configuration: &Configuration, scale: Scale, variant: Variant) -> Option<&DataSetting> {
    configuration.templates(scale, variant).map(|run| &run.data).find(|data| data.needs_files())
}

/// The same, where they come from a table of image files.
pub(crate) fn of_table(configuration: &Configuration, scale: Scale, variant: Variant) -> Option<&ImagesSetting> {
    match of(configuration, scale, variant)? {
        DataSetting::Images(images) => Some(images),
        DataSetting::Crosses(_) | DataSetting::Cardiac(_) | DataSetting::Volumes(_) | DataSetting::Decoys(_) => None,
    }
}

/// The one value that the runs of all methods have: a seed's images are prepared once.
fn shared<'a, T: PartialEq>(
    runs: impl Iterator<Item = &'a RunTemplate>,
    what: &str,
    value: impl Fn(&'a RunTemplate) -> T,
) -> Result<Option<T>, Failure> {
    let mut found: Option<T> = None;
    for value in runs.map(value) {
        match &found {
            Some(other) if *other != value => {
                return Err(bad_input(format!("{what}: found different values in two methods, expected one for all")));
            }
            Some(_) => {}
            None => found = Some(value),
        }
    }
    Ok(found)
}

/// Prepares the images of every seed and tells of them; the file describes the first seed's. Seeds whose
/// splits need an image that cannot be used are left out, and listed in the file, as long as one is left.
pub(crate) fn prepare(
    wanted: &Wanted<'_>,
    places: &ImagePlaces,
    stop: &AtomicBool,
) -> Result<(BTreeMap<u32, SeedImages>, ImagesFile), Failure> {
    shared(wanted.configuration.templates(wanted.scale, wanted.variant), "data", |run| run.data.as_prepared())?;
    match wanted.data {
        DataSetting::Crosses(_) | DataSetting::Cardiac(_) => {
            Err(bad_input("found generated images, expected images that are files"))
        }
        DataSetting::Images(images) => prepare_table(images, wanted.seeds, places, stop),
        DataSetting::Volumes(setting) => volumes::prepare(setting, wanted.seeds, places, stop),
        DataSetting::Decoys(setting) => decoys::prepare(setting, wanted.seeds, places, stop),
    }
}

fn prepare_table(
    images: &ImagesSetting,
    wanted_seeds: &[u32],
    places: &ImagePlaces,
    stop: &AtomicBool,
) -> Result<(BTreeMap<u32, SeedImages>, ImagesFile), Failure> {
    let reading = read((images.table, images.pathology), images.empty_negatives, places)?;
    let cell_limit = images.cell_limit;
    let found_parts = parts_found(&reading.table, images, places.ratio);
    let given = found_parts == PartsFound::Given;
    // Seeds that share a split share its listing.
    let mut splits: BTreeMap<u32, Parts> = BTreeMap::new();
    let split_seed = |seed: u32| images.split_seed.unwrap_or(if given { 0 } else { seed });
    for seed in wanted_seeds {
        if let Entry::Vacant(place) = splits.entry(split_seed(*seed)) {
            let parts = split(&reading.table, images, found_parts, split_seed(*seed)).map_err(bad_input)?;
            place.insert(parts);
        }
    }
    let parts: Vec<Parts> = splits.values().cloned().collect();
    // Before anything is prepared: no image can make up for it.
    let lacking = herring_images::incomplete(&reading.table, &parts);
    if !lacking.is_empty() {
        return Err(bad_input(lacking.join("\n")));
    }
    let channels = channels(images, (&reading.root, reading.table.records()), &places.tables);
    let settings = ImageSettings {
        reductions: reductions((images.table, images.pathology), &reading)?,
        excluded: excluded(&reading),
        ..settings(images, reading.table.environments(), channels)?
    };
    let cache = Arc::new(Cache::open(places.cache()).map_err(Failure::device)?);
    let usage = parts.first().and_then(|parts| herring_images::usage(&reading.table, parts, cell_limit));
    let groups = parts.first().and_then(|parts| herring_images::groups_per_part(&reading.table, parts));
    for note in reading.notes.iter().chain(&usage).chain(&groups) {
        crate::say(&format!("note: {note}"));
    }
    let bare = reading.table.records().iter().filter(|record| record.region == Region::Everything).count();
    if bare > 0 {
        let all = reading.table.records().len();
        crate::say(&format!(
            "note: {bare} of {all} images have no mask: no penalty applies to them, and their saliency is not scored"
        ));
    }
    let channels_line = match channels {
        ChannelsName::Grey => None,
        ChannelsName::Luminance => Some("channels: 1, the luminance of images in colour"),
        ChannelsName::Colour => Some("channels: 3 (red, green, blue)"),
    };
    if let Some(line) = channels_line {
        crate::say(&format!("note: {line}"));
    }
    let fill = |parts: &[Parts], place: usize| {
        let mut progress = PreparationProgress::default();
        let data = (reading.root.as_path(), &reading.table);
        let prepared = herring_images::prepare(&cache, data, parts, &settings, &mut |step| progress.show(step), stop);
        progress.clear();
        let prepared = prepared?;
        let listing = &prepared.listings[place];
        let means = herring_images::means(&cache, listing)
            .and_then(|means| Ok((means, herring_images::masked(&cache, listing)?)));
        Ok::<_, ImagesError>((prepared, means))
    };
    let mut seeds = wanted_seeds.to_vec();
    let mut left_out = Vec::new();
    let (parts, first, place, filled) = loop {
        let parts: Vec<Parts> = splits.values().cloned().collect();
        let Some((first, place)) = seeds.first().and_then(|seed| {
            let place = splits.keys().position(|of| *of == split_seed(*seed))?;
            Some((*seed, place))
        }) else {
            return Err(bad_input("no seed was given: expected at least one"));
        };
        match fill(&parts, place) {
            Err(ImagesError::Damaged { failures, splits: needed }) if needed.iter().any(Vec::is_empty) => {
                let needed: BTreeMap<u32, Vec<usize>> = splits.keys().copied().zip(needed).collect();
                left_out.extend(seeds::left_out(&seeds, &failures, |seed| needed.get(&split_seed(seed))));
                splits.retain(|of, _| needed.get(of).is_none_or(Vec::is_empty));
                seeds.retain(|seed| splits.contains_key(&split_seed(*seed)));
            }
            filled => break (parts, first, place, filled.map_err(failure)?),
        }
    };
    let (mut prepared, mut means) = filled;
    if means.is_err() {
        // A block that was damaged since it was written shows when it is read: it is dropped and made again.
        for damage in cache.forget_damaged().map_err(Failure::device)? {
            crate::say(&format!("note: {damage}; its images are prepared again"));
        }
        (prepared, means) = fill(&parts, place).map_err(failure)?;
    }
    let Prepared { names, complaints, facts, .. } = prepared;
    for complaint in &complaints {
        crate::say(&format!("note: {complaint}"));
    }
    let mut doubts = herring_images::doubts(&reading.root, &reading.table, &parts, &facts);
    doubts.extend(reading.warnings.iter().cloned());
    let mut warnings = herring_tables::warning_lines(&doubts);
    // Kept whole, groups share nothing; where they overlap in given parts, that is among the doubts.
    let shared = if reading.table.whole_groups() { None } else { parts.get(place) };
    warnings.extend(shared.and_then(|parts| shared_patients(&reading.table, parts)));
    for warning in &warnings {
        crate::say(&format!("warning: {warning}"));
    }
    let (issue, issue_known) = issue((images.table, images.pathology), &reading)?;
    let names: BTreeMap<u32, String> = splits.keys().copied().zip(names).collect();
    let table_sha256 = herring_images::sha256(&reading.table.text());
    let found = seeds.iter().filter_map(|seed| {
        let listing = names.get(&split_seed(*seed))?.clone();
        let (issue, table_sha256) = (issue.clone(), table_sha256.clone());
        Some((*seed, SeedImages { listing, issue, issue_known, table_sha256, parts: found_parts, channels }))
    });
    let found = found.collect();
    let (means, masked) = means.map_err(failure)?;
    let mut file = ImagesFile {
        warnings,
        left_out,
        masked: masked.into_iter().map(masked_image).collect(),
        ..describe(&reading, &issue, (first, &parts[place]), means, places)?
    };
    file.reading.extend(channels_line.map(str::to_owned));
    Ok((found, file))
}

/// The manifests of an official table as it is read for a pathology, which only the table `xray` has several of.
pub(crate) fn manifests(table: &str, pathology: PathologyName) -> Result<Vec<Manifest>, Failure> {
    match pathology.is_default() {
        true => herring_tables::manifests(table),
        false => herring_tables::manifests_with(table, pathology.name()),
    }
    .map_err(bad_input)
}

/// Reads a table, without the images that are to be left out.
pub(crate) fn read(
    (table, pathology): (TableName, PathologyName),
    empty_negatives: bool,
    places: &ImagePlaces,
) -> Result<Reading, Failure> {
    let negatives = if empty_negatives { Negatives::Released } else { Negatives::NoPenalty };
    let reading = match table {
        TableName::Xray => herring_tables::xray_with(places.data_root()?, pathology.name()).map_err(bad_input),
        TableName::Rsna => herring_tables::rsna(places.data_root()?, negatives).map_err(bad_input),
        TableName::Own => herring_tables::own_with(places.manifest()?, &places.tables.own()).map_err(bad_input),
    }?;
    reading.exclude(&exclusions(table.name(), &places.tables)?).map_err(bad_input)
}

/// The lists that `--exclude` names: the user's own, those of the official manifests, or both.
pub(crate) fn exclusions(table: &str, options: &TableOptions) -> Result<Exclusions, Failure> {
    let mut all = Exclusions::default();
    for name in &options.exclude {
        let list = match name.as_str() {
            KNOWN if table == TableName::Own.name() => {
                return Err(bad_input("--exclude known: found images of your own, expected an official collection"));
            }
            KNOWN => Exclusions::known(table).map_err(bad_input)?,
            file => Exclusions::read(Path::new(file)).map_err(bad_input)?,
        };
        all = all.and(list);
    }
    Ok(all)
}

fn excluded(reading: &Reading) -> Vec<Excluded> {
    let of = |record: &herring_tables::Excluded| Excluded { id: record.id.clone(), reason: record.reason.clone() };
    reading.excluded.iter().map(of).collect()
}

/// A line for each thing that an experiment lacks; none if it can be run.
pub(crate) fn missing(data: &DataSetting, places: &ImagePlaces) -> Result<Vec<String>, Failure> {
    let images = match data {
        DataSetting::Crosses(_) | DataSetting::Cardiac(_) => return Ok(Vec::new()),
        DataSetting::Volumes(setting) => return Ok(volumes::missing(setting, places)),
        DataSetting::Decoys(setting) => return Ok(decoys::missing(setting, places)),
        DataSetting::Images(images) => images,
    };
    match (images.table, &places.data_root, &places.manifest) {
        (TableName::Own, _, Some(manifest)) if manifest.exists() => Ok(Vec::new()),
        (TableName::Own, _, Some(manifest)) => Ok(vec![format!("{}: a manifest", manifest.display())]),
        (TableName::Own, _, None) => Ok(vec!["--manifest: a CSV file or folder that lists your images".to_owned()]),
        (_, None, _) => Ok(vec!["--data-root: the folder that holds the data".to_owned()]),
        (table, Some(root), _) => {
            let presence = match images.pathology.is_default() {
                true => herring_tables::present(table.name(), root),
                false => herring_tables::present_with(table.name(), images.pathology.name(), root),
            };
            Ok(presence.map_err(bad_input)?.missing())
        }
    }
}

/// How a table is divided: as it says itself; within each cell, where a cell of the user's own images is empty or there is
/// one environment, so that nothing can be reversed; else as the setting says, with another ratio if one is given.
pub(crate) fn parts_found(table: &Table, images: &ImagesSetting, ratio: Option<f64>) -> PartsFound {
    let own = images.table == TableName::Own;
    let cannot_be_reversed = table.environments().len() < 2 || table.cells().concat().contains(&0);
    match ratio {
        _ if table.records().iter().any(|record| record.part.is_some()) => PartsFound::Given,
        _ if own && cannot_be_reversed => PartsFound::Observed,
        Some(ratio) => PartsFound::Ratio(ratio),
        None => PartsFound::Configured,
    }
}

/// The parts of a table that is divided as [`parts_found`] says.
pub(crate) fn split(
    table: &Table,
    images: &ImagesSetting,
    found: PartsFound,
    seed: u32,
) -> Result<Parts, herring_datasets::DatasetError> {
    let ImagesSetting { ratio, cell_limit, .. } = *images;
    let rule = match (found, images.rule) {
        (PartsFound::Given, _) => return Ok(Parts::given(table)?.limited(table, cell_limit)),
        (PartsFound::Observed, _) | (_, SplitRuleName::Observed) => {
            return herring_datasets::observed::split(table, cell_limit, seed);
        }
        (_, SplitRuleName::Printed | SplitRuleName::Given) => Rule::Printed,
        (_, SplitRuleName::Later) => Rule::Later,
    };
    let ratio = if let PartsFound::Ratio(other) = found { other } else { ratio };
    confounded::split(table, &ConfoundedSettings { ratio, rule, seed, cell_limit })
}

/// The size in which an official collection comes.
fn original(images: &ImagesSetting) -> Result<Option<[usize; 2]>, Failure> {
    if images.table == TableName::Own {
        return Ok(None);
    }
    let manifests = manifests(images.table.name(), images.pathology)?;
    Ok(manifests.first().map(|manifest| [manifest.images.height, manifest.images.width]))
}

/// The channels that the images of a table's records have: those of the setting, or of `--grey`, or three if any of the
/// user's own images has colours.
pub(crate) fn channels(
    images: &ImagesSetting,
    (root, records): (&Path, &[Record]),
    options: &TableOptions,
) -> ChannelsName {
    match images.channels {
        _ if images.table != TableName::Own => ChannelsName::Grey,
        _ if options.grey => ChannelsName::Luminance,
        Some(channels) => channels,
        None if herring_images::has_colours(root, records) => ChannelsName::Colour,
        None => ChannelsName::Grey,
    }
}

/// What becomes of stored values when they are read: nothing, or they are normalised.
fn reading_of(images: &ImagesSetting) -> Option<herring_images::Reading> {
    let statistics = images.normalisation.as_ref()?.statistics();
    let per_channel = |values: &[f64]| match *values {
        [red, green, blue] => PerChannel::Each([red as f32, green as f32, blue as f32]),
        [value, ..] => PerChannel::All(value as f32),
        [] => PerChannel::All(0.0),
    };
    let [mean, deviation] = [per_channel(&statistics.mean), per_channel(&statistics.deviation)];
    Some(herring_images::Reading { channels: statistics.mean.len(), mean, deviation })
}

/// How the images of a table with these environments are prepared; all training masks are kept.
pub(crate) fn settings(
    images: &ImagesSetting,
    environments: &[String],
    channels: ChannelsName,
) -> Result<ImageSettings, Failure> {
    if let Some(unknown) = images.maximum.named().find(|name| environments.iter().all(|known| known != name)) {
        let expected = environments.iter().map(|name| format!("{name:?}")).collect::<Vec<_>>().join(", ");
        return Err(bad_input(format!("data.maximum: found the environment {unknown:?}, expected one of {expected}")));
    }
    let own = images.table == TableName::Own;
    Ok(ImageSettings {
        preparations: preparations(images, environments),
        colour: match channels {
            _ if !own => Colour::FirstChannel,
            ChannelsName::Grey => Colour::Refused,
            ChannelsName::Luminance => Colour::Luminance,
            ChannelsName::Colour => Colour::Kept,
        },
        reading: reading_of(images),
        original: original(images)?,
        reductions: Vec::new(),
        saliency_size: images.saliency_size,
        saliency_limit: images.saliency_limit,
        mask: MaskSettings { threshold: images.mask_threshold },
        facts: own,
        excluded: Vec::new(),
    })
}

/// What is done first to each environment's images: those in full size become like the small edition.
fn reductions(
    (table, pathology): (TableName, PathologyName),
    reading: &Reading,
) -> Result<Vec<Option<Reduction>>, Failure> {
    if table == TableName::Own {
        return Ok(Vec::new());
    }
    let manifests = manifests(table.name(), pathology)?;
    let environments = manifests.iter().flat_map(|manifest| manifest.environments.iter().map(move |_| manifest));
    let reduction = |(manifest, edition): (&Manifest, &ImageEdition)| {
        let full = manifest.full.as_ref().filter(|_| *edition == ImageEdition::Full)?;
        let original = full.height.zip(full.width).map(|(height, width)| [height, width]);
        Some(Reduction { side: full.reduce?, original })
    };
    Ok(environments.zip(&reading.image_editions).map(reduction).collect())
}

/// The range of the values of a table's images, and what is cut out of them.
pub(crate) fn framing(table: TableName) -> (Range, Crop) {
    match table {
        TableName::Xray => (Range::Xray, Crop::Whole),
        TableName::Rsna => (Range::Xray, Crop::Center),
        TableName::Own => (Range::Unit, Crop::Center),
    }
}

/// The resizing of that name.
pub(crate) fn resizing(name: ResizeName) -> Resize {
    match name {
        ResizeName::Pillow => Resize::Pillow,
        ResizeName::Skimage => Resize::Skimage,
    }
}

/// How each environment's images are prepared: the two hospitals' files differ in depth.
fn preparations(images: &ImagesSetting, environments: &[String]) -> Vec<Preparation> {
    let size = images.size;
    let resize = resizing(images.resize);
    let (range, crop) = framing(images.table);
    let official = |bits: u32| Preparation {
        range,
        maximum: Some((1 << bits) - 1),
        bits: Some(bits),
        monochrome1: Monochrome1::AsStored,
        rescale: false,
        crop,
        resize,
        size,
        channels: Channels::First,
    };
    match images.table {
        TableName::Xray => vec![official(8), official(16)],
        TableName::Rsna => vec![official(8)],
        TableName::Own => {
            let own = |environment: &String| Preparation {
                maximum: images.maximum.of(environment),
                bits: None,
                monochrome1: Monochrome1::Inverted,
                ..official(8)
            };
            environments.iter().map(own).collect()
        }
    }
}

/// The known issue of each collection's table that has these counts, or that there is none; and whether all are
/// known.
fn issue((table, pathology): (TableName, PathologyName), reading: &Reading) -> Result<(String, bool), Failure> {
    if table == TableName::Own {
        return Ok(("own".to_owned(), true));
    }
    let cells = reading.cells_before_exclusions();
    let mut rest = &cells[..];
    let (mut issues, mut all_known) = (Vec::new(), true);
    for manifest in manifests(table.name(), pathology)? {
        let (own, others) = rest.split_at(manifest.environments.len().min(rest.len()));
        rest = others;
        let known =
            manifest.known.iter().find(|edition| edition.cells.iter().map(|cell| cell.to_vec()).eq(own.to_vec()));
        let known = known.map(|edition| edition.name.as_str());
        all_known &= known.is_some();
        issues.push(match known {
            Some(edition) => format!("{} {edition}", manifest.name),
            None => format!("{}: no known issue", manifest.name),
        });
    }
    Ok((issues.join("; "), all_known))
}

/// How many test images are of somebody who is in training, if any: the papers split by images.
pub(crate) fn shared_patients(table: &Table, parts: &Parts) -> Option<String> {
    let shared = shared_groups(table, parts).filter(|shared| shared.test_of_training_groups > 0)?;
    Some(format!(
        "{} of {} test images ({:.1} %) are of a patient who is in training: the paper splits by images",
        shared.test_of_training_groups,
        shared.test_images,
        shared.test_share() * 100.0
    ))
}

fn describe(
    reading: &Reading,
    issue: &str,
    (seed, parts): (u32, &Parts),
    means: Means,
    places: &ImagePlaces,
) -> Result<ImagesFile, Failure> {
    let table = &reading.table;
    let mut lines = vec![format!("issue: {issue}")];
    lines.extend(reading.summary().lines().map(str::to_owned));
    Ok(ImagesFile {
        reading: lines,
        classes: table.classes().to_vec(),
        environments: table.environments().to_vec(),
        seed,
        parts: Part::ALL.map(|part| (part.name().to_owned(), parts.cells(table, part))).to_vec(),
        ..described(means, places)?
    })
}

/// What keeps the kernels of convolutions that were measured on a GPU, in a reproduction's folder.
const KERNELS: &str = "convolutions.json";

/// The trainer for runs of the folder `out` whose images are in `cache`; `None` where they are generated.
pub(crate) fn trainer(
    (out, cache): (&Path, Option<&Path>),
    backend: herring_protocol::BackendKind,
    device: usize,
    deterministic: bool,
) -> Result<Box<dyn Trainer>, Failure> {
    let weights = weights::files(out)?;
    let kernels = match deterministic {
        true => ConvolutionKernels::Fixed,
        false => ConvolutionKernels::Measured(out.join(KERNELS)),
    };
    let listings: Box<dyn Listings> = match cache {
        Some(cache) => Box::new(AllListings::of(cache)),
        None => Box::new(NoListings),
    };
    trainer_from(backend, device, listings, weights, kernels).map_err(Failure::device)
}

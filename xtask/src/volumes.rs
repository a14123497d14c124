//! Volumes of the Medical Segmentation Decathlon: preparing their slices, `data check` and `data stand-in`.

use crate::{
    arguments::ImagePlaces,
    failure::{Failure, bad_input},
    prepared::{self, PreparationProgress},
};
use herring_cache::Cache;
use herring_datasets::Part;
use herring_experiments::{
    Exit,
    config::{Scale, SeedImages, VolumesSetting},
    images::ImagesFile,
};
use herring_images::{ImagesError, Listing, Masked, Means};
use herring_standins::{DecathlonSettings, StandinError, Summary};
use herring_tables::CheckReport;
use herring_volumes::{Collection, Facts, Prepared, Task, VolumeSettings, VolumesError};
use std::{
    collections::BTreeMap,
    path::Path,
    sync::{Arc, atomic::AtomicBool},
};

/// The tasks for a name of `data check`; `None` if it does not name volumes.
pub(crate) fn tasks(name: &str) -> Option<Vec<Task>> {
    if name == "decathlon" {
        return Some(Task::ALL.to_vec());
    }
    Task::named(name).map(|task| vec![task])
}

/// A report for each task below `root`.
pub(crate) fn check(tasks: &[Task], root: &Path, headers: bool) -> Result<Vec<CheckReport>, Failure> {
    if !root.is_dir() {
        let names = Task::ALL.map(Task::folder).join(", ");
        let root = root.display();
        return Err(bad_input(format!("{root}: this folder does not exist, expected one with {names}")));
    }
    Ok(tasks.iter().map(|task| herring_volumes::check(root, *task, headers)).collect())
}

/// Writes generated volumes: the given number for each task, or as many as a scale needs.
pub(crate) fn stand_in(root: &Path, volumes: Option<usize>, scale: Scale, seed: u32) -> Result<Summary, StandinError> {
    // Masks are widened by up to 64 voxels to each side: in smaller slices nothing would be left outside.
    let small = DecathlonSettings { seed, side: 320, slices: 12, ..DecathlonSettings::default() };
    // Enough slices of both classes in each part for what the experiments draw at the scale.
    let settings = match scale {
        Scale::Smoke => DecathlonSettings { volumes: 8, ..small },
        Scale::Quick => DecathlonSettings { volumes: 16, ..small },
        Scale::Paper => DecathlonSettings { volumes: 20, side: 256, slices: 60, ..small },
    };
    let volumes = volumes.unwrap_or(settings.volumes);
    herring_standins::decathlon(root, &DecathlonSettings { volumes, ..settings })
}

/// The task of a configuration.
fn task(setting: &VolumesSetting) -> Result<Task, Failure> {
    let name = setting.task.name();
    Task::named(name).ok_or_else(|| bad_input(format!("data.task: found '{name}', expected heart, liver or pancreas")))
}

/// One line for each missing input of an experiment on volumes; empty if it can be run.
pub(crate) fn missing(setting: &VolumesSetting, places: &ImagePlaces) -> Vec<String> {
    let Ok(task) = task(setting) else { return Vec::new() };
    let Some(root) = &places.data_root else {
        return vec![format!("--data-root: the folder that holds {task}")];
    };
    let file = root.join(task.folder()).join("dataset.json");
    if file.is_file() { Vec::new() } else { vec![format!("{}: the list of volumes", file.display())] }
}

/// Prepares and reports the slices of every seed; the file describes the first seed's slices.
pub(crate) fn prepare(
    setting: &VolumesSetting,
    seeds: &[u32],
    places: &ImagePlaces,
    stop: &AtomicBool,
) -> Result<(BTreeMap<u32, SeedImages>, ImagesFile), Failure> {
    let (task, root) = (task(setting)?, places.data_root()?);
    let collection = Collection::read(root, task).map_err(failure)?;
    let names: Vec<&str> = collection.volumes.iter().map(|volume| volume.name.as_str()).collect();
    let kind = if collection.is_generated() { " generated" } else { "" };
    let found = SeedImages {
        issue: format!("{task}: {}{kind} volumes", names.len()),
        issue_known: collection.looks_published(),
        table_sha256: herring_images::sha256(&names.join("\n")),
        ..SeedImages::default()
    };
    let cache = Arc::new(Cache::open(places.cache()).map_err(Failure::device)?);
    let mut of_seed: BTreeMap<u32, Filled> = BTreeMap::new();
    for seed in seeds {
        let seed = setting.split_seed.unwrap_or(*seed);
        if of_seed.contains_key(&seed) {
            continue;
        }
        let settings = settings(setting, task, seed);
        let filled = prepared::filled(&cache, "slices", || fill(&cache, root, &settings, stop))?;
        of_seed.insert(seed, filled);
    }
    let of = |seed: &u32| of_seed.get(&setting.split_seed.unwrap_or(*seed));
    let Some((first, filled)) = seeds.first().and_then(|seed| Some((*seed, of(seed)?))) else {
        return Err(bad_input("no seed was given: expected at least one"));
    };
    let all = seeds
        .iter()
        .filter_map(|seed| Some((*seed, SeedImages { listing: of(seed)?.prepared.name.clone(), ..found.clone() })));
    let file = describe(&found.issue, first, filled, places)?;
    Ok((all.collect(), file))
}

fn settings(setting: &VolumesSetting, task: Task, seed: u32) -> VolumeSettings {
    let VolumesSetting { train, valid, test, volumes_per_part, train_size, size, .. } = *setting;
    VolumeSettings {
        task,
        seed,
        train_slices: train,
        valid_slices: valid,
        test_slices: test,
        volumes_per_part,
        train_size,
        size,
        dilation_sigma: setting.dilation_sigma,
        saliency_limit: setting.saliency_limit,
    }
}

/// The slices of a split seed, and their means.
struct Filled {
    prepared: Prepared,
    means: Means,
    masked: Vec<Masked>,
}

fn fill(cache: &Arc<Cache>, root: &Path, settings: &VolumeSettings, stop: &AtomicBool) -> Result<Filled, Failure> {
    let mut bar = PreparationProgress::default();
    let prepared = herring_volumes::prepare(cache, root, settings, &mut |progress| bar.show(progress), stop);
    bar.clear();
    let prepared = prepared.map_err(failure)?;
    for complaint in &prepared.complaints {
        crate::say(&format!("note: {complaint}"));
    }
    let looks = |listing: &Listing| {
        Ok::<_, ImagesError>((herring_images::means(cache, listing)?, herring_images::masked(cache, listing)?))
    };
    let (means, masked) = looks(&prepared.listing).map_err(prepared::failure)?;
    Ok(Filled { prepared, means, masked })
}

/// One line for each part: its volumes, and slices of each class.
fn lines(facts: &Facts) -> Vec<String> {
    let of = |(part, facts): (Part, &herring_volumes::PartFacts)| {
        let [without, with] = facts.slices;
        format!(
            "{}: {} of {} slices, {with} of them with the organ, of {} volumes: {}",
            part.name(),
            facts.drawn,
            without + with,
            facts.volumes.len(),
            facts.volumes.join(", ")
        )
    };
    Part::ALL.into_iter().zip(&facts.parts).map(of).collect()
}

fn describe(issue: &str, seed: u32, filled: &Filled, places: &ImagePlaces) -> Result<ImagesFile, Failure> {
    let Filled { prepared, means, masked } = filled;
    let listing = &prepared.listing;
    let mut reading = vec![format!("issue: {issue}")];
    reading.extend(lines(&prepared.facts));
    let counts = |entries: &Vec<_>| prepared::class_counts(listing.classes.len(), entries);
    let parts = Part::ALL.into_iter().zip([&listing.train, &listing.valid, &listing.test]);
    Ok(ImagesFile {
        reading,
        classes: listing.classes.clone(),
        environments: listing.environments.clone(),
        seed,
        parts: parts.map(|(part, entries)| (part.name().to_owned(), counts(entries))).collect(),
        masked: masked.iter().cloned().map(prepared::masked_image).collect(),
        ..prepared::described(means.clone(), places)?
    })
}

fn failure(error: VolumesError) -> Failure {
    let exit = match error {
        VolumesError::Interrupted { .. } => Exit::Interrupted,
        VolumesError::Cache(_) | VolumesError::Listing(_) => Exit::Environment,
        _ => Exit::BadInput,
    };
    Failure { text: error.to_string(), exit }
}

//! Finds the prepared images of a reproduction, even if the reproduction or the images were moved.
//!
//! The cache affects no result: a run identifies its images by their content. So any folder with these images can be
//! used, and if images are missing the runs do not count as failed.

use crate::{arguments::ImagePlaces, failure::Failure, listings::AllListings, say};
use herring_experiments::{
    Exit,
    images::ImagesFile,
    plan::{Plan, PlannedRun},
    store::{RunState, Store},
};
use herring_papers::CATALOGUE;
use std::{
    collections::BTreeSet,
    path::{Path, PathBuf},
};

/// The cache with the images of the runs of `plan` at `indexes`, for the reproduction in the folder `out`: `given`, or
/// the one that the folder names; `None` if images are generated. If the cache is not where the folder says, the new
/// path is stored.
///
/// If the images are not found, nothing is changed.
pub(crate) fn find(
    out: &Path,
    plan: &Plan,
    indexes: &[usize],
    given: Option<&Path>,
) -> Result<Option<PathBuf>, Failure> {
    let Some(file) = ImagesFile::of(out)? else {
        return Ok(None);
    };
    let runs = indexes.iter().filter_map(|index| plan.runs.get(*index));
    let listings = listings(runs);
    let given = given.map(std::path::absolute).transpose().map_err(Failure::device)?;
    if listings.is_empty() {
        return Ok(Some(given.unwrap_or_else(|| file.cache.clone())));
    }
    let mut lacking = None;
    for cache in given.map_or_else(|| file.cache_candidates(out), |given| vec![given]) {
        match found(&cache, &listings) {
            Ok(()) => {
                rename(out, file, &cache)?;
                return Ok(Some(cache));
            }
            Err(message) => lacking = lacking.or(Some(message)),
        }
    }
    let message = lacking.unwrap_or_default();
    let again = match CATALOGUE.find(&plan.experiment) {
        Some((paper, experiment)) => {
            let source = if experiment.published { "--data-root DIR" } else { "--manifest FILE" };
            format!(
                "`cargo xtask {} --experiment {} --scale {} --out {} --resume` with {source}",
                paper.command,
                experiment.name,
                plan.scale,
                out.display()
            )
        }
        // Any paper's command can have made the runs of a configuration of the user's own.
        None => "repeat the `repro-` command that made this folder, with its --config and --out, with --resume, and \
                 with the --manifest or --data-root that it had"
            .to_owned(),
    };
    Err(Failure {
        text: format!(
            "the prepared images of {out} were not found: {message}; no run was started or marked as failed, and \
             checkpoints are kept: if the images were moved, name their folder with --cache DIR; otherwise prepare \
             them again: {again}",
            out = out.display(),
        ),
        exit: Exit::Environment,
    })
}

/// Where to prepare the images of the reproduction in the folder `out`: in the cache of `places`, or else in the cache
/// that the folder names.
pub(crate) fn image_places(out: &Path, places: &ImagePlaces) -> Result<ImagePlaces, Failure> {
    let mut places = places.clone();
    let Some(file) = ImagesFile::of(out)?.filter(|_| places.cache.is_none()) else {
        return Ok(places);
    };
    let there = file.cache_candidates(out).into_iter().find(|cache| cache.is_dir());
    // A removed cache is created again if its parent folder exists.
    let again = || file.cache.parent().is_some_and(Path::is_dir).then(|| file.cache.clone());
    match there.or_else(again) {
        Some(cache) => places.cache = Some(cache),
        None => say(&format!(
            "note: {}: this cache does not exist any more; preparing the images in {}",
            file.cache.display(),
            places.cache().display()
        )),
    }
    Ok(places)
}

/// An error if the cache is changed while unfinished runs outside `plan` have their images only in the old cache.
pub(crate) fn check_other_runs(store: &Store, before: &Plan, plan: &Plan, cache: &Path) -> Result<(), Failure> {
    let mut others = Vec::new();
    for run in before.runs.iter().filter(|run| !plan.runs.contains(run)) {
        if !matches!(store.state(run)?, RunState::Finished(_)) {
            others.push(run);
        }
    }
    found(cache, &listings(others.into_iter())).map_err(|message| Failure {
        text: format!(
            "{}: unfinished runs of other seeds need images that are not in this cache: {message}: add their seeds \
             with --seeds, or use the folder's previous cache",
            cache.display()
        ),
        exit: Exit::BadInput,
    })
}

/// Stores the new path of the cache and prints a note.
fn rename(out: &Path, file: ImagesFile, cache: &Path) -> Result<(), Failure> {
    if file.cache != cache {
        say(&format!(
            "note: the prepared images are now in {}; they were in {}",
            cache.display(),
            file.cache.display()
        ));
        file.write_cache(cache.to_owned(), out)?;
    }
    Ok(())
}

fn listings<'a>(runs: impl Iterator<Item = &'a PlannedRun>) -> BTreeSet<&'a str> {
    runs.filter_map(|run| run.spec.data.listing()).collect()
}

fn found(cache: &Path, listings: &BTreeSet<&str>) -> Result<(), String> {
    if !listings.is_empty() && !cache.is_dir() {
        return Err(format!("{}: this folder does not exist", cache.display()));
    }
    AllListings::of(cache).check(listings.iter().copied())
}

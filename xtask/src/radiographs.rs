//! The radiographs of tap2024: preparing their versions, `data check` and `data stand-in`.

use crate::{
    arguments::ImagePlaces,
    failure::{Failure, bad_input},
    prepared::{self, PreparationProgress},
};
use herring_cache::Cache;
use herring_experiments::{
    Exit,
    config::{DecoysSetting, Scale, SeedImages},
    images::ImagesFile,
};
use herring_images::ImagesError;
use herring_protocol::{CollectionName, DecoyName};
use herring_radiographs::{Collection, DecoyKind, Folder, Prepared, RadiographSettings, RadiographsError};
use herring_standins::{KneeSettings, PneumoniaSettings, StandinError, Summary};
use herring_tables::CheckReport;
use std::{
    path::Path,
    sync::{Arc, atomic::AtomicBool},
};

/// The collection of a name of `data check`; `None` if it does not name radiographs of this kind.
pub(crate) fn named(name: &str) -> Option<Collection> {
    Collection::ALL.into_iter().find(|collection| collection.name() == name)
}

fn collection(name: CollectionName) -> Result<Collection, Failure> {
    named(name.name()).ok_or_else(|| bad_input(format!("data.collection: found {name}, expected pneumonia or knee")))
}

/// Lines for what a collection lacks below `root`; none if it can be used.
pub(crate) fn missing(name: CollectionName, root: &Path) -> Vec<String> {
    let found = collection(name).map(|collection| Folder::read(root, collection));
    match found {
        Ok(Ok(_)) => Vec::new(),
        Ok(Err(error)) => vec![error.to_string()],
        Err(failure) => vec![failure.text],
    }
}

/// A report on a collection below `root`.
pub(crate) fn check(collection: Collection, root: &Path, headers: bool) -> Result<CheckReport, Failure> {
    if !root.is_dir() {
        let (root, folder) = (root.display(), collection.folder());
        return Err(bad_input(format!("{root}: this folder does not exist, expected one with {folder}")));
    }
    Ok(herring_radiographs::check(root, collection, headers))
}

/// Writes generated radiographs: so many of each class, or as many as a scale needs.
pub(crate) fn stand_in(
    collection: Collection,
    root: &Path,
    (of_class, scale, seed): (Option<usize>, Scale, u32),
) -> Result<Summary, StandinError> {
    let of_class = of_class.unwrap_or(match scale {
        Scale::Smoke => 20,
        Scale::Quick => 200,
        Scale::Paper => 1000,
    });
    let fifth = (of_class / 5).max(2);
    match collection {
        Collection::Pneumonia => {
            let usual = PneumoniaSettings::default();
            herring_standins::pneumonia(root, &PneumoniaSettings { train: of_class, test: fifth, seed, ..usual })
        }
        Collection::Knee => {
            let usual = KneeSettings::default();
            herring_standins::knee(root, &KneeSettings { train: of_class, valid: fifth, test: fifth, seed, ..usual })
        }
    }
}

/// Prepares all versions of the images, which every seed shares.
pub(crate) fn prepare(
    setting: &DecoysSetting,
    seed: u32,
    places: &ImagePlaces,
    stop: &AtomicBool,
) -> Result<(SeedImages, ImagesFile), Failure> {
    let settings = RadiographSettings {
        collection: collection(setting.collection)?,
        decoy: match setting.decoy {
            DecoyName::Patch => DecoyKind::Patch,
            DecoyName::Text => DecoyKind::Text,
            DecoyName::Stripe => DecoyKind::Stripe,
        },
        seed: setting.split_seed,
        side: setting.size,
        class_limit: setting.class_limit,
        saliency_limit: setting.saliency_limit,
    };
    let root = places.data_root()?;
    let cache = Arc::new(Cache::open(places.cache()).map_err(Failure::device)?);
    let fill = || {
        let mut bar = PreparationProgress::default();
        let prepared = herring_radiographs::prepare(&cache, root, &settings, &mut |progress| bar.show(progress), stop);
        bar.clear();
        let prepared = prepared.map_err(failure)?;
        let listing = &prepared.listing;
        let means = herring_images::means(&cache, listing)
            .and_then(|means| Ok((means, herring_images::masked(&cache, listing)?)))
            .map_err(prepared::failure)?;
        Ok((prepared, means))
    };
    let (prepared, (means, masked)) = prepared::filled(&cache, "images", fill)?;
    for note in prepared.complaints.iter().chain(&prepared.facts.notes) {
        crate::say(&format!("note: {note}"));
    }
    let Prepared { listing, name, facts, .. } = prepared;
    let counts = |entries: &[_]| prepared::class_counts(listing.classes.len(), entries);
    let mut parts = vec![("train".to_owned(), counts(&listing.train)), ("valid".to_owned(), counts(&listing.valid))];
    parts.extend(listing.test_sets().into_iter().map(|(name, entries)| (name.to_owned(), counts(entries))));
    let found = SeedImages {
        listing: name,
        issue: facts.issue,
        issue_known: facts.is_official,
        table_sha256: facts.files_sha256,
        ..SeedImages::default()
    };
    let file = ImagesFile {
        reading: vec![format!("issue: {}", found.issue)],
        classes: listing.classes.clone(),
        environments: listing.environments.clone(),
        seed,
        parts,
        masked: masked.into_iter().map(prepared::masked_image).collect(),
        ..prepared::described(means, places)?
    };
    Ok((found, file))
}

fn failure(error: RadiographsError) -> Failure {
    let exit = match error {
        RadiographsError::Interrupted { .. } => Exit::Interrupted,
        RadiographsError::Cache(_) | RadiographsError::Listing(ImagesError::Listing { .. }) => Exit::Environment,
        _ => Exit::BadInput,
    };
    Failure { text: error.to_string(), exit }
}

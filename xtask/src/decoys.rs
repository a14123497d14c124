//! Prepares collections that decoys are planted in, from the files of a folder.

use crate::{
    arguments::ImagePlaces,
    failure::{Failure, bad_input},
    prepared, radiographs,
};
use herring_datasets::{Dataset, listed::Listed};
use herring_digits::{
    DecoySettings, Digits, DigitsError, decoy_mnist,
    digits::{self, SIDE},
    listing,
};
use herring_experiments::{
    Exit,
    config::{DecoysSetting, SeedImages},
    images::ImagesFile,
};
use herring_images::Means;
use herring_protocol::CollectionName;
use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    sync::atomic::AtomicBool,
};

/// The folders below the data's root in which MNIST's four files may be, in this order: torchvision's is the second.
const MNIST: [&str; 3] = ["mnist", "MNIST/raw", ""];

/// A line for each thing that the collection lacks; none if it can be used.
pub(crate) fn missing(setting: &DecoysSetting, places: &ImagePlaces) -> Vec<String> {
    match (setting.collection, &places.data_root) {
        (CollectionName::MnistSample, _) => Vec::new(),
        (_, None) => vec!["--data-root: the folder that holds the data".to_owned()],
        (CollectionName::Mnist, Some(root)) => digits::missing(&mnist(root)),
        (collection, Some(root)) => radiographs::missing(collection, root),
    }
}

/// The folder below `root` that has one of MNIST's files; `mnist` if none has.
fn mnist(root: &Path) -> PathBuf {
    let folders = MNIST.iter().map(|name| root.join(name));
    let known = |folder: &PathBuf| digits::missing(folder).len() < digits::FILES_OF_MNIST;
    folders.into_iter().find(known).unwrap_or_else(|| root.join(MNIST[0]))
}

/// Prepares the images of every seed, which share them.
pub(crate) fn prepare(
    setting: &DecoysSetting,
    seeds: &[u32],
    places: &ImagePlaces,
    stop: &AtomicBool,
) -> Result<(BTreeMap<u32, SeedImages>, ImagesFile), Failure> {
    let missing = missing(setting, places);
    if !missing.is_empty() {
        return Err(bad_input(missing.join("\n")));
    }
    let Some(first) = seeds.first() else { return Err(bad_input("no seed was given: expected at least one")) };
    let (found, file) = match setting.collection {
        CollectionName::MnistSample | CollectionName::Mnist => prepare_digits(setting, *first, places)?,
        CollectionName::Pneumonia | CollectionName::Knee => radiographs::prepare(setting, *first, places, stop)?,
    };
    Ok((seeds.iter().map(|seed| (*seed, found.clone())).collect(), file))
}

fn prepare_digits(
    setting: &DecoysSetting,
    seed: u32,
    places: &ImagePlaces,
) -> Result<(SeedImages, ImagesFile), Failure> {
    let digits = Digits::read(&mnist(places.data_root()?)).map_err(failure)?;
    let settings = DecoySettings {
        seed: setting.split_seed,
        class_limit: setting.class_limit,
        saliency_limit: setting.saliency_limit,
    };
    let images = decoy_mnist(&digits, &settings).map_err(failure)?;
    let found = SeedImages {
        listing: listing::keep(places.cache(), &digits, &settings).map_err(failure)?,
        issue: format!("mnist: {} training and {} test images", digits.train.len(), digits.test.len()),
        issue_known: digits.looks_published(),
        table_sha256: digits.sha256(),
        ..SeedImages::default()
    };
    let file = describe(&found.issue, (seed, &images), places)?;
    Ok((found, file))
}

/// Prints what a folder's digits are.
pub(crate) fn check_digits(root: &Path) -> Result<String, Failure> {
    let folder = mnist(root);
    let digits = Digits::read(&folder).map_err(failure)?;
    let known =
        if digits.looks_published() { "as many as published" } else { "the published ones are 60000 and 10000" };
    Ok(format!("{}: {} training and {} test images, {known}", folder.display(), digits.train.len(), digits.test.len()))
}

fn describe(issue: &str, (seed, images): (u32, &Listed), places: &ImagePlaces) -> Result<ImagesFile, Failure> {
    let parts = &images.splits;
    let sets = [("train", &parts.train), ("valid", &parts.valid)].into_iter();
    let sets = sets.chain(parts.tests.iter().map(|(name, set)| (name.as_str(), set)));
    let count = |(name, set): (&str, &Dataset)| (name.to_owned(), vec![set.class_counts()]);
    let means = Means { size: SIDE, environments: Vec::new(), classes: Vec::new(), cells: Vec::new() };
    Ok(ImagesFile {
        reading: vec![format!("issue: {issue}")],
        classes: (0..parts.train.classes()).map(|class| class.to_string()).collect(),
        environments: vec!["images".to_owned()],
        seed,
        parts: sets.map(count).collect(),
        ..prepared::described(means, places)?
    })
}

fn failure(error: DigitsError) -> Failure {
    let exit = match error {
        DigitsError::Content { .. } | DigitsError::Missing { .. } | DigitsError::Dataset(_) => Exit::BadInput,
        DigitsError::File { .. } => Exit::Environment,
    };
    Failure { text: error.to_string(), exit }
}

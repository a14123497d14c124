//! Converts samples to tensors.

use crate::random::{Purpose, batch_stream, stream};
use burn::tensor::{Tensor, TensorData};
use herring_backend::Kernels;
use herring_cardiac::{CardiacSettings, Class, Experiment, Generator, sections};
use herring_datasets::{
    Augmentation, Cells, Dataset, DatasetError,
    batch::Batch as Packed,
    crosses::{self, CrossesSettings},
    dataset::Splits,
    listed::{Listed, Listings},
};
use herring_digits::{DecoySettings, Digits, DigitsError, decoy_mnist};
use herring_losses::Batch;
use herring_protocol::{
    CardiacName, CardiacSpec, CrossesSpec, DataSpec, DecoysSpec, ImagesSpec, ObjectiveSpec, RunFailure, RunSpec,
    SpecError, TEST, TRAIN, TrainingImages, TrainingVersion, VALID, VolumesSpec,
};
use rand::Rng;

/// The images of a run.
pub(crate) fn images_of(spec: &RunSpec, listings: &dyn Listings) -> Result<Listed, RunFailure> {
    match &spec.data {
        DataSpec::Crosses(crosses) => {
            let seed = crosses.split_seed.unwrap_or(spec.seed);
            let splits = crosses_of(crosses, spec.annotations.fraction(), seed)?;
            let saliency = splits.test(TEST).unwrap_or(&splits.valid).clone();
            Ok(Listed { saliency, splits, clean: None, regions: Vec::new() })
        }
        DataSpec::Images(ImagesSpec { listing, .. }) | DataSpec::Volumes(VolumesSpec { listing, .. }) => {
            let mut listed = listings.open(listing).map_err(unreadable)?;
            check_sides(&listed, spec)?;
            // A listing may be sorted, for instance by environment, so that its first masks are no random choice.
            listed.splits.train = with_masks(listed.splits.train, spec)?;
            Ok(listed)
        }
        DataSpec::Decoys(decoys) => decoys_of(decoys, spec, listings),
        DataSpec::Cardiac(cardiac) => {
            let mut listed = sections(&cardiac_settings(cardiac)).map_err(unreadable)?;
            listed.splits.train = with_masks(listed.splits.train, spec)?;
            Ok(listed)
        }
    }
}

/// The training images with as many masks as the run has; which ones is drawn for each seed.
fn with_masks(train: Dataset, spec: &RunSpec) -> Result<Dataset, RunFailure> {
    let random = &mut stream(spec.seed, Purpose::Masks, 0);
    train.with_mask_fraction(spec.annotations.fraction(), random).map_err(unreadable)
}

fn cardiac_settings(spec: &CardiacSpec) -> CardiacSettings {
    let experiment = match spec.depends {
        CardiacName::Sizes => Experiment::Sizes,
        CardiacName::Marker => Experiment::Marker,
    };
    let [train, valid, test] = [spec.train, spec.valid, spec.test].map(|images| images / Class::ALL.len());
    let generator = Generator { experiment, seed: spec.split_seed.into() };
    CardiacSettings { generator, train, valid, test, saliency_limit: spec.saliency_limit }
}

/// The images of a collection with decoys, in the version and the share that are trained on.
fn decoys_of(decoys: &DecoysSpec, spec: &RunSpec, listings: &dyn Listings) -> Result<Listed, RunFailure> {
    let mut listed = match &decoys.files {
        Some(files) => listings.open(&files.listing).map_err(unreadable)?,
        None => sample_of(decoys).map_err(|error| RunFailure::Data(error.to_string()))?,
    };
    check_sides(&listed, spec)?;
    if decoys.training == TrainingVersion::Clean {
        let clean = listed.clean.take().ok_or_else(|| RunFailure::Data("found no images without decoys".to_owned()))?;
        (listed.splits.train, listed.splits.valid) = (clean.train, clean.valid);
    }
    let all = listed.splits.train.len();
    if decoys.fraction < 1.0 {
        let count = ((all as f64 * decoys.fraction) as usize).max(1);
        let random = &mut stream(spec.seed, Purpose::Fraction, 0);
        let mut places = rand::seq::index::sample(random, all, count).into_vec();
        places.sort_unstable();
        listed.splits.train = listed.splits.train.subset(places).map_err(unreadable)?;
    }
    listed.splits.train = with_masks(listed.splits.train, spec)?;
    Ok(listed)
}

/// Decoy-MNIST on the digits that the program carries.
fn sample_of(decoys: &DecoysSpec) -> Result<Listed, DigitsError> {
    let settings = DecoySettings {
        seed: decoys.split_seed,
        class_limit: decoys.class_limit,
        saliency_limit: decoys.saliency_limit,
    };
    decoy_mnist(&Digits::sample()?, &settings)
}

/// An error if the images have other sides than the specification says.
fn check_sides(listed: &Listed, spec: &RunSpec) -> Result<(), RunFailure> {
    let (found, expected) = (sides(listed), spec.data.stored_sides());
    if found == expected {
        return Ok(());
    }
    Err(RunFailure::Specification(SpecError {
        field: "data.listing".to_owned(),
        found: format!("images of {} and {} pixels", found[0], found[1]),
        expected: format!("{} and {}, as the specification has it", expected[0], expected[1]),
    }))
}

/// An error for a set that the specification names and the images do not have, or for class weights that are not as many as
/// their classes.
pub(crate) fn check_sets(spec: &RunSpec, images: &Listed) -> Result<(), RunFailure> {
    let class_weights = spec.objective.task.class_weights();
    let classes = images.splits.train.classes();
    if !class_weights.is_empty() && class_weights.len() != classes {
        return Err(RunFailure::Specification(SpecError {
            field: "objective.task.class_weights".to_owned(),
            found: format!("{} numbers", class_weights.len()),
            expected: format!("{classes}, one for each class of the images"),
        }));
    }
    let tests = images.splits.tests.iter().map(|(name, _)| name.as_str());
    let sets: Vec<&str> = [TRAIN, VALID].into_iter().chain(tests).collect();
    match spec.evaluation.zeroed_sets.iter().find(|name| !sets.contains(&name.as_str())) {
        None => Ok(()),
        Some(unknown) => Err(RunFailure::Specification(SpecError {
            field: "evaluation.zeroed_sets".to_owned(),
            found: unknown.clone(),
            expected: format!("sets among {}", sets.join(", ")),
        })),
    }
}

/// Rows of the images that are trained on, and of those whose saliency is computed.
fn sides(listed: &Listed) -> [usize; 2] {
    [listed.splits.train.image_shape()[1], listed.saliency.image_shape()[1]]
}

/// The augmentation of training images, if any.
pub(crate) fn augmentation(data: &DataSpec) -> Option<Augmentation> {
    match data {
        DataSpec::Crosses(_) | DataSpec::Images(_) | DataSpec::Decoys(_) | DataSpec::Cardiac(_) => None,
        DataSpec::Volumes(volumes) => {
            Some(Augmentation { side: volumes.size, horizontal_flip: true, vertical_flip: true })
        }
    }
}

/// A batch of training images augmented with what `purpose` draws for it in this epoch.
pub(crate) fn augmented_batch(
    packed: Packed,
    spec: &RunSpec,
    purpose: Purpose,
    epoch: usize,
    batch: usize,
) -> Result<Packed, RunFailure> {
    match augmentation(&spec.data) {
        None => Ok(packed),
        Some(augmentation) => {
            packed.augmented(&augmentation, &mut batch_stream(spec.seed, purpose, epoch, batch)).map_err(unreadable)
        }
    }
}

fn crosses_of(spec: &CrossesSpec, mask_fraction: f64, seed: u32) -> Result<Splits, RunFailure> {
    let settings = CrossesSettings {
        train: spec.train,
        valid: spec.valid,
        test: spec.test,
        dilation_sigma: spec.dilation_sigma,
        mask_fraction,
        ..CrossesSettings::default()
    };
    crosses::splits(&settings, seed).map_err(|error| {
        RunFailure::Specification(SpecError {
            field: "data".to_owned(),
            found: error.to_string(),
            expected: "settings within the ranges of the synthetic crosses".to_owned(),
        })
    })
}

/// The failure for images that are missing or unreadable.
pub(crate) fn unreadable(error: DatasetError) -> RunFailure {
    RunFailure::Data(error.to_string())
}

/// The images of a packed batch, `[batch, channels, height, width]`.
pub(crate) fn images<B: Kernels>(packed: &Packed, device: &B::Device) -> Tensor<B, 4> {
    Tensor::from_data(TensorData::new(packed.images().to_vec(), packed.shape()), device)
}

/// The images of a packed batch as they are evaluated; `zeroed` sets the pixels outside the masks to zero.
pub(crate) fn evaluated<B: Kernels>(packed: &Packed, zeroed: bool, device: &B::Device) -> Tensor<B, 4> {
    match zeroed {
        true => Tensor::from_data(TensorData::new(packed.zeroed_images(), packed.shape()), device),
        false => images(packed, device),
    }
}

/// A training batch: the version of the images that is classified and, if a penalty needs them, the images with the
/// pixels outside the masks permuted with `random`. `cells` are those of the training images.
pub(crate) fn training_batch<B: Kernels>(
    packed: &Packed,
    objective: &ObjectiveSpec,
    cells: &Cells,
    random: &mut impl Rng,
    device: &B::Device,
) -> Batch<B> {
    let tensor = |values: Vec<f32>| Tensor::from_data(TensorData::new(values, packed.shape()), device);
    let permuted = objective.needs_permuted_images().then(|| tensor(packed.permuted_images(random)));
    let whole = || images(packed, device);
    let (images, masked) = match (objective.images, permuted) {
        (TrainingImages::Whole, Some(permuted)) => (whole(), permuted),
        (TrainingImages::Whole, None) => (whole(), whole()),
        (TrainingImages::Permuted, Some(permuted)) => (permuted.clone(), permuted),
        (TrainingImages::Permuted, None) => (whole(), whole()),
        (TrainingImages::Zeroed, _) => {
            let zeroed = tensor(packed.zeroed_images());
            (zeroed.clone(), zeroed)
        }
    };
    let labels: Vec<i32> = packed.labels().iter().map(|label| *label as i32).collect();
    let count = labels.len();
    Batch {
        images,
        inside: Tensor::from_data(TensorData::new(packed.masks().to_vec(), packed.mask_shape()), device),
        masked,
        labels: Tensor::from_data(TensorData::new(labels, [count]), device),
        groups: packed.indices().iter().map(|&place| cells.of_samples()[place]).collect(),
        teacher: None,
    }
}

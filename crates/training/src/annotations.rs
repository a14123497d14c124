//! Masks of the training images that no expert drew: from the attributions of a teacher, or from noise (tap2024, section
//! 4.3).
//!
//! A teacher's attribution of a pixel is the magnitude of the input gradient of `sum over k of log p_k`, in evaluation mode,
//! summed over the channels. It is computed once for each training image, before training.

use crate::{
    data,
    decoys::annotation_overlap,
    evaluate,
    random::{Purpose, batch_stream},
};
use herring_backend::{Kernels, ops};
use herring_datasets::{BitMask, Dataset};
use herring_losses::log_softmax;
use herring_models::{Mode, Stackable, input_gradient};
use herring_protocol::{AnnotationSpec, CutName, Localisation, RunFailure, RunSpec, SpecError};
use herring_saliency::{Cut, SaliencyError, evidence};
use rand::RngExt;
use rand_distr::StandardNormal;

/// The training images with the masks of the specification, and how what is penalised overlaps with the decoys where the
/// masks are not the given ones. `teacher` is the run's, if it has one.
pub(crate) fn annotated<B: Kernels, M: Stackable<B>>(
    train: Dataset,
    spec: &RunSpec,
    teacher: Option<&M>,
    device: &B::Device,
) -> Result<(Dataset, Option<Localisation>), RunFailure> {
    let masks = match (&spec.annotations, teacher) {
        (AnnotationSpec::Given { .. }, _) => return Ok((train, None)),
        (AnnotationSpec::Teacher { tau, cut }, Some(teacher)) => {
            of_teacher(&train, (teacher, device), spec.training.batch_size, cut_at(*cut, *tau))?
        }
        (AnnotationSpec::Teacher { .. }, None) => {
            return Err(RunFailure::Specification(SpecError {
                field: "teacher".to_owned(),
                found: "none".to_owned(),
                expected: "one: the annotations are its attributions".to_owned(),
            }));
        }
        (AnnotationSpec::Random { tau, cut }, _) => of_noise(&train, spec.seed, cut_at(*cut, *tau))?,
    };
    let penalised = masks.iter().map(|mask| {
        let mut values = vec![0.0; mask.len()];
        mask.write(&mut values);
        values.into_iter().map(|inside| inside == 0.0).collect()
    });
    let found = annotation_overlap(&train, penalised)?;
    Ok((train.with_masks(masks).map_err(data::unreadable)?, Some(found)))
}

fn cut_at(cut: CutName, tau: f64) -> Cut {
    match cut {
        CutName::Quantile => Cut::Quantile(tau),
        CutName::Threshold => Cut::Threshold(tau),
    }
}

/// Magnitudes summed over the channels, cut.
fn mask(channels: &[f32], pixels: usize, cut: Cut) -> Result<BitMask, RunFailure> {
    let map: Vec<f32> =
        (0..pixels).map(|pixel| channels.iter().skip(pixel).step_by(pixels).map(|value| value.abs()).sum()).collect();
    evidence(&map, cut).map(|inside| BitMask::new(&inside)).map_err(undefined)
}

fn undefined(_: SaliencyError) -> RunFailure {
    RunFailure::NotFinite { epoch: 0, step: 0, quantity: "an attribution of the teacher".to_owned() }
}

fn of_teacher<B: Kernels, M: Stackable<B>>(
    train: &Dataset,
    (teacher, device): (&M, &B::Device),
    batch_size: usize,
    cut: Cut,
) -> Result<Vec<BitMask>, RunFailure> {
    let mut masks = Vec::with_capacity(train.len());
    for packed in evaluate::batches(train, batch_size)? {
        let packed = packed.map_err(data::unreadable)?;
        let [_, channels, height, width] = packed.shape();
        let found = input_gradient(teacher, data::images::<B>(&packed, device), Mode::Evaluate, |trace| {
            ops::total(log_softmax(trace.logits.clone()))
        });
        let values: Vec<f32> = found.gradient.into_data().iter().collect();
        for image in values.chunks_exact(channels * height * width) {
            masks.push(mask(image, height * width, cut)?);
        }
    }
    Ok(masks)
}

fn of_noise(train: &Dataset, seed: u32, cut: Cut) -> Result<Vec<BitMask>, RunFailure> {
    let [channels, height, width] = train.image_shape();
    let of = |index: usize| {
        let mut random = batch_stream(seed, Purpose::Annotations, 0, index);
        let noise: Vec<f32> = (0..channels * height * width).map(|_| random.sample(StandardNormal)).collect();
        mask(&noise, height * width, cut)
    };
    (0..train.len()).map(of).collect()
}

//! Masks of the training images that no expert drew: from the attributions of a teacher, or from noise (tap2024, section
//! 4.3).
//!
//! A teacher's attribution of a pixel is the magnitude of the input gradient of `sum over k of log p_k`, in evaluation mode,
//! summed over the channels. It is computed once for each training image, before training.

use crate::{
    data,
    decoys::{add_overlap, log_probability_gradient},
    evaluate,
    overlaps::Overlaps,
    random::{Purpose, batch_stream},
};
use herring_backend::Kernels;
use herring_datasets::{BitMask, Dataset};
use herring_models::Stackable;
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
    let (cut, tau) = match spec.annotations {
        AnnotationSpec::Given { .. } => return Ok((train, None)),
        AnnotationSpec::Teacher { tau, cut } | AnnotationSpec::Random { tau, cut } => (cut, tau),
    };
    let cut = match cut {
        CutName::Quantile => Cut::Quantile(tau),
        CutName::Threshold => Cut::Threshold(tau),
    };
    let teacher = match (spec.annotations.needs_teacher(), teacher) {
        (false, _) => None,
        (true, Some(teacher)) => Some(teacher),
        (true, None) => {
            return Err(RunFailure::Specification(SpecError {
                field: "teacher".to_owned(),
                found: "none".to_owned(),
                expected: "one: the annotations are its attributions".to_owned(),
            }));
        }
    };
    let pixels = train.image_shape()[1..].iter().product();
    let (mut masks, mut overlaps) = (Vec::with_capacity(train.len()), Overlaps::default());
    for packed in evaluate::batches(&train, spec.training.batch_size)? {
        let packed = packed.map_err(data::unreadable)?;
        let attributions = match teacher {
            Some(teacher) => {
                let gradient = log_probability_gradient(teacher, data::images::<B>(&packed, device));
                gradient.into_data().iter().collect()
            }
            None => noise(packed.shape(), spec.seed, masks.len()),
        };
        let images = attributions.chunks_exact(packed.shape()[1] * pixels);
        for (channels, mask) in images.zip(packed.masks().chunks_exact(pixels)) {
            let inside = evidence(&magnitudes(channels, pixels), cut).map_err(undefined)?;
            let penalised: Vec<bool> = inside.iter().map(|inside| !inside).collect();
            add_overlap(&mut overlaps, &penalised, mask).map_err(undefined)?;
            masks.push(BitMask::new(&inside));
        }
    }
    Ok((train.with_masks(masks).map_err(data::unreadable)?, Some(overlaps.mean())))
}

/// Magnitudes summed over the channels.
pub(crate) fn magnitudes(channels: &[f32], pixels: usize) -> Vec<f32> {
    (0..pixels).map(|pixel| channels.iter().skip(pixel).step_by(pixels).map(|value| value.abs()).sum()).collect()
}

fn undefined(_: SaliencyError) -> RunFailure {
    RunFailure::NotFinite { epoch: 0, step: 0, quantity: "an attribution of the teacher".to_owned() }
}

/// Standard normal noise for images `[batch, channels, height, width]`, the first of which is the `first` of all; each has
/// a stream of its own.
fn noise([batch, channels, height, width]: [usize; 4], seed: u32, first: usize) -> Vec<f32> {
    let of = |index: usize| {
        let random = batch_stream(seed, Purpose::Annotations, 0, index);
        random.sample_iter(StandardNormal).take(channels * height * width)
    };
    (first..first + batch).flat_map(of).collect()
}

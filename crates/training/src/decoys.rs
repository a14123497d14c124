//! Whether a model looks at the decoys: how the strongest pixels of its maps overlap with them (tap2024, Tables 4 and 5).
//!
//! The maps are the input gradient of `sum over k of log p_k` in evaluation mode, its channels summed, and each tap's
//! activations, their channels summed, with the nearest pixels of the image's size. Of the magnitude of each map the pixels
//! above a quantile are kept. The decoy is what lies outside the image's mask.
//!
//! The released code takes activations in the mode that the model is in after it was loaded, the training mode: batch
//! statistics normalise. The paper does not say so; here the released way is followed.

use crate::{data, evaluate, overlaps::Overlaps};
use burn::tensor::Tensor;
use herring_backend::{Kernels, ops, resize};
use herring_datasets::Dataset;
use herring_losses::log_softmax;
use herring_models::{Mode, Stackable, Trace, input_gradient_of_outputs};
use herring_protocol::{GRADIENT, Localisation, RunFailure};
use herring_saliency::{Cut, SaliencyError, evidence, overlap};
use std::collections::BTreeMap;

/// Taps that are scored: the last four, as the paper leaves out the first of VGG's five.
const TAPS: usize = 4;

/// Overlaps of the pixels above `quantile` with the decoys, means over the images of `dataset` that have one: `gradient`,
/// and `tap-1` to `tap-4` from the first layer to the last.
pub(crate) fn decoy_overlaps<B: Kernels, M: Stackable<B>>(
    model: &M,
    dataset: &Dataset,
    (quantile, batch_size): (f64, usize),
    device: &B::Device,
) -> Result<BTreeMap<String, Localisation>, RunFailure> {
    let mut sums: BTreeMap<String, Overlaps> = BTreeMap::new();
    for packed in evaluate::batches(dataset, batch_size)? {
        let packed = packed.map_err(data::unreadable)?;
        let [_, _, height, width] = packed.shape();
        let images = data::images::<B>(&packed, device);
        let gradient = log_probability_gradient(model, images.clone());
        let mut maps = vec![(GRADIENT.to_owned(), ops::sum_over_channels(gradient))];
        for (place, tap) in activations(model.trace(images, Mode::Train)).enumerate() {
            maps.push((format!("tap-{}", place + 1), resize::nearest(tap, [height, width])));
        }
        let pixels = height * width;
        for (name, map) in maps {
            let overlaps = sums.entry(name).or_default();
            let values: Vec<f32> = map.abs().into_data().iter().collect();
            for (map, mask) in values.chunks_exact(pixels).zip(packed.masks().chunks_exact(pixels)) {
                let kept = evidence(map, Cut::Quantile(quantile)).map_err(undefined)?;
                add_overlap(overlaps, &kept, mask).map_err(undefined)?;
            }
        }
    }
    Ok(sums.into_iter().map(|(name, sums)| (name, sums.mean())).collect())
}

/// The channel sums of the last activations that TAP penalises, `[batch, 1, height, width]` each.
pub(crate) fn activations<B: Kernels>(trace: Trace<B>) -> impl Iterator<Item = Tensor<B, 4>> {
    let left_out = trace.taps.len().saturating_sub(TAPS);
    trace.taps.into_iter().skip(left_out).map(ops::sum_over_channels)
}

/// The input gradient of `sum over k of log p_k` in evaluation mode, `[batch, channels, height, width]`.
pub(crate) fn log_probability_gradient<B: Kernels, M: Stackable<B>>(model: &M, images: Tensor<B, 4>) -> Tensor<B, 4> {
    let score = |trace: &Trace<_>| ops::total(log_softmax(trace.logits.clone()));
    input_gradient_of_outputs(model, images, Mode::Evaluate, score).gradient
}

/// Adds the overlap of the `kept` pixels with what lies outside `mask`, if anything does.
pub(crate) fn add_overlap(overlaps: &mut Overlaps, kept: &[bool], mask: &[f32]) -> Result<(), SaliencyError> {
    let decoy: Vec<f32> = mask.iter().map(|inside| f32::from(u8::from(*inside != 1.0))).collect();
    if decoy.contains(&1.0) {
        overlaps.add(&overlap(kept, &decoy)?);
    }
    Ok(())
}

fn undefined(_: SaliencyError) -> RunFailure {
    RunFailure::NotFinite { epoch: 0, step: 0, quantity: "an activation or an input gradient".to_owned() }
}

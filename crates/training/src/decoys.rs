//! Whether a model looks at the decoys: how the strongest pixels of its maps overlap with them (tap2024, Tables 4 and 5).
//!
//! The maps are the input gradient of `sum over k of log p_k` in evaluation mode, its channels summed, and each tap's
//! activations, their channels summed, with the nearest pixels of the image's size. Of the magnitude of each map the pixels
//! above a quantile are kept. The decoy is what lies outside the image's mask.
//!
//! The released code takes activations in the mode that the model is in after it was loaded, the training mode: batch
//! statistics normalise. The paper does not say so; here the released way is followed.

use crate::{data, evaluate};
use burn::tensor::Tensor;
use herring_backend::{Kernels, ops, resize};
use herring_datasets::{Dataset, batch::Batch as Packed};
use herring_losses::log_softmax;
use herring_models::{Mode, Stackable, input_gradient};
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
    let mut sums: BTreeMap<String, Sums> = BTreeMap::new();
    for packed in evaluate::batches(dataset, batch_size)? {
        let packed = packed.map_err(data::unreadable)?;
        let [_, _, height, width] = packed.shape();
        let images = data::images::<B>(&packed, device);
        let found = input_gradient(model, images.clone(), Mode::Evaluate, |trace| {
            ops::total(log_softmax(trace.logits.clone()))
        });
        let mut maps = vec![(GRADIENT.to_owned(), ops::sum_over_channels(found.gradient))];
        let taps = model.trace(images, Mode::Train).taps;
        let left_out = taps.len().saturating_sub(TAPS);
        for (place, tap) in taps.into_iter().skip(left_out).enumerate() {
            maps.push((format!("tap-{}", place + 1), resize::nearest(ops::sum_over_channels(tap), [height, width])));
        }
        for (name, map) in maps {
            sums.entry(name).or_default().add(&packed, map, quantile)?;
        }
    }
    Ok(sums.into_iter().map(|(name, sums)| (name, sums.mean())).collect())
}

/// How the pixels that `kept` has, an image after the other, overlap with the decoys of `dataset`.
pub(crate) fn annotation_overlap(
    dataset: &Dataset,
    kept: impl Iterator<Item = Vec<bool>>,
) -> Result<Localisation, RunFailure> {
    let mut sums = Sums::default();
    for (index, kept) in kept.enumerate() {
        let sample = dataset.sample(index).map_err(data::unreadable)?;
        sums.add_one(&kept, sample.mask.values())?;
    }
    Ok(sums.mean())
}

#[derive(Default)]
struct Sums {
    overlaps: [f64; 3],
    images: usize,
}

impl Sums {
    /// Adds the maps `[batch, 1, height, width]` of a batch.
    fn add<B: Kernels>(&mut self, packed: &Packed, maps: Tensor<B, 4>, quantile: f64) -> Result<(), RunFailure> {
        let [_, _, height, width] = packed.shape();
        let values: Vec<f32> = maps.abs().into_data().iter().collect();
        let pixels = height * width;
        for (map, mask) in values.chunks_exact(pixels).zip(packed.masks().chunks_exact(pixels)) {
            let kept = evidence(map, Cut::Quantile(quantile)).map_err(undefined)?;
            self.add_one(&kept, mask)?;
        }
        Ok(())
    }

    fn add_one(&mut self, kept: &[bool], mask: &[f32]) -> Result<(), RunFailure> {
        let decoy: Vec<f32> = mask.iter().map(|inside| f32::from(u8::from(*inside != 1.0))).collect();
        if decoy.iter().all(|outside| *outside == 0.0) {
            return Ok(());
        }
        let found = overlap(kept, &decoy).map_err(undefined)?;
        for (sum, value) in self.overlaps.iter_mut().zip([found.iou, found.iop, found.iot]) {
            *sum += value;
        }
        self.images += 1;
        Ok(())
    }

    fn mean(&self) -> Localisation {
        let [iou, iop, iot] = self.overlaps.map(|sum| sum / self.images.max(1) as f64);
        Localisation { iou, iop, iot, images: self.images }
    }
}

fn undefined(_: SaliencyError) -> RunFailure {
    RunFailure::NotFinite { epoch: 0, step: 0, quantity: "an activation or an input gradient".to_owned() }
}

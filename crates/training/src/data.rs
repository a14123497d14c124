//! From samples to tensors.

use burn::tensor::{Tensor, TensorData};
use herring_backend::Kernels;
use herring_datasets::{
    batch::Batch as Packed,
    crosses::{self, CrossesSettings},
    dataset::Splits,
};
use herring_losses::Batch;
use herring_protocol::{DataSpec, Method, RunFailure};
use rand::Rng;

/// The three sets of images of a run.
pub(crate) fn splits(spec: &DataSpec, seed: u32) -> Result<Splits, RunFailure> {
    let settings = CrossesSettings {
        train: spec.train,
        valid: spec.valid,
        test: spec.test,
        dilation_sigma: spec.dilation_sigma,
        mask_fraction: spec.mask_fraction,
        ..CrossesSettings::default()
    };
    crosses::splits(&settings, seed).map_err(|error| RunFailure::Specification {
        field: "data".to_owned(),
        found: error.to_string(),
        expected: "settings within the ranges of the synthetic crosses".to_owned(),
    })
}

/// The images of a packed batch, `[batch, channels, height, width]`.
pub(crate) fn images<B: Kernels>(packed: &Packed, device: &B::Device) -> Tensor<B, 4> {
    Tensor::from_data(TensorData::new(packed.images().to_vec(), packed.shape()), device)
}

/// A training batch; what lies outside the masks is permuted with `random`, or zero, where the
/// method has a use for it.
pub(crate) fn training_batch<B: Kernels>(
    packed: &Packed,
    method: Method,
    random: &mut impl Rng,
    device: &B::Device,
) -> Batch<B> {
    let masked = match method {
        Method::Baseline | Method::GradMask | Method::Rrr => packed.images().to_vec(),
        Method::MaskedZero => packed.zeroed_images(),
        Method::Masked | Method::ActDiff | Method::Adversarial => packed.permuted_images(random),
    };
    let labels: Vec<i32> = packed.labels().iter().map(|label| *label as i32).collect();
    let count = labels.len();
    Batch {
        images: images(packed, device),
        inside: Tensor::from_data(TensorData::new(packed.masks().to_vec(), packed.mask_shape()), device),
        masked: Tensor::from_data(TensorData::new(masked, packed.shape()), device),
        labels: Tensor::from_data(TensorData::new(labels, [count]), device),
    }
}

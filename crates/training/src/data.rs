//! From samples to tensors.

use burn::tensor::{Tensor, TensorData};
use herring_backend::Kernels;
use herring_datasets::{
    DatasetError,
    batch::Batch as Packed,
    crosses::{self, CrossesSettings},
    dataset::Splits,
    listed::{Listed, Listings},
};
use herring_losses::Batch;
use herring_protocol::{CrossesSpec, DataSpec, Method, RunFailure, Variant};
use rand::Rng;

/// The images of a run.
pub(crate) fn images_of(spec: &DataSpec, seed: u32, lists: &dyn Listings) -> Result<Listed, RunFailure> {
    match spec {
        DataSpec::Crosses(spec) => {
            let splits = crosses(spec, seed)?;
            Ok(Listed { looked_at: splits.test.clone(), splits })
        }
        DataSpec::Images(spec) => {
            let listed = lists.open(&spec.listing).map_err(unreadable)?;
            let (found, wanted) = (sides(&listed), (spec.size, spec.look_size));
            if found != wanted {
                return Err(RunFailure::Specification {
                    field: "data.listing".to_owned(),
                    found: format!("images of {} and {} pixels", found.0, found.1),
                    expected: format!("{} and {}, as the specification has it", wanted.0, wanted.1),
                });
            }
            Ok(listed)
        }
    }
}

/// Rows of the images that are trained on, and of those that are looked at.
fn sides(listed: &Listed) -> (usize, usize) {
    (listed.splits.train.image_shape()[1], listed.looked_at.image_shape()[1])
}

fn crosses(spec: &CrossesSpec, seed: u32) -> Result<Splits, RunFailure> {
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

/// Images that cannot be had. Another time they may be there again.
pub(crate) fn unreadable(error: DatasetError) -> RunFailure {
    RunFailure::Data(error.to_string())
}

/// The images of a packed batch, `[batch, channels, height, width]`.
pub(crate) fn images<B: Kernels>(packed: &Packed, device: &B::Device) -> Tensor<B, 4> {
    Tensor::from_data(TensorData::new(packed.images().to_vec(), packed.shape()), device)
}

/// The images of a packed batch as they are evaluated; `masked` sets what lies outside the masks to zero.
pub(crate) fn evaluated<B: Kernels>(packed: &Packed, masked: bool, device: &B::Device) -> Tensor<B, 4> {
    match masked {
        true => Tensor::from_data(TensorData::new(packed.zeroed_images(), packed.shape()), device),
        false => images(packed, device),
    }
}

/// A training batch; what lies outside the masks is permuted with `random`, or zero, where the
/// method has a use for it.
pub(crate) fn training_batch<B: Kernels>(
    packed: &Packed,
    (method, variant): (Method, Variant),
    random: &mut impl Rng,
    device: &B::Device,
) -> Batch<B> {
    let masked = match (method, variant) {
        (Method::Baseline | Method::GradMask | Method::Rrr, _) => packed.images().to_vec(),
        (Method::MaskAll, Variant::Released) => packed.images().to_vec(),
        (Method::MaskedZero | Method::MaskAll, _) => packed.zeroed_images(),
        (Method::Masked | Method::ActDiff | Method::Adversarial, _) => packed.permuted_images(random),
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

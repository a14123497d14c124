//! SmoothGrad (Smilkov et al. 2017): the mean gradient over copies of the image with noise.

use crate::{
    error::SaliencyError,
    summed_gradients::summed_gradients,
    target::{self, Rows, Target},
};
use burn::tensor::{Tensor, TensorData};
use herring_backend::Kernels;
use herring_models::{Stackable, initialise::normal};
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use serde::Serialize;

/// The standard deviation of the noise.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Deviation {
    /// In units of the images' values, as Captum's `stdevs`.
    Absolute(f32),
    /// As a share of the range of each image, its largest value less its smallest, as the paper has it (0.1 to 0.2).
    Range(f32),
}

/// How many copies of an image, and their noise.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct SmoothGrad {
    /// Copies with noise, 1 to 10000. Captum's default is 5; the paper has 50.
    pub samples: usize,
    /// Standard deviation of the noise.
    pub deviation: Deviation,
    /// Decides the noise. Every image gets the same noise, in its own deviation, so that its map depends neither on its place
    /// nor on the batch.
    pub seed: u64,
}

impl Default for SmoothGrad {
    /// Captum's.
    fn default() -> Self {
        Self { samples: 5, deviation: Deviation::Absolute(1.0), seed: 0 }
    }
}

impl SmoothGrad {
    /// Checks the number of copies and the deviation.
    ///
    /// # Errors
    /// The first setting that is out of range.
    pub fn check(&self) -> Result<(), SaliencyError> {
        check_samples(self.samples)?;
        let (Deviation::Absolute(found) | Deviation::Range(found)) = self.deviation;
        if found.is_finite() && found >= 0.0 {
            return Ok(());
        }
        let expected = "a finite number from 0 up";
        Err(SaliencyError::Number { field: "smoothgrad.deviation", found: found.into(), expected })
    }
}

fn check_samples(found: usize) -> Result<(), SaliencyError> {
    match found {
        1..=10_000 => Ok(()),
        _ => {
            let expected = "a number of copies from 1 to 10000";
            Err(SaliencyError::Setting { field: "smoothgrad.samples", found, expected })
        }
    }
}

/// The mean over noisy copies of the gradient of the target's raw logit, signed, `[batch, channels, height, width]` as the
/// images: Captum's `NoiseTunnel` over `Saliency(abs=False)` of the type `smoothgrad`.
///
/// The noise is standard normal, drawn from a ChaCha stream of the seed for each copy, times the deviation. Images times
/// copies inputs are differentiated, at most `batch` at once.
///
/// # Errors
/// A setting or `batch` is out of range, there is another number of classes than of images, or the model lacks one of them.
pub fn smooth_grad<'a, B: Kernels, M: Stackable<B>>(
    model: &M,
    images: Tensor<B, 4>,
    target: impl Into<Target<'a>>,
    settings: SmoothGrad,
    batch: usize,
) -> Result<Tensor<B, 4>, SaliencyError> {
    settings.check()?;
    let [count, channels, height, width] = images.dims();
    let size = channels * height * width;
    let deviations: Vec<f32> = match settings.deviation {
        Deviation::Absolute(deviation) => vec![deviation; count],
        Deviation::Range(share) => {
            let values: Vec<f32> = images.to_data().iter().collect();
            let of = |image: &[f32]| {
                let (low, high) = image
                    .iter()
                    .fold((f32::INFINITY, f32::NEG_INFINITY), |(low, high), value| (low.min(*value), high.max(*value)));
                share * (high - low)
            };
            values.chunks(size.max(1)).map(of).collect()
        }
    };
    let noise = |image: usize, sample: usize| {
        let mut random = ChaCha8Rng::seed_from_u64(settings.seed);
        random.set_stream(sample as u64);
        normal(size, &mut random).into_iter().map(|value| value * deviations[image]).collect()
    };
    smooth_grad_with(model, images, target, settings.samples, noise, batch)
}

/// [`smooth_grad`] with noise of one's own: `noise(image, sample)` is what is added to that copy of that image,
/// `channels * height * width` values in the order of the image.
///
/// # Errors
/// As [`smooth_grad`], or there is another number of values.
pub fn smooth_grad_with<'a, B: Kernels, M: Stackable<B>>(
    model: &M,
    images: Tensor<B, 4>,
    target: impl Into<Target<'a>>,
    samples: usize,
    mut noise: impl FnMut(usize, usize) -> Vec<f32>,
    batch: usize,
) -> Result<Tensor<B, 4>, SaliencyError> {
    check_samples(samples)?;
    target::check_batch(batch)?;
    let [count, channels, height, width] = images.dims();
    let size = channels * height * width;
    let (classes, device) = (target.into().classes(count)?, images.device());
    let mut wrong = None;
    let inputs = |rows: &Rows, range: std::ops::Range<usize>| {
        let mut added = Vec::with_capacity(range.len() * size);
        for (image, input) in rows.images.iter().zip(range) {
            let mut values = noise(*image, input % samples);
            if values.len() != size {
                wrong = Some(values.len());
                values.resize(size, 0.0);
            }
            added.extend(values);
        }
        let shape = [rows.images.len(), channels, height, width];
        rows.select(&images) + Tensor::<B, 4>::from_data(TensorData::new(added, shape), &device)
    };
    let sums = summed_gradients(model, &classes, samples, batch, &device, inputs, |_| 1.0 / samples as f64)?;
    match wrong {
        Some(found) => Err(SaliencyError::Size { what: "noise", found, expected: size }),
        None => Ok(sums.unwrap_or(images)),
    }
}

//! What stands for a missing image: where the path of integrated gradients begins, and what covers a region.
//!
//! Captum takes a number or a tensor; these are the usual ones by name, made for each image. On images that were normalised,
//! black is not zero: give it as [`Baseline::Colour`].

use crate::error::SaliencyError;
use burn::tensor::{Tensor, TensorData, backend::Backend};
use serde::Serialize;

/// An image without information, of the size of each image.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Baseline {
    /// Zero everywhere, as Captum's default: black, if zero is black.
    #[default]
    Zero,
    /// One number everywhere.
    Value(f32),
    /// One number for each of three channels.
    Colour([f32; 3]),
    /// The mean of each image's channel.
    Mean,
    /// The image under a Gaussian, its edge pixels repeated beyond the border and the kernel cut at 4 standard deviations, as
    /// SciPy's `gaussian_filter(image, (0, sigma, sigma), mode="nearest")`.
    Blurred {
        /// Standard deviation in pixels, above 0 and at most 1000.
        sigma: f32,
    },
}

impl Baseline {
    /// Checks the numbers.
    ///
    /// # Errors
    /// One is not finite, or the standard deviation is out of range.
    pub fn check(&self) -> Result<(), SaliencyError> {
        let wrong = |field, found: f32, expected| Err(SaliencyError::Number { field, found: found.into(), expected });
        match *self {
            Self::Zero | Self::Mean => Ok(()),
            Self::Value(value) if value.is_finite() => Ok(()),
            Self::Value(value) => wrong("baseline", value, "a finite number"),
            Self::Colour(colour) => match colour.iter().find(|value| !value.is_finite()) {
                Some(value) => wrong("baseline", *value, "three finite numbers"),
                None => Ok(()),
            },
            Self::Blurred { sigma } if sigma > 0.0 && sigma <= 1000.0 => Ok(()),
            Self::Blurred { sigma } => wrong("baseline.sigma", sigma, "a number of pixels above 0 and at most 1000"),
        }
    }

    /// The baseline of each of the `images`, `[batch, channels, height, width]` as they.
    ///
    /// # Errors
    /// As [`check`](Self::check), or [`Baseline::Colour`] for images of another number of channels than three.
    pub fn of<B: Backend>(&self, images: &Tensor<B, 4>) -> Result<Tensor<B, 4>, SaliencyError> {
        self.check()?;
        let [batch, channels, height, width] = images.dims();
        Ok(match *self {
            Self::Zero => images.zeros_like(),
            Self::Value(value) => images.full_like(value),
            Self::Colour(colour) => {
                if channels != 3 {
                    let expected = "images of 3 channels, for a baseline of three numbers";
                    return Err(SaliencyError::Setting { field: "channels", found: channels, expected });
                }
                let colour = TensorData::new(colour.to_vec(), [1, 3, 1, 1]);
                Tensor::<B, 4>::from_data(colour, &images.device()).expand([batch, channels, height, width])
            }
            Self::Mean => images.clone().mean_dim(3).mean_dim(2).expand([batch, channels, height, width]),
            Self::Blurred { sigma } => {
                let values: Vec<f32> = images.to_data().iter().collect();
                let kernel = kernel(sigma.into());
                let planes = values.chunks((height * width).max(1));
                let blurred = planes.flat_map(|plane| blurred(plane, [height, width], &kernel)).collect::<Vec<f32>>();
                Tensor::from_data(TensorData::new(blurred, images.dims()), &images.device())
            }
        })
    }
}

/// Weights from the centre outwards; with its mirror image the kernel sums to 1.
fn kernel(sigma: f64) -> Vec<f64> {
    let radius = (4.0 * sigma + 0.5) as i32;
    let raw: Vec<f64> = (0..=radius).map(|x| (-0.5 * (f64::from(x) / sigma).powi(2)).exp()).collect();
    let total = 2.0 * raw.iter().sum::<f64>() - raw[0];
    raw.into_iter().map(|weight| weight / total).collect()
}

fn blurred(plane: &[f32], [height, width]: [usize; 2], kernel: &[f64]) -> Vec<f32> {
    let plane: Vec<f64> = plane.iter().map(|value| f64::from(*value)).collect();
    let down = along(&plane, [height, width], |position, line| position * width + line, kernel);
    let across = along(&down, [width, height], |position, line| line * width + position, kernel);
    across.into_iter().map(|value| value as f32).collect()
}

/// One pass over `lines` of `length` pixels; `index(position, line)` finds a pixel.
fn along(
    values: &[f64],
    [length, lines]: [usize; 2],
    index: impl Fn(usize, usize) -> usize,
    kernel: &[f64],
) -> Vec<f64> {
    let mut result = vec![0.0; values.len()];
    for line in 0..lines {
        for position in 0..length {
            let at = |place: usize| values[index(place, line)];
            let neighbours = kernel.iter().enumerate().skip(1).map(|(distance, weight)| {
                weight * (at(position.saturating_sub(distance)) + at((position + distance).min(length - 1)))
            });
            result[index(position, line)] = kernel[0] * at(position) + neighbours.sum::<f64>();
        }
    }
    result
}

#[cfg(test)]
mod tests {
    use super::*;
    use herring_backend::Cpu;

    fn images(values: Vec<f32>, shape: [usize; 4]) -> Tensor<Cpu, 4> {
        Tensor::from_data(TensorData::new(values, shape), &Default::default())
    }

    fn values(tensor: Tensor<Cpu, 4>) -> Vec<f32> {
        tensor.into_data().iter().collect()
    }

    #[test]
    fn each_image_and_channel_has_its_own() {
        let images = images((0..24).map(|value| value as f32).collect(), [2, 3, 2, 2]);
        let of = |baseline: Baseline| values(baseline.of(&images).unwrap());
        assert_eq!(of(Baseline::Zero), [0.0; 24]);
        assert_eq!(of(Baseline::Value(0.5)), [0.5; 24]);
        assert_eq!(of(Baseline::Colour([1.0, 2.0, 3.0]))[12..20], [1.0, 1.0, 1.0, 1.0, 2.0, 2.0, 2.0, 2.0]);
        assert_eq!(of(Baseline::Mean)[4..8], [5.5; 4]);
    }

    #[test]
    fn blurring_is_scipy_s() {
        // scipy.ndimage.gaussian_filter(numpy.arange(12.0).reshape(3, 4) ** 2 % 7, 1.0, mode="nearest")
        let squares: Vec<f32> = (0..12).map(|value| (value * value % 7) as f32).collect();
        let expected = [
            1.016_962, 1.774_333, 2.206_967, 1.929_481, 1.642_421, 2.169_437, 2.053_835, 1.545_994, 1.861_306,
            2.423_847, 2.198_369, 1.726_052,
        ];
        let found = values(Baseline::Blurred { sigma: 1.0 }.of(&images(squares, [1, 1, 3, 4])).unwrap());
        for (found, expected) in found.iter().zip(expected) {
            assert!((found - expected).abs() < 3e-6, "{found} {expected}");
        }
    }

    #[test]
    fn what_cannot_be_is_named() {
        let grey = images(vec![0.0; 4], [1, 1, 2, 2]);
        let text = |baseline: Baseline| baseline.of(&grey).unwrap_err().to_string();
        assert!(text(Baseline::Colour([0.0; 3])).contains("found 1, expected images of 3 channels"));
        assert_eq!(text(Baseline::Value(f32::NAN)), "baseline: found NaN, expected a finite number");
        assert!(text(Baseline::Blurred { sigma: 0.0 }).starts_with("baseline.sigma: found 0, expected"));
    }
}

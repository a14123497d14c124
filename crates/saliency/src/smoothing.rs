//! The absolute value of a map under a small Gaussian (iclr2021, section 6).

use crate::error::{self, SaliencyError};

/// A Gaussian with a finite radius.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Smoothing {
    /// Standard deviation in pixels; 0 leaves the map as it is. The paper has 1.
    pub sigma: f64,
    /// The radius is `floor(truncate * sigma + 0.5)` pixels. The paper has 3.5, so 4 pixels.
    pub truncate: f64,
}

impl Default for Smoothing {
    fn default() -> Self {
        Self { sigma: 1.0, truncate: 3.5 }
    }
}

impl Smoothing {
    /// Checks both fields.
    ///
    /// # Errors
    /// The first field that is negative, not finite or makes a kernel of over 4096 pixels' radius.
    pub fn check(&self) -> Result<(), SaliencyError> {
        let wrong = |field, found, expected| Err(SaliencyError::Smoothing { field, found, expected });
        if !(self.sigma.is_finite() && self.sigma >= 0.0) {
            return wrong("sigma", self.sigma, "a finite number from 0 up");
        }
        if !(self.truncate.is_finite() && self.truncate >= 0.0) {
            return wrong("truncate", self.truncate, "a finite number from 0 up");
        }
        if self.truncate * self.sigma > 4096.0 {
            return wrong("sigma", self.sigma, "at most 4096 pixels times truncate");
        }
        Ok(())
    }

    /// Weights from the centre outwards; with its mirror image the kernel sums to 1.
    fn half_kernel(&self) -> Vec<f64> {
        if self.sigma <= 0.0 {
            return vec![1.0];
        }
        let radius = (self.truncate * self.sigma + 0.5).floor() as i32;
        let raw: Vec<f64> = (0..=radius).map(|x| (-0.5 * (f64::from(x) / self.sigma).powi(2)).exp()).collect();
        let total = 2.0 * raw.iter().sum::<f64>() - raw[0];
        raw.into_iter().map(|weight| weight / total).collect()
    }
}

/// `|map|` of `[height, width]`, smoothed along rows and columns; beyond the border it is zero.
///
/// The same as scikit-image's `gaussian(mode='constant', cval=0)` on the absolute value.
///
/// # Errors
/// The map does not have `height * width` finite values, or the smoothing is invalid.
pub fn smooth(map: &[f32], [height, width]: [usize; 2], smoothing: Smoothing) -> Result<Vec<f32>, SaliencyError> {
    smoothing.check()?;
    error::check("map", map, height * width)?;
    let kernel = smoothing.half_kernel();
    let absolute: Vec<f64> = map.iter().map(|value| f64::from(value.abs())).collect();
    let down = along(&absolute, height, width, |row, column| row * width + column, &kernel, height * width);
    let across = along(&down, width, height, |column, row| row * width + column, &kernel, height * width);
    Ok(across.into_iter().map(|value| value as f32).collect())
}

/// One pass over lines of `length` pixels; `index(position, line)` finds a pixel.
fn along(
    values: &[f64],
    length: usize,
    lines: usize,
    index: impl Fn(usize, usize) -> usize,
    kernel: &[f64],
    count: usize,
) -> Vec<f64> {
    let mut result = vec![0.0; count];
    for line in 0..lines {
        for position in 0..length {
            let mut sum = kernel[0] * values[index(position, line)];
            for (distance, weight) in kernel.iter().enumerate().skip(1) {
                let before = position.checked_sub(distance).map_or(0.0, |place| values[index(place, line)]);
                let after = if position + distance < length { values[index(position + distance, line)] } else { 0.0 };
                sum += weight * (before + after);
            }
            result[index(position, line)] = sum;
        }
    }
    result
}

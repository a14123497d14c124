//! Pillow's bilinear resizing of pictures in the modes `I` and `F`, bit for bit.
//!
//! The pictures of radiographs are resized within a rounding error of Pillow (`Resize::Pillow`). Slices of volumes
//! are not: their values are rounded to whole numbers between and after the two passes, where a rounding error
//! would become a whole step. So this follows Pillow 13's `Resample.c` operation by operation: weights and sums in
//! double precision, first along rows, then along columns, each result rounded to what the mode holds.

use crate::PixelError;

/// The type of a pixel, which decides how results are rounded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PillowMode {
    /// Whole numbers of 32 bits (`I`): rounded to the nearest, halves away from zero.
    Whole,
    /// Single precision (`F`).
    Single,
}

impl PillowMode {
    fn rounded(self, value: f64) -> f64 {
        match self {
            Self::Whole => value.round(),
            Self::Single => f64::from(value as f32),
        }
    }
}

/// Resizes a plane of `height` x `width` values, row by row, to `size` x `size`, as Pillow's
/// `Image.resize((size, size), BILINEAR)` does with a picture of that mode. Values are taken as they are: whole
/// numbers of 32 bits for [`PillowMode::Whole`], else rounded to single precision first.
///
/// ```
/// use herring_pixels::{PillowMode, resize_pillow};
///
/// assert_eq!(resize_pillow(&[0., 1., 4., 9.], [1, 4], 2, PillowMode::Whole)?, [1., 6., 1., 6.]);
/// # Ok::<(), herring_pixels::PixelError>(())
/// ```
///
/// # Errors
/// [`PixelError::Setting`] if `size` is 0 or the number of values is not `height * width`, or 0.
pub fn resize_pillow(
    values: &[f64],
    [height, width]: [usize; 2],
    size: usize,
    mode: PillowMode,
) -> Result<Vec<f64>, PixelError> {
    if size == 0 {
        return Err(PixelError::setting("size", size, "at least 1"));
    }
    if values.is_empty() || height.checked_mul(width) != Some(values.len()) {
        return Err(PixelError::setting("values", values.len(), format!("{height} x {width} of them, at least 1")));
    }
    let held: Vec<f64> = match mode {
        PillowMode::Whole => values.to_vec(),
        PillowMode::Single => values.iter().map(|&value| mode.rounded(value)).collect(),
    };
    // A side that keeps its length is not resampled.
    let across = if width == size { held } else { along_rows(&held, width, size, mode) };
    Ok(if height == size { across } else { along_columns(&across, height, size, mode) })
}

/// How much a neighbour counts, by its distance.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Filter {
    /// A triangle.
    Bilinear,
    /// Keys' cubic with `a = -0.5`.
    Bicubic,
}

impl Filter {
    /// The distance from which on it is 0.
    fn support(self) -> f64 {
        match self {
            Self::Bilinear => 1.0,
            Self::Bicubic => 2.0,
        }
    }

    fn at(self, distance: f64) -> f64 {
        const A: f64 = -0.5;
        let x = distance.abs();
        match self {
            Self::Bilinear if x < 1.0 => 1.0 - x,
            Self::Bicubic if x < 1.0 => ((A + 2.0) * x - (A + 3.0)) * x * x + 1.0,
            Self::Bicubic if x < 2.0 => (((x - 5.0) * x + 8.0) * x - 4.0) * A,
            _ => 0.0,
        }
    }
}

/// A weighted sum of neighbours, from `first` on.
pub(crate) struct Taps {
    pub(crate) first: usize,
    pub(crate) weights: Vec<f64>,
}

/// The weights with which `length` values become `size` values, those of each adding up to 1.
pub(crate) fn taps(length: usize, size: usize, filter: Filter) -> Vec<Taps> {
    let scale = length as f64 / size as f64;
    let stretch = scale.max(1.0);
    let support = filter.support() * stretch;
    let each = |position: usize| {
        let center = (position as f64 + 0.5) * scale;
        // Casts to an unsigned number end at zero, which is the border.
        let first = (center - support + 0.5) as usize;
        let last = ((center + support + 0.5) as usize).min(length);
        let weight = |index: usize| filter.at((index as f64 - center + 0.5) * (1.0 / stretch));
        let weights: Vec<f64> = (first..last).map(weight).collect();
        let sum: f64 = weights.iter().sum();
        Taps { first, weights: weights.into_iter().map(|weight| weight / sum).collect() }
    };
    (0..size).map(each).collect()
}

fn along_rows(values: &[f64], width: usize, size: usize, mode: PillowMode) -> Vec<f64> {
    let taps = taps(width, size, Filter::Bilinear);
    let row = |row: &[f64]| {
        let sum = |taps: &Taps| {
            let terms = taps.weights.iter().zip(&row[taps.first..]);
            mode.rounded(terms.fold(0.0, |sum, (weight, value)| sum + value * weight))
        };
        taps.iter().map(sum).collect::<Vec<_>>()
    };
    values.chunks_exact(width).flat_map(row).collect()
}

fn along_columns(values: &[f64], height: usize, size: usize, mode: PillowMode) -> Vec<f64> {
    let width = values.len() / height;
    let mut resized = Vec::with_capacity(size * width);
    let mut line = vec![0.0; width];
    for Taps { first, weights } in taps(height, size, Filter::Bilinear) {
        line.fill(0.0);
        for (weight, row) in weights.iter().zip(values[first * width..].chunks_exact(width)) {
            line.iter_mut().zip(row).for_each(|(sum, value)| *sum += value * weight);
        }
        resized.extend(line.iter().map(|&sum| mode.rounded(sum)));
    }
    resized
}

//! Operations on masks before training.
//!
//! Three operations, all options of the released code's data loader or losses: masks are *dilated* by a
//! Gaussian width that the hyper-parameter search tunes, penalties use the *outside* of a mask, and masks can
//! be *withheld* from a fraction of the samples.

use std::collections::BTreeMap;
use std::ops::Range;

use crate::{DatasetError, Image, Sample};

/// Half-width in pixels of the square by which a Gaussian of standard deviation `sigma` pixels widens
/// a mask: `floor(4 sigma + 0.5)`.
///
/// The released code filters the mask with a Gaussian cut off at four standard deviations, divides by
/// the maximum and keeps every pixel above zero. The filter's window is a square of this half-width
/// and its weights are all positive, so the result is a dilation by that square, for any mask. For
/// `sigma < 0.125` the half-width is 0 and the mask stays as it is. The paper's training values 0.817838 and
/// 0.639513 both give 3 pixels, 1.0 gives 4.
///
/// # Errors
/// [`DatasetError::OutOfRange`] if `sigma` is negative or not finite.
pub fn dilation_half_width(sigma: f64) -> Result<usize, DatasetError> {
    if !sigma.is_finite() || sigma < 0.0 {
        return Err(DatasetError::out_of_range("dilation_sigma", sigma, "a finite number of pixels, at least 0"));
    }
    // A float-to-integer cast saturates, and `dilate` never reads past the border of the image.
    Ok((4.0 * sigma + 0.5).floor() as usize)
}

/// The mask enlarged by a square of [`dilation_half_width`] and made binary: 1 wherever a pixel that is
/// not 0 lies within reach, else 0.
///
/// Each channel is treated alone. Fractional values count as inside here, because the filter of the
/// released code spreads them too.
///
/// # Errors
/// As [`dilation_half_width`].
pub fn dilate(mask: &Image, sigma: f64) -> Result<Image, DatasetError> {
    let half_width = dilation_half_width(sigma)?;
    let [channels, height, width] = mask.shape();
    let mut result = Image::filled(channels, height, width, 0.0);
    let planes = mask.values().chunks_exact(height * width);
    let results = result.values_mut().chunks_exact_mut(height * width);
    // A square is a row of columns: each row is widened, then each column, which costs the same for any width.
    for (plane, wide) in planes.zip(results) {
        for (row, wide) in plane.chunks_exact(width).zip(wide.chunks_exact_mut(width)) {
            for (column, near) in widened(row.iter().map(|&value| value != 0.0), half_width) {
                wide[column] = if near { 1.0 } else { 0.0 };
            }
        }
        for column in 0..width {
            let inside: Vec<bool> = (0..height).map(|row| wide[row * width + column] != 0.0).collect();
            for (row, near) in widened(inside.into_iter(), half_width) {
                wide[row * width + column] = if near { 1.0 } else { 0.0 };
            }
        }
    }
    Ok(result)
}

// For every position of a line, whether a position inside the mask lies within `half_width`.
fn widened(inside: impl ExactSizeIterator<Item = bool>, half_width: usize) -> impl Iterator<Item = (usize, bool)> {
    let length = inside.len();
    // How many are inside before each position.
    let mut before = Vec::with_capacity(length + 1);
    before.push(0_usize);
    for (place, inside) in inside.enumerate() {
        before.push(before[place] + usize::from(inside));
    }
    (0..length).map(move |centre| {
        let near = reach(centre, half_width, length);
        (centre, before[near.end] > before[near.start])
    })
}

// Positions within `half_width` of `centre` that exist on a side of `side` pixels.
pub(crate) fn reach(centre: usize, half_width: usize, side: usize) -> Range<usize> {
    let end = centre.saturating_add(half_width).saturating_add(1).min(side);
    centre.saturating_sub(half_width)..end
}

/// The complement `o` of a mask: 1 where the mask is not exactly 1, else 0; same length and order.
///
/// This is the reading of the training code, in which a fractional border pixel counts as outside.
/// (The localisation scores of the same code count any value above 0 as inside.)
pub fn outside(mask: &[f32]) -> Vec<f32> {
    mask.iter().map(|&value| if is_outside(value) { 1.0 } else { 0.0 }).collect()
}

// Exact comparison is the definition: only a value of exactly 1 is inside.
pub(crate) fn is_outside(value: f32) -> bool {
    value != 1.0
}

/// Withholds masks: keeps those of a `fraction` of each class and sets the others to 1 everywhere, so
/// that nothing is outside and no penalty applies (the option `maxmasks` of the released code, which
/// the paper leaves at 1).
///
/// Of a class with `n` samples the first `round(fraction * n)` in the order of `samples` keep their
/// mask, halves rounding up. The order of the crosses is already a random draw (see
/// [`crate::crosses::splits`]), so taking the first is a random choice that costs no further draw,
/// repeats with the run seed, and is nested: a larger fraction keeps every mask that a smaller one
/// keeps, which makes runs at different fractions comparable. For samples in another order see
/// [`crate::Dataset::with_mask_fraction`].
///
/// # Errors
/// [`DatasetError::OutOfRange`] if `fraction` is not within `[0, 1]`.
pub fn keep_fraction(samples: &mut [Sample], fraction: f64) -> Result<(), DatasetError> {
    let labels: Vec<usize> = samples.iter().map(|sample| sample.label).collect();
    for (sample, kept) in samples.iter_mut().zip(kept(&labels, fraction)?) {
        if !kept {
            sample.mask.values_mut().fill(1.0);
        }
    }
    Ok(())
}

/// Which masks [`keep_fraction`] keeps of samples with these labels, in their order.
///
/// # Errors
/// [`DatasetError::OutOfRange`] if `fraction` is not within `[0, 1]`.
pub fn kept(labels: &[usize], fraction: f64) -> Result<Vec<bool>, DatasetError> {
    if !(0.0..=1.0).contains(&fraction) {
        return Err(DatasetError::out_of_range("mask_fraction", fraction, "within [0, 1]"));
    }
    // Ordered by label, so that nothing depends on hashing.
    let mut totals = BTreeMap::<usize, usize>::new();
    for label in labels {
        *totals.entry(*label).or_default() += 1;
    }
    let mut left: BTreeMap<usize, usize> =
        totals.into_iter().map(|(label, total)| (label, (fraction * total as f64).round() as usize)).collect();
    let keep = |label: &usize| {
        let left = left.entry(*label).or_default();
        let keeps = *left > 0;
        *left = left.saturating_sub(1);
        keeps
    };
    Ok(labels.iter().map(keep).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn half_widths_of_the_paper() {
        let cases = [(0.0, 0), (0.124, 0), (0.125, 1), (0.5, 2), (0.639513, 3), (0.817838, 3), (1.0, 4)];
        for (sigma, expected) in cases {
            assert_eq!(dilation_half_width(sigma), Ok(expected), "sigma {sigma}");
        }
        for sigma in [-0.1, f64::NAN, f64::INFINITY] {
            assert!(dilation_half_width(sigma).is_err(), "sigma {sigma}");
        }
    }

    #[test]
    fn an_enormous_width_fills_the_image_and_an_empty_mask_stays_empty() {
        let mut mask = Image::filled(1, 3, 5, 0.0);
        assert_eq!(dilate(&mask, 1e300).unwrap(), mask);
        mask.values_mut()[0] = 0.25;
        assert_eq!(dilate(&mask, 1e300).unwrap(), Image::filled(1, 3, 5, 1.0));
    }

    #[test]
    fn every_pixel_within_the_square_is_reached() {
        let (height, width) = (9, 14);
        for places in [vec![0], vec![125], vec![13, 60], vec![30, 31, 47, 100]] {
            let mut mask = Image::filled(1, height, width, 0.0);
            places.iter().for_each(|&place| mask.values_mut()[place] = 0.5);
            for half_width in 0..6 {
                let wide = dilate(&mask, half_width as f64 / 4.0).unwrap();
                for (place, &value) in wide.values().iter().enumerate() {
                    let near = |other: &usize| {
                        (place / width).abs_diff(other / width) <= half_width
                            && (place % width).abs_diff(other % width) <= half_width
                    };
                    assert_eq!(value == 1.0, places.iter().any(near), "{place} {half_width}");
                }
            }
        }
    }

    #[test]
    fn only_exactly_one_is_inside() {
        assert_eq!(outside(&[0.0, 0.5, 1.0, 0.999_999]), [1.0, 1.0, 0.0, 1.0]);
    }

    #[test]
    fn the_first_of_each_class_keep_their_masks() {
        let sample = |label| Sample {
            id: String::new(),
            image: Image::filled(1, 1, 1, 0.0),
            mask: Image::filled(1, 1, 1, 0.0),
            label,
            environment: 0,
        };
        let labels = [1, 1, 0, 1, 0, 1];
        let kept = |fraction| -> Vec<bool> {
            let mut samples: Vec<Sample> = labels.iter().map(|&l| sample(l)).collect();
            keep_fraction(&mut samples, fraction).unwrap();
            samples.iter().map(|s| s.mask.values()[0] == 0.0).collect()
        };
        assert_eq!(kept(0.5), [true, true, true, false, false, false]);
        assert_eq!(kept(0.0), [false; 6]);
        assert_eq!(kept(1.0), [true; 6]);
        assert!(keep_fraction(&mut [sample(0)], 1.1).is_err());
        assert!(keep_fraction(&mut [sample(0)], f64::NAN).is_err());
    }
}

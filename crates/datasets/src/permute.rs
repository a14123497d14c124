//! Permutes or zeroes the pixels outside the mask.
//!
//! The paper's `x_masked = x * x_seg + shuffle(x) * (1 - x_seg)` (text below Eq. 1) is the input of the
//! Masked control and the second input of ActDiff and Adversarial. Printed like this it could move
//! inside pixels to the outside; the released code does not: for each image alone it gathers the values
//! at which the mask is not exactly 1, over all channels together, and permutes them uniformly among
//! those places. Inside pixels are neither moved nor copied. That is what this module does.
//!
//! The permutation is new for every presentation of an image, so the caller passes the generator of that
//! presentation. No gradient flows through it, since it works on plain data.
//!
//! [`zero_outside`] is the other reading of "masked", from the experiments that the released code calls
//! `clfmasked`.

use rand::Rng;
use rand::seq::SliceRandom;

use crate::mask::is_outside;
use crate::{Batch, DatasetError, Image};

/// Permutes, in place, the values of one image that lie outside its mask.
///
/// `values` is row-major `[channels, height, width]`, `mask` is `[1, height, width]` and holds for all
/// channels; the pool of values spans the channels, as in the released code. One outside value or none
/// leaves the image as it is.
///
/// # Errors
/// [`DatasetError::Shape`] if the number of values is not a multiple of the mask's.
pub fn permute_outside<R: Rng + ?Sized>(values: &mut [f32], mask: &[f32], rng: &mut R) -> Result<(), DatasetError> {
    check(values.len(), mask.len())?;
    permute(values, mask, rng);
    Ok(())
}

/// Multiplies, in place, one image by its mask, so that everything outside becomes 0.
///
/// Shapes as for [`permute_outside`]. A fractional mask value fades its pixel, as the product in the
/// released code does.
///
/// # Errors
/// [`DatasetError::Shape`] if the number of values is not a multiple of the mask's.
pub fn zero_outside(values: &mut [f32], mask: &[f32]) -> Result<(), DatasetError> {
    check(values.len(), mask.len())?;
    zero(values, mask);
    Ok(())
}

/// A copy of `image` with the values outside `mask` permuted; see [`permute_outside`].
///
/// # Errors
/// [`DatasetError::Shape`] if `mask` is not one channel of the image's height and width.
pub fn permuted_image<R: Rng + ?Sized>(image: &Image, mask: &Image, rng: &mut R) -> Result<Image, DatasetError> {
    let [_, height, width] = image.shape();
    if mask.shape() != [1, height, width] {
        return Err(DatasetError::shape("mask", format!("{:?}", mask.shape()), format!("{:?}", [1, height, width])));
    }
    let mut copy = image.clone();
    permute_outside(copy.values_mut(), mask.values(), rng)?;
    Ok(copy)
}

impl Batch {
    /// The images of the batch with the values outside each mask permuted,
    /// `[batch, channels, height, width]`. Every call with an advanced generator gives a new permutation.
    pub fn permuted_images<R: Rng + ?Sized>(&self, rng: &mut R) -> Vec<f32> {
        self.map_images(|image, mask| permute(image, mask, rng))
    }

    /// The images of the batch multiplied by their masks, `[batch, channels, height, width]`.
    pub fn zeroed_images(&self) -> Vec<f32> {
        self.map_images(zero)
    }

    fn map_images(&self, mut change: impl FnMut(&mut [f32], &[f32])) -> Vec<f32> {
        let [_, channels, height, width] = self.shape();
        let plane = height * width;
        let mut images = self.images().to_vec();
        let pairs = images.chunks_exact_mut(channels * plane).zip(self.masks().chunks_exact(plane));
        for (image, mask) in pairs {
            change(image, mask);
        }
        images
    }
}

fn permute<R: Rng + ?Sized>(values: &mut [f32], mask: &[f32], rng: &mut R) {
    let places: Vec<usize> = (0..values.len())
        .zip(mask.iter().cycle())
        .filter(|&(_, &value)| is_outside(value))
        .map(|(place, _)| place)
        .collect();
    let mut pool: Vec<f32> = places.iter().map(|&place| values[place]).collect();
    pool.shuffle(rng);
    for (place, value) in places.into_iter().zip(pool) {
        values[place] = value;
    }
}

fn zero(values: &mut [f32], mask: &[f32]) {
    for (value, &weight) in values.iter_mut().zip(mask.iter().cycle()) {
        // A plain product would leave negative zeros behind.
        *value = if weight == 0.0 { 0.0 } else { *value * weight };
    }
}

fn check(values: usize, mask: usize) -> Result<(), DatasetError> {
    if mask > 0 && values.is_multiple_of(mask) {
        Ok(())
    } else {
        Err(DatasetError::shape("image", format!("{values} values"), format!("a multiple of the mask's {mask}")))
    }
}

//! From a slice of a volume and its label to an image and a mask for a model.
//!
//! The released code hands `volume.transpose(2, 0, 1)[slice]` to Pillow: rows are the volume's first axis, columns
//! its second, independent of the orientation of the patient. Intensities are unchanged.

use herring_datasets::{DatasetError, Image, mask};
use herring_pixels::{PillowMode, PixelError, resize_pillow};

/// Raised whenever the same slice gives a different image or mask than before.
pub(crate) const FORMAT: u32 = 1;

/// Why a slice gives no image. Its text is one line, without the file.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum SliceError {
    /// An intensity is not a number.
    #[error("slice {slice}: found the intensity {found}, expected finite numbers")]
    NotFinite {
        /// The slice, counted from 0 along the third axis.
        slice: usize,
        /// The value.
        found: f64,
    },
    /// A size.
    #[error(transparent)]
    Pixels(#[from] PixelError),
    /// The width by which a mask is dilated, or a side of 0.
    #[error(transparent)]
    Mask(#[from] DatasetError),
}

/// The image of slice number `slice`: `[1, size, size]`, resized bilinearly as Pillow does. `values` lie as in the
/// file, `shape[0]` of them a column; with `whole` they are whole numbers, and so are the image's.
///
/// # Errors
/// [`SliceError::NotFinite`] for intensities that are not numbers; [`SliceError::Pixels`] if `values` do not have
/// the shape or the size is 0.
pub fn slice_image(
    slice: usize,
    values: &[f64],
    shape: [usize; 2],
    whole: bool,
    size: usize,
) -> Result<Image, SliceError> {
    if let Some(&found) = values.iter().find(|value| !(**value as f32).is_finite()) {
        return Err(SliceError::NotFinite { slice, found });
    }
    let mode = if whole { PillowMode::Whole } else { PillowMode::Single };
    resized(&in_rows(values, shape), shape, size, mode)
}

/// The mask of a slice of class 1: `[1, size, size]`, values in `[0, 1]`. Every voxel whose label is above 0 is
/// inside, for every label; the mask is widened at full resolution by [`mask::dilate`] with `dilation_sigma`
/// pixels, and resized like the image, which makes its border fractional.
///
/// # Errors
/// As [`slice_image`]; [`SliceError::Mask`] if `dilation_sigma` is negative or NaN.
pub fn slice_mask(labels: &[f64], shape: [usize; 2], dilation_sigma: f64, size: usize) -> Result<Image, SliceError> {
    let inside = in_rows(labels, shape).into_iter().map(|label| if label > 0.0 { 1.0 } else { 0.0 }).collect();
    let wide = mask::dilate(&Image::new(1, shape[0], shape[1], inside)?, dilation_sigma)?;
    let wide: Vec<f64> = wide.values().iter().map(|&value| f64::from(value)).collect();
    resized(&wide, shape, size, PillowMode::Single)
}

/// Values whose first axis changes fastest, as rows along the second axis.
fn in_rows(values: &[f64], [rows, columns]: [usize; 2]) -> Vec<f64> {
    let mut turned = Vec::with_capacity(values.len());
    for row in 0..rows {
        turned.extend(values.iter().skip(row).step_by(rows).take(columns));
    }
    turned
}

fn resized(values: &[f64], shape: [usize; 2], size: usize, mode: PillowMode) -> Result<Image, SliceError> {
    let resized = resize_pillow(values, shape, size, mode)?;
    Ok(Image::new(1, size, size, resized.into_iter().map(|value| value as f32).collect())?)
}

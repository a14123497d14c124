//! Masks of the size of the prepared images.

use std::ops::Range;

use herring_datasets::{Image, PixelBox, Region};

use crate::{
    Limits, MaskFacts, MaskSettings, PictureInfo, PixelError, Preparation, mask_file,
    prepare::{image, must_fit},
    resample,
};

/// Draws where the evidence should be: `[1, size, size]`, values in [0, 1], 1 inside.
///
/// `original` is the header of the picture ([`crate::Picture::info`]), before crop and resizing. `file` holds the
/// bytes of a [`Region::File`] and is ignored for other regions, as are the `settings`.
///
/// - [`Region::Everything`] and [`Region::Nothing`]: 1 or 0 everywhere, the border included.
/// - [`Region::Circle`]: drawn at the target size (experiment with two sites): a pixel is inside if
///   `((r - size / 2) / R)^2 + ((c - size / 2) / R)^2 < 1` with integer division and `R = size / 2.5`.
/// - [`Region::Boxes`]: filled at the original size, coordinates truncated to integers, then cropped and
///   resized like the picture (RSNA), which makes edges fractional. At the border of the image scikit-image's
///   resizing sees zeros beyond it, so that a box that touches it fades there.
/// - [`Region::File`]: what the mask file marks, see [`MaskSettings`], then cropped and resized like the picture.
///
/// A value is exactly 1 where the resizers give exactly 1: sums are taken in double precision.
///
/// # Errors
/// [`PixelError::Setting`] as [`Preparation::check`]; [`PixelError::Box`] if a box leaves the image, holds no
/// pixel or is not a number; [`PixelError::Size`] if a mask file is not of the original size, or nothing is to be
/// resized and the crop is not of the size; [`PixelError::NoFile`]; for a file, the error of [`crate::decode()`].
pub fn mask(
    region: &Region,
    original: &PictureInfo,
    preparation: &Preparation,
    file: Option<&[u8]>,
    settings: &MaskSettings,
) -> Result<Image, PixelError> {
    mask_and_facts(region, original, preparation, file, settings).map(|(mask, _)| mask)
}

/// Like [`mask()`], together with the result of [`crate::inspect_mask`] for a mask file, which is decoded once.
///
/// # Errors
/// As [`mask()`].
pub fn mask_and_facts(
    region: &Region,
    original: &PictureInfo,
    preparation: &Preparation,
    file: Option<&[u8]>,
    settings: &MaskSettings,
) -> Result<(Image, Option<MaskFacts>), PixelError> {
    preparation.check()?;
    settings.check()?;
    let size = preparation.size;
    let sides = [original.height, original.width];
    let mut facts = None;
    let mask = match region {
        Region::Everything => image(vec![1.; size * size], 1, size),
        Region::Nothing => image(vec![0.; size * size], 1, size),
        Region::Circle => image(circle(size), 1, size),
        Region::Boxes(boxes) => fitted(|| filled(boxes, sides), sides, preparation),
        Region::File(_) => {
            let bytes = file.ok_or(PixelError::NoFile)?;
            let read = || {
                let (plane, of_file) = mask_file::read(bytes, original, settings)?;
                facts = Some(of_file);
                Ok(plane)
            };
            fitted(read, sides, preparation)
        }
    }?;
    Ok((mask, facts))
}

fn circle(size: usize) -> Vec<f32> {
    let center = (size / 2) as f64;
    let radius = size as f64 / 2.5;
    let square = |position: usize| ((position as f64 - center) / radius).powi(2);
    let value = |index: usize| if square(index / size) + square(index % size) < 1. { 1. } else { 0. };
    (0..size * size).map(value).collect()
}

// A binary plane of the original size, cropped and resized.
fn fitted(
    plane: impl FnOnce() -> Result<Vec<bool>, PixelError>,
    original @ [height, width]: [usize; 2],
    preparation: &Preparation,
) -> Result<Image, PixelError> {
    // Eight bytes a pixel while it is resized.
    Limits::default().check(height as u64, width as u64, 8)?;
    let [top, left, rows, columns] = preparation.crop.window(original);
    must_fit("picture of the mask", [rows, columns], preparation)?;
    let plane = plane()?;
    let mut kept = Vec::with_capacity(rows * columns);
    for row in plane.chunks_exact(width.max(1)).skip(top).take(rows) {
        kept.extend(row[left..left + columns].iter().map(|&inside| f64::from(u8::from(inside))));
    }
    let resized = resample::resize(kept, [rows, columns], preparation.size, preparation.resize);
    image(resized.into_iter().map(|value| value as f32).collect(), 1, preparation.size)
}

fn filled(boxes: &[PixelBox], original @ [height, width]: [usize; 2]) -> Result<Vec<bool>, PixelError> {
    let ranges = ranges(boxes, original)?;
    let mut plane = vec![false; height * width];
    for [rows, columns] in ranges {
        for row in rows {
            plane[row * width..][columns.clone()].fill(true);
        }
    }
    Ok(plane)
}

/// Whether every box lies within a picture of `original` height and width and covers a pixel of it.
///
/// # Errors
/// [`PixelError::Box`] for the first one that does not.
pub fn check_boxes(boxes: &[PixelBox], original: [usize; 2]) -> Result<(), PixelError> {
    ranges(boxes, original).map(drop)
}

/// Rows and columns of each box.
fn ranges(boxes: &[PixelBox], [height, width]: [usize; 2]) -> Result<Vec<[Range<usize>; 2]>, PixelError> {
    let mut found = Vec::with_capacity(boxes.len());
    for (position, pixels) in boxes.iter().enumerate() {
        let PixelBox { x, y, width: across, height: down } = *pixels;
        let refused = |expected: String| PixelError::Box {
            index: position + 1,
            found: format!("x {x}, y {y}, width {across}, height {down}"),
            expected,
        };
        let range = |start: f64, extent: f64, side: usize| {
            // Casts truncate; a number that is none, or below zero, fails here.
            let valid = start >= 0. && extent >= 0. && start.is_finite() && extent.is_finite();
            let (start, extent) = (start as usize, extent as usize);
            let end = start.checked_add(extent).filter(|&end| valid && end <= side);
            end.map(|end| start..end)
        };
        let (Some(columns), Some(rows)) = (range(x, across, width), range(y, down, height)) else {
            return Err(refused(format!("a box within an image of {height} x {width} pixels (height x width)")));
        };
        if columns.is_empty() || rows.is_empty() {
            return Err(refused("a width and a height of at least one pixel".to_owned()));
        }
        found.push([rows, columns]);
    }
    Ok(found)
}

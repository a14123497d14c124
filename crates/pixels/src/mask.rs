//! Masks of the size of the prepared images.

use std::ops::Range;

use herring_datasets::{Image, PixelBox, Region};

use crate::{
    Limits, PixelError, Preparation, decode,
    picture::Values,
    prepare::{image, must_fit},
    probe, resample,
};

/// Draws where the evidence should be: `[1, size, size]`, values in [0, 1], 1 inside.
///
/// `original` is the height and width of the picture in pixels, before crop and resizing. `file` holds the
/// bytes of a [`Region::File`] and is not looked at otherwise.
///
/// - [`Region::Everything`] and [`Region::Nothing`]: 1 or 0 everywhere, the border included.
/// - [`Region::Circle`]: drawn at the target size (experiment with two sites): a pixel is inside if
///   `((r - size / 2) / R)^2 + ((c - size / 2) / R)^2 < 1` with integer division and `R = size / 2.5`.
/// - [`Region::Boxes`]: filled at the original size, coordinates truncated to integers, then cropped and
///   resized like the picture (RSNA), which makes edges fractional. At the border of the image scikit-image's
///   resizing sees zeros beyond it, so that a box that touches it fades there.
/// - [`Region::File`]: above 0 is inside in the first channel, then cropped and resized like the picture.
///
/// A value is exactly 1 where the resizers give exactly 1: sums are taken in double precision.
///
/// # Errors
/// [`PixelError::Setting`] as [`Preparation::check`]; [`PixelError::Box`] if a box leaves the image, holds no
/// pixel or is no number; [`PixelError::Size`] if a mask file is not of the original size, or nothing is to be
/// resized and the crop is not of the size; [`PixelError::NoFile`]; for a file, whatever [`decode()`] finds.
pub fn mask(
    region: &Region,
    original: [usize; 2],
    preparation: &Preparation,
    file: Option<&[u8]>,
    _settings: &crate::MaskSettings,
) -> Result<Image, PixelError> {
    preparation.check()?;
    let size = preparation.size;
    match region {
        Region::Everything => image(vec![1.; size * size], size),
        Region::Nothing => image(vec![0.; size * size], size),
        Region::Circle => image(circle(size), size),
        Region::Boxes(boxes) => fitted(|| filled(boxes, original), original, preparation),
        Region::File(_) => {
            let bytes = file.ok_or(PixelError::NoFile)?;
            fitted(|| inside(bytes, original), original, preparation)
        }
    }
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
    image(resized.into_iter().map(|value| value as f32).collect(), preparation.size)
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

fn inside(bytes: &[u8], expected: [usize; 2]) -> Result<Vec<bool>, PixelError> {
    // Compared before the pixels are decoded: a mask cannot be larger than what it belongs to.
    let info = probe(bytes)?;
    let found = [info.height, info.width];
    if found != expected {
        return Err(PixelError::Size { what: "mask", found, expected });
    }
    let picture = decode(bytes, &Limits::default())?.first_channel();
    Ok(match picture.values() {
        Values::U8(values) => values.iter().map(|&value| value > 0).collect(),
        Values::U16(values) => values.iter().map(|&value| value > 0).collect(),
        Values::I16(values) => values.iter().map(|&value| value > 0).collect(),
    })
}

/// stub
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct MaskSettings {
    /// stub
    pub threshold: Option<f64>,
}
/// stub
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct MaskFacts {
    /// stub
    pub inside: usize,
    /// stub
    pub pixels: usize,
    /// stub
    pub intermediate: bool,
    /// stub
    pub lossy: bool,
}
/// stub
pub fn inspect_mask(bytes: &[u8], original: [usize; 2], _settings: &MaskSettings) -> Result<MaskFacts, PixelError> {
    let plane = inside(bytes, original)?;
    Ok(MaskFacts {
        inside: plane.iter().filter(|x| **x).count(),
        pixels: plane.len(),
        intermediate: false,
        lossy: crate::format(bytes)? == crate::Format::Jpeg,
    })
}
/// stub
pub fn decoding(_path: &std::path::Path) -> Option<String> {
    None
}

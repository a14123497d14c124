//! Images within the page.

use crate::{colormap, html::escape};
use base64::{Engine, engine::general_purpose::STANDARD};
use herring_protocol::Plane;
use image::{ExtendedColorType, ImageEncoder, codecs::png::PngEncoder};

/// How often a pixel is repeated either way at most, for viewers that would blur a small image.
const ENLARGED: usize = 8;
/// Rows or columns above which an image is not enlarged any more.
const LARGE: usize = 256;

/// A PNG of `height` times `width` colours as the address of an `image` element.
pub fn address(height: usize, width: usize, colour: impl Fn(usize, usize) -> [u8; 3]) -> String {
    let factor = (LARGE / height.max(width).max(1)).clamp(1, ENLARGED);
    let (rows, columns) = (height * factor, width * factor);
    let mut bytes = Vec::with_capacity(rows * columns * 3);
    for row in 0..rows {
        for column in 0..columns {
            bytes.extend(colour(row / factor, column / factor));
        }
    }
    let mut png = Vec::new();
    let encoder = PngEncoder::new(&mut png);
    let written = encoder.write_image(&bytes, columns as u32, rows as u32, ExtendedColorType::Rgb8);
    match written {
        Ok(()) => format!("data:image/png;base64,{}", STANDARD.encode(png)),
        // Only for a size that PNG does not know; the page then has a gap.
        Err(_) => String::new(),
    }
}

/// The value of a plane.
pub fn at(plane: &Plane, row: usize, column: usize) -> f64 {
    f64::from(plane.values[row * plane.width + column])
}

/// The colour of a pixel of an image: a grey, or red, green and blue, of which `share` gives the share of the brightest.
pub fn shade(image: &Plane, (row, column): (usize, usize), share: impl Fn(f64) -> f64) -> [u8; 3] {
    let pixels = image.height * image.width;
    let value = |channel: usize| f64::from(image.values[channel * pixels + row * image.width + column]);
    match image.channels() {
        3 => [0, 1, 2].map(|channel| grey(share(value(channel)))[0]),
        _ => grey(share(value(0))),
    }
}

/// The values that are shown as black and as white.
#[derive(Debug, Clone, Copy)]
pub struct Range {
    low: f64,
    high: f64,
    /// Whether dark parts are lifted.
    lifts: bool,
}

impl Range {
    /// Of a sum of `images` images: 0 and 1 if all means lie between, else the least and the greatest.
    pub fn of(sum: &Plane, images: usize) -> Self {
        let means = || sum.values.iter().map(|value| f64::from(*value) / images.max(1) as f64);
        let (low, high) = (means().fold(f64::INFINITY, f64::min), means().fold(f64::NEG_INFINITY, f64::max));
        let unit = low >= 0.0 && high <= 1.0;
        // Colours would not be the image's any more.
        let lifts = unit && sum.channels() == 1;
        if unit { Self { low: 0.0, high: 1.0, lifts } } else { Self { low, high, lifts } }
    }

    /// Where a value lies between the two, in `[0, 1]`.
    pub fn share(&self, value: f64) -> f64 {
        ((value - self.low) / (self.high - self.low).max(f64::MIN_POSITIVE)).clamp(0.0, 1.0)
    }

    /// A share with its dark parts lifted, where few bright pixels on black would be lost.
    pub fn lifted(&self, share: f64) -> f64 {
        if self.lifts { share.sqrt() } else { share }
    }
}

/// A grey from black at 0 to white at 1.
pub fn grey(value: f64) -> [u8; 3] {
    [(value.clamp(0.0, 1.0) * 255.0).round() as u8; 3]
}

/// The outline of the pixels for which `inside` holds, as an SVG path in pixels.
pub fn outline(height: usize, width: usize, inside: impl Fn(usize, usize) -> bool) -> String {
    let mut path = String::new();
    let is = |row: Option<usize>, column: Option<usize>| match (row, column) {
        (Some(row), Some(column)) => row < height && column < width && inside(row, column),
        _ => false,
    };
    for row in 0..=height {
        for column in 0..=width {
            let here = is(Some(row), Some(column));
            if column < width && here != is(row.checked_sub(1), Some(column)) {
                path.push_str(&format!("M{column} {row}h1"));
            }
            if row < height && here != is(Some(row), column.checked_sub(1)) {
                path.push_str(&format!("M{column} {row}v1"));
            }
        }
    }
    path
}

/// The legend of the colours of maps, from 0 to what stands at the other end.
pub fn scale_bar(end: &str) -> String {
    let steps = 64;
    let address = address(1, steps, |_, column| colormap::colour(column as f64 / (steps - 1) as f64));
    format!(
        "<p class=\"scale\" aria-hidden=\"true\"><span>0</span>\
         <img alt=\"\" src=\"{address}\"><span>{}</span></p>\n",
        escape(end)
    )
}

/// An image with something drawn on it, and a caption.
pub fn panel((height, width): (usize, usize), title: &str, address: &str, drawn: &str, caption: &str) -> String {
    format!(
        "<figure class=\"panel\">\n<svg viewBox=\"0 0 {width} {height}\" role=\"img\"><title>{}</title>\
         <image href=\"{address}\" width=\"{width}\" height=\"{height}\"/>{drawn}</svg>\n\
         <figcaption>{caption}</figcaption>\n</figure>\n",
        escape(title)
    )
}

//! Images within the page.

use base64::{Engine, engine::general_purpose::STANDARD};
use herring_protocol::Plane;
use image::{ExtendedColorType, ImageEncoder, codecs::png::PngEncoder};

/// How often a pixel is repeated either way, for viewers that would blur a small image.
const ENLARGED: usize = 8;

/// A PNG of `height` times `width` colours as the address of an `image` element.
pub(super) fn address(height: usize, width: usize, colour: impl Fn(usize, usize) -> [u8; 3]) -> String {
    let (rows, columns) = (height * ENLARGED, width * ENLARGED);
    let mut bytes = Vec::with_capacity(rows * columns * 3);
    for row in 0..rows {
        for column in 0..columns {
            bytes.extend(colour(row / ENLARGED, column / ENLARGED));
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
pub(super) fn at(plane: &Plane, row: usize, column: usize) -> f64 {
    f64::from(plane.values[row * plane.width + column])
}

/// A grey from black at 0 to white at 1.
pub(super) fn grey(value: f64) -> [u8; 3] {
    [(value.clamp(0.0, 1.0) * 255.0).round() as u8; 3]
}

/// The outline of the pixels for which `inside` holds, as an SVG path in pixels.
pub(super) fn outline(height: usize, width: usize, inside: impl Fn(usize, usize) -> bool) -> String {
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

/// An image with something drawn on it, and a caption.
pub(super) fn panel((height, width): (usize, usize), title: &str, address: &str, drawn: &str, caption: &str) -> String {
    format!(
        "<figure class=\"panel\">\n<svg viewBox=\"0 0 {width} {height}\" role=\"img\"><title>{}</title>\
         <image href=\"{address}\" width=\"{width}\" height=\"{height}\"/>{drawn}</svg>\n\
         <figcaption>{caption}</figcaption>\n</figure>\n",
        super::escape(title)
    )
}

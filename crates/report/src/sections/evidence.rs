//! Images with their masks, and warnings about the images; to be checked before any number.

use super::{escape, picture, section};
use crate::Page;
use herring_experiments::images::{ImagesFile, MaskedImage};

/// The section; empty if the images are generated, or have neither masks nor warnings.
pub fn render(page: &Page<'_>) -> String {
    let Some(images) = &page.collection.images else {
        return String::new();
    };
    let body = warnings(images) + &masks(images);
    if body.is_empty() { body } else { section("evidence", "What was trained on", &body) }
}

/// Warnings about the images.
fn warnings(images: &ImagesFile) -> String {
    if images.warnings.is_empty() {
        return String::new();
    }
    let lines: String = images.warnings.iter().map(|line| format!("<li>{}</li>\n", escape(line))).collect();
    format!("<p>Warnings about these images; <code>data check</code> lists them in full:</p>\n<ul>\n{lines}</ul>\n")
}

/// Images with the outlines of their masks.
fn masks(images: &ImagesFile) -> String {
    if images.masked.is_empty() {
        return String::new();
    }
    let panels: String = images.masked.iter().map(|masked| masked_panel(images, masked)).collect();
    format!(
        "<p>A training image of each environment and class that has masks, as the networks see it, with its mask \
         outlined: what is inside the line counts as evidence. If a line lies elsewhere than you drew it, nothing \
         below means anything.</p>\n<div class=\"panels four\">\n{panels}</div>\n"
    )
}

fn masked_panel(images: &ImagesFile, masked: &MaskedImage) -> String {
    let MaskedImage { id, label, environment, image, mask } = masked;
    let range = picture::Range::of(image, 1);
    let address = picture::address(image.height, image.width, |row, column| {
        picture::shade(image, (row, column), |value| range.share(value))
    });
    // Edges are fractional where a mask was resized.
    let inside = |row, column| picture::at(mask, row, column) >= 0.5;
    let outline = format!("<path class=\"outline\" d=\"{}\"/>", picture::outline(mask.height, mask.width, inside));
    let name = |names: &[String], index: usize| names.get(index).cloned().unwrap_or_default();
    let place = format!("{}, {}", name(&images.environments, *environment), name(&images.classes, *label));
    let count = mask.values.iter().filter(|value| **value >= 0.5).count();
    let share = count as f64 / mask.values.len().max(1) as f64;
    let caption = format!("{}<br><span>{}, {:.0} % inside</span>", escape(&place), escape(id), share * 100.0);
    picture::panel((image.height, image.width), &format!("{id} with its mask"), &address, &outline, &caption)
}

//! Single test images with the models' maps and reconstructions (activmask2020, Figure 3) and their activations (tap2024,
//! Figures 1, 11 and 12).

use super::{colormap, escape, picture, section};
use crate::Page;
use herring_experiments::collect::FinishedRun;
use herring_protocol::{ExplainedImage, Plane};

/// The section; empty if no run stored single images. Shows those of each method's first finished run.
pub fn render(page: &Page<'_>) -> String {
    let mut groups: Vec<(&str, String)> = Vec::new();
    let mut seeds: Vec<u32> = Vec::new();
    for row in &page.results.rows {
        let Some((seed, run)) = page.collection.finished(&row.method).next() else { continue };
        if run.pictures.explained.is_empty() {
            continue;
        }
        if !seeds.contains(&seed) {
            seeds.push(seed);
        }
        let panels = panels(&row.label, run, page.collection.configuration.explained_share);
        match groups.iter_mut().find(|(group, _)| *group == row.group) {
            Some((_, text)) => text.push_str(&panels),
            None => groups.push((&row.group, panels)),
        }
    }
    if groups.is_empty() {
        return String::new();
    }
    let figures: String = groups
        .iter()
        .map(|(group, panels)| format!("<h3>{}</h3>\n<div class=\"panels\">\n{panels}</div>\n", escape(group)))
        .collect();
    let seeds: Vec<String> = seeds.iter().map(u32::to_string).collect();
    let body = format!(
        "<p>The absolute input gradient of the last class’s logit for the first test images of each class, seed {}, each \
         map with its own greatest value, under the outline of the mask; beside it the magnitude of the activations that \
         TAP penalises, their channels summed, from the first layer to the last, and what the decoder makes of the image, \
         where there are such. {}</p>\n{figures}",
        seeds.join(" or "),
        escape(page.collection.configuration.caption("explained")),
    );
    section("explained", "Single images", &body)
}

fn panels(label: &str, run: &FinishedRun, share: f64) -> String {
    let mut text = String::new();
    for explained in &run.pictures.explained {
        text.push_str(&map(label, explained, share));
        for (place, activation) in explained.activations.iter().enumerate() {
            text.push_str(&activations(label, explained, place + 1, activation));
        }
        if let Some(reconstruction) = &explained.reconstruction {
            text.push_str(&grey(label, explained.label, reconstruction));
        }
    }
    text
}

fn map(label: &str, explained: &ExplainedImage, share: f64) -> String {
    let ExplainedImage { label: class, image, mask, saliency, .. } = explained;
    let greatest = saliency.values.iter().copied().fold(0.0f32, f32::max);
    let span = f64::from(greatest).max(f64::MIN_POSITIVE);
    let least = least_of(&saliency.values, share);
    let range = picture::Range::of(image, 1);
    let address = picture::address(image.height, image.width, |row, column| {
        let below = picture::shade(image, (row, column), |value| range.lifted(range.share(value)));
        let value = picture::at(saliency, row, column);
        if value < least {
            return below;
        }
        let share = value / span;
        let colour = colormap::colour(share);
        // The image remains visible under faint saliency.
        let cover = 0.15 + 0.8 * share.sqrt();
        [0, 1, 2].map(|part| (cover * f64::from(colour[part]) + (1.0 - cover) * f64::from(below[part])).round() as u8)
    });
    let outline = outline(mask);
    let title = format!("Map of {label} for a test image of class {class}");
    let caption = format!("{}<br><span>map, class {class}</span>", escape(label));
    picture::panel((image.height, image.width), &title, &address, &outline, &caption)
}

/// The mask's outline; a full mask has none.
fn outline(mask: &Plane) -> String {
    let inside = |row, column| picture::at(mask, row, column) >= 0.5;
    format!("<path class=\"outline\" d=\"{}\"/>", picture::outline(mask.height, mask.width, inside))
}

/// The activations of a layer at the image's size.
fn activations(label: &str, explained: &ExplainedImage, number: usize, plane: &Plane) -> String {
    let ExplainedImage { label: class, image, mask, .. } = explained;
    let greatest = plane.values.iter().copied().fold(0.0f32, f32::max);
    let span = f64::from(greatest).max(f64::MIN_POSITIVE);
    let address = picture::address(image.height, image.width, |row, column| {
        let (row, column) = (row * plane.height / image.height, column * plane.width / image.width);
        colormap::colour(picture::at(plane, row, column) / span)
    });
    let title = format!("Activations of {label}, layer {number} of those penalised, for a test image of class {class}");
    let caption = format!("{}<br><span>activations {number}, class {class}</span>", escape(label));
    picture::panel((image.height, image.width), &title, &address, &outline(mask), &caption)
}

/// The threshold above which the given share of the values lies.
fn least_of(values: &[f32], share: f64) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(|one, other| other.total_cmp(one));
    let count = (share * sorted.len() as f64).round().max(1.0) as usize;
    sorted.get(count - 1).copied().map_or(0.0, f64::from)
}

fn grey(label: &str, class: usize, plane: &Plane) -> String {
    let range = picture::Range::of(plane, 1);
    let address = picture::address(plane.height, plane.width, |row, column| {
        picture::shade(plane, (row, column), |value| range.share(value))
    });
    let title = format!("Reconstruction by {label} of a test image of class {class}");
    let caption = format!("{}<br><span>reconstruction, class {class}</span>", escape(label));
    picture::panel((plane.height, plane.width), &title, &address, "", &caption)
}

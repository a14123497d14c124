//! Where the heat of class activation maps lies on single test images (heatmap-loss, Figure 1).

use super::{classes::class_name, colormap, escape, picture, section, style::style};
use crate::Page;
use herring_experiments::collect::{Collection, FinishedRun};
use herring_protocol::{CamName, ExplainedImage, Plane};

/// Opacity of the heat over the image where there is most of it.
const COVER: f64 = 0.85;

/// The maps in the order in which they are shown. The parts of the first one inside and outside the mask are shown too, as
/// in the paper.
const MAPS: [CamName; 2] = [CamName::Hirescam, CamName::GradCam];

/// The section; empty if no run stored a class activation map. Shows the images of each method's first finished run.
pub fn render(page: &Page<'_>) -> String {
    let collection = page.collection;
    let methods = page.results.rows.iter();
    let first = methods.filter_map(|row| collection.finished(&row.method).next().map(|(seed, run)| (row, seed, run)));
    let shown: Vec<_> = first.filter(|(.., run)| run.pictures.explained.iter().any(|of| !of.heat.is_empty())).collect();
    if shown.is_empty() {
        return String::new();
    }
    let stored = |map: &CamName| {
        let mut images = shown.iter().flat_map(|(.., run)| &run.pictures.explained);
        images.any(|image| image.heat.contains_key(map.name()))
    };
    let maps: Vec<CamName> = MAPS.into_iter().filter(stored).collect();
    let mut seeds: Vec<String> = shown.iter().map(|(_, seed, _)| seed.to_string()).collect();
    seeds.dedup();
    let figures: String = shown
        .iter()
        .map(|(row, _, run)| {
            let (class, label) = (style(&row.style).class, escape(&row.label));
            format!("<h3><span class=\"swatch {class}\"></span>{label}</h3>\n{}", images(collection, run, &maps))
        })
        .collect();
    let body = format!(
        "<p>Class activation maps of the predicted class for single test images, seed {}: the positive part of each map, over \
         its greatest value. The outline is that of the mask. The share is that of the map’s heat which lies inside, computed \
         from the pictures, which are smaller than the images where those are large. {}</p>\n{figures}{}",
        seeds.join(" or "),
        escape(collection.configuration.caption("heat")),
        picture::scale_bar("greatest value of the map"),
    );
    section("heat", "Where the heat lies", &body)
}

/// A row of panels for each image of a run.
fn images(collection: &Collection, run: &FinishedRun, maps: &[CamName]) -> String {
    let rows = run.pictures.explained.iter().map(|image| {
        let class = class_name(collection, image.label);
        format!("<div class=\"panels heat\">\n{}</div>\n", panels(image, &class, maps))
    });
    rows.collect()
}

fn panels(explained: &ExplainedImage, class: &str, maps: &[CamName]) -> String {
    let image = &explained.image;
    let mut text = panel(explained, &format!("Test image of {class}"), &escape(class), |shade, _, _| shade);
    for name in maps {
        // A map without a positive cell is not stored.
        let map = explained.heat.get(name.name());
        let share = map.and_then(|map| share_inside(map, image, &explained.mask));
        let share = share.map_or_else(|| "no heat".to_owned(), |share| format!("{:.1} % inside", share * 100.0));
        let heat = |row, column| map.map_or(0.0, |map| value(map, image, row, column));
        let inside = |row, column| value(&explained.mask, image, row, column);
        let title = |part: &str| format!("{}{part}, test image of {class}", name.label());
        let caption = |part: &str| format!("{}<br><span>{part}</span>", name.label());
        text.push_str(&panel(explained, &title(""), &caption(&share), |shade, row, column| {
            over(shade, heat(row, column))
        }));
        if *name == MAPS[0] {
            text.push_str(&panel(explained, &title(" inside the mask"), &caption("inside"), |_, row, column| {
                colormap::colour(heat(row, column) * inside(row, column))
            }));
            text.push_str(&panel(explained, &title(" outside the mask"), &caption("outside"), |_, row, column| {
                colormap::colour(heat(row, column) * (1.0 - inside(row, column)))
            }));
        }
    }
    text
}

/// A panel of the image's size under the outline of the mask; `colour` gets the grey of the image and the place.
fn panel(
    explained: &ExplainedImage,
    title: &str,
    caption: &str,
    colour: impl Fn([u8; 3], usize, usize) -> [u8; 3],
) -> String {
    let ExplainedImage { image, mask, .. } = explained;
    let range = picture::Range::of(image, 1);
    let address = picture::address(image.height, image.width, |row, column| {
        colour(picture::shade(image, (row, column), |value| range.share(value)), row, column)
    });
    let inside = |row, column| value(mask, image, row, column) >= 0.5;
    let outline = picture::outline(image.height, image.width, inside);
    let outline = format!("<path class=\"outline strong\" d=\"{outline}\"/>");
    picture::panel((image.height, image.width), title, &address, &outline, caption)
}

/// The value, in `[0, 1]`, that a plane has at a place of the image, which may be of another size.
fn value(plane: &Plane, image: &Plane, row: usize, column: usize) -> f64 {
    let (row, column) = (row * plane.height / image.height, column * plane.width / image.width);
    picture::at(plane, row, column).clamp(0.0, 1.0)
}

/// A grey under heat; the image remains visible where there is little.
fn over(below: [u8; 3], heat: f64) -> [u8; 3] {
    let (colour, cover) = (colormap::colour(heat), COVER * heat.sqrt());
    [0, 1, 2].map(|part| (cover * f64::from(colour[part]) + (1.0 - cover) * f64::from(below[part])).round() as u8)
}

/// The share of a map's heat inside the mask; `None` where there is no heat.
fn share_inside(map: &Plane, image: &Plane, mask: &Plane) -> Option<f64> {
    let places = || (0..image.height).flat_map(|row| (0..image.width).map(move |column| (row, column)));
    let heat = |(row, column)| value(map, image, row, column);
    let total: f64 = places().map(heat).sum();
    let inside: f64 = places().map(|(row, column)| heat((row, column)) * value(mask, image, row, column)).sum();
    (total > 0.0).then(|| inside / total)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plane(values: &[f32]) -> Plane {
        Plane { height: 2, width: 3, values: values.to_vec() }
    }

    #[test]
    fn the_share_counts_heat_and_not_pixels() {
        let image = plane(&[0.0; 6]);
        let mask = plane(&[1.0, 0.0, 0.5, 0.0, 0.0, 0.0]);
        let map = plane(&[1.0, 0.5, 1.0, 0.0, 0.0, 0.0]);
        assert_eq!(share_inside(&map, &image, &mask), Some(0.6));
        assert_eq!(share_inside(&image, &image, &mask), None);
    }

    #[test]
    fn a_smaller_map_covers_the_whole_image() {
        let image = plane(&[0.0; 6]);
        let map = Plane { height: 1, width: 1, values: vec![0.25] };
        assert_eq!(value(&map, &image, 1, 2), 0.25);
    }
}

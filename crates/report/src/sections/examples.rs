//! Example images (paper, Figure 3).

use super::{classes::named_class, escape, picture, section};
use crate::Page;
use herring_experiments::collect::{Collection, Content};
use herring_experiments::config::Arrow;
use herring_protocol::{DataSpec, TrainingVersion};

/// The section; empty before a run has finished.
pub fn render(page: &Page<'_>) -> String {
    let collection = page.collection;
    let examples = |clean: bool| {
        collection.runs.iter().filter(|stored| is_clean(&stored.run.spec.data) == clean).find_map(
            |stored| match &stored.content {
                Content::Finished(run) if !run.pictures.examples.is_empty() => Some(&run.pictures.examples),
                _ => None,
            },
        )
    };
    // Images with their decoys, where a run was trained on some.
    let examples = examples(false).or_else(|| examples(true));
    let Some(examples) = examples else {
        return String::new();
    };
    let arrows = &collection.configuration.arrows;
    let mut panels = String::new();
    for (name, plane) in examples {
        let range = picture::Range::of(plane, 1);
        let shade = |row, column| picture::shade(plane, (row, column), |value| range.share(value));
        let address = picture::address(plane.height, plane.width, shade);
        let arrow = arrows.iter().find(|arrow| arrow.example == *name);
        let drawn = arrow.map_or_else(String::new, pointing);
        let title = format!("Example image: {name}");
        let size = (plane.height, plane.width);
        panels.push_str(&picture::panel(size, &title, &address, &drawn, &escape(&named(collection, name))));
    }
    let body = format!(
        "<p>{}</p>\n<div class=\"panels four\">\n{panels}</div>\n",
        escape(collection.configuration.caption("examples"))
    );
    section("examples", "Example images", &body)
}

/// Whether a run is trained on images without the decoys of the others.
fn is_clean(data: &DataSpec) -> bool {
    matches!(data, DataSpec::Decoys(decoys) if decoys.training == TrainingVersion::Clean)
}

/// `train, class 1` with the class's own name, where the images have names.
fn named(collection: &Collection, example: &str) -> String {
    let class = |number: &str| named_class(collection, number.parse().ok()?);
    match example.split_once(", class ") {
        Some((part, number)) => class(number).map_or_else(|| example.to_owned(), |name| format!("{part}, {name}")),
        None => example.to_owned(),
    }
}

/// An arrow that comes from above and ends just over its target. Lengths are in pixels of the image.
fn pointing(arrow: &Arrow) -> String {
    let (x, tip) = (arrow.column, arrow.row - 2.0);
    format!(
        "<path class=\"arrow\" d=\"M{x:.2} {:.2}V{:.2}\"/>\
         <path class=\"arrowhead\" d=\"M{x:.2} {tip:.2}l-1.5 -2.4h3Z\"/>",
        tip - 7.0,
        tip - 2.0,
    )
}

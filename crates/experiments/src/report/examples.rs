//! Example images (paper, Figure 3).

use super::{escape, picture, section};
use crate::collect::{Collection, Content};
use crate::config::Arrow;

pub(super) fn render(collection: &Collection) -> String {
    let examples = collection.runs.iter().find_map(|stored| match &stored.content {
        Content::Finished(run) if !run.pictures.examples.is_empty() => Some(&run.pictures.examples),
        _ => None,
    });
    let Some(examples) = examples else {
        return String::new();
    };
    let arrows = &collection.configuration.arrows;
    let mut panels = String::new();
    for (name, plane) in examples {
        let address =
            picture::address(plane.height, plane.width, |row, column| picture::grey(picture::at(plane, row, column)));
        let arrow = arrows.iter().find(|arrow| arrow.example == *name);
        let drawn = arrow.map_or_else(String::new, pointing);
        let title = format!("Example image: {name}");
        let size = (plane.height, plane.width);
        panels.push_str(&picture::panel(size, &title, &address, &drawn, &escape(name)));
    }
    let body = format!(
        "<p>One cross is class 0, two are class 1. The arrow marks the confounder: a box that stands \
         at the left for class 0 and at the right for class 1 in the training images, and the other \
         way round in the validation and test images. (Paper: Figure 3.)</p>\n\
         <div class=\"panels four\">\n{panels}</div>\n"
    );
    section("examples", "Example images", &body)
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

//! Generalisation against localisation, one point for each run (paper, Figure 8).

use super::{
    escape,
    figure::{Axis, Frame, LEFT},
    section,
    style::{Style, legend, style},
};
use crate::Page;
use herring_experiments::{collect::Collection, statistics::Correlation};
use herring_protocol::{MethodName, TEST};

/// One run that can be drawn.
pub(super) struct Point {
    pub(super) method: MethodName,
    pub(super) style: Style,
    pub(super) seed: u32,
    pub(super) auc: f64,
    pub(super) iop: f64,
}

/// The finished runs of a collection whose saliency could be scored.
pub(super) fn points(collection: &Collection) -> Vec<Point> {
    let auc = collection.plan.auc();
    let mut points = Vec::new();
    for method in collection.methods() {
        for (seed, run) in collection.finished(&method) {
            let scores = &run.result.scores;
            if let (Some(test), Some(found)) = (scores.on(TEST), scores.gradient()) {
                let style = style(collection.style(&method));
                points.push(Point { method: method.clone(), style, seed, auc: auc.of(test), iop: found.iop });
            }
        }
    }
    points
}

/// The section; empty before a run has finished.
pub fn render(page: &Page<'_>) -> String {
    let collection = page.collection;
    let (methods, auc) = (collection.methods(), collection.plan.auc());
    let points = points(collection);
    if points.is_empty() {
        return String::new();
    }
    let entries: Vec<_> = methods
        .iter()
        .filter(|method| points.iter().any(|point| point.method == **method))
        .map(|method| (style(collection.style(method)), collection.label(method).to_owned()))
        .collect();
    let body = format!(
        "<p>Each mark is one run: its AUC on the test images against the share of its saliency that \
         lies within the masks (IoP, which the paper prints as IoU). {} {} {}</p>\n<figure>\n{}{}{}</figure>\n",
        crate::auc::sentence(auc),
        correlation(&points),
        escape(collection.configuration.caption("scatter")),
        chart(collection, &points, 760.0, 430.0, true),
        chart(collection, &points, 380.0, 340.0, false),
        legend(&entries, false, true),
    );
    section("scatter", "Generalisation against localisation", &body)
}

fn correlation(points: &[Point]) -> String {
    let auc: Vec<f64> = points.iter().map(|point| point.auc).collect();
    let iop: Vec<f64> = points.iter().map(|point| point.iop).collect();
    match Correlation::of(&auc, &iop) {
        Some(found) => {
            let interval = match found.interval {
                Some((low, high)) => format!(", 95 % interval {} to {}", signed(low), signed(high)),
                None => String::new(),
            };
            format!(
                "Over {} runs Pearson’s <i>r</i> is {}{interval}; Spearman’s <i>ρ</i> is {}. Runs of one \
                 method are not independent of each other, so the interval is too narrow if anything.",
                points.len(),
                signed(found.pearson),
                signed(found.spearman),
            )
        }
        None => format!("{} runs are too few, or too alike, for a correlation.", points.len()),
    }
}

/// A number with two digits and a true minus sign.
pub(super) fn signed(value: f64) -> String {
    format!("{value:.2}").replace('-', "−")
}

fn chart(collection: &Collection, points: &[Point], width: f64, height: f64, wide: bool) -> String {
    let highest = points.iter().map(|point| point.iop).fold(0.2, f64::max);
    let frame = Frame {
        width,
        height,
        left: LEFT,
        right: 18.0,
        x: Axis::new(-0.02, 1.02, 5, "Test AUC"),
        y: Axis::new(-0.02, (highest * 1.08).min(1.02), 5, "IoP: share of the saliency in the mask"),
    };
    let mut content = String::new();
    let chance = frame.at_x(0.5);
    content.push_str(&format!(
        "<line class=\"reference\" x1=\"{chance:.1}\" y1=\"{:.1}\" x2=\"{chance:.1}\" y2=\"{:.1}\"/>\
         <text class=\"tick\" x=\"{:.1}\" y=\"{:.1}\">chance</text>\n",
        frame.at_y(frame.y.to),
        frame.at_y(frame.y.from),
        chance + 5.0,
        frame.at_y(frame.y.to) + 12.0,
    ));
    for point in points {
        let shape = point.style.mark(frame.at_x(point.auc), frame.at_y(point.iop), 6.0);
        content.push_str(&format!(
            "<path class=\"mark {}\" d=\"{shape}\"><title>{}, seed {}: AUC {:.3}, IoP {:.3}</title></path>\n",
            point.style.class,
            escape(collection.label(&point.method)),
            point.seed,
            point.auc,
            point.iop,
        ));
    }
    let title = format!("Test AUC against IoP for {} runs", points.len());
    frame.svg(if wide { "wide" } else { "narrow" }, &title, &content)
}

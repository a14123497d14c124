//! Validation scores by epoch (iclr2021, Figure 4; activmask2020, Figure 7).

use super::{
    escape,
    figure::{Axis, Frame, LEFT, path},
    section,
    style::{Style, legend, style},
};
use crate::Page;
use herring_experiments::collect::Collection;
use herring_protocol::{AucKind, MethodName, Scores};

/// One method's score by epoch: mean, minimum and maximum over its seeds.
struct Curve {
    style: Style,
    label: String,
    points: Vec<(usize, f64, f64, f64)>,
}

/// The score that is drawn, and its label.
#[derive(Clone, Copy)]
struct Drawn {
    label: &'static str,
    value: fn(&Scores, AucKind) -> f64,
}

/// The AUC that the experiment uses.
const AUC: Drawn = Drawn { label: "Validation AUC", value: |scores, auc| auc.of(scores) };
/// The accuracy, which activmask2020 calls AUC.
const ACCURACY: Drawn = Drawn { label: "Validation accuracy", value: |scores, _| scores.accuracy };

/// The section with the validation AUC of all methods in one chart.
pub fn render(page: &Page<'_>) -> String {
    let collection = page.collection;
    let heading = "Validation AUC by epoch";
    let curves: Vec<Curve> = collection.methods().iter().filter_map(|method| curve(collection, method, AUC)).collect();
    if curves.is_empty() {
        return section("curves", heading, "<p>No run has finished yet.</p>\n");
    }
    let body = format!(
        "<p>{} Lines are means over seeds, bands reach from the minimum to the maximum over seeds. {}</p>\n{}",
        escape(collection.configuration.caption("curves")),
        crate::auc::sentence(collection.plan.auc()),
        figure(&curves, AUC),
    );
    section("curves", heading, &body)
}

/// The section with the validation accuracy, a chart for each group of methods.
pub fn accuracy_by_group(page: &Page<'_>) -> String {
    let collection = page.collection;
    let heading = "Validation accuracy by epoch";
    let mut groups: Vec<(&str, Vec<Curve>)> = Vec::new();
    for row in &page.results.rows {
        let Some(mut curve) = curve(collection, &row.method, ACCURACY) else { continue };
        // The heading names the group already.
        if let Some(rest) = curve.label.strip_prefix(&format!("{} ", row.group)) {
            curve.label = rest.to_owned();
        }
        match groups.iter_mut().find(|(group, _)| *group == row.group) {
            Some((_, curves)) => curves.push(curve),
            None => groups.push((&row.group, vec![curve])),
        }
    }
    if groups.is_empty() {
        return section("curves", heading, "<p>No run has finished yet.</p>\n");
    }
    let figures: String = groups
        .iter()
        .map(|(group, curves)| format!("<h3>{}</h3>\n{}", escape(group), figure(curves, ACCURACY)))
        .collect();
    let body = format!(
        "<p>{} Lines are means over seeds, bands reach from the minimum to the maximum over seeds.</p>\n{figures}",
        escape(collection.configuration.caption("curves")),
    );
    section("curves", heading, &body)
}

fn figure(curves: &[Curve], drawn: Drawn) -> String {
    let entries: Vec<_> = curves.iter().map(|curve| (curve.style, curve.label.clone())).collect();
    format!(
        "<figure>\n{}{}{}</figure>\n",
        chart(curves, drawn, 760.0, 400.0, true),
        chart(curves, drawn, 380.0, 320.0, false),
        legend(&entries, true, false),
    )
}

fn curve(collection: &Collection, method: &MethodName, drawn: Drawn) -> Option<Curve> {
    let histories: Vec<_> = collection.finished(method).map(|(_, run)| &run.result.history).collect();
    let epochs = histories.iter().map(|history| history.len()).max()?;
    let auc = collection.plan.auc();
    let mut points = Vec::new();
    for epoch in 1..=epochs {
        // Runs that ended early do not contribute to later epochs.
        let values: Vec<f64> = histories
            .iter()
            .filter_map(|history| history.iter().find(|record| record.epoch == epoch))
            .map(|record| (drawn.value)(&record.valid, auc))
            .collect();
        let Ok(mean) = herring_stats::summary::mean(&values) else {
            continue;
        };
        let least = values.iter().copied().fold(f64::INFINITY, f64::min);
        let greatest = values.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        points.push((epoch, mean, least, greatest));
    }
    Some(Curve { style: style(collection.style(method)), label: collection.label(method).to_owned(), points })
}

fn chart(curves: &[Curve], drawn: Drawn, width: f64, height: f64, wide: bool) -> String {
    let last = curves.iter().filter_map(|curve| curve.points.last()).map(|point| point.0).max();
    let last = last.unwrap_or(1).max(2) as f64;
    let frame = Frame {
        width,
        height,
        // Space for the names at the ends of the lines.
        left: LEFT,
        right: if wide {
            14.0 + 7.8 * curves.iter().map(|curve| curve.label.chars().count()).max().unwrap_or(0) as f64 + 10.0
        } else {
            14.0
        },
        x: Axis::new(1.0, last, if wide { 10 } else { 5 }, "Epoch"),
        y: Axis::new(0.0, 1.0, 5, drawn.label),
    };
    let mut content = String::new();
    for curve in curves {
        let class = curve.style.class;
        let upper = curve.points.iter().map(|point| (point.0, point.3));
        let lower = curve.points.iter().rev().map(|point| (point.0, point.2));
        let band: Vec<_> = upper.chain(lower).map(|point| place(&frame, point)).collect();
        content.push_str(&format!("<path class=\"band {class}\" d=\"{}Z\"/>\n", path(&band)));
    }
    for curve in curves {
        let line: Vec<_> = curve.points.iter().map(|point| place(&frame, (point.0, point.1))).collect();
        content.push_str(&format!(
            "<path class=\"curve {}\" stroke-dasharray=\"{}\" d=\"{}\"><title>{}</title></path>\n",
            curve.style.class,
            curve.style.dashes,
            path(&line),
            escape(&curve.label),
        ));
    }
    if wide {
        content.push_str(&end_labels(&frame, curves));
    }
    let words: Vec<_> = curves
        .iter()
        .filter_map(|curve| curve.points.last().map(|point| format!("{} {:.2}", curve.label, point.1)))
        .collect();
    let title = format!("{}, means by epoch. At the end: {}.", drawn.label, words.join(", "));
    frame.svg(if wide { "wide" } else { "narrow" }, &title, &content)
}

fn place(frame: &Frame, point: (usize, f64)) -> (f64, f64) {
    (frame.at_x(point.0 as f64), frame.at_y(point.1))
}

/// Names at the ends of the lines, moved apart where they would overlap.
fn end_labels(frame: &Frame, curves: &[Curve]) -> String {
    const APART: f64 = 16.0;
    let mut labels: Vec<(f64, f64, &Curve)> = curves
        .iter()
        .filter_map(|curve| curve.points.last().map(|point| (place(frame, (point.0, point.1)), curve)))
        .map(|((x, y), curve)| (y, x, curve))
        .collect();
    labels.sort_by(|one, other| one.0.total_cmp(&other.0));
    let mut heights: Vec<f64> = labels.iter().map(|(y, ..)| *y).collect();
    for index in 1..heights.len() {
        heights[index] = heights[index].max(heights[index - 1] + APART);
    }
    // Back up from the bottom where they were pushed over the edge.
    let floor = frame.at_y(frame.y.from) + 4.0;
    let mut limit = floor;
    for height in heights.iter_mut().rev() {
        *height = height.min(limit);
        limit = *height - APART;
    }
    let mut text = String::new();
    for ((y, x, curve), height) in labels.iter().zip(heights) {
        let class = curve.style.class;
        let edge = frame.width - frame.right;
        text.push_str(&format!(
            "<path class=\"leader {class}\" d=\"M{:.1} {y:.1}L{:.1} {height:.1}\"/>\
             <text class=\"name {class}\" x=\"{:.1}\" y=\"{:.1}\">{}</text>\n",
            x + 2.0,
            edge + 12.0,
            edge + 15.0,
            height + 4.0,
            escape(&curve.label),
        ));
    }
    text
}

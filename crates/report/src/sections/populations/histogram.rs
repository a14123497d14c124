//! Histograms of the models of two groups, here and in the paper (heatmap-loss, Figures 6 and 7).

use super::{
    bins::Bins,
    group::{Group, Whose},
};
use crate::sections::{
    escape,
    figure::{Axis, Frame, LEFT},
    style::legend,
};

/// The label of the vertical axis.
fn counted(whose: Whose) -> &'static str {
    match whose {
        Whose::Ours => "Models",
        Whose::Paper => "Models, paper",
    }
}

/// The figure of two groups: a panel with the models here, and one with the paper's below it where the paper has both groups,
/// with the same axes; empty where one of them is. `label` is that of the score.
pub(super) fn figure(groups: [&Group<'_>; 2], label: &str, range: (f64, f64)) -> String {
    let has = |whose: Whose| groups.map(|group| !group.values(whose).is_empty());
    let mut shown = Vec::new();
    if has(Whose::Ours).contains(&true) {
        shown.push(Whose::Ours);
    }
    if has(Whose::Paper) == [true; 2] {
        shown.push(Whose::Paper);
    }
    if shown.is_empty() || groups.iter().any(|group| group.is_empty()) {
        return String::new();
    }
    let all: Vec<Vec<f64>> = shown.iter().flat_map(|whose| groups.iter().map(|group| group.values(*whose))).collect();
    let bins = Bins::of(&all.iter().map(Vec::as_slice).collect::<Vec<_>>(), range);
    let most = all.iter().flat_map(|values| bins.counts(values)).max().unwrap_or(0).max(1);
    let panels =
        |wide: bool| -> String { shown.iter().map(|whose| panel(*whose, groups, &bins, most, label, wide)).collect() };
    let entries: Vec<_> = groups.iter().map(|group| (group.style, group.label.to_owned())).collect();
    format!("<figure>\n{}{}{}{}</figure>\n", panels(true), panels(false), legend(&entries, false, true), note(&bins))
}

/// What has to be known of the axis.
fn note(bins: &Bins) -> String {
    match bins {
        Bins::Even { .. } => String::new(),
        Bins::Powers { zero, .. } => format!(
            "<figcaption class=\"remark\">Most values are below 0.02, so the axis is logarithmic{}.</figcaption>\n",
            if *zero { "; values that are exactly 0 have a bin of their own at its left end" } else { "" }
        ),
    }
}

fn panel(whose: Whose, groups: [&Group<'_>; 2], bins: &Bins, most: usize, label: &str, wide: bool) -> String {
    let (width, height) = if wide { (760.0, 230.0) } else { (380.0, 200.0) };
    // Space for the medians above the bars.
    let top = most as f64 * 1.25;
    let frame = Frame {
        width,
        height,
        left: LEFT,
        right: 18.0,
        x: bins.axis(if wide { 10 } else { 5 }, label),
        // No parts of models.
        y: Axis::new(0.0, top, most.min(4), counted(whose)),
    };
    let mut content = String::new();
    if let Some((middle, gap)) = bins.zero() {
        let (bottom, middle, gap) = (frame.at_y(0.0), frame.at_x(middle), frame.at_x(gap));
        content.push_str(&format!(
            "<path class=\"gap\" d=\"M{:.1} {bottom:.1}h6\"/>\
             <text class=\"tick\" x=\"{middle:.1}\" y=\"{:.1}\" text-anchor=\"middle\">0</text>\n",
            gap - 3.0,
            bottom + 19.0,
        ));
    }
    for group in groups {
        content.push_str(&bars(whose, group, bins, &frame));
    }
    let mut said = Vec::new();
    for group in groups {
        let values = group.values(whose);
        let Ok(median) = herring_stats::summary::percentile(&values, 50.0) else { continue };
        let (x, y) = (frame.at_x(bins.place(median)), frame.at_y(most as f64 * 1.13));
        let words = format!("{}: median {}", group.label, crate::number::precise(median, 3));
        content.push_str(&format!(
            "<path class=\"mark {}\" d=\"{}\"><title>{}</title></path>\n",
            group.style.class,
            group.style.mark(x, y, 6.0),
            escape(&words),
        ));
        said.push(format!("{words}, {} models", values.len()));
    }
    let models = match whose {
        Whose::Ours => "the models",
        Whose::Paper => "the paper’s models",
    };
    let title = format!("{label}: histogram of {models}. {}.", said.join("; "));
    frame.svg(if wide { "wide" } else { "narrow" }, &title, &content)
}

fn bars(whose: Whose, group: &Group<'_>, bins: &Bins, frame: &Frame) -> String {
    let counts = bins.counts(&group.values(whose));
    let class = match whose {
        Whose::Ours => "bar",
        Whose::Paper => "bar hollow",
    };
    let bars = counts.iter().enumerate().filter(|(_, count)| **count > 0).map(|(bin, count)| {
        let (start, end) = bins.edges(bin);
        let (left, right) = (frame.at_x(start), frame.at_x(end));
        let (top, bottom) = (frame.at_y(*count as f64), frame.at_y(0.0));
        format!(
            "<rect class=\"{class} {}\" x=\"{left:.2}\" y=\"{top:.2}\" width=\"{:.2}\" height=\"{:.2}\">\
             <title>{}: {count} from {}</title></rect>\n",
            group.style.class,
            right - left,
            bottom - top,
            escape(group.label),
            bins.words(bin),
        )
    });
    bars.collect()
}

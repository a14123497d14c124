//! Scores by the fraction of masks that are kept (activmask2020, Appendix A, Figure 6).

use super::{
    escape,
    figure::{Axis, Frame, LEFT, path},
    section,
    style::{Style, legend, numbered},
};
use crate::Page;
use herring_experiments::{results::Row, statistics::Spread};
use herring_protocol::ScoreName;

/// A group's points: fraction in percent with the spread over seeds.
struct Line<'a> {
    group: &'a str,
    style: Style,
    points: Vec<(f64, Spread)>,
}

/// The section; empty if all methods keep the same fraction of masks.
pub fn render(page: &Page<'_>) -> String {
    let fraction = |row: &Row| {
        let run = page.collection.of(&row.method).next()?;
        Some(run.run.spec.annotations.fraction() * 100.0)
    };
    let mut different: Vec<f64> = page.results.rows.iter().filter_map(fraction).collect();
    different.sort_by(f64::total_cmp);
    different.dedup();
    if different.len() < 2 {
        return String::new();
    }
    let mut figures = String::new();
    for (name, range) in [("accuracy", (0.0, 1.0)), ("best_epoch", (0.0, f64::NAN))] {
        let Ok(score) = name.parse::<ScoreName>() else { continue };
        let mut lines: Vec<Line<'_>> = Vec::new();
        for row in &page.results.rows {
            let (Some(fraction), Some(spread)) = (fraction(row), row.value(&score)) else { continue };
            match lines.iter_mut().find(|line| line.group == row.group) {
                Some(line) => line.points.push((fraction, *spread)),
                // The rows' own styles tell the fractions of one group apart.
                None => {
                    let style = numbered(lines.len());
                    lines.push(Line { group: &row.group, style, points: vec![(fraction, *spread)] });
                }
            }
        }
        lines.iter_mut().for_each(|line| line.points.sort_by(|one, other| one.0.total_cmp(&other.0)));
        if !lines.is_empty() {
            figures.push_str(&figure(&lines, &score.label(), range));
        }
    }
    if figures.is_empty() {
        return section("fractions", "Fewer masks", "<p>No run has finished yet.</p>\n");
    }
    let body = format!(
        "<p>Mean over seeds with the sample SD, by the fraction of training masks that are kept; the others become all \
         ones, so that nothing is outside. {}</p>\n{figures}",
        escape(page.collection.configuration.caption("fractions"))
    );
    section("fractions", "Fewer masks", &body)
}

fn figure(lines: &[Line<'_>], label: &str, range: (f64, f64)) -> String {
    let entries: Vec<_> = lines.iter().map(|line| (line.style, line.group.to_owned())).collect();
    format!(
        "<figure>\n{}{}{}</figure>\n",
        chart(lines, label, range, 760.0, 340.0, true),
        chart(lines, label, range, 380.0, 300.0, false),
        legend(&entries, true, true),
    )
}

fn chart(lines: &[Line<'_>], label: &str, range: (f64, f64), width: f64, height: f64, wide: bool) -> String {
    let greatest = lines.iter().flat_map(|line| &line.points).map(|(_, spread)| spread.mean + spread.sd.unwrap_or(0.0));
    let greatest = greatest.fold(1.0, f64::max);
    let top = if range.1.is_nan() { greatest * 1.05 } else { range.1 };
    let frame = Frame {
        width,
        height,
        left: LEFT,
        right: 18.0,
        x: Axis::new(0.0, 105.0, 5, "Masks kept (%)"),
        y: Axis::new(range.0, top, 5, label),
    };
    let mut content = String::new();
    for Line { style, group, points } in lines {
        let class = style.class;
        let means: Vec<_> = points.iter().map(|(x, spread)| (frame.at_x(*x), frame.at_y(spread.mean))).collect();
        content.push_str(&format!(
            "<path class=\"curve {class}\" stroke-dasharray=\"{}\" d=\"{}\"/>\n",
            style.dashes,
            path(&means)
        ));
        for (x, spread) in points {
            let reach = spread.sd.unwrap_or(0.0);
            let ends = [(spread.mean - reach).max(frame.y.from), (spread.mean + reach).min(frame.y.to)];
            let [low, high] = ends.map(|value| frame.at_y(value));
            let (at, y) = (frame.at_x(*x), frame.at_y(spread.mean));
            content.push_str(&format!(
                "<path class=\"leader {class}\" d=\"M{at:.2} {low:.2}L{at:.2} {high:.2}\"/>\
                 <path class=\"mark {class}\" d=\"{}\"><title>{}, {x:.0} % of the masks: {:.3}</title></path>\n",
                style.mark(at, y, 5.0),
                escape(group),
                spread.mean
            ));
        }
    }
    frame.svg(
        if wide { "wide" } else { "narrow" },
        &format!("{label} by the fraction of masks that are kept"),
        &content,
    )
}

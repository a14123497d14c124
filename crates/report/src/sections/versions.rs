//! How well methods do where the decoy tells the class, and what they lose where it does not: the bars of tap2024's Figures 5
//! to 7, 9 and 14 to 16.

use super::{
    escape,
    figure::{Axis, Frame},
    section,
    style::style,
};
use crate::Page;
use herring_experiments::{results::Row, statistics::Spread};
use herring_protocol::ScoreName;

/// Height of a row, in pixels.
const ROW: f64 = 34.0;

/// Width of a letter of the labels, in pixels.
const LETTER: f64 = 7.0;

/// A row with its value, and the paper's mean and standard deviation.
struct Bar<'a> {
    row: &'a Row,
    value: Spread,
    paper: Option<(f64, f64)>,
}

/// The section: a chart for the first column of the table and one for each column that is a difference; empty where no column
/// is one.
pub fn render(page: &Page<'_>) -> String {
    let columns = &page.results.columns;
    let differences: Vec<&ScoreName> =
        columns.iter().filter(|score| matches!(score, ScoreName::Difference { .. })).collect();
    if differences.is_empty() {
        return String::new();
    }
    let charts: String = columns.first().into_iter().chain(differences).map(|score| figure(page, score)).collect();
    if charts.is_empty() {
        return section("versions", "Versions of the test images", "<p>No run has finished yet.</p>\n");
    }
    let body = format!(
        "<p>Filled marks are means over seeds, lines the sample SD; outlines below them are the paper’s mean and SD, where it \
         printed them. A method that does not use the decoy has a difference of 0. {}</p>\n{charts}",
        escape(page.collection.configuration.caption("versions"))
    );
    section("versions", "Versions of the test images", &body)
}

fn figure(page: &Page<'_>, score: &ScoreName) -> String {
    let bars: Vec<Bar<'_>> = page.results.rows.iter().filter_map(|row| bar(row, score)).collect();
    if bars.is_empty() {
        return String::new();
    }
    let label = score.label();
    format!("<figure>\n{}{}</figure>\n", chart(&bars, &label, 760.0, true), chart(&bars, &label, 380.0, false))
}

fn bar<'a>(row: &'a Row, score: &ScoreName) -> Option<Bar<'a>> {
    let target = row.target.as_ref();
    let paper = target.and_then(|target| match score {
        ScoreName::Difference { set, less, kind } => {
            let of =
                |set: &str| target.values.iter().find(|(name, _)| is(name, set, *kind)).map(|(_, value)| value.mean);
            // The paper prints differences of means without a deviation.
            Some((of(set)? - of(less)?, 0.0))
        }
        _ => target.value(score).map(|value| (value.mean, value.sd)),
    });
    Some(Bar { row, value: *row.value(score)?, paper })
}

/// Whether a score is of this kind, on this set, of the selected model.
fn is(name: &ScoreName, wanted: &str, kind: herring_protocol::ScoreKind) -> bool {
    let model = herring_protocol::ScoredModel::Selected;
    *name == ScoreName::OnSet { model, set: wanted.to_owned(), kind }
}

fn chart(bars: &[Bar<'_>], label: &str, width: f64, wide: bool) -> String {
    let ends = bars.iter().flat_map(|bar| {
        let own = bar.value.sd.unwrap_or(0.0);
        let (paper, reach) = bar.paper.unwrap_or((bar.value.mean, 0.0));
        [bar.value.mean - own, bar.value.mean + own, paper - reach, paper + reach]
    });
    let (low, high) = ends.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), end| (low.min(end), high.max(end)));
    let longest = bars.iter().map(|bar| bar.row.label.chars().count()).max().unwrap_or(0);
    let margin = (0.06 * (high - low)).max(0.01);
    let frame = Frame {
        width,
        height: 70.0 + ROW * bars.len() as f64,
        left: 24.0 + LETTER * longest as f64,
        right: 18.0,
        x: Axis::new(low - margin, high + margin, 6, label),
        // Rows are labelled instead of ticks.
        y: Axis::new(0.0, bars.len() as f64, 1, "").without_ticks(),
    };
    let mut content = String::new();
    for (index, bar) in bars.iter().enumerate() {
        let base = bars.len() as f64 - index as f64;
        let style = style(&bar.row.style);
        let mark = |class: &str, whose: &str, (mean, sd): (f64, f64), y: f64, radius: f64| {
            let [low, at, high] = [mean - sd, mean, mean + sd].map(|value| frame.at_x(value));
            let y = frame.at_y(y);
            format!(
                "<path class=\"leader {own}\" d=\"M{low:.2} {y:.2}L{high:.2} {y:.2}\"/>\
                 <path class=\"{class} {own}\" d=\"{}\"><title>{}{whose}: {mean:.3}</title></path>\n",
                style.mark(at, y, radius),
                escape(&bar.row.label),
                own = style.class,
            )
        };
        content.push_str(&format!(
            "<text class=\"label\" x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"end\">{}</text>\n",
            frame.left - 8.0,
            frame.at_y(base - 0.6) + 4.0,
            escape(&bar.row.label),
        ));
        content.push_str(&mark("mark", "", (bar.value.mean, bar.value.sd.unwrap_or(0.0)), base - 0.45, 5.0));
        if let Some(paper) = bar.paper {
            content.push_str(&mark("mark hollow", ", paper", paper, base - 0.8, 4.0));
        }
    }
    frame.svg(if wide { "wide" } else { "narrow" }, label, &content)
}

//! How hard the methods were to tune: the density of the trials' scores (paper, Figure A.1).

use super::{
    escape,
    figure::{Axis, Frame, LEFT, path},
    scroll, section,
    style::style,
};
use crate::Page;
use herring_experiments::search::{SearchResult, format_value};
use herring_protocol::MethodName;

/// Bandwidth of the kernel density: the standard deviation of the Gaussian for each trial. The paper's figure has 0.002,
/// for many more trials than a search of 25.
const BANDWIDTH: f64 = 0.03;
/// Number of points of a density curve.
const POINTS: usize = 200;

/// Label and style of a method.
pub(crate) type Names<'a> = dyn Fn(&MethodName) -> (String, String) + 'a;

/// The section; empty if there was no search.
pub fn render(page: &Page<'_>) -> String {
    let collection = page.collection;
    let names = |method: &MethodName| (collection.label(method).to_owned(), collection.style(method).to_owned());
    of(&collection.found, &names)
}

/// The section of some searches; empty for none.
pub(crate) fn of(found: &[SearchResult], label: &Names<'_>) -> String {
    if found.is_empty() {
        return String::new();
    }
    let scored: usize = found.iter().map(|one| scores(one).len()).sum();
    let body = format!(
        "<p>Each mark is the validation AUC of one trial of a hyper-parameter search, at the epoch of its \
         lowest validation cross-entropy; the curve is their density (Gaussian kernel, σ {BANDWIDTH}). A \
         method that is easy to tune has its mass at the right. {scored} trials have a score. (Paper: Figure \
         A.1.) {}</p>\n<figure>\n{}{}</figure>\n{}",
        meanings(found),
        chart(found, label, 760.0, true),
        chart(found, label, 380.0, false),
        table(found, label),
    );
    section("tuning", "Hyper-parameter search", &body)
}

/// What the scores are, without duplicates.
fn meanings(found: &[SearchResult]) -> String {
    let mut kinds: Vec<_> = found.iter().map(|one| one.auc).collect();
    kinds.sort();
    kinds.dedup();
    kinds.into_iter().map(crate::auc::sentence).collect::<Vec<_>>().join(" ")
}

fn scores(found: &SearchResult) -> Vec<f64> {
    found.trials.iter().filter_map(|trial| trial.score).collect()
}

fn chart(found: &[SearchResult], label: &Names<'_>, width: f64, wide: bool) -> String {
    let rows = found.len() as f64;
    let frame = Frame {
        width,
        height: 58.0 + 84.0 * rows,
        left: LEFT,
        right: 18.0,
        x: Axis::new(-0.04, 1.04, 5, "Validation AUC of a trial"),
        // Rows are labelled instead of ticks.
        y: Axis::new(0.0, rows, 1, "").without_ticks(),
    };
    let mut content = String::new();
    for (index, one) in found.iter().enumerate() {
        let base = rows - 1.0 - index as f64 + 0.15;
        let (values, class) = (scores(one), style(&label(&one.method).1).class);
        let at = |place: usize| frame.x.from + (frame.x.to - frame.x.from) * place as f64 / POINTS as f64;
        let densities: Vec<f64> = (0..=POINTS).map(|place| density(&values, at(place))).collect();
        let highest = densities.iter().copied().fold(f64::MIN_POSITIVE, f64::max);
        let curve: Vec<(f64, f64)> = densities
            .iter()
            .enumerate()
            .map(|(place, density)| (frame.at_x(at(place)), frame.at_y(base + 0.6 * density / highest)))
            .collect();
        content.push_str(&format!("<path class=\"curve {class}\" fill=\"none\" d=\"{}\"/>\n", path(&curve)));
        for value in &values {
            let shape = style(&label(&one.method).1).mark(frame.at_x(*value), frame.at_y(base), 4.0);
            content.push_str(&format!("<path class=\"mark {class}\" d=\"{shape}\"><title>{value:.3}</title></path>\n"));
        }
        content.push_str(&format!(
            "<text class=\"label\" x=\"{:.1}\" y=\"{:.1}\">{}</text>\n",
            frame.at_x(frame.x.from) + 8.0,
            frame.at_y(base + 0.68),
            escape(&label(&one.method).0),
        ));
    }
    frame.svg(if wide { "wide" } else { "narrow" }, "Densities of the trials' validation AUC", &content)
}

fn density(values: &[f64], at: f64) -> f64 {
    values.iter().map(|value| (-0.5 * ((at - value) / BANDWIDTH).powi(2)).exp()).sum()
}

fn table(found: &[SearchResult], label: &Names<'_>) -> String {
    let mut rows = String::new();
    for one in found {
        let values: Vec<String> =
            one.values().iter().map(|(name, value)| format!("{name} {}", format_value(*value))).collect();
        let best = one.trials.iter().find(|trial| trial.number == one.best);
        let failed = one.trials.iter().filter(|trial| trial.failure.is_some()).count();
        rows.push_str(&format!(
            "<tr><th scope=\"row\">{}</th><td>{}</td><td>{failed}</td><td>{}</td><td>{:.3}</td><td>{}</td></tr>\n",
            escape(&label(&one.method).0),
            one.trials.len(),
            one.best,
            best.and_then(|trial| trial.score).unwrap_or_default(),
            escape(&values.join(", ")),
        ));
    }
    format!(
        "{}<table class=\"plain\">\n<caption>What the searches found</caption>\n<thead><tr>\
         <th scope=\"col\">Method</th><th scope=\"col\">Trials</th><th scope=\"col\">Failed</th>\
         <th scope=\"col\">Best trial</th><th scope=\"col\">Its score</th><th scope=\"col\">Its values</th>\
         </tr></thead>\n<tbody>\n{rows}</tbody>\n</table></div>\n",
        scroll("What the searches found")
    )
}

/// Every trial of one search.
pub(crate) fn trials(found: &SearchResult) -> String {
    let names: Vec<&str> = found.values().iter().map(|(name, _)| name.as_str()).collect();
    let head: String = names.iter().map(|name| format!("<th scope=\"col\">{}</th>", escape(name))).collect();
    let mut rows = String::new();
    for trial in &found.trials {
        let values: String =
            trial.values.iter().map(|(_, value)| format!("<td>{}</td>", format_value(*value))).collect();
        let outcome = match (trial.score, &trial.failure) {
            (Some(score), _) => format!("{score:.3}"),
            (None, Some(reason)) => format!("failed: {}", escape(reason)),
            (None, None) => "not done".to_owned(),
        };
        rows.push_str(&format!(
            "<tr><th scope=\"row\">{}</th>{values}<td>{}</td><td>{outcome}</td></tr>\n",
            trial.number,
            escape(&trial.origin),
        ));
    }
    let table = format!(
        "{}<table class=\"plain\">\n<caption>Trials in the order in which they were asked for</caption>\n\
         <thead><tr><th scope=\"col\">Trial</th>{head}<th scope=\"col\">Chosen by</th>\
         <th scope=\"col\">Score</th></tr></thead>\n<tbody>\n{rows}</tbody>\n</table></div>\n",
        scroll("Trials")
    );
    section("trials", "Trials", &table)
}

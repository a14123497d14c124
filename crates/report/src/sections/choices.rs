//! Values that were chosen by trying several, each in a run of its own (tap2024, Tables 2, 3, 6 and 21).

use super::{escape, scroll, section};
use crate::Page;
use herring_experiments::collect::{Collection, Content, StoredRun};
use herring_protocol::{NeedSpec, RunId, RunScores};

/// The section; empty if no run chose a value.
pub fn render(page: &Page<'_>) -> String {
    let collection = page.collection;
    let mut shown: Vec<(&str, &NeedSpec)> = Vec::new();
    let mut rows = String::new();
    for stored in &collection.runs {
        for need in &stored.run.spec.needs {
            let label = collection.label(&stored.run.spec.method);
            // Seeds may share their trials.
            if !shown.contains(&(label, need)) {
                shown.push((label, need));
                rows.push_str(&row(collection, stored, need));
            }
        }
    }
    if rows.is_empty() {
        return String::new();
    }
    let body = format!(
        "<p>A value in this table was chosen among several: each of them was tried in a run of its own, and the one with the \
         best score was taken. The trials have no row in the table of results. “Stated” is what the configuration says and \
         what a run without a choice would use; for a paper’s experiment it is the paper’s value.</p>\n{}<table \
         class=\"plain\">\n<caption>Chosen values</caption>\n<thead><tr><th scope=\"col\">Method</th>\
         <th scope=\"col\">Value of</th><th scope=\"col\">Stated</th><th scope=\"col\">Chosen</th>\
         <th scope=\"col\">By</th><th scope=\"col\">Tried</th></tr></thead>\n<tbody>\n{rows}</tbody>\n</table></div>\n",
        scroll("Chosen values")
    );
    section("choices", "Which values were chosen?", &body)
}

fn row(collection: &Collection, stored: &StoredRun, need: &NeedSpec) -> String {
    let spec = &stored.run.spec;
    let stated = spec.fields().into_iter().find(|(name, _)| *name == need.field).map(|(_, value)| value);
    let stated = stated.and_then(|text| text.parse().ok()).map_or_else(|| "–".to_owned(), stated_value);
    let scores: Vec<Option<&RunScores>> =
        need.alternatives.iter().map(|tried| scores(collection, &tried.run)).collect();
    let value = |place: usize| scores[place].and_then(|found| need.score.of(found, spec.evaluation.auc));
    let all_done = need.alternatives.iter().all(|tried| !matches!(content(collection, &tried.run), Content::Missing));
    let best = if all_done { need.best(spec.evaluation.auc, &scores) } else { None };
    let chosen = best.map_or_else(|| "not yet".to_owned(), |place| stated_value(need.alternatives[place].value));
    let tried: Vec<String> = need
        .alternatives
        .iter()
        .enumerate()
        .map(|(place, tried)| {
            let found = match (value(place), content(collection, &tried.run)) {
                (Some(value), _) => format!("{value:.3}"),
                (None, Content::Failed(_)) => "failed".to_owned(),
                (None, _) => "–".to_owned(),
            };
            let text = format!("{}: {found}", stated_value(tried.value));
            if best == Some(place) { format!("<strong>{text}</strong>") } else { text }
        })
        .collect();
    format!(
        "<tr><th scope=\"row\">{}</th><td>{}</td><td>{stated}</td><td>{chosen}</td><td>{}</td><td>{}</td></tr>\n",
        escape(collection.label(&spec.method)),
        escape(&need.field),
        escape(&need.score.label()),
        tried.join(", "),
    )
}

/// The stored state of a run; missing where the plan has no such run.
fn content<'a>(collection: &'a Collection, id: &RunId) -> &'a Content {
    let found = collection.runs.iter().find(|stored| stored.run.id == *id);
    found.map_or(&Content::Missing, |stored| &stored.content)
}

fn scores<'a>(collection: &'a Collection, id: &RunId) -> Option<&'a RunScores> {
    match content(collection, id) {
        Content::Finished(run) => Some(&run.result.scores),
        Content::Failed(_) | Content::Missing => None,
    }
}

/// A value that someone stated: all of its digits, and powers of ten where they are shorter.
fn stated_value(value: f64) -> String {
    match value.abs() {
        0.0 | 1e-3..1e4 => format!("{value}"),
        _ => format!("{value:e}"),
    }
}

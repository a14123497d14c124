//! Every run.

use super::{escape, head::provenance, scroll, section, style::style};
use crate::Page;
use herring_experiments::{
    collect::{Collection, Content, StoredRun},
    store::clock::format_duration,
};
use herring_protocol::{AucKind, ScoreKind, ScoreName, ScoredModel, TEST, VALID};

/// The section.
pub fn render(page: &Page<'_>) -> String {
    let collection = page.collection;
    let columns = columns(collection);
    let rows: String = collection.runs.iter().map(|stored| row(collection, stored, &columns)).collect();
    let heads: String =
        columns.iter().map(|score| format!("<th scope=\"col\">{}</th>", escape(&score.label()))).collect();
    let body = format!(
        "<p>A run’s folder is <code>runs/&lt;method&gt;-&lt;seed&gt;-&lt;id&gt;</code>; its id stands for \
         everything that decides its result.</p>\n{}<table class=\"runs\">\n\
         <caption>Every run with its numbers</caption>\n<thead><tr>\
         <th scope=\"col\">Method</th><th scope=\"col\">Seed</th>{heads}<th scope=\"col\">Time</th>\
         <th scope=\"col\">Id</th></tr></thead>\n<tbody>\n{rows}</tbody>\n</table></div>\n",
        scroll("Runs")
    );
    section("runs", "Runs", &body)
}

/// The scores of the experiment's table. The best epoch comes first; a test AUC stands behind the validation AUC
/// and, where it is the authors' score, before the ROC AUC.
fn columns(collection: &Collection) -> Vec<ScoreName> {
    let on = |set: &str, kind| ScoreName::OnSet { model: ScoredModel::Selected, set: set.to_owned(), kind };
    let of_table = &collection.configuration.columns;
    let mut columns = vec![ScoreName::BestEpoch];
    if of_table.contains(&on(TEST, ScoreKind::Auc)) {
        columns.push(on(VALID, ScoreKind::Auc));
    }
    columns.extend(of_table.iter().filter(|score| **score != ScoreName::BestEpoch).cloned());
    let roc = on(TEST, ScoreKind::RocAuc);
    if collection.plan.auc() == AucKind::Authors && !columns.contains(&roc) {
        columns.push(roc);
    }
    columns
}

fn row(collection: &Collection, stored: &StoredRun, columns: &[ScoreName]) -> String {
    let spec = &stored.run.spec;
    let width = columns.len();
    let numbers = match &stored.content {
        Content::Finished(run) => {
            let cell = |score: &ScoreName| match score.of(&run.result.scores, spec.evaluation.auc) {
                Some(epoch) if *score == ScoreName::BestEpoch => format!("<td>{epoch}</td>"),
                Some(value) => format!("<td>{value:.3}</td>"),
                None => "<td>–</td>".to_owned(),
            };
            columns.iter().map(cell).collect()
        }
        Content::Failed(run) => {
            format!("<td colspan=\"{width}\" class=\"failed\">failed: {}</td>", escape(&run.failed.message))
        }
        Content::Missing => format!("<td colspan=\"{width}\" class=\"missing\">not done yet</td>"),
    };
    let time = provenance(&stored.content).map_or_else(|| "–".to_owned(), |of| format_duration(of.wall_seconds));
    format!(
        "<tr><th scope=\"row\"><span class=\"swatch {}\"></span>{}</th><td>{}</td>{numbers}<td>{time}</td>\
         <td><code>{}</code></td></tr>\n",
        style(collection.style(&spec.method)).class,
        escape(collection.label(&spec.method)),
        spec.seed,
        escape(stored.run.id.as_str()),
    )
}

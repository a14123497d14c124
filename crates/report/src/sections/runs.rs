//! Every run.

use super::{escape, head::provenance, scroll, section, style::style};
use crate::{Page, number::Notation};
use herring_experiments::{
    collect::{Collection, Content, StoredRun},
    store::clock::format_duration,
};
use herring_protocol::{AucKind, ScoreKind, ScoreName, ScoredModel, TEST, VALID};

/// The section.
pub fn render(page: &Page<'_>) -> String {
    let collection = page.collection;
    let columns = columns(collection);
    let with_left_out = collection.runs.iter().any(|stored| left_out(stored) > 0);
    let rows: String = collection.runs.iter().map(|stored| row(collection, stored, &columns, with_left_out)).collect();
    let mut heads: String =
        columns.iter().map(|score| format!("<th scope=\"col\">{}</th>", escape(&score.label()))).collect();
    let mut words = String::new();
    if with_left_out {
        heads.push_str("<th scope=\"col\">Left out</th>");
        words.push_str(
            " “Left out” counts the training images, over all epochs, on which a penalty was not defined, for instance because \
             their map has no heat: there the run has the loss of the task alone.",
        );
    }
    let body = format!(
        "<p>A run’s folder is <code>runs/&lt;method&gt;-&lt;seed&gt;-&lt;id&gt;</code>; its id stands for \
         everything that decides its result.{words}</p>\n{}<table class=\"runs\">\n\
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

/// How many training images a penalty left out, over all epochs.
fn left_out(stored: &StoredRun) -> usize {
    match &stored.content {
        Content::Finished(run) => run.result.history.iter().map(|record| record.left_out).sum(),
        Content::Failed(_) | Content::Missing => 0,
    }
}

fn row(collection: &Collection, stored: &StoredRun, columns: &[ScoreName], with_left_out: bool) -> String {
    let spec = &stored.run.spec;
    let width = columns.len() + usize::from(with_left_out);
    let numbers = match &stored.content {
        Content::Finished(run) => {
            let cell = |score: &ScoreName| match score.of(&run.result.scores, spec.evaluation.auc) {
                Some(epoch) if *score == ScoreName::BestEpoch => format!("<td>{epoch}</td>"),
                Some(value) => format!("<td>{}</td>", Notation::of(value, 3).write(value)),
                None => "<td>–</td>".to_owned(),
            };
            let numbers: String = columns.iter().map(cell).collect();
            let left_out = if with_left_out { format!("<td>{}</td>", left_out(stored)) } else { String::new() };
            numbers + &left_out
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

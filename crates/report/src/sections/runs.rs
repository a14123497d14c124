//! Every run.

use super::{escape, head::provenance, scroll, section, style::style};
use crate::Page;
use herring_experiments::{
    collect::{Collection, Content, StoredRun},
    store::clock::format_duration,
};
use herring_protocol::{AucKind, Localisation, TEST, VALID};

/// The section.
pub fn render(page: &Page<'_>) -> String {
    let collection = page.collection;
    let rows: String = collection.runs.iter().map(|stored| row(collection, stored)).collect();
    // Beside the authors' score, the ROC AUC under its own name.
    let beside = match collection.plan.auc() {
        AucKind::Authors => "<th scope=\"col\">Test ROC AUC</th>",
        AucKind::Roc => "",
    };
    let body = format!(
        "<p>A run’s folder is <code>runs/&lt;method&gt;-&lt;seed&gt;-&lt;id&gt;</code>; its id stands for \
         everything that decides its result.</p>\n{}<table class=\"runs\">\n\
         <caption>Every run with its numbers</caption>\n<thead><tr>\
         <th scope=\"col\">Method</th><th scope=\"col\">Seed</th><th scope=\"col\">Best epoch</th>\
         <th scope=\"col\">Valid AUC</th><th scope=\"col\">Test AUC</th><th scope=\"col\">IoU</th>\
         <th scope=\"col\">IoP</th><th scope=\"col\">IoT</th>{beside}<th scope=\"col\">Time</th><th scope=\"col\">Id</th>\
         </tr></thead>\n<tbody>\n{rows}</tbody>\n</table></div>\n",
        scroll("Runs")
    );
    section("runs", "Runs", &body)
}

fn row(collection: &Collection, stored: &StoredRun) -> String {
    let spec = &stored.run.spec;
    let width = if spec.evaluation.auc == AucKind::Roc { 6 } else { 7 };
    let numbers = match &stored.content {
        Content::Finished(run) => {
            let scores = &run.result.scores;
            let (valid, test) = (scores.on(VALID), scores.on(TEST));
            let found = scores.gradient();
            let overlap = |of: fn(&Localisation) -> f64| found.map(of);
            let mut cells = format!("<td>{}</td>", scores.best_epoch);
            for value in [
                valid.map(|scores| spec.evaluation.auc.of(scores)),
                test.map(|scores| spec.evaluation.auc.of(scores)),
                overlap(|found| found.iou),
                overlap(|found| found.iop),
                overlap(|found| found.iot),
            ] {
                cells.push_str(&value.map_or_else(|| "<td>–</td>".to_owned(), |value| format!("<td>{value:.3}</td>")));
            }
            if spec.evaluation.auc != AucKind::Roc {
                let roc = test.map(|scores| format!("<td>{:.3}</td>", AucKind::Roc.of(scores)));
                cells.push_str(&roc.unwrap_or_else(|| "<td>–</td>".to_owned()));
            }
            cells
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

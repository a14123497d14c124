//! Every run.

use super::{escape, head::provenance, look, scroll, section};
use crate::{
    clock::spoken,
    collect::{Collection, Content, StoredRun},
};
use herring_protocol::AucKind;

pub(super) fn render(collection: &Collection) -> String {
    let rows: String = collection
        .plan
        .methods()
        .into_iter()
        .flat_map(|method| collection.of(method))
        .map(|stored| row(collection, stored))
        .collect();
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
            let result = &run.result;
            let mut cells = format!("<td>{}</td>", result.best_epoch);
            for value in [
                spec.evaluation.auc.of(&result.valid),
                spec.evaluation.auc.of(&result.test),
                result.localisation.iou,
                result.localisation.iop,
                result.localisation.iot,
            ] {
                cells.push_str(&format!("<td>{value:.3}</td>"));
            }
            if spec.evaluation.auc != AucKind::Roc {
                cells.push_str(&format!("<td>{:.3}</td>", AucKind::Roc.of(&result.test)));
            }
            cells
        }
        Content::Failed(run) => {
            format!("<td colspan=\"{width}\" class=\"failed\">failed: {}</td>", escape(&run.failed.message))
        }
        Content::Missing => format!("<td colspan=\"{width}\" class=\"missing\">not done yet</td>"),
    };
    let time = provenance(&stored.content).map_or_else(|| "–".to_owned(), |of| spoken(of.wall_seconds));
    format!(
        "<tr><th scope=\"row\"><span class=\"swatch {}\"></span>{}</th><td>{}</td>{numbers}<td>{time}</td>\
         <td><code>{}</code></td></tr>\n",
        look::class(spec.method),
        escape(collection.label(spec.method)),
        spec.seed,
        escape(stored.run.id.as_str()),
    )
}

//! Whether models look at decoys: overlap of the strongest pixels of their maps, and of annotations, with the decoys
//! (tap2024, Tables 4 and 5, Figure 8).

use super::{escape, further, scroll, section};
use crate::Page;
use herring_protocol::ScoreName;

/// The section; empty if no overlap with decoys was measured.
pub fn render(page: &Page<'_>) -> String {
    let results = page.results;
    let mut columns: Vec<ScoreName> = Vec::new();
    for (score, _) in results.rows.iter().flat_map(|row| &row.values) {
        if matches!(score, ScoreName::Decoy { .. }) && !columns.contains(score) {
            columns.push(score.clone());
        }
    }
    if columns.is_empty() {
        return String::new();
    }
    let heads: String =
        columns.iter().map(|score| format!("<th scope=\"col\">{}</th>", escape(&score.label()))).collect();
    let rows: String = results.rows.iter().map(|row| further::line(row, &columns)).collect();
    let body = format!(
        "<p>Of each permuted test image the strongest pixels of a map are compared with the image’s decoy: the recall is the \
         share of the decoy that they cover, the precision the share of them that lie on it. The maps are the input gradient \
         and the activations at several depths (taps), the first one first. Annotations are the pixels that are penalised in the \
         training images, where a teacher or noise says which; of them a high recall is good. Mean ± sample SD over seeds, \
         below it the paper’s value, where there is one.</p>\n{}<table class=\"runs\">\n\
         <caption>Overlap with decoys</caption>\n<thead><tr><th scope=\"col\">Method</th>{heads}</tr></thead>\n\
         <tbody>\n{rows}</tbody>\n</table></div>\n",
        scroll("Overlap with decoys")
    );
    section("decoys", "Do the models look at the decoys?", &body)
}

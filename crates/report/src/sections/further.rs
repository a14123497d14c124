//! Scores that are not columns of the table: worst environments and further attributions.

use super::{escape, scroll, section, style::style};
use crate::{Page, number::Notation};
use herring_experiments::{
    collect::Collection,
    results::{Results, Row},
};
use herring_protocol::{AucKind, GRADIENT, ScoreKind, ScoreName, ScoredModel, TEST};

/// The section; empty if the runs have no further scores.
pub fn render(page: &Page<'_>) -> String {
    let Page { collection, results, .. } = page;
    let mut columns: Vec<ScoreName> = Vec::new();
    for (score, _) in results.rows.iter().flat_map(|row| &row.values) {
        if is_further(score, results) && !columns.contains(score) {
            columns.push(score.clone());
        }
    }
    if columns.is_empty() {
        return String::new();
    }
    let environments = environments(collection, results);
    let heat = match columns.iter().any(|score| matches!(score, ScoreName::Heat { .. })) {
        true => {
            "The heat in a region is the share of the positive part of a class activation map that lies there, mean over the \
             classes. "
        }
        false => "",
    };
    let heads: String =
        columns.iter().map(|score| format!("<th scope=\"col\">{}</th>", escape(&score.label()))).collect();
    let rows: String = results.rows.iter().map(|row| line(row, &columns)).collect();
    let body = format!(
        "{environments}<p>{} The worst environment of a run is the one with the lowest score on the test images, and the \
         worst group the class in an environment with the lowest accuracy; an AUC is defined where an environment holds \
         every class, and ranks within it: a shortcut that is the same for all of its images does not show in it, but does \
         in the accuracy. Integrated gradients start from a zero image and are smoothed like \
         the input gradient; occlusion moves a zero square by its own side and is not smoothed. {heat}Mean ± sample \
         SD over seeds, below it the value of the authors’ corrected tables, where there is one.</p>\n{}\
         <table class=\"runs\">\n<caption>Further scores</caption>\n<thead><tr>\
         <th scope=\"col\">Method</th>{heads}</tr></thead>\n<tbody>\n{rows}</tbody>\n</table></div>\n",
        crate::auc::sentence(results.auc),
        scroll("Further scores")
    );
    section("further", "Environments and further attributions", &body)
}

/// Whether a score belongs to this section: scores on the test images that the table lacks, without duplicates under
/// another name.
fn is_further(score: &ScoreName, results: &Results) -> bool {
    if results.columns.contains(score) {
        return false;
    }
    match score {
        ScoreName::OnSet { model: ScoredModel::Selected, set, kind } => {
            set == TEST
                && match kind {
                    // The table has the authors' score, as the paper does; this section adds the ROC AUC.
                    ScoreKind::RocAuc => results.auc != AucKind::Roc,
                    ScoreKind::Accuracy
                    | ScoreKind::WorstAuc
                    | ScoreKind::WorstAccuracy
                    | ScoreKind::WorstGroupAccuracy => true,
                    ScoreKind::Auc => results.auc == AucKind::Roc,
                    ScoreKind::AuthorsAuc
                    | ScoreKind::AveragePrecision
                    | ScoreKind::CrossEntropy
                    | ScoreKind::Loss
                    | ScoreKind::F1
                    | ScoreKind::ReleasedF1
                    | ScoreKind::AbsoluteError => false,
                }
        }
        ScoreName::OnSet { model: ScoredModel::Last, .. }
        | ScoreName::Difference { .. }
        | ScoreName::Decoy { .. }
        | ScoreName::BestEpoch => false,
        ScoreName::Overlap { attribution, .. } => attribution != GRADIENT,
        ScoreName::Heat { .. } => true,
    }
}

/// Accuracy and AUC on the test images of each environment, means over seeds.
fn environments(collection: &Collection, results: &Results) -> String {
    let Some(images) = &collection.images else {
        return String::new();
    };
    let heads: String = images
        .environments
        .iter()
        .map(|name| {
            format!(
                "<th scope=\"col\">{0}<br><small>accuracy</small></th><th scope=\"col\">{0}<br><small>AUC</small></th>",
                escape(name)
            )
        })
        .collect();
    let mut rows = String::new();
    for row in &results.rows {
        let mut cells = String::new();
        for environment in 0..images.environments.len() {
            let scores: Vec<_> = collection
                .finished(&row.method)
                .filter_map(|(_, run)| {
                    run.result.scores.on(TEST)?.environments.iter().find(|of| of.environment == environment)
                })
                .collect();
            let accuracies: Vec<f64> = scores.iter().map(|scores| scores.accuracy).collect();
            let aucs: Vec<f64> = scores.iter().filter_map(|scores| results.auc.within(scores)).collect();
            for values in [accuracies, aucs] {
                let mean = herring_stats::summary::mean(&values);
                cells.push_str(&mean.map_or_else(|_| "<td>–</td>".to_owned(), |mean| format!("<td>{mean:.3}</td>")));
            }
        }
        let (class, label) = (style(&row.style).class, escape(&row.label));
        rows.push_str(&format!(
            "<tr><th scope=\"row\"><span class=\"swatch {class}\"></span>{label}</th>{cells}</tr>\n"
        ));
    }
    format!(
        "<p>Scores on the test images of each environment, means over seeds.</p>\n{}<table class=\"runs\">\n\
         <caption>Each environment</caption>\n<thead><tr><th scope=\"col\">Method</th>{heads}</tr></thead>\n\
         <tbody>\n{rows}</tbody>\n</table></div>\n",
        scroll("Scores by environment")
    )
}

/// A row of a table with these columns.
pub(super) fn line(row: &Row, columns: &[ScoreName]) -> String {
    let cells: String = columns.iter().map(|score| cell(row, score)).collect();
    format!(
        "<tr><th scope=\"row\"><span class=\"swatch {}\"></span>{}</th>{cells}</tr>\n",
        style(&row.style).class,
        escape(&row.label)
    )
}

fn cell(row: &Row, score: &ScoreName) -> String {
    let ours = match row.value(score) {
        Some(spread) => {
            let notation = Notation::of(spread.mean, 3);
            let sd = spread.sd.map_or_else(String::new, |sd| format!(" ± {}", notation.write(sd)));
            format!("{}{sd}", notation.write(spread.mean))
        }
        None => "–".to_owned(),
    };
    let theirs = row.target.as_ref().and_then(|target| target.value(score));
    let theirs = theirs.map_or_else(String::new, |value| {
        format!(
            "<br><small class=\"paper\" title=\"{}\">paper {:.2} ± {:.2}</small>",
            escape(&value.source),
            value.mean,
            value.sd
        )
    });
    format!("<td>{ours}{theirs}</td>")
}

//! The table.

use super::{escape, scroll, section, style::style};
use crate::{Page, number::Notation, table::seeds};
use herring_experiments::{
    config::{Judgement, Scale, TargetValue},
    results::{Convergence, Results, Row, Standing},
};
use herring_protocol::ScoreName;

/// The section.
pub fn render(page: &Page<'_>) -> String {
    let Page { collection, results, .. } = page;
    let published = results.has_targets();
    let words = match results.judgement {
        _ if results.unknown_images.is_some() => {
            "<strong>The images are not the paper’s</strong>; generated stand-ins, for example, are not. The paper’s values show \
             the layout only and cannot be compared."
        }
        _ if !published && results.scale == Scale::Smoke => {
            "There are no published numbers to compare with. This scale is too small to mean anything: it shows that \
             everything runs."
        }
        _ if !published => "There are no published numbers to compare with.",
        Judgement::Paper => {
            "This is the paper’s setting. A row agrees with the paper where the 95 % intervals of both \
             means meet, or both are the same to two digits."
        }
        Judgement::Findings => {
            "This is <strong>not the paper’s setting</strong>, so numbers are not comparable; a verdict \
             says only whether the paper’s qualitative finding is seen."
        }
        Judgement::None => {
            "This is <strong>not the paper’s setting</strong> and too small to mean anything: it shows \
             that everything runs."
        }
    };
    let heads: String =
        results.columns.iter().map(|score| format!("<th scope=\"col\">{}</th>", escape(&score.label()))).collect();
    let rows: String = results.rows.iter().map(|each| row(each, results, published)).collect();
    let sources: String = collection
        .targets
        .sources
        .iter()
        .map(|(name, text)| format!("<li><b>{}</b>: {}</li>\n", escape(name), escape(text)))
        .collect();
    let (beside, caption, sources) = match published {
        true => (
            ", and the paper’s value",
            "Each method compared with the paper",
            format!(
                "<details><summary>Where the paper’s values come from</summary>\n<ul>\n{sources}</ul>\n</details>\n"
            ),
        ),
        false => ("", "Each method", String::new()),
    };
    let body = format!(
        "<p>{words} Each cell holds the mean ± sample SD over seeds and Student’s 95 % interval of the \
         mean{beside}. {}</p>\n\
         {}<table class=\"results\">\n<caption>{caption}</caption>\n<thead><tr><th scope=\"col\">Method</th>{heads}\
         <th scope=\"col\">Seeds</th>{verdict}</tr></thead>\n<tbody>\n{rows}</tbody>\n\
         </table></div>\n{sources}",
        meaning(results),
        scroll("Results"),
        verdict = if published { "<th scope=\"col\">Verdict</th>" } else { "" },
    );
    section("results", "Results", &body)
}

/// Explanations of the table's columns that are easily misunderstood.
fn meaning(results: &Results) -> String {
    let overlap = results.columns.iter().any(|score| matches!(score, ScoreName::Overlap { .. }));
    let mut text = if results.any_diverged() { format!("{} ", Convergence::NOTE) } else { String::new() };
    if overlap {
        text.push_str(
            "IoU, IoP and IoT are intersection over union, over prediction and over truth of thresholded saliency and mask",
        );
        text.push_str(if results.has_targets() { "; what the paper prints as IoU is IoP. " } else { ". " });
    }
    if !results.note.is_empty() {
        text.push_str(&format!("{} ", escape(&results.note)));
    }
    if results.columns.iter().any(crate::auc::is_auc) {
        text.push_str(crate::auc::sentence(results.auc));
    }
    text
}

fn row(row: &Row, results: &Results, published: bool) -> String {
    let cells: String = results.columns.iter().map(|score| cell(row, score, published)).collect();
    let (class, word) = match row.verdict.standing {
        Standing::Agrees => ("good", "agrees"),
        Standing::Seen => ("good", "seen"),
        Standing::SeenInMean => ("none", "seen in the mean only"),
        Standing::Differs => ("bad", "differs"),
        Standing::NotSeen => ("bad", "not seen"),
        Standing::Unjudged => ("none", "not judged"),
    };
    let failed = if row.failed > 0 { " failed" } else { "" };
    let verdict = format!(
        "<td data-label=\"Verdict\" class=\"verdict\"><span class=\"badge {class}\">{word}</span> {}</td>",
        escape(&row.verdict.reason)
    );
    format!(
        "<tr><th scope=\"row\"><span class=\"swatch {}\"></span>{}</th>{cells}\
         <td data-label=\"Seeds\" class=\"number{failed}\">{}</td>{}</tr>\n",
        style(&row.style).class,
        escape(&row.label),
        escape(&seeds(row)),
        if published { verdict } else { String::new() },
    )
}

fn cell(row: &Row, score: &ScoreName, published: bool) -> String {
    let theirs = row.target.as_ref().and_then(|target| target.value(score));
    format!(
        "<td data-label=\"{}\" class=\"number\">{}{}</td>",
        escape(&score.label()),
        ours(row, score),
        if published { paper(theirs, score) } else { String::new() },
    )
}

fn ours(row: &Row, score: &ScoreName) -> String {
    let Some(mark) = row.convergence().mark() else {
        return format!("<b class=\"failed\">{}</b>", Convergence::DNC);
    };
    let Some(spread) = row.value(score) else {
        return "<b>–</b>".to_owned();
    };
    let notation = Notation::of(spread.mean, score.digits());
    let write = |value| notation.write(value);
    let sd = spread.sd.map_or_else(String::new, |sd| format!(" <span class=\"sd\">± {}</span>", write(sd)));
    // Of an epoch's number it would say little.
    let interval = spread.interval.filter(|_| *score != ScoreName::BestEpoch);
    let interval =
        interval.map_or_else(String::new, |(low, high)| format!("<small>[{}, {}]</small>", write(low), write(high)));
    format!("<span class=\"ours\"><b>{}{mark}</b>{sd}</span>{interval}", write(spread.mean))
}

fn paper(value: Option<&TargetValue>, score: &ScoreName) -> String {
    match value {
        Some(value) => {
            let notation = Notation::of(value.mean, score.digits());
            format!(
                "<small class=\"paper\" title=\"{}\">paper {} ± {}</small>",
                escape(&value.source),
                notation.write(value.mean),
                notation.write(value.sd)
            )
        }
        None => "<small class=\"paper\">paper –</small>".to_owned(),
    }
}

//! The table.

use super::{escape, look, scroll, section};
use crate::{
    aggregate::{Results, Row},
    collect::Collection,
    config::{Judgement, Metric, TargetValue},
    statistics::Spread,
    table::seeds,
    verdict::Standing,
};

pub(super) fn render(collection: &Collection, results: &Results) -> String {
    let published = results.rows.iter().any(|row| row.target.is_some());
    let words = match results.judgement {
        _ if results.unknown_images.is_some() => {
            "<strong>The images are not the paper’s</strong>: they are of no known issue of its tables, as generated \
             stand-ins are. The paper’s values stand beside the numbers for the layout only."
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
        Metric::TABLE.iter().map(|metric| format!("<th scope=\"col\">{}</th>", metric.label())).collect();
    let rows: String = results.rows.iter().map(|each| row(each, published)).collect();
    let sources: String = collection
        .targets
        .sources
        .iter()
        .map(|(name, text)| format!("<li><b>{}</b>: {}</li>\n", escape(name), escape(text)))
        .collect();
    let (beside, caption, sources) = match published {
        true => (
            ", and the paper’s value",
            "Each method beside the paper",
            format!(
                "<details><summary>Where the paper’s values come from</summary>\n<ul>\n{sources}</ul>\n</details>\n"
            ),
        ),
        false => ("", "Each method", String::new()),
    };
    let body = format!(
        "<p>{words} Each cell holds the mean ± sample SD over seeds and Student’s 95 % interval of the \
         mean{beside}. IoU, IoP and IoT are intersection over union, over prediction and over \
         truth of thresholded saliency and mask; what the paper prints as IoU is IoP. {}</p>\n\
         {}<table class=\"results\">\n<caption>{caption}</caption>\n<thead><tr><th scope=\"col\">Method</th>{heads}\
         <th scope=\"col\">Seeds</th><th scope=\"col\">Verdict</th></tr></thead>\n<tbody>\n{rows}</tbody>\n\
         </table></div>\n{sources}",
        crate::auc::sentence(results.auc),
        scroll("Results")
    );
    section("results", "Results", &body)
}

fn row(row: &Row, published: bool) -> String {
    let cells: String = Metric::TABLE.iter().map(|metric| cell(row, *metric, published)).collect();
    let (class, word) = match row.verdict.standing {
        Standing::Agrees => ("good", "agrees"),
        Standing::Seen => ("good", "seen"),
        Standing::Differs => ("bad", "differs"),
        Standing::NotSeen => ("bad", "not seen"),
        Standing::Unjudged => ("none", "not judged"),
    };
    // The word stands in the badge; what follows it is the reason.
    let reason = row.verdict.text.split_once(": ").map_or(row.verdict.text.as_str(), |(_, reason)| reason);
    let failed = if row.failed > 0 { " failed" } else { "" };
    format!(
        "<tr><th scope=\"row\"><span class=\"swatch {}\"></span>{}</th>{cells}\
         <td data-label=\"Seeds\" class=\"number{failed}\">{}</td>\
         <td data-label=\"Verdict\" class=\"verdict\"><span class=\"badge {class}\">{word}</span> {}</td></tr>\n",
        look::class(row.method),
        escape(&row.label),
        escape(&seeds(row)),
        escape(reason),
    )
}

fn cell(row: &Row, metric: Metric, published: bool) -> String {
    let theirs = row.target.as_ref().and_then(|target| target.value(metric));
    format!(
        "<td data-label=\"{}\" class=\"number\">{}{}</td>",
        metric.label(),
        ours(row.value(metric), metric),
        if published { paper(theirs, metric) } else { String::new() },
    )
}

fn ours(spread: Option<&Spread>, metric: Metric) -> String {
    let digits = metric.digits();
    let Some(spread) = spread else {
        return "<b>–</b>".to_owned();
    };
    let sd = spread.sd.map_or_else(String::new, |sd| format!(" <span class=\"sd\">± {sd:.digits$}</span>"));
    // Of an epoch's number it would say little.
    let interval = spread.interval.filter(|_| metric != Metric::BestEpoch);
    let interval =
        interval.map_or_else(String::new, |(low, high)| format!("<small>[{low:.digits$}, {high:.digits$}]</small>"));
    format!("<span class=\"ours\"><b>{:.digits$}</b>{sd}</span>{interval}", spread.mean)
}

fn paper(value: Option<&TargetValue>, metric: Metric) -> String {
    let digits = metric.digits();
    match value {
        Some(value) => format!(
            "<small class=\"paper\" title=\"{}\">paper {:.digits$} ± {:.digits$}</small>",
            escape(&value.source),
            value.mean,
            value.sd
        ),
        None => "<small class=\"paper\">paper –</small>".to_owned(),
    }
}

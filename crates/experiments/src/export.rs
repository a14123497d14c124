//! The table and the runs as files for other programs.

use crate::{
    aggregate::{Results, metric_of},
    collect::{Collection, Content},
    config::Metric,
    store::{StoreError, pretty_json},
};
use serde::Serialize;
use std::path::Path;

/// One run in `results.json`.
#[derive(Serialize)]
struct RunLine<'a> {
    id: &'a str,
    method: &'static str,
    seed: u32,
    state: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    message: Option<&'a str>,
    #[serde(serialize_with = "crate::json::as_map")]
    values: Vec<(Metric, f64)>,
}

#[derive(Serialize)]
struct File<'a> {
    #[serde(flatten)]
    results: &'a Results,
    runs: Vec<RunLine<'a>>,
}

/// `results.json`: rows and runs.
pub(crate) fn json(collection: &Collection, results: &Results, path: &Path) -> Result<Vec<u8>, StoreError> {
    let runs = collection.runs.iter().map(|stored| {
        let (state, message, values) = match &stored.content {
            Content::Finished(run) => {
                let values = Metric::ALL.map(|metric| (metric, metric_of(run, metric)));
                ("finished", None, values.to_vec())
            }
            Content::Failed(run) => ("failed", Some(run.failed.message.as_str()), Vec::new()),
            Content::Missing => ("missing", None, Vec::new()),
        };
        RunLine {
            id: stored.run.id.as_str(),
            method: stored.run.spec.method.name(),
            seed: stored.run.spec.seed,
            state,
            message,
            values,
        }
    });
    let file = File { results, runs: runs.collect() };
    pretty_json(path, &file)
}

/// `results.csv`: a line a row and column of the table.
pub(crate) fn csv(results: &Results) -> String {
    // The standing is that of the whole row and stands the same beside each of its metrics.
    let mut text = String::from(
        "method,metric,mean,sd,interval_low,interval_high,seeds,failed,missing,paper_mean,paper_sd,row_standing\n",
    );
    let number = |value: Option<f64>| value.map_or_else(String::new, |value| value.to_string());
    for row in &results.rows {
        for metric in Metric::ALL {
            let ours = row.value(metric);
            let theirs = row.target.as_ref().and_then(|target| target.value(metric));
            let interval = ours.and_then(|spread| spread.interval);
            let standing = serde_json::to_value(row.verdict.standing);
            let standing = standing.ok().and_then(|name| name.as_str().map(str::to_owned));
            let cells = [
                row.method.name().to_owned(),
                metric.name().to_owned(),
                number(ours.map(|spread| spread.mean)),
                number(ours.and_then(|spread| spread.sd)),
                number(interval.map(|(low, _)| low)),
                number(interval.map(|(_, high)| high)),
                row.finished.to_string(),
                row.failed.to_string(),
                row.missing.to_string(),
                number(theirs.map(|value| value.mean)),
                number(theirs.map(|value| value.sd)),
                standing.unwrap_or_default(),
            ];
            text.push_str(&cells.join(","));
            text.push('\n');
        }
    }
    text
}

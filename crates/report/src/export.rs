//! Exports of results for other programs: one row for each run, or for each cell of the table.

use herring_experiments::{
    Catalogue,
    aggregate::scores_of,
    collect::{CollectError, Collection, Content},
    results::Results,
    store::{StoreError, pretty_json, replace},
};
use herring_protocol::{MethodName, RunId, ScoreName};
use serde::Serialize;
use serde_json::{Map, Value};
use std::path::Path;

/// One run in `results.json`.
#[derive(Serialize)]
struct RunLine<'a> {
    id: &'a RunId,
    method: &'a MethodName,
    seed: u32,
    state: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    message: Option<&'a str>,
    #[serde(serialize_with = "herring_experiments::json::as_map")]
    values: Vec<(ScoreName, f64)>,
}

#[derive(Serialize)]
struct File<'a> {
    #[serde(flatten)]
    results: &'a Results,
    runs: Vec<RunLine<'a>>,
}

/// `results.json`: rows and runs.
pub(crate) fn results_json(collection: &Collection, results: &Results, path: &Path) -> Result<Vec<u8>, StoreError> {
    let runs = collection.runs.iter().map(|stored| {
        let (state, message, values) = match &stored.content {
            Content::Finished(run) => {
                ("finished", None, scores_of(run, stored.run.spec.evaluation.auc, &results.columns))
            }
            Content::Failed(run) => ("failed", Some(run.failed.message.as_str()), Vec::new()),
            Content::Missing => ("missing", None, Vec::new()),
        };
        RunLine {
            id: &stored.run.id,
            method: &stored.run.spec.method,
            seed: stored.run.spec.seed,
            state,
            message,
            values,
        }
    });
    let file = File { results, runs: runs.collect() };
    pretty_json(path, &file)
}

/// Named columns and rows of values; `null` for a missing value.
#[derive(Debug, Clone, PartialEq)]
pub struct Table {
    columns: Vec<String>,
    rows: Vec<Vec<Value>>,
}

impl Table {
    /// One row for each run of the folder `out`, finished or not.
    ///
    /// # Errors
    /// If the folder holds no reproduction, or a file of it is damaged.
    pub fn runs(out: &Path, catalogue: &Catalogue) -> Result<Self, CollectError> {
        let collection = Collection::read(out, catalogue)?;
        let auc = collection.plan.auc();
        let scored = |stored: &herring_experiments::collect::StoredRun| match &stored.content {
            Content::Finished(run) => scores_of(run, auc, &collection.configuration.columns),
            _ => Vec::new(),
        };
        let mut names: Vec<ScoreName> = collection.configuration.columns.clone();
        for (name, _) in collection.runs.iter().flat_map(scored) {
            if !names.contains(&name) {
                names.push(name);
            }
        }
        let before = ["index", "id", "method", "seed", "state"].map(str::to_owned);
        let after = ["wall_seconds", "backend", "device", "threads", "message"].map(str::to_owned);
        let columns = before.into_iter().chain(names.iter().map(ScoreName::to_string)).chain(after).collect();
        let rows = collection.runs.iter().enumerate().map(|(index, stored)| {
            let (run, empty) = (&stored.run, Value::Null);
            let mut row: Vec<Value> =
                vec![index.into(), run.id.as_str().into(), run.spec.method.as_str().into(), run.spec.seed.into()];
            let (state, message) = match &stored.content {
                Content::Finished(_) => ("finished", empty.clone()),
                Content::Failed(failed) => ("failed", failed.failed.message.as_str().into()),
                Content::Missing => ("missing", empty.clone()),
            };
            row.push(state.into());
            let scores = scored(stored);
            row.extend(
                names
                    .iter()
                    .map(|name| Value::from(scores.iter().find(|(other, _)| other == name).map(|(_, value)| *value))),
            );
            let provenance = match &stored.content {
                Content::Finished(finished) => Some(&finished.provenance),
                Content::Failed(failed) => Some(&failed.provenance),
                Content::Missing => None,
            };
            match provenance {
                Some(provenance) => row.extend([
                    provenance.wall_seconds.into(),
                    provenance.computed_by.backend.as_str().into(),
                    provenance.computed_by.device.as_str().into(),
                    provenance.computed_by.threads.into(),
                ]),
                None => row.extend(vec![Value::Null; 4]),
            }
            row.push(message);
            row
        });
        let rows = rows.collect();
        Ok(Self { columns, rows })
    }

    /// A row a cell of the table of the folder `out`: method and score with mean, sample SD, the 95 %
    /// interval of the mean after Student, and the paper's value.
    ///
    /// # Errors
    /// If the folder holds no reproduction, or a file of it is damaged.
    pub fn cells(out: &Path, catalogue: &Catalogue) -> Result<Self, CollectError> {
        Ok(Self::of(&Results::of(&Collection::read(out, catalogue)?)))
    }

    pub(crate) fn of(results: &Results) -> Self {
        // The verdict is that of the whole row and is repeated for each of its scores.
        let columns = vec![
            "method",
            "score",
            "mean",
            "sd",
            "interval_low",
            "interval_high",
            "seeds",
            "failed",
            "missing",
            "paper_mean",
            "paper_sd",
            "row_standing",
        ];
        let columns = columns.into_iter().map(str::to_owned).collect();
        let mut rows = Vec::new();
        for row in &results.rows {
            // The table's columns are exported even if no run has them.
            let published = row.target.iter().flat_map(|target| target.values.iter().map(|(score, _)| score));
            let mut names: Vec<&ScoreName> = results.columns.iter().collect();
            for name in row.values.iter().map(|(name, _)| name).chain(published) {
                if !names.contains(&name) {
                    names.push(name);
                }
            }
            for name in names {
                let ours = row.value(name);
                let theirs = row.target.as_ref().and_then(|target| target.value(name));
                let interval = ours.and_then(|spread| spread.interval);
                rows.push(vec![
                    row.method.as_str().into(),
                    name.to_string().into(),
                    ours.map(|spread| spread.mean).into(),
                    ours.and_then(|spread| spread.sd).into(),
                    interval.map(|(low, _)| low).into(),
                    interval.map(|(_, high)| high).into(),
                    row.finished.into(),
                    row.failed.into(),
                    row.missing.into(),
                    theirs.map(|value| value.mean).into(),
                    theirs.map(|value| value.sd).into(),
                    serde_json::to_value(row.verdict.standing).unwrap_or_default(),
                ]);
            }
        }
        Self { columns, rows }
    }
}

/// Comma-separated values (RFC 4180, lines ending in a newline) with a line of names.
pub fn csv(table: &Table) -> String {
    let quoted = |text: &str| match text.contains([',', '"', '\n', '\r']) {
        true => format!("\"{}\"", text.replace('"', "\"\"")),
        false => text.to_owned(),
    };
    let cell = |value: &Value| match value {
        Value::Null => String::new(),
        Value::String(text) => quoted(text),
        other => other.to_string(),
    };
    lines(table, &table.columns.join(","), |row| row.iter().map(cell).collect::<Vec<_>>().join(","))
}

/// A JSON array of objects.
pub fn json(table: &Table) -> String {
    let object = |row: &Vec<Value>| -> Value {
        let fields = table.columns.iter().cloned().zip(row.iter().cloned());
        fields.collect::<Map<_, _>>().into()
    };
    let rows: Value = table.rows.iter().map(object).collect();
    format!("{rows:#}\n")
}

/// A table in Markdown; numbers with three decimals.
pub fn markdown(table: &Table) -> String {
    let bar = |cells: Vec<String>| format!("| {} |", cells.join(" | "));
    let names = bar(table.columns.clone());
    let rule = bar(vec!["---".to_owned(); table.columns.len()]);
    let cell = |value: &Value| for_people(value).replace('|', "\\|").replace('\n', " ");
    lines(table, &format!("{names}\n{rule}"), |row| bar(row.iter().map(cell).collect()))
}

/// A tabular in LaTeX that needs the package booktabs; numbers with three decimals.
pub fn latex(table: &Table) -> String {
    let end = |cells: Vec<String>| format!("{} \\\\", cells.join(" & "));
    let kinds: String = (0..table.columns.len())
        .map(|column| if table.rows.iter().any(|row| row[column].is_string()) { 'l' } else { 'r' })
        .collect();
    let names = end(table.columns.iter().map(|name| escaped(name)).collect());
    let head = format!("\\begin{{tabular}}{{{kinds}}}\n\\toprule\n{names}\n\\midrule");
    let body = lines(table, &head, |row| end(row.iter().map(|value| escaped(&for_people(value))).collect()));
    format!("{body}\\bottomrule\n\\end{{tabular}}\n")
}

/// Writes a text atomically.
///
/// # Errors
/// If an I/O operation fails.
pub fn write(path: &Path, text: &str) -> Result<(), StoreError> {
    replace(path, text.as_bytes())
}

fn lines(table: &Table, head: &str, line: impl Fn(&Vec<Value>) -> String) -> String {
    let mut text = format!("{head}\n");
    for row in &table.rows {
        text.push_str(&line(row));
        text.push('\n');
    }
    text
}

fn for_people(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        Value::Number(number) if number.is_f64() => format!("{:.3}", number.as_f64().unwrap_or_default()),
        other => other.to_string(),
    }
}

/// Escapes LaTeX's special characters.
fn escaped(text: &str) -> String {
    let mut safe = String::new();
    for character in text.chars() {
        match character {
            '&' | '%' | '$' | '#' | '_' | '{' | '}' => safe.extend(['\\', character]),
            '~' => safe.push_str("\\textasciitilde{}"),
            '^' => safe.push_str("\\textasciicircum{}"),
            '\\' => safe.push_str("\\textbackslash{}"),
            '\n' => safe.push(' '),
            other => safe.push(other),
        }
    }
    safe
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table() -> Table {
        Table {
            columns: vec!["a_b".to_owned(), "c".to_owned()],
            rows: vec![vec!["x, \"y\"|50% & {z}".into(), 0.12345.into()], vec![Value::Null, 3.into()]],
        }
    }

    #[test]
    fn every_form_keeps_what_has_a_meaning_to_it_apart() {
        assert_eq!(csv(&table()), "a_b,c\n\"x, \"\"y\"\"|50% & {z}\",0.12345\n,3\n");
        assert_eq!(markdown(&table()), "| a_b | c |\n| --- | --- |\n| x, \"y\"\\|50% & {z} | 0.123 |\n|  | 3 |\n");
        let expected = "\\begin{tabular}{lr}\n\\toprule\na\\_b & c \\\\\n\\midrule\n\
                        x, \"y\"|50\\% \\& \\{z\\} & 0.123 \\\\\n & 3 \\\\\n\\bottomrule\n\\end{tabular}\n";
        assert_eq!(latex(&table()), expected);
        let back: Value = serde_json::from_str(&json(&table())).unwrap();
        assert_eq!(back[0]["c"], 0.12345);
        assert_eq!(back[1]["a_b"], Value::Null);
    }
}

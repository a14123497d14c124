//! The table as plain text for terminals.

use crate::number::Notation;
use comfy_table::{CellAlignment, ColumnConstraint, ContentArrangement, Table, Width, presets::UTF8_HORIZONTAL_ONLY};
use herring_experiments::{
    config::{Judgement, Scale, TargetValue},
    results::{Convergence, Results, Row},
    statistics::Spread,
};
use herring_protocol::ScoreName;
use std::fmt::Write;

/// Width of the table if standard output is not a terminal.
pub const PLAIN_WIDTH: usize = 120;

/// Minimum width of the verdict column.
const VERDICT: usize = 40;

/// Width of the terminal; [`PLAIN_WIDTH`] if standard output is not a terminal.
pub fn terminal_width() -> usize {
    Table::new().width().map_or(PLAIN_WIDTH, usize::from)
}

/// The table in `width` columns: each row with the paper's numbers below ours. If it is too narrow for the verdicts, they
/// follow below the table.
pub fn render(results: &Results, width: usize) -> String {
    let numbers = table(results, None).to_string();
    let needed = numbers.lines().map(|line| line.chars().count()).max().unwrap_or_default();
    let mut text = String::new();
    if !results.has_targets() {
        text.push_str(&numbers);
        text.push('\n');
    } else if needed + VERDICT + 2 <= width {
        text.push_str(&table(results, Some((width - needed - 3).min(2 * VERDICT))).to_string());
        text.push('\n');
    } else {
        text.push_str(&numbers);
        text.push('\n');
        let names = results.rows.iter().map(|row| row.method.as_str().len()).max().unwrap_or_default().max(12);
        for row in &results.rows {
            // Writing to a string cannot fail.
            let _ = writeln!(text, "{:names$} {}", row.method, row.verdict.text());
        }
    }
    let trimmed: Vec<_> = text.lines().map(str::trim_end).collect();
    format!("{}\n{}", trimmed.join("\n"), note(results))
}

/// The note that explains the numbers.
fn note(results: &Results) -> String {
    let meaning = meaning(results);
    if let Some(issue) = &results.unknown_images {
        return format!(
            "Scale {}, variant {}; mean ± sample SD over seeds. The images are NOT the paper's ({issue}): the numbers \
             stand next to the paper's for the layout only.\n{meaning}\n",
            results.scale, results.variant
        );
    }
    let judgement = match results.judgement {
        Judgement::Paper => "The paper's setting: `agrees` where the 95 % intervals of both means meet.",
        Judgement::Findings => {
            "Not the paper's setting: numbers are not comparable; a verdict says whether the paper's finding is seen."
        }
        Judgement::None => "Not the paper's setting, and too small to mean anything: it shows that everything runs.",
    };
    let published = results.has_targets();
    let judgement = match results.judgement {
        _ if published => judgement,
        _ if results.scale == Scale::Smoke => {
            "There are no published numbers to compare with. Too small to mean anything: it shows that everything runs."
        }
        _ => "There are no published numbers to compare with.",
    };
    format!(
        "Scale {}, variant {}; mean ± sample SD over seeds. {judgement}\n{}",
        results.scale,
        results.variant,
        if meaning.is_empty() { meaning } else { format!("{meaning}\n") }
    )
}

/// Explanations of columns that are easily misread: only those of the table.
fn meaning(results: &Results) -> String {
    let has = |name: &str| results.columns.iter().any(|column| column.to_string() == name);
    let overlap = if has("iop") && results.has_targets() { "What the paper prints as IoU is IoP. " } else { "" };
    let note = if results.note.is_empty() { String::new() } else { format!("{} ", results.note) };
    let auc = if results.columns.iter().any(crate::auc::is_auc) { crate::auc::note(results.auc) } else { "" };
    let marks = if results.any_diverged() { format!("{} ", Convergence::NOTE) } else { String::new() };
    format!("{marks}{overlap}{note}{auc}")
}

fn table(results: &Results, verdict: Option<usize>) -> Table {
    let mut table = Table::new();
    table.load_style(UTF8_HORIZONTAL_ONLY).set_content_arrangement(ContentArrangement::Disabled);
    let mut header = vec!["method".to_owned()];
    header.extend(results.columns.iter().map(ScoreName::label));
    header.push("seeds".to_owned());
    if verdict.is_some() {
        header.push("verdict".to_owned());
    }
    table.set_header(header);
    for row in &results.rows {
        // The user's own images have no published numbers.
        let published = results.has_targets();
        let below = |text: String| if published { format!("\n{text}") } else { String::new() };
        let mut cells = vec![format!("{}{}", row.method, below("  paper".to_owned()))];
        cells.extend(results.columns.iter().map(|score| {
            let theirs = row.target.as_ref().and_then(|target| target.value(score));
            format!("{}{}", ours(row, score), below(paper(theirs, score)))
        }));
        let theirs = row.target.as_ref().map_or("–".to_owned(), |target| target.seeds.to_string());
        cells.push(format!("{}{}", seeds(row), below(theirs)));
        if verdict.is_some() {
            cells.push(row.verdict.text());
        }
        table.add_row(cells);
    }
    for column in table.column_iter_mut().skip(1).take(results.columns.len() + 1) {
        column.set_cell_alignment(CellAlignment::Right);
    }
    if let Some(width) = verdict {
        table.set_content_arrangement(ContentArrangement::Dynamic);
        table.set_width(u16::MAX);
        let last = table.column_iter_mut().last();
        if let Some(column) = last {
            column.set_constraint(ColumnConstraint::Absolute(Width::Fixed(width as u16)));
        }
    }
    table
}

/// `0.993±0.020`, with a mark where runs did not converge, or a dash.
fn ours(row: &Row, score: &ScoreName) -> String {
    let Some(mark) = row.convergence().mark() else { return Convergence::DNC.to_owned() };
    let Some(Spread { mean, sd, .. }) = row.value(score) else { return "–".to_owned() };
    let notation = Notation::of(*mean, score.digits());
    let sd = sd.map_or_else(String::new, |sd| format!("±{}", notation.write(sd)));
    format!("{}{sd}{mark}", notation.write(*mean))
}

fn paper(value: Option<&TargetValue>, score: &ScoreName) -> String {
    value.map_or("–".to_owned(), |value| {
        let notation = Notation::of(value.mean, score.digits());
        format!("{}±{}", notation.write(value.mean), notation.write(value.sd))
    })
}

/// `10`, or `8, 1 failed, 1 to do`.
pub(crate) fn seeds(row: &Row) -> String {
    let mut text = row.finished.to_string();
    if row.failed > 0 {
        let _ = write!(text, ", {} failed", row.failed);
    }
    if row.missing > 0 {
        let _ = write!(text, ", {} to do", row.missing);
    }
    text
}

//! Measured rows as a table, for a terminal and in Markdown.

use super::{
    sample::{Reason, Series},
    turns::Measured,
};
use crate::failure::{Failure, bad_input};
use comfy_table::{CellAlignment, ContentArrangement, Table, presets::UTF8_HORIZONTAL_ONLY};
use std::{fmt::Write, fs, path::Path};

/// The lines of a page between which the table is written.
const BEGIN: &str = "<!-- bench compare -->\n";
const END: &str = "<!-- end of bench compare -->";

/// Columns of a table that is not on a terminal.
const PLAIN_WIDTH: u16 = 160;

/// A table: its head, and a cell for each column of each row.
pub(crate) struct Cells {
    head: Vec<String>,
    rows: Vec<Vec<String>>,
}

impl Cells {
    /// The rows, with the memory of both programs where both run on the processor.
    pub(crate) fn new(found: &[Measured], memory: bool) -> Self {
        let variants = found.first().map_or(&[][..], |measured| &measured.pytorch[..]);
        let mut head = vec!["median ms/step".to_owned(), "here".to_owned()];
        head.extend(variants.iter().map(|of| format!("PyTorch, {}", of.variant.name())));
        if !variants.is_empty() {
            head.extend(["here / best".to_owned(), "bar".to_owned()]);
        }
        if memory {
            head.push("MiB at most: here, best".to_owned());
        }
        Self { head, rows: found.iter().map(|measured| cells(measured, memory)).collect() }
    }

    /// For a terminal.
    pub(crate) fn text(self) -> String {
        let mut table = Table::new();
        table.load_style(UTF8_HORIZONTAL_ONLY).set_content_arrangement(ContentArrangement::Dynamic);
        if table.width().is_none() {
            table.set_width(PLAIN_WIDTH);
        }
        table.set_header(self.head).add_rows(self.rows);
        for column in table.column_iter_mut().skip(1) {
            column.set_cell_alignment(CellAlignment::Right);
        }
        table.to_string().lines().map(|line| format!("{}\n", line.trim_end())).collect()
    }

    /// For a page.
    pub(crate) fn markdown(&self) -> String {
        let line = |cells: &[String]| format!("| {} |\n", cells.join(" | "));
        let mut text = line(&self.head);
        // Writing to a string cannot fail.
        let _ = writeln!(text, "|{}", "---|".repeat(self.head.len()));
        self.rows.iter().for_each(|row| text.push_str(&line(row)));
        text
    }
}

fn cells(measured: &Measured, memory: bool) -> Vec<String> {
    let mut cells = vec![measured.row.name.to_owned(), time(&measured.here)];
    cells.extend(measured.pytorch.iter().map(|of| time(&of.series)));
    if !measured.pytorch.is_empty() {
        let (ratio, bar) = (measured.ratio(), measured.row.bar);
        cells.push(ratio.map_or_else(missing, |ratio| ratio.text(2)));
        cells.push(match ratio.filter(|_| measured.is_compared()) {
            Some(ratio) if ratio.median <= bar => format!("{bar:.2}, met"),
            Some(_) => format!("{bar:.2}, missed"),
            None => format!("{bar:.2}"),
        });
    }
    if memory {
        let peak = |series: &Series| series.mebibytes().map_or_else(missing, |peak| peak.to_string());
        let best = measured.best().map_or_else(missing, |of| peak(&of.series));
        cells.push(format!("{}, {best}", peak(&measured.here)));
    }
    cells
}

fn missing() -> String {
    "–".to_owned()
}

/// The times of a program, or why there are none.
fn time(series: &Series) -> String {
    match (series.milliseconds(), &series.ended) {
        (Some(spread), _) => spread.text(if spread.median < 100.0 { 2 } else { 1 }),
        (None, Some(Reason::Cannot(said))) => said.replace('|', "/"),
        (None, Some(Reason::Failed(_))) => "failed".to_owned(),
        (None, Some(Reason::NoTime)) => "no time".to_owned(),
        (None, None) => missing(),
    }
}

/// A page with two marks, and what goes between them.
pub(crate) struct Page<'a> {
    path: &'a Path,
    before: String,
    after: String,
}

impl<'a> Page<'a> {
    /// Looks for the marks.
    ///
    /// # Errors
    /// The page cannot be read or has no marks.
    pub(crate) fn open(path: &'a Path) -> Result<Self, Failure> {
        let said = |found: &str| bad_input(format!("{}: {found}", path.display()));
        let text = fs::read_to_string(path).map_err(|error| said(&error.to_string()))?;
        let parts = text.split_once(BEGIN).and_then(|(before, rest)| Some((before, rest.split_once(END)?.1)));
        let (before, after) = parts.ok_or_else(|| {
            said(&format!("found no lines '{}' and '{END}', expected them around the table", BEGIN.trim_end()))
        })?;
        Ok(Self { path, before: before.to_owned(), after: after.to_owned() })
    }

    /// Writes the page with `text` between the marks, as a whole.
    pub(crate) fn write(&self, text: &str) -> Result<(), Failure> {
        let Self { path, before, after } = self;
        write(path, &format!("{before}{BEGIN}{text}{END}{after}"))
    }
}

/// Whether a file can be made there, before anything is measured for it.
pub(crate) fn has_folder(path: &Path) -> Result<(), Failure> {
    match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() && !folder.is_dir() => {
            Err(bad_input(format!("{}: found no folder {}", path.display(), folder.display())))
        }
        _ => Ok(()),
    }
}

/// Writes a file as a whole or not at all.
pub(crate) fn write(path: &Path, text: &str) -> Result<(), Failure> {
    herring_files::replace(path, text.as_bytes())
        .map_err(|error| Failure::device(format!("{}: {error}", path.display())))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bench::{rows::ROWS, sample::Sample, torch::Variant, turns::OfVariant};

    fn series(times: &[f64], ended: Option<Reason>) -> Series {
        let samples = times.iter().map(|&milliseconds| Sample { milliseconds, mebibytes: Some(100) });
        Series { samples: samples.collect(), ended }
    }

    #[test]
    fn a_row_says_what_was_measured_and_why_something_was_not() {
        let said = Reason::Cannot("second derivatives do not compile".to_owned());
        let measured = Measured {
            row: ROWS[3],
            here: series(&[50.0, 54.0, 52.0], None),
            pytorch: vec![
                OfVariant { variant: Variant::Eager, series: series(&[100.0, 100.0, 100.0], None) },
                OfVariant { variant: Variant::Compiled, series: series(&[], Some(said)) },
            ],
            busy: None,
        };
        let expected = "| median ms/step | here | PyTorch, eager | PyTorch, compiled | here / best | bar | MiB at most: here, best |\n\
                        |---|---|---|---|---|---|---|\n\
                        | resnet18-w64/rrr | 52.00 (50.00–54.00) | 100.0 (100.0–100.0) | second derivatives do not compile \
                        | 0.52 (0.50–0.54) | 0.60, met | 100, 100 |\n";
        assert_eq!(Cells::new(std::slice::from_ref(&measured), true).markdown(), expected);
        // A variant that might have been faster was not measured.
        let mut unknown = measured.clone();
        unknown.pytorch[1].series.ended = Some(Reason::NoTime);
        assert!(
            Cells::new(&[unknown], true).markdown().ends_with("| no time | 0.52 (0.50–0.54) | 0.60 | 100, 100 |\n")
        );
        let alone = Measured { pytorch: Vec::new(), here: series(&[], Some(Reason::NoTime)), ..measured };
        let expected = "| median ms/step | here |\n|---|---|\n| resnet18-w64/rrr | no time |\n";
        assert_eq!(Cells::new(&[alone], false).markdown(), expected);
    }

    #[test]
    fn a_page_keeps_what_is_around_the_marks() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("page.md");
        fs::write(&path, format!("above\n{BEGIN}old\n{END}\nbelow\n")).unwrap();
        for text in ["new\n", "newer\n"] {
            Page::open(&path).ok().unwrap().write(text).ok().unwrap();
            assert_eq!(fs::read_to_string(&path).unwrap(), format!("above\n{BEGIN}{text}{END}\nbelow\n"));
        }
        fs::write(&path, "no marks").unwrap();
        assert!(Page::open(&path).err().unwrap().text.contains("found no lines '<!-- bench compare -->'"));
    }
}

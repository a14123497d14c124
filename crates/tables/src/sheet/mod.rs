//! Rows of a CSV file: columns by name, lines counted right, damage reported and survived.
//!
//! | Module | What it handles |
//! |---|---|
//! | [`encoding`] | UTF-8 and UTF-16 |
//! | [`layout`] | the delimiter of fields |
//! | [`columns`] | columns by name, and suggestions for similar names |
//! | [`quotes`] | quotation marks that nothing closes, and other doubtful ones |
//! | [`lines`] | line numbers |
//! | [`null`] | spellings of a missing value |

mod columns;
mod encoding;
mod layout;
mod lines;
mod null;
mod quotes;

use std::path::{Path, PathBuf};

use herring_datasets::Origin;

pub(crate) use self::{
    columns::Column,
    null::{is_nothing, is_null},
};
use self::{
    columns::Header,
    encoding::SAVE_AS,
    lines::Lines,
    quotes::{DoubtKind, Open, Quotes},
};
use crate::{
    Finding, FindingKind,
    error::{Problem, ProblemKind, quote},
    unpack,
};

/// A CSV file in memory.
#[derive(Debug)]
pub(crate) struct Sheet {
    file: PathBuf,
    data: Vec<u8>,
    /// Where the header begins, and on which line.
    start: (usize, usize),
    delimiter: u8,
    quotes: Quotes,
    notes: Vec<String>,
}

/// One intact row.
pub(crate) struct Row<'a> {
    file: &'a Path,
    line: usize,
    values: &'a [&'a str],
    blank: bool,
}

impl<'a> Row<'a> {
    /// The field of the n-th requested column.
    pub(crate) fn value(&self, column: usize) -> &'a str {
        self.values.get(column).copied().unwrap_or_default()
    }

    /// Where the row begins.
    pub(crate) fn origin(&self) -> Origin {
        Origin { file: self.file.to_owned(), line: self.line }
    }

    /// The line where the row begins, counted from 1.
    pub(crate) fn line(&self) -> usize {
        self.line
    }

    /// Whether all of its fields, requested or not, are empty or spaces.
    pub(crate) fn is_blank(&self) -> bool {
        self.blank
    }

    /// A problem with one of its fields.
    pub(crate) fn problem(&self, kind: ProblemKind, field: &str, found: &str, expected: impl Into<String>) -> Problem {
        Problem::new(kind, self.origin(), field, quote(found), expected)
    }
}

impl Sheet {
    /// Reads and unpacks `file`, whose fields have commas between them.
    pub(crate) fn read(file: &Path, limit: u64) -> Result<Self, Problem> {
        Self::new(file, unpack::read(file, limit)?)
    }

    /// A sheet of these bytes; the file's name is for messages.
    pub(crate) fn new(file: &Path, data: Vec<u8>) -> Result<Self, Problem> {
        let (data, note) = encoding::decode(data).map_err(|found| {
            let origin = Origin { file: file.to_owned(), line: 0 };
            Problem::new(ProblemKind::Encoding, origin, "table", found, format!("a CSV file in {SAVE_AS}"))
        })?;
        let quotes = quotes::scan(&data, 0, 1, b',');
        let notes = note.into_iter().collect();
        Ok(Self { file: file.to_owned(), data, start: (0, 1), delimiter: b',', quotes, notes })
    }

    /// Finds the delimiter of the fields, by the names of `columns` in the header or by the line `sep=;` that
    /// Excel writes above it.
    pub(crate) fn find_delimiter(&mut self, columns: &[Column<'_>]) -> Result<(), Problem> {
        let layout = layout::find(&self.data, columns).map_err(|found| {
            let expected = "a comma, semicolon, tab or vertical bar between fields";
            self.problem(1, ProblemKind::Column, "sep", found, expected)
        })?;
        if (layout.start, layout.delimiter) != (self.start, self.delimiter) {
            self.quotes = quotes::scan(&self.data, layout.start.0, layout.start.1, layout.delimiter);
        }
        self.notes.extend(layout.note());
        (self.start, self.delimiter) = (layout.start, layout.delimiter);
        Ok(())
    }

    /// Whether the header has the `which`-th of `columns`.
    pub(crate) fn has(&self, columns: &[Column<'_>], which: usize) -> bool {
        let header = self.header(columns, &mut Vec::new());
        header.is_some_and(|header| header.places.get(which).copied().flatten().is_some())
    }

    /// The forms in which the table is read other than written, and the columns that are not read.
    pub(crate) fn notes(&self, columns: &[Column<'_>]) -> Vec<String> {
        let mut notes = self.notes.clone();
        notes.extend(self.header(columns, &mut Vec::new()).map(|header| header.notes(columns)).unwrap_or_default());
        notes
    }

    /// Fields whose quotation marks may be meant differently than they are read.
    pub(crate) fn doubts(&self) -> Vec<Finding> {
        let names = self.names().unwrap_or_default();
        let name = |column: usize| names.get(column).map_or("row", String::as_str);
        let findings = self.quotes.doubts.iter().map(|doubt| {
            let field = name(doubt.column);
            let message = match doubt.kind {
                DoubtKind::TextBehind => {
                    format!("{field}: text follows the closing quotation mark and is read as part of the field")
                }
                DoubtKind::Rows { lines, last_line } => format!(
                    "{field}: a quoted field that ends on line {last_line} holds {lines} {} like rows; a quotation \
                     mark within a field is written twice",
                    if lines == 1 { "line that looks" } else { "lines that look" }
                ),
            };
            Finding { line: doubt.line, ..Finding::new(FindingKind::Quotes, self.file.clone(), message) }
        });
        findings.collect()
    }

    /// Calls `visit` with every intact row, and reports the others. Returns how many rows there are.
    ///
    /// Line breaks may be of any kind, also within quotes. A row may leave out fields whose header is
    /// empty, and may have more fields than the header if they are empty (the NIH table ends its header
    /// with a comma). The row of a quote that nothing closes is a problem, and nothing behind it is read.
    pub(crate) fn visit(
        &self,
        columns: &[Column<'_>],
        problems: &mut Vec<Problem>,
        mut visit: impl FnMut(&Row<'_>, &mut Vec<Problem>),
    ) -> usize {
        let Some(header) = self.header(columns, problems) else { return 0 };
        let mut reader = self.reader();
        let mut record = csv::ByteRecord::new();
        let mut lines = Lines::new(&self.data);
        let mut rows = 0;
        let mut is_header = true;
        loop {
            let begin = usize::try_from(reader.position().byte()).unwrap_or(usize::MAX);
            match reader.read_byte_record(&mut record) {
                Ok(true) => {}
                Ok(false) => break,
                Err(error) => {
                    problems.push(self.problem(0, ProblemKind::Unreadable, "table", error.to_string(), "a CSV file"));
                    break;
                }
            }
            if std::mem::take(&mut is_header) {
                continue;
            }
            rows += 1;
            let line = lines.of(begin.saturating_add(self.start.0));
            let extra = record.iter().skip(header.width).any(|field| !field.is_empty());
            if record.len() < header.named || extra {
                let found = format!("{} fields", record.len());
                let expected = format!("{} as in the header", header.named);
                problems.push(self.problem(line, ProblemKind::Fields, "row", found, expected));
                continue;
            }
            if let Some((column, field, error)) = record
                .iter()
                .enumerate()
                .find_map(|(column, field)| Some((column, field, std::str::from_utf8(field).err()?)))
            {
                let name = header.names.get(column).map_or("row", String::as_str);
                let byte = field.get(error.valid_up_to()).copied().unwrap_or_default();
                let found = format!("{} with the byte {byte:02X}", quote(&String::from_utf8_lossy(field)));
                problems.push(self.problem(line, ProblemKind::Encoding, name, found, SAVE_AS));
                continue;
            }
            let field = |place: &Option<usize>| {
                let field = place.and_then(|place| record.get(place)).unwrap_or_default();
                std::str::from_utf8(field).unwrap_or_default()
            };
            let values: Vec<&str> = header.places.iter().map(field).collect();
            let blank = record.iter().all(|field| field.trim_ascii().is_empty());
            let row = Row { file: &self.file, line, values: &values, blank };
            visit(&row, problems);
        }
        if let Some(open) = &self.quotes.open {
            problems.push(self.unclosed(open, header.names.get(open.column)));
        }
        if rows == 0 && problems.is_empty() {
            problems.push(self.problem(0, ProblemKind::Empty, "table", "no rows".into(), "at least one"));
        }
        rows
    }

    /// The rows up to the one with a quote that nothing closes, header first.
    fn reader(&self) -> csv::Reader<&[u8]> {
        let end = self.quotes.open.as_ref().map_or(self.data.len(), |open| open.row);
        let data = self.data.get(self.start.0..end).unwrap_or_default();
        csv::ReaderBuilder::new().has_headers(false).flexible(true).delimiter(self.delimiter).from_reader(data)
    }

    /// The names of all columns, without spaces around them.
    fn names(&self) -> Result<Vec<String>, Box<Problem>> {
        let mut record = csv::ByteRecord::new();
        if !matches!(self.reader().read_byte_record(&mut record), Ok(true)) {
            let expected = "a row of column names";
            return Err(Box::new(match &self.quotes.open {
                Some(open) => self.unclosed(open, None),
                None => self.problem(0, ProblemKind::Empty, "table", "nothing".into(), expected),
            }));
        }
        let mut names = Vec::with_capacity(record.len());
        for field in &record {
            match std::str::from_utf8(field) {
                Ok(name) => names.push(name.trim().to_owned()),
                Err(_) => {
                    let (found, expected) = match self.data.get(..2) {
                        Some([0x1f, 0x8b]) => ("a gzip file whose name does not end in .gz".to_owned(), "UTF-8"),
                        _ => (quote(&String::from_utf8_lossy(field)), SAVE_AS),
                    };
                    let line = self.start.1;
                    return Err(Box::new(self.problem(line, ProblemKind::Encoding, "column names", found, expected)));
                }
            }
        }
        Ok(names)
    }

    fn header(&self, columns: &[Column<'_>], problems: &mut Vec<Problem>) -> Option<Header> {
        let names = self.names().map_err(|problem| problems.push(*problem)).ok()?;
        match Header::new(names, columns) {
            Ok(header) => Some(header),
            Err(wrong) => {
                problems.extend(wrong.into_iter().map(|(column, found, expected)| {
                    self.problem(self.start.1, ProblemKind::Column, &column, found, expected)
                }));
                problems.extend(self.quotes.open.as_ref().map(|open| self.unclosed(open, None)));
                None
            }
        }
    }

    fn unclosed(&self, open: &Open, column: Option<&String>) -> Problem {
        let end = self.data.len().min(open.place.saturating_add(80));
        let text = String::from_utf8_lossy(self.data.get(open.place..end).unwrap_or_default());
        let text = quote(text.split(['\r', '\n']).next().unwrap_or_default());
        let found = format!("a quotation mark that nothing closes up to line {}: {text}", open.last_line);
        let expected = "a closing one; a quotation mark within a field is written twice, in quotes";
        let column = column.map_or("row", String::as_str);
        self.problem(open.line, ProblemKind::Quote, column, found, expected)
    }

    fn problem(
        &self,
        line: usize,
        kind: ProblemKind,
        field: &str,
        found: String,
        expected: impl Into<String>,
    ) -> Problem {
        Problem::new(kind, Origin { file: self.file.clone(), line }, field, found, expected)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    type Seen = (Vec<(usize, String)>, Vec<String>);

    fn read(text: &[u8], columns: &[Column<'_>]) -> Seen {
        let (mut rows, mut problems) = (Vec::new(), Vec::new());
        let sheet = Sheet::new(Path::new("t.csv"), text.to_vec()).unwrap();
        sheet.visit(columns, &mut problems, |row, _| {
            rows.push((row.line(), (0..columns.len()).map(|place| row.value(place)).collect::<Vec<_>>().join("|")));
        });
        (rows, problems.iter().map(Problem::to_string).collect())
    }

    #[test]
    fn lines_are_those_of_an_editor() {
        let columns = [Column::required("b")];
        let expected = vec![(2, "1".to_owned()), (4, "x\ny".to_owned()), (7, "2".to_owned())];
        assert_eq!(read(b"a,b\n,1\n\n\"q\"\"\",\"x\ny\"\n\n,2\n", &columns), (expected.clone(), vec![]));
        let expected = expected.into_iter().map(|(line, text)| (line, text.replace('\n', "\r\n"))).collect::<Vec<_>>();
        assert_eq!(read(b"\xef\xbb\xbfa,b\r\n,1\r\n\r\n\"q\",\"x\r\ny\"\r\n\r\n,2", &columns), (expected, vec![]));
        let expected = vec![(2, "1".to_owned()), (3, "2".to_owned())];
        assert_eq!(read(b"a,b\r,1\r,2\r", &columns), (expected, vec![]));
    }

    #[test]
    fn missing_and_doubled_columns_are_named() {
        let columns = [Column::required("id"), Column::required("label"), Column::optional("mask")];
        let (rows, problems) = read(b"id,ID,id\n1,2,3\n", &columns);
        assert!(rows.is_empty());
        assert_eq!(
            problems,
            [
                "t.csv:1: id: found the column twice, expected it once",
                "t.csv:1: label: found the columns \"id\", \"ID\", \"id\", expected a column of this name",
            ]
        );
    }

    #[test]
    fn damaged_rows_are_reported_and_passed_over() {
        let columns = [Column::required("a"), Column::optional("none")];
        let (rows, problems) = read(b"a,b,\n1,2\n3\n4,5,,,\n6,7,,8\n9,\xff\n", &columns);
        assert_eq!(rows, [(2, "1|".to_owned()), (4, "4|".to_owned())]);
        assert_eq!(
            problems,
            [
                "t.csv:3: row: found 1 fields, expected 2 as in the header",
                "t.csv:5: row: found 4 fields, expected 2 as in the header",
                "t.csv:6: b: found \"\u{fffd}\" with the byte FF, expected UTF-8; save the table as UTF-8 (Excel calls it \"CSV UTF-8\")",
            ]
        );
        assert_eq!(read(b"", &columns).1, ["t.csv: table: found nothing, expected a row of column names"]);
        assert_eq!(read(b"a\n", &columns).1, ["t.csv: table: found no rows, expected at least one"]);
        assert_eq!(
            read(b"\x1f\x8b\x08\x00", &columns).1,
            ["t.csv:1: column names: found a gzip file whose name does not end in .gz, expected UTF-8"]
        );
    }

    #[test]
    fn reports_of_the_real_table_raise_no_doubts() {
        let Some(folder) = std::env::var_os("RED_HERRING_TABLES") else {
            eprintln!("SKIPPED real reports: RED_HERRING_TABLES names no folder; this test has checked nothing");
            return;
        };
        let file = Path::new(&folder).join("PADCHEST_chest_x_ray_images_labels_160K_01.02.19.csv.gz");
        let sheet = Sheet::read(&file, unpack::UNPACKED_LIMIT).unwrap();
        assert_eq!((sheet.doubts(), sheet.quotes.open), (Vec::new(), None));
    }
}

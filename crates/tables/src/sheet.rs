//! Rows of a CSV file: columns by name, lines counted right, damage reported and survived.

use std::path::{Path, PathBuf};

use herring_datasets::Origin;

use crate::{
    error::{Problem, ProblemKind, quote},
    unpack,
};

/// A CSV file in memory.
#[derive(Debug)]
pub(crate) struct Sheet {
    file: PathBuf,
    data: Vec<u8>,
}

/// A column that a reader asks for.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Column<'a> {
    name: &'a str,
    required: bool,
}

impl<'a> Column<'a> {
    /// A column whose absence is a problem.
    pub(crate) fn required(name: &'a str) -> Self {
        Self { name, required: true }
    }

    /// A column whose absence reads as an empty field in each row.
    pub(crate) fn optional(name: &'a str) -> Self {
        Self { name, required: false }
    }
}

/// One intact row.
pub(crate) struct Row<'a> {
    file: &'a Path,
    line: usize,
    values: &'a [&'a str],
}

impl<'a> Row<'a> {
    /// The field of the n-th column that was asked for.
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

    /// A problem with one of its fields.
    pub(crate) fn problem(&self, kind: ProblemKind, field: &str, found: &str, expected: impl Into<String>) -> Problem {
        Problem::new(kind, self.origin(), field, quote(found), expected)
    }
}

impl Sheet {
    /// Reads and unpacks `file`.
    pub(crate) fn read(file: &Path, limit: u64) -> Result<Self, Problem> {
        Ok(Self::new(file, unpack::read(file, limit)?))
    }

    /// A sheet of these bytes; the file's name is for messages.
    pub(crate) fn new(file: &Path, mut data: Vec<u8>) -> Self {
        if data.starts_with(b"\xef\xbb\xbf") {
            data.drain(..3);
        }
        Self { file: file.to_owned(), data }
    }

    /// Names of columns that are none of `columns`, for a person who mistyped one.
    pub(crate) fn unread(&self, columns: &[Column<'_>]) -> Vec<String> {
        let mut reader = csv::ReaderBuilder::new().has_headers(false).flexible(true).from_reader(self.data.as_slice());
        let mut record = csv::ByteRecord::new();
        if !matches!(reader.read_byte_record(&mut record), Ok(true)) {
            return Vec::new();
        }
        let names = record.iter().map(|name| String::from_utf8_lossy(name).trim().to_owned());
        names.filter(|name| !name.is_empty() && columns.iter().all(|column| column.name != name)).collect()
    }

    /// Calls `visit` with every intact row, and reports the others. Returns how many rows there are.
    ///
    /// Line breaks may be of any kind, also within quotes. A row may leave out fields whose header is
    /// empty, and may have more fields than the header if they are empty (the NIH table ends its header
    /// with a comma).
    pub(crate) fn visit(
        &self,
        columns: &[Column<'_>],
        problems: &mut Vec<Problem>,
        mut visit: impl FnMut(&Row<'_>, &mut Vec<Problem>),
    ) -> usize {
        let mut reader = csv::ReaderBuilder::new().has_headers(false).flexible(true).from_reader(self.data.as_slice());
        let mut record = csv::ByteRecord::new();
        let mut lines = Lines { data: &self.data, at: 0, line: 1 };
        let Some(header) = self.header(&mut reader, &mut record, columns, problems) else { return 0 };
        let mut rows = 0;
        loop {
            let begin = reader.position().byte();
            match reader.read_byte_record(&mut record) {
                Ok(true) => {}
                Ok(false) => break,
                Err(error) => {
                    problems.push(self.problem(0, ProblemKind::Unreadable, "table", error.to_string(), "a CSV file"));
                    break;
                }
            }
            rows += 1;
            let line = lines.of(begin);
            let extra = record.iter().skip(header.width).any(|field| !field.is_empty());
            if record.len() < header.named || extra {
                let found = format!("{} fields", record.len());
                let expected = format!("{} as in the header", header.named);
                problems.push(self.problem(line, ProblemKind::Fields, "row", found, expected));
                continue;
            }
            if let Some((column, field)) =
                record.iter().enumerate().find(|(_, field)| std::str::from_utf8(field).is_err())
            {
                let name = header.names.get(column).map_or("row", String::as_str);
                let found = quote(&String::from_utf8_lossy(field));
                problems.push(self.problem(line, ProblemKind::Encoding, name, found, "UTF-8"));
                continue;
            }
            let field = |place: &Option<usize>| {
                let field = place.and_then(|place| record.get(place)).unwrap_or_default();
                std::str::from_utf8(field).unwrap_or_default()
            };
            let values: Vec<&str> = header.places.iter().map(field).collect();
            let row = Row { file: &self.file, line, values: &values };
            visit(&row, problems);
        }
        if rows == 0 && problems.is_empty() {
            problems.push(self.problem(0, ProblemKind::Empty, "table", "no rows".into(), "at least one"));
        }
        rows
    }

    fn header(
        &self,
        reader: &mut csv::Reader<&[u8]>,
        record: &mut csv::ByteRecord,
        columns: &[Column<'_>],
        problems: &mut Vec<Problem>,
    ) -> Option<Header> {
        if !matches!(reader.read_byte_record(record), Ok(true)) {
            problems.push(self.problem(0, ProblemKind::Empty, "table", "nothing".into(), "a row of column names"));
            return None;
        }
        let mut names = Vec::with_capacity(record.len());
        for field in &*record {
            match std::str::from_utf8(field) {
                Ok(name) => names.push(name.trim().to_owned()),
                Err(_) => {
                    let found = match self.data.get(..2) {
                        Some([0x1f, 0x8b]) => "a gzip file whose name does not end in .gz".to_owned(),
                        _ => quote(&String::from_utf8_lossy(field)),
                    };
                    problems.push(self.problem(1, ProblemKind::Encoding, "column names", found, "UTF-8"));
                    return None;
                }
            }
        }
        let before = problems.len();
        let mut places = Vec::with_capacity(columns.len());
        for column in columns {
            let mut found = (0..names.len()).filter(|&place| names[place] == column.name);
            let (place, again) = (found.next(), found.next());
            if again.is_some() {
                let text = "the column twice".to_owned();
                problems.push(self.problem(1, ProblemKind::Column, column.name, text, "it once"));
            }
            if place.is_none() && column.required {
                let text = format!("the columns {}", spell(&names));
                problems.push(self.problem(1, ProblemKind::Column, column.name, text, "a column of this name"));
            }
            places.push(place);
        }
        let named = names.iter().rposition(|name| !name.is_empty()).map_or(0, |last| last + 1);
        (problems.len() == before).then_some(Header { places, named, width: names.len(), names })
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

struct Header {
    /// Where each column that was asked for stands.
    places: Vec<Option<usize>>,
    /// How many fields a row needs.
    named: usize,
    /// How many fields the header has.
    width: usize,
    names: Vec<String>,
}

/// Line numbers of byte positions that only grow.
///
/// Counted here because the `csv` crate counts line feeds only, and puts a row that follows empty lines,
/// or a line feed after a carriage return, on the line before.
struct Lines<'a> {
    data: &'a [u8],
    at: usize,
    line: usize,
}

impl Lines<'_> {
    fn of(&mut self, byte: u64) -> usize {
        let mut begin = usize::try_from(byte).unwrap_or(usize::MAX).min(self.data.len());
        while matches!(self.data.get(begin), Some(b'\r' | b'\n')) {
            begin += 1;
        }
        for place in self.at..begin {
            let ends = match self.data[place] {
                b'\n' => true,
                b'\r' => self.data.get(place + 1) != Some(&b'\n'),
                _ => false,
            };
            self.line += usize::from(ends);
        }
        self.at = self.at.max(begin);
        self.line
    }
}

fn spell(names: &[String]) -> String {
    const SHOWN: usize = 40;
    let mut text = names.iter().take(SHOWN).map(|name| quote(name)).collect::<Vec<_>>().join(", ");
    if names.len() > SHOWN {
        text.push_str(&format!(" and {} more", names.len() - SHOWN));
    }
    text
}

/// Whether a field of an official table means "no value". These are the spellings that pandas reads as
/// NaN, with which the released code reads the tables.
pub(crate) fn is_null(field: &str) -> bool {
    const NULLS: [&str; 19] = [
        "", "#N/A", "#N/A N/A", "#NA", "-1.#IND", "-1.#QNAN", "-NaN", "-nan", "1.#IND", "1.#QNAN", "<NA>", "N/A", "NA",
        "NULL", "NaN", "None", "n/a", "nan", "null",
    ];
    NULLS.contains(&field)
}

#[cfg(test)]
mod tests {
    use super::*;

    type Seen = (Vec<(usize, String)>, Vec<String>);

    fn read(text: &[u8], columns: &[Column<'_>]) -> Seen {
        let (mut rows, mut problems) = (Vec::new(), Vec::new());
        let sheet = Sheet::new(Path::new("t.csv"), text.to_vec());
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
                "t.csv:6: b: found \"\u{fffd}\", expected UTF-8",
            ]
        );
        assert_eq!(read(b"", &columns).1, ["t.csv: table: found nothing, expected a row of column names"]);
        assert_eq!(read(b"a\n", &columns).1, ["t.csv: table: found no rows, expected at least one"]);
        assert_eq!(
            read(b"\x1f\x8b\x08\x00", &columns).1,
            ["t.csv:1: column names: found a gzip file whose name does not end in .gz, expected UTF-8"]
        );
    }
}

//! Doubtful quotation marks that a reader of CSV accepts silently.
//!
//! The `csv` crate never fails on quotes. A field that begins with one and has none at its end takes in all rows
//! up to the next quotation mark, or to the end of the file; text behind a closing one becomes part of the field.
//! Both happen in a table with a field such as `"5 inch lesion`. This pass follows the same rules over the same
//! bytes: a field is quoted if its first byte is a quotation mark, two of them within mean one, and in a field
//! that is not quoted they are ordinary characters.

use super::lines::ends_line;

/// The doubtful quotes of a table.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Quotes {
    /// The quote that nothing closes.
    pub(super) open: Option<Open>,
    /// Fields that are read but may be meant differently, in the order of the file.
    pub(super) doubts: Vec<Doubt>,
}

/// A quotation mark that nothing closes.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Open {
    /// The beginning of the field's row.
    pub(super) row: usize,
    /// The position of the quotation mark.
    pub(super) place: usize,
    /// Its line, counted from 1.
    pub(super) line: usize,
    /// Which field of the row it begins, counted from 0.
    pub(super) column: usize,
    /// The last line of the table.
    pub(super) last_line: usize,
}

/// A field with doubtful quotes.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Doubt {
    /// The line where the field begins, counted from 1.
    pub(super) line: usize,
    /// Which field of the row it is, counted from 0.
    pub(super) column: usize,
    pub(super) kind: DoubtKind,
}

/// Why it is doubtful.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum DoubtKind {
    /// Text other than spaces stands between the closing quote and the end of the field.
    TextBehind,
    /// This many lines within the quotes have as many delimiters as the header; the field ends on a line.
    Rows { lines: usize, last_line: usize },
}

/// Looks through `data` from `start`, where the header begins, on line `line`.
pub(super) fn scan(data: &[u8], start: usize, line: usize, delimiter: u8) -> Quotes {
    let mut scan = Scan { data, at: start, line, delimiter, header: None, quotes: Quotes::default() };
    while scan.at < data.len() {
        scan.row();
        if scan.quotes.open.is_some() {
            break;
        }
    }
    scan.quotes
}

struct Scan<'a> {
    data: &'a [u8],
    at: usize,
    line: usize,
    delimiter: u8,
    /// How many delimiters the header has, once it is known.
    header: Option<usize>,
    quotes: Quotes,
}

impl Scan<'_> {
    /// Advances by a byte.
    fn step(&mut self) -> Option<u8> {
        let byte = *self.data.get(self.at)?;
        self.line += usize::from(ends_line(self.data, self.at));
        self.at += 1;
        Some(byte)
    }

    fn peek(&self) -> Option<u8> {
        self.data.get(self.at).copied()
    }

    /// Whether the field ends here.
    fn at_end(&self) -> bool {
        self.peek().is_none_or(|byte| byte == self.delimiter || matches!(byte, b'\r' | b'\n'))
    }

    fn row(&mut self) {
        while matches!(self.peek(), Some(b'\r' | b'\n')) {
            self.step();
        }
        let row = self.at;
        let mut column = 0;
        loop {
            if self.peek() == Some(b'"') {
                self.quoted(row, column);
            }
            while !self.at_end() {
                self.step();
            }
            if self.peek() != Some(self.delimiter) {
                break;
            }
            self.step();
            column += 1;
        }
        self.header.get_or_insert(column);
    }

    /// A quoted field, up to the delimiter or line break behind it.
    fn quoted(&mut self, row: usize, column: usize) {
        let (place, line) = (self.at, self.line);
        self.step();
        // Delimiters since the last line break within the quotes; before the first one it is a line's end.
        let mut delimiters: Option<usize> = None;
        let mut lines = 0;
        let looks_like_a_row = |delimiters: Option<usize>, header: Option<usize>| {
            usize::from(delimiters.is_some_and(|count| count > 0 && Some(count) == header))
        };
        loop {
            let before = self.line;
            match self.step() {
                None => {
                    let last_line =
                        self.line - usize::from(self.data.last().is_some_and(|&b| matches!(b, b'\r' | b'\n')));
                    self.quotes.open = Some(Open { row, place, line, column, last_line });
                    return;
                }
                Some(b'"') if self.peek() == Some(b'"') => {
                    self.step();
                }
                Some(b'"') => break,
                Some(byte) if byte == self.delimiter => delimiters = delimiters.map(|count| count + 1),
                Some(_) if self.line > before => {
                    lines += looks_like_a_row(delimiters, self.header);
                    delimiters = Some(0);
                }
                Some(_) => {}
            }
        }
        lines += looks_like_a_row(delimiters, self.header);
        let last_line = self.line;
        let mut doubt = |kind| self.quotes.doubts.push(Doubt { line, column, kind });
        if lines > 0 {
            doubt(DoubtKind::Rows { lines, last_line });
        }
        let mut text = false;
        while !self.at_end() {
            text |= self.step().is_some_and(|byte| byte != b' ' && byte != b'\t');
        }
        if text {
            self.quotes.doubts.push(Doubt { line, column, kind: DoubtKind::TextBehind });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn records(data: &[u8]) -> Vec<csv::ByteRecord> {
        let mut reader = csv::ReaderBuilder::new().has_headers(false).flexible(true).from_reader(data);
        reader.byte_records().map(Result::unwrap).collect()
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, cases: 2000, ..ProptestConfig::default() })]

        /// A line put behind the table is a record of its own unless a quote is open.
        #[test]
        fn a_quote_is_open_where_the_reader_swallows_what_follows(text in "[\"\",\n\ra ]{0,30}") {
            let data = text.as_bytes();
            let quotes = scan(data, 0, 1, b',');
            let more = records(&[data, b"\nZ"].concat());
            let alone = more.last().is_some_and(|last| last == vec!["Z"]);
            prop_assert_eq!(quotes.open.is_none(), alone, "{:?}", quotes);
            if let Some(open) = quotes.open {
                prop_assert_eq!(records(&data[..open.row]).len() + 1, records(data).len());
                prop_assert_eq!(more.last().map(|last| last.len()), Some(open.column + 1));
                prop_assert!(open.row <= open.place && data[open.place] == b'"' && open.line <= open.last_line);
            }
        }
    }
}

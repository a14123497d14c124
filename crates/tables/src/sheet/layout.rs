//! Finds the delimiter of the fields of a table.
//!
//! A spreadsheet writes commas, semicolons or tabs, depending on its language. The choice is certain if the
//! header has all needed columns with one of them, or if Excel's line `sep=;` names it.

use super::columns::{Column, known};

/// The possible delimiters, most usual first, and their names.
const DELIMITERS: [(u8, &str); 4] = [(b',', "commas"), (b';', "semicolons"), (b'\t', "tabs"), (b'|', "vertical bars")];

/// How a table is laid out.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Layout {
    /// Where the header begins, and on which line.
    pub(super) start: (usize, usize),
    pub(super) delimiter: u8,
}

impl Layout {
    /// A note for the user, unless the delimiter is a comma.
    pub(super) fn note(&self) -> Option<String> {
        let name = DELIMITERS.iter().find(|(delimiter, _)| *delimiter == self.delimiter).map(|(_, name)| name)?;
        (self.delimiter != b',').then(|| format!("the fields of the table have {name} between them"))
    }
}

/// Finds out how `data` is laid out.
///
/// Where no delimiter gives all columns that are needed, the one that gives most is used, so that the missing
/// ones can be named.
///
/// # Errors
/// The content of the line `sep=`, if it is not one of the delimiters.
pub(super) fn find(data: &[u8], columns: &[Column<'_>]) -> Result<Layout, String> {
    if let Some((separator, start)) = separator(data) {
        return match separator {
            [byte] if DELIMITERS.iter().any(|(delimiter, _)| delimiter == byte) => {
                Ok(Layout { start: (start, 2), delimiter: *byte })
            }
            other => Err(crate::error::quote(&String::from_utf8_lossy(other))),
        };
    }
    let mut best = (b',', (0, false));
    for (delimiter, _) in DELIMITERS {
        let found = known(&names(data, delimiter), columns);
        // All required columns weigh more than any number of others; the first of equals is kept.
        if (found.1, found.0) > (best.1.1, best.1.0) {
            best = (delimiter, found);
        }
        if best.1.1 {
            break;
        }
    }
    Ok(Layout { start: (0, 1), delimiter: best.0 })
}

fn names(data: &[u8], delimiter: u8) -> Vec<String> {
    let mut reader = csv::ReaderBuilder::new().has_headers(false).flexible(true).delimiter(delimiter).from_reader(data);
    let mut record = csv::ByteRecord::new();
    match reader.read_byte_record(&mut record) {
        Ok(true) => record.iter().map(|name| String::from_utf8_lossy(name).trim().to_owned()).collect(),
        _ => Vec::new(),
    }
}

/// The text after `sep=` in the first line, and where the second one begins.
fn separator(data: &[u8]) -> Option<(&[u8], usize)> {
    let length = data.iter().take(16).position(|byte| matches!(byte, b'\r' | b'\n'))?;
    let (line, rest) = data.split_at_checked(length)?;
    let start = length + if rest.starts_with(b"\r\n") { 2 } else { 1 };
    let line = match line {
        [b'"', within @ .., b'"'] => within,
        line => line,
    };
    let (word, separator) = line.split_at_checked(4)?;
    word.eq_ignore_ascii_case(b"sep=").then_some((separator, start))
}

#[cfg(test)]
mod tests {
    use super::*;

    const COLUMNS: [Column<'static>; 3] =
        [Column::required("image"), Column::required("label").or(&["class"]), Column::optional("mask")];

    fn delimiter(text: &str) -> char {
        char::from(find(text.as_bytes(), &COLUMNS).unwrap().delimiter)
    }

    #[test]
    fn the_header_tells_the_delimiter() {
        assert_eq!(delimiter("image,label\n"), ',');
        assert_eq!(delimiter("x;image;Label"), ';');
        assert_eq!(delimiter("\"image\"\t\"CLASS\"\r\n"), '\t');
        assert_eq!(delimiter("label|image|a,b;c\n"), '|');
        // A name that holds another delimiter; a header that is short of a column; nothing at all.
        assert_eq!(delimiter("image,label,\"a;b;c\"\n"), ',');
        assert_eq!(delimiter("image;mask\n"), ';');
        assert_eq!(delimiter("image\n"), ',');
        assert_eq!(delimiter(""), ',');
    }

    #[test]
    fn the_line_of_excel_is_no_header() {
        for (text, start) in [("sep=;\nimage,label\n", 6), ("\"SEP=;\"\r\nimage", 9), ("sep=;\rimage", 6)] {
            assert_eq!(find(text.as_bytes(), &COLUMNS), Ok(Layout { start: (start, 2), delimiter: b';' }), "{text:?}");
        }
        assert_eq!(find(b"sep=\t\nimage\tlabel\n", &COLUMNS).unwrap().delimiter, b'\t');
        assert_eq!(find(b"sep=ab\nimage\n", &COLUMNS), Err("\"ab\"".into()));
        assert_eq!(find(b"sep=\nimage\n", &COLUMNS), Err("\"\"".into()));
    }
}

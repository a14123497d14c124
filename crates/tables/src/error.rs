//! The errors of a table: every problem is one line, and all of them are collected.

use std::fmt::{self, Display};

use herring_datasets::{DatasetError, Origin};

/// Why a table could not be read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TableError {
    /// The files hold mistakes; all that were found, one line each.
    #[error("{0}")]
    Problems(Problems),
    /// A manifest is invalid.
    #[error("{file}:{line}: {message}")]
    Manifest {
        /// The manifest's file.
        file: String,
        /// 1-based; 0 if the mistake has no line.
        line: usize,
        /// What is wrong.
        message: String,
    },
    /// There is no collection or experiment of this name.
    #[error("name: found {found:?}, expected {expected}")]
    Unknown {
        /// The name given.
        found: String,
        /// The names that exist.
        expected: String,
    },
    /// A collection is not read for this pathology.
    #[error("pathology: found {found:?}, expected one of {collection}: {expected}")]
    UnknownPathology {
        /// The collection.
        collection: String,
        /// The name given.
        found: String,
        /// The names that exist.
        expected: String,
    },
    /// The records contradict each other in a way that the readers do not check.
    #[error(transparent)]
    Dataset(#[from] DatasetError),
}

impl TableError {
    /// The problems, if these are the error.
    pub fn problems(&self) -> &[Problem] {
        match self {
            Self::Problems(problems) => problems.all(),
            _ => &[],
        }
    }
}

/// The kind of a problem.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum ProblemKind {
    /// A file or folder is missing.
    Missing,
    /// A file cannot be read or unpacked, or is too large unpacked.
    Unreadable,
    /// A table has no rows.
    Empty,
    /// A column is missing, or occurs twice.
    Column,
    /// A row has too few or too many fields.
    Fields,
    /// A quotation mark that nothing closes.
    Quote,
    /// Bytes that are not UTF-8.
    Encoding,
    /// An id is empty or duplicated.
    Id,
    /// A label is empty, NaN, or unknown.
    Label,
    /// An environment is empty or NaN.
    Environment,
    /// A split other than train, valid or test.
    Part,
    /// A box that is invalid, or lies outside the image.
    Box,
    /// An invalid greatest value.
    Maximum,
    /// A group that stands for a missing value.
    Group,
    /// A path that is empty or leaves the root.
    Path,
    /// A mask that contradicts the rest of the row, or has no image.
    Region,
    /// Images that contradict each other, or that lack something that the table needs.
    Image,
    /// A file or folder that is not part of the folder convention.
    Stray,
}

/// One thing that is wrong, at one place. Its text is one line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// Its kind.
    pub kind: ProblemKind,
    /// The file, and the line where the row begins.
    pub origin: Origin,
    /// The column, or another part of the table.
    pub field: String,
    /// The value found.
    pub found: String,
    /// The values expected.
    pub expected: String,
}

impl Problem {
    pub(crate) fn new(
        kind: ProblemKind,
        origin: Origin,
        field: impl Into<String>,
        found: impl Into<String>,
        expected: impl Into<String>,
    ) -> Self {
        Self { kind, origin, field: field.into(), found: found.into(), expected: expected.into() }
    }
}

impl Display for Problem {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { origin, field, found, expected, .. } = self;
        formatter.write_str(&one_line(&format!("{origin}: {field}: found {found}, expected {expected}")))
    }
}

/// All problems of a table, in the order of files and rows. There is at least one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problems(Vec<Problem>);

impl Problems {
    /// How many lines [`Display`] writes before it says how many more there are.
    pub const SHOWN: usize = 20;

    /// `Ok` if there are none.
    pub(crate) fn check(problems: Vec<Problem>) -> Result<(), TableError> {
        if problems.is_empty() { Ok(()) } else { Err(TableError::Problems(Self(problems))) }
    }

    /// Every one.
    pub fn all(&self) -> &[Problem] {
        &self.0
    }

    /// One line a problem, at most `limit` of them, then a line that counts the rest.
    pub fn render(&self, limit: usize) -> String {
        let mut lines: Vec<String> = self.0.iter().take(limit).map(Problem::to_string).collect();
        if self.0.len() > limit {
            lines.push(format!("and {} more, {} in all", self.0.len() - limit, self.0.len()));
        }
        lines.join("\n")
    }
}

impl Display for Problems {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.render(Self::SHOWN))
    }
}

/// `text` without line breaks and other control characters, which are escaped.
pub(crate) fn one_line(text: &str) -> String {
    let mut line = String::with_capacity(text.len());
    for character in text.chars() {
        if character.is_control() { line.extend(character.escape_default()) } else { line.push(character) }
    }
    line
}

/// A value as messages quote it: escaped, and cut where it is long (a field may hold a whole report).
pub(crate) fn quote(value: &str) -> String {
    const LONGEST: usize = 60;
    match value.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{:?}...", &value[..end]),
        None => format!("{value:?}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn problem(line: usize) -> Problem {
        let origin = Origin { file: "a\nb.csv".into(), line };
        Problem::new(ProblemKind::Label, origin, "label", quote(&"x\n".repeat(99)), "a label")
    }

    #[test]
    fn every_problem_is_one_line() {
        assert_eq!(problem(3).to_string().lines().count(), 1);
        assert!(problem(3).to_string().starts_with("a\\nb.csv:3: label: found "));
    }

    #[test]
    fn what_is_not_shown_is_counted() {
        let problems = Problems((1..=25).map(problem).collect());
        assert_eq!(problems.to_string().lines().count(), 21);
        assert!(problems.to_string().ends_with("and 5 more, 25 in all"));
        assert_eq!(problems.render(25).lines().count(), 25);
    }
}

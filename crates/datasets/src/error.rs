//! The one error type of this crate: which value, what was found, what was expected.

use std::fmt::Display;

/// Why data or settings were refused.
///
/// Every variant holds what a user needs to correct the input: the name of the offending field or object, the
/// value found there and the values that would have been accepted.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DatasetError {
    /// A setting or argument is out of range.
    #[error("{field} is {found}, expected {expected}")]
    OutOfRange {
        /// Name of the setting or argument, as spelled in code and in configuration files.
        field: &'static str,
        /// The value that was given.
        found: String,
        /// The values that are accepted.
        expected: String,
    },
    /// An array does not have the size that its neighbours require.
    #[error("{what} has shape {found}, expected {expected}")]
    Shape {
        /// Which array.
        what: String,
        /// The shape or length that it has.
        found: String,
        /// The shape or length that it should have.
        expected: String,
    },
    /// A sample contradicts the dataset that it was put into.
    #[error("sample {id}: {field} is {found}, expected {expected}")]
    Sample {
        /// Identity of the sample.
        id: String,
        /// Which part of the sample.
        field: &'static str,
        /// What it is.
        found: String,
        /// What it should be.
        expected: String,
    },
    /// The pixels of a sample cannot be read.
    #[error("sample {id}: {reason}")]
    Unreadable {
        /// Identity of the sample.
        id: String,
        /// Why, with the file.
        reason: String,
    },
}

impl DatasetError {
    pub(crate) fn out_of_range(field: &'static str, found: impl Display, expected: impl Display) -> Self {
        Self::OutOfRange { field, found: found.to_string(), expected: expected.to_string() }
    }

    pub(crate) fn shape(what: impl Display, found: impl Display, expected: impl Display) -> Self {
        Self::Shape { what: what.to_string(), found: found.to_string(), expected: expected.to_string() }
    }

    pub(crate) fn sample(id: &str, field: &'static str, found: impl Display, expected: impl Display) -> Self {
        Self::Sample { id: id.to_owned(), field, found: found.to_string(), expected: expected.to_string() }
    }
}

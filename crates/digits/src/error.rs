//! The one error type of this crate: which file, what was found, what was expected.

use herring_datasets::DatasetError;
use std::path::PathBuf;

/// Why digits cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum DigitsError {
    /// A file cannot be read or written.
    #[error("{path}: {source}")]
    File {
        /// The file or folder.
        path: PathBuf,
        /// The system's error.
        source: std::io::Error,
    },
    /// A file is not what its name says.
    #[error("{path}: found {found}, expected {expected}")]
    Content {
        /// The file.
        path: PathBuf,
        /// What it holds.
        found: String,
        /// What it should hold.
        expected: String,
    },
    /// A folder has no file of MNIST's names.
    #[error("{folder}: found no {name}, expected it or {name}.gz")]
    Missing {
        /// The folder.
        folder: PathBuf,
        /// The file's name.
        name: String,
    },
    /// Settings that the digits do not fit.
    #[error(transparent)]
    Dataset(#[from] DatasetError),
}

impl DigitsError {
    pub(crate) fn content(path: impl Into<PathBuf>, found: impl ToString, expected: impl ToString) -> Self {
        Self::Content { path: path.into(), found: found.to_string(), expected: expected.to_string() }
    }
}

//! The one error type of this crate.

use std::fmt::Display;
use std::path::{Path, PathBuf};

/// Why nothing was written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StandinError {
    /// A setting lies outside its documented range.
    #[error("{field} is {found}, expected {expected}")]
    Setting {
        /// Name of the setting, as spelled in the settings struct.
        field: &'static str,
        /// The value that was given.
        found: String,
        /// The values that are accepted.
        expected: &'static str,
    },
    /// The folder that was to be written exists and is not empty. It was not changed.
    #[error("{}: holds {found}, expected an empty folder or none", folder.display())]
    NotEmpty {
        /// The folder.
        folder: PathBuf,
        /// The name of an entry in it.
        found: String,
    },
    /// A file or folder could not be read, written or moved.
    #[error("{}: {source}", path.display())]
    Io {
        /// The file or folder.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// A row of a table could not be written.
    #[error("{}: {source}", path.display())]
    Table {
        /// The table.
        path: PathBuf,
        /// What the writer said.
        source: csv::Error,
    },
    /// A picture could not be encoded or written.
    #[error("{}: {source}", path.display())]
    Picture {
        /// The picture.
        path: PathBuf,
        /// What the encoder said.
        source: image::ImageError,
    },
}

impl StandinError {
    pub(crate) fn setting(field: &'static str, found: impl Display, expected: &'static str) -> Self {
        Self::Setting { field, found: found.to_string(), expected }
    }

    pub(crate) fn io(path: &Path, source: std::io::Error) -> Self {
        Self::Io { path: path.to_owned(), source }
    }

    pub(crate) fn table(path: &Path, source: csv::Error) -> Self {
        Self::Table { path: path.to_owned(), source }
    }

    pub(crate) fn picture(path: &Path, source: image::ImageError) -> Self {
        Self::Picture { path: path.to_owned(), source }
    }
}

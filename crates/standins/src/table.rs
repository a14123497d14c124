//! Tables of comma-separated values, written row by row.

use std::fs::File;
use std::path::{Path, PathBuf};

use crate::StandinError;

/// A table that is being written.
#[derive(Debug)]
pub(crate) struct Writer {
    path: PathBuf,
    inner: csv::Writer<File>,
}

impl Writer {
    /// Starts a table with its header.
    pub(crate) fn create(path: &Path, header: &[&str]) -> Result<Self, StandinError> {
        let inner = csv::Writer::from_path(path).map_err(|source| StandinError::table(path, source))?;
        let mut writer = Self { path: path.to_owned(), inner };
        writer.row(header)?;
        Ok(writer)
    }

    /// Writes a row. Cells with commas, quotes or newlines are quoted.
    pub(crate) fn row(&mut self, cells: &[&str]) -> Result<(), StandinError> {
        self.inner.write_record(cells).map_err(|source| StandinError::table(&self.path, source))
    }

    /// Writes what is still in memory.
    pub(crate) fn finish(mut self) -> Result<(), StandinError> {
        self.inner.flush().map_err(|source| StandinError::io(&self.path, source))
    }
}

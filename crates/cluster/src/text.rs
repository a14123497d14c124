//! A TOML text and the positions of its values, for errors.

use crate::ClusterError;
use serde::de::DeserializeOwned;
use std::{ops::Range, path::Path};

/// A TOML text with the name of its file.
#[derive(Debug)]
pub(crate) struct Text {
    name: String,
    content: String,
}

impl Text {
    pub(crate) fn new(name: impl Into<String>, content: impl Into<String>) -> Self {
        Self { name: name.into(), content: content.into() }
    }

    pub(crate) fn read(path: &Path) -> Result<Self, ClusterError> {
        let content = std::fs::read_to_string(path).map_err(ClusterError::system("read", path))?;
        Ok(Self::new(path.display().to_string(), content))
    }

    pub(crate) fn parse<T: DeserializeOwned>(&self) -> Result<T, ClusterError> {
        toml::from_str(&self.content).map_err(|error| {
            let (line, column) = herring_files::line_and_column(&self.content, error.span().unwrap_or(0..0).start);
            // The parser's message may have several lines.
            let message = error.message().split_whitespace().collect::<Vec<_>>().join(" ");
            let message = message.replacen(", expected", ": expected", 1);
            ClusterError::Malformed { path: self.name.clone(), line, column, message }
        })
    }

    pub(crate) fn invalid(
        &self,
        span: Range<usize>,
        field: &'static str,
        found: String,
        expected: &'static str,
    ) -> ClusterError {
        let (line, column) = herring_files::line_and_column(&self.content, span.start);
        ClusterError::Invalid { path: self.name.clone(), line, column, field, found, expected }
    }
}

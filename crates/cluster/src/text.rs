//! Where in a file something stands, so that an error can say so.

use crate::ClusterError;
use serde::de::DeserializeOwned;
use std::{ops::Range, path::Path};

/// A TOML text with the name of where it came from.
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
            let (line, column) = self.place(error.span().unwrap_or(0..0).start);
            // The parser may explain itself over several lines.
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
        let (line, column) = self.place(span.start);
        ClusterError::Invalid { path: self.name.clone(), line, column, field, found, expected }
    }

    fn place(&self, offset: usize) -> (usize, usize) {
        let before = self.content.get(..offset).unwrap_or(&self.content);
        let line = before.matches('\n').count() + 1;
        let start = before.rfind('\n').map_or(0, |newline| newline + 1);
        (line, before[start..].chars().count() + 1)
    }
}

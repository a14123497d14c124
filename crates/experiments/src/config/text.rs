//! Texts of configurations, and one-line errors with file, line and column.

use herring_protocol::MethodName;
use serde::de::DeserializeOwned;
use std::{
    ops::Range,
    path::{Path, PathBuf},
};
use toml::Spanned;

/// Why a configuration cannot be used. Its text is one line.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The text is not what was expected at this place.
    #[error("{path}:{line}:{column}: {field}found {found}, expected {expected}")]
    Invalid {
        /// The file, or the name of the embedded text.
        path: String,
        /// 1-based.
        line: usize,
        /// 1-based, in characters.
        column: usize,
        /// The key it belongs to, with `: ` after it; empty where the text is not TOML.
        field: String,
        /// What was found.
        found: String,
        /// What was expected.
        expected: String,
    },
    /// The text is not TOML, or lacks something.
    #[error("{path}:{line}:{column}: {message}")]
    Malformed {
        /// The file, or the name of the embedded text.
        path: String,
        /// 1-based.
        line: usize,
        /// 1-based, in characters.
        column: usize,
        /// What is wrong.
        message: String,
    },
    /// The file cannot be read.
    #[error("{}: cannot be read: {source}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: std::io::Error,
    },
}

/// A TOML text with its name, and the base text that it extends.
///
/// Offsets in the base come before those in the text itself, so an offset identifies text and place.
#[derive(Debug, Clone)]
pub(crate) struct Text {
    name: String,
    content: String,
    base: Option<Box<Text>>,
}

impl Text {
    pub(crate) fn new(name: impl Into<String>, content: impl Into<String>) -> Self {
        Self { name: name.into(), content: content.into(), base: None }
    }

    pub(crate) fn read(path: &Path) -> Result<Self, ConfigError> {
        let content = std::fs::read_to_string(path)
            .map_err(|source| ConfigError::Unreadable { path: path.to_owned(), source })?;
        Ok(Self::new(path.display().to_string(), content))
    }

    pub(crate) fn content(&self) -> &str {
        &self.content
    }

    /// This text extending a base.
    pub(crate) fn with_base(self, base: Self) -> Self {
        Self { base: Some(Box::new(base)), ..self }
    }

    /// The base text that this one extends.
    pub(crate) fn base(&self) -> Option<&Self> {
        self.base.as_deref()
    }

    /// The text after as many spaces as its base has bytes.
    pub(crate) fn shifted(&self) -> String {
        format!("{}{}", " ".repeat(self.shift()), self.content)
    }

    fn shift(&self) -> usize {
        self.base.as_ref().map_or(0, |base| base.content.len() + 1)
    }

    /// Parses the text; errors have the place and, if the parser gives them, what was found and what was expected.
    pub(crate) fn parse<T: DeserializeOwned>(&self) -> Result<T, ConfigError> {
        toml::from_str(&self.shifted()).map_err(|error| self.malformed(&error))
    }

    /// The parser's error in one line, with the place.
    pub(crate) fn malformed(&self, error: &toml::de::Error) -> ConfigError {
        let (path, line, column) = self.place(error.span().unwrap_or(self.shift()..self.shift()).start);
        // The parser's message may have several lines.
        let message = error.message().split_whitespace().collect::<Vec<_>>().join(" ");
        ConfigError::Malformed { path, line, column, message: plain(&message.replacen(", expected", ": expected", 1)) }
    }

    /// An error at `span`: `field` is `found`, but must be `expected`.
    pub(crate) fn invalid(
        &self,
        span: Range<usize>,
        field: &str,
        found: impl std::fmt::Display,
        expected: impl std::fmt::Display,
    ) -> ConfigError {
        let (path, line, column) = self.place(span.start);
        ConfigError::Invalid {
            path,
            line,
            column,
            field: format!("{field}: "),
            found: found.to_string(),
            expected: expected.to_string(),
        }
    }

    /// The value if `allowed` accepts it, else an error with the value and `expected`.
    pub(crate) fn check<T: Copy + std::fmt::Display>(
        &self,
        field: &str,
        value: &Spanned<T>,
        expected: &str,
        allowed: impl Fn(T) -> bool,
    ) -> Result<T, ConfigError> {
        let inner = *value.get_ref();
        if allowed(inner) { Ok(inner) } else { Err(self.invalid(value.span(), field, inner, expected)) }
    }

    fn place(&self, offset: usize) -> (String, usize, usize) {
        let offset = match (offset.checked_sub(self.shift()), &self.base) {
            (Some(offset), _) => offset,
            (None, Some(base)) => return base.place(offset),
            (None, None) => 0,
        };
        let (line, column) = herring_files::line_and_column(&self.content, offset);
        (self.name.clone(), line, column)
    }
}

/// The parser's message without names of Rust types.
fn plain(message: &str) -> String {
    const WORDS: [(&str, &str); 9] = [
        ("expected usize", "expected a whole number from 0 up"),
        ("expected u32", "expected a whole number from 0 to 4294967295"),
        ("expected u64", "expected a whole number from 0 up"),
        ("expected f64", "expected a number"),
        (" as i128", ""),
        (" as u128", ""),
        (" as i64", ""),
        ("expected a sequence", "expected a list"),
        // An architecture, a kind of penalty or another choice; "variant" means a reading of a paper here.
        ("unknown variant", "unknown name"),
    ];
    WORDS.iter().fold(message.to_owned(), |text, (theirs, ours)| text.replace(theirs, ours))
}

/// Checks the format number of a file under `experiments/`.
pub(crate) fn check_format(text: &Text, format: &Spanned<u32>) -> Result<(), ConfigError> {
    text.check("format", format, "2, the format of this version", |format| format == 2)?;
    Ok(())
}

/// Parses the name of a method.
pub(crate) fn method_named(text: &Text, name: &Spanned<String>) -> Result<MethodName, ConfigError> {
    name.get_ref().parse().map_err(|error: herring_protocol::UnknownName| {
        text.invalid(name.span(), "method", format!("'{}'", error.found), error.expected)
    })
}

//! Sizes and counts on the command line.

use std::{fmt, str::FromStr};

/// Rows and columns of images: `224`, or `105x135`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Size(pub(crate) [usize; 2]);

impl FromStr for Size {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text.split_once('x') {
            Some((rows, columns)) => Ok(Self([count(rows)?, count(columns)?])),
            None => count(text).map(|side| Self([side; 2])),
        }
    }
}

impl fmt::Display for Size {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [rows, columns] = self.0;
        write!(formatter, "{rows}x{columns}")
    }
}

/// Parses a count of a step.
pub(crate) fn count(text: &str) -> Result<usize, String> {
    let range = 1..=1024;
    text.parse()
        .ok()
        .filter(|value| range.contains(value))
        .ok_or_else(|| format!("expected a whole number from {} to {}", range.start(), range.end()))
}

/// Parses a length of time in minutes.
pub(crate) fn minutes(text: &str) -> Result<f64, String> {
    let found: Option<f64> = text.parse().ok().filter(|minutes| *minutes > 0.0 && *minutes <= 1440.0);
    found.ok_or_else(|| "expected a number above 0, at most 1440".to_owned())
}

//! The stored value that counts as white in the user's own images.

use serde::Deserialize;
use std::collections::BTreeMap;

/// The stored value that counts as white.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(untagged)]
pub enum Maximum {
    /// The greatest value that a file's depth holds.
    #[default]
    #[serde(skip)]
    OfDepth,
    /// One for all images.
    Same(u32),
    /// One for each environment that is named; the depth's for the others.
    Each(BTreeMap<String, u32>),
}

impl Maximum {
    /// That of an environment, where one is given.
    pub fn of(&self, environment: &str) -> Option<u32> {
        match self {
            Self::OfDepth => None,
            Self::Same(value) => Some(*value),
            Self::Each(values) => values.get(environment).copied(),
        }
    }

    /// The environments that are named.
    pub fn named(&self) -> impl Iterator<Item = &str> {
        match self {
            Self::Each(values) => Some(values.keys().map(String::as_str)),
            _ => None,
        }
        .into_iter()
        .flatten()
    }

    /// Every value that is given.
    pub(super) fn values(&self) -> Vec<u32> {
        match self {
            Self::OfDepth => Vec::new(),
            Self::Same(value) => vec![*value],
            Self::Each(values) => values.values().copied().collect(),
        }
    }
}

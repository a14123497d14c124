//! `weights.json`: where the files of weights are that a folder's runs start from.

use crate::store::{StoreError, pretty_json, read_json, replace};
use serde::{Deserialize, Serialize};
use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

const FILE: &str = "weights.json";

/// `weights.json` of a reproduction's folder. It affects no result: the runs themselves hold the SHA-256 of their files.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WeightsPlaces {
    /// [`Self::FORMAT`].
    pub format: u32,
    /// The files by name, as absolute paths.
    pub files: BTreeMap<String, PathBuf>,
}

impl Default for WeightsPlaces {
    fn default() -> Self {
        Self { format: Self::FORMAT, files: BTreeMap::new() }
    }
}

impl WeightsPlaces {
    /// The format that this version writes.
    pub const FORMAT: u32 = 1;

    /// Reads the file of the folder `out`; no places if there is none.
    ///
    /// # Errors
    /// If it cannot be read or is damaged.
    pub fn of(out: &Path) -> Result<Self, StoreError> {
        let path = out.join(FILE);
        if path.exists() { read_json(&path) } else { Ok(Self::default()) }
    }

    /// Writes it into the folder `out`, unless there is nothing to write.
    ///
    /// # Errors
    /// If an I/O operation fails.
    pub fn write(&self, out: &Path) -> Result<(), StoreError> {
        if self.files.is_empty() || Self::of(out)? == *self {
            return Ok(());
        }
        let path = out.join(FILE);
        replace(&path, &pretty_json(&path, self)?)
    }

    /// The same with other places for the files of these names.
    #[must_use]
    pub fn with(mut self, given: impl IntoIterator<Item = (String, PathBuf)>) -> Self {
        self.files.extend(given);
        self
    }
}

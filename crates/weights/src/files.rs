//! Where the files of weights are that runs start from.
//!
//! A run knows its file by name and SHA-256; the location does not affect the result.

use crate::{WeightsError, WeightsFile, read};
use std::{collections::BTreeMap, path::PathBuf};

/// Provides files of weights.
pub trait WeightFiles: Send + Sync {
    /// The file of that name, if it is the one with this SHA-256 (64 hexadecimal digits).
    ///
    /// # Errors
    /// There is no such file, it is another one, or it cannot be read.
    fn open(&self, name: &str, sha256: &str) -> Result<WeightsFile, WeightsError>;
}

/// Provides none: for experiments whose runs start from random weights.
#[derive(Debug, Clone, Copy, Default)]
pub struct NoWeightFiles;

impl WeightFiles for NoWeightFiles {
    fn open(&self, name: &str, _: &str) -> Result<WeightsFile, WeightsError> {
        Err(WeightsError::NotGiven { name: name.to_owned() })
    }
}

/// Files by name.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct WeightPaths(pub BTreeMap<String, PathBuf>);

impl WeightFiles for WeightPaths {
    fn open(&self, name: &str, sha256: &str) -> Result<WeightsFile, WeightsError> {
        let path = self.0.get(name).ok_or_else(|| WeightsError::NotGiven { name: name.to_owned() })?;
        let file = read(path)?;
        if file.sha256 != sha256 {
            let (path, name, found, expected) = (path.clone(), name.to_owned(), file.sha256, sha256.to_owned());
            return Err(WeightsError::Other { path, name, found, expected });
        }
        Ok(file)
    }
}

//! Whether an experiment's files are there: a cheap look, before anything is read.

use std::path::{Path, PathBuf};

use crate::{Manifest, TableError, official::EXPERIMENTS, unpack};

/// What is there of an experiment, and what is not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Presence {
    /// The tables that would be read.
    pub tables: Vec<PathBuf>,
    /// One line for each table that is missing: its folder and the names it may go by.
    pub missing_tables: Vec<String>,
    /// Folders of images that are missing.
    pub missing_folders: Vec<PathBuf>,
}

impl Presence {
    /// Whether all tables and folders are there; what is in them is not looked at.
    pub fn is_complete(&self) -> bool {
        self.missing_tables.is_empty() && self.missing_folders.is_empty()
    }

    /// One line for each thing that is missing.
    pub fn missing(&self) -> Vec<String> {
        let folders = self.missing_folders.iter().map(|folder| format!("{}: a folder of images", folder.display()));
        self.missing_tables.iter().cloned().chain(folders).collect()
    }
}

/// Looks below the data root for what `name` needs: an experiment (`xray`, `rsna`) or a collection.
///
/// # Errors
/// [`TableError::Unknown`] for another name.
///
/// # Examples
/// ```
/// let presence = herring_tables::present("xray", std::path::Path::new("no such folder"))?;
/// assert_eq!((presence.missing_tables.len(), presence.missing_folders.len()), (2, 2));
/// # Ok::<(), herring_tables::TableError>(())
/// ```
pub fn present(name: &str, root: &Path) -> Result<Presence, TableError> {
    let mut presence = Presence { tables: Vec::new(), missing_tables: Vec::new(), missing_folders: Vec::new() };
    for manifest in manifests(name)? {
        let folder = root.join(&manifest.folder);
        for names in manifest.tables() {
            match unpack::locate(&folder, names) {
                Some(located) => presence.tables.push(located.path),
                None => presence.missing_tables.push(format!("{}: {}", folder.display(), unpack::spell(names))),
            }
        }
        let images = folder.join(&manifest.images.folder);
        if !images.is_dir() {
            presence.missing_folders.push(images);
        }
    }
    Ok(presence)
}

/// The manifests that an experiment or collection needs.
///
/// # Errors
/// [`TableError::Unknown`] for a name that is neither.
pub fn manifests(name: &str) -> Result<Vec<Manifest>, TableError> {
    match EXPERIMENTS.iter().find(|(experiment, _)| *experiment == name) {
        Some((_, collections)) => collections.iter().map(|collection| Manifest::named(collection)).collect(),
        None => Manifest::named(name).map(|manifest| vec![manifest]).map_err(|error| match error {
            TableError::Unknown { found, expected } => {
                TableError::Unknown { found, expected: format!("xray, {expected}") }
            }
            other => other,
        }),
    }
}

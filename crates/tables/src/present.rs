//! Whether an experiment's files exist: a cheap check before anything is read.

use std::path::{Path, PathBuf};

use crate::{Manifest, TableError, layout::Files, manifest::FullImages, unpack};

/// Which collections each experiment needs.
pub const EXPERIMENTS: [(&str, &[&str]); 2] = [("xray", &["nih", "padchest"]), ("rsna", &["rsna"])];

/// The files of an experiment that exist, and those that are missing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Presence {
    /// The tables that would be read.
    pub tables: Vec<PathBuf>,
    /// One line for each table that is missing: its folder and its accepted names.
    pub missing_tables: Vec<String>,
    /// Folders of the small edition's images that are missing, where the owner's files are missing as well.
    pub missing_folders: Vec<PathBuf>,
    /// The alternative to each of [`Self::missing_folders`]: where the owner's files lie once unpacked.
    pub missing_layouts: Vec<String>,
}

impl Presence {
    /// Whether all tables and folders exist; their content is not checked.
    pub fn is_complete(&self) -> bool {
        self.missing_tables.is_empty() && self.missing_folders.is_empty()
    }

    /// One line for each thing that is missing.
    pub fn missing(&self) -> Vec<String> {
        let layouts = self.missing_layouts.iter().map(String::as_str).chain(std::iter::repeat(""));
        let folders = self.missing_folders.iter().zip(layouts).map(|(folder, layout)| match layout {
            "" => format!("{}: a folder of images", folder.display()),
            _ => format!("{}: a folder of images, or {layout}", folder.display()),
        });
        self.missing_tables.iter().cloned().chain(folders).collect()
    }
}

/// Looks below the data root for the files that `name` needs: an experiment (`xray`, `rsna`) or a collection.
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
    Ok(look(&manifests(name)?, root))
}

/// Like [`present`], for an experiment or a collection as it is read for this pathology.
///
/// # Errors
/// [`TableError::Unknown`] for another name, [`TableError::UnknownPathology`] for another pathology.
pub fn present_with(name: &str, pathology: &str, root: &Path) -> Result<Presence, TableError> {
    Ok(look(&manifests_with(name, pathology)?, root))
}

fn look(manifests: &[Manifest], root: &Path) -> Presence {
    let mut presence = Presence {
        tables: Vec::new(),
        missing_tables: Vec::new(),
        missing_folders: Vec::new(),
        missing_layouts: Vec::new(),
    };
    for manifest in manifests {
        let folder = root.join(&manifest.folder);
        let full = Files::any_full(manifest, root);
        let headers = manifest.full.as_ref().filter(|full| full.views);
        for (place, names) in manifest.tables().into_iter().enumerate() {
            match unpack::locate(&folder, names) {
                Some(located) => presence.tables.push(located.path),
                // The second table is that of the views.
                None if place == 1 && full && headers.is_some() => {}
                None => {
                    let or = headers.filter(|_| place == 1).map(|full| format!("; or {}", full.layout));
                    let names = unpack::spell(names) + &or.unwrap_or_default();
                    presence.missing_tables.push(format!("{}: {names}", folder.display()));
                }
            }
        }
        let images = folder.join(&manifest.images.folder);
        if !images.is_dir() && !full {
            presence.missing_folders.push(images);
            let layout = |full: &FullImages| format!("{} below {}", full.layout, folder.display());
            presence.missing_layouts.push(manifest.full.as_ref().map(layout).unwrap_or_default());
        }
    }
    presence
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

/// Like [`manifests`], for this pathology ([`Manifest::of_pathology`]).
///
/// # Errors
/// [`TableError::Unknown`] for another name, [`TableError::UnknownPathology`] for another pathology.
pub fn manifests_with(name: &str, pathology: &str) -> Result<Vec<Manifest>, TableError> {
    manifests(name)?.into_iter().map(|manifest| manifest.of_pathology(pathology)).collect()
}

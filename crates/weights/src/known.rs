//! Files of weights that are known: `datasets/weights.toml`.

use crate::{FileKind, WeightsError, read::hash};
use serde::Deserialize;
use std::{
    fs, io,
    path::{Path, PathBuf},
};

const TEXT: &str = include_str!("../weights.toml");

/// Endings of files of weights; others in a folder are not looked at.
const ENDINGS: [&str; 6] = ["pth", "pt", "safetensors", "h5", "hdf5", "bin"];

/// A file of weights that is known.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KnownFile {
    /// Short name, for instance `resnet18`, by which configurations name it.
    pub name: String,
    /// The network that it is of, as torchvision calls it.
    pub architecture: String,
    /// Its usual file name.
    pub file: String,
    /// Its length in bytes, where that is known.
    pub bytes: Option<u64>,
    /// The SHA-256 of its bytes, in 64 hexadecimal digits.
    pub sha256: String,
    /// Where to get it.
    pub source: String,
    /// On which terms it is handed out.
    pub licence: String,
    /// What to know of it.
    pub note: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Manifest {
    weights: Vec<KnownFile>,
}

/// The known files, in the order of `datasets/weights.toml`.
///
/// # Errors
/// That text, which is part of this crate, cannot be read.
pub fn known_files() -> Result<Vec<KnownFile>, WeightsError> {
    let manifest: Manifest =
        toml::from_str(TEXT).map_err(|error| WeightsError::Manifest(error.message().to_owned()))?;
    Ok(manifest.weights)
}

/// Whether a known file is in a folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum KnownState {
    /// It is there; its SHA-256 is the known one.
    Right {
        /// The file, under its usual name or another.
        path: PathBuf,
    },
    /// A file of its name has other bytes.
    Differs {
        /// The file.
        path: PathBuf,
        /// Its length.
        bytes: u64,
        /// Its SHA-256.
        sha256: String,
    },
    /// It is not there.
    Missing,
}

/// A file of weights that is none of the known ones.
#[derive(Debug)]
pub struct OtherFile {
    /// The file.
    pub path: PathBuf,
    /// Its length.
    pub bytes: u64,
    /// Its SHA-256.
    pub sha256: String,
    /// What it is and how many tensors it holds, or why it cannot be read.
    pub content: Result<(FileKind, usize), WeightsError>,
}

/// What a folder holds of the known files, and what else of weights.
#[derive(Debug)]
pub struct FolderReport {
    /// Each known file.
    pub known: Vec<(KnownFile, KnownState)>,
    /// Other files of weights, by name.
    pub others: Vec<OtherFile>,
}

/// Looks for the known files in a folder, not in those below it, and reads the other files of weights there.
///
/// # Errors
/// The folder or a file in it cannot be read.
pub fn inspect(folder: &Path) -> Result<FolderReport, WeightsError> {
    let mut files = Vec::new();
    for path in weights_in(folder).map_err(|source| WeightsError::Read { path: folder.to_owned(), source })? {
        let (sha256, bytes) = hash(&path).map_err(|source| WeightsError::Read { path: path.clone(), source })?;
        files.push((path, sha256, bytes));
    }
    let mut known = Vec::new();
    for entry in known_files()? {
        let named = |path: &Path| path.file_name().is_some_and(|name| name == entry.file.as_str());
        let right = files.iter().find(|(_, sha256, _)| *sha256 == entry.sha256);
        let state = match (right, files.iter().find(|(path, ..)| named(path))) {
            (Some((path, ..)), _) => KnownState::Right { path: path.clone() },
            (None, Some((path, sha256, bytes))) => {
                KnownState::Differs { path: path.clone(), bytes: *bytes, sha256: sha256.clone() }
            }
            (None, None) => KnownState::Missing,
        };
        known.push((entry, state));
    }
    let is_known = |sha256: &str| known.iter().any(|(entry, _)| entry.sha256 == sha256);
    let others = files
        .into_iter()
        .filter(|(_, sha256, _)| !is_known(sha256))
        .map(|(path, sha256, bytes)| {
            let content = crate::read(&path).map(|file| (file.kind, file.tensors.names().count()));
            OtherFile { path, bytes, sha256, content }
        })
        .collect();
    Ok(FolderReport { known, others })
}

/// The files of a folder whose names end as those of weights, sorted.
fn weights_in(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        let ending = path.extension().and_then(|ending| ending.to_str()).unwrap_or_default();
        if path.is_file() && ENDINGS.contains(&ending) {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}

impl FolderReport {
    /// Whether no file is damaged: those that are there are the known ones or can be read.
    pub fn is_sound(&self) -> bool {
        let differs = |(_, state): &(KnownFile, KnownState)| matches!(state, KnownState::Differs { .. });
        !self.known.iter().any(differs) && self.others.iter().all(|other| other.content.is_ok())
    }

    /// One line for each known file and each other one.
    pub fn lines(&self) -> Vec<String> {
        let known = self.known.iter().map(|(entry, state)| match state {
            KnownState::Right { path } => format!("{}: {}: the known file", entry.name, path.display()),
            KnownState::Differs { path, bytes, sha256 } => {
                let cut = entry.bytes.filter(|expected| bytes < expected);
                let cut = cut.map_or_else(String::new, |expected| format!(", {bytes} of {expected} bytes"));
                let (path, expected) = (path.display(), &entry.sha256);
                format!("{}: {path}: not the known file{cut}: SHA-256 found {sha256}, expected {expected}", entry.name)
            }
            KnownState::Missing => format!("{}: {} is missing; from {}", entry.name, entry.file, entry.source),
        });
        let others = self.others.iter().map(|other| match &other.content {
            Ok((kind, tensors)) => {
                let (path, sha256) = (other.path.display(), &other.sha256);
                format!("{path}: not a known file: {kind} with {tensors} tensors, SHA-256 {sha256}")
            }
            Err(error) => error.to_string(),
        });
        known.chain(others).collect()
    }
}

//! Names of files, and how they are written so that every visible file is complete.

use crate::SearchError;
use serde::{Serialize, de::DeserializeOwned};
use std::{
    fs,
    path::{Path, PathBuf},
};

/// The study's file.
pub(super) const STUDY: &str = "study.json";

/// The folder of the trials.
pub(super) const TRIALS: &str = "trials";

/// The file of a trial.
pub(super) fn trial(folder: &Path, number: usize) -> PathBuf {
    folder.join(TRIALS).join(format!("{number:04}.json"))
}

/// The file of a trial's result.
pub(super) fn told(folder: &Path, number: usize) -> PathBuf {
    folder.join(TRIALS).join(format!("{number:04}.told.json"))
}

/// The number of the trial that a file in the folder of the trials belongs to.
pub(super) fn number(name: &str) -> Option<usize> {
    let digits = name.strip_suffix(".told.json").or_else(|| name.strip_suffix(".json"))?;
    let numeric = digits.len() == 4 && digits.bytes().all(|byte| byte.is_ascii_digit());
    if numeric { digits.parse().ok() } else { None }
}

/// Writes `value` as JSON to `path` atomically; it is on the disk before this returns.
pub(super) fn show<T: Serialize>(path: &Path, value: &T) -> Result<(), SearchError> {
    let mut text =
        serde_json::to_vec_pretty(value).map_err(|error| SearchError::system("write", path)(error.into()))?;
    text.push(b'\n');
    herring_files::replace(path, &text).map_err(SearchError::system("write", path))?;
    sync_folder(path.parent().unwrap_or(Path::new(".")))
}

/// Removes the drafts that a crash left in a folder.
pub(super) fn remove_drafts(folder: &Path) -> Result<(), SearchError> {
    for entry in fs::read_dir(folder).map_err(SearchError::system("read", folder))? {
        let entry = entry.map_err(SearchError::system("read", folder))?;
        let name = entry.file_name();
        let name = name.to_string_lossy();
        if herring_files::is_draft(&name) {
            let path = entry.path();
            fs::remove_file(&path).map_err(SearchError::system("remove", &path))?;
        }
    }
    Ok(())
}

/// Reads JSON that [`show`] wrote; `None` if there is no such file.
pub(super) fn read<T: DeserializeOwned>(path: &Path) -> Result<Option<T>, SearchError> {
    let text = match fs::read(path) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(SearchError::system("read", path)(error)),
    };
    serde_json::from_slice(&text).map(Some).map_err(|error| {
        // The library's text repeats the place at its end.
        let message = error.to_string();
        let message = message.split(" at line ").next().unwrap_or(&message).to_owned();
        SearchError::Damaged { path: path.to_owned(), line: error.line(), column: error.column(), message }
    })
}

/// Waits until a folder's entries are on the disk.
fn sync_folder(path: &Path) -> Result<(), SearchError> {
    herring_files::sync(path).map_err(SearchError::system("write", path))
}

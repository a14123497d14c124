//! Atomic, durable writing of files, and reading them back.

use crate::StoreError;
use serde::{Serialize, de::DeserializeOwned};
use std::{
    fs::{self, File},
    io::{self, Write},
    path::{Path, PathBuf},
};

/// Creates a file with `content` and calls `fsync`.
pub(crate) fn write_through(path: &Path, content: &[u8]) -> Result<(), StoreError> {
    let mut file = File::create(path).map_err(StoreError::system("create", path))?;
    file.write_all(content).map_err(StoreError::system("write", path))?;
    file.sync_all().map_err(StoreError::system("write", path))
}

/// Replaces a file atomically: a reader sees the old content or the new one. A file that already has this content is
/// left unchanged.
pub fn replace(path: &Path, content: &[u8]) -> Result<(), StoreError> {
    if fs::read(path).is_ok_and(|there| there == content) {
        return Ok(());
    }
    herring_files::replace(path, content).map_err(StoreError::system("write", path))
}

/// Removes drafts of [`replace`] that a dead process has left. Processes that write into the folder hold the lock.
pub(crate) fn remove_drafts(_locked: &FolderLock, out: &Path) -> Result<(), StoreError> {
    for path in entries(out)? {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        if herring_files::is_draft(&name) {
            fs::remove_file(&path).map_err(StoreError::system("remove", &path))?;
        }
    }
    Ok(())
}

/// The lock on what all processes share: the plan, claims and published runs. The system releases it when the process
/// ends, however it ends.
#[derive(Debug)]
pub struct FolderLock(File);

/// The lock's file, which stays empty.
pub(crate) const LOCK: &str = ".lock";

impl FolderLock {
    /// Waits for the lock; others hold it only briefly.
    pub fn acquire(out: &Path) -> Result<Self, StoreError> {
        let path = out.join(LOCK);
        let file = File::options().write(true).create(true).truncate(false).open(&path);
        let file = file.map_err(StoreError::system("create", &path))?;
        file.lock().map_err(StoreError::system("lock", &path))?;
        Ok(Self(file))
    }
}

impl Drop for FolderLock {
    fn drop(&mut self) {
        // Closing the file unlocks it as well.
        let _ = self.0.unlock();
    }
}

/// Removes a folder with its content, if it exists.
pub(crate) fn remove_all(folder: &Path) -> Result<(), StoreError> {
    match fs::remove_dir_all(folder) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(StoreError::system("remove", folder)(error)),
        _ => Ok(()),
    }
}

/// The entries of a folder, sorted by name; empty if the folder does not exist.
pub(crate) fn entries(folder: &Path) -> Result<Vec<PathBuf>, StoreError> {
    let refused = |error| StoreError::system("read", folder)(error);
    let listed = match fs::read_dir(folder) {
        Ok(listed) => listed,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(refused(error)),
    };
    let paths = listed.map(|entry| entry.map(|entry| entry.path())).collect::<io::Result<Vec<_>>>();
    let mut paths = paths.map_err(refused)?;
    paths.sort();
    Ok(paths)
}

/// Waits until a folder's entries are on the disk.
pub(crate) fn sync_folder(path: &Path) -> Result<(), StoreError> {
    herring_files::sync(path).map_err(StoreError::system("write", path))
}

/// Indented JSON with a newline at the end.
pub fn pretty_json<T: Serialize>(path: &Path, value: &T) -> Result<Vec<u8>, StoreError> {
    let mut text = serde_json::to_vec_pretty(value).map_err(|error| StoreError::system("write", path)(error.into()))?;
    text.push(b'\n');
    Ok(text)
}

/// Reads JSON that this program wrote.
pub fn read_json<T: DeserializeOwned>(path: &Path) -> Result<T, StoreError> {
    let text = fs::read(path).map_err(StoreError::system("read", path))?;
    serde_json::from_slice(&text).map_err(|error| {
        // The library's message ends in the place.
        let message = error.to_string();
        let message = message.split(" at line ").next().unwrap_or(&message).to_owned();
        StoreError::Damaged { path: path.to_owned(), line: error.line(), column: error.column(), message }
    })
}

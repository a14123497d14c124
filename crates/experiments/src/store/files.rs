//! Reading and writing files so that what is there is whole.

use super::StoreError;
use serde::{Serialize, de::DeserializeOwned};
use std::{
    ffi::OsString,
    fs::{self, File},
    io::Write,
    path::Path,
    sync::atomic::{AtomicU64, Ordering},
};

/// Creates a file with `content` and waits until it is on the disk.
pub(crate) fn write_through(path: &Path, content: &[u8]) -> Result<(), StoreError> {
    let mut file = File::create(path).map_err(StoreError::system("create", path))?;
    file.write_all(content).map_err(StoreError::system("write", path))?;
    file.sync_all().map_err(StoreError::system("write", path))
}

/// How many drafts this process has made.
static DRAFTS: AtomicU64 = AtomicU64::new(0);

/// Replaces a file by one with `content` in one step: a reader sees the old one or the new one. A file
/// that has this content already is left alone.
pub(crate) fn replace(path: &Path, content: &[u8]) -> Result<(), StoreError> {
    if fs::read(path).is_ok_and(|there| there == content) {
        return Ok(());
    }
    let mut name = OsString::from(".");
    name.push(path.file_name().unwrap_or_default());
    // Two programs that write the same file at once must not share its draft.
    name.push(format!(".{}-{}.partial", std::process::id(), DRAFTS.fetch_add(1, Ordering::Relaxed)));
    let partial = path.with_file_name(name);
    let written = write_through(&partial, content)
        .and_then(|()| fs::rename(&partial, path).map_err(StoreError::system("write", path)));
    if written.is_err() {
        // The first error is the one to tell.
        let _ = fs::remove_file(&partial);
    }
    written
}

/// Waits until a folder's entries are on the disk.
pub(crate) fn sync_folder(path: &Path) -> Result<(), StoreError> {
    // Elsewhere a folder cannot be opened as a file.
    #[cfg(unix)]
    File::open(path).and_then(|folder| folder.sync_all()).map_err(StoreError::system("write", path))?;
    #[cfg(not(unix))]
    let _ = path;
    Ok(())
}

/// JSON for people and programs, with a newline at the end.
pub(crate) fn pretty_json<T: Serialize>(path: &Path, value: &T) -> Result<Vec<u8>, StoreError> {
    let mut text = serde_json::to_vec_pretty(value).map_err(|error| StoreError::system("write", path)(error.into()))?;
    text.push(b'\n');
    Ok(text)
}

/// Reads JSON that this program wrote.
pub(crate) fn read_json<T: DeserializeOwned>(path: &Path) -> Result<T, StoreError> {
    let text = fs::read(path).map_err(StoreError::system("read", path))?;
    serde_json::from_slice(&text).map_err(|error| {
        // The library's text repeats the place at its end.
        let message = error.to_string();
        let message = message.split(" at line ").next().unwrap_or(&message).to_owned();
        StoreError::Damaged { path: path.to_owned(), line: error.line(), column: error.column(), message }
    })
}

//! Replacing a file in one step: a reader sees the old content or the new one, never a part.

use std::{
    ffi::OsString,
    fs::{self, File},
    io::{self, Write},
    path::Path,
    sync::atomic::{AtomicU64, Ordering},
};

/// How the name of a draft ends.
const ENDING: &str = ".partial";
/// How many drafts this process has made.
static DRAFTS: AtomicU64 = AtomicU64::new(0);

/// Writes `content` into a draft next to `path`, waits until it is on the disk and gives it the name `path`. The name
/// itself is on the disk once the folder has been synced ([`crate::sync()`]). After an error there is no draft.
///
/// # Errors
/// What the system says.
pub fn replace(path: &Path, content: &[u8]) -> io::Result<()> {
    let mut name = OsString::from(".");
    name.push(path.file_name().unwrap_or_default());
    // Two writers of one file must not share a draft.
    name.push(format!(".{}-{}{ENDING}", std::process::id(), DRAFTS.fetch_add(1, Ordering::Relaxed)));
    let draft = path.with_file_name(name);
    let written = write(&draft, content).and_then(|()| fs::rename(&draft, path));
    if written.is_err() {
        // The first error is the one to return.
        let _ = fs::remove_file(&draft);
    }
    written
}

fn write(draft: &Path, content: &[u8]) -> io::Result<()> {
    let mut file = File::create(draft)?;
    file.write_all(content)?;
    file.sync_all()
}

/// Whether a file of this name is a draft of [`replace`], which a process that was killed leaves behind.
pub fn is_draft(name: &str) -> bool {
    name.starts_with('.') && name.ends_with(ENDING)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_new_content_is_there_and_no_draft() -> io::Result<()> {
        let folder = tempfile::tempdir()?;
        let path = folder.path().join("plan.json");
        for content in ["one", "two"] {
            replace(&path, content.as_bytes())?;
            assert_eq!(fs::read_to_string(&path)?, content);
        }
        assert_eq!(fs::read_dir(folder.path())?.count(), 1);
        // A folder has the name: the rename fails, and the draft goes.
        fs::create_dir_all(folder.path().join("taken/inside"))?;
        assert!(replace(&folder.path().join("taken"), b"three").is_err());
        assert_eq!(fs::read_dir(folder.path())?.count(), 2);
        Ok(())
    }

    #[test]
    fn drafts_are_told_by_their_names() {
        assert!(is_draft(".plan.json.12-0.partial"));
        assert!(!is_draft("plan.json") && !is_draft(".lock") && !is_draft("a.partial"));
    }
}

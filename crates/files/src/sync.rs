//! Waiting until a folder's entries are on the disk.
//!
//! A new name of a file survives a power failure once its folder has been synced. Most file systems can
//! do that; some mounts (FUSE, SMB) answer that a folder is nothing to be synced. That is a property of
//! the mount and no failure of a write, so it must not end the work: the first such folder is remembered
//! ([`not_syncable`]), for the program to name once, and the folder is used without the guarantee.
//!
//! Everything else that the system answers (a full disk, a device that failed) is an error as before.

use std::{
    fs::File,
    io::{self, ErrorKind},
    path::{Path, PathBuf},
    sync::OnceLock,
};

/// The first folder of this process that could not be synced.
static NOT_SYNCABLE: OnceLock<NotSyncable> = OnceLock::new();

/// A folder on a file system that cannot sync folders.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NotSyncable {
    /// The folder.
    pub folder: PathBuf,
    /// What the system answered.
    pub answer: String,
}

impl std::fmt::Display for NotSyncable {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            formatter,
            "{}: this file system cannot sync folders ({}): the folder is used nevertheless, but files that were \
             written in the last seconds before a power failure may be missing afterwards",
            self.folder.display(),
            self.answer
        )
    }
}

/// Waits until the entries of `folder` are on the disk. Where the file system cannot do that, this is
/// remembered (see [`not_syncable`]) and counts as done.
///
/// # Errors
/// What the system says, if the folder cannot be opened or the disk refuses.
pub fn sync(folder: &Path) -> io::Result<()> {
    // Elsewhere a folder cannot be opened as a file.
    if cfg!(unix) { judged(folder, File::open(folder)?.sync_all(), &NOT_SYNCABLE) } else { Ok(()) }
}

/// The first folder that [`sync`] met in this process whose file system cannot sync folders.
pub fn not_syncable() -> Option<&'static NotSyncable> {
    NOT_SYNCABLE.get()
}

fn judged(folder: &Path, synced: io::Result<()>, met: &OnceLock<NotSyncable>) -> io::Result<()> {
    match synced {
        Err(error) if is_of_the_file_system(&error) => {
            met.get_or_init(|| NotSyncable { folder: folder.to_owned(), answer: error.to_string() });
            Ok(())
        }
        synced => synced,
    }
}

/// Whether an error of syncing says that folders cannot be synced at all, not that this one was not.
fn is_of_the_file_system(error: &io::Error) -> bool {
    // EINVAL; ENOSYS, ENOTSUP and EOPNOTSUPP.
    if matches!(error.kind(), ErrorKind::InvalidInput | ErrorKind::Unsupported) {
        return true;
    }
    // Some mounts refuse to sync what is open for reading only, which a folder always is.
    #[cfg(unix)]
    let refused = error.raw_os_error() == Some(libc::EBADF);
    #[cfg(not(unix))]
    let refused = false;
    refused
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    fn judge(code: i32) -> (io::Result<()>, Option<NotSyncable>) {
        let met = OnceLock::new();
        let judged = judged(Path::new("/mount"), Err(io::Error::from_raw_os_error(code)), &met);
        (judged, met.into_inner())
    }

    #[test]
    fn a_file_system_that_cannot_is_remembered_and_a_disk_that_fails_is_an_error() {
        for code in [libc::EINVAL, libc::ENOTSUP, libc::EOPNOTSUPP, libc::ENOSYS, libc::EBADF] {
            let (judged, met) = judge(code);
            judged.unwrap_or_else(|error| panic!("{error}"));
            let text = met.map(|met| met.to_string()).unwrap_or_default();
            assert!(text.starts_with("/mount: this file system cannot sync folders ("), "{text}");
        }
        for code in [libc::EIO, libc::ENOSPC, libc::EDQUOT, libc::EROFS, libc::EACCES] {
            let (judged, met) = judge(code);
            assert_eq!(judged.map_err(|error| error.raw_os_error()), Err(Some(code)));
            assert_eq!(met, None);
        }
    }

    #[test]
    fn the_first_is_the_one_that_is_named() {
        let met = OnceLock::new();
        for folder in ["/first", "/second"] {
            let cannot = Err(io::Error::from_raw_os_error(libc::EINVAL));
            judged(Path::new(folder), cannot, &met).unwrap_or_else(|error| panic!("{error}"));
        }
        assert_eq!(met.into_inner().map(|met| met.folder), Some(PathBuf::from("/first")));
    }

    #[test]
    fn a_common_folder_is_synced_and_a_missing_one_is_an_error() {
        let folder = tempfile::tempdir().unwrap_or_else(|error| panic!("{error}"));
        assert!(sync(folder.path()).is_ok());
        assert_eq!(sync(&folder.path().join("none")).map_err(|error| error.kind()), Err(ErrorKind::NotFound));
        // Linux answers EINVAL here, as some mounts do.
        if cfg!(target_os = "linux") {
            assert!(sync(Path::new("/proc")).is_ok());
            assert_eq!(not_syncable().map(|met| met.folder.as_path()), Some(Path::new("/proc")));
        }
    }
}

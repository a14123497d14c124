//! The errors of a cache, each in one line.

use crate::Key;
use std::{
    io::{self, ErrorKind},
    path::{Path, PathBuf},
};

/// Why an operation of the cache failed. Its text is one line.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CacheError {
    /// An I/O operation failed: the disk is full, the folder is not writable, ...
    #[error("cannot {action} {}: {source}", path.display())]
    System {
        /// What was tried: "create", "write", ...
        action: &'static str,
        /// The file or folder.
        path: PathBuf,
        /// The system's error.
        source: io::Error,
    },
    /// The cache can be read but not written, for instance because it is another user's.
    #[error("{}: this cache is read-only and has to be written: cannot create {}: {source}: use another folder as cache, or fill this one as a user with write access", folder.display(), path.display())]
    NotWritable {
        /// The folder that cannot be written.
        folder: PathBuf,
        /// What was to be created.
        path: PathBuf,
        /// The system's error.
        source: io::Error,
    },
    /// There is no block of this key.
    #[error("{}: found no block {key}, expected one: fill the cache first", folder.display())]
    Missing {
        /// The cache's folder.
        folder: PathBuf,
        /// The key asked for.
        key: Key,
    },
    /// A buffer has another number of values than the block.
    #[error("buffer for block {key}: found room for {found} values, expected {expected}")]
    Length {
        /// The key asked for.
        key: Key,
        /// Values that the buffer holds.
        found: usize,
        /// Values of the block.
        expected: usize,
    },
    /// A file of the cache is damaged.
    #[error(transparent)]
    Damaged(#[from] Damage),
}

impl CacheError {
    /// For `map_err`: `action` failed on `path`.
    pub(crate) fn system(action: &'static str, path: impl Into<PathBuf>) -> impl FnOnce(io::Error) -> Self {
        let path = path.into();
        move |source| Self::System { action, path, source }
    }

    /// For `map_err`: `path` could not be created in the cache's `folder`.
    pub(crate) fn creating(folder: &Path, path: &Path) -> impl FnOnce(io::Error) -> Self {
        move |source| match source.kind() {
            ErrorKind::PermissionDenied | ErrorKind::ReadOnlyFilesystem => {
                Self::NotWritable { folder: folder.to_owned(), path: path.to_owned(), source }
            }
            _ => Self::System { action: "create", path: path.to_owned(), source },
        }
    }
}

/// A damaged part of the cache. Its text is one line.
///
/// [`crate::Cache::forget_damaged`] drops it, so that the next filling makes it again.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Damage {
    /// An index cannot be used; the blocks of its pack are lost.
    #[error("{}: the index is damaged: {message}", path.display())]
    Index {
        /// The index file.
        path: PathBuf,
        /// What was found and what was expected.
        message: String,
    },
    /// The pack of an index is missing.
    #[error("{}: found no pack, expected one of {expected} bytes: its {blocks} blocks are lost", path.display())]
    NoPack {
        /// The pack file.
        path: PathBuf,
        /// Bytes it should have.
        expected: u64,
        /// How many blocks it held.
        blocks: usize,
    },
    /// A pack has vanished since its index was read.
    #[error("{}: block {key} is lost: found no pack", path.display())]
    Vanished {
        /// The pack file.
        path: PathBuf,
        /// The block.
        key: Key,
    },
    /// A pack is shorter or longer than its index says.
    #[error("{}: found a pack of {found} bytes, expected {expected}: {lost} of its {blocks} blocks are lost", path.display())]
    PackLength {
        /// The pack file.
        path: PathBuf,
        /// Bytes it has.
        found: u64,
        /// Bytes it should have.
        expected: u64,
        /// How many blocks reach beyond its end.
        lost: usize,
        /// How many blocks it should hold.
        blocks: usize,
    },
    /// A block's checksum does not match.
    #[error("{}: block {key} is damaged: found CRC-32 {found:08x}, expected {expected:08x}", path.display())]
    Block {
        /// The pack file.
        path: PathBuf,
        /// The block.
        key: Key,
        /// Checksum of the bytes on disk.
        found: u32,
        /// Checksum at the time of writing.
        expected: u32,
    },
    /// A pack ends before the end of a block.
    #[error("{}: block {key} is cut off: found the end of the pack, expected {expected} bytes from byte {offset}", path.display())]
    CutOff {
        /// The pack file.
        path: PathBuf,
        /// The block.
        key: Key,
        /// Where in the pack the block begins.
        offset: u64,
        /// How many bytes it has.
        expected: u64,
    },
}

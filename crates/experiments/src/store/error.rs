//! What can go wrong with a reproduction's folder.

use std::{io, path::PathBuf};

/// Why a reproduction's folder cannot be used as asked. Its text is one line.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The system refused: the disk is full, the folder is not writable, ...
    #[error("cannot {action} {}: {source}", path.display())]
    System {
        /// What was tried: "create", "write", ...
        action: &'static str,
        /// On what.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// Another process is writing to the folder.
    #[error("{}: another reproduction is writing to this folder: wait for it or choose another --out", path.display())]
    Busy {
        /// The folder.
        path: PathBuf,
    },
    /// The folder holds no reproduction.
    #[error("{}: found no reproduction here, expected a folder that `repro-iclr2021 --out` wrote", path.display())]
    Nothing {
        /// The folder.
        path: PathBuf,
    },
    /// The folder holds a reproduction that was not brought to its end.
    #[error("{}: an unfinished reproduction is here ({finished} of {planned} runs are done): add --resume to go on with it, or choose another --out", path.display())]
    Unfinished {
        /// The folder.
        path: PathBuf,
        /// Runs that are done.
        finished: usize,
        /// Runs that were planned.
        planned: usize,
    },
    /// The folder holds another reproduction.
    #[error("{}: another reproduction is here: found {field} {found}, expected {expected}: choose another --out", path.display())]
    Conflict {
        /// The folder.
        path: PathBuf,
        /// In what they differ.
        field: String,
        /// What is there.
        found: String,
        /// What was asked for.
        expected: String,
    },
    /// A file is not what this program writes.
    #[error("{}:{line}:{column}: the file is damaged: {message}: remove its folder to repeat the run", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// 1-based; 0 where it is not known.
        line: usize,
        /// 1-based; 0 where it is not known.
        column: usize,
        /// What is wrong.
        message: String,
    },
}

impl StoreError {
    /// For `map_err`: the system refused `action` on `path`.
    pub(crate) fn system(action: &'static str, path: impl Into<PathBuf>) -> impl FnOnce(io::Error) -> Self {
        let path = path.into();
        move |source| Self::System { action, path, source }
    }
}

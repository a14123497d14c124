//! Errors of a reproduction's folder.

use crate::STORE_FORMAT;
use std::{
    fmt, io,
    path::{Path, PathBuf},
};

/// A damaged file of a run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Damage {
    /// The file.
    pub path: PathBuf,
    /// What is wrong with it.
    pub message: String,
}

impl fmt::Display for Damage {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}: the file is damaged: {}", self.path.display(), self.message)
    }
}

/// Why a reproduction's folder cannot be used. The text is one line.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// An I/O operation failed: the disk is full, the folder is not writable, ...
    #[error("cannot {action} {}: {source}", path.display())]
    System {
        /// The operation: "create", "write", ...
        action: &'static str,
        /// Its file or folder.
        path: PathBuf,
        /// The system's error.
        source: io::Error,
    },
    /// Another attempt has taken the run over; this one stops.
    #[error("{}: another attempt has taken this run over", path.display())]
    Superseded {
        /// The run's working folder.
        path: PathBuf,
    },
    /// A checkpoint was written by another version of this program.
    #[error("{}: this checkpoint has format {found}, expected 2: finish the run with the version of red-herring that started it, or remove {} to start it again", path.display(), path.parent().and_then(Path::parent).unwrap_or(path).display())]
    Version {
        /// The checkpoint.
        path: PathBuf,
        /// Its format.
        found: String,
    },
    /// The images of a run are missing or unreadable. The run does not count as failed.
    #[error(
        "{run}: {message}; the run is not marked as failed and keeps its checkpoints: name the folder of the prepared images with --cache DIR, or prepare them again: repeat the `repro-` command with --resume and the --manifest or --data-root that it had"
    )]
    Images {
        /// Method and seed.
        run: String,
        /// What is missing or cannot be read.
        message: String,
    },
    /// The file of weights that a run starts from is missing or does not fit. The run does not count as failed.
    #[error("{run}: {message}; the run is not marked as failed: name the file with --weights NAME=FILE")]
    Weights {
        /// Method and seed.
        run: String,
        /// What is missing or does not fit.
        message: String,
    },
    /// The folder holds no reproduction.
    #[error("{}: found no reproduction here, expected a folder that `plan` or a `repro-` command wrote", path.display())]
    NoReproduction {
        /// The folder.
        path: PathBuf,
    },
    /// There is no reproduction to resume.
    #[error("{}: nothing to resume: found no reproduction here; leave out --resume to start one", path.display())]
    NothingToResume {
        /// The folder.
        path: PathBuf,
    },
    /// A path component that should be a folder is not one.
    #[error("cannot create {}: {} is not a directory", path.display(), culprit.display())]
    NotADirectory {
        /// The folder to create.
        path: PathBuf,
        /// The path component that is not a folder.
        culprit: PathBuf,
    },
    /// The folder holds files that this program did not write and would overwrite.
    #[error("{}: this file is not from a reproduction and would be overwritten: choose another --out", path.display())]
    ForeignFile {
        /// The file.
        path: PathBuf,
    },
    /// The folder holds an unfinished reproduction.
    #[error("{}: this folder holds an unfinished reproduction ({finished} of {planned} runs are done): add --resume to continue it, or choose another --out", path.display())]
    Unfinished {
        /// The folder.
        path: PathBuf,
        /// Runs that are done.
        finished: usize,
        /// Runs that were planned.
        planned: usize,
    },
    /// A folder that another version of this program wrote.
    #[error("{}: this folder has format {found}, expected {STORE_FORMAT}: its runs are from another version of red-herring; choose another --out", path.display())]
    Format {
        /// The folder.
        path: PathBuf,
        /// Its format.
        found: u32,
    },
    /// The folder holds a different reproduction.
    #[error("{}: this folder holds another reproduction: found {field} {found}, expected {expected}: choose another --out", path.display())]
    Conflict {
        /// The folder.
        path: PathBuf,
        /// The field in which they differ.
        field: String,
        /// Its value in the folder.
        found: String,
        /// Its value in the request.
        expected: String,
    },
    /// Finished runs of the plan are damaged.
    #[error("{}: remove {} to repeat {}", listed(damages), if damages.len() == 1 { "its folder" } else { "their folders" }, if damages.len() == 1 { "the run" } else { "the runs" })]
    DamagedRuns {
        /// The first damage of each run.
        damages: Vec<Damage>,
    },
    /// A file is damaged.
    #[error("{}: the file is damaged: {message}: {}", herring_files::place(path, *line, *column), remedy(path))]
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
    pub fn system(action: &'static str, path: impl Into<PathBuf>) -> impl FnOnce(io::Error) -> Self {
        let path = path.into();
        move |source| Self::System { action, path, source }
    }
}

fn listed(damages: &[Damage]) -> String {
    damages.iter().map(Damage::to_string).collect::<Vec<_>>().join("; ")
}

/// What to do about a damaged file. The plan and its configuration lie next to the runs, every other file inside a
/// run.
fn remedy(path: &Path) -> &'static str {
    if path.ends_with("plan.json") || path.ends_with("experiment.toml") {
        "remove this file and repeat the command; finished runs are kept"
    } else {
        "remove its folder to repeat the run"
    }
}

//! The one error type of this crate.

use std::{
    io,
    path::{Path, PathBuf},
};

/// Why a search cannot continue. Its text is one line.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SearchError {
    /// A dimension's range has no points, or none that can be computed with.
    #[error("range of {dimension}: found {found}, expected {expected}")]
    Range {
        /// The dimension.
        dimension: String,
        /// The range, as text.
        found: String,
        /// What would be accepted.
        expected: &'static str,
    },
    /// A field of the study is invalid.
    #[error("study: {field}: found {found}, expected {expected}")]
    Study {
        /// Which field.
        field: &'static str,
        /// What it holds.
        found: String,
        /// What would be accepted.
        expected: &'static str,
    },
    /// The strategy is not in this build.
    #[error("found strategy {strategy} in a build without it, expected a build with --features {feature}")]
    Feature {
        /// The strategy asked for.
        strategy: &'static str,
        /// The cargo feature that enables it.
        feature: &'static str,
    },
    /// A trial does not belong to the study.
    #[error("trial {number}: {what}: found {found}, expected {expected}")]
    Trial {
        /// 1-based place of the trial.
        number: usize,
        /// Which part of it: "number", "values", ...
        what: &'static str,
        /// What it holds.
        found: String,
        /// What the study asks for.
        expected: String,
    },
    /// All trials of the study were handed out.
    #[error("found {budget} trials, expected fewer than the study's budget of {budget}")]
    Spent {
        /// Initial points and iterations together.
        budget: usize,
    },
    /// A result came for a trial that was never handed out.
    #[error("result for trial {number}: found {asked} trials handed out, expected a number from 1 to that")]
    UnknownTrial {
        /// The number told.
        number: usize,
        /// How many trials there are.
        asked: usize,
    },
    /// A trial has another result already.
    #[error("result for trial {number}: found {found} told before, expected the same instead of {told}")]
    AlreadyTold {
        /// The trial.
        number: usize,
        /// What is on disk.
        found: String,
        /// What was told now.
        told: String,
    },
    /// A score is NaN or infinite.
    #[error("result for trial {number}: found score {score}, expected a finite number: tell it as failed")]
    NotFinite {
        /// The trial.
        number: usize,
        /// The score.
        score: f64,
    },
    /// An I/O operation failed: the disk is full, the folder is not writable, ...
    #[error("cannot {action} {}: {source}", path.display())]
    System {
        /// What was tried: "create", "write", ...
        action: &'static str,
        /// The file or folder.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// Another process is searching in the folder.
    #[error("{}: found another search writing here, expected none: wait for it or choose another folder", path.display())]
    Busy {
        /// The folder.
        path: PathBuf,
    },
    /// The folder holds no search.
    #[error("{}: found no search here, expected a folder with study.json", path.display())]
    Nothing {
        /// The folder.
        path: PathBuf,
    },
    /// The folder holds another study.
    #[error("{}: another study is here: {field}: found {found}, expected {expected}: choose another folder", path.display())]
    Conflict {
        /// The folder.
        path: PathBuf,
        /// The first field in which they differ, such as `dimensions[0].name`.
        field: String,
        /// What is there.
        found: String,
        /// What was asked for.
        expected: String,
    },
    /// A file is not what this crate writes.
    #[error("{}: the file is damaged: {message}", herring_files::place(path, *line, *column))]
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

impl SearchError {
    /// For `map_err`: `action` failed on `path`.
    pub(crate) fn system(action: &'static str, path: impl Into<PathBuf>) -> impl FnOnce(io::Error) -> Self {
        let path = path.into();
        move |source| Self::System { action, path, source }
    }

    /// The file is readable, but its content is invalid.
    pub(crate) fn damaged(path: &Path, message: impl Into<String>) -> Self {
        Self::Damaged { path: path.to_owned(), line: 0, column: 0, message: message.into() }
    }
}

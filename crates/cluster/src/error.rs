//! The one error type of this crate.

use std::path::{Path, PathBuf};

/// Why a file, submission or query failed. Its text is one line.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ClusterError {
    /// A file holds an invalid value.
    #[error("{path}:{line}:{column}: {field}: found {found}, expected {expected}")]
    Invalid {
        /// The file.
        path: String,
        /// 1-based.
        line: usize,
        /// 1-based, in characters.
        column: usize,
        /// The key it belongs to.
        field: &'static str,
        /// The value found.
        found: String,
        /// The values accepted.
        expected: &'static str,
    },
    /// A file cannot be parsed.
    #[error("{path}:{line}:{column}: {message}")]
    Malformed {
        /// The file.
        path: String,
        /// 1-based.
        line: usize,
        /// 1-based, in characters (in bytes for JSON).
        column: usize,
        /// What is wrong.
        message: String,
    },
    /// A value given by the caller is invalid.
    #[error("{field}: found {found}, expected {expected}")]
    Value {
        /// Which value.
        field: &'static str,
        /// The value found.
        found: String,
        /// The values accepted.
        expected: &'static str,
    },
    /// Reading or writing failed.
    #[error("{}: cannot {action}: {source}", path.display())]
    System {
        /// What was tried: `read`, `write`.
        action: &'static str,
        /// The file or folder.
        path: PathBuf,
        /// The system's error.
        source: std::io::Error,
    },
    /// A command of Slurm is not installed here.
    #[error("{command}: found in no folder of PATH, expected the commands of Slurm (is this a login node?)")]
    MissingCommand {
        /// The command.
        command: &'static str,
    },
    /// A command of Slurm does not start.
    #[error("{command}: cannot start: {source}")]
    Start {
        /// The command with its arguments.
        command: String,
        /// The system's error.
        source: std::io::Error,
    },
    /// A command of Slurm failed.
    #[error("{command}: {status}: {message}")]
    Failed {
        /// The command with its arguments.
        command: String,
        /// How it ended.
        status: String,
        /// What it wrote to standard error.
        message: String,
    },
    /// The output of a command of Slurm cannot be parsed.
    #[error("{command}: found {found:?}, expected {expected}")]
    Output {
        /// The command.
        command: &'static str,
        /// The line that was not understood.
        found: String,
        /// What was expected instead.
        expected: &'static str,
    },
    /// A job was submitted, but could not be recorded in the ledger.
    #[error("job {job} was submitted but could not be recorded ({source}); cancel it with `scancel {job}`")]
    NotRecorded {
        /// The job.
        job: u64,
        /// Why it was not recorded.
        source: Box<ClusterError>,
    },
}

impl ClusterError {
    /// Wraps the system's error for `path`.
    pub(crate) fn system(action: &'static str, path: &Path) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.to_owned();
        move |source| Self::System { action, path, source }
    }
}

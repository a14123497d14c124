//! The one error type of this crate.

use std::path::{Path, PathBuf};

/// Why something could not be read, written, submitted or asked. Its text is one line.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ClusterError {
    /// A file holds a value that makes no sense at this place.
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
        /// What stands there.
        found: String,
        /// What may stand there.
        expected: &'static str,
    },
    /// A file cannot be understood.
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
    /// A value given by the caller makes no sense.
    #[error("{field}: found {found}, expected {expected}")]
    Value {
        /// Which value.
        field: &'static str,
        /// What it is.
        found: String,
        /// What it may be.
        expected: &'static str,
    },
    /// The system refuses to read or write.
    #[error("{}: cannot {action}: {source}", path.display())]
    System {
        /// What was tried: `read`, `write`.
        action: &'static str,
        /// The file or folder.
        path: PathBuf,
        /// What the system says.
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
        /// What the system says.
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
    /// A command of Slurm wrote something that cannot be understood.
    #[error("{command}: found {found:?}, expected {expected}")]
    Output {
        /// The command.
        command: &'static str,
        /// The line that was not understood.
        found: String,
        /// What was expected instead.
        expected: &'static str,
    },
    /// A job was submitted, but the ledger does not know it.
    #[error("job {job} was submitted but not noted down ({source}); `scancel {job}` takes it back")]
    NotRecorded {
        /// The job.
        job: u64,
        /// Why it was not noted down.
        source: Box<ClusterError>,
    },
}

impl ClusterError {
    /// Wraps what the system says of `path`.
    pub(crate) fn system(action: &'static str, path: &Path) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.to_owned();
        move |source| Self::System { action, path, source }
    }
}

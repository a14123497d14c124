//! The state of a task: Slurm's many names reduced to a few.
//!
//! | Slurm's name | Here |
//! |---|---|
//! | `PENDING`, `CONFIGURING` | [`TaskState::Pending`] |
//! | `RUNNING`, `SIGNALING`, `STAGE_OUT`, `RESIZING` | [`TaskState::Running`] |
//! | `COMPLETING` | [`TaskState::Completing`]: has ended, but the node is not free yet |
//! | `REQUEUED`, `REQUEUE_FED` | [`TaskState::Requeued`]: soon pending again |
//! | `SUSPENDED`, `STOPPED` | [`TaskState::Suspended`] |
//! | `COMPLETED` | [`TaskState::Completed`]: the program ended with 0 |
//! | `FAILED` | [`TaskState::Failed`] |
//! | `CANCELLED`, `PREEMPTED`, `REVOKED` | [`TaskState::Cancelled`] |
//! | `TIMEOUT`, `DEADLINE` | [`TaskState::Timeout`] |
//! | `NODE_FAIL`, `BOOT_FAIL` | [`TaskState::NodeFailure`] |
//! | `OUT_OF_MEMORY` | [`TaskState::OutOfMemory`] |
//!
//! Other names (`REQUEUE_HOLD`, `SPECIAL_EXIT`, those of future versions) are kept unchanged.

use std::fmt;

/// The state of a task.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum TaskState {
    /// Waits, for a node or for another job.
    Pending,
    /// Runs.
    Running,
    /// Has ended; Slurm is still cleaning up, and has not yet reported how it ended.
    Completing,
    /// Was stopped and goes back to the queue.
    Requeued,
    /// Is paused.
    Suspended,
    /// Ended with exit code 0.
    Completed,
    /// Ended with another exit code, or by a signal.
    Failed {
        /// The exit code, 128 + n for signal n, or `None` if Slurm no longer knows it.
        exit_code: Option<i32>,
    },
    /// Was cancelled by a user or by Slurm.
    Cancelled,
    /// Ran out of time.
    Timeout,
    /// Its node died. Slurm requeues such tasks, so this state may be temporary.
    NodeFailure,
    /// Used more memory than it asked for.
    OutOfMemory,
    /// No command of Slurm knows it any longer (or ever did).
    Gone,
    /// Slurm's name of a state that is not in this list.
    Other(String),
}

impl TaskState {
    /// Whether the task has ended. [`Self::Gone`] counts as ended too, although it is unknown how.
    pub fn is_over(&self) -> bool {
        match self {
            Self::Completed | Self::Failed { .. } | Self::Cancelled | Self::Timeout => true,
            Self::NodeFailure | Self::OutOfMemory | Self::Gone => true,
            Self::Pending | Self::Running | Self::Completing | Self::Requeued | Self::Suspended | Self::Other(_) => {
                false
            }
        }
    }

    /// Reads Slurm's long name, with the exit code where one is known. `sacct` adds who cancelled, as in
    /// `CANCELLED by 1000`.
    pub(crate) fn from_slurm(name: &str, exit_code: Option<i32>) -> Self {
        match name.split(' ').next().unwrap_or_default() {
            "PENDING" | "CONFIGURING" => Self::Pending,
            "RUNNING" | "SIGNALING" | "STAGE_OUT" | "RESIZING" => Self::Running,
            "COMPLETING" => Self::Completing,
            "REQUEUED" | "REQUEUE_FED" => Self::Requeued,
            "SUSPENDED" | "STOPPED" => Self::Suspended,
            "COMPLETED" => Self::Completed,
            "FAILED" => Self::Failed { exit_code },
            "CANCELLED" | "PREEMPTED" | "REVOKED" => Self::Cancelled,
            "TIMEOUT" | "DEADLINE" => Self::Timeout,
            "NODE_FAIL" | "BOOT_FAIL" => Self::NodeFailure,
            "OUT_OF_MEMORY" => Self::OutOfMemory,
            _ => Self::Other(name.to_owned()),
        }
    }
}

impl fmt::Display for TaskState {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = match self {
            Self::Pending => "pending",
            Self::Running => "running",
            Self::Completing => "completing",
            Self::Requeued => "requeued",
            Self::Suspended => "suspended",
            Self::Completed => "completed",
            Self::Failed { exit_code: Some(code) } => return write!(formatter, "failed with exit code {code}"),
            Self::Failed { exit_code: None } => "failed",
            Self::Cancelled => "cancelled",
            Self::Timeout => "out of time",
            Self::NodeFailure => "node failure",
            Self::OutOfMemory => "out of memory",
            Self::Gone => "gone",
            Self::Other(name) => name,
        };
        formatter.write_str(name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_slurm_are_understood() {
        assert_eq!(TaskState::from_slurm("NODE_FAIL", None), TaskState::NodeFailure);
        assert_eq!(TaskState::from_slurm("CANCELLED by 1000", Some(0)), TaskState::Cancelled);
        assert_eq!(TaskState::from_slurm("FAILED", Some(3)), TaskState::Failed { exit_code: Some(3) });
        assert_eq!(TaskState::from_slurm("SPECIAL_EXIT", None), TaskState::Other("SPECIAL_EXIT".into()));
    }

    #[test]
    fn ends_are_told_from_what_goes_on() {
        for name in ["COMPLETED", "FAILED", "CANCELLED", "TIMEOUT", "NODE_FAIL", "OUT_OF_MEMORY"] {
            assert!(TaskState::from_slurm(name, None).is_over(), "{name}");
        }
        for name in ["PENDING", "RUNNING", "COMPLETING", "REQUEUED", "SUSPENDED", "REQUEUE_HOLD"] {
            assert!(!TaskState::from_slurm(name, None).is_over(), "{name}");
        }
        assert!(TaskState::Gone.is_over());
    }

    #[test]
    fn states_read_as_words() {
        assert_eq!(TaskState::Failed { exit_code: Some(3) }.to_string(), "failed with exit code 3");
        assert_eq!(TaskState::Other("REQUEUE_HOLD".into()).to_string(), "REQUEUE_HOLD");
    }
}

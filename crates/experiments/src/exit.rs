//! Exit codes of commands.

use crate::{
    collect::CollectError,
    config::ConfigError,
    indexes::IndexError,
    plan::PlanError,
    reproduce::Summary,
    search::{SearchResultError, SearchRunError},
    store::StoreError,
};
use herring_search::SearchError;

/// The exit code of a command.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum Exit {
    /// Everything is done.
    Done = 0,
    /// At least one run (or check) failed or is missing; the others are done.
    SomeFailed = 1,
    /// The command line or a configuration is invalid.
    BadInput = 2,
    /// A disk, folder or device is full, missing or failed.
    Environment = 3,
    /// Stopped by Ctrl-C or a signal; finished runs are kept.
    Interrupted = 130,
}

impl Exit {
    /// The exit code as a number.
    pub fn code(self) -> u8 {
        self as u8
    }
}

impl From<&Summary> for Exit {
    fn from(summary: &Summary) -> Self {
        if summary.interrupted {
            Self::Interrupted
        } else if summary.failed.is_empty() && summary.missing == 0 {
            Self::Done
        } else {
            Self::SomeFailed
        }
    }
}

impl From<&ConfigError> for Exit {
    fn from(_: &ConfigError) -> Self {
        Self::BadInput
    }
}

impl From<&PlanError> for Exit {
    fn from(_: &PlanError) -> Self {
        Self::BadInput
    }
}

impl From<&IndexError> for Exit {
    fn from(_: &IndexError) -> Self {
        Self::BadInput
    }
}

impl From<&StoreError> for Exit {
    fn from(error: &StoreError) -> Self {
        match error {
            StoreError::NoReproduction { .. }
            | StoreError::NothingToResume { .. }
            | StoreError::ForeignFile { .. }
            | StoreError::Unfinished { .. }
            | StoreError::Format { .. }
            | StoreError::Conflict { .. } => Self::BadInput,
            StoreError::System { .. }
            | StoreError::NotADirectory { .. }
            | StoreError::Superseded { .. }
            | StoreError::Images { .. }
            | StoreError::Weights { .. }
            | StoreError::Version { .. }
            | StoreError::Damaged { .. }
            | StoreError::DamagedRuns { .. } => Self::Environment,
        }
    }
}

impl From<&CollectError> for Exit {
    fn from(error: &CollectError) -> Self {
        match error {
            CollectError::Store(error) => error.into(),
            CollectError::Config(error) => error.into(),
        }
    }
}

impl From<&SearchResultError> for Exit {
    fn from(error: &SearchResultError) -> Self {
        match error {
            SearchResultError::Store(error) => error.into(),
            SearchResultError::Search(
                SearchError::System { .. } | SearchError::Busy { .. } | SearchError::Damaged { .. },
            ) => Self::Environment,
            SearchResultError::Search(_)
            | SearchResultError::NoScore { .. }
            | SearchResultError::Mismatch { .. }
            | SearchResultError::Another { .. } => Self::BadInput,
        }
    }
}

impl From<&SearchRunError> for Exit {
    fn from(error: &SearchRunError) -> Self {
        match error {
            SearchRunError::SearchResult(error) => error.into(),
            SearchRunError::Trainer(_) => Self::Environment,
        }
    }
}

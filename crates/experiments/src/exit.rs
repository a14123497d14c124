//! What a command's exit code says.

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

/// How a command ended, as its exit code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum Exit {
    /// All is done.
    Done = 0,
    /// At least one run has no result (or, for checks, one failed); the others do.
    SomeFailed = 1,
    /// The command line or a configuration cannot be carried out.
    BadInput = 2,
    /// The disk, the folder or the device is full, missing or refuses.
    Environment = 3,
    /// It was stopped by Ctrl-C or a signal; finished runs are kept.
    Interrupted = 130,
}

impl Exit {
    /// The number for the system.
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

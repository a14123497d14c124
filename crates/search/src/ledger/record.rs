//! What the files hold.

use crate::{Origin, Study, Trial, TrialState};
use serde::{Deserialize, Serialize};

/// The format of the files below; readers refuse others.
pub(super) const FORMAT: u32 = 1;

/// `study.json`.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct StudyRecord {
    pub(super) format: u32,
    pub(super) study: Study,
}

/// `trials/0001.json`.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct TrialRecord {
    pub(super) format: u32,
    pub(super) number: usize,
    pub(super) values: Vec<(String, f64)>,
    pub(super) origin: Origin,
}

/// `trials/0001.told.json`.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ToldRecord {
    pub(super) format: u32,
    pub(super) number: usize,
    pub(super) told: TrialOutcome,
}

/// The outcome of a trial, as passed to [`Ledger::tell`](super::Ledger::tell).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TrialOutcome {
    /// A score, finite; higher is better.
    Scored(f64),
    /// No score, and why.
    Failed(String),
}

impl TrialRecord {
    /// What is written of a trial when it is handed out.
    pub(super) fn of(trial: &Trial) -> Self {
        let Trial { number, values, origin, .. } = trial.clone();
        Self { format: FORMAT, number, values, origin }
    }
}

impl From<TrialOutcome> for TrialState {
    fn from(told: TrialOutcome) -> Self {
        match told {
            TrialOutcome::Scored(score) => Self::Scored(score),
            TrialOutcome::Failed(reason) => Self::Failed(reason),
        }
    }
}

//! The contents of a run's files.
//!
//! Only [`RunProvenance`] contains times. The run's specification determines everything else, so two folders of the
//! same run are equal byte for byte.

use herring_protocol::{EpochRecord, MethodName, Provenance, RunFailure, RunId, RunOutcome, RunScores, Variant};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

use crate::plan::PlannedRun;

/// The format of the files below; readers refuse others.
pub const STORE_FORMAT: u32 = 2;

/// Prefix of the folder name of a failed run.
pub(crate) const FAILED: &str = "failed-";

/// `result.json`: a [`RunOutcome`] without its pictures and weights, which have files of their own.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RunResult {
    /// Of this file.
    pub format: u32,
    /// Identity of the run.
    pub id: RunId,
    /// Its method.
    pub method: MethodName,
    /// Its seed.
    pub seed: u32,
    /// Every number.
    pub scores: RunScores,
    /// Values chosen by the scores of other runs, by field; absent without such choices.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub chosen: BTreeMap<String, f64>,
    /// One record for each epoch, in order.
    pub history: Vec<EpochRecord>,
}

impl RunResult {
    /// The part of `outcome` without pictures and weights.
    pub fn new(run: &PlannedRun, outcome: &RunOutcome, chosen: &BTreeMap<String, f64>) -> Self {
        Self {
            format: STORE_FORMAT,
            id: run.id.clone(),
            method: run.spec.method.clone(),
            seed: run.spec.seed,
            scores: outcome.scores.clone(),
            chosen: chosen.clone(),
            history: outcome.history.clone(),
        }
    }
}

/// The kind of a failure, as stored.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "kind", deny_unknown_fields)]
pub enum FailureKind {
    /// A number that affects the result is not finite. The same run would fail again.
    NotFinite {
        /// 1-based.
        epoch: usize,
        /// 1-based; 0 stands for the validation after the epoch.
        step: usize,
        /// Which number.
        quantity: String,
    },
    /// The specification cannot be carried out. The same run would fail again.
    Specification,
    /// A run that this one needs failed, or its weights do not fit. Worth repeating once that run has finished.
    Need,
    /// The device failed or, in folders of earlier versions, images could not be read. Worth repeating.
    Device,
}

/// `failure.json`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RunFailed {
    /// Of this file.
    pub format: u32,
    /// Identity of the run.
    pub id: RunId,
    /// Its method.
    pub method: MethodName,
    /// Its seed.
    pub seed: u32,
    /// Why, in machine-readable form.
    pub failure: FailureKind,
    /// Why, as a message.
    pub message: String,
}

impl RunFailed {
    /// The record of a failure; `None` for an interruption, which is not a failure.
    pub fn new(run: &PlannedRun, failure: &RunFailure) -> Option<Self> {
        let kind = match failure {
            RunFailure::NotFinite { epoch, step, quantity } => {
                FailureKind::NotFinite { epoch: *epoch, step: *step, quantity: quantity.clone() }
            }
            RunFailure::Interrupted => return None,
            RunFailure::Specification(_) => FailureKind::Specification,
            RunFailure::Need { .. } => FailureKind::Need,
            RunFailure::Checkpoint(_)
            | RunFailure::CheckpointFormat { .. }
            | RunFailure::Data(_)
            | RunFailure::Weights(_)
            | RunFailure::Device(_) => FailureKind::Device,
        };
        Some(Self {
            format: STORE_FORMAT,
            id: run.id.clone(),
            method: run.spec.method.clone(),
            seed: run.spec.seed,
            failure: kind,
            message: failure.to_string(),
        })
    }

    /// Whether repeating the run may succeed.
    pub fn is_transient(&self) -> bool {
        matches!(self.failure, FailureKind::Device | FailureKind::Need)
    }
}

/// `provenance.json`: program, device and time of a run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RunProvenance {
    /// Of this file.
    pub format: u32,
    /// Version of this program.
    pub program: String,
    /// What computed.
    pub computed_by: Provenance,
    /// The run's seed.
    pub seed: u32,
    /// The run's reading of the protocol.
    pub variant: Variant,
    /// Start of the first attempt that left a checkpoint (UTC, RFC 3339).
    pub started: String,
    /// Duration in seconds; interrupted attempts count up to their last checkpoint.
    pub wall_seconds: f64,
}

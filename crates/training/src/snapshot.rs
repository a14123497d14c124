//! Snapshots: the complete state of a run between two steps, as bytes.
//!
//! A snapshot is a safetensors file: tensors under `model.`, `optimiser.`, `loss.` and, where it is
//! not the model itself, `selected.`; everything else as JSON in its header. What follows from the specification
//! (images, order of an epoch, settings) is not in it. Floats are stored exactly.

use crate::selection::SelectionState;
use herring_models::{Saved, weights};
use herring_protocol::{EpochRecord, Position, RunFailure, RunSpec, Scores};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The format of the bytes; others are refused.
const FORMAT: u32 = 2;
/// The header's entry that holds the [`Header`].
const HEADER: &str = "red-herring-snapshot";

/// Everything but tensors.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Header {
    format: u32,
    spec: RunSpec,
    pub(crate) position: Position,
    /// Words drawn from the epoch's stream of permutations.
    pub(crate) permutation: u64,
    pub(crate) means: Means,
    pub(crate) selection: SelectionState,
    pub(crate) selected: Option<SelectedAt>,
    pub(crate) history: Vec<EpochRecord>,
    counts: BTreeMap<String, u64>,
}

/// Sums over the steps of an unfinished epoch.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Means {
    pub(crate) cross_entropy: f64,
    pub(crate) penalty: f64,
    pub(crate) steps: usize,
    /// Images that a penalty was not defined for.
    #[serde(default)]
    pub(crate) left_out: usize,
}

/// The selected model's scores; its weights are among the tensors, or those of the model.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct SelectedAt {
    pub(crate) epoch: usize,
    pub(crate) scores: BTreeMap<String, Scores>,
}

/// The content of a snapshot except tensors.
pub(crate) struct Progress<'a> {
    pub(crate) position: Position,
    pub(crate) permutation: u64,
    pub(crate) means: Means,
    pub(crate) selection: SelectionState,
    pub(crate) selected: Option<SelectedAt>,
    pub(crate) history: &'a [EpochRecord],
}

/// Writes a snapshot of a run of `spec`.
pub(crate) fn write(spec: &RunSpec, progress: Progress<'_>, saved: Saved) -> Result<Vec<u8>, RunFailure> {
    let header = Header {
        format: FORMAT,
        spec: spec.clone(),
        position: progress.position,
        permutation: progress.permutation,
        means: progress.means,
        selection: progress.selection,
        selected: progress.selected,
        history: progress.history.to_vec(),
        counts: saved.counts,
    };
    let text = serde_json::to_string(&header).map_err(|error| RunFailure::Checkpoint(error.to_string()))?;
    saved.tensors.to_bytes(Some((HEADER, text))).map_err(refused)
}

/// Reads a snapshot of a run of `spec`.
pub(crate) fn read(spec: &RunSpec, bytes: &[u8]) -> Result<(Header, Saved), RunFailure> {
    let wrong =
        |found: String, expected: String| Err(RunFailure::Checkpoint(format!("found {found}, expected {expected}")));
    let Some(text) = weights::metadata(bytes, HEADER).map_err(refused)? else {
        return wrong("no header".to_owned(), format!("one named {HEADER}"));
    };
    #[derive(Deserialize)]
    struct Format {
        format: u32,
    }
    let parse = |error: serde_json::Error| RunFailure::Checkpoint(error.to_string());
    let Format { format } = serde_json::from_str(&text).map_err(parse)?;
    if format != FORMAT {
        return Err(RunFailure::CheckpointFormat { found: format.to_string() });
    }
    let header: Header = serde_json::from_str(&text).map_err(parse)?;
    if header.spec != *spec {
        return wrong("a snapshot of another run".to_owned(), "one of this run".to_owned());
    }
    let tensors = weights::NamedTensors::from_bytes(bytes).map_err(refused)?;
    let saved = Saved { tensors, counts: header.counts.clone() };
    Ok((header, saved))
}

pub(crate) fn refused(error: weights::WeightsError) -> RunFailure {
    RunFailure::Checkpoint(error.to_string())
}

//! The trainer, its observer, and the ways in which a run can fail.

use crate::{EpochRecord, RunId, RunOutcome, RunSpec, SpecError, StepRecord};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Whether a run goes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Control {
    /// It goes on.
    Continue,
    /// It ends at once with [`RunFailure::Interrupted`].
    Stop,
}

/// How far a run has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Position {
    /// Epochs that are done, their validation included.
    pub epochs: usize,
    /// Training steps that are done of the epoch after these.
    pub steps: usize,
}

/// Returns the current state of a run, from which [`Trainer::run`] can resume.
pub type Snapshot<'a> = dyn FnMut() -> Result<Vec<u8>, RunFailure> + 'a;

/// Watches a run.
pub trait Observer: Send {
    /// Called with what a user should know of the run and what is no failure, for instance that a part of a file of weights
    /// does not fit.
    fn note(&mut self, _text: &str) {}
    /// Called with each training step in order: after it on a processor, after several on a GPU, where results of steps are read
    /// together.
    fn step(&mut self, record: &StepRecord) -> Control;
    /// Called after each epoch, its validation included.
    fn epoch(&mut self, record: &EpochRecord) -> Control;
    /// Called after each epoch and whenever [`step`](Self::step) has been called with all steps that are done, before a
    /// [`Control::Stop`] takes effect: an observer that wants the run to be resumable from here takes a snapshot and keeps it.
    ///
    /// # Errors
    /// The error of taking the snapshot.
    fn checkpoint(&mut self, _position: Position, _snapshot: &mut Snapshot<'_>) -> Result<(), RunFailure> {
        Ok(())
    }
}

/// Why a run has no outcome.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RunFailure {
    /// A number that decides the result is infinite or not a number.
    #[error("{quantity} is not finite at epoch {epoch}, step {step}")]
    NotFinite {
        /// 1-based.
        epoch: usize,
        /// 1-based; 0 stands for the validation after the epoch.
        step: usize,
        /// Which number: `cross-entropy`, `penalty`, ...
        quantity: String,
    },
    /// The observer asked for it.
    #[error("interrupted")]
    Interrupted,
    /// The specification cannot be carried out.
    #[error(transparent)]
    Specification(#[from] SpecError),
    /// A run that this one needs has no result.
    #[error("it needs the run {run}, {reason}")]
    Need {
        /// The other run.
        run: RunId,
        /// Why its result cannot be used, for instance `which failed`.
        reason: String,
    },
    /// The checkpoint to resume from does not belong to this run.
    #[error("the checkpoint cannot be loaded: {0}")]
    Checkpoint(String),
    /// The checkpoint to resume from was written by another version of the trainer.
    #[error("the checkpoint has format {found}, which this version does not know")]
    CheckpointFormat {
        /// Its format.
        found: String,
    },
    /// Images of the specification cannot be read, for instance because their cache was deleted.
    #[error("the images cannot be read: {0}")]
    Data(String),
    /// The file of weights that the run starts from is not there or does not fit its network.
    #[error("the weights cannot be used: {0}")]
    Weights(String),
    /// The device failed, for instance because it ran out of memory.
    #[error("the device failed: {0}")]
    Device(String),
}

impl RunFailure {
    /// The failure of a run whose device or trainer panicked, for instance because memory ran out. Drivers'
    /// messages may have many lines; this one has one.
    pub fn of_panic(payload: &(dyn std::any::Any + Send)) -> Self {
        let text = payload.downcast_ref::<String>().map(String::as_str);
        let text = text.or_else(|| payload.downcast_ref::<&str>().copied()).unwrap_or("it panicked without a message");
        Self::Device(text.split_whitespace().collect::<Vec<_>>().join(" "))
    }
}

/// The machine and versions that computed a run. It goes into the run's folder and the report, not into its
/// identity.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Provenance {
    /// For instance `cpu`, `wgpu (vulkan)`.
    pub backend: String,
    /// For instance `AMD EPYC, 2 threads`.
    pub device: String,
    /// Processor threads that computed.
    pub threads: usize,
    /// Versions by package, in a fixed order: `(name, version)`.
    pub versions: Vec<(String, String)>,
    /// On a GPU whose kernels were measured: the kernel that each kind of convolution ran on.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub convolutions: BTreeMap<String, String>,
}

/// Gives the selected weights of finished runs, as safetensors files, to runs that start from them.
pub trait FinishedWeights: Sync {
    /// The weights of a run.
    ///
    /// # Errors
    /// [`RunFailure::Need`] if the run has no result.
    fn weights(&self, run: &RunId) -> Result<Vec<u8>, RunFailure>;
}

/// For runs that start from random weights: no run has any.
#[derive(Debug, Clone, Copy, Default)]
pub struct NoWeights;

impl FinishedWeights for NoWeights {
    fn weights(&self, run: &RunId) -> Result<Vec<u8>, RunFailure> {
        Err(RunFailure::Need { run: run.clone(), reason: "whose weights are not available".to_owned() })
    }
}

/// Where a run begins.
#[derive(Clone, Copy)]
pub struct RunStart<'a> {
    /// The checkpoint of an earlier attempt to resume from; `None` for a fresh start.
    pub snapshot: Option<&'a [u8]>,
    /// Weights of the runs that this one needs.
    pub finished: &'a dyn FinishedWeights,
}

impl RunStart<'static> {
    /// The beginning of a run that needs no other.
    pub fn fresh() -> Self {
        Self { snapshot: None, finished: &NoWeights }
    }
}

/// Trains one run on one device.
pub trait Trainer: Sync {
    /// Trains `spec`, whose needs are resolved, to its end, from its beginning or from where a snapshot of the
    /// same specification was taken. On a device that computes the same bytes each time, both end in the
    /// same bytes.
    ///
    /// # Errors
    /// A [`RunFailure`] whenever the run ends without an outcome.
    fn run(&self, spec: &RunSpec, start: RunStart<'_>, observer: &mut dyn Observer) -> Result<RunOutcome, RunFailure>;

    /// The device and versions it computes with.
    fn provenance(&self) -> Provenance;
}

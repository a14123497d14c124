//! Who trains, who watches, and how it can go wrong.

use crate::{EpochRecord, RunOutcome, RunSpec, StepRecord};
use serde::{Deserialize, Serialize};

/// Whether a run goes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Control {
    /// It goes on.
    Continue,
    /// It ends at once with [`RunFailure::Interrupted`].
    Stop,
}

/// Watches a run.
pub trait Observer {
    /// Called after each training step.
    fn step(&mut self, record: &StepRecord) -> Control;
    /// Called after each epoch, its validation included.
    fn epoch(&mut self, record: &EpochRecord) -> Control;
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
    #[error("{field}: found {found}, expected {expected}")]
    Specification {
        /// The field of the [`RunSpec`].
        field: String,
        /// Its value.
        found: String,
        /// What it may be.
        expected: String,
    },
    /// The device gave up, for instance out of memory.
    #[error("the device failed: {0}")]
    Device(String),
}

/// What computed a run. It goes into the run's folder and the report, not into its identity.
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
}

/// Trains one run on one device.
pub trait Trainer {
    /// Trains `spec` to its end.
    ///
    /// # Errors
    /// Every way in which a run can end without an outcome, as a value.
    fn run(&self, spec: &RunSpec, observer: &mut dyn Observer) -> Result<RunOutcome, RunFailure>;

    /// What it computes on.
    fn provenance(&self) -> Provenance;
}

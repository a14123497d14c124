//! The seam between planning and training.
//!
//! A reproduction is many training runs. The crate `herring-experiments` plans, stores and reports
//! them and knows nothing of tensors; the crate `herring-training` trains one of them and knows
//! nothing of tables. What passes between the two is defined here and is plain data:
//!
//! - [`RunSpec`]: everything that decides a run's result, and nothing else;
//! - [`Observer`]: what a run tells while it goes on, and how it is asked to stop;
//! - [`RunOutcome`] or [`RunFailure`]: what it leaves behind;
//! - [`Trainer`]: the one thing that turns the first into the last.
//!
//! *Invariant:* two runs with equal [`RunSpec`]s on the same machine end in equal [`RunOutcome`]s,
//! byte for byte. No clock, path or process number belongs in either.

mod auc;
mod method;
mod outcome;
mod spec;
mod trainer;

pub use auc::AucKind;
pub use method::{Method, UnknownName, Variant};
pub use outcome::{EnvironmentScores, EpochRecord, Localisation, Pictures, Plane, RunOutcome, Scores, StepRecord};
pub use spec::{
    AttributionSpec, BackendKind, CrossesSpec, DataSpec, DiscriminatorSpec, EvaluationSpec, ImagesSpec, ModelSpec,
    RunSpec, TrainingSpec,
};
pub use trainer::{Control, Observer, Position, Provenance, RunFailure, Snapshot, Trainer};

#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;

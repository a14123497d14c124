//! The seam between planning and training.
//!
//! A reproduction is many training runs. The crate `herring-experiments` plans, stores and reports
//! them and knows nothing of tensors; the crate `herring-training` trains one of them and knows
//! nothing of tables. What passes between the two is defined here and is plain data:
//!
//! - [`RunSpec`]: everything that decides a run's result, and nothing else, and [`RunId`], its hash;
//! - [`Observer`]: what a run reports while it goes on, and how it is asked to stop;
//! - [`RunOutcome`] or [`RunFailure`]: what it leaves behind;
//! - [`ScoreName`]: the names of its numbers;
//! - [`Trainer`]: the one thing that turns the first into the last.
//!
//! *Invariant:* two runs with equal [`RunSpec`]s on the same machine end in equal [`RunOutcome`]s,
//! byte for byte. No clock, path or process number belongs in either.

mod auc;
mod identity;
mod names;
mod outcome;
mod score;
mod spec;
mod trainer;

pub use auc::AucKind;
pub use identity::{RunId, hexadecimal};
pub use names::{BackendKind, MethodName, UnknownName, Variant};
pub use outcome::{
    EnvironmentScores, EpochRecord, ExplainedImage, GRADIENT, Localisation, Pictures, Plane, RunOutcome, RunScores,
    Scores, StepRecord, TEST, TRAIN, VALID,
};
pub use score::{Better, OverlapKind, ScoreKind, ScoreName, ScoredModel};
pub use spec::{
    ActDiffDistance, ActDiffLayers, Alternative, AnnotationSpec, AttributionSpec, ConvNetKindName, CrossesSpec,
    DataSpec, EvaluationSpec, ExplainedModel, FieldError, GradientNorm, ImagesSpec, InitialisationName, ModelSpec,
    NeedSpec, ObjectiveSpec, OptimiserSpec, PathologyName, PenaltySpec, PoolingName, ReconstructionLoss,
    ReconstructionTarget, ResizeName, ResnetLayersName, RunSpec, SPEC_FORMAT, SelectionSpec, SpecError, SplitRuleName,
    TableName, TaskSpec, TrainScores, TrainingImages, TrainingSpec, VolumeTaskName, VolumesSpec, WeightsSpec,
    differing_fields,
};
pub use trainer::{
    Control, FinishedWeights, NoWeights, Observer, Position, Provenance, RunFailure, RunStart, Snapshot, Trainer,
};

#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;

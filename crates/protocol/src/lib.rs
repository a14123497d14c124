//! The interface between planning and training.
//!
//! A reproduction is many training runs. The crate `herring-experiments` plans, stores and reports them
//! without using tensors; the crate `herring-training` trains one of them and is independent of tables. The
//! data that pass between the two are defined here:
//!
//! - [`RunSpec`]: everything that decides a run's result, and nothing else, and [`RunId`], its hash;
//! - [`Observer`]: what a run reports while it goes on, and how it is asked to stop;
//! - [`RunOutcome`] or [`RunFailure`]: what it results in;
//! - [`ScoreName`]: the names of its numbers;
//! - [`Trainer`]: the interface that turns a specification into an outcome.
//!
//! *Invariant:* two runs with equal [`RunSpec`]s on the same machine end in equal [`RunOutcome`]s, byte for
//! byte. Neither contains a time, path or process number.

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
    ANNOTATIONS, EnvironmentScores, EpochRecord, ExplainedImage, GRADIENT, Heat, Localisation, MASK, Pictures, Plane,
    RunOutcome, RunScores, Scores, StepRecord, TEST, TRAIN, VALID,
};
pub use score::{Better, DecoyOverlap, OverlapKind, ScoreKind, ScoreName, ScoredModel};
pub use spec::{
    ActDiffDistance, ActDiffLayers, Alternative, AnnotationSpec, AttributionSpec, CamChannels, CamMode, CamName,
    CamTarget, CardiacName, CardiacSpec, ChannelsName, CollectionName, ConvNetKindName, CrossesSpec, CutName, DataSpec,
    DecoyFiles, DecoyName, DecoysSpec, DenseNetTapsName, EvaluationSpec, ExplainedModel, FieldError, GradientNorm,
    GroupDraw, GroupsSpec, HeatOutside, HeatScale, HeatSpec, ImagesSpec, InitialisationName, MaskResize, ModelSpec,
    NeedSpec, NormalisationSpec, ObjectiveSpec, OptimiserSpec, PathologyName, PenaltySpec, PoolingName, RbrInfluence,
    ReconstructionLoss, ReconstructionTarget, ResizeName, ResnetLayersName, RrrReading, RunSpec, SPEC_FORMAT,
    SelectionSpec, SpecError, SplitRuleName, Statistics, StatisticsName, StemName, TableName, TapReading, TaskSpec,
    TeacherSpec, TrainScores, TrainedPart, TrainingImages, TrainingSpec, TrainingVersion, VggHeadName, VggTapsName,
    VolumeTaskName, VolumesSpec, WeightsSpec, WithoutHeat, differing_fields,
};
pub use trainer::{
    Control, FinishedWeights, NoWeights, Observer, Position, Provenance, RunFailure, RunStart, Snapshot, Trainer,
};

#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;

//! Everything that decides a run's result.
//!
//! A [`RunSpec`] is made of independent choices, each an enum or a struct of plain data that its own
//! crate turns into code: which images ([`DataSpec`]), which network ([`ModelSpec`]) and where its weights
//! start ([`WeightsSpec`]), what is minimised ([`ObjectiveSpec`]), where masks come from
//! ([`AnnotationSpec`]) and which trained network it learns from ([`TeacherSpec`]), how it is optimised, which epoch is kept, what is measured, and which other runs
//! it needs ([`NeedSpec`]). None of them names a paper or a method.

mod annotations;
mod check;
mod colour;
mod data;
mod evaluation;
mod fields;
mod groups;
mod model;
mod needs;
mod objective;
mod training;

pub use annotations::{AnnotationSpec, CutName, TeacherSpec};
pub use check::SpecError;
pub use colour::{ChannelsName, NormalisationSpec, Statistics, StatisticsName};
pub use data::{
    CardiacName, CardiacSpec, CollectionName, CrossesSpec, DataSpec, DecoyFiles, DecoyName, DecoysSpec, ImagesSpec,
    PathologyName, ResizeName, SplitRuleName, TableName, TrainingVersion, VolumeTaskName, VolumesSpec,
};
pub use evaluation::{AttributionSpec, EvaluationSpec, ExplainedModel, HeatSpec, TrainScores};
pub use fields::{FieldError, differing_fields};
pub(crate) use fields::{is_default, json, nothing_else};
pub use groups::{GroupDraw, GroupsSpec};
pub use model::{
    ConvNetKindName, DenseNetTapsName, InitialisationName, ModelSpec, PoolingName, ResnetLayersName, StemName,
    VggHeadName, VggTapsName, WeightsSpec,
};
pub use needs::{Alternative, NeedSpec};
pub use objective::{
    ActDiffDistance, ActDiffLayers, CamChannels, CamMode, CamName, CamTarget, GradientNorm, HeatOutside, HeatScale,
    MaskResize, ObjectiveSpec, PenaltySpec, RbrInfluence, ReconstructionLoss, ReconstructionTarget, RrrReading,
    TapReading, TaskSpec, TrainingImages, WithoutHeat,
};
pub use training::{OptimiserSpec, SelectionSpec, TrainedPart, TrainingSpec};

use crate::names::{BackendKind, MethodName, Variant};
use serde::{Deserialize, Serialize};

/// The format of a [`RunSpec`] and of every file that holds one. Format 1 supported one paper only and is not
/// read.
pub const SPEC_FORMAT: u32 = 2;

/// One training run: everything that decides its result, and nothing else.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RunSpec {
    /// Which experiment it belongs to, for instance `iclr2021-crosses`.
    pub experiment: String,
    /// Row of the table.
    pub method: MethodName,
    /// Which reading of the protocol the other fields follow.
    pub variant: Variant,
    /// Decides the initial weights, the order and the permutations, and the subset of images where
    /// [`DataSpec`] has no seed of its own.
    pub seed: u32,
    /// Kind of device.
    pub backend: BackendKind,
    /// Which images.
    pub data: DataSpec,
    /// Where the masks of the training images come from.
    pub annotations: AnnotationSpec,
    /// The network that it learns from, if it has a teacher.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub teacher: Option<TeacherSpec>,
    /// Which network.
    pub model: ModelSpec,
    /// Where its weights start.
    pub weights: WeightsSpec,
    /// What is minimised.
    pub objective: ObjectiveSpec,
    /// How.
    pub optimiser: OptimiserSpec,
    /// For how long, and in which steps.
    pub training: TrainingSpec,
    /// Which epoch's model is kept.
    pub selection: SelectionSpec,
    /// What is measured of it.
    pub evaluation: EvaluationSpec,
    /// The runs that decide a value of this one; it can begin once they are finished.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub needs: Vec<NeedSpec>,
}

//! A run as a configuration states it: everything except experiment, seed, device and image files.

use super::{DrawSetting, Maximum};
use herring_protocol::{
    AnnotationSpec, BackendKind, CardiacSpec, ChannelsName, CollectionName, CrossesSpec, DataSpec, DecoyFiles,
    DecoyName, DecoysSpec, EvaluationSpec, ImagesSpec, MethodName, ModelSpec, NormalisationSpec, ObjectiveSpec,
    OptimiserSpec, PathologyName, ResizeName, RunId, RunSpec, ScoreName, SelectionSpec, SplitRuleName, TableName,
    TeacherSpec, TrainingSpec, TrainingVersion, Variant, VolumeTaskName, VolumesSpec, WeightsSpec,
};
use serde::Deserialize;

/// One method's run at one scale in one variant.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RunTemplate {
    /// Which images.
    pub data: DataSetting,
    /// Where the masks of the training images come from.
    pub annotations: AnnotationSpec,
    /// Which network.
    pub model: ModelSpec,
    /// The network that it learns from.
    pub teacher: Option<TeacherSetting>,
    /// Where its weights start.
    #[serde(default)]
    pub weights: WeightsSetting,
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
    /// Values that each seed draws for itself, in this order.
    #[serde(default)]
    pub draws: Vec<DrawSetting>,
    /// Values chosen by trying several.
    #[serde(default)]
    pub choose: Vec<ChoiceSetting>,
}

/// The images of a seed's runs.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct SeedImages {
    /// SHA-256 of their listing, in hexadecimal digits.
    pub listing: String,
    /// Which issue of the table's files or of the volumes (shown in messages and reports).
    pub issue: String,
    /// Whether this is a published issue.
    pub issue_known: bool,
    /// SHA-256 of the table's records, or of the names of the volumes.
    pub table_sha256: String,
    /// How they are divided into training, validation and test.
    pub parts: PartsFound,
    /// Which channels the images have.
    pub channels: ChannelsName,
}

/// How the images of a table are divided.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub enum PartsFound {
    /// As the configuration says.
    #[default]
    Configured,
    /// As it says, but with this share of a class from its home environment in training.
    Ratio(f64),
    /// Within each environment and class, since nothing can be reversed.
    Observed,
    /// As the table says.
    Given,
}

impl RunTemplate {
    /// The run's specification with what is not known yet left empty: experiment, seed, files and needed runs.
    pub(crate) fn draft(&self, method: &MethodName, variant: Variant, backend: BackendKind) -> RunSpec {
        let mut evaluation = self.evaluation.clone();
        if evaluation.attributions.is_empty() {
            // Has no meaning without further attributions.
            evaluation.attribution_limit = None;
        }
        let mut spec = RunSpec {
            experiment: String::new(),
            method: method.clone(),
            variant,
            seed: 0,
            backend,
            data: self.data.spec_of(&SeedImages::default()),
            annotations: self.annotations.clone(),
            teacher: None,
            model: self.model.clone(),
            weights: WeightsSpec::Random,
            objective: self.objective.clone(),
            optimiser: self.optimiser.clone(),
            training: self.training.clone(),
            selection: self.selection.clone(),
            evaluation,
            needs: Vec::new(),
        };
        // Which run it is, and of which network, is known when runs are planned.
        let run = RunId::of(&spec);
        spec.teacher = self.teacher.as_ref().map(|_| TeacherSpec { run, model: self.model.clone() });
        spec
    }
}

/// The network that a method's runs learn from.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TeacherSetting {
    /// The method whose run of the same seed it is.
    pub method: MethodName,
}

/// The images of a method's runs.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case", deny_unknown_fields)]
pub enum DataSetting {
    /// The synthetic crosses, which are generated.
    Crosses(CrossesSpec),
    /// Image files.
    Images(ImagesSetting),
    /// Slices of volume files.
    Volumes(VolumesSetting),
    /// Images in which a planted decoy tells the class.
    Decoys(DecoysSetting),
    /// Drawn sections of hearts.
    Cardiac(CardiacSpec),
}

/// How images with decoys are drawn; see [`DecoysSpec`].
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DecoysSetting {
    /// Which images.
    pub collection: CollectionName,
    /// What is planted in them.
    pub decoy: DecoyName,
    /// Rows and columns of an image.
    pub size: usize,
    /// The seed that draws the validation images, and place and class of each decoy.
    pub split_seed: u32,
    /// At most this many images of each class in each part.
    pub class_limit: Option<usize>,
    /// Which version of the training images is trained on.
    #[serde(default)]
    pub training: TrainingVersion,
    /// Share of the training images that is trained on.
    #[serde(default = "all")]
    pub fraction: f64,
    /// Saliency is computed for at most this many permuted test images of each class.
    pub saliency_limit: Option<usize>,
}

fn all() -> f64 {
    1.0
}

impl DecoysSetting {
    fn spec(&self, found: &SeedImages) -> DecoysSpec {
        let Self { collection, decoy, size, split_seed, class_limit, training, fraction, saliency_limit } = *self;
        let files = DecoyFiles {
            listing: found.listing.clone(),
            issue: found.issue.clone(),
            issue_known: found.issue_known,
            table_sha256: found.table_sha256.clone(),
        };
        DecoysSpec {
            collection,
            files: collection.needs_files().then_some(files),
            decoy,
            size,
            split_seed,
            class_limit,
            training,
            fraction,
            saliency_limit,
        }
    }
}

/// How slices of volumes are drawn and prepared; see [`VolumesSpec`].
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct VolumesSetting {
    /// The task.
    pub task: VolumeTaskName,
    /// The seed of the split and of the draw, if it is not the run's.
    pub split_seed: Option<u32>,
    /// Training slices, half of each class.
    pub train: usize,
    /// Validation slices, half of each class.
    pub valid: usize,
    /// Test slices, half of each class.
    pub test: usize,
    /// At most this many volumes of each part.
    pub volumes_per_part: Option<usize>,
    /// Rows and columns of the training slices before they are cropped.
    pub train_size: usize,
    /// Rows and columns of what is trained on and scored.
    pub size: usize,
    /// Standard deviation, in pixels of the whole slice, of the Gaussian that enlarges the training masks.
    pub dilation_sigma: f64,
    /// Saliency is computed for at most this many test slices of each class.
    pub saliency_limit: Option<usize>,
}

/// How image files are drawn and prepared.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ImagesSetting {
    /// Where they come from.
    pub table: TableName,
    /// The pathology of the positive class, in the table `xray`.
    #[serde(default)]
    pub pathology: PathologyName,
    /// Share of a class that comes from its home environment in training, in `[0, 1]`.
    pub ratio: f64,
    /// Rule that draws validation and test images.
    #[serde(default)]
    pub rule: SplitRuleName,
    /// The seed of the split, where it is not the run's.
    pub split_seed: Option<u32>,
    /// How images are resized.
    pub resize: ResizeName,
    /// Which channels they have; absent: three if any of the user's own images has colours, else one.
    pub channels: Option<ChannelsName>,
    /// How their values are normalised.
    pub normalisation: Option<NormalisationSpec>,
    /// Whether negatives without boxes have an empty mask, as the released code has it, or a full one.
    #[serde(default)]
    pub empty_negatives: bool,
    /// The stored value that counts as white in the user's own images, where it is not the greatest of their depth.
    #[serde(default)]
    pub maximum: Maximum,
    /// The threshold, as a share of the range in `(0, 1]`, from which a pixel of the user's mask file is inside; the
    /// default is the rule of `herring_pixels::MaskSettings`.
    pub mask_threshold: Option<f64>,
    /// Rows and columns in training and scoring.
    pub size: usize,
    /// Rows and columns where saliency is computed.
    pub saliency_size: usize,
    /// At most this many images of each environment and class.
    pub cell_limit: Option<usize>,
    /// Saliency is computed for at most this many test images of each environment and class.
    pub saliency_limit: Option<usize>,
}

impl VolumesSetting {
    fn spec(&self, found: &SeedImages) -> VolumesSpec {
        let Self { task, split_seed, train, valid, test, volumes_per_part, train_size, size, .. } = *self;
        VolumesSpec {
            listing: found.listing.clone(),
            task,
            issue: found.issue.clone(),
            issue_known: found.issue_known,
            table_sha256: found.table_sha256.clone(),
            split_seed,
            train,
            valid,
            test,
            volumes_per_part,
            train_size,
            size,
            dilation_sigma: self.dilation_sigma,
            saliency_limit: self.saliency_limit,
        }
    }
}

/// Where a method's weights start.
#[derive(Debug, Clone, PartialEq, Default, Deserialize)]
#[serde(tag = "start", rename_all = "kebab-case", deny_unknown_fields)]
pub enum WeightsSetting {
    /// Drawn from the run's own stream.
    #[default]
    Random,
    /// Those of another method's run of the same seed.
    Method {
        /// The other method.
        method: MethodName,
    },
    /// Those of a file that the user has. Without it, runs of the scales `smoke` and `quick` start from random weights.
    File {
        /// What `--weights NAME=FILE` calls it, for instance `resnet18`.
        name: String,
    },
}

/// A value chosen by trying several, each in its own run.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ChoiceSetting {
    /// The field of the specification, dotted.
    pub field: String,
    /// The score that decides.
    pub score: ScoreName,
    /// The values to try.
    pub values: Vec<f64>,
    /// The seed of the runs that try them; without it each seed chooses for itself.
    pub seed: Option<u32>,
}

impl DataSetting {
    /// Whether the images are files, which the user must provide.
    pub fn needs_files(&self) -> bool {
        match self {
            Self::Crosses(_) | Self::Cardiac(_) => false,
            Self::Decoys(decoys) => decoys.collection.needs_files(),
            Self::Images(_) | Self::Volumes(_) => true,
        }
    }

    /// The same with what has no part in the preparation of its files set to one value: methods may differ in it.
    #[must_use]
    pub fn as_prepared(&self) -> Self {
        match self {
            Self::Decoys(decoys) => {
                Self::Decoys(DecoysSetting { training: TrainingVersion::Contaminated, fraction: 1.0, ..decoys.clone() })
            }
            other => other.clone(),
        }
    }

    /// The images of a run; `found` describes a seed's files. `None` if files are needed and `found` is `None`.
    pub(crate) fn spec(&self, found: Option<&SeedImages>) -> Option<DataSpec> {
        match found {
            None if self.needs_files() => None,
            found => Some(self.spec_of(found.unwrap_or(&SeedImages::default()))),
        }
    }

    /// The images of a run with a seed's files `found`, which generated images ignore.
    pub(crate) fn spec_of(&self, found: &SeedImages) -> DataSpec {
        let images = match self {
            Self::Crosses(crosses) => return DataSpec::Crosses(crosses.clone()),
            Self::Cardiac(cardiac) => return DataSpec::Cardiac(cardiac.clone()),
            Self::Volumes(volumes) => return DataSpec::Volumes(volumes.spec(found)),
            Self::Decoys(decoys) => return DataSpec::Decoys(decoys.spec(found)),
            Self::Images(images) => images,
        };
        let drawn = |ratio: f64| match images.rule {
            SplitRuleName::Observed => (None, SplitRuleName::Observed),
            rule => (Some(ratio), rule),
        };
        let (ratio, rule) = match found.parts {
            PartsFound::Configured => drawn(images.ratio),
            PartsFound::Ratio(ratio) => drawn(ratio),
            PartsFound::Observed => (None, SplitRuleName::Observed),
            PartsFound::Given => (None, SplitRuleName::Given),
        };
        DataSpec::Images(ImagesSpec {
            listing: found.listing.clone(),
            table: images.table,
            pathology: images.pathology,
            issue: found.issue.clone(),
            issue_known: found.issue_known,
            table_sha256: found.table_sha256.clone(),
            resize: images.resize,
            channels: found.channels,
            normalisation: images.normalisation.clone(),
            empty_negatives: images.empty_negatives,
            split_seed: images.split_seed.filter(|_| rule != SplitRuleName::Given),
            ratio,
            rule,
            size: images.size,
            saliency_size: images.saliency_size,
            cell_limit: images.cell_limit,
            saliency_limit: images.saliency_limit,
        })
    }
}

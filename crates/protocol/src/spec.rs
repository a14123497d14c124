//! Everything that decides a run's result.

use crate::{
    AucKind,
    method::{Method, Variant, named},
};
use serde::{Deserialize, Serialize};
use std::{fmt, str::FromStr};

/// The kind of device a run computes on. It decides rounding, so it is part of the result.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum BackendKind {
    /// The processor. Always there.
    Cpu,
    /// An NVIDIA GPU through CUDA (feature `cuda`).
    Cuda,
    /// Any GPU through WGPU (feature `wgpu`, or `vulkan` for its faster SPIR-V path).
    Wgpu,
}

named!(BackendKind, "backend", Cpu => "cpu", Cuda => "cuda", Wgpu => "wgpu");

/// Which images a run sees.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum DataSpec {
    /// The synthetic crosses, which are generated.
    Crosses(CrossesSpec),
    /// Images that were files.
    Images(ImagesSpec),
}

/// Which of the synthetic crosses a run sees. Sizes count images over all classes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CrossesSpec {
    /// Training images; the paper's synthetic experiment has 500.
    pub train: usize,
    /// Validation images, on which the confounder is reversed; the paper has 128.
    pub valid: usize,
    /// Test images, on which the confounder is reversed; the paper has 128.
    pub test: usize,
    /// Standard deviation, in pixels, of the Gaussian that enlarges the training masks.
    pub dilation_sigma: f64,
    /// Fraction of training masks that are kept, in `[0, 1]`; the others become all ones.
    pub mask_fraction: f64,
}

/// Which files a run sees, and as what. The listing alone decides the pixels, the labels and the order
/// of every image; the other fields say what it was made from.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ImagesSpec {
    /// SHA-256 of the list of training, validation and test images with their pixels' identities, in
    /// hexadecimal digits.
    pub listing: String,
    /// The table of images: `xray`, `rsna` or `own`.
    pub table: String,
    /// Which issue of the table's files, as far as it is a known one.
    pub issue: String,
    /// SHA-256 of the table's records, in hexadecimal digits: runs of different seeds that are averaged must
    /// draw from the same table.
    pub table_sha256: String,
    /// How images come to their size: `pillow` or `skimage`.
    pub resize: String,
    /// Whether negatives without boxes have an empty mask, as the released code has it, or a full one.
    pub empty_negatives: bool,
    /// The seed of the split, where it is not the run's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub split_seed: Option<u32>,
    /// Share of a class that comes from its home environment in training, in `[0, 1]`; absent where the
    /// table says itself what belongs to which part.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ratio: Option<f64>,
    /// Rule by which validation and test are drawn: `printed`, `later`, or `given` by the table.
    pub rule: String,
    /// Rows and columns of the images that are trained on and scored.
    pub size: usize,
    /// Rows and columns of the images that are looked at; a convolutional network takes any.
    pub look_size: usize,
    /// At most so many images of each environment and class, for small runs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cell_limit: Option<usize>,
    /// At most so many test images of each environment and class are looked at.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub look_limit: Option<usize>,
    /// Fraction of training masks that are kept, in `[0, 1]`; the others become all ones.
    pub mask_fraction: f64,
}

/// A way to find where a model looks, beside the input gradient, which is always there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum AttributionSpec {
    /// Integrated gradients from a zero image; the authors have 200 steps.
    IntegratedGradients {
        /// Points of the integral.
        steps: usize,
    },
    /// Occlusion by a zero square that moves by its own side; the authors have 15 at 224 pixels and 2 at
    /// 28.
    Occlusion {
        /// Rows and columns of the square.
        window: usize,
    },
}

impl AttributionSpec {
    /// The name in files: `integrated-gradients` or `occlusion`.
    pub fn name(&self) -> &'static str {
        match self {
            Self::IntegratedGradients { .. } => "integrated-gradients",
            Self::Occlusion { .. } => "occlusion",
        }
    }
}

/// The classifier: a ResNet with a 3x3 stem of stride 1 and no max-pool.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ModelSpec {
    /// 18 or 34.
    pub depth: usize,
    /// Channels of the first stage; the paper has 64.
    pub width: usize,
}

/// How the encoder is trained.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TrainingSpec {
    /// Passes over the training images; the paper has 100.
    pub epochs: usize,
    /// Images a step; the paper has 16. The last batch of an epoch may be smaller.
    pub batch_size: usize,
    /// Learning rate of Adam on the encoder.
    pub learning_rate: f64,
    /// Weight of the penalty in the loss. Of no effect where the variant does not multiply by it.
    pub penalty_weight: f64,
    /// The first epoch (1-based) that may be selected; the paper has 5.
    pub burn_in: usize,
    /// Epochs after the burn-in without improvement after which the run ends.
    pub patience: usize,
}

/// The discriminator of the adversarial method.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DiscriminatorSpec {
    /// Learning rate of its own Adam.
    pub learning_rate: f64,
    /// The encoder is updated once every so many loss evaluations (`disc_iter`).
    pub every: usize,
    /// Units of each hidden layer; the paper has 1024.
    pub hidden: usize,
}

/// How the selected model is looked at.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EvaluationSpec {
    /// Standard deviation of the Gaussian that smooths a saliency map, in pixels.
    pub smoothing_sigma: f64,
    /// That Gaussian's radius in standard deviations.
    pub smoothing_truncate: f64,
    /// Positive test images in the run's share of the mean saliency map.
    pub picture_samples: usize,
    /// Attributions that are scored beside the input gradient.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub attributions: Vec<AttributionSpec>,
    /// At most so many images of each environment and class are scored by those; absent for all. The
    /// authors took 25.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub attribution_limit: Option<usize>,
    /// Which score is the run's AUC. It decides which AUC of each environment is recorded. The authors'
    /// is left out of files, so that the identities of runs beside the paper's numbers stay.
    #[serde(default, skip_serializing_if = "AucKind::is_authors")]
    pub auc: AucKind,
}

/// One training run: everything that decides its result, and nothing else.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RunSpec {
    /// Which experiment it belongs to, for instance `iclr2021-crosses`.
    pub experiment: String,
    /// Row of the table.
    pub method: Method,
    /// Reading of the protocol.
    pub variant: Variant,
    /// Decides the subset of images, the initial weights, the order and the permutations.
    pub seed: u32,
    /// Kind of device.
    pub backend: BackendKind,
    /// Which images.
    pub data: DataSpec,
    /// Which classifier.
    pub model: ModelSpec,
    /// How it is trained.
    pub training: TrainingSpec,
    /// Present exactly for [`Method::Adversarial`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub discriminator: Option<DiscriminatorSpec>,
    /// How it is looked at.
    pub evaluation: EvaluationSpec,
}

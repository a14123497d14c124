//! Everything that decides a run's result.

use crate::method::{Method, Variant, named};
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

/// Which images a run sees. Sizes count images over all classes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DataSpec {
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

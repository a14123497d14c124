//! What is minimised: a task loss on one version of the images, plus any number of weighted penalties.
//!
//! A paper's reading of a penalty is a choice of its settings; no penalty depends on a paper.

use crate::names::named;
use serde::{Deserialize, Serialize};
use std::{fmt, str::FromStr};

/// Which version of the training images is classified. Evaluation has its own setting,
/// [`EvaluationSpec::zeroed_sets`](crate::EvaluationSpec::zeroed_sets).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum TrainingImages {
    /// As they are.
    #[default]
    Whole,
    /// The pixels outside the mask permuted anew at each presentation (iclr2021, "Masked").
    Permuted,
    /// The pixels outside the mask set to zero (activmask2020, "Classify Masked").
    Zeroed,
}

named!(TrainingImages, "version of the images", Whole => "whole", Permuted => "permuted", Zeroed => "zeroed");

/// The loss of the task itself.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case", deny_unknown_fields)]
pub enum TaskSpec {
    /// Mean cross-entropy of the softmax, in nats.
    CrossEntropy {
        /// A weight above 0 for each class, with which the mean is weighted: sums of weighted values are divided by sums of
        /// weights (tap2024, PNEU). Empty for the plain mean.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        class_weights: Vec<f64>,
    },
}

impl TaskSpec {
    /// The mean cross-entropy.
    pub const fn cross_entropy() -> Self {
        Self::CrossEntropy { class_weights: Vec::new() }
    }
}

/// Which activations the activation difference compares.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum ActDiffLayers {
    /// The features before the last layer (iclr2021).
    Pooled,
    /// The outputs of all layers of the encoder (activmask2020).
    All,
}

named!(ActDiffLayers, "choice of layers", Pooled => "pooled", All => "all");

/// Which values the activation difference's Euclidean distance runs over.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum ActDiffDistance {
    /// Over all values of a layer for one image; means over images, then over layers.
    Image,
    /// Over the channels at one position; one mean over all positions of all layers, so that large feature
    /// maps count most.
    Position,
}

named!(ActDiffDistance, "distance", Image => "image", Position => "position");

/// The norm of an input gradient outside the mask.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum GradientNorm {
    /// The Euclidean norm of each image, summed over the batch.
    Image,
    /// The sum of magnitudes over the batch.
    Absolute,
}

named!(GradientNorm, "norm", Image => "image", Absolute => "absolute");

/// How a reconstruction is compared with its target.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum ReconstructionLoss {
    /// Binary cross-entropy of values in `[0, 1]`, mean over pixels.
    BinaryCrossEntropy,
    /// Squared error, mean over pixels.
    SquaredError,
}

named!(ReconstructionLoss, "reconstruction loss",
    BinaryCrossEntropy => "binary-cross-entropy", SquaredError => "squared-error");

/// Which influence of a pixel RBR multiplies the input gradient with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum RbrInfluence {
    /// On the first convolution's weight alone, through the image as that layer's input; training mode (tap2024, released
    /// code).
    #[default]
    Partial,
    /// On all parameters, through the whole network; evaluation mode. Takes third derivatives.
    Full,
}

named!(RbrInfluence, "influence of RBR", Partial => "partial", Full => "full");

/// How RRR turns the input gradient outside the mask into a number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum RrrReading {
    /// Squares of all channels and pixels, summed over the batch; training mode (iclr2021).
    #[default]
    Pixels,
    /// Squares of the sums over channels, weighted by the share of the image that lies outside, averaged over the batch;
    /// evaluation mode (tap2024, released code).
    Area,
}

named!(RrrReading, "reading of RRR", Pixels => "pixels", Area => "area");

/// How TAP reduces the mask to the size of a tap and measures the activations outside.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum TapReading {
    /// The mask of each tap from the whole one; sum of magnitudes (tap2024, equations 6 to 8).
    Paper,
    /// The mask of each tap from that of the tap before; sum of squares (tap2024, released code).
    Released,
}

named!(TapReading, "reading of TAP", Paper => "paper", Released => "released");

/// What is to be reconstructed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum ReconstructionTarget {
    /// The image that went in.
    Image,
    /// The image with its outside permuted ("Reconstruct Masked").
    Permuted,
}

named!(ReconstructionTarget, "reconstruction target", Image => "image", Permuted => "permuted");

/// One weighted penalty with its settings.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case", deny_unknown_fields)]
pub enum PenaltySpec {
    /// Penalises the distance between the activations of an image and of its permuted version (iclr2021,
    /// equation 1; activmask2020, equation 1).
    Actdiff {
        /// Weight in the loss.
        weight: f64,
        /// Whether the penalty is multiplied by the weight. iclr2021's released code has a weight and never
        /// uses it.
        weighted: bool,
        /// Which activations.
        layers: ActDiffLayers,
        /// Which values the distance runs over.
        distance: ActDiffDistance,
        /// Added to each component of the difference; the released codes have 1e-6.
        offset: f64,
    },
    /// A discriminator tells the features of whole from those of permuted images, and the network hides
    /// which it was (iclr2021, equations 2 and 3).
    Adversarial {
        /// Weight in the loss.
        weight: f64,
        /// Whether the discriminator's own loss has the weight too, its gradient vanishes where a sigmoid of
        /// single precision is 0 or 1, and evaluations on other sets are counted: what the released code does.
        released: bool,
        /// Learning rate of the discriminator's own Adam.
        learning_rate: f64,
        /// The network is updated once every this many evaluations of the loss (`disc_iter`).
        every: usize,
        /// Units of each hidden layer; the paper has 1024.
        hidden: usize,
        /// Hidden layers; the paper has 3.
        layers: usize,
    },
    /// Penalises the distance of the activations' distribution over the image from a teacher's (tap2024, AT).
    AttentionTransfer {
        /// Weight in the loss.
        weight: f64,
    },
    /// Penalises the divergence of the class probabilities from a teacher's (tap2024, KD).
    Distillation {
        /// Weight in the loss.
        weight: f64,
        /// By which the logits of both are divided; tap2024 has 1.
        temperature: f64,
    },
    /// Penalises the input gradient of the contrast between the logits outside the mask (iclr2021, equation 5;
    /// activmask2020, equation 2).
    Gradmask {
        /// Weight in the loss.
        weight: f64,
        /// Norm of the gradient.
        norm: GradientNorm,
    },
    /// Penalises the distance of the input gradient of the label's log-probability from a teacher's, both without their
    /// scale (tap2024, JT).
    JacobianTransfer {
        /// Weight in the loss.
        weight: f64,
    },
    /// Penalises half the sum of the squares of all parameters (tap2024, released code).
    L2 {
        /// Weight in the loss.
        weight: f64,
    },
    /// Penalises the product of the input gradient of the log-probabilities with the pixel's influence on the update of
    /// the parameters, outside the mask (Shao et al. 2021; tap2024, released code).
    Rbr {
        /// Weight in the loss.
        weight: f64,
        /// Which influence.
        #[serde(default, skip_serializing_if = "crate::spec::is_default")]
        influence: RbrInfluence,
    },
    /// The network's decoder reconstructs the image or its permuted version (activmask2020, section 3).
    Reconstruction {
        /// Weight in the loss.
        weight: f64,
        /// How both are compared.
        loss: ReconstructionLoss,
        /// What is to be reconstructed.
        target: ReconstructionTarget,
    },
    /// Penalises the input gradient of the log-probabilities outside the mask (Ross et al. 2017; iclr2021,
    /// equation 4; tap2024, equation 4).
    Rrr {
        /// Weight in the loss.
        weight: f64,
        /// Added to a probability before its logarithm; iclr2021's released code has 1e-11.
        offset: f64,
        /// How the gradient outside becomes a number.
        #[serde(default, skip_serializing_if = "crate::spec::is_default")]
        reading: RrrReading,
    },
    /// Penalises activations at several depths outside the mask (tap2024, equations 6 to 8).
    Tap {
        /// Weight in the loss.
        weight: f64,
        /// How the mask is reduced and the activations are measured.
        reading: TapReading,
    },
}

impl PenaltySpec {
    /// Its kind, as in files.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Actdiff { .. } => "actdiff",
            Self::Adversarial { .. } => "adversarial",
            Self::AttentionTransfer { .. } => "attention-transfer",
            Self::Distillation { .. } => "distillation",
            Self::Gradmask { .. } => "gradmask",
            Self::JacobianTransfer { .. } => "jacobian-transfer",
            Self::L2 { .. } => "l2",
            Self::Rbr { .. } => "rbr",
            Self::Reconstruction { .. } => "reconstruction",
            Self::Rrr { .. } => "rrr",
            Self::Tap { .. } => "tap",
        }
    }

    /// Its weight in the loss.
    pub fn weight(&self) -> f64 {
        match self {
            Self::Actdiff { weight, .. }
            | Self::Adversarial { weight, .. }
            | Self::AttentionTransfer { weight }
            | Self::Distillation { weight, .. }
            | Self::Gradmask { weight, .. }
            | Self::JacobianTransfer { weight }
            | Self::L2 { weight }
            | Self::Rbr { weight, .. }
            | Self::Reconstruction { weight, .. }
            | Self::Rrr { weight, .. }
            | Self::Tap { weight, .. } => *weight,
        }
    }

    /// Whether it uses the images with their outside permuted.
    pub fn needs_permuted_images(&self) -> bool {
        match self {
            Self::Actdiff { .. } | Self::Adversarial { .. } => true,
            Self::AttentionTransfer { .. }
            | Self::Distillation { .. }
            | Self::Gradmask { .. }
            | Self::JacobianTransfer { .. }
            | Self::L2 { .. }
            | Self::Rbr { .. }
            | Self::Rrr { .. }
            | Self::Tap { .. } => false,
            Self::Reconstruction { target, .. } => *target == ReconstructionTarget::Permuted,
        }
    }

    /// Whether it compares the network with a teacher.
    pub fn needs_teacher(&self) -> bool {
        matches!(self, Self::AttentionTransfer { .. } | Self::Distillation { .. } | Self::JacobianTransfer { .. })
    }

    /// Whether it differentiates an input gradient.
    pub fn is_second_order(&self) -> bool {
        matches!(self, Self::Gradmask { .. } | Self::JacobianTransfer { .. } | Self::Rbr { .. } | Self::Rrr { .. })
    }

    /// Whether it differentiates a second derivative.
    pub fn is_third_order(&self) -> bool {
        matches!(self, Self::Rbr { influence: RbrInfluence::Full, .. })
    }
}

/// What is minimised.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ObjectiveSpec {
    /// Which version of the training images is classified.
    pub images: TrainingImages,
    /// The loss of the task itself.
    pub task: TaskSpec,
    /// Penalties, each kind at most once, in the order of their kinds.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub penalties: Vec<PenaltySpec>,
}

impl ObjectiveSpec {
    /// Whether a step needs the images with their outside permuted.
    pub fn needs_permuted_images(&self) -> bool {
        self.images == TrainingImages::Permuted || self.penalties.iter().any(PenaltySpec::needs_permuted_images)
    }

    /// Whether a step needs a teacher's pass over the images.
    pub fn needs_teacher(&self) -> bool {
        self.penalties.iter().any(PenaltySpec::needs_teacher)
    }

    /// The approximate cost of a step relative to cross-entropy alone, measured on a processor: a second
    /// forward pass, or differentiating twice, about doubles it; most steps of the adversarial penalty do not
    /// update the network; differentiating three times takes about nine plain steps, a teacher's forward pass about half a one.
    pub fn relative_cost(&self) -> f64 {
        let adversarial = self.penalties.iter().any(|penalty| matches!(penalty, PenaltySpec::Adversarial { .. }));
        let compared = self.penalties.iter().any(|penalty| matches!(penalty, PenaltySpec::Actdiff { .. }));
        let second_order = self.penalties.iter().any(PenaltySpec::is_second_order);
        let third_order = self.penalties.iter().any(PenaltySpec::is_third_order);
        1.0 + if adversarial { 0.3 } else { 0.0 }
            + if compared { 1.0 } else { 0.0 }
            + if second_order { 1.2 } else { 0.0 }
            + if third_order { 6.5 } else { 0.0 }
            + if self.needs_teacher() { 0.5 } else { 0.0 }
    }
}

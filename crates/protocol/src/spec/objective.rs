//! What is minimised: a task loss on one version of the images, plus any number of weighted penalties.
//!
//! A paper's reading of a penalty is a choice of its settings; no penalty depends on a paper.

use super::GroupsSpec;
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
    /// Keras' categorical cross-entropy of sigmoids: the sigmoids of an image are divided by their sum and kept between 1e-7
    /// and 1 - 1e-7 (heatmap-loss, released code).
    #[serde(deserialize_with = "crate::spec::nothing_else")]
    NormalisedSigmoids,
    /// The squared difference of the sigmoids from the label's one-hot vector, mean over classes and images (heatmap-loss).
    #[serde(deserialize_with = "crate::spec::nothing_else")]
    SquaredError,
}

impl TaskSpec {
    /// The mean cross-entropy.
    pub const fn cross_entropy() -> Self {
        Self::CrossEntropy { class_weights: Vec::new() }
    }

    /// The weight of each class in the cross-entropy; empty: all count alike.
    pub fn class_weights(&self) -> &[f64] {
        match self {
            Self::CrossEntropy { class_weights } => class_weights,
            Self::NormalisedSigmoids | Self::SquaredError => &[],
        }
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

/// How a class activation map is made of a tap's activations `A` and the gradient `G` of the class's logit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum CamName {
    /// Each channel of `A` times the mean of `G` over its positions (Selvaraju et al. 2017).
    GradCam,
    /// `A` times `G` at each position (Draelos and Carin 2020).
    Hirescam,
}

named!(CamName, "class activation map", GradCam => "grad-cam", Hirescam => "hirescam");

impl CamName {
    /// The name shown to users.
    pub fn label(self) -> &'static str {
        match self {
            Self::GradCam => "Grad-CAM",
            Self::Hirescam => "HiResCAM",
        }
    }
}

/// The class whose logit a class activation map explains.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum CamTarget {
    /// That of the largest logit (heatmap-loss, released code).
    #[default]
    Predicted,
    /// The image's own.
    Label,
}

named!(CamTarget, "class", Predicted => "predicted", Label => "label");

/// How the channels of a class activation map become one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum CamChannels {
    /// Their mean (heatmap-loss, released code).
    #[default]
    Mean,
    /// Their sum, as the methods are defined.
    Sum,
}

named!(CamChannels, "reduction of channels", Mean => "mean", Sum => "sum");

/// By what the positive part of a class activation map is divided.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum HeatScale {
    /// By its largest cell (heatmap-loss, released code).
    #[default]
    Maximum,
    /// By its sum: cells become shares of the heat.
    Sum,
    /// By nothing.
    None,
}

named!(HeatScale, "scale of a map", Maximum => "maximum", Sum => "sum", None => "none");

/// How heat outside the mask becomes a number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum HeatOutside {
    /// The mean over all cells of the heat that lies outside (heatmap-loss, released code).
    #[default]
    Mean,
    /// Its sum (heatmap-loss, as printed).
    Sum,
    /// 1 less the Dice overlap of heat and mask (heatmap-loss, its outlook).
    Dice,
}

named!(HeatOutside, "measure of heat", Mean => "mean", Sum => "sum", Dice => "dice");

/// How the mask is brought to the size of a class activation map.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum MaskResize {
    /// Bilinear between pixel centres without anti-aliasing, as OpenCV's `resize` (heatmap-loss, released code).
    #[default]
    Bilinear,
    /// The mean over the area of each cell.
    Area,
}

named!(MaskResize, "resizing of a mask", Bilinear => "bilinear", Area => "area");

/// The mode of normalisation and dropout in the pass that a class activation map is made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum CamMode {
    /// That of training, in the pass that is classified.
    #[default]
    Train,
    /// That of evaluation, in a pass of its own, as maps are made of a finished network.
    Evaluate,
}

named!(CamMode, "mode", Train => "train", Evaluate => "evaluate");

/// What an image contributes whose map has no positive cell.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum WithoutHeat {
    /// Nothing.
    #[default]
    Nothing,
    /// What the division by zero gives, so that the run ends (heatmap-loss, released code).
    NotANumber,
}

named!(WithoutHeat, "contribution of a map without heat", Nothing => "nothing", NotANumber => "not-a-number");

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
    /// Penalises the class activation map of one of the network's taps outside the mask (heatmap-loss, section 2).
    Heatmap {
        /// Weight in the loss.
        weight: f64,
        /// Which map.
        map: CamName,
        /// The tap, from 0; absent: the last one.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        tap: Option<usize>,
        /// Of which class.
        #[serde(default, skip_serializing_if = "crate::spec::is_default")]
        target: CamTarget,
        /// How channels become one.
        #[serde(default, skip_serializing_if = "crate::spec::is_default")]
        channels: CamChannels,
        /// By what the map is divided.
        #[serde(default, skip_serializing_if = "crate::spec::is_default")]
        scale: HeatScale,
        /// How the heat outside becomes a number.
        #[serde(default, skip_serializing_if = "crate::spec::is_default")]
        outside: HeatOutside,
        /// How the mask is brought to the map's size.
        #[serde(default, skip_serializing_if = "crate::spec::is_default")]
        mask: MaskResize,
        /// The mode of the pass that the map is made of.
        #[serde(default, skip_serializing_if = "crate::spec::is_default")]
        mode: CamMode,
        /// What a map without a positive cell contributes.
        #[serde(default, skip_serializing_if = "crate::spec::is_default")]
        without_heat: WithoutHeat,
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
            Self::Heatmap { .. } => "heatmap",
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
            | Self::Heatmap { weight, .. }
            | Self::JacobianTransfer { weight }
            | Self::L2 { weight }
            | Self::Rbr { weight, .. }
            | Self::Reconstruction { weight, .. }
            | Self::Rrr { weight, .. }
            | Self::Tap { weight, .. } => *weight,
        }
    }

    /// Whether it does nothing for an image whose mask is everything.
    pub fn needs_masks(&self) -> bool {
        match self {
            Self::Actdiff { .. }
            | Self::Adversarial { .. }
            | Self::Gradmask { .. }
            | Self::Heatmap { .. }
            | Self::Rbr { .. }
            | Self::Rrr { .. }
            | Self::Tap { .. } => true,
            Self::AttentionTransfer { .. }
            | Self::Distillation { .. }
            | Self::JacobianTransfer { .. }
            | Self::L2 { .. }
            | Self::Reconstruction { .. } => false,
        }
    }

    /// Whether it uses the images with their outside permuted.
    pub fn needs_permuted_images(&self) -> bool {
        match self {
            Self::Actdiff { .. } | Self::Adversarial { .. } => true,
            Self::AttentionTransfer { .. }
            | Self::Distillation { .. }
            | Self::Gradmask { .. }
            | Self::Heatmap { .. }
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
    /// How groups count in it; absent: as their images do.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub groups: Option<GroupsSpec>,
    /// Penalties, each kind at most once, in the order of their kinds.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub penalties: Vec<PenaltySpec>,
}

impl ObjectiveSpec {
    /// The mean cross-entropy on the images as they are, without penalties.
    pub const fn plain() -> Self {
        Self { images: TrainingImages::Whole, task: TaskSpec::cross_entropy(), groups: None, penalties: Vec::new() }
    }

    /// Whether a step needs the images with their outside permuted.
    pub fn needs_permuted_images(&self) -> bool {
        self.images == TrainingImages::Permuted || self.penalties.iter().any(PenaltySpec::needs_permuted_images)
    }

    /// Whether masks are of any use to it.
    pub fn needs_masks(&self) -> bool {
        self.images != TrainingImages::Whole || self.penalties.iter().any(PenaltySpec::needs_masks)
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

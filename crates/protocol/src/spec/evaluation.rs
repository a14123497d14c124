//! What is measured of a model.

use crate::{AucKind, CamName, names::named};
use serde::{Deserialize, Serialize};
use std::{fmt, str::FromStr};

/// An attribution method in addition to the input gradient, which is always computed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case", deny_unknown_fields)]
pub enum AttributionSpec {
    /// Integrated gradients from a zero image; the authors of iclr2021 have 200 steps.
    IntegratedGradients {
        /// Points of the integral.
        steps: usize,
    },
    /// Occlusion by a zero square that moves by its own side; the authors of iclr2021 have 15 at 224 pixels and
    /// 2 at 28.
    Occlusion {
        /// Rows and columns of the square.
        window: usize,
    },
    /// Grad-CAM (Selvaraju et al. 2017).
    GradCam {
        /// The network's tap, from 0; absent: the last one.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        tap: Option<usize>,
    },
    /// HiResCAM (Draelos and Carin 2020).
    Hirescam {
        /// The network's tap, from 0; absent: the last one.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        tap: Option<usize>,
    },
}

impl AttributionSpec {
    /// The name in files: `integrated-gradients`, `occlusion`, `grad-cam` or `hirescam`.
    pub fn name(&self) -> &'static str {
        match self {
            Self::IntegratedGradients { .. } => "integrated-gradients",
            Self::Occlusion { .. } => "occlusion",
            Self::GradCam { .. } => CamName::GradCam.name(),
            Self::Hirescam { .. } => CamName::Hirescam.name(),
        }
    }
}

/// After which epochs the training images are scored as the validation images are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum TrainScores {
    /// After none.
    #[default]
    Never,
    /// After the last one.
    Last,
    /// After each.
    Each,
}

named!(TrainScores, "choice of epochs", Never => "never", Last => "last", Each => "each");

/// Which epoch's model is explained: its saliency is scored and drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum ExplainedModel {
    /// The selected one.
    #[default]
    Selected,
    /// The last one.
    Last,
}

named!(ExplainedModel, "choice of model", Selected => "selected", Last => "last");

/// Where the heat of class activation maps lies: its shares in the regions of the images whose saliency is computed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HeatSpec {
    /// The network's tap, from 0; absent: the last one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tap: Option<usize>,
}

/// What is measured of a model.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EvaluationSpec {
    /// Which score is the run's AUC. It decides which AUC of each environment is recorded.
    pub auc: AucKind,
    /// The sets whose images are scored with the pixels outside their masks set to zero (`valid`, `test`, ...).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub zeroed_sets: Vec<String>,
    /// After which epochs the training images are scored.
    #[serde(default)]
    pub train_scores: TrainScores,
    /// Which epoch's model is explained.
    #[serde(default)]
    pub explained_model: ExplainedModel,
    /// Test images of each class whose maps are kept one by one for figures.
    #[serde(default)]
    pub explained_images: usize,
    /// Standard deviation of the Gaussian that smooths a saliency map, in pixels.
    pub smoothing_sigma: f64,
    /// That Gaussian's radius in standard deviations.
    pub smoothing_truncate: f64,
    /// Positive test images in the run's share of the mean saliency map.
    pub picture_samples: usize,
    /// Attributions that are scored in addition to the input gradient.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub attributions: Vec<AttributionSpec>,
    /// At most this many images of each environment and class are scored by those; absent for all. The authors
    /// of iclr2021 took 25.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub attribution_limit: Option<usize>,
    /// The quantile, in `[0, 1)`, above which pixels of a map are compared with the decoys; absent: none is. tap2024
    /// has 0.75.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub decoy_quantile: Option<f64>,
    /// Where the heat of Grad-CAM and HiResCAM lies; absent: it is not measured.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub heat: Option<HeatSpec>,
}

//! What a run reports while it goes on and what it leaves behind.

use serde::{Deserialize, Serialize};

/// One training step.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct StepRecord {
    /// 1-based.
    pub epoch: usize,
    /// 1-based, within the epoch.
    pub step: usize,
    /// Steps an epoch.
    pub steps: usize,
    /// Mean cross-entropy of the batch, in nats.
    pub cross_entropy: f64,
    /// The penalty as it enters the loss (weight included); 0 where the method has none.
    pub penalty: f64,
    /// The discriminator's own loss; adversarial method only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub discriminator: Option<f64>,
    /// Whether the encoder was updated; `false` on steps that train the discriminator alone.
    pub updated: bool,
}

/// Scores of one model on one set of images.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Scores {
    /// Mean over classes of one-against-rest ROC AUCs on raw logits, in `[0, 1]`: the authors' AUC.
    pub auc: f64,
    /// ROC AUC of the logit difference, in `[0, 1]`: the textbook's.
    pub auc_textbook: f64,
    /// Mean cross-entropy, in nats.
    pub cross_entropy: f64,
    /// Share of images whose largest logit is that of their label, in `[0, 1]`.
    pub accuracy: f64,
    /// Average precision of class 1 by the logit difference, in `[0, 1]`.
    pub average_precision: f64,
}

/// Overlap between thresholded saliency `A` and mask `G`, each a mean over images, in `[0, 1]`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Localisation {
    /// `|A and G| / |A or G|`: intersection over union, under its true name.
    pub iou: f64,
    /// `|A and G| / |A|`: intersection over prediction; what the paper's tables print as "IoU".
    pub iop: f64,
    /// `|A and G| / |G|`: intersection over truth.
    pub iot: f64,
    /// Images that were averaged: positive test images with a mask that is not empty.
    pub images: usize,
}

/// One pass over the training images and what came of it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct EpochRecord {
    /// 1-based.
    pub epoch: usize,
    /// Mean over steps of the cross-entropy.
    pub train_cross_entropy: f64,
    /// Mean over steps of the penalty as it entered the loss.
    pub train_penalty: f64,
    /// Scores on the validation images.
    pub valid: Scores,
    /// Scores on the test images, taken where the model was selected.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub test: Option<Scores>,
    /// Whether the model of this epoch was the best so far.
    pub selected: bool,
}

/// One channel of an image or a map.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Plane {
    /// Rows.
    pub height: usize,
    /// Columns.
    pub width: usize,
    /// `height * width` values, row by row from the top left.
    pub values: Vec<f32>,
}

/// What the report's figures need of a run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Pictures {
    /// Sum over the chosen positive test images of the smoothed absolute input gradient (Figure 5).
    pub saliency_sum: Plane,
    /// Sum of those images.
    pub image_sum: Plane,
    /// Sum of their masks.
    pub mask_sum: Plane,
    /// How many images were summed.
    pub images: usize,
    /// Examples (Figure 3): a name such as `train, class 0` and the image.
    pub examples: Vec<(String, Plane)>,
}

/// What a finished run leaves behind. On one machine its bytes depend on the
/// [`RunSpec`](crate::RunSpec) alone.
#[derive(Debug, Clone, PartialEq)]
pub struct RunOutcome {
    /// The selected epoch, 1-based.
    pub best_epoch: usize,
    /// Scores of the selected model on the validation images.
    pub valid: Scores,
    /// Scores of the selected model on the test images.
    pub test: Scores,
    /// Localisation of the selected model on the test images.
    pub localisation: Localisation,
    /// A record an epoch, in order.
    pub history: Vec<EpochRecord>,
    /// For the report's figures.
    pub pictures: Pictures,
    /// The selected model, as a safetensors file in torchvision's naming.
    pub weights: Vec<u8>,
}

//! What a run reports while it goes on and what it results in.

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// One training step.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct StepRecord {
    /// 1-based.
    pub epoch: usize,
    /// 1-based, within the epoch.
    pub step: usize,
    /// Steps an epoch.
    pub steps: usize,
    /// Mean cross-entropy of the batch, in nats, or what the task minimises in its place; by groups where the objective has
    /// them.
    pub cross_entropy: f64,
    /// The penalty as it enters the loss (weight included); 0 where the method has none.
    pub penalty: f64,
    /// The discriminator's own loss; adversarial method only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub discriminator: Option<f64>,
    /// Whether the encoder was updated; `false` on steps that train the discriminator alone.
    pub updated: bool,
    /// Images of the batch that a penalty is not defined for and leaves out: maps without heat.
    #[serde(default, skip_serializing_if = "crate::spec::is_default")]
    pub left_out: usize,
}

/// Scores of one model on one set of images.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Scores {
    /// Mean over classes of one-against-rest ROC AUCs on raw logits, in `[0, 1]`: what iclr2021's authors call
    /// AUC.
    pub authors_auc: f64,
    /// ROC AUC, in `[0, 1]`: of the logit difference, or for more than two classes the mean over classes of
    /// one-against-rest ROC AUCs of the class's log-odds.
    pub roc_auc: f64,
    /// Mean cross-entropy, in nats; weighted by the classes where the task is.
    pub cross_entropy: f64,
    /// What the task minimises, mean over images, where that is not the cross-entropy
    /// ([`TaskSpec`](crate::TaskSpec)).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub loss: Option<f64>,
    /// Share of images whose largest logit is that of their label, in `[0, 1]`.
    pub accuracy: f64,
    /// Average precision of class 1 by the logit difference, in `[0, 1]`; for more than two classes the
    /// mean over classes of that of the class's log-odds.
    pub average_precision: f64,
    /// F1 score of class 1, which is predicted where its logit is the largest, in `[0, 1]`; of two classes only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub f1: Option<f64>,
    /// What the released code of tap2024 calls F-score, in `[0, 1]`; of two classes only. See
    /// `herring_stats::classification::released_f1`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub released_f1: Option<f64>,
    /// Mean distance between the class of the largest logit and the label, for classes that are grades; recorded for more
    /// than two classes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub absolute_error: Option<f64>,
    /// The same by environment, in order; environments without images are left out.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub environments: Vec<EnvironmentScores>,
}

/// Scores on the images of one environment.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct EnvironmentScores {
    /// Which environment, from 0.
    pub environment: usize,
    /// How many images it has.
    pub images: usize,
    /// Share of images whose largest logit is that of their label, in `[0, 1]`.
    pub accuracy: f64,
    /// As [`Scores::authors_auc`]; absent where a class is missing in the environment, as in the crosses.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub authors_auc: Option<f64>,
    /// As [`Scores::roc_auc`]; recorded where that is what the experiment calls AUC
    /// ([`AucKind::Roc`](crate::AucKind::Roc)), and absent where a class is missing in the environment.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub roc_auc: Option<f64>,
    /// As `accuracy`, of the images of each class; absent for a class without images in the environment.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub class_accuracies: Vec<Option<f64>>,
}

impl Scores {
    /// What the task minimises, mean over images.
    pub fn task_loss(&self) -> f64 {
        self.loss.unwrap_or(self.cross_entropy)
    }

    /// The least accuracy of any environment, in `[0, 1]`; absent where none was scored.
    pub fn worst_accuracy(&self) -> Option<f64> {
        self.environments.iter().map(|scores| scores.accuracy).min_by(f64::total_cmp)
    }

    /// The least accuracy of any group, a class in an environment, in `[0, 1]` (Sagawa et al. 2020); absent where none was
    /// scored.
    pub fn worst_group_accuracy(&self) -> Option<f64> {
        self.environments
            .iter()
            .flat_map(|scores| scores.class_accuracies.iter().flatten().copied())
            .min_by(f64::total_cmp)
    }
}

/// Overlap between thresholded saliency `A` and mask `G`, each a mean over images, in `[0, 1]`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Localisation {
    /// `|A and G| / |A or G|`: intersection over union.
    pub iou: f64,
    /// `|A and G| / |A|`: intersection over prediction; what the paper's tables print as "IoU".
    pub iop: f64,
    /// `|A and G| / |G|`: intersection over truth.
    pub iot: f64,
    /// Images that were averaged: test images of the positive class, or of any class where there are more than
    /// two, with a mask that is neither empty nor the whole image. If there are none, the scores are 0 and
    /// meaningless.
    pub images: usize,
}

/// How much of the heat of a class activation map lies in a region: `sum of heat in the region / sum of heat`, in `[0, 1]`,
/// of the positive part of the predicted class's map, enlarged bilinearly to the image.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Heat {
    /// Mean over the classes of their means; absent where a class has no image with heat.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mean: Option<f64>,
    /// Mean over the images of each class that have any heat.
    pub classes: Vec<Option<f64>>,
    /// Images of each class whose map has no positive cell; they are left out.
    pub without_heat: Vec<usize>,
}

/// One pass over the training images and its outcome.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct EpochRecord {
    /// 1-based.
    pub epoch: usize,
    /// Mean over steps of the cross-entropy.
    pub train_cross_entropy: f64,
    /// Mean over steps of the penalty as it entered the loss.
    pub train_penalty: f64,
    /// Images that a penalty was not defined for in this epoch and left out: maps without heat.
    #[serde(default, skip_serializing_if = "crate::spec::is_default")]
    pub left_out: usize,
    /// Scores on the training images, with running statistics, where the specification asks for them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub train: Option<Scores>,
    /// Scores on the validation images.
    pub valid: Scores,
    /// Scores on each set of test images by its name, taken where the model was selected.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub tests: BTreeMap<String, Scores>,
    /// Whether the model of this epoch was the best so far.
    pub selected: bool,
}

/// An image or a map of one channel, or an image in colour.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Plane {
    /// Rows.
    pub height: usize,
    /// Columns.
    pub width: usize,
    /// `height * width` values, row by row from the top left; of an image in colour as many of red, of green and of blue, one
    /// after the other.
    pub values: Vec<f32>,
}

impl Plane {
    /// 3 of an image in colour, else 1.
    pub fn channels(&self) -> usize {
        if self.values.len() == 3 * self.height * self.width { 3 } else { 1 }
    }

    /// Whether it has as many values as its sides and its channels say.
    pub fn is_whole(&self) -> bool {
        self.values.len() == self.channels() * self.height * self.width
    }
}

/// What the report's figures need of a run. Planes with more than [`Pictures::SIDE`] rows or columns are
/// reduced by averaging.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Pictures {
    /// Sum over the chosen positive test images of the smoothed absolute input gradient.
    pub saliency_sum: Plane,
    /// Sum of those images.
    pub image_sum: Plane,
    /// Sum of their masks.
    pub mask_sum: Plane,
    /// How many images were summed.
    pub images: usize,
    /// Examples: a name such as `train, class 0` and the image.
    pub examples: Vec<(String, Plane)>,
    /// Single test images with the explained model's saliency and reconstruction, where the specification asks
    /// for them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub explained: Vec<ExplainedImage>,
}

/// One test image with the explained model's saliency and reconstruction; the first channel of images whose channels are equal
/// but for their normalisation.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ExplainedImage {
    /// Its class.
    pub label: usize,
    /// The image.
    pub image: Plane,
    /// Its mask.
    pub mask: Plane,
    /// The absolute input gradient of the logit of the last class, smoothed as the specification has it.
    pub saliency: Plane,
    /// The decoder's reconstruction, if the model has a decoder.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reconstruction: Option<Plane>,
    /// The magnitude of the channel sum of the last activations that TAP penalises, at most four and from the first layer to
    /// the last, each of its own size; empty if the model has none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub activations: Vec<Plane>,
    /// Class activation maps of the predicted class by their names, positive part over its maximum, enlarged to the image,
    /// where the specification measures heat.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub heat: BTreeMap<String, Plane>,
}

impl Pictures {
    /// Rows or columns that a plane has at most.
    pub const SIDE: usize = 135;

    /// The plane averaged over square blocks, so that no side has more than [`Self::SIDE`] pixels; the last
    /// block of a row or column may be smaller. A plane that is small enough stays unchanged.
    pub fn shrink(plane: Plane) -> Plane {
        let Plane { height, width, values } = &plane;
        let block = height.max(width).div_ceil(Self::SIDE);
        if block <= 1 {
            return plane;
        }
        let mut small = Plane { height: height.div_ceil(block), width: width.div_ceil(block), values: Vec::new() };
        for values in values.chunks_exact((height * width).max(1)) {
            for row in 0..small.height {
                for column in 0..small.width {
                    let rows = row * block..((row + 1) * block).min(*height);
                    let columns = column * block..((column + 1) * block).min(*width);
                    let count = rows.len() * columns.len();
                    let sum: f64 = rows
                        .flat_map(|row| values[row * width..][columns.clone()].iter())
                        .map(|value| f64::from(*value))
                        .sum();
                    small.values.push((sum / count as f64) as f32);
                }
            }
        }
        small
    }
}

/// Every number that was measured of a finished run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RunScores {
    /// The selected epoch, 1-based.
    pub best_epoch: usize,
    /// Scores of the selected model by set: `valid`, and each set of test images under its name.
    pub selected: BTreeMap<String, Scores>,
    /// Scores of the last epoch's model by set: `valid`, and `train` where the specification asks for it.
    pub last: BTreeMap<String, Scores>,
    /// Localisation of the selected model's attributions on the test images by their names: `gradient`, the
    /// absolute input gradient, and those of the specification.
    pub localisation: BTreeMap<String, Localisation>,
    /// How the strongest pixels of maps overlap with the decoys, where the specification asks for it: `gradient`, `tap-1`
    /// and so on, of permuted test images; and `annotations`, what is penalised in training images with annotations that
    /// no expert drew. `iop` is the precision and `iot` the recall.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub decoys: BTreeMap<String, Localisation>,
    /// Where the heat of class activation maps lies on the test images, by map (`hirescam`, `grad-cam`), then by region: [`MASK`] and
    /// the further regions of the images, for instance `fat`.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub heat: BTreeMap<String, BTreeMap<String, Heat>>,
}

/// The name of the set of validation images.
pub const VALID: &str = "valid";
/// The name of the set of test images if there is only one.
pub const TEST: &str = "test";
/// The name of the set of training images.
pub const TRAIN: &str = "train";
/// The name of the region that every image has: its mask.
pub const MASK: &str = "mask";
/// The name of the attribution that every run has: the absolute input gradient.
pub const GRADIENT: &str = "gradient";
/// The name of the annotations among the overlaps with decoys.
pub const ANNOTATIONS: &str = "annotations";

impl RunScores {
    /// Scores of the selected model on the set of that name.
    pub fn on(&self, set: &str) -> Option<&Scores> {
        self.selected.get(set)
    }

    /// Localisation of the input gradient, where images could be scored.
    pub fn gradient(&self) -> Option<&Localisation> {
        self.localisation.get(GRADIENT).filter(|found| found.images > 0)
    }
}

/// The result of a finished run. On one machine its bytes depend on the [`RunSpec`](crate::RunSpec) alone.
#[derive(Debug, Clone, PartialEq)]
pub struct RunOutcome {
    /// Every number.
    pub scores: RunScores,
    /// A record an epoch, in order.
    pub history: Vec<EpochRecord>,
    /// For the report's figures.
    pub pictures: Pictures,
    /// The selected model, as a safetensors file in torchvision's naming.
    pub weights: Vec<u8>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_worst_group_is_the_worst_class_of_any_environment() {
        let of = |environment, accuracy, class_accuracies| EnvironmentScores {
            environment,
            images: 10,
            accuracy,
            authors_auc: None,
            roc_auc: None,
            class_accuracies,
        };
        let mut scores = Scores {
            authors_auc: 0.5,
            roc_auc: 0.5,
            cross_entropy: 1.0,
            loss: None,
            accuracy: 0.7,
            average_precision: 0.5,
            f1: None,
            released_f1: None,
            absolute_error: None,
            environments: vec![of(0, 0.8, vec![Some(0.9), Some(0.25)]), of(2, 0.6, vec![None, Some(0.6)])],
        };
        assert_eq!((scores.worst_accuracy(), scores.worst_group_accuracy()), (Some(0.6), Some(0.25)));
        // As written before the accuracies of classes were.
        scores.environments[0].class_accuracies.clear();
        let text = serde_json::to_string(&scores.environments[0]).unwrap();
        assert_eq!(text, r#"{"environment":0,"images":10,"accuracy":0.8}"#);
        assert_eq!(serde_json::from_str::<EnvironmentScores>(&text).unwrap(), scores.environments[0]);
        scores.environments.truncate(1);
        assert_eq!((scores.worst_accuracy(), scores.worst_group_accuracy()), (Some(0.8), None));
    }

    #[test]
    fn blocks_are_averaged_up_to_the_border() {
        let side = 2 * Pictures::SIDE - 1;
        let values = (0..side * side).map(|index| (index % side) as f32).collect();
        let small = Pictures::shrink(Plane { height: side, width: side, values });
        assert_eq!((small.height, small.width), (Pictures::SIDE, Pictures::SIDE));
        assert_eq!((small.values[0], small.values[1]), (0.5, 2.5));
        assert_eq!(small.values[Pictures::SIDE - 1], (side - 1) as f32);
        let kept = Plane { height: 1, width: 2, values: vec![1.0, 2.0] };
        assert_eq!(Pictures::shrink(kept.clone()), kept);
    }
}

//! The names of scores, as used in columns of tables, verdicts and searches.
//!
//! A name says what is measured, on which images, of which model:
//!
//! | name | what it is |
//! |---|---|
//! | `auc`, `roc_auc`, `accuracy`, ... | a [`ScoreKind`] of the selected model on the set `test` |
//! | `valid_accuracy`, `permuted_auc`, ... | the same on another set |
//! | `last_train_accuracy`, `last_valid_auc`, ... | of the last epoch's model |
//! | `permuted_minus_contaminated_accuracy`, ... | the score on one set less that on another, of the selected model |
//! | `iou`, `iop`, `iot` | overlap of the input gradient with the masks |
//! | `iou_integrated_gradients`, ... | of another attribution |
//! | `decoy_recall_gradient`, `decoy_precision_tap_1`, ... | overlap of a map's strongest pixels with the decoys |
//! | `heat_mask_hirescam`, `heat_fat_grad_cam`, ... | share of a map's heat in a region |
//! | `best_epoch` | the selected epoch, from 1 |

use crate::{
    ANNOTATIONS, AucKind, CamName, GRADIENT, Localisation, MASK, RunScores, Scores, TEST, UnknownName, names::named,
};
use serde::{Deserialize, Serialize};
use std::{fmt, str::FromStr};

/// What is measured on a set of images.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ScoreKind {
    /// The AUC that the experiment means ([`AucKind`]), in `[0, 1]`.
    Auc,
    /// The ROC AUC, in `[0, 1]`.
    RocAuc,
    /// What the authors of iclr2021 call AUC, in `[0, 1]`.
    AuthorsAuc,
    /// Share of images whose largest logit is that of their label, in `[0, 1]`.
    Accuracy,
    /// Average precision, in `[0, 1]`.
    AveragePrecision,
    /// Mean cross-entropy, in nats.
    CrossEntropy,
    /// What the task minimises, where that is not the cross-entropy.
    Loss,
    /// F1 score of class 1, in `[0, 1]`; of two classes only.
    F1,
    /// What the released code of tap2024 calls F-score, in `[0, 1]`; of two classes only.
    ReleasedF1,
    /// Mean distance between predicted class and label, for classes that are grades.
    AbsoluteError,
    /// The least AUC of any environment, of the kind that the experiment means.
    WorstAuc,
    /// The least accuracy of any environment.
    WorstAccuracy,
    /// The least accuracy of any group, a class in an environment.
    WorstGroupAccuracy,
}

named!(ScoreKind, "score",
    Auc => "auc",
    RocAuc => "roc_auc",
    AuthorsAuc => "authors_auc",
    Accuracy => "accuracy",
    AveragePrecision => "average_precision",
    CrossEntropy => "cross_entropy",
    Loss => "loss",
    F1 => "f1",
    ReleasedF1 => "released_f1",
    AbsoluteError => "absolute_error",
    WorstAuc => "worst_auc",
    WorstAccuracy => "worst_accuracy",
    WorstGroupAccuracy => "worst_group_accuracy",
);

impl ScoreKind {
    /// Its value among `scores`; `auc` is what the experiment calls AUC.
    pub fn of(self, scores: &Scores, auc: AucKind) -> Option<f64> {
        match self {
            Self::Auc => Some(auc.of(scores)),
            Self::RocAuc => Some(scores.roc_auc),
            Self::AuthorsAuc => Some(scores.authors_auc),
            Self::Accuracy => Some(scores.accuracy),
            Self::AveragePrecision => Some(scores.average_precision),
            Self::CrossEntropy => Some(scores.cross_entropy),
            Self::Loss => scores.loss,
            Self::F1 => scores.f1,
            Self::ReleasedF1 => scores.released_f1,
            Self::AbsoluteError => scores.absolute_error,
            Self::WorstAuc => auc.worst(scores),
            Self::WorstAccuracy => scores.worst_accuracy(),
            Self::WorstGroupAccuracy => scores.worst_group_accuracy(),
        }
    }

    /// Whether it measures what is wrong, from 0 up.
    fn is_an_error(self) -> bool {
        matches!(self, Self::CrossEntropy | Self::Loss | Self::AbsoluteError)
    }

    fn label(self) -> &'static str {
        match self {
            Self::Auc => "AUC",
            Self::RocAuc => "ROC AUC",
            Self::AuthorsAuc => "Authors’ AUC",
            Self::Accuracy => "Accuracy",
            Self::AveragePrecision => "Average precision",
            Self::CrossEntropy => "Cross-entropy",
            Self::Loss => "Loss",
            Self::F1 => "F1",
            Self::ReleasedF1 => "Released F1",
            Self::AbsoluteError => "Absolute error",
            Self::WorstAuc => "Worst AUC",
            Self::WorstAccuracy => "Worst accuracy",
            Self::WorstGroupAccuracy => "Worst group accuracy",
        }
    }
}

/// How thresholded saliency and mask are compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum OverlapKind {
    /// Intersection over union.
    Iou,
    /// Intersection over prediction; what iclr2021 prints as IoU.
    Iop,
    /// Intersection over truth.
    Iot,
}

named!(OverlapKind, "overlap", Iou => "iou", Iop => "iop", Iot => "iot");

impl OverlapKind {
    fn of(self, found: &Localisation) -> f64 {
        match self {
            Self::Iou => found.iou,
            Self::Iop => found.iop,
            Self::Iot => found.iot,
        }
    }

    fn label(self) -> &'static str {
        match self {
            Self::Iou => "IoU",
            Self::Iop => "IoP",
            Self::Iot => "IoT",
        }
    }
}

/// How a map's strongest pixels and a decoy are compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum DecoyOverlap {
    /// Share of the decoy that the pixels cover.
    Recall,
    /// Share of the pixels that are on the decoy.
    Precision,
}

named!(DecoyOverlap, "overlap with decoys", Recall => "decoy_recall", Precision => "decoy_precision");

impl DecoyOverlap {
    fn of(self, found: &Localisation) -> f64 {
        match self {
            Self::Recall => found.iot,
            Self::Precision => found.iop,
        }
    }

    fn label(self) -> &'static str {
        match self {
            Self::Recall => "Decoy recall",
            Self::Precision => "Decoy precision",
        }
    }
}

/// Which model a score is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ScoredModel {
    /// The selected one.
    Selected,
    /// That of the last epoch.
    Last,
}

/// Which values of a score are good.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Better {
    /// The high ones.
    Higher,
    /// The low ones.
    Lower,
    /// Neither.
    Neither,
}

/// The name of a score of a run.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum ScoreName {
    /// What is measured on a set of images.
    OnSet {
        /// Of which model.
        model: ScoredModel,
        /// The set's name: lower-case letters and digits.
        set: String,
        /// What is measured.
        kind: ScoreKind,
    },
    /// The score on one set less that on another, of the selected model.
    Difference {
        /// The first set's name: lower-case letters and digits.
        set: String,
        /// The set whose score is taken off.
        less: String,
        /// What is measured.
        kind: ScoreKind,
    },
    /// How an attribution and the masks overlap on the test images.
    Overlap {
        /// The attribution's name, as in files.
        attribution: String,
        /// How they are compared.
        kind: OverlapKind,
    },
    /// How a map's strongest pixels and the decoys overlap.
    Decoy {
        /// The map's name, as in files.
        map: String,
        /// How they are compared.
        kind: DecoyOverlap,
    },
    /// Share of the heat of a class activation map that lies in a region of the test images, mean over classes.
    Heat {
        /// The region's name: lower-case letters and digits.
        region: String,
        /// The map's name, as in files.
        map: String,
    },
    /// The selected epoch, from 1.
    BestEpoch,
}

impl ScoreName {
    /// A score of the selected model on the set `test`.
    pub fn test(kind: ScoreKind) -> Self {
        Self::OnSet { model: ScoredModel::Selected, set: TEST.to_owned(), kind }
    }

    /// An overlap of the input gradient.
    pub fn gradient(kind: OverlapKind) -> Self {
        Self::Overlap { attribution: GRADIENT.to_owned(), kind }
    }

    /// Its value for a run, if it has one; `auc` is what the experiment calls AUC.
    pub fn of(&self, scores: &RunScores, auc: AucKind) -> Option<f64> {
        match self {
            Self::OnSet { model, set, kind } => {
                let sets = match model {
                    ScoredModel::Selected => &scores.selected,
                    ScoredModel::Last => &scores.last,
                };
                kind.of(sets.get(set)?, auc)
            }
            Self::Difference { set, less, kind } => {
                let of = |set: &String| kind.of(scores.selected.get(set)?, auc);
                Some(of(set)? - of(less)?)
            }
            Self::Overlap { attribution, kind } => {
                scores.localisation.get(attribution).filter(|found| found.images > 0).map(|found| kind.of(found))
            }
            Self::Decoy { map, kind } => {
                scores.decoys.get(map).filter(|found| found.images > 0).map(|found| kind.of(found))
            }
            Self::Heat { region, map } => scores.heat.get(map)?.get(region)?.mean,
            Self::BestEpoch => Some(scores.best_epoch as f64),
        }
    }

    /// The name shown to users, for instance `Test AUC` or `IoU, integrated gradients`.
    pub fn label(&self) -> String {
        match self {
            Self::OnSet { model: ScoredModel::Selected, set, kind } if set == TEST => match kind {
                ScoreKind::Auc | ScoreKind::Accuracy => format!("Test {}", uncapitalised(kind.label())),
                _ => kind.label().to_owned(),
            },
            Self::OnSet { model, set, kind } => {
                let last = if *model == ScoredModel::Last { ", last epoch" } else { "" };
                format!("{} {}{last}", capitalised(set), uncapitalised(kind.label()))
            }
            Self::Difference { set, less, kind } => {
                format!("{} minus {less} {}", capitalised(set), uncapitalised(kind.label()))
            }
            Self::Overlap { attribution, kind } if attribution == GRADIENT => kind.label().to_owned(),
            Self::Overlap { attribution, kind } => format!("{}, {}", kind.label(), map_label(attribution)),
            Self::Decoy { map, kind } => format!("{}, {}", kind.label(), map.replace('-', " ")),
            Self::Heat { region, map } => format!("Heat in {region}, {}", map_label(map)),
            Self::BestEpoch => "Best epoch".to_owned(),
        }
    }

    /// The least and the greatest value it can have.
    pub fn range(&self) -> (f64, f64) {
        match self {
            Self::BestEpoch => (1.0, f64::INFINITY),
            Self::OnSet { kind, .. } if kind.is_an_error() => (0.0, f64::INFINITY),
            Self::Difference { kind, .. } if kind.is_an_error() => (f64::NEG_INFINITY, f64::INFINITY),
            Self::Difference { .. } => (-1.0, 1.0),
            _ => (0.0, 1.0),
        }
    }

    /// Digits after the point that are worth printing.
    pub fn digits(&self) -> usize {
        if *self == Self::BestEpoch { 1 } else { 3 }
    }

    /// Which values are good.
    pub fn better(&self) -> Better {
        match self {
            Self::BestEpoch => Better::Neither,
            Self::Decoy { map, .. } if map == ANNOTATIONS => Better::Higher,
            Self::Decoy { .. } => Better::Lower,
            // Regions other than the mask hold no evidence.
            Self::Heat { region, .. } if region != MASK => Better::Lower,
            Self::OnSet { kind, .. } | Self::Difference { kind, .. } if kind.is_an_error() => Better::Lower,
            _ => Better::Higher,
        }
    }
}

fn capitalised(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

/// The name of an attribution, shown to users.
fn map_label(name: &str) -> String {
    match name.parse::<CamName>() {
        Ok(map) => map.label().to_owned(),
        Err(_) => name.replace('-', " "),
    }
}

/// A label within a sentence: acronyms stay as they are.
fn uncapitalised(label: &str) -> String {
    let mut letters = label.chars();
    match (letters.next(), letters.next()) {
        (Some(first), Some(second)) if second.is_lowercase() => {
            first.to_lowercase().chain([second]).chain(letters).collect()
        }
        _ => label.to_owned(),
    }
}

/// Whether a text is lower-case letters and digits alone.
fn is_plain(text: &str) -> bool {
    text.chars().all(|letter| letter.is_ascii_lowercase() || letter.is_ascii_digit())
}

const LAST: &str = "last_";
const HEAT: &str = "heat_";
const MINUS: &str = "_minus_";

impl fmt::Display for ScoreName {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = match self {
            Self::OnSet { model, set, kind } => {
                let last = if *model == ScoredModel::Last { LAST } else { "" };
                match set.as_str() {
                    TEST if last.is_empty() => kind.name().to_owned(),
                    set => format!("{last}{set}_{kind}"),
                }
            }
            Self::Difference { set, less, kind } => format!("{set}{MINUS}{less}_{kind}"),
            Self::Overlap { attribution, kind } if attribution == GRADIENT => kind.name().to_owned(),
            Self::Overlap { attribution, kind } => format!("{kind}_{}", attribution.replace('-', "_")),
            Self::Decoy { map, kind } => format!("{kind}_{}", map.replace('-', "_")),
            Self::Heat { region, map } => format!("{HEAT}{region}_{}", map.replace('-', "_")),
            Self::BestEpoch => "best_epoch".to_owned(),
        };
        formatter.pad(&name)
    }
}

impl FromStr for ScoreName {
    type Err = UnknownName;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if text == "best_epoch" {
            return Ok(Self::BestEpoch);
        }
        let words = |name: &&str| name.split('_').all(|word| !word.is_empty() && is_plain(word));
        if let Some((region, map)) = text.strip_prefix(HEAT).and_then(|rest| rest.split_once('_'))
            && is_plain(region)
            && !region.is_empty()
            && words(&map)
        {
            return Ok(Self::Heat { region: region.to_owned(), map: map.replace('_', "-") });
        }
        for &kind in DecoyOverlap::ALL {
            let map = text.strip_prefix(kind.name()).and_then(|rest| rest.strip_prefix('_'));
            if let Some(map) = map.filter(words) {
                return Ok(Self::Decoy { map: map.replace('_', "-"), kind });
            }
        }
        for &kind in OverlapKind::ALL {
            if text == kind.name() {
                return Ok(Self::gradient(kind));
            }
            let attribution = text.strip_prefix(kind.name()).and_then(|rest| rest.strip_prefix('_'));
            if let Some(attribution) = attribution.filter(words) {
                return Ok(Self::Overlap { attribution: attribution.replace('_', "-"), kind });
            }
        }
        let (model, rest) = match text.strip_prefix(LAST) {
            Some(rest) => (ScoredModel::Last, rest),
            None => (ScoredModel::Selected, text),
        };
        // The longest name first: `roc_auc` ends in `auc`.
        let mut kinds = ScoreKind::ALL.to_vec();
        kinds.sort_by_key(|kind| std::cmp::Reverse(kind.name().len()));
        for kind in kinds {
            if rest == kind.name() {
                return Ok(Self::OnSet { model, set: TEST.to_owned(), kind });
            }
            let set = rest.strip_suffix(kind.name()).and_then(|rest| rest.strip_suffix('_'));
            let plain = |set: &&str| !set.is_empty() && is_plain(set);
            let pair = set.filter(|_| model == ScoredModel::Selected).and_then(|sets| sets.split_once(MINUS));
            if let Some((set, less)) = pair.filter(|(set, less)| plain(set) && plain(less)) {
                return Ok(Self::Difference { set: set.to_owned(), less: less.to_owned(), kind });
            }
            if let Some(set) = set.filter(plain) {
                return Ok(Self::OnSet { model, set: set.to_owned(), kind });
            }
        }
        let kinds = ScoreKind::ALL.iter().map(|kind| kind.name()).collect::<Vec<_>>().join(", ");
        let expected = format!(
            "one of {kinds}, iou, iop, iot, best_epoch, a set's name before one of them such as valid_accuracy, \
             last_ before that, two sets as in permuted_minus_clean_accuracy, an attribution's name after an overlap such as iou_occlusion or decoy_recall_gradient, or a region and a map after heat_ as in heat_mask_hirescam"
        );
        Err(UnknownName { what: "score", found: text.to_owned(), expected })
    }
}

impl TryFrom<String> for ScoreName {
    type Error = UnknownName;
    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<ScoreName> for String {
    fn from(name: ScoreName) -> Self {
        name.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_round_trip_and_are_told_to_people() {
        for (name, label) in [
            ("auc", "Test AUC"),
            ("accuracy", "Test accuracy"),
            ("roc_auc", "ROC AUC"),
            ("authors_auc", "Authors’ AUC"),
            ("worst_accuracy", "Worst accuracy"),
            ("worst_group_accuracy", "Worst group accuracy"),
            ("valid_worst_group_accuracy", "Valid worst group accuracy"),
            ("valid_accuracy", "Valid accuracy"),
            ("permuted_roc_auc", "Permuted ROC AUC"),
            ("last_train_accuracy", "Train accuracy, last epoch"),
            ("last_test_auc", "Test AUC, last epoch"),
            ("iop", "IoP"),
            ("iou_integrated_gradients", "IoU, integrated gradients"),
            ("best_epoch", "Best epoch"),
            ("contaminated_f1", "Contaminated F1"),
            ("heat_marker_hirescam", "Heat in marker, HiResCAM"),
            ("heat_mask_grad_cam", "Heat in mask, Grad-CAM"),
            ("valid_loss", "Valid loss"),
            ("decoy_recall_gradient", "Decoy recall, gradient"),
            ("decoy_precision_tap_2", "Decoy precision, tap 2"),
            ("clean_released_f1", "Clean released F1"),
            ("permuted_minus_contaminated_accuracy", "Permuted minus contaminated accuracy"),
        ] {
            let score: ScoreName = name.parse().unwrap();
            assert_eq!((score.to_string().as_str(), score.label().as_str()), (name, label));
        }
        for wrong in ["", "auk", "_auc", "a-b_auc", "last_", "iou_", "iou__occlusion", "iop_Occlusion", "iot_a-b"] {
            let error = wrong.parse::<ScoreName>().unwrap_err().to_string();
            assert!(error.starts_with(&format!("unknown score '{wrong}': expected one of auc, ")), "{error}");
            assert!(!error.contains('\n'), "{error}");
        }
    }
}

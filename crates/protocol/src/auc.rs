//! What an experiment calls "AUC".
//!
//! Two numbers have that name. The *ROC AUC* is the textbook's: the probability that the model scores a
//! random image of a class higher than a random image of another. The score in the ICLR 2021 paper's tables
//! is something else: its released code hands the raw logits, one column a class, to a function that ranks
//! each column by itself, so a shift of all logits of one image changes the result. A model with a ROC AUC of
//! 0.13 can have 0.44 there. Tables that are compared with the paper's numbers need the authors' score;
//! everything else needs the ROC AUC. [`Scores`] holds both, and this type says which of them is meant.

use crate::{EnvironmentScores, Scores, names::named};
use serde::{Deserialize, Serialize};
use std::{fmt, str::FromStr};

/// Which score the "AUC" of an experiment is, in tables, figures, progress and searches.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum AucKind {
    /// [`Scores::authors_auc`]: the mean over classes of one-against-rest ROC AUCs on raw logits, as the
    /// authors' released code computes it. For tables that are compared with the paper's.
    #[default]
    Authors,
    /// [`Scores::roc_auc`]: the ROC AUC of the logit difference; for more than two classes the mean
    /// over classes of the one-against-rest ROC AUC of the class's probability.
    Roc,
}

named!(AucKind, "AUC", Authors => "authors", Roc => "roc");

impl AucKind {
    /// The AUC among `scores`, in `[0, 1]`.
    pub fn of(self, scores: &Scores) -> f64 {
        match self {
            Self::Authors => scores.authors_auc,
            Self::Roc => scores.roc_auc,
        }
    }

    /// The AUC of one environment, in `[0, 1]`; absent where a class is missing in it, and for
    /// [`Self::Roc`] where the run did not record it.
    pub fn within(self, scores: &EnvironmentScores) -> Option<f64> {
        match self {
            Self::Authors => scores.authors_auc,
            Self::Roc => scores.roc_auc,
        }
    }

    /// The least AUC of any environment in which it is defined, in `[0, 1]`.
    pub fn worst(self, scores: &Scores) -> Option<f64> {
        scores.environments.iter().filter_map(|environment| self.within(environment)).min_by(f64::total_cmp)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_kind_reads_its_own_fields() {
        let of = |environment, auc, auc_textbook| EnvironmentScores {
            environment,
            images: 4,
            accuracy: 0.5,
            authors_auc: auc,
            roc_auc: auc_textbook,
            class_accuracies: Vec::new(),
        };
        let scores = Scores {
            authors_auc: 0.437,
            roc_auc: 0.134,
            cross_entropy: 0.7,
            loss: None,
            accuracy: 0.5,
            average_precision: 0.5,
            f1: None,
            released_f1: None,
            absolute_error: None,
            environments: vec![of(0, Some(0.4), Some(0.9)), of(1, None, None), of(2, Some(0.6), Some(0.2))],
        };
        assert_eq!((AucKind::Authors.of(&scores), AucKind::Roc.of(&scores)), (0.437, 0.134));
        assert_eq!((AucKind::Authors.worst(&scores), AucKind::Roc.worst(&scores)), (Some(0.4), Some(0.2)));
        assert_eq!(AucKind::Roc.within(&scores.environments[1]), None);
    }
}

//! Texts that say which AUC the numbers are.

use herring_protocol::{AucKind, ScoreKind, ScoreName};

/// The line below a table.
pub(crate) fn note(kind: AucKind) -> &'static str {
    match kind {
        AucKind::Authors => {
            "AUC is the authors' score: the mean over classes of one-against-rest AUCs on raw logits. The ROC AUC stands \
             in the report and in `collect` as roc_auc."
        }
        AucKind::Roc => {
            "AUC is the ROC AUC: of the logit difference, or for more than two classes the mean over classes of \
             one-against-rest ROC AUCs of the probabilities."
        }
    }
}

/// A sentence of the report.
pub(crate) fn sentence(kind: AucKind) -> &'static str {
    match kind {
        AucKind::Authors => {
            "AUC is the authors’ score, as in the paper’s tables: the mean over classes of one-against-rest AUCs on raw \
             logits. It is not the ROC AUC, which stands under that name."
        }
        AucKind::Roc => {
            "AUC is the ROC AUC: of the logit difference, or for more than two classes the mean over classes of \
             one-against-rest ROC AUCs of the probabilities."
        }
    }
}

/// Whether a column is an AUC.
pub(crate) fn is_auc(score: &ScoreName) -> bool {
    use ScoreKind::{Auc, AuthorsAuc, RocAuc, WorstAuc};
    match score {
        ScoreName::OnSet { kind, .. } | ScoreName::Difference { kind, .. } => {
            matches!(kind, Auc | AuthorsAuc | RocAuc | WorstAuc)
        }
        ScoreName::Overlap { .. } | ScoreName::Decoy { .. } | ScoreName::Heat { .. } | ScoreName::BestEpoch => false,
    }
}

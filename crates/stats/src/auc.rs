//! Area under the receiver operating characteristic curve (ROC AUC).
//!
//! The area equals the probability that a random positive scores higher than a random negative, ties
//! counting half (Mann and Whitney 1947). So it is computed from ranks, without drawing the curve:
//! `AUC = (R - p (p + 1) / 2) / (p n)` with `p` positives, `n` negatives and `R` the sum of the
//! positives' ranks.
//!
//! **Which AUC the ICLR 2021 paper reports.** The text says "AUC". The released code encodes the label
//! as one column a class and hands scikit-learn the *raw logits*, one column a class, which makes
//! `AUC = 1/2 [AUC(y = 0; logit 0) + AUC(y = 1; logit 1)]`. This is [`macro_logit_auc`]. It differs
//! from the AUC of the softmax probability, or of `logit 1 - logit 0`, whenever an image moves both
//! logits together. [`roc_auc`] is the textbook measure; use it with the difference of the logits to
//! get the other reading.

use crate::{StatsError, check, rank};

/// ROC AUC of `scores` for the positives in `labels`; between 0 and 1, 0.5 is chance.
///
/// # Errors
/// [`StatsError::Length`] if the two differ in length, [`StatsError::NotFinite`] for a NaN or infinite
/// score, [`StatsError::MissingClass`] without a positive or without a negative.
///
/// # Examples
/// ```
/// use herring_stats::auc::roc_auc;
///
/// // One of the two pairs is ordered rightly, the other is tied.
/// assert_eq!(roc_auc(&[1.0, 1.0, 2.0], &[false, true, false])?, 0.25);
/// # Ok::<(), herring_stats::StatsError>(())
/// ```
pub fn roc_auc(scores: &[f64], labels: &[bool]) -> Result<f64, StatsError> {
    check::same_length("labels", labels.len(), scores.len())?;
    check::at_least(0, "scores", scores)?;
    let positives = labels.iter().filter(|&&label| label).count() as f64;
    let negatives = labels.len() as f64 - positives;
    if negatives == 0.0 {
        return Err(StatsError::MissingClass { class: 0 });
    }
    if positives == 0.0 {
        return Err(StatsError::MissingClass { class: 1 });
    }
    let ranks = rank::unchecked(scores);
    let sum: f64 = ranks.iter().zip(labels).filter(|&(_, &label)| label).map(|(rank, _)| rank).sum();
    Ok((sum - positives * (positives + 1.0) / 2.0) / (positives * negatives))
}

/// Mean over classes of the one-versus-rest ROC AUC, each scored by that class's raw logit.
///
/// `logits` is one row a sample with one column a class, at least two; `labels` are `0..classes`. This
/// is what the released code of the ICLR 2021 paper computes (scikit-learn's `roc_auc_score` on a
/// one-hot label matrix, average "macro"), for two classes and for more.
///
/// # Errors
/// [`StatsError::Length`] if the labels or a row have the wrong length, [`StatsError::TooFew`] for no
/// rows or fewer than two columns, [`StatsError::UnknownClass`], [`StatsError::NotFinite`], and
/// [`StatsError::MissingClass`] if a class has no sample or all samples.
///
/// # Examples
/// ```
/// use herring_stats::auc::{macro_logit_auc, roc_auc};
///
/// // The second image shifts both logits up. Their difference ranks all images rightly, the raw
/// // logits do not.
/// let logits = [[1.0, 0.0], [6.0, 5.0], [0.0, 1.0], [2.0, 4.0]];
/// assert_eq!(macro_logit_auc(&logits, &[0, 0, 1, 1])?, 0.625);
/// let margins = logits.map(|[zero, one]: [f64; 2]| one - zero);
/// assert_eq!(roc_auc(&margins, &[false, false, true, true])?, 1.0);
/// # Ok::<(), herring_stats::StatsError>(())
/// ```
pub fn macro_logit_auc<R: AsRef<[f64]>>(logits: &[R], labels: &[usize]) -> Result<f64, StatsError> {
    one_versus_rest(logits, labels, roc_auc)
}

/// The macro mean of a binary score over classes; shared with the average precision.
pub(crate) fn one_versus_rest<R: AsRef<[f64]>>(
    logits: &[R],
    labels: &[usize],
    score: fn(&[f64], &[bool]) -> Result<f64, StatsError>,
) -> Result<f64, StatsError> {
    check::same_length("labels", labels.len(), logits.len())?;
    let classes = logits.first().map_or(0, |row| row.as_ref().len());
    if classes < 2 {
        return Err(StatsError::TooFew { what: "columns of logits", found: classes, needed: 2 });
    }
    for row in logits {
        check::same_length("row of logits", row.as_ref().len(), classes)?;
    }
    if let Some(index) = labels.iter().position(|&label| label >= classes) {
        return Err(StatsError::UnknownClass { index, label: labels[index], classes });
    }
    // Found before scoring, so that the error names the class and not "positive".
    if let Some(class) = (0..classes).find(|class| !labels.contains(class)) {
        return Err(StatsError::MissingClass { class });
    }
    let mut sum = 0.0;
    for class in 0..classes {
        let column: Vec<f64> = logits.iter().map(|row| row.as_ref()[class]).collect();
        let member: Vec<bool> = labels.iter().map(|&label| label == class).collect();
        sum += score(&column, &member)?;
    }
    Ok(sum / classes as f64)
}

//! What the released code of the ICLR 2021 paper records in addition to the AUC: accuracy, micro-averaged F1
//! and average precision. The paper prints none of them.

use crate::{StatsError, auc, check};

/// Share of predictions that equal their label, in `[0, 1]`.
///
/// # Errors
/// [`StatsError::Length`] if the two differ in length, [`StatsError::TooFew`] if they are empty.
pub fn accuracy(predicted: &[usize], labels: &[usize]) -> Result<f64, StatsError> {
    check::same_length("labels", labels.len(), predicted.len())?;
    if labels.is_empty() {
        return Err(StatsError::TooFew { what: "labels", found: 0, needed: 1 });
    }
    let right = predicted.iter().zip(labels).filter(|(p, l)| p == l).count();
    Ok(right as f64 / labels.len() as f64)
}

/// F1 with true positives, false positives and false negatives pooled over the classes, in `[0, 1]`.
///
/// With one label and one prediction a sample, every mistake is one false positive (of the class
/// predicted) and one false negative (of the class missed), so `2 TP / (2 TP + FP + FN)` is the
/// accuracy. It has its own name because tables report it under that name.
///
/// # Errors
/// As [`accuracy`].
pub fn f1_micro(predicted: &[usize], labels: &[usize]) -> Result<f64, StatsError> {
    accuracy(predicted, labels)
}

/// Position of the largest logit; the first one if several are equal.
///
/// # Errors
/// [`StatsError::TooFew`] for an empty row, [`StatsError::NotFinite`].
pub fn predicted_class(logits: &[f64]) -> Result<usize, StatsError> {
    check::at_least(1, "logits", logits)?;
    let mut best = 0;
    for (class, &logit) in logits.iter().enumerate() {
        if logit > logits[best] {
            best = class;
        }
    }
    Ok(best)
}

/// Average precision: the sum over distinct scores, from the highest down, of the gain in recall times
/// the precision reached. Between 0 and 1; the share of positives is chance.
///
/// Without interpolation; equal scores count together, as in scikit-learn.
///
/// # Errors
/// [`StatsError::Length`] if the two differ in length, [`StatsError::NotFinite`],
/// [`StatsError::MissingClass`] without a positive.
pub fn average_precision(scores: &[f64], labels: &[bool]) -> Result<f64, StatsError> {
    check::same_length("labels", labels.len(), scores.len())?;
    check::at_least(0, "scores", scores)?;
    let positives = labels.iter().filter(|&&label| label).count();
    if positives == 0 {
        return Err(StatsError::MissingClass { class: 1 });
    }
    let mut order: Vec<usize> = (0..scores.len()).collect();
    order.sort_by(|&a, &b| scores[b].total_cmp(&scores[a]));
    let (mut taken, mut found, mut area) = (0, 0, 0.0);
    for tied in order.chunk_by(|&a, &b| scores[a] == scores[b]) {
        let gained = tied.iter().filter(|&&index| labels[index]).count();
        taken += tied.len();
        found += gained;
        area += gained as f64 * found as f64 / taken as f64;
    }
    Ok(area / positives as f64)
}

/// Mean over classes of the one-versus-rest [`average_precision`], each scored by that class's raw
/// logit; shapes and errors as for [`auc::macro_logit_auc`].
///
/// # Errors
/// As [`auc::macro_logit_auc`].
pub fn macro_logit_average_precision<R: AsRef<[f64]>>(logits: &[R], labels: &[usize]) -> Result<f64, StatsError> {
    auc::one_versus_rest(logits, labels, average_precision)
}

//! Scores of predicted classes: accuracy, F1, mean absolute error of grades, and average precision.
//!
//! The released code of iclr2021 records accuracy, micro-averaged F1 and average precision, and prints none of them;
//! tap2024 prints accuracy, an F-score ([`released_f1`]) and the mean absolute error.

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

/// F1 of class 1, `2 TP / (2 TP + FP + FN)`, in `[0, 1]`; 0 where class 1 neither occurs nor is predicted, as in
/// torchmetrics.
///
/// # Errors
/// [`StatsError::Length`] if the two differ in length, [`StatsError::TooFew`] if they are empty.
pub fn f1(predicted: &[usize], labels: &[usize]) -> Result<f64, StatsError> {
    accuracy(predicted, labels)?;
    let pairs = || predicted.iter().zip(labels).map(|(predicted, label)| (*predicted == 1, *label == 1));
    let found = pairs().filter(|pair| *pair == (true, true)).count();
    let wrong = pairs().filter(|(predicted, label)| predicted != label).count();
    Ok(match 2 * found + wrong {
        0 => 0.0,
        all => 2.0 * found as f64 / all as f64,
    })
}

/// What the released code of tap2024 calls F-score, in `[0, 1]`: the mean over batches of [`f1`], where class 1 is
/// predicted if its own logit is above 0, whatever the other logit is. In a batch whose logits of class 1 all lie within
/// `[0, 1]` they count as probabilities, and class 1 is predicted above 0.5; torchmetrics does so.
///
/// `logits` are those of class 1; a batch has `batch_size` of them, the last one may have fewer.
///
/// # Errors
/// [`StatsError::Length`] if the two differ in length, [`StatsError::TooFew`] if they are empty or the batch size is 0,
/// [`StatsError::NotFinite`].
pub fn released_f1(logits: &[f64], labels: &[usize], batch_size: usize) -> Result<f64, StatsError> {
    check::same_length("labels", labels.len(), logits.len())?;
    check::at_least(1, "logits", logits)?;
    if batch_size == 0 {
        return Err(StatsError::TooFew { what: "batch size", found: 0, needed: 1 });
    }
    let (mut total, mut batches) = (0.0, 0);
    for (logits, labels) in logits.chunks(batch_size).zip(labels.chunks(batch_size)) {
        let probabilities = logits.iter().all(|logit| (0.0..=1.0).contains(logit));
        let threshold = if probabilities { 0.5 } else { 0.0 };
        let predicted: Vec<usize> = logits.iter().map(|logit| usize::from(*logit > threshold)).collect();
        total += f1(&predicted, labels)?;
        batches += 1;
    }
    Ok(total / f64::from(batches))
}

/// Mean distance between predicted grade and label, from 0 up.
///
/// # Errors
/// [`StatsError::Length`] if the two differ in length, [`StatsError::TooFew`] if they are empty.
pub fn mean_absolute_error(predicted: &[usize], labels: &[usize]) -> Result<f64, StatsError> {
    accuracy(predicted, labels)?;
    let total: usize = predicted.iter().zip(labels).map(|(predicted, label)| predicted.abs_diff(*label)).sum();
    Ok(total as f64 / labels.len() as f64)
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

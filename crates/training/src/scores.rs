//! Scores of a set of logits, for two classes and for more.

use herring_protocol::{AucKind, EnvironmentScores, RunFailure, Scores, SpecError, TaskSpec};
use herring_stats::{StatsError, auc, classification, summary};

/// Images a batch over which the released code of tap2024 takes the mean of its F-score.
const RELEASED_BATCH: usize = 32;

/// Logits of a set of images with their classes and environments.
pub(crate) struct Scored<'a> {
    /// One row for each image, one column for each class.
    pub(crate) logits: &'a [Vec<f64>],
    /// Class of each image.
    pub(crate) labels: &'a [usize],
    /// Environment of each image.
    pub(crate) environments: &'a [usize],
    /// What the task minimises.
    pub(crate) task: &'a TaskSpec,
}

/// All scores of a set. `kind` is the AUC that the run uses; the ROC AUC of each environment is computed only if it is
/// that kind.
///
/// # Errors
/// A score is not defined for these logits.
pub(crate) fn scores(set: &Scored<'_>, kind: AucKind, epoch: usize) -> Result<Scores, RunFailure> {
    let Scored { logits, labels, .. } = *set;
    if logits.iter().flatten().any(|value| !value.is_finite()) {
        let quantity = "a validation or test logit".to_owned();
        return Err(RunFailure::NotFinite { epoch, step: 0, quantity });
    }
    let losses: Vec<f64> = logits.iter().zip(labels).map(|(row, label)| cross_entropy(row, *label)).collect();
    let margins: Vec<Vec<f64>> = logits.iter().map(|row| log_odds(row)).collect();
    Ok(Scores {
        authors_auc: auc::macro_logit_auc(logits, labels).map_err(undefined)?,
        roc_auc: auc::macro_logit_auc(&margins, labels).map_err(undefined)?,
        cross_entropy: match set.task.class_weights() {
            [] => losses.iter().sum::<f64>() / losses.len() as f64,
            weights => summary::class_weighted_mean(&losses, labels, weights).map_err(undefined)?,
        },
        loss: task_loss(set),
        accuracy: accuracy(logits, labels).map_err(undefined)?,
        average_precision: average_precision(&margins, labels).map_err(undefined)?,
        f1: of_two_classes(logits, labels, |logits, labels| classification::f1(&predicted(logits)?, labels))?,
        released_f1: of_two_classes(logits, labels, |logits, labels| {
            let positive: Vec<f64> = logits.iter().map(|row| row[1]).collect();
            classification::released_f1(&positive, labels, RELEASED_BATCH)
        })?,
        absolute_error: match logits.first().is_some_and(|row| row.len() > 2) {
            true => predicted(logits)
                .and_then(|predicted| classification::mean_absolute_error(&predicted, labels).map(Some))
                .map_err(undefined)?,
            false => None,
        },
        environments: by_environment(set, kind)?,
    })
}

fn undefined(error: StatsError) -> RunFailure {
    RunFailure::Specification(SpecError {
        field: "data".to_owned(),
        found: error.to_string(),
        expected: "images of every class in every set".to_owned(),
    })
}

fn by_environment(set: &Scored<'_>, kind: AucKind) -> Result<Vec<EnvironmentScores>, RunFailure> {
    let count = set.environments.iter().max().map_or(0, |last| last + 1);
    let mut found = Vec::new();
    for environment in 0..count {
        let inside = (0..set.labels.len()).filter(|&index| set.environments[index] == environment);
        let inside: Vec<usize> = inside.collect();
        if inside.is_empty() {
            continue;
        }
        let logits: Vec<&[f64]> = inside.iter().map(|&index| set.logits[index].as_slice()).collect();
        let labels: Vec<usize> = inside.iter().map(|&index| set.labels[index]).collect();
        let authors_auc = ranked(&logits, &labels)?;
        let class_accuracies = (0..set.logits[inside[0]].len()).map(|class| of_class(&logits, &labels, class));
        let class_accuracies = class_accuracies.collect::<Result<_, _>>()?;
        let roc_auc = match kind {
            AucKind::Authors => None,
            AucKind::Roc => ranked(&logits.iter().map(|row| log_odds(row)).collect::<Vec<_>>(), &labels)?,
        };
        found.push(EnvironmentScores {
            environment,
            images: inside.len(),
            accuracy: accuracy(&logits, &labels).map_err(undefined)?,
            authors_auc,
            roc_auc,
            class_accuracies,
        });
    }
    Ok(found)
}

/// The mean over classes of one-against-rest AUCs; `None` if a class is missing, for instance because the environment
/// determines the class.
fn ranked<R: AsRef<[f64]>>(columns: &[R], labels: &[usize]) -> Result<Option<f64>, RunFailure> {
    match auc::macro_logit_auc(columns, labels) {
        Ok(auc) => Ok(Some(auc)),
        Err(StatsError::MissingClass { .. }) => Ok(None),
        Err(other) => Err(undefined(other)),
    }
}

fn accuracy<R: AsRef<[f64]>>(logits: &[R], labels: &[usize]) -> Result<f64, StatsError> {
    classification::accuracy(&predicted(logits)?, labels)
}

/// The accuracy on the images of one class; `None` if there is none.
fn of_class(logits: &[&[f64]], labels: &[usize], class: usize) -> Result<Option<f64>, RunFailure> {
    let (rows, labels): (Vec<&[f64]>, Vec<usize>) =
        logits.iter().copied().zip(labels.iter().copied()).filter(|(_, label)| *label == class).unzip();
    if rows.is_empty() { Ok(None) } else { accuracy(&rows, &labels).map(Some).map_err(undefined) }
}

/// The class of each image's largest logit.
fn predicted<R: AsRef<[f64]>>(logits: &[R]) -> Result<Vec<usize>, StatsError> {
    logits.iter().map(|row| classification::predicted_class(row.as_ref())).collect()
}

/// A score that only two classes have.
fn of_two_classes(
    logits: &[Vec<f64>],
    labels: &[usize],
    score: impl Fn(&[Vec<f64>], &[usize]) -> Result<f64, StatsError>,
) -> Result<Option<f64>, RunFailure> {
    match logits.first().is_some_and(|row| row.len() == 2) {
        true => score(logits, labels).map(Some).map_err(undefined),
        false => Ok(None),
    }
}

/// The mean of what the task minimises, where that is not the cross-entropy of the softmax.
fn task_loss(set: &Scored<'_>) -> Option<f64> {
    let of_image: fn(&[f64], usize) -> f64 = match set.task {
        TaskSpec::CrossEntropy { .. } => return None,
        TaskSpec::NormalisedSigmoids => normalised_sigmoid_cross_entropy,
        TaskSpec::SquaredError => sigmoid_squared_error,
    };
    let losses = set.logits.iter().zip(set.labels).map(|(row, label)| of_image(row, *label));
    Some(losses.sum::<f64>() / set.labels.len() as f64)
}

fn sigmoid(logit: f64) -> f64 {
    1.0 / (1.0 + (-logit).exp())
}

/// As [`herring_losses::normalised_sigmoid_cross_entropy`], of one image.
fn normalised_sigmoid_cross_entropy(row: &[f64], label: usize) -> f64 {
    let sum: f64 = row.iter().copied().map(sigmoid).sum();
    -(sigmoid(row[label]) / sum).clamp(1e-7, 1.0 - 1e-7).ln()
}

/// As [`herring_losses::sigmoid_squared_error`], of one image.
fn sigmoid_squared_error(row: &[f64], label: usize) -> f64 {
    let expected = |class: usize| f64::from(u8::from(class == label));
    let squares = row.iter().enumerate().map(|(class, logit)| (expected(class) - sigmoid(*logit)).powi(2));
    squares.sum::<f64>() / row.len() as f64
}

/// The AUC of class 1 for two classes, else the mean over classes.
fn average_precision(margins: &[Vec<f64>], labels: &[usize]) -> Result<f64, StatsError> {
    if margins.first().is_none_or(|row| row.len() != 2) {
        return classification::macro_logit_average_precision(margins, labels);
    }
    let scores: Vec<f64> = margins.iter().map(|row| row[1]).collect();
    let positive: Vec<bool> = labels.iter().map(|label| *label == 1).collect();
    classification::average_precision(&scores, &positive)
}

/// For each class its logit minus the log-sum-exp of the others; for two classes the difference of the logits.
fn log_odds(row: &[f64]) -> Vec<f64> {
    let others =
        |class: usize| row.iter().enumerate().filter(move |(other, _)| *other != class).map(|(_, value)| *value);
    (0..row.len()).map(|class| row[class] - log_sum(others(class))).collect()
}

/// The negative log-probability of `label`.
fn cross_entropy(row: &[f64], label: usize) -> f64 {
    log_sum(row.iter().map(|value| value - row[label]))
}

/// `log Σ exp`, exact for one value.
fn log_sum(values: impl Iterator<Item = f64>) -> f64 {
    let values: Vec<f64> = values.collect();
    let Some(greatest) = (0..values.len()).max_by(|&one, &other| values[one].total_cmp(&values[other])) else {
        return f64::NEG_INFINITY;
    };
    let rest = (0..values.len()).filter(|&index| index != greatest);
    values[greatest] + rest.map(|index| (values[index] - values[greatest]).exp()).sum::<f64>().ln_1p()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(logits: &[Vec<f64>], labels: &[usize], environments: &[usize]) -> Result<Scores, RunFailure> {
        scores(&Scored { logits, labels, environments, task: &TaskSpec::cross_entropy() }, AucKind::Authors, 3)
    }

    #[test]
    fn cross_entropy_is_minus_the_log_probability() {
        let found = of(&[vec![0.5, 2.0], vec![1.0, -1.0]], &[1, 0], &[0, 0]).unwrap();
        let expected = -((2.0f64.exp() / (0.5f64.exp() + 2.0f64.exp())).ln()
            + (1.0f64.exp() / (1.0f64.exp() + (-1.0f64).exp())).ln())
            / 2.0;
        assert!((found.cross_entropy - expected).abs() < 1e-12);
        assert_eq!((found.authors_auc, found.roc_auc, found.accuracy), (1.0, 1.0, 1.0));
        assert!((cross_entropy(&[1e300, 0.0], 0), cross_entropy(&[-800.0, 0.0], 0)) == (0.0, 800.0));
    }

    #[test]
    fn what_the_task_minimises_on_sigmoids_is_told_beside_the_cross_entropy() {
        let (logits, labels) = ([vec![0.5, 2.0], vec![1.0, -1.0]], [1, 0]);
        let of = |task: &TaskSpec| {
            let set = Scored { logits: &logits, labels: &labels, environments: &[0, 0], task };
            scores(&set, AucKind::Authors, 3).unwrap()
        };
        let outputs = [[0.622_459_331_2, 0.880_797_077_98], [0.731_058_578_63, 0.268_941_421_37]];
        let shares: [f64; 2] = [outputs[0][1] / (outputs[0][0] + outputs[0][1]), outputs[1][0]];
        let found = of(&TaskSpec::NormalisedSigmoids).loss.unwrap();
        assert!((found + (shares[0].ln() + shares[1].ln()) / 2.0).abs() < 1e-9, "{found}");
        let squares: f64 = [outputs[0][0], 1.0 - outputs[0][1], 1.0 - outputs[1][0], outputs[1][1]]
            .iter()
            .map(|difference: &f64| difference.powi(2))
            .sum();
        let found = of(&TaskSpec::SquaredError);
        assert!((found.loss.unwrap() - squares / 4.0).abs() < 1e-9);
        assert_eq!(found.task_loss(), found.loss.unwrap());
        let plain = of(&TaskSpec::cross_entropy());
        assert_eq!((plain.loss, plain.task_loss()), (None, found.cross_entropy));
        // Keras keeps a share off 0 and 1.
        let certain = normalised_sigmoid_cross_entropy(&[-100.0, 100.0], 0);
        assert!((certain + 1e-7f64.ln()).abs() < 1e-12);
    }

    #[test]
    fn class_weights_weigh_the_cross_entropy_alone() {
        let logits = [vec![0.0, 1.0], vec![2.0, 0.0], vec![0.0, 3.0]];
        let of = |class_weights: &[f64]| {
            let task = &TaskSpec::CrossEntropy { class_weights: class_weights.to_vec() };
            let set = Scored { logits: &logits, labels: &[0, 1, 1], environments: &[0; 3], task };
            scores(&set, AucKind::Roc, 1).unwrap()
        };
        let losses = [cross_entropy(&logits[0], 0), cross_entropy(&logits[1], 1), cross_entropy(&logits[2], 1)];
        let (plain, weighted) = (of(&[]), of(&[3.0, 1.0]));
        assert!((plain.cross_entropy - losses.iter().sum::<f64>() / 3.0).abs() < 1e-12);
        assert!((weighted.cross_entropy - (3.0 * losses[0] + losses[1] + losses[2]) / 5.0).abs() < 1e-12);
        assert_eq!(Scores { cross_entropy: 0.0, ..plain }, Scores { cross_entropy: 0.0, ..weighted });
    }

    #[test]
    fn two_classes_have_f_scores_and_more_an_absolute_error() {
        let two = of(&[vec![0.0, -1.0], vec![3.0, 2.0], vec![0.0, 1.0]], &[0, 1, 1], &[0; 3]).unwrap();
        // By the larger logit one of two positives is found; by the sign of the positive's logit both.
        assert_eq!((two.f1, two.released_f1, two.absolute_error), (Some(2.0 / 3.0), Some(1.0), None));
        let three = of(&[vec![0.0, 0.0, 1.0], vec![0.0, 1.0, 0.0], vec![0.0, 0.0, 1.0]], &[0, 1, 2], &[0; 3]).unwrap();
        assert_eq!((three.f1, three.released_f1, three.absolute_error), (None, None, Some(2.0 / 3.0)));
    }

    #[test]
    fn three_classes_are_scored_against_the_rest() {
        let logits = [vec![2.0, 0.0, 1.0], vec![0.0, 3.0, 1.0], vec![0.0, 1.0, 0.5], vec![1.0, 0.0, 4.0]];
        let found = of(&logits, &[0, 1, 2, 2], &[0, 1, 1, 0]).unwrap();
        assert_eq!(found.accuracy, 0.75);
        // Class 0: of one and three, all right. Class 1: one above three. Class 2: logits 0.5 and 4
        // against 1 and 1: two of four pairs.
        assert!((found.authors_auc - (1.0 + 1.0 + 0.5) / 3.0).abs() < 1e-12, "{}", found.authors_auc);
        let accuracies: Vec<f64> = found.environments.iter().map(|scores| scores.accuracy).collect();
        assert_eq!(accuracies, [1.0, 0.5]);
        assert_eq!((found.worst_accuracy(), AucKind::Authors.worst(&found)), (Some(0.5), None));
        let classes: Vec<_> = found.environments.iter().map(|scores| scores.class_accuracies.clone()).collect();
        assert_eq!(classes, [[Some(1.0), None, Some(1.0)], [None, Some(1.0), Some(0.0)]]);
        assert_eq!(found.worst_group_accuracy(), Some(0.0));
    }

    #[test]
    fn an_environment_with_both_classes_has_an_auc_of_its_own() {
        let logits = [vec![0.0, 1.0], vec![1.0, 0.0], vec![0.0, 2.0], vec![0.0, 3.0]];
        let found = of(&logits, &[1, 0, 0, 1], &[2, 2, 0, 0]).unwrap();
        let environments: Vec<_> =
            found.environments.iter().map(|s| (s.environment, s.images, s.authors_auc)).collect();
        assert_eq!(environments, [(0, 2, Some(0.75)), (2, 2, Some(1.0))]);
        assert_eq!(AucKind::Authors.worst(&found), Some(0.75));
        assert!(found.environments.iter().all(|scores| scores.roc_auc.is_none()));
    }

    /// ROC AUC by its definition: pairs of a positive and a negative that are ordered rightly.
    fn pairs(scored: &[(f64, bool)]) -> f64 {
        let (mut won, mut all) = (0.0, 0.0);
        for (positive, _) in scored.iter().filter(|(_, member)| *member) {
            for (negative, _) in scored.iter().filter(|(_, member)| !*member) {
                all += 1.0;
                won += if positive > negative { 1.0 } else { f64::from(positive == negative) / 2.0 };
            }
        }
        won / all
    }

    #[test]
    fn the_roc_auc_of_an_environment_is_that_of_the_difference_of_its_logits() {
        // Each image moves both logits: the columns alone rank wrongly, their difference rightly.
        let logits = [[1.0, 0.0], [6.0, 5.0], [0.0, 1.0], [2.0, 4.0], [9.0, 9.5], [3.0, 1.0]].map(|row| row.to_vec());
        let (labels, environments, task) = ([0, 0, 1, 1, 0, 1], [0, 0, 0, 0, 1, 1], &TaskSpec::cross_entropy());
        let set = Scored { logits: &logits, labels: &labels, environments: &environments, task };
        let found = scores(&set, AucKind::Roc, 3).unwrap();
        let within: Vec<_> = found.environments.iter().map(|scores| (scores.authors_auc, scores.roc_auc)).collect();
        assert_eq!(within, [(Some(0.625), Some(1.0)), (Some(0.5), Some(0.0))]);
        assert_eq!((AucKind::Roc.worst(&found), AucKind::Authors.worst(&found)), (Some(0.0), Some(0.5)));
        let difference: Vec<_> =
            (0..6).map(|index| (logits[index][1] - logits[index][0], labels[index] == 1)).collect();
        assert_eq!(AucKind::Roc.of(&found), pairs(&difference));
    }

    #[test]
    fn the_roc_auc_of_three_classes_is_the_mean_over_their_probabilities() {
        let logits = [[2.0, 0.0, 1.0], [5.0, 6.0, 4.5], [0.0, 1.0, 0.5], [7.0, 6.0, 8.0], [1.0, 0.5, 0.9]];
        let logits = logits.map(|row| row.to_vec());
        let (labels, environments, task) = ([0, 1, 2, 2, 0], [0; 5], &TaskSpec::cross_entropy());
        let set = Scored { logits: &logits, labels: &labels, environments: &environments, task };
        let found = scores(&set, AucKind::Roc, 3).unwrap();
        let expected: f64 = (0..3)
            .map(|class| {
                let scored = logits.iter().zip(labels).map(|(row, label)| {
                    let total: f64 = row.iter().map(|value| value.exp()).sum();
                    (row[class].exp() / total, label == class)
                });
                pairs(&scored.collect::<Vec<_>>())
            })
            .sum::<f64>()
            / 3.0;
        assert!((AucKind::Roc.of(&found) - expected).abs() < 1e-12);
        assert_eq!(found.environments[0].roc_auc, Some(found.roc_auc));
        assert!((found.authors_auc - found.roc_auc).abs() > 0.01, "the two differ on these logits");
    }

    #[test]
    fn a_logit_that_is_not_finite_is_a_failure() {
        let failed = of(&[vec![0.0, f64::NAN], vec![0.0, 0.0]], &[0, 1], &[0, 0]);
        assert!(matches!(failed, Err(RunFailure::NotFinite { epoch: 3, .. })));
    }
}

//! Scores of a set of logits.

use herring_protocol::{RunFailure, Scores};
use herring_stats::{auc, classification};

/// Scores of two-class `logits` against `labels`.
///
/// # Errors
/// A score that is not defined for these logits, as a failure after the epoch's last step.
pub(crate) fn scores(logits: &[[f64; 2]], labels: &[usize], epoch: usize) -> Result<Scores, RunFailure> {
    let not_finite = |_| RunFailure::NotFinite { epoch, step: 0, quantity: "a validation or test logit".to_owned() };
    if logits.iter().flatten().any(|value| !value.is_finite()) {
        return Err(not_finite(()));
    }
    let undefined = |error: herring_stats::StatsError| RunFailure::Specification {
        field: "data".to_owned(),
        found: error.to_string(),
        expected: "images of both classes in every set".to_owned(),
    };
    let differences: Vec<f64> = logits.iter().map(|[zero, one]| one - zero).collect();
    let positive: Vec<bool> = labels.iter().map(|label| *label == 1).collect();
    let predicted: Vec<usize> = differences.iter().map(|difference| usize::from(*difference > 0.0)).collect();
    let cross_entropy = differences
        .iter()
        .zip(&positive)
        .map(|(difference, positive)| softplus(if *positive { -difference } else { *difference }))
        .sum::<f64>()
        / logits.len() as f64;
    Ok(Scores {
        auc: auc::macro_logit_auc(logits, labels).map_err(undefined)?,
        auc_textbook: auc::roc_auc(&differences, &positive).map_err(undefined)?,
        cross_entropy,
        accuracy: classification::accuracy(&predicted, labels).map_err(undefined)?,
        average_precision: classification::average_precision(&differences, &positive).map_err(undefined)?,
    })
}

/// `log(1 + exp(value))`: the cross-entropy of two classes, of the wrong logit minus the right one.
fn softplus(value: f64) -> f64 {
    value.max(0.0) + (-value.abs()).exp().ln_1p()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cross_entropy_is_minus_the_log_probability() {
        let found = scores(&[[0.5, 2.0], [1.0, -1.0]], &[1, 0], 1).unwrap();
        let expected = -((2.0f64.exp() / (0.5f64.exp() + 2.0f64.exp())).ln()
            + (1.0f64.exp() / (1.0f64.exp() + (-1.0f64).exp())).ln())
            / 2.0;
        assert!((found.cross_entropy - expected).abs() < 1e-12);
        assert_eq!((found.auc, found.auc_textbook, found.accuracy), (1.0, 1.0, 1.0));
    }

    #[test]
    fn a_logit_that_is_not_finite_is_a_failure() {
        assert!(matches!(
            scores(&[[0.0, f64::NAN], [0.0, 0.0]], &[0, 1], 3),
            Err(RunFailure::NotFinite { epoch: 3, .. })
        ));
    }
}

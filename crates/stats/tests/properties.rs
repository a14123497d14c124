//! Properties that hold for all inputs, tried on random ones, and every refusal.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use herring_stats::StatsError;
use herring_stats::auc::{macro_logit_auc, roc_auc};
use herring_stats::classification::{accuracy, average_precision, predicted_class};
use herring_stats::compare::{WILCOXON_LIMIT, welch, wilcoxon};
use herring_stats::correlation::{pearson, spearman};
use herring_stats::interval::{Interval, bootstrap_mean_interval, student_mean_interval};
use herring_stats::rank::average_ranks;
use herring_stats::student::{two_sided_p, two_sided_quantile};
use herring_stats::summary::{class_weighted_mean, mean, percentile, standard_deviation};
use proptest::prelude::*;

/// Scores with many ties, and labels of which both occur.
fn scored() -> impl Strategy<Value = (Vec<f64>, Vec<bool>)> {
    prop::collection::vec((-4_i32..4, any::<bool>()), 2..60).prop_map(|pairs| {
        let mut labels: Vec<bool> = pairs.iter().map(|&(_, label)| label).collect();
        labels[0] = true;
        labels[1] = false;
        (pairs.iter().map(|&(score, _)| f64::from(score)).collect(), labels)
    })
}

proptest! {
    #[test]
    fn the_auc_is_the_share_of_ordered_pairs((scores, labels) in scored()) {
        let (mut wins, mut pairs) = (0.0, 0.0);
        for (positive, _) in scores.iter().zip(&labels).filter(|(_, label)| **label) {
            for (negative, _) in scores.iter().zip(&labels).filter(|(_, label)| !**label) {
                pairs += 1.0;
                wins += if positive > negative { 1.0 } else if positive == negative { 0.5 } else { 0.0 };
            }
        }
        let area = roc_auc(&scores, &labels).unwrap();
        prop_assert!((area - wins / pairs).abs() < 1e-12);

        let negated: Vec<f64> = scores.iter().map(|s| -s).collect();
        prop_assert!((roc_auc(&negated, &labels).unwrap() - (1.0 - area)).abs() < 1e-12);
        let stretched: Vec<f64> = scores.iter().map(|s| s.exp() * 3.0 - 1.0).collect();
        prop_assert_eq!(roc_auc(&stretched, &labels).unwrap(), area);
        // With opposite logits both classes see the same ranking.
        let logits: Vec<[f64; 2]> = scores.iter().map(|&s| [-s, s]).collect();
        let classes: Vec<usize> = labels.iter().map(|&label| usize::from(label)).collect();
        prop_assert!((macro_logit_auc(&logits, &classes).unwrap() - area).abs() < 1e-12);
    }

    #[test]
    fn average_precision_is_a_share((scores, labels) in scored()) {
        let precision = average_precision(&scores, &labels).unwrap();
        prop_assert!(precision > 0.0 && precision <= 1.0);
    }

    #[test]
    fn ranks_sum_to_the_triangle((scores, _) in scored()) {
        let n = scores.len() as f64;
        let sum: f64 = average_ranks(&scores).unwrap().iter().sum();
        prop_assert_eq!(sum, n * (n + 1.0) / 2.0);
    }

    #[test]
    fn percentiles_rise_and_stay_inside(
        values in prop::collection::vec(-1e3..1e3_f64, 1..40),
        percents in (0.0..=100.0_f64, 0.0..=100.0_f64),
    ) {
        let (low, high) = (percents.0.min(percents.1), percents.0.max(percents.1));
        let [bottom, first, second, top] =
            [0.0, low, high, 100.0].map(|percent| percentile(&values, percent).unwrap());
        prop_assert!(bottom <= first && first <= second && second <= top);
        prop_assert_eq!(top, values.iter().copied().fold(f64::MIN, f64::max));
    }

    #[test]
    fn quantiles_and_tails_are_inverse(level in 0.001..0.99999_f64, freedom in 0.2..500.0_f64) {
        let t = two_sided_quantile(level, freedom).unwrap();
        prop_assert!((two_sided_p(t, freedom).unwrap() - (1.0 - level)).abs() < 1e-12);
    }

    #[test]
    fn the_student_interval_is_centred_on_the_mean(
        values in prop::collection::vec(-1e3..1e3_f64, 2..20),
        level in 0.01..0.99_f64,
    ) {
        let interval = student_mean_interval(&values, level).unwrap();
        let middle = (interval.low + interval.high) / 2.0;
        prop_assert!((middle - mean(&values).unwrap()).abs() < 1e-9);
        prop_assert!(interval.low <= interval.high);
    }

    #[test]
    fn correlations_are_symmetric_and_bounded(
        pairs in prop::collection::vec((-9_i32..9, -9_i32..9), 3..40),
    ) {
        let (x, y): (Vec<f64>, Vec<f64>) =
            pairs.iter().map(|&(a, b)| (f64::from(a), f64::from(b))).unzip();
        for correlate in [pearson, spearman] {
            match (correlate(&x, &y), correlate(&y, &x)) {
                (Ok(one), Ok(other)) => {
                    prop_assert!((one.coefficient - other.coefficient).abs() < 1e-12);
                    prop_assert!(one.coefficient.abs() <= 1.0);
                    prop_assert!((0.0..=1.0).contains(&one.p_value));
                }
                (Err(StatsError::Constant { .. }), Err(StatsError::Constant { .. })) => {}
                other => prop_assert!(false, "{other:?}"),
            }
        }
    }

    #[test]
    fn exchanging_the_sides_changes_signs_only(
        a in prop::collection::vec(-5.0..5.0_f64, 4..12),
        shift in -2.0..2.0_f64,
    ) {
        let b: Vec<f64> = a.iter().rev().map(|value| value * 0.5 + shift).collect();
        let (one, other) = (welch(&a, &b).unwrap(), welch(&b, &a).unwrap());
        prop_assert_eq!(one.t, -other.t);
        prop_assert_eq!(one.p_value, other.p_value);
        let (one, other) = (wilcoxon(&a, &b).unwrap(), wilcoxon(&b, &a).unwrap());
        prop_assert_eq!(one, other);
        prop_assert!((0.0..=1.0).contains(&one.p_value));
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn the_bootstrap_interval_contains_the_mean(
        values in prop::collection::vec(-10.0..10.0_f64, 5..40),
        seed: u64,
    ) {
        let interval = bootstrap_mean_interval(&values, 0.95, 500, seed).unwrap();
        let mean = mean(&values).unwrap();
        prop_assert!(interval.low <= mean && mean <= interval.high);
        let again = bootstrap_mean_interval(&values, 0.95, 500, seed).unwrap();
        prop_assert_eq!(interval, again);
    }

    #[test]
    fn the_bootstrap_interval_shrinks_with_more_values(
        values in prop::collection::vec(-10.0..10.0_f64, 5..20),
        seed: u64,
    ) {
        prop_assume!(standard_deviation(&values).unwrap() > 0.1);
        let width = |values: &[f64]| {
            let interval = bootstrap_mean_interval(values, 0.9, 500, seed).unwrap();
            interval.high - interval.low
        };
        // Nine times the values make a third of the width; the margin is for Monte Carlo noise.
        let ratio = width(&values.repeat(9)) / width(&values);
        prop_assert!((0.22..0.45).contains(&ratio), "{ratio}");
    }
}

#[test]
fn the_bootstrap_stream_does_not_change() {
    let values = [0.77, 0.71, 0.80, 0.76, 0.69, 0.74, 0.79, 0.72, 0.75, 0.78];
    let interval = bootstrap_mean_interval(&values, 0.95, 1000, 1234).unwrap();
    // Our own value, kept so that a change of generator or of draws cannot pass unnoticed.
    assert_eq!(interval, Interval { low: 0.7289999999999999, high: 0.772 });
}

#[test]
fn a_baseline_that_reads_the_box_scores_zero_and_a_counter_one() {
    let box_reader = [[0.0, 3.0], [1.0, 2.0], [4.0, -1.0], [2.0, 0.0]];
    assert_eq!(macro_logit_auc(&box_reader, &[0, 0, 1, 1]), Ok(0.0));
    assert_eq!(macro_logit_auc(&box_reader, &[1, 1, 0, 0]), Ok(1.0));
}

#[test]
fn perfect_correlation_has_p_zero() {
    let x = [1.0, 2.0, 3.0, 4.0];
    let found = pearson(&x, &x).unwrap();
    assert_eq!((found.coefficient, found.p_value), (1.0, 0.0));
    let interval = found.fisher_interval(0.95).unwrap();
    assert_eq!((interval.low, interval.high), (1.0, 1.0));
}

#[test]
fn the_weighted_mean_divides_by_the_weights_of_the_samples() {
    let (values, labels) = ([1.0, 2.0, 4.0], [0, 1, 1]);
    // (0.75 + 0.25 * 6) / 1.25, whatever the scale of the weights.
    for scale in [1.0, 40.0] {
        let found = class_weighted_mean(&values, &labels, &[0.75 * scale, 0.25 * scale]).unwrap();
        assert!((found - 1.8).abs() < 1e-12, "{found}");
    }
    assert_eq!(class_weighted_mean(&values, &labels, &[]).unwrap(), mean(&values).unwrap());
    assert_eq!(class_weighted_mean(&values[1..], &labels[1..], &[0.1, 0.5]).unwrap(), 3.0);
    let line =
        |labels: &[usize], weights: &[f64]| class_weighted_mean(&values, labels, weights).unwrap_err().to_string();
    assert_eq!(line(&[0, 1], &[1.0, 1.0]), "labels: length 2, expected 3");
    assert_eq!(line(&[0, 2, 1], &[1.0, 1.0]), "labels: value 1 is 2, expected less than 2");
    assert_eq!(line(&labels, &[1.0, 0.0]), "class weight is 0, expected finite and above 0");
}

#[test]
fn equal_logits_predict_the_first_class() {
    assert_eq!(predicted_class(&[1.0, 1.0]), Ok(0));
    assert_eq!(predicted_class(&[0.0, 2.0, 2.0]), Ok(1));
}

#[test]
fn what_has_no_answer_is_refused_by_name() {
    fn message<T: std::fmt::Debug>(result: Result<T, StatsError>) -> String {
        result.unwrap_err().to_string()
    }
    let cases = [
        (message(roc_auc(&[1.0, 2.0], &[true, true])), "labels: class 0 has no sample, expected at least 1"),
        (message(roc_auc(&[1.0, 2.0], &[false, false])), "labels: class 1 has no sample, expected at least 1"),
        (message(roc_auc(&[1.0, f64::NAN], &[false, true])), "scores: value 1 is NaN, expected a finite number"),
        (message(roc_auc(&[1.0], &[false, true])), "labels: length 2, expected 1"),
        (message(macro_logit_auc(&[[0.0, 1.0], [1.0, 0.0]], &[0, 2])), "labels: value 1 is 2, expected less than 2"),
        (
            message(macro_logit_auc(&[[0.0, 1.0, 2.0], [1.0, 0.0, 2.0]], &[0, 2])),
            "labels: class 1 has no sample, expected at least 1",
        ),
        (message(macro_logit_auc(&[vec![0.0, 1.0], vec![1.0]], &[0, 1])), "row of logits: length 1, expected 2"),
        (message(macro_logit_auc(&[[0.0], [1.0]], &[0, 0])), "columns of logits: 1 values, expected at least 2"),
        (message(macro_logit_auc::<[f64; 2]>(&[], &[])), "columns of logits: 0 values, expected at least 2"),
        (message(accuracy(&[], &[])), "labels: 0 values, expected at least 1"),
        (message(average_precision(&[1.0], &[false])), "labels: class 1 has no sample, expected at least 1"),
        (message(predicted_class(&[])), "logits: 0 values, expected at least 1"),
        (message(mean(&[])), "values: 0 values, expected at least 1"),
        (message(standard_deviation(&[1.0])), "values: 1 values, expected at least 2"),
        (message(percentile(&[1.0], 100.5)), "percent is 100.5, expected within [0, 100]"),
        (message(percentile(&[f64::INFINITY], 50.0)), "values: value 0 is inf, expected a finite number"),
        (message(student_mean_interval(&[1.0, 2.0], 1.0)), "level is 1, expected between 0 and 1, both excluded"),
        (message(bootstrap_mean_interval(&[1.0, 2.0], 0.9, 0, 1)), "iterations is 0, expected at least 1"),
        (message(bootstrap_mean_interval(&[1.0], 0.9, 10, 1)), "values: 1 values, expected at least 2"),
        (message(two_sided_p(1.0, 0.0)), "freedom is 0, expected above 0 and at most 1e7"),
        (message(two_sided_p(f64::NAN, 3.0)), "t is NaN, expected a number"),
        (message(two_sided_p(1.0, 1e8)), "freedom is 100000000, expected above 0 and at most 1e7"),
        (message(two_sided_quantile(0.95, 1e-3)), "level is 0.95, expected a level whose quantile is at most 1e150"),
        (message(two_sided_quantile(0.0, 3.0)), "level is 0, expected between 0 and 1, both excluded"),
        (message(pearson(&[0.1; 3], &[1.0, 2.0, 3.0])), "x: all values are equal, expected some spread"),
        (message(spearman(&[1.0, 2.0], &[1.0, 2.0])), "x: 2 values, expected at least 3"),
        (
            message(pearson(&[1.0, 2.0, 4.0], &[1.0, 2.0, 3.0]).unwrap().fisher_interval(0.9)),
            "pairs: 3 values, expected at least 4",
        ),
        (message(welch(&[1.0, 1.0], &[2.0, 2.0])), "a and b: all values are equal, expected some spread"),
        (message(wilcoxon(&[1.0, 1.0], &[1.0, 1.0])), "differences: all values are equal, expected some spread"),
        (
            message(wilcoxon(&[1.0; WILCOXON_LIMIT + 1], &[0.0; WILCOXON_LIMIT + 1])),
            "pairs is 501, expected at most 500",
        ),
    ];
    for (found, expected) in cases {
        assert_eq!(found, expected);
    }
}

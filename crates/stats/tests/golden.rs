//! Every statistic against NumPy, SciPy or scikit-learn; `golden/make_golden.py` made the values.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use herring_stats::auc::{macro_logit_auc, roc_auc};
use herring_stats::classification::{
    accuracy, average_precision, f1_micro, macro_logit_average_precision, predicted_class,
};
use herring_stats::compare::{welch, wilcoxon};
use herring_stats::correlation::{pearson, spearman};
use herring_stats::interval::{bootstrap_mean_interval, student_mean_interval};
use herring_stats::rank::average_ranks;
use herring_stats::student::{two_sided_p, two_sided_quantile};
use herring_stats::summary::{mean, percentile, standard_deviation};
use serde::Deserialize;
use serde::de::DeserializeOwned;

fn read<T: DeserializeOwned>(text: &str) -> T {
    serde_json::from_str(text).unwrap()
}

/// Absolute for values up to 1, relative above.
#[track_caller]
fn close(found: f64, expected: f64) {
    let tolerance = 1e-9 * expected.abs().max(1.0);
    assert!((found - expected).abs() <= tolerance, "{found} instead of {expected}");
}

#[track_caller]
fn relatively_close(found: f64, expected: f64, tolerance: f64) {
    assert!(
        (found - expected).abs() <= tolerance * expected.abs(),
        "{found} instead of {expected}: {:e}",
        (found - expected).abs() / expected.abs()
    );
}

#[derive(Deserialize)]
struct Classification {
    binary: Vec<Binary>,
    multi: Vec<Multi>,
}

#[derive(Deserialize)]
struct Binary {
    labels: Vec<bool>,
    scores: Vec<f64>,
    roc_auc: f64,
    average_precision: f64,
}

#[derive(Deserialize)]
struct Multi {
    labels: Vec<usize>,
    logits: Vec<Vec<f64>>,
    macro_auc: f64,
    macro_average_precision: f64,
    predicted: Vec<usize>,
    accuracy: f64,
    f1_micro: f64,
}

#[test]
fn classification_agrees_with_scikit_learn() {
    let golden: Classification = read(include_str!("golden/classification.json"));
    assert_eq!((golden.binary.len(), golden.multi.len()), (7, 4));
    for case in golden.binary {
        close(roc_auc(&case.scores, &case.labels).unwrap(), case.roc_auc);
        let precision = average_precision(&case.scores, &case.labels).unwrap();
        close(precision, case.average_precision);
    }
    for case in golden.multi {
        let area = macro_logit_auc(&case.logits, &case.labels).unwrap();
        close(area, case.macro_auc);
        let precision = macro_logit_average_precision(&case.logits, &case.labels).unwrap();
        close(precision, case.macro_average_precision);
        let predicted: Vec<usize> = case.logits.iter().map(|row| predicted_class(row).unwrap()).collect();
        assert_eq!(predicted, case.predicted);
        close(accuracy(&predicted, &case.labels).unwrap(), case.accuracy);
        close(f1_micro(&predicted, &case.labels).unwrap(), case.f1_micro);
    }
}

#[derive(Deserialize)]
struct Summary {
    values: Vec<f64>,
    mean: f64,
    standard_deviation: f64,
    percentiles: Vec<(f64, f64)>,
    student: Vec<(f64, f64, f64)>,
}

#[test]
fn summaries_agree_with_numpy() {
    for case in read::<Vec<Summary>>(include_str!("golden/summary.json")) {
        close(mean(&case.values).unwrap(), case.mean);
        let deviation = standard_deviation(&case.values).unwrap();
        close(deviation, case.standard_deviation);
        for (percent, expected) in case.percentiles {
            close(percentile(&case.values, percent).unwrap(), expected);
        }
        for (level, low, high) in case.student {
            let interval = student_mean_interval(&case.values, level).unwrap();
            close(interval.low, low);
            close(interval.high, high);
        }
    }
}

#[derive(Deserialize)]
struct Student {
    tails: Vec<Tail>,
    quantiles: Vec<Quantile>,
}

#[derive(Deserialize)]
struct Tail {
    t: f64,
    freedom: f64,
    p_value: f64,
}

#[derive(Deserialize)]
struct Quantile {
    level: f64,
    freedom: f64,
    t: f64,
}

fn student_tolerance(freedom: f64) -> f64 {
    if freedom <= 2000.0 { 1e-11 } else { 1e-7 }
}

#[test]
fn student_agrees_with_scipy() {
    let golden: Student = read(include_str!("golden/student.json"));
    for case in golden.tails {
        // Below the smallest normal number no relative accuracy can be expected.
        if case.p_value < f64::MIN_POSITIVE {
            continue;
        }
        let found = two_sided_p(case.t, case.freedom).unwrap();
        relatively_close(found, case.p_value, student_tolerance(case.freedom));
        assert_eq!(two_sided_p(-case.t, case.freedom), Ok(found));
    }
    for case in golden.quantiles {
        let found = two_sided_quantile(case.level, case.freedom).unwrap();
        relatively_close(found, case.t, student_tolerance(case.freedom));
    }
}

#[derive(Deserialize)]
struct Pairs {
    x: Vec<f64>,
    y: Vec<f64>,
    pearson: f64,
    pearson_p: f64,
    spearman: f64,
    spearman_p: f64,
    #[serde(default)]
    fisher: Vec<(f64, f64, f64)>,
}

#[test]
fn correlations_agree_with_scipy() {
    for case in read::<Vec<Pairs>>(include_str!("golden/correlation.json")) {
        let linear = pearson(&case.x, &case.y).unwrap();
        close(linear.coefficient, case.pearson);
        relatively_close(linear.p_value, case.pearson_p, 1e-9);
        let monotone = spearman(&case.x, &case.y).unwrap();
        close(monotone.coefficient, case.spearman);
        if case.spearman_p > 0.0 {
            relatively_close(monotone.p_value, case.spearman_p, 1e-9);
        } else {
            assert!(monotone.p_value < 1e-12);
        }
        for (level, low, high) in case.fisher {
            let interval = linear.fisher_interval(level).unwrap();
            close(interval.low, low);
            close(interval.high, high);
        }
    }
}

#[derive(Deserialize)]
struct Tests {
    welch: Vec<WelchCase>,
    wilcoxon: Vec<WilcoxonCase>,
}

#[derive(Deserialize)]
struct WelchCase {
    a: Vec<f64>,
    b: Vec<f64>,
    t: f64,
    freedom: f64,
    p_value: f64,
}

#[derive(Deserialize)]
struct WilcoxonCase {
    a: Vec<f64>,
    b: Vec<f64>,
    statistic: f64,
    p_value: f64,
}

#[test]
fn comparisons_agree_with_scipy() {
    let golden: Tests = read(include_str!("golden/tests.json"));
    for case in golden.welch {
        let result = welch(&case.a, &case.b).unwrap();
        close(result.t, case.t);
        close(result.freedom, case.freedom);
        relatively_close(result.p_value, case.p_value, 1e-9);
    }
    for case in golden.wilcoxon {
        let result = wilcoxon(&case.a, &case.b).unwrap();
        close(result.statistic, case.statistic);
        relatively_close(result.p_value, case.p_value, 1e-9);
    }
}

#[derive(Deserialize)]
struct Bootstrap {
    values: Vec<f64>,
    level: f64,
    low: f64,
    high: f64,
    standard_error: f64,
}

#[test]
fn the_bootstrap_agrees_with_scipy_within_its_own_noise() {
    for case in read::<Vec<Bootstrap>>(include_str!("golden/bootstrap.json")) {
        let interval = bootstrap_mean_interval(&case.values, case.level, 40_000, 5).unwrap();
        // A percentile of 40,000 nearly normal means scatters by about 0.013 standard errors at 95 %.
        let tolerance = 0.05 * case.standard_error;
        assert!((interval.low - case.low).abs() < tolerance, "{interval:?}");
        assert!((interval.high - case.high).abs() < tolerance, "{interval:?}");
    }
}

#[derive(Deserialize)]
struct Calls {
    pearson: Vec<Call>,
    spearman: Vec<Call>,
    ranks: Vec<RankCall>,
    welch: Vec<Call>,
    auc: Vec<ScoredCall>,
    precision: Vec<ScoredCall>,
}

#[derive(Deserialize)]
struct Call {
    x: Vec<f64>,
    y: Vec<f64>,
    result: f64,
    p_value: f64,
}

#[derive(Deserialize)]
struct RankCall {
    x: Vec<f64>,
    result: Vec<f64>,
}

#[derive(Deserialize)]
struct ScoredCall {
    labels: Vec<bool>,
    scores: Vec<f64>,
    result: f64,
}

/// What the tests of SciPy and scikit-learn ask of their own functions; `golden/record_calls.py` recorded it and
/// says what is out of this crate's contract.
#[test]
fn the_calls_of_the_tests_of_scipy_and_scikit_learn_give_the_same() {
    let calls: Calls = read(include_str!("golden/calls.json"));
    let correlate = [(calls.pearson, pearson as fn(&[f64], &[f64]) -> _), (calls.spearman, spearman)];
    for (calls, function) in correlate {
        for call in calls.iter().filter(|call| call.x.len() > 2) {
            let found = function(&call.x, &call.y).unwrap_or_else(|error| panic!("{:?} {:?}: {error}", call.x, call.y));
            close(found.coefficient, call.result);
            // The rounding of a coefficient next to 1 decides its p-value, which is then as good as 0.
            if call.result.abs() > 1.0 - 1e-12 {
                assert!(found.p_value < 1e-6 && call.p_value < 1e-6, "{found:?}");
            } else {
                close(found.p_value, call.p_value);
            }
        }
    }
    for call in calls.welch {
        let found = welch(&call.x, &call.y).unwrap();
        close(found.t, call.result);
        close(found.p_value, call.p_value);
    }
    for call in calls.ranks {
        assert_eq!(average_ranks(&call.x).unwrap(), call.result);
    }
    for call in calls.auc {
        close(roc_auc(&call.scores, &call.labels).unwrap(), call.result);
    }
    for call in calls.precision {
        close(average_precision(&call.scores, &call.labels).unwrap(), call.result);
    }
}

/// Values of torchmetrics' `binary_f1_score` by its rule, worked out by hand.
#[test]
fn the_released_f_score_is_a_mean_over_batches_of_that_of_the_logit() {
    use herring_stats::classification::{f1, mean_absolute_error, released_f1};
    // Predicted 1, 1, 0, 0, 1: one right of two positives, two wrong positives.
    let labels = [1, 0, 1, 0, 0];
    close(f1(&[1, 1, 0, 0, 1], &labels).unwrap(), 2.0 / 5.0);
    close(f1(&[0, 0], &[0, 0]).unwrap(), 0.0);
    // The first batch: logits above 0 are positive, 1 of 1 found, 1 wrong. The second: probabilities, none above 0.5.
    let logits = [3.0, 0.1, 0.4, 0.2, 0.3];
    close(released_f1(&logits, &labels, 2).unwrap(), (2.0 / 3.0 + 0.0 + 0.0) / 3.0);
    close(released_f1(&logits, &labels, 5).unwrap(), 4.0 / 7.0);
    assert!(released_f1(&logits, &labels, 0).is_err());
    assert!(released_f1(&[f64::NAN], &[1], 1).is_err());
    close(mean_absolute_error(&[0, 4, 2], &[1, 1, 2]).unwrap(), 4.0 / 3.0);
}

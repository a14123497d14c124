//! Values near the ends of the range of `f64`, where squares and sums are lost.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use herring_stats::StatsError;
use herring_stats::compare::{welch, wilcoxon};
use herring_stats::correlation::{pearson, spearman};
use herring_stats::interval::{bootstrap_mean_interval, student_mean_interval};
use herring_stats::summary::{mean, percentile, standard_deviation};

#[track_caller]
fn close(found: f64, expected: f64) {
    let far = (found / expected - 1.0).abs();
    assert!(far <= 1e-9, "{found:e} instead of {expected:e}");
}

fn times(values: &[f64], factor: f64) -> Vec<f64> {
    values.iter().map(|value| value * factor).collect()
}

/// Values in no order, and others that go with them in part.
const X: [f64; 6] = [1.0, 2.5, 4.0, 3.25, 0.75, 5.5];
const Y: [f64; 6] = [1.0, 2.0, 3.0, 5.0, 2.25, 3.5];
/// Powers of two from the least normal number to near the greatest, and from ordinary ones in between.
const POWERS: [i32; 12] = [-1020, -700, -560, -401, -400, -20, 30, 400, 401, 530, 700, 1019];

#[test]
fn correlations_have_the_values_of_scipy() {
    // SciPy 1.17's pearsonr: coefficient and p.
    let cases: [(&[f64], &[f64], f64, f64); 4] = [
        (
            &[0.004434375, 0.004756007, 0.003911996, 0.0038005, 0.003409971],
            &[2.48e-188, 7.41e-181, 4.09e-208, 2.08e-223, 2.66e-245],
            0.7272930540750451,
            0.1637805429533202,
        ),
        (&[1e-170, 2e-170, 4e-170, 3e-170], &[1.0, 2.0, 3.0, 5.0], 0.6803360514166091, 0.31966394858339076),
        (&[1e160, 2e160, 4e160, 3e160], &[1.0, 2.0, 3.0, 5.0], 0.680336051416609, 0.319663948583391),
        (
            &[2.3e200, 4.5e200, 6.7e200, 8e200],
            &[1.2e199, 5.5e200, 3.3e201, 1.0e200],
            0.351312332103289,
            0.6486876678967111,
        ),
    ];
    for (x, y, coefficient, p_value) in cases {
        for (one, other) in [(x, y), (y, x)] {
            let found = pearson(one, other).unwrap();
            close(found.coefficient, coefficient);
            close(found.p_value, p_value);
        }
    }
}

/// A power of two moves no digit, so every statistic is equal to the bit, in its own unit.
#[test]
fn a_power_of_two_changes_no_digit() {
    let plain = student_mean_interval(&X, 0.95).unwrap();
    let drawn = bootstrap_mean_interval(&X, 0.95, 200, 7).unwrap();
    for power in POWERS {
        let factor = 2.0_f64.powi(power);
        let (x, y) = (times(&X, factor), times(&Y, factor));
        assert_eq!(pearson(&x, &Y), pearson(&X, &Y), "2^{power}");
        // Where the product of both sums of squares would leave the range, two roots take the place of one, which
        // may round otherwise.
        close(pearson(&x, &y).unwrap().coefficient, pearson(&X, &Y).unwrap().coefficient);
        assert_eq!(spearman(&x, &Y), spearman(&X, &Y), "2^{power}");
        assert_eq!(mean(&x).unwrap() / factor, mean(&X).unwrap(), "2^{power}");
        assert_eq!(standard_deviation(&x).unwrap() / factor, standard_deviation(&X).unwrap(), "2^{power}");
        assert_eq!(percentile(&x, 37.0).unwrap() / factor, percentile(&X, 37.0).unwrap(), "2^{power}");
        let interval = student_mean_interval(&x, 0.95).unwrap();
        assert_eq!((interval.low / factor, interval.high / factor), (plain.low, plain.high), "2^{power}");
        let interval = bootstrap_mean_interval(&x, 0.95, 200, 7).unwrap();
        assert_eq!((interval.low / factor, interval.high / factor), (drawn.low, drawn.high), "2^{power}");
        let (found, expected) = (welch(&x, &y).unwrap(), welch(&X, &Y).unwrap());
        for (found, expected) in
            [(found.t, expected.t), (found.freedom, expected.freedom), (found.p_value, expected.p_value)]
        {
            assert!((found - expected).abs() <= 1e-14 * expected.abs(), "2^{power}: {found} {expected}");
        }
        assert_eq!(wilcoxon(&x, &y), wilcoxon(&X, &Y), "2^{power}");
    }
}

#[test]
fn sums_beyond_the_range_have_means_within_it() {
    let values = [1e308, 1.5e308, 1.2e308];
    close(mean(&values).unwrap(), 1.2333333333333334e308);
    close(standard_deviation(&values).unwrap(), 2.516611478423583e307);
    let interval = bootstrap_mean_interval(&values, 0.9, 100, 3).unwrap();
    assert!(1e308 <= interval.low && interval.low < interval.high && interval.high <= 1.5e308, "{interval:?}");
    assert_eq!(percentile(&[-1.6e308, 1.6e308], 50.0), Ok(0.0));
    close(percentile(&[-1.6e308, 1.6e308], 75.0).unwrap(), 0.8e308);
}

#[test]
fn tiny_values_have_an_interval_with_a_width() {
    let interval = student_mean_interval(&[1e-170, 2e-170, 4e-170], 0.95).unwrap();
    // mean 7/3, s = 1.5275252316519468, t(0.975; 2) = 4.302652729749464.
    close(interval.low, (7.0 / 3.0 - 4.302652729749464 * 1.5275252316519468 / 3.0_f64.sqrt()) * 1e-170);
    close(interval.high, (7.0 / 3.0 + 4.302652729749464 * 1.5275252316519468 / 3.0_f64.sqrt()) * 1e-170);
}

#[test]
fn lists_of_unlike_size_are_compared() {
    // A constant beside a tiny spread: the difference is 1, the standard error sqrt(1/3) 1e-170.
    let found = welch(&[1.0, 1.0], &[1e-170, 2e-170, 3e-170]).unwrap();
    close(found.t, 3.0_f64.sqrt() * 1e170);
    assert_eq!((found.freedom, found.p_value), (2.0, 0.0));
    let found = welch(&[1e308, 1.2e308], &[-1e308, -1.2e308]).unwrap();
    close(found.t, 2.2 / (0.02_f64).sqrt());
    let found = wilcoxon(&[1.5e308, 1e308, 1.0], &[-1.5e308, -1e308, 2.0]).unwrap();
    assert_eq!((found.statistic, found.count), (1.0, 3), "the differences beyond the range still have an order");
}

#[test]
fn a_result_beyond_the_range_is_refused_by_name() {
    let words = "the result exceeds the greatest floating-point number, about 1.8e308";
    let ends = [-1.7e308, 1.7e308];
    let expected = Err(StatsError::Overflow { what: "standard deviation" });
    assert_eq!(standard_deviation(&ends), expected);
    assert_eq!(student_mean_interval(&ends, 0.95).unwrap_err().to_string(), format!("end of the interval: {words}"));
    assert_eq!(welch(&[1e308, 1e308], &[1e-300, 2e-300]).unwrap_err().to_string(), format!("t: {words}"));
}

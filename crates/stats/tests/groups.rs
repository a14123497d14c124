//! Groups of models against the numbers that the scores of heatmap-loss give (its released results, recomputed with SciPy and
//! pingouin), and against SciPy on lists of other sizes.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use herring_stats::groups::{cohens_d, describe, mann_whitney, shapiro_wilk, without_outliers};
use serde::Deserialize;

#[derive(Deserialize)]
struct Golden {
    published: Published,
    pairs: Vec<Pair>,
    single: Vec<Single>,
}

/// The scores of each model, as the authors' database has them, rounded to the digits of a listing.
#[derive(Deserialize)]
struct Published {
    first_cross_entropy: Vec<f64>,
    first_heatmap: Vec<f64>,
    second_cross_entropy: Vec<f64>,
    second_heatmap: Vec<f64>,
    marker_cross_entropy: Vec<f64>,
    marker_heatmap: Vec<f64>,
}

/// What SciPy and pingouin say of two lists.
#[derive(Deserialize)]
struct Pair {
    a: Vec<f64>,
    b: Vec<f64>,
    u: f64,
    p: f64,
    rank_biserial: f64,
    common_language: f64,
    cohens_d: f64,
}

#[derive(Deserialize)]
struct Single {
    values: Vec<f64>,
    w: f64,
    p: f64,
}

fn golden() -> Golden {
    serde_json::from_str(include_str!("golden/groups.json")).unwrap()
}

#[track_caller]
fn close(found: f64, expected: f64, tolerance: f64) {
    assert!((found - expected).abs() <= tolerance * expected.abs().max(1e-300), "{found:e} instead of {expected:e}");
}

/// Equal to as many decimals as the number is given with.
#[track_caller]
fn to_decimals(found: f64, expected: f64, decimals: i32) {
    assert!((found - expected).abs() <= 0.5001 * 10f64.powi(-decimals), "{found} instead of {expected}");
}

#[test]
fn the_published_groups_have_the_published_tests() {
    let Published {
        first_cross_entropy,
        first_heatmap,
        second_cross_entropy,
        second_heatmap,
        marker_cross_entropy,
        marker_heatmap,
    } = golden().published;
    assert_eq!(
        [25, 23, 23, 22],
        [&first_cross_entropy, &first_heatmap, &second_cross_entropy, &second_heatmap].map(Vec::len)
    );
    let heart = mann_whitney(&first_cross_entropy, &first_heatmap).unwrap();
    assert_eq!((heart.u, heart.rank_biserial, heart.common_language), (0.0, 1.0, 0.0));
    close(heart.p_value, 3.16e-9, 2e-3);
    to_decimals(cohens_d(&first_cross_entropy, &first_heatmap).unwrap(), -10.78, 2);
    let heart = mann_whitney(&second_cross_entropy, &second_heatmap).unwrap();
    assert_eq!(heart.u, 0.0);
    close(heart.p_value, 9.85e-9, 2e-3);
    to_decimals(cohens_d(&second_cross_entropy, &second_heatmap).unwrap(), -11.88, 2);
    let marker = mann_whitney(&marker_cross_entropy, &marker_heatmap).unwrap();
    assert_eq!(marker.u, 483.0);
    close(marker.p_value, 1.88e-7, 3e-3);
    to_decimals(marker.rank_biserial, -0.909, 3);
    to_decimals(marker.common_language, 0.9545, 4);
    to_decimals(cohens_d(&marker_cross_entropy, &marker_heatmap).unwrap(), -0.24, 2);
    for (reach, left, expected) in [(1.5, [20, 19], 1.84), (5.0, [22, 21], 1.25)] {
        let kept = [&marker_cross_entropy, &marker_heatmap].map(|values| without_outliers(values, reach).unwrap());
        assert_eq!([kept[0].len(), kept[1].len()], left, "beyond {reach}");
        to_decimals(cohens_d(&kept[0], &kept[1]).unwrap(), expected, 2);
    }
    for (values, mean, deviation, w) in [
        (&first_cross_entropy, 0.2597, 0.0257, 0.7644),
        (&first_heatmap, 0.7957, 0.0667, 0.8520),
        (&second_cross_entropy, 0.2548, 0.0064, 0.9614),
        (&second_heatmap, 0.7961, 0.0649, 0.8706),
    ] {
        let described = describe(values).unwrap();
        to_decimals(described.mean, mean, 4);
        to_decimals(described.standard_deviation, deviation, 4);
        // The listing's rounding moves the third decimal of some.
        assert!((shapiro_wilk(values).unwrap().w - w).abs() < 1e-3);
    }
}

#[test]
fn pairs_of_lists_agree_with_scipy_and_pingouin() {
    for Pair { a, b, u, p, rank_biserial, common_language, cohens_d: d } in golden().pairs {
        let found = mann_whitney(&a, &b).unwrap();
        assert_eq!(found.u, u);
        close(found.p_value, p, 1e-9);
        // The authors' pingouin had this sign; version 0.7 has the other one.
        close(found.rank_biserial, -rank_biserial, 1e-12);
        close(found.common_language, common_language, 1e-12);
        close(cohens_d(&a, &b).unwrap(), d, 1e-9);
    }
}

#[test]
fn normality_agrees_with_scipy() {
    for Single { values, w, p } in golden().single {
        let found = shapiro_wilk(&values).unwrap();
        close(found.w, w, 1e-7);
        close(found.p_value, p, 1e-4);
    }
}

#[test]
fn what_has_no_result_is_refused_by_name() {
    let refused = |error: herring_stats::StatsError| error.to_string();
    assert_eq!(refused(mann_whitney(&[], &[1.0]).unwrap_err()), "a: 0 values, expected at least 1");
    assert_eq!(
        refused(mann_whitney(&[2.0, 2.0], &[2.0]).unwrap_err()),
        "a and b: all values are equal, expected some spread"
    );
    assert_eq!(refused(mann_whitney(&[2.0], &[f64::NAN]).unwrap_err()), "b: value 0 is NaN, expected a finite number");
    assert_eq!(refused(shapiro_wilk(&[1.0, 2.0]).unwrap_err()), "values: 2 values, expected at least 3");
    assert!(refused(shapiro_wilk(&[1.0; 9]).unwrap_err()).contains("all values are equal"));
    assert!(
        refused(
            shapiro_wilk(&vec![1.0; 5001].iter().enumerate().map(|(i, _)| i as f64).collect::<Vec<_>>()).unwrap_err()
        )
        .contains("at most 5000")
    );
    assert!(refused(without_outliers(&[1.0, 2.0], -1.0).unwrap_err()).contains("at least 0"));
    assert!(refused(cohens_d(&[1.0, 1.0], &[1.0, 1.0]).unwrap_err()).contains("a and b"));
}

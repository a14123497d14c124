//! The difference of two shares against statsmodels 0.15: `confint_proportions_2indep(method="agresti-caffo",
//! compare="diff")`, alpha 0.05.
#![allow(clippy::unwrap_used, reason = "a test that fails here says where")]

use herring_stats::{StatsError, shares::difference};

fn near(found: f64, expected: f64) -> bool {
    (found - expected).abs() < 1e-9
}

#[test]
fn intervals_are_those_of_statsmodels() {
    for (one, other, low, high) in [
        ((90, 100), (55, 90), 0.166975440564493, 0.399946980577877),
        ((0, 10), (0, 12), -0.194621415773454, 0.218430939582977),
        // Without the bound at 1 the upper end is 1.0518.
        ((10, 10), (0, 12), 0.638711917559880, 1.0),
        ((7, 8), (7, 8), -0.350609016230633, 0.350609016230633),
    ] {
        let found = difference(one, other, 0.95).unwrap();
        assert!(near(found.low, low) && near(found.high, high), "{one:?} and {other:?}: {found:?}");
    }
}

#[test]
fn what_was_not_counted_has_no_interval() {
    assert!(matches!(difference((0, 0), (1, 2), 0.95), Err(StatsError::OutOfRange { field: "count", .. })));
    assert!(matches!(difference((3, 2), (1, 2), 0.95), Err(StatsError::OutOfRange { field: "hits", .. })));
    assert!(matches!(difference((1, 2), (3, 2), 0.95), Err(StatsError::OutOfRange { field: "hits", .. })));
    assert!(difference((1, 2), (1, 2), 1.0).is_err() && difference((1, 2), (1, 2), 0.0).is_err());
}

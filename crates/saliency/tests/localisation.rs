//! Smoothing, thresholding and overlap against values from SciPy and NumPy.
#![allow(clippy::unwrap_used, reason = "a test that fails here says where")]

use herring_saliency::{SaliencyError, Smoothing, localise, overlap, smooth, threshold};
use proptest::prelude::*;
use serde::Deserialize;

#[derive(Deserialize)]
struct Case {
    height: usize,
    width: usize,
    map: Vec<f32>,
    mask: Vec<f32>,
    smooth: Vec<f32>,
    kept: Vec<bool>,
    iou: f64,
    iop: f64,
    iot: f64,
}

fn cases() -> Vec<Case> {
    serde_json::from_str(include_str!("golden/localisation.json")).unwrap()
}

#[test]
fn agrees_with_scipy() {
    let cases = cases();
    assert_eq!(cases.len(), 12);
    for case in cases {
        let size = [case.height, case.width];
        let smoothed = smooth(&case.map, size, Smoothing::default()).unwrap();
        for (found, expected) in smoothed.iter().zip(&case.smooth) {
            assert!((found - expected).abs() <= 1e-6 * expected.abs().max(1.0), "{found} {expected}");
        }
        assert_eq!(threshold(&case.smooth, &case.mask).unwrap(), case.kept);
        let found = localise(&case.map, &case.mask, size, Smoothing::default()).unwrap();
        for (found, expected) in [(found.iou, case.iou), (found.iop, case.iop), (found.iot, case.iot)] {
            assert!((found - expected).abs() < 1e-9, "{found} {expected}");
        }
    }
}

#[test]
fn a_perfect_map_scores_one_and_an_empty_one_zero() {
    let mask = [0.0, 1.0, 1.0, 0.0];
    let perfect = overlap(&[false, true, true, false], &mask).unwrap();
    assert_eq!([perfect.iou, perfect.iop, perfect.iot].map(|value| (value * 1e9).round() / 1e9), [1.0; 3]);
    let empty = overlap(&[false; 4], &mask).unwrap();
    assert_eq!([empty.iou, empty.iop, empty.iot], [0.0; 3]);
    assert_eq!(threshold(&[0.0; 4], &mask).unwrap(), [false; 4]);
}

#[test]
fn bad_maps_are_named() {
    let wrong_size = smooth(&[0.0; 5], [2, 3], Smoothing::default()).unwrap_err();
    assert_eq!(wrong_size, SaliencyError::Size { what: "map", found: 5, expected: 6 });
    let not_finite = threshold(&[0.0, f32::NAN], &[0.0, 1.0]).unwrap_err();
    assert!(not_finite.to_string().contains("pixel 1"), "{not_finite}");
    let mask = localise(&[0.0, 1.0], &[0.0, 1.5], [1, 2], Smoothing::default()).unwrap_err();
    assert!(mask.to_string().contains("within [0, 1]"), "{mask}");
}

proptest! {
    #[test]
    fn smoothing_keeps_what_does_not_reach_the_border(value in -9.0f32..9.0) {
        let mut map = vec![0.0; 81];
        map[40] = value;
        let total: f32 = smooth(&map, [9, 9], Smoothing::default()).unwrap().iter().sum();
        prop_assert!((total - value.abs()).abs() < 1e-5);
    }

    #[test]
    fn scores_are_shares(map in proptest::collection::vec(-3.0f32..3.0, 30), bits in any::<u32>()) {
        let mask: Vec<f32> = (0..30).map(|bit| (bits >> bit & 1) as f32).collect();
        let found = localise(&map, &mask, [5, 6], Smoothing::default()).unwrap();
        for value in [found.iou, found.iop, found.iot] {
            prop_assert!((0.0..=1.0).contains(&value));
        }
        prop_assert!(found.iou <= found.iop.min(found.iot) + 1e-12);
    }
}

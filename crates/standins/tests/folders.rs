//! What holds for all generators: equal bytes, refusals, nothing half-written.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod common;

use common::files;
use herring_standins::{
    DecathlonSettings, KneeSettings, OwnSettings, PneumoniaSettings, RsnaSettings, ShapesSettings, StandinError,
    Strengths, Summary, XraySettings, decathlon, knee, own, pneumonia, rsna, shapes, xray,
};
use proptest::prelude::*;

fn all(root: &std::path::Path, seed: u32) -> Vec<Summary> {
    vec![
        xray(root, &XraySettings { per_cell: 3, others: 2, side: 48, seed, ..Default::default() }).unwrap(),
        rsna(root, &RsnaSettings { per_cell: 3, others: 1, side: 48, seed, ..Default::default() }).unwrap(),
        own(root, &OwnSettings { per_cell: 2, side: 32, seed, ..Default::default() }).unwrap(),
        shapes(root, &ShapesSettings { per_cell: 2, side: 32, seed, ..Default::default() }).unwrap(),
        decathlon(root, &DecathlonSettings { volumes: 2, side: 16, slices: 5, seed }).unwrap(),
        pneumonia(root, &PneumoniaSettings { train: 3, test: 2, side: 40, seed, ..Default::default() }).unwrap(),
        knee(root, &KneeSettings { train: 2, valid: 1, test: 1, side: 36, seed, ..Default::default() }).unwrap(),
    ]
}

#[test]
fn equal_settings_give_equal_bytes_and_another_seed_gives_others() {
    let folders = [0, 0, 1].map(|seed| {
        let root = tempfile::tempdir().unwrap();
        let summaries = all(root.path(), seed);
        let found = files(root.path());
        let bytes: usize = found.values().map(Vec::len).sum();
        assert_eq!(summaries.iter().map(|summary| summary.bytes).sum::<u64>(), bytes as u64);
        (root, found)
    });
    assert_eq!(folders[0].1, folders[1].1);
    let pictures = |index: usize| folders[index].1.iter().filter(|(name, _)| name.starts_with("nih/images"));
    assert!(pictures(0).zip(pictures(2)).all(|((_, left), (_, right))| left != right));
}

#[test]
fn no_two_pictures_are_alike() {
    let root = tempfile::tempdir().unwrap();
    all(root.path(), 5);
    let found = files(root.path());
    let pictures: Vec<_> = found
        .iter()
        .filter(|(name, _)| ["images", "chest_xray/t", "kneeKL224/"].iter().any(|folder| name.contains(folder)))
        .filter(|(name, _)| !name.ends_with(".csv") && !name.ends_with(".txt"))
        .map(|(_, bytes)| bytes)
        .collect();
    let different: std::collections::BTreeSet<_> = pictures.iter().collect();
    assert_eq!(different.len(), pictures.len());
    assert_eq!(pictures.len(), 16 + 13 + 18 + 8 + 3 * 2 + 10 + 20);
}

#[test]
fn every_folder_says_what_it_is() {
    let root = tempfile::tempdir().unwrap();
    for summary in all(root.path(), 0) {
        for folder in summary.folders {
            let text = std::fs::read_to_string(folder.join("README.txt")).unwrap();
            assert!(text.starts_with("GENERATED PICTURES, NOT PATIENTS."), "{text}");
        }
    }
}

#[test]
fn a_folder_that_holds_something_is_left_as_it_is() {
    let root = tempfile::tempdir().unwrap();
    std::fs::create_dir(root.path().join("padchest")).unwrap();
    std::fs::write(root.path().join("padchest/mine.txt"), "keep").unwrap();
    let before = files(root.path());
    let error = xray(root.path(), &XraySettings { per_cell: 1, side: 32, ..Default::default() }).unwrap_err();
    assert!(matches!(&error, StandinError::NotEmpty { found, .. } if found == "mine.txt"), "{error}");
    assert!(error.to_string().ends_with("padchest: holds mine.txt, expected an empty folder or none"), "{error}");
    assert_eq!(files(root.path()), before);
    assert!(!root.path().join("nih").exists());

    let settings = OwnSettings { per_cell: 1, side: 32, ..Default::default() };
    std::fs::create_dir(root.path().join("own")).unwrap();
    own(root.path(), &settings).unwrap();
    assert!(matches!(own(root.path(), &settings), Err(StandinError::NotEmpty { .. })));
}

#[test]
fn nothing_is_left_where_a_folder_cannot_be_made() {
    let root = tempfile::tempdir().unwrap();
    std::fs::write(root.path().join("rsna"), "a file in the way").unwrap();
    let error = rsna(root.path(), &RsnaSettings { per_cell: 1, side: 32, ..Default::default() }).unwrap_err();
    assert!(matches!(error, StandinError::Io { .. }), "{error}");
    assert_eq!(files(root.path()).len(), 1);
    assert_eq!(std::fs::read_dir(root.path()).unwrap().count(), 1);

    let below = root.path().join("rsna/below");
    let error = own(&below, &OwnSettings { per_cell: 1, side: 32, ..Default::default() }).unwrap_err();
    assert!(matches!(error, StandinError::Io { .. }), "{error}");
}

#[test]
fn settings_out_of_range_are_refused_by_name() {
    let root = tempfile::tempdir().unwrap();
    let strengths = |pathology_contrast, marker_contrast, noise| XraySettings {
        strengths: Strengths { pathology_contrast, marker_contrast, noise },
        ..Default::default()
    };
    let refused = [
        (XraySettings { per_cell: 0, ..Default::default() }, "per_cell is 0, expected 1 to 100000"),
        (XraySettings { others: 100_001, ..Default::default() }, "others is 100001, expected 0 to 100000"),
        (XraySettings { side: 31, ..Default::default() }, "side is 31, expected 32 to 4096 pixels"),
        (strengths(1.5, 0.5, 0.1), "pathology_contrast is 1.5, expected 0 to 1"),
        (strengths(0.5, f32::NAN, 0.1), "marker_contrast is NaN, expected 0 to 1"),
        (strengths(0.5, 0.5, -0.1), "noise is -0.1, expected 0 to 0.5"),
    ];
    for (settings, line) in refused {
        assert_eq!(xray(root.path(), &settings).unwrap_err().to_string(), line);
    }
    let error = rsna(root.path(), &RsnaSettings { quality: 0, ..Default::default() }).unwrap_err();
    assert_eq!(error.to_string(), "quality is 0, expected 1 to 100");
    for classes in [1, 4] {
        let error = shapes(root.path(), &ShapesSettings { classes, ..Default::default() }).unwrap_err();
        assert_eq!(error.to_string(), format!("classes is {classes}, expected 2 or 3"));
    }
    assert_eq!(std::fs::read_dir(root.path()).unwrap().count(), 0);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn any_settings_in_range_give_the_counts_asked_for(
        per_cell in 1_usize..4, others in 0_usize..4, side in 32_u32..80, seed in any::<u32>(),
        contrast in 0.0_f32..=1.0, marker in 0.0_f32..=1.0, noise in 0.0_f32..=0.5, quality in 1_u8..=100,
    ) {
        let root = tempfile::tempdir().unwrap();
        let strengths = Strengths { pathology_contrast: contrast, marker_contrast: marker, noise };
        let summary = xray(root.path(), &XraySettings { per_cell, others, side, seed, strengths, ..Default::default() }).unwrap();
        prop_assert_eq!(summary.images(), 4 * per_cell + 2 * others);
        let summary = rsna(root.path(), &RsnaSettings { per_cell, others, side, quality, seed, strengths, ..Default::default() }).unwrap();
        prop_assert_eq!(summary.images(), 4 * per_cell + others);
        let summary = own(root.path(), &OwnSettings { per_cell, side, seed, strengths }).unwrap();
        prop_assert_eq!(summary.images(), 9 * per_cell);
        let classes = 2 + others % 2;
        let summary = shapes(root.path(), &ShapesSettings { classes, per_cell, side, seed, strengths }).unwrap();
        prop_assert_eq!(summary.images(), classes * classes * per_cell);
        let pictures = files(root.path()).keys().filter(|name| name.ends_with(".png") || name.ends_with(".jpg")).count();
        prop_assert_eq!(pictures, 8 * per_cell + 3 * others + (18 + 2 * classes * classes) * per_cell);
    }
}

//! The report on a collection.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

use herring_radiographs::{Collection, check};
use herring_standins::{KneeSettings, PneumoniaSettings};
use herring_tables::FindingKind;
use std::{collections::BTreeMap, fs};

#[test]
fn a_sound_folder_has_no_errors() {
    let folder = tempfile::tempdir().unwrap();
    let chests = PneumoniaSettings { train: 10, test: 2, side: 32, ..Default::default() };
    herring_standins::pneumonia(folder.path(), &chests).unwrap();
    let knees = KneeSettings { train: 2, valid: 1, test: 1, side: 32, ..Default::default() };
    herring_standins::knee(folder.path(), &knees).unwrap();
    for headers in [false, true] {
        let report = check(folder.path(), Collection::Pneumonia, headers);
        assert_eq!((report.errors(), report.opened), (0, 24));
        assert_eq!(report.counts(), BTreeMap::from([(FindingKind::Counts, 1)]));
        let text = report.to_string();
        assert!(text.contains("train: 10 normal, 10 pneumonia"), "{text}");
        assert!(text.contains("found 24 images, expected 5232 + 624 as the paper has them"), "{text}");
        let text = check(folder.path(), Collection::Knee, headers).to_string();
        assert!(text.contains("val: 1 grade 0, 1 grade 1"), "{text}");
        assert!(text.contains("32 x 32 pixels") && text.contains("expected 5778 + 826 + 1656"), "{text}");
    }
}

#[test]
fn everything_that_is_wrong_is_in_one_report() {
    let folder = tempfile::tempdir().unwrap();
    let knees = KneeSettings { train: 2, valid: 1, test: 1, side: 32, ..Default::default() };
    herring_standins::knee(folder.path(), &knees).unwrap();
    let root = folder.path().join("kneeKL224");
    let image = |place: &str| fs::read_dir(root.join(place)).unwrap().next().unwrap().unwrap().path();
    let whole = fs::read(image("test/1")).unwrap();
    fs::write(image("test/1"), &whole[..whole.len() / 2]).unwrap();
    let rectangle = herring_pixels::encode_jpeg(&[9; 32 * 20], [20, 32], 75).unwrap();
    fs::write(image("train/2"), rectangle).unwrap();
    fs::write(root.join("train/0/notes.txt"), "").unwrap();
    fs::write(root.join("train/.DS_Store"), "").unwrap();
    fs::remove_dir_all(root.join("val/3")).unwrap();
    let report = check(folder.path(), Collection::Knee, false);
    let expected = [
        (FindingKind::FolderMissing, 1),
        (FindingKind::ImageUnreadable, 1),
        (FindingKind::ImageSize, 1),
        (FindingKind::PartIncomplete, 1),
        (FindingKind::ImageExtra, 1),
    ];
    assert_eq!(report.counts(), BTreeMap::from(expected), "{report}");
    assert_eq!((report.errors(), report.warnings()), (4, 1));
    // The header of the truncated image is whole.
    let report = check(folder.path(), Collection::Knee, true);
    assert!(!report.counts().contains_key(&FindingKind::ImageUnreadable), "{report}");
    let report = check(&folder.path().join("nothing"), Collection::Knee, true);
    assert_eq!((report.errors(), report.opened), (1, 0));
}

/// Real knees in the official layout, where the variable says so.
#[test]
fn the_official_collection_is_recognised() {
    let Some(root) = std::env::var_os("HERRING_KNEE") else { return };
    let report = check(root.as_ref(), Collection::Knee, false);
    assert_eq!((report.findings.len(), report.opened), (0, 8260), "{report}");
    assert!(report.edition.is_some());
}

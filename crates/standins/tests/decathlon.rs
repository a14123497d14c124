//! The volumes of the Decathlon.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod common;

use std::io::Read;

use common::files;
use herring_standins::{DecathlonSettings, decathlon};

fn unpacked(bytes: &[u8]) -> Vec<u8> {
    let mut all = Vec::new();
    flate2::read::GzDecoder::new(bytes).read_to_end(&mut all).unwrap();
    all
}

#[test]
fn tasks_have_the_official_layout_and_types() {
    let root = tempfile::tempdir().unwrap();
    let summary = decathlon(root.path(), &DecathlonSettings::default()).unwrap();
    assert_eq!((summary.images(), summary.folders.len()), (24, 3));
    let files = files(root.path());
    let named = |name: &str| unpacked(&files[name]);
    for (volume, kind, datatype, voxel) in [
        ("Task02_Heart/*/la_002.nii.gz", "imagesTr", 16, 4),
        ("Task03_Liver/*/liver_0.nii.gz", "imagesTr", 4, 2),
        ("Task07_Pancreas/*/pancreas_001.nii.gz", "imagesTr", 4, 2),
        ("Task07_Pancreas/*/pancreas_008.nii.gz", "labelsTr", 2, 1),
    ] {
        let bytes = named(&volume.replace('*', kind));
        assert_eq!(bytes.len(), 352 + 48 * 48 * 12 * voxel, "{volume}");
        assert_eq!((&bytes[344..348], bytes[70]), (b"n+1\0".as_slice(), datatype), "{volume}");
    }
    let text = String::from_utf8(files["Task03_Liver/dataset.json"].clone()).unwrap();
    assert!(
        text.contains("{\"image\": \"./imagesTr/liver_7.nii.gz\", \"label\": \"./labelsTr/liver_7.nii.gz\"}"),
        "{text}"
    );
}

#[test]
fn every_volume_has_slices_with_and_without_the_organ_and_tumours_but_in_hearts() {
    let root = tempfile::tempdir().unwrap();
    decathlon(root.path(), &DecathlonSettings { seed: 3, ..Default::default() }).unwrap();
    for (name, bytes) in files(root.path()).into_iter().filter(|(name, _)| name.contains("labelsTr")) {
        let bytes = unpacked(&bytes);
        let organ = |slice: &&[u8]| slice.iter().map(|&label| usize::from(label)).sum::<usize>() > 1;
        let with = bytes[352..].chunks_exact(48 * 48).filter(organ).count();
        assert!((4..=9).contains(&with), "{name}: {with}");
        assert_eq!(bytes[352..].contains(&2), !name.contains("Heart"), "{name}");
    }
}

#[test]
fn settings_out_of_range_are_refused() {
    let root = tempfile::tempdir().unwrap();
    let small = DecathlonSettings::default();
    for (settings, expected) in [
        (DecathlonSettings { volumes: 0, ..small.clone() }, "volumes is 0, expected 1 to 1000"),
        (DecathlonSettings { side: 8, ..small.clone() }, "side is 8, expected 16 to 512 voxels"),
        (DecathlonSettings { slices: 3, ..small }, "slices is 3, expected 4 to 1000"),
    ] {
        assert_eq!(decathlon(root.path(), &settings).unwrap_err().to_string(), expected);
    }
    assert_eq!(std::fs::read_dir(root.path()).unwrap().count(), 0);
}

//! The list of known files, and folders that hold some of them.
#![allow(clippy::unwrap_used, reason = "a test that fails here says where")]

mod common;

use common::fixture;
use herring_weights::{KnownState, WeightsError, inspect, known_files};
use std::{collections::BTreeSet, fs};

#[test]
fn the_list_is_sound() {
    let known = known_files().unwrap();
    let names: Vec<&str> = known.iter().map(|file| file.name.as_str()).collect();
    assert!(
        ["resnet18", "vgg16", "densenet121", "mobilenet_v2", "efficientnet_b0", "vgg16-keras"]
            .iter()
            .all(|name| names.contains(name))
    );
    assert_eq!(names.iter().collect::<BTreeSet<_>>().len(), names.len());
    for file in &known {
        let digit = |letter: char| letter.is_ascii_hexdigit() && !letter.is_ascii_uppercase();
        assert!(file.sha256.len() == 64 && file.sha256.chars().all(digit), "{}", file.name);
        // PyTorch's file names end with the first digits of the hash.
        if let Some(digits) = file.file.strip_suffix(".pth").and_then(|stem| stem.rsplit('-').next()) {
            assert!(digits.len() == 8 && file.sha256.starts_with(digits), "{}", file.name);
        }
        assert!(!file.source.is_empty() && !file.licence.is_empty());
    }
}

#[test]
fn a_folder_is_described_file_by_file() {
    let folder = tempfile::tempdir().unwrap();
    let put = |from: &str, name: &str| fs::copy(fixture(from), folder.path().join(name)).map(drop).unwrap();
    put("two-layer.pth", "resnet18-f37072fd.pth");
    put("two-layer.safetensors", "my.safetensors");
    put("hostile.pth", "from-the-net.pth");
    put("make.py", "notes.txt");
    let report = inspect(folder.path()).unwrap();
    assert!(!report.is_sound());
    let state = |name: &str| &report.known.iter().find(|(file, _)| file.name == name).unwrap().1;
    assert!(matches!(state("resnet18"), KnownState::Differs { bytes: 3373, .. }));
    assert_eq!(*state("vgg16"), KnownState::Missing);
    assert_eq!(report.others.len(), 3, "the note is not looked at");
    let lines = report.lines();
    let line = |part: &str| lines.iter().find(|line| line.contains(part)).unwrap();
    assert!(line("resnet18: ").contains("not the known file, 3373 of 46830571 bytes: SHA-256 found "));
    assert!(line("vgg16: ").contains("vgg16-397923af.pth is missing; from https://download.pytorch.org/"));
    assert!(line("my.safetensors").contains("not a known file: safetensors file with 6 tensors, SHA-256 "));
    assert!(line("from-the-net.pth").contains("posix.system"));
}

#[test]
fn a_folder_that_is_not_there_is_named() {
    assert!(
        matches!(inspect("no/such/folder".as_ref()), Err(WeightsError::Read { path, .. }) if path.ends_with("folder"))
    );
}

//! Every step of PNEU against Pillow, byte for byte: decoded, resized, as JPEG, with a text, as JPEG again.
//!
//! `golden/make_steps.py` made the two small files and their values. The sixteen full-size radiographs of
//! `HERRING_PNEU`, a folder with its own `expected.csv`, are compared where the variable names it.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

use herring_decoys::{Decoy, Letters, Text};
use herring_pixels::{Limits, decode, encode_jpeg};
use herring_radiographs::{Collection, clean, with_decoy};
use sha2::{Digest, Sha256};
use std::{fs, path::Path};

fn sha256(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Compares every file of the table in a folder, and returns how many there are.
fn compare(folder: &Path) -> usize {
    let table = fs::read_to_string(folder.join("expected.csv")).unwrap();
    let mut count = 0;
    for line in table.lines().skip(1) {
        let row: Vec<&str> = line.split(',').collect();
        let [name, x, y, letters, ref expected @ ..] = row[..] else { panic!("{line}") };
        let file = fs::read(folder.join(name)).unwrap();
        let picture = decode(&file, &Limits::default()).unwrap();
        // The table has the grey pixels before they are resized; a grey file is the same either way.
        let resized = picture.square().unwrap().resized_bicubic(224).unwrap().luminance();
        let jpeg = encode_jpeg(resized.bytes().unwrap(), [224, 224], 75).unwrap();
        let pixels = clean(Collection::Pneumonia, &file, 224).unwrap();
        let letters = if letters == "ABC" { Letters::Abc } else { Letters::Xyz };
        let text = Text { top: y.parse().unwrap(), left: x.parse().unwrap(), rows: 22, letters };
        let mut drawn = pixels.clone();
        Decoy::Text(text).draw(&mut drawn, 224);
        let decoy_jpeg = encode_jpeg(&drawn, [224, 224], 75).unwrap();
        let decoy_pixels = with_decoy(Collection::Pneumonia, &pixels, 224, &Decoy::Text(text)).unwrap();
        let grey = picture.luminance();
        let steps = [grey.bytes().unwrap(), resized.bytes().unwrap(), &jpeg, &pixels, &decoy_jpeg, &decoy_pixels];
        assert_eq!(steps.map(sha256), expected, "{name}");
        count += 1;
    }
    count
}

#[test]
fn small_files_are_those_of_pillow() {
    assert_eq!(compare(&Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden")), 3);
}

#[test]
fn full_size_radiographs_are_those_of_pillow() {
    match std::env::var_os("HERRING_PNEU") {
        Some(folder) => assert_eq!(compare(folder.as_ref()), 16),
        None => eprintln!("SKIPPED: set HERRING_PNEU to a folder of radiographs with expected.csv"),
    }
}

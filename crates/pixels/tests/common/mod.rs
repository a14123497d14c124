//! Reading samples and reference values.

#![allow(clippy::unwrap_used, dead_code, unreachable_pub)]

pub mod dicom_file;

use std::path::{Path, PathBuf};

use herring_pixels::Picture;

pub const GREY_PNG: &str = "00027426_000.png";
pub const COLOUR_JPEG: &str = "16747_3_1.jpg";
pub const DICOM: &str = "Fake_MONOHR1.dcm";

fn here() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/tests"))
}

/// A file of tests/samples, or of the folder RED_HERRING_XRAY_SAMPLES where only that has it.
pub fn sample(name: &str) -> Option<Vec<u8>> {
    let local = here().join("samples").join(name);
    if local.exists() {
        return Some(std::fs::read(local).unwrap());
    }
    match std::env::var_os("RED_HERRING_XRAY_SAMPLES") {
        Some(folder) => Some(std::fs::read(PathBuf::from(folder).join(name)).unwrap()),
        None => {
            eprintln!("SKIPPED {name}: set RED_HERRING_XRAY_SAMPLES to a folder that holds it");
            None
        }
    }
}

pub fn must(name: &str) -> Vec<u8> {
    std::fs::read(here().join("samples").join(name)).unwrap()
}

pub fn rows(name: &str) -> Vec<Vec<String>> {
    let text = std::fs::read_to_string(here().join("golden").join(name)).unwrap();
    text.lines().map(|line| line.split('\t').map(str::to_owned).collect()).collect()
}

pub fn number(text: &str) -> f64 {
    text.parse().unwrap()
}

/// `count` whole numbers from 0 to `side - 1`, evenly spread.
pub fn places(side: usize, count: usize) -> Vec<usize> {
    (0..count).map(|index| index * (side - 1) / (count - 1)).collect()
}

pub fn all(picture: &Picture) -> Vec<i32> {
    (0..picture.values().len()).map(|index| picture.values().get(index).unwrap()).collect()
}

//! The two collections of tap2024.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod common;

use common::{auc, files};
use herring_standins::{KneeSettings, PneumoniaSettings, knee, pneumonia};
use image::{DynamicImage, imageops::FilterType};
use std::path::Path;

/// The middle square of a picture at `side` x `side` pixels, with values from 0 to 1.
fn small(path: &Path, side: u32) -> Vec<f32> {
    let picture = image::open(path).unwrap();
    let shorter = picture.width().min(picture.height());
    let (left, top) = ((picture.width() - shorter) / 2, (picture.height() - shorter) / 2);
    let small = picture.crop_imm(left, top, shorter, shorter).resize_exact(side, side, FilterType::Triangle);
    small.into_luma8().into_raw().into_iter().map(|value| f32::from(value) / 255.0).collect()
}

/// The pictures of a class in a part.
fn pictures(root: &Path, folder: &str) -> Vec<Vec<f32>> {
    let mut paths: Vec<_> = std::fs::read_dir(root.join(folder)).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    paths.iter().map(|path| small(path, 32)).collect()
}

fn mean(pictures: &[Vec<f32>]) -> Vec<f32> {
    let sum = |place: usize| pictures.iter().map(|picture| picture[place]).sum::<f32>();
    (0..pictures[0].len()).map(|place| sum(place) / pictures.len() as f32).collect()
}

/// How alike a picture is to the difference between two means.
fn projected(picture: &[f32], [low, high]: [&[f32]; 2]) -> f32 {
    picture.iter().zip(low.iter().zip(high)).map(|(value, (low, high))| value * (high - low)).sum()
}

#[test]
fn layouts_and_formats_are_the_official_ones() {
    let root = tempfile::tempdir().unwrap();
    let summary =
        pneumonia(root.path(), &PneumoniaSettings { train: 12, test: 3, side: 64, ..Default::default() }).unwrap();
    assert_eq!((summary.cells.clone(), summary.images()), (vec![vec![15, 15]], 30));
    let summary =
        knee(root.path(), &KneeSettings { train: 3, valid: 1, test: 2, side: 32, ..Default::default() }).unwrap();
    assert_eq!((summary.cells.clone(), summary.images()), (vec![vec![6; 5]], 30));
    let files = files(root.path());
    for name in [
        "chest_xray/train/NORMAL/IM-0012-0001.jpeg",
        "chest_xray/test/NORMAL/NORMAL2-IM-0003-0001.jpeg",
        "chest_xray/train/PNEUMONIA/person1_bacteria_1.jpeg",
        "chest_xray/test/PNEUMONIA/person3_virus_3.jpeg",
        "kneeKL224/train/0/",
        "kneeKL224/val/4/",
        "kneeKL224/test/2/",
    ] {
        assert!(files.keys().any(|file| file.starts_with(name)), "{name}: {:?}", files.keys());
    }
    let mut shapes = std::collections::BTreeSet::new();
    for name in files.keys().filter(|name| !name.ends_with(".txt")) {
        let picture = image::open(root.path().join(name)).unwrap();
        assert!(matches!(picture, DynamicImage::ImageLuma8(_)), "{name}");
        let (width, height) = (picture.width(), picture.height());
        if name.starts_with("knee") {
            assert_eq!((width, height), (32, 32));
            assert!(name.ends_with("L.png") || name.ends_with("R.png"), "{name}");
        } else {
            assert_eq!(width.min(height), 64);
            assert!(width.max(height) <= 80, "{name}: {width} x {height}");
            shapes.insert(width > height);
        }
    }
    assert_eq!(shapes.len(), 2, "some are wider, some higher");
}

#[test]
fn opacities_can_be_learned() {
    let root = tempfile::tempdir().unwrap();
    pneumonia(root.path(), &PneumoniaSettings { side: 64, ..Default::default() }).unwrap();
    let of = |folder: &str| pictures(root.path(), &format!("chest_xray/{folder}"));
    let (normal, ill) = (mean(&of("train/NORMAL")), mean(&of("train/PNEUMONIA")));
    let mut scored: Vec<(f32, bool)> = Vec::new();
    for (folder, positive) in [("test/NORMAL", false), ("test/PNEUMONIA", true)] {
        scored.extend(of(folder).iter().map(|picture| (projected(picture, [&normal, &ill]), positive)));
    }
    let area = auc(&scored);
    assert!(area > 0.8, "by the difference of two means: {area}");
    println!("area under the curve, by the difference of the classes' means: {area}");
}

#[test]
fn grades_can_be_learned() {
    let root = tempfile::tempdir().unwrap();
    knee(root.path(), &KneeSettings { side: 64, ..Default::default() }).unwrap();
    let of = |part: &str, grade: usize| pictures(root.path(), &format!("kneeKL224/{part}/{grade}"));
    let (healthy, worst) = (mean(&of("train", 0)), mean(&of("train", 4)));
    let mut last = 0.0;
    for grade in 1..5 {
        let mut scored: Vec<(f32, bool)> = Vec::new();
        for (grade, positive) in [(0, false), (grade, true)] {
            scored.extend(of("test", grade).iter().map(|picture| (projected(picture, [&healthy, &worst]), positive)));
        }
        let area = auc(&scored);
        println!("grade {grade} against grade 0, by the difference of the extremes' means: {area}");
        assert!(area > last - 0.05, "grade {grade}: {area} after {last}");
        last = area;
    }
    assert!(last > 0.9, "{last}");
}

#[test]
fn without_contrast_the_classes_are_alike() {
    let root = tempfile::tempdir().unwrap();
    let mut settings = KneeSettings { train: 60, valid: 1, test: 60, side: 32, ..Default::default() };
    settings.strengths.pathology_contrast = 0.0;
    knee(root.path(), &settings).unwrap();
    let of = |part: &str, grade: usize| pictures(root.path(), &format!("kneeKL224/{part}/{grade}"));
    let (healthy, worst) = (mean(&of("train", 0)), mean(&of("train", 4)));
    let mut scored: Vec<(f32, bool)> = Vec::new();
    for (grade, positive) in [(0, false), (4, true)] {
        scored.extend(of("test", grade).iter().map(|picture| (projected(picture, [&healthy, &worst]), positive)));
    }
    let area = auc(&scored);
    assert!((0.35..0.65).contains(&area), "{area}");
}

#[test]
fn settings_out_of_range_are_refused() {
    let root = tempfile::tempdir().unwrap();
    let chest = PneumoniaSettings::default();
    for (settings, expected) in [
        (PneumoniaSettings { train: 0, ..chest.clone() }, "train is 0, expected 1 to 100000"),
        (PneumoniaSettings { side: 8, ..chest.clone() }, "side is 8, expected 32 to 4096 pixels"),
        (PneumoniaSettings { quality: 0, ..chest }, "quality is 0, expected 1 to 100"),
    ] {
        assert_eq!(pneumonia(root.path(), &settings).unwrap_err().to_string(), expected);
    }
    let knees = KneeSettings::default();
    for (settings, expected) in [
        (KneeSettings { valid: 0, ..knees.clone() }, "valid is 0, expected 1 to 100000"),
        (KneeSettings { side: 5000, ..knees }, "side is 5000, expected 32 to 4096 pixels"),
    ] {
        assert_eq!(knee(root.path(), &settings).unwrap_err().to_string(), expected);
    }
    assert_eq!(std::fs::read_dir(root.path()).unwrap().count(), 0);
}

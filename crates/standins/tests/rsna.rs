//! The stand-in for the RSNA Pneumonia Detection Challenge.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod common;

use std::collections::BTreeMap;
use std::path::Path;

use common::{auc, grey, mean, rows, tag};
use herring_standins::{RsnaSettings, Strengths, rsna};
use image::ColorType;

const SIDE: usize = 128;

fn settings(per_cell: usize) -> RsnaSettings {
    RsnaSettings { per_cell, side: SIDE as u32, seed: 8, ..Default::default() }
}

/// View, class and boxes (x, y, width, height) of every patient that has a view.
type Patients = BTreeMap<String, (String, bool, Vec<[usize; 4]>)>;

fn patients(root: &Path) -> Patients {
    let (header, labels) = rows(&root.join("rsna/stage_2_train_labels.csv"));
    assert_eq!(header.join(","), "patientId,x,y,width,height,Target");
    let (header, views) = rows(&root.join("rsna/kaggle_stage_2_train_images_dicom_headers.csv"));
    assert_eq!(
        header.join(","),
        ",BodyPartExamined,ConversionType,Filename,InstanceNumber,Modality,PatientAge,PatientID,PatientOrientation,\
         PatientSex,PixelSpacing,SamplesPerPixel,SeriesNumber,ViewPosition"
    );
    let mut found = Patients::new();
    for row in views.iter().filter(|row| !row["ViewPosition"].is_empty()) {
        found.insert(row["PatientID"].clone(), (row["ViewPosition"].clone(), false, Vec::new()));
    }
    for row in labels {
        let Some(patient) = found.get_mut(&row["patientId"]) else { continue };
        patient.1 = row["Target"] == "1";
        let edges = ["x", "y", "width", "height"].map(|edge| row[edge].as_str());
        if patient.1 {
            patient.2.push(edges.map(|edge| edge.parse::<f64>().unwrap() as usize));
        } else {
            assert_eq!(edges, [""; 4]);
        }
    }
    found
}

fn picture(root: &Path, patient: &str) -> std::path::PathBuf {
    root.join("rsna/stage_2_train_images_jpg").join(format!("{patient}.jpg"))
}

#[test]
fn readers_find_every_cell_complete_and_leave_the_others_out() {
    let root = tempfile::tempdir().unwrap();
    let summary = rsna(root.path(), &RsnaSettings { others: 5, ..settings(10) }).unwrap();
    assert_eq!((summary.images(), summary.others), (45, 5));
    let found = patients(root.path());
    for view in ["PA", "AP"] {
        for class in [false, true] {
            assert_eq!(found.values().filter(|patient| patient.0 == view && patient.1 == class).count(), 10);
        }
    }
    let boxes = |count: usize| found.values().filter(|patient| patient.2.len() == count).count();
    assert_eq!(boxes(0), 20);
    assert_eq!(boxes(1) + boxes(2), 20);
    assert!(boxes(1) > 3 && boxes(2) > 3);
    assert_eq!(std::fs::read_dir(root.path().join("rsna/stage_2_train_images_jpg")).unwrap().count(), 45);
}

#[test]
fn pictures_are_grey_jpeg_and_boxes_lie_inside_away_from_the_corners() {
    let root = tempfile::tempdir().unwrap();
    rsna(root.path(), &settings(20)).unwrap();
    for (id, (_, _, boxes)) in patients(root.path()) {
        let path = picture(root.path(), &id);
        assert!(std::fs::read(&path).unwrap().starts_with(&[0xff, 0xd8, 0xff]));
        let decoded = image::open(path).unwrap();
        assert_eq!((decoded.color(), decoded.width(), decoded.height()), (ColorType::L8, SIDE as u32, SIDE as u32));
        for [x, y, width, height] in boxes {
            assert!(width > SIDE / 10 && height > SIDE / 10);
            assert!(x > SIDE / 8 && x + width < 7 * SIDE / 8, "{x} {width}");
            assert!(y > SIDE / 6 && y + height < 4 * SIDE / 5, "{y} {height}");
        }
    }
}

#[test]
fn boxes_scale_with_the_side() {
    let roots = [1, 4].map(|times| {
        let root = tempfile::tempdir().unwrap();
        rsna(root.path(), &RsnaSettings { side: 64 * times, ..settings(4) }).unwrap();
        patients(root.path())
    });
    assert_eq!(roots[0].len(), roots[1].len());
    for (small, large) in roots[0].values().zip(roots[1].values()) {
        for (small, large) in small.2.iter().zip(&large.2) {
            for (small, large) in small.iter().zip(large) {
                assert!((4 * small).abs_diff(*large) <= 8, "{small} {large}");
            }
        }
    }
}

/// Two pictures of a patient, with the boxes.
type Pair = (Vec<f32>, Vec<f32>, Vec<[usize; 4]>);

/// The pictures under two strengths, with the boxes. JPEG keeps blocks of 8 x 8 pixels apart.
fn pairs(left: Strengths, right: Strengths) -> Vec<Pair> {
    let roots = [left, right].map(|strengths| {
        let root = tempfile::tempdir().unwrap();
        rsna(root.path(), &RsnaSettings { strengths, ..settings(6) }).unwrap();
        root
    });
    let found = patients(roots[0].path());
    assert_eq!(found, patients(roots[1].path()));
    let grey = |root: usize, id: &str| grey(&picture(roots[root].path(), id));
    found.iter().map(|(id, patient)| (grey(0, id), grey(1, id), patient.2.clone())).collect()
}

#[test]
fn the_marker_touches_the_upper_corners_only() {
    let with = |marker_contrast| Strengths { marker_contrast, ..Default::default() };
    for (without, with, boxes) in pairs(with(0.0), with(1.0)) {
        let mut changed = 0;
        for index in (0..without.len()).filter(|&index| without[index] != with[index]) {
            let (x, y) = (index % SIDE, index / SIDE);
            changed += 1;
            // The tag ends at 0.145 of 128 pixels; its blocks end at 24.
            assert!(y < 24 && !(24..SIDE - 24).contains(&x), "{x} {y}");
            for [left, top, width, height] in &boxes {
                assert!(!((*left..left + width).contains(&x) && (*top..top + height).contains(&y)));
            }
        }
        assert!(changed > 50);
    }
}

#[test]
fn the_opacities_touch_no_block_beyond_their_boxes() {
    let with = |pathology_contrast| Strengths { pathology_contrast, ..Default::default() };
    for (without, with, boxes) in pairs(with(0.0), with(1.0)) {
        let changed: Vec<usize> = (0..without.len()).filter(|&index| without[index] != with[index]).collect();
        assert_eq!(changed.is_empty(), boxes.is_empty());
        for index in changed {
            let (x, y) = (index % SIDE, index / SIDE);
            assert!(
                boxes.iter().any(|[left, top, width, height]| {
                    (left / 8 * 8..(left + width).next_multiple_of(8)).contains(&x)
                        && (top / 8 * 8..(top + height).next_multiple_of(8)).contains(&y)
                }),
                "{x} {y} {boxes:?}"
            );
        }
    }
}

#[test]
fn the_marker_gives_the_view_away_and_the_boxes_the_class() {
    let root = tempfile::tempdir().unwrap();
    rsna(root.path(), &settings(50)).unwrap();
    let found = patients(root.path());
    let borrowed: Vec<[usize; 4]> = found.values().flat_map(|patient| patient.2.clone()).collect();
    let (mut views, mut boxes) = (Vec::new(), Vec::new());
    for (number, (id, (view, positive, own))) in found.iter().enumerate() {
        let values = grey(&picture(root.path(), id));
        views.push((tag(&values, SIDE), view == "AP"));
        // Negatives are looked at where some positive has a box.
        let place = own.first().unwrap_or(&borrowed[number % borrowed.len()]);
        let [x, y, width, height] = place.map(|pixels| pixels as f32 / SIDE as f32);
        let middle = [x + 0.2 * width, x + 0.8 * width, y + 0.2 * height, y + 0.8 * height];
        boxes.push((mean(&values, SIDE, middle), *positive));
    }
    assert_eq!(auc(&views), 1.0);
    let opacity = auc(&boxes);
    assert!((0.85..0.99).contains(&opacity), "{opacity}");
}

//! The stand-ins for NIH ChestX-ray14 and PadChest.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod common;

use std::path::Path;

use common::{auc, grey, mean, rows, tag};
use herring_standins::{Pathology, Strengths, XraySettings, xray};
use image::ColorType;

const SIDE: usize = 64;

fn settings(per_cell: usize, others: usize) -> XraySettings {
    XraySettings { per_cell, others, side: SIDE as u32, seed: 3, ..Default::default() }
}

/// File, site, class of all images that a reader should take, by the rules of the released code.
fn images(root: &Path) -> Vec<(std::path::PathBuf, usize, bool)> {
    let mut found = Vec::new();
    let (_, nih) = rows(&root.join("nih/Data_Entry_2017.csv"));
    for row in nih {
        let positive = row["Finding Labels"].contains("Cardiomegaly");
        if positive || row["Finding Labels"].contains("No Finding") {
            found.push((root.join("nih/images-224").join(&row["Image Index"]), 0, positive));
        }
    }
    let (_, padchest) = rows(&root.join("padchest/PADCHEST_chest_x_ray_images_labels_160K_01.02.19.csv"));
    for row in padchest {
        let positive = row["Labels"].contains("cardiomegaly");
        if row["ViewPosition_DICOM"].contains("POSTEROANTERIOR") && (positive || row["Labels"].contains("normal")) {
            found.push((root.join("padchest/images-224").join(&row["ImageID"]), 1, positive));
        }
    }
    found
}

fn in_circle(index: usize) -> bool {
    let middle = SIDE as f32 / 2.0;
    let (row, column) = ((index / SIDE) as f32 - middle, (index % SIDE) as f32 - middle);
    row * row + column * column < (SIDE as f32 / 2.5).powi(2)
}

#[test]
fn readers_find_every_cell_complete_and_leave_the_others_out() {
    let root = tempfile::tempdir().unwrap();
    let summary = xray(root.path(), &settings(5, 6)).unwrap();
    assert_eq!((summary.images(), summary.others), (32, 12));
    let found = images(root.path());
    for (site, class) in [(0, false), (0, true), (1, false), (1, true)] {
        let count = found.iter().filter(|image| (image.1, image.2) == (site, class)).count();
        assert_eq!(count, summary.cells[site][usize::from(class)]);
        assert_eq!(count, 5);
    }
    for folder in ["nih/images-224", "padchest/images-224"] {
        assert_eq!(std::fs::read_dir(root.path().join(folder)).unwrap().count(), 16);
    }
}

/// Another word in the tables and another folder; the same pictures.
#[test]
fn emphysema_has_the_same_pictures() {
    let [hearts, lungs] = [Pathology::Cardiomegaly, Pathology::Emphysema].map(|pathology| {
        let root = tempfile::tempdir().unwrap();
        xray(root.path(), &XraySettings { pathology, ..settings(5, 6) }).unwrap();
        root
    });
    let (_, found) = rows(&lungs.path().join("nih/Data_Entry_2017.csv"));
    assert_eq!(found.iter().filter(|row| row["Finding Labels"].contains("Emphysema")).count(), 5);
    let (_, found) = rows(&lungs.path().join("padchest/PADCHEST_chest_x_ray_images_labels_160K_01.02.19.csv"));
    assert!(found.iter().all(|row| !row["Labels"].contains("cardiomegaly") && !row["Report"].contains("cardiomegali")));
    let frontal = found.iter().filter(|row| row["ViewPosition_DICOM"].contains("POSTEROANTERIOR"));
    assert_eq!(frontal.filter(|row| row["Labels"].contains("emphysema")).count(), 5);
    for (path, ..) in images(hearts.path()) {
        let below = path.strip_prefix(hearts.path()).unwrap().to_str().unwrap().replace("images-224", "images-128");
        assert_eq!(std::fs::read(lungs.path().join(below)).unwrap(), std::fs::read(path).unwrap());
    }
}

#[test]
fn tables_have_the_official_columns() {
    let root = tempfile::tempdir().unwrap();
    xray(root.path(), &settings(12, 6)).unwrap();
    let nih = std::fs::read_to_string(root.path().join("nih/Data_Entry_2017.csv")).unwrap();
    assert_eq!(
        nih.lines().next().unwrap(),
        "Image Index,Finding Labels,Follow-up #,Patient ID,Patient Age,Patient Gender,View Position,\
         OriginalImage[Width,Height],OriginalImagePixelSpacing[x,y],"
    );
    assert!(nih.lines().skip(1).all(|line| line.ends_with(',') && line.split(',').count() == 12));

    let path = root.path().join("padchest/PADCHEST_chest_x_ray_images_labels_160K_01.02.19.csv");
    let (header, rows) = rows(&path);
    assert_eq!(
        header.join(","),
        ",ImageID,ImageDir,StudyDate_DICOM,StudyID,PatientID,PatientBirth,PatientSex_DICOM,ViewPosition_DICOM,\
         Projection,MethodProjection,Pediatric,Modality_DICOM,Manufacturer_DICOM,PhotometricInterpretation_DICOM,\
         PixelRepresentation_DICOM,PixelAspectRatio_DICOM,SpatialResolution_DICOM,BitsStored_DICOM,\
         WindowCenter_DICOM,WindowWidth_DICOM,Rows_DICOM,Columns_DICOM,XRayTubeCurrent_DICOM,Exposure_DICOM,\
         ExposureInuAs_DICOM,ExposureTime,RelativeXRayExposure_DICOM,ReportID,Report,MethodLabel,Labels,\
         Localizations,LabelsLocalizationsBySentence,labelCUIS,LocalizationsCUIS"
    );
    assert_eq!(rows.len(), 30);
    for mark in ['\n', '"', ','] {
        assert!(rows.iter().any(|row| row["Report"].contains(mark)), "no report with {mark:?}");
    }
    for (column, value) in [("ViewPosition_DICOM", "LATERAL"), ("ViewPosition_DICOM", "nan"), ("Labels", "nan")] {
        assert_eq!(rows.iter().filter(|row| row[column] == value).count(), 1, "{column} {value}");
    }
}

#[test]
fn pictures_are_grey_of_8_and_16_bits() {
    let root = tempfile::tempdir().unwrap();
    xray(root.path(), &settings(2, 0)).unwrap();
    for (path, site, _) in images(root.path()) {
        let picture = image::open(path).unwrap();
        assert_eq!(picture.color(), [ColorType::L8, ColorType::L16][site]);
        assert_eq!((picture.width(), picture.height()), (SIDE as u32, SIDE as u32));
        if site == 1 {
            // Not 8 bits in disguise: the lower byte varies on its own.
            assert!(picture.into_luma16().pixels().any(|pixel| pixel.0[0] % 257 != 0));
        }
    }
}

/// The pictures under two strengths, side by side.
fn pairs(left: Strengths, right: Strengths) -> Vec<(Vec<f32>, Vec<f32>, bool)> {
    let roots = [left, right].map(|strengths| {
        let root = tempfile::tempdir().unwrap();
        xray(root.path(), &XraySettings { strengths, ..settings(6, 0) }).unwrap();
        root
    });
    let both = images(roots[0].path()).into_iter().zip(images(roots[1].path()));
    both.map(|((left, _, class), (right, _, _))| (grey(&left), grey(&right), class)).collect()
}

#[test]
fn the_marker_touches_no_pixel_of_the_mask() {
    let with = |marker_contrast| Strengths { marker_contrast, ..Default::default() };
    for (without, with, _) in pairs(with(0.0), with(1.0)) {
        let changed: Vec<usize> = (0..without.len()).filter(|&index| without[index] != with[index]).collect();
        assert!(changed.len() > 10);
        assert!(changed.into_iter().all(|index| !in_circle(index)));
    }
}

#[test]
fn the_pathology_touches_no_pixel_outside_the_mask_and_none_of_class_0() {
    let with = |pathology_contrast| Strengths { pathology_contrast, ..Default::default() };
    for (without, with, positive) in pairs(with(0.0), with(1.0)) {
        let changed: Vec<usize> = (0..without.len()).filter(|&index| without[index] != with[index]).collect();
        assert_eq!(changed.len() > 100, positive);
        assert!(changed.into_iter().all(in_circle));
    }
}

#[test]
fn the_marker_gives_the_site_away_and_the_heart_the_class() {
    let root = tempfile::tempdir().unwrap();
    xray(root.path(), &settings(60, 0)).unwrap();
    let (mut sites, mut hearts, mut tags) = (Vec::new(), Vec::new(), Vec::new());
    for (path, site, positive) in images(root.path()) {
        let values = grey(&path);
        sites.push((tag(&values, SIDE), site == 1));
        tags.push((tag(&values, SIDE), positive));
        hearts.push((mean(&values, SIDE, [0.62, 0.74, 0.50, 0.68]), positive));
    }
    assert_eq!(auc(&sites), 1.0);
    let heart = auc(&hearts);
    assert!((0.85..0.99).contains(&heart), "{heart}");
    let tag = auc(&tags);
    assert!((0.4..0.6).contains(&tag), "{tag}");
}

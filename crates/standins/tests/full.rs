//! The layouts in which the owners hand the collections out.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod common;

use std::collections::BTreeSet;

use common::rows;
use herring_standins::{Edition, RsnaSettings, XraySettings, rsna, xray};
use image::ColorType;

fn settings(edition: Edition) -> XraySettings {
    XraySettings { per_cell: 7, others: 2, side: 64, seed: 5, edition, ..Default::default() }
}

#[test]
fn nih_lies_in_twelve_folders_and_is_the_small_edition_otherwise() {
    let [small, full] = [Edition::Small, Edition::Full].map(|edition| {
        let root = tempfile::tempdir().unwrap();
        xray(root.path(), &settings(edition)).unwrap();
        root
    });
    for table in ["nih/Data_Entry_2017.csv", "padchest/PADCHEST_chest_x_ray_images_labels_160K_01.02.19.csv"] {
        let read = |root: &tempfile::TempDir| std::fs::read(root.path().join(table)).unwrap();
        assert!(read(&small) == read(&full), "{table}");
    }
    let (_, table) = rows(&full.path().join("nih/Data_Entry_2017.csv"));
    let mut folders = BTreeSet::new();
    for (number, row) in table.iter().enumerate() {
        let name = &row["Image Index"];
        let folder = format!("images_{:03}", 1 + number * 12 / table.len());
        let path = full.path().join("nih").join(&folder).join("images").join(name);
        let small = small.path().join("nih/images-224").join(name);
        assert!(std::fs::read(path).unwrap() == std::fs::read(small).unwrap(), "{name}");
        folders.insert(folder);
    }
    assert_eq!(folders.len(), 12);
    assert!(!full.path().join("nih/images-224").exists());
}

#[test]
fn padchest_lies_in_numbered_folders_in_sizes_that_vary() {
    let root = tempfile::tempdir().unwrap();
    xray(root.path(), &settings(Edition::Full)).unwrap();
    let (_, table) = rows(&root.path().join("padchest/PADCHEST_chest_x_ray_images_labels_160K_01.02.19.csv"));
    let mut sizes = BTreeSet::new();
    for row in &table {
        let path = root.path().join("padchest").join(&row["ImageDir"]).join(&row["ImageID"]);
        let picture = image::open(path).unwrap();
        assert_eq!(picture.color(), ColorType::L16);
        let (width, height) = (picture.width(), picture.height());
        assert!(width != height && width.min(height) >= 64, "{width} {height}");
        sizes.insert((width, height));
        // What lies beside the square in the middle is black, and the square is not.
        let side = width.min(height);
        let (left, top) = (width / 2 - side / 2, height / 2 - side / 2);
        let picture = picture.into_luma16();
        let inside = |x: u32, y: u32| (left..left + side).contains(&x) && (top..top + side).contains(&y);
        let sum = |within: bool| -> u64 {
            let pixels = picture.enumerate_pixels().filter(|(x, y, _)| inside(*x, *y) == within);
            pixels.map(|(.., pixel)| u64::from(pixel.0[0])).sum()
        };
        assert_eq!(sum(false), 0);
        assert!(sum(true) > 0);
    }
    assert!(sizes.len() > 5, "{sizes:?}");
}

#[test]
fn rsna_is_dicom_around_the_very_frames_of_the_small_edition() {
    let [small, full] = [Edition::Small, Edition::Full].map(|edition| {
        let root = tempfile::tempdir().unwrap();
        let settings = RsnaSettings { per_cell: 3, others: 2, side: 64, seed: 5, edition, ..Default::default() };
        rsna(root.path(), &settings).unwrap();
        root
    });
    let headers = "rsna/kaggle_stage_2_train_images_dicom_headers.csv";
    assert!(!full.path().join(headers).exists());
    let (_, views) = rows(&small.path().join(headers));
    assert_eq!(views.len(), 14);
    for row in views {
        let id = &row["PatientID"];
        let file = std::fs::read(full.path().join(format!("rsna/stage_2_train_images/{id}.dcm"))).unwrap();
        let frame = std::fs::read(small.path().join(format!("rsna/stage_2_train_images_jpg/{id}.jpg"))).unwrap();
        assert_eq!(&file[128..132], b"DICM");
        let has = |bytes: &[u8]| file.windows(bytes.len()).any(|window| window == bytes);
        assert!(has(&frame), "{id}");
        let view = row["ViewPosition"].as_bytes();
        // ViewPosition (0018,5101), a text of this length.
        assert!(has(&[&[0x18, 0, 1, 0x51, b'C', b'S', view.len() as u8, 0], view].concat()), "{id}");
    }
}

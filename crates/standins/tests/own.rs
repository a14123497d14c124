//! The small collection with a manifest.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod common;

use std::path::Path;

use common::{grey, rows};
use herring_standins::own::{CLASSES, ENVIRONMENTS};
use herring_standins::{OwnSettings, Strengths, own};

fn generate(strengths: Strengths) -> tempfile::TempDir {
    let root = tempfile::tempdir().unwrap();
    own(root.path(), &OwnSettings { per_cell: 4, strengths, ..Default::default() }).unwrap();
    root
}

fn manifest(root: &Path) -> Vec<[String; 5]> {
    let (header, rows) = rows(&root.join("own/manifest.csv"));
    assert_eq!(header.join(","), "id,image,label,environment,mask");
    rows.iter().map(|row| ["id", "image", "label", "environment", "mask"].map(|column| row[column].clone())).collect()
}

#[test]
fn every_cell_is_complete_and_every_file_there() {
    let root = generate(Strengths::default());
    let rows = manifest(root.path());
    assert_eq!(rows.len(), 36);
    for class in CLASSES {
        for environment in ENVIRONMENTS {
            assert_eq!(rows.iter().filter(|row| row[2] == class && row[3] == environment).count(), 4);
        }
    }
    for [id, image, _, _, mask] in rows {
        assert!(image.contains(&id) && mask.contains(&id));
        for file in [image, mask] {
            let picture = image::open(root.path().join("own").join(file)).unwrap();
            assert_eq!((picture.color(), picture.width(), picture.height()), (image::ColorType::L8, 64, 64));
        }
    }
}

#[test]
fn masks_are_black_and_white_and_of_a_shape() {
    let root = generate(Strengths::default());
    for [_, _, label, _, mask] in manifest(root.path()) {
        let values = grey(&root.path().join("own").join(mask));
        assert!(values.iter().all(|&value| value == 0.0 || value == 1.0));
        let share = values.iter().sum::<f32>() / values.len() as f32;
        assert!((0.03..0.13).contains(&share), "{label} {share}");
    }
}

#[test]
fn stripes_lie_outside_and_shapes_inside_the_mask() {
    let plain = Strengths { pathology_contrast: 0.0, marker_contrast: 0.0, ..Default::default() };
    let roots = [plain, Strengths { marker_contrast: 1.0, ..plain }, Strengths { pathology_contrast: 1.0, ..plain }]
        .map(generate);
    for [_, image, _, environment, mask] in manifest(roots[0].path()) {
        let [plain, striped, shaped] =
            [0, 1, 2].map(|index: usize| grey(&roots[index].path().join("own").join(&image)));
        let mask = grey(&roots[0].path().join("own").join(mask));
        let (mut stripes, mut shape) = (0, 0);
        for index in 0..mask.len() {
            let (x, y) = (index % 64, index / 64);
            if striped[index] != plain[index] {
                stripes += 1;
                assert_eq!(mask[index], 0.0);
                let depth = [("left", x), ("top", y), ("right", 63 - x)].into_iter().find(|side| side.0 == environment);
                assert!(depth.unwrap().1 < 8, "{environment} {x} {y}");
            }
            if shaped[index] != plain[index] {
                shape += 1;
                assert_eq!(mask[index], 1.0);
            }
        }
        assert!(stripes > 100 && shape > 100, "{stripes} {shape}");
    }
}

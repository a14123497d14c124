//! The shapes in colour.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod common;

use std::path::Path;

use common::{auc, files, grey, rows};
use herring_standins::shapes::{CLASSES, ENVIRONMENTS};
use herring_standins::{ShapesSettings, Strengths, shapes};

const SIDE: usize = 48;

fn generate(settings: &ShapesSettings) -> tempfile::TempDir {
    let root = tempfile::tempdir().unwrap();
    shapes(root.path(), settings).unwrap();
    root
}

fn with(strengths: Strengths) -> ShapesSettings {
    ShapesSettings { classes: 3, per_cell: 6, strengths, ..Default::default() }
}

/// Rows of the manifest as id, image, label, environment and mask.
fn manifest(root: &Path) -> Vec<[String; 5]> {
    let (header, rows) = rows(&root.join("shapes/manifest.csv"));
    assert_eq!(header.join(","), "id,image,label,environment,mask");
    rows.iter().map(|row| ["id", "image", "label", "environment", "mask"].map(|column| row[column].clone())).collect()
}

fn colours(path: &Path) -> Vec<[f32; 3]> {
    let picture = image::open(path).unwrap();
    assert_eq!((picture.color(), picture.width(), picture.height()), (image::ColorType::Rgb8, 48, 48));
    picture.to_rgb8().pixels().map(|pixel| pixel.0.map(|value| f32::from(value) / 255.0)).collect()
}

/// The mean colour of the four corners, three pixels wide, which no shape reaches.
fn corners(picture: &[[f32; 3]]) -> [f32; 3] {
    let near = |place: usize| !(3..SIDE - 3).contains(&place);
    let cornered = picture.iter().enumerate().filter(|(index, _)| near(index % SIDE) && near(index / SIDE));
    let mut sum = [0.0; 3];
    for (_, pixel) in cornered {
        (0..3).for_each(|channel| sum[channel] += pixel[channel] / 36.0);
    }
    sum
}

#[test]
fn every_cell_is_complete_and_its_files_lie_where_a_folder_without_a_manifest_has_them() {
    for classes in [2, 3] {
        let root = generate(&ShapesSettings { classes, per_cell: 4, ..Default::default() });
        let rows = manifest(root.path());
        assert_eq!(rows.len(), classes * classes * 4);
        let mut ordered = rows.clone();
        ordered.sort_by(|one, other| one[1].cmp(&other[1]));
        assert_eq!(rows, ordered, "the order of the files' names");
        for ([id, image, label, environment, mask], number) in rows.iter().zip((0..4).cycle()) {
            assert_eq!(*id, format!("{environment}-{label}-{number:04}"));
            assert_eq!(*image, format!("images/{environment}/{label}/{number:04}.png"));
            assert_eq!(*mask, format!("masks/{environment}/{label}/{number:04}.png"));
            colours(&root.path().join("shapes").join(image));
        }
        for class in &CLASSES[..classes] {
            for environment in &ENVIRONMENTS[..classes] {
                assert_eq!(rows.iter().filter(|row| row[2] == *class && row[3] == *environment).count(), 4);
            }
        }
        // Nothing but these files, the manifest and the text.
        assert_eq!(files(root.path()).len(), 2 * rows.len() + 2);
    }
}

#[test]
fn the_mask_covers_the_shape_and_two_pixels_around_it_and_nothing_else_depends_on_the_shape() {
    let plain = Strengths { pathology_contrast: 0.0, ..Default::default() };
    let roots = [plain, Strengths { pathology_contrast: 1.0, ..plain }].map(|strengths| generate(&with(strengths)));
    for [_, image, label, _, mask] in manifest(roots[0].path()) {
        let [plain, shaped] = [0, 1].map(|index: usize| colours(&roots[index].path().join("shapes").join(&image)));
        let mask = grey(&roots[0].path().join("shapes").join(mask));
        assert!(mask.iter().all(|&value| value == 0.0 || value == 1.0));
        // Beyond the picture's edge there is nothing to cover.
        let inside = |x: usize, y: usize| x >= SIDE || y >= SIDE || mask[y * SIDE + x] == 1.0;
        let mut shape = 0;
        for index in (0..mask.len()).filter(|&index| plain[index] != shaped[index]) {
            let (x, y) = (index % SIDE, index / SIDE);
            shape += 1;
            for (right, down) in [(0, 0), (-2, 0), (2, 0), (0, -2), (0, 2), (-1, -1), (1, -1), (-1, 1), (1, 1)] {
                assert!(inside(x.wrapping_add_signed(right), y.wrapping_add_signed(down)), "{image} {x} {y}");
            }
        }
        // About a third of the side across, and larger masks, by the margin only.
        let share = |count: usize| count as f32 / mask.len() as f32;
        assert!((0.07..0.16).contains(&share(shape)), "{label} {}", share(shape));
        let covered = share(mask.iter().filter(|value| **value == 1.0).count());
        assert!((share(shape) + 0.02..2.0 * share(shape) + 0.02).contains(&covered), "{label} {covered}");
    }
}

/// Whether an image is of a square, whether it lies on sand, and the colour of its corners.
type Cornered = (bool, bool, [f32; 3]);

#[test]
fn the_background_tells_the_environment_and_nothing_of_the_class() {
    let root = generate(&ShapesSettings { per_cell: 200, ..Default::default() });
    let seen: Vec<Cornered> = manifest(root.path())
        .iter()
        .map(|row| {
            let corners = corners(&colours(&root.path().join("shapes").join(&row[1])));
            (row[2] == "square", row[3] == "sand", corners)
        })
        .collect();
    for channel in 0..3 {
        let mean = |chosen: &dyn Fn(&Cornered) -> bool| {
            let values: Vec<f32> = seen.iter().filter(|row| chosen(row)).map(|row| row.2[channel]).collect();
            values.iter().sum::<f32>() / values.len() as f32
        };
        // A corner's mean varies by 0.04 from image to image; of 200 images by 0.003.
        for sand in [false, true] {
            let difference = mean(&|row| row.0 && row.1 == sand) - mean(&|row| !row.0 && row.1 == sand);
            assert!(difference.abs() < 0.015, "channel {channel}, sand {sand}: {difference}");
        }
        assert!(mean(&|row| row.1) - mean(&|row| !row.1) > 0.1, "channel {channel}");
        let of_class: Vec<(f32, bool)> = seen.iter().map(|row| (row.2[channel], row.0)).collect();
        assert!((0.45..0.55).contains(&auc(&of_class)), "channel {channel}: {}", auc(&of_class));
    }
    let of_environment: Vec<(f32, bool)> = seen.iter().map(|row| (row.2[0], row.1)).collect();
    assert_eq!(auc(&of_environment), 1.0);
}

#[test]
fn the_shapes_colour_size_and_place_tell_nothing_of_class_or_environment() {
    let strengths = Strengths { pathology_contrast: 1.0, marker_contrast: 0.0, noise: 0.0 };
    let root = generate(&ShapesSettings { per_cell: 200, strengths, ..Default::default() });
    let seen: Vec<([f32; 6], bool, bool)> = manifest(root.path())
        .iter()
        .map(|row| {
            let picture = colours(&root.path().join("shapes").join(&row[1]));
            let background = picture[0];
            let far = |pixel: &[f32; 3]| (0..3).any(|channel| (pixel[channel] - background[channel]).abs() > 0.05);
            let shape: Vec<usize> = (0..picture.len()).filter(|&index| far(&picture[index])).collect();
            let mean = |value: &dyn Fn(usize) -> f32| {
                shape.iter().map(|index| value(*index)).sum::<f32>() / shape.len() as f32
            };
            let [red, green, blue] = [0, 1, 2].map(|channel| mean(&|index| picture[index][channel]));
            let place = [mean(&|index| (index % SIDE) as f32), mean(&|index| (index / SIDE) as f32)];
            ([red, green, blue, place[0], place[1], shape.len() as f32], row[2] == "square", row[3] == "sand")
        })
        .collect();
    for (index, name) in ["red", "green", "blue", "column", "row", "area"].into_iter().enumerate() {
        for (tells, of) in [
            (seen.iter().map(|row| (row.0[index], row.1)).collect::<Vec<_>>(), "class"),
            (seen.iter().map(|row| (row.0[index], row.2)).collect(), "environment"),
        ] {
            // Of 400 against 400, the area's standard deviation is 0.02.
            assert!((0.44..0.56).contains(&auc(&tells)), "{name} tells the {of}: {}", auc(&tells));
        }
    }
}

#[test]
fn a_larger_collection_begins_with_the_smaller_one() {
    let [small, large] = [2, 3].map(|per_cell| generate(&ShapesSettings { per_cell, ..Default::default() }));
    let large = files(large.path());
    for (name, bytes) in files(small.path()) {
        assert!(name.ends_with(".csv") || large[&name] == bytes, "{name}");
    }
}

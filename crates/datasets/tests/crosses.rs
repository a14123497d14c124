//! The crosses against the arrays that the paper's authors published, and against the facts of the
//! protocol.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use std::ops::Range;

use herring_datasets::crosses::{CrossesSettings, Difficulty, Group, drawings, generate_group, selection, splits};
use herring_datasets::{Dataset, Image, Sample, mask};
use serde_json::Value;

const PIXELS: usize = 28 * 28;

/// Reads `golden/crosses.bin`: six arrays (images and masks of groups 1, 2, 3) of 512 x 784 zeros and
/// ones. Each is the number of ones (u32, little endian), then for every one the number of zeros before
/// it (LEB128: seven bits a byte, low bits first, high bit set if more follow).
fn published() -> Vec<Vec<u8>> {
    let mut bytes = include_bytes!("golden/crosses.bin").iter().copied();
    let arrays = (0..6)
        .map(|_| {
            let count: [u8; 4] = std::array::from_fn(|_| bytes.next().unwrap());
            let mut array = Vec::with_capacity(512 * PIXELS);
            for _ in 0..u32::from_le_bytes(count) {
                let mut gap = 0;
                for shift in (0..).step_by(7) {
                    let byte = bytes.next().unwrap();
                    gap |= usize::from(byte & 127) << shift;
                    if byte < 128 {
                        break;
                    }
                }
                array.resize(array.len() + gap, 0);
                array.push(1);
            }
            array.resize(512 * PIXELS, 0);
            array
        })
        .collect();
    assert_eq!(bytes.next(), None, "the file has six arrays and no more");
    arrays
}

fn bytes(samples: &[Sample], part: fn(&Sample) -> &Image) -> Vec<u8> {
    samples.iter().flat_map(|sample| part(sample).values().iter().map(|&value| value as u8)).collect()
}

#[test]
fn every_published_pixel_is_reproduced() {
    let published = published();
    for (group, arrays) in Group::ALL.into_iter().zip(published.chunks_exact(2)) {
        let samples = generate_group(group, Difficulty::Hard).unwrap();
        assert_eq!(samples.len(), 512);
        assert!(bytes(&samples, |s| &s.image) == arrays[0], "{group:?} images");
        assert!(bytes(&samples, |s| &s.mask) == arrays[1], "{group:?} masks");
        for (index, sample) in samples.iter().enumerate() {
            assert_eq!(sample.label, index / 256);
            assert_eq!(sample.environment, sample.label);
            assert_eq!(sample.id, format!("{}/{index:04}", group.name()));
        }
    }
}

#[test]
fn first_drawings_of_each_group() {
    let expected = [
        (Group::Train, 0, 2, vec![16], vec![14]),
        (Group::Train, 1, 1, vec![17], vec![17]),
        (Group::Train, 2, 2, vec![24], vec![13]),
        (Group::Train, 256, 1, vec![8, 21], vec![18, 13]),
        (Group::Train, 257, 2, vec![20, 11], vec![19, 3]),
        (Group::Valid, 0, 1, vec![26], vec![21]),
        (Group::Valid, 256, 1, vec![19, 23], vec![2, 17]),
        (Group::Test, 0, 1, vec![19], vec![21]),
        (Group::Test, 256, 1, vec![1, 3], vec![21, 11]),
    ];
    for (group, index, arm, rows, columns) in expected {
        let drawing = drawings(group, Difficulty::Hard).unwrap().swap_remove(index);
        assert_eq!((drawing.arm, drawing.rows, drawing.columns), (arm, rows, columns), "{group:?} {index}");
    }
}

#[test]
fn easy_images_have_long_arms_and_a_box_five_pixels_from_the_border() {
    for drawing in drawings(Group::Train, Difficulty::Easy).unwrap() {
        assert!([3, 4].contains(&drawing.arm));
        for centre in drawing.rows.iter().chain(&drawing.columns) {
            assert!((drawing.arm..28 - drawing.arm).contains(centre));
        }
        let (image, mask) = drawing.render();
        let crosses: f32 = mask.values().iter().sum();
        assert!(crosses <= (drawing.label + 1) as f32 * (4 * drawing.arm + 1) as f32);
        let left = if drawing.label == 0 { 5 } else { 20 };
        for (row, column) in [(21, left), (22, left + 2)] {
            assert_eq!(image.get(0, row, column), Some(1.0));
        }
    }
}

#[test]
fn selections_are_numpys() {
    let golden: Value = serde_json::from_str(include_str!("golden/numpy.json")).unwrap();
    for case in golden["selections"].as_array().unwrap() {
        let number = |key: &str| case[key].as_u64().unwrap();
        let positions = selection(number("count") as usize, number("seed") as u32).unwrap();
        assert_eq!(serde_json::to_value(positions).unwrap(), case["positions"]);
    }
}

#[test]
fn selections_of_the_protocol() {
    let head = |count, seed| {
        let positions = selection(count, seed).unwrap();
        let (ones, zeros) = positions.split_at(count / 2);
        (zeros[..5].to_vec(), ones[..5].to_vec())
    };
    for count in [500, 128] {
        assert_eq!(head(count, 1234), (vec![125, 234, 52, 6, 100], vec![322, 454, 317, 492, 391]));
        assert_eq!(head(count, 451), (vec![34, 255, 71, 134, 188], vec![305, 287, 295, 423, 413]));
    }
    for count in [1, 513, 514] {
        assert!(selection(count, 1).is_err());
    }
}

fn box_side(sample: &Sample) -> usize {
    let lit = |columns: Range<usize>| {
        columns.clone().all(|column| [23, 24].iter().all(|&row| sample.image.get(0, row, column) == Some(1.0)))
    };
    match (lit(3..6), lit(22..25)) {
        (true, false) => 0,
        (false, true) => 1,
        // A cross can cover neither place fully, so exactly one of the two is the box.
        both => panic!("{}: {both:?}", sample.id),
    }
}

#[test]
fn mirroring_inverts_the_rule_and_moves_masks_along() {
    let settings = CrossesSettings::default();
    let splits = splits(&settings, 1234).unwrap();
    let inverted = |dataset: &Dataset, inverted: bool| {
        for sample in dataset.samples().unwrap() {
            assert_eq!(box_side(&sample), sample.environment);
            assert_eq!(sample.environment != sample.label, inverted);
        }
    };
    inverted(&splits.train, false);
    inverted(&splits.valid, true);
    inverted(&splits.tests[0].1, true);

    let pool = generate_group(Group::Test, Difficulty::Hard).unwrap();
    for sample in splits.tests[0].1.samples().unwrap() {
        let original = pool.iter().find(|s| s.id == sample.id).unwrap();
        assert_eq!(sample.image, original.image.mirrored());
        assert_eq!(sample.mask, original.mask.mirrored());
        assert_eq!(sample.label, original.label);
    }
}

#[test]
fn only_training_masks_are_dilated() {
    let splits = splits(&CrossesSettings::default(), 451).unwrap();
    let pool = generate_group(Group::Train, Difficulty::Hard).unwrap();
    for sample in splits.train.samples().unwrap() {
        let original = pool.iter().find(|s| s.id == sample.id).unwrap();
        assert_eq!(sample.image, original.image);
        assert_eq!(sample.mask, mask::dilate(&original.mask, 0.817838).unwrap());
        assert_ne!(sample.mask, original.mask);
    }
}

#[test]
fn without_mirroring_the_rule_holds_everywhere() {
    let settings = CrossesSettings { mirror_evaluation: false, ..CrossesSettings::default() };
    let splits = splits(&settings, 1).unwrap();
    for dataset in [&splits.train, &splits.valid, &splits.tests[0].1] {
        assert!(dataset.samples().unwrap().iter().all(|s| s.environment == s.label));
    }
}

#[test]
fn withheld_masks_are_all_ones_and_balanced() {
    let settings = CrossesSettings { mask_fraction: 0.3, ..CrossesSettings::default() };
    let splits = splits(&settings, 1234).unwrap();
    for label in 0..2 {
        let full = |s: &&Sample| s.label == label && s.mask.values().iter().all(|&v| v == 1.0);
        assert_eq!(splits.train.samples().unwrap().iter().filter(full).count(), 175);
        assert_eq!(splits.valid.samples().unwrap().iter().filter(full).count(), 0);
    }
}

#[test]
fn bad_settings_name_the_field() {
    let message = |change: fn(&mut CrossesSettings)| {
        let mut settings = CrossesSettings::default();
        change(&mut settings);
        splits(&settings, 1).unwrap_err().to_string()
    };
    assert_eq!(message(|s| s.train = 513), "train is 513, expected an even number from 2 to 512");
    assert_eq!(message(|s| s.valid = 0), "valid is 0, expected an even number from 2 to 512");
    assert_eq!(message(|s| s.test = 3), "test is 3, expected an even number from 2 to 512");
    assert_eq!(
        message(|s| s.dilation_sigma = f64::NAN),
        "dilation_sigma is NaN, expected a finite number of pixels, at least 0"
    );
    assert_eq!(message(|s| s.mask_fraction = 2.0), "mask_fraction is 2, expected within [0, 1]");
}

#[test]
fn settings_read_from_toml_with_defaults_and_refuse_unknown_fields() {
    let settings: CrossesSettings = toml::from_str("train = 20\ndifficulty = \"easy\"").unwrap();
    assert_eq!(settings.train, 20);
    assert_eq!(settings.difficulty, Difficulty::Easy);
    assert_eq!(settings.valid, 128);
    let error = toml::from_str::<CrossesSettings>("blur = 1.0").unwrap_err();
    assert!(error.to_string().contains("unknown field `blur`"));
}

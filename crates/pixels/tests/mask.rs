//! Masks against scikit-image and Pillow (tests/golden/make_golden.py).

#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod common;

use std::path::PathBuf;

use common::{must, number, places, rows};
use herring_datasets::{Image, PixelBox, Region};
use herring_pixels::{Crop, MaskSettings, PictureInfo, PixelError, Preparation, Resize};
use proptest::prelude::*;

fn boxes(text: &str) -> Region {
    let one = |text: &str| {
        let numbers: Vec<f64> = text.split(',').map(number).collect();
        PixelBox { x: numbers[0], y: numbers[1], width: numbers[2], height: numbers[3] }
    };
    Region::Boxes(text.split(';').map(one).collect())
}

fn mask(
    region: &Region,
    original: [usize; 2],
    preparation: &Preparation,
    file: Option<&[u8]>,
) -> Result<Image, PixelError> {
    let original = PictureInfo::upright(original, 8, 1);
    herring_pixels::mask(region, &original, preparation, file, &MaskSettings::default())
}

#[test]
fn masks_are_those_of_scikit_image_and_pillow() {
    let golden = rows("masks.tsv");
    assert_eq!(golden.len(), 41);
    for row in golden {
        let whole = |index: usize| row[index].parse::<usize>().unwrap();
        let region = if row[0] == "circle" { Region::Circle } else { boxes(&row[0]) };
        let preparation = Preparation {
            crop: if row[3] == "center" { Crop::Center } else { Crop::Whole },
            resize: if row[4] == "pillow" { Resize::Pillow } else { Resize::Skimage },
            ..Preparation::xray(whole(5))
        };
        let mask = mask(&region, [whole(1), whole(2)], &preparation, None).unwrap();
        let name = row[..6].join(" ");
        let count = |inside: fn(&f32) -> bool| mask.values().iter().filter(|value| inside(value)).count();
        // Training asks whether a value is exactly 1, the scores whether it is above 0.
        assert_eq!([count(|&value| value == 1.), count(|&value| value > 0.)], [whole(6), whole(7)], "{name}");
        let sum: f64 = mask.values().iter().map(|&value| f64::from(value)).sum();
        assert!((sum - number(&row[8])).abs() < 1e-2, "{name}: {sum}");
        let mut reference = row[9..].iter();
        for line in places(mask.height(), 9) {
            for column in places(mask.width(), 9) {
                let expected = number(reference.next().unwrap());
                let found = f64::from(mask.get(0, line, column).unwrap());
                assert!((found - expected).abs() < 1e-6, "{name} at {line}, {column}: {found}, {expected}");
            }
        }
    }
}

#[test]
fn everything_and_nothing_reach_the_border() {
    let preparation = Preparation::xray(5);
    assert_eq!(mask(&Region::Everything, [9, 9], &preparation, None).unwrap().values(), [1.; 25]);
    assert_eq!(mask(&Region::Nothing, [9, 9], &preparation, None).unwrap().values(), [0.; 25]);
}

#[test]
fn boxes_are_filled_by_truncated_coordinates() {
    let preparation = Preparation { resize: Resize::None, ..Preparation::xray(4) };
    let region = Region::Boxes(vec![PixelBox { x: 1.9, y: 0.2, width: 2.7, height: 1.9 }]);
    // The centre of 4 of 6 columns: columns 1 to 4.
    let drawn = mask(&region, [4, 6], &preparation, None).unwrap();
    assert_eq!(drawn, Image::new(1, 4, 4, [[1., 1., 0., 0.], [0.; 4], [0.; 4], [0.; 4]].concat()).unwrap());
}

#[test]
fn boxes_that_are_no_part_of_the_image_are_refused() {
    let preparation = Preparation::xray(4);
    let nan = f64::NAN;
    for [x, y, width, height] in [
        [-1., 0., 2., 2.],
        [0., -0.5, 2., 2.],
        [0., 0., 7., 2.],
        [5., 0., 2., 2.],
        [0., 3., 2., 2.],
        [0., 0., 0.9, 2.],
        [0., 0., 2., 0.],
        [0., 0., -1., 2.],
        [nan, 0., 2., 2.],
        [0., 0., nan, 2.],
        [0., 0., f64::INFINITY, 2.],
        [1e300, 0., 1e300, 2.],
    ] {
        let good = PixelBox { x: 0., y: 0., width: 6., height: 4. };
        let region = Region::Boxes(vec![good, PixelBox { x, y, width, height }]);
        let refused = mask(&region, [4, 6], &preparation, None).unwrap_err();
        assert!(matches!(refused, PixelError::Box { index: 2, .. }), "{refused}");
        assert!(refused.to_string().starts_with(&format!("box 2: found x {x}, y {y}, ")), "{refused}");
    }
}

#[test]
fn mask_files_are_cropped_like_the_picture() {
    let region = Region::File(PathBuf::from("mask.png"));
    let plain = Preparation { resize: Resize::None, ..Preparation::xray(47) };
    let bits = must("mask-1bit.png");
    let drawn = mask(&region, [61, 47], &plain, Some(&bits)).unwrap();
    // A disc of radius 17 about row 30, column 23, of which the crop takes off 7 rows.
    for row in 0..47 {
        for column in 0..47 {
            let inside = (row as f64 - 23.).hypot(column as f64 - 23.) < 17.;
            assert_eq!(drawn.get(0, row, column), Some(f32::from(u8::from(inside))), "{row} {column}");
        }
    }
    let text = |original, file| mask(&region, original, &plain, file).unwrap_err().to_string();
    assert_eq!(text([62, 47], Some(&bits[..])), "mask: found 61 x 47 pixels, expected 62 x 47 (height x width)");
    assert_eq!(text([61, 47], None), "mask: found a region that is a file, expected its bytes as well");
    assert_eq!(text([61, 47], Some(&[])), "found an empty file, expected a PNG, JPEG, BMP, TIFF, WebP or DICOM file");
    let other = Preparation { size: 48, ..plain.clone() };
    let refused = mask(&region, [61, 47], &other, Some(&bits)).unwrap_err().to_string();
    assert_eq!(refused, "picture of the mask: found 47 x 47 pixels, expected 48 x 48 (height x width)");
}

proptest! {
    #[test]
    fn every_mask_is_within_zero_and_one(
        height in 1_usize..80, width in 1_usize..80, size in 1_usize..80,
        corners in proptest::array::uniform4(0.0..1.0_f64), pillow in any::<bool>(),
    ) {
        let (x, y) = (corners[0] * (width - 1) as f64, corners[1] * (height - 1) as f64);
        let (x, y) = (x.floor(), y.floor());
        let across = 1. + (corners[2] * (width as f64 - x - 1.)).floor();
        let down = 1. + (corners[3] * (height as f64 - y - 1.)).floor();
        let region = Region::Boxes(vec![PixelBox { x, y, width: across, height: down }]);
        let resize = if pillow { Resize::Pillow } else { Resize::Skimage };
        let preparation = Preparation { resize, ..Preparation::xray(size) };
        let drawn = mask(&region, [height, width], &preparation, None).unwrap();
        prop_assert_eq!(drawn.shape(), [1, size, size]);
        prop_assert!(drawn.values().iter().all(|value| (0.0..=1.0).contains(value)));
    }
}

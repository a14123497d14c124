//! Prepared images against torchxrayvision's steps with scikit-image and Pillow (tests/golden/make_golden.py).

#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod common;

use common::{GREY_PNG, must, number, places, rows, sample};
use herring_pixels::{Crop, Limits, Monochrome1, Picture, Preparation, Range, Resize, decode, prepare};
use proptest::prelude::*;

// Of values in [-1024, 1024]: `f32` sums in another order.
const TOLERANCE: f64 = 1e-3;
// One level of 255 is 8.03 in [-1024, 1024]; few pixels of a JPEG are a level apart, and reduction averages them:
// at most 1.8 was measured over all pixels from 885 or 1024 to 224.
const JPEG: f64 = 2.;

fn picture(name: &str) -> Picture {
    decode(&must(name), &Limits::default()).unwrap()
}

fn as_stored(size: usize) -> Preparation {
    Preparation { monochrome1: Monochrome1::AsStored, ..Preparation::xray(size) }
}

#[test]
fn images_are_those_of_scikit_image_and_pillow() {
    let golden = rows("prepared.tsv");
    assert_eq!(golden.len(), 104);
    for row in golden {
        let Some(bytes) = sample(&row[0]) else { continue };
        let picture = decode(&bytes, &Limits::default()).unwrap();
        let size: usize = row[3].parse().unwrap();
        let preparation = Preparation {
            crop: if row[1] == "center" { Crop::Center } else { Crop::Whole },
            resize: if row[2] == "skimage" { Resize::Skimage } else { Resize::Pillow },
            ..as_stored(size)
        };
        let image = prepare(&picture, &preparation).unwrap();
        assert_eq!(image.shape(), [1, size, size]);
        let jpeg = row[0].ends_with(".jpg") || (row[0].ends_with(".dcm") && picture.height() > 100);
        let allowed = if jpeg { JPEG } else { TOLERANCE };

        let mut reference = row[6..].iter().map(|text| number(text));
        for line in places(size, 9) {
            for column in places(size, 9) {
                let apart = (f64::from(image.get(0, line, column).unwrap()) - reference.next().unwrap()).abs();
                assert!(apart <= allowed, "{} at {line}, {column}: {apart} apart", row[..4].join(" "));
            }
        }
        let mean = image.values().iter().map(|&value| f64::from(value)).sum::<f64>() / (size * size) as f64;
        assert!((mean - number(&row[4])).abs() < if jpeg { 0.05 } else { TOLERANCE }, "{}", row[..4].join(" "));
        let across = image.values().chunks_exact(size).flat_map(|line| line.windows(2).map(|pair| pair[1] - pair[0]));
        let steepest = across.map(|step| f64::from(step.abs())).fold(0., f64::max);
        assert!((steepest - number(&row[5])).abs() <= 2. * allowed, "{}", row[..4].join(" "));
    }
}

#[test]
fn scaling_is_exact() {
    let picture = picture("grey16.png");
    let settings =
        Preparation { crop: Crop::Whole, resize: Resize::Pillow, range: Range::Unit, ..Preparation::xray(61) };
    let column = |picture: &Picture, settings: &Preparation| prepare(picture, settings).unwrap();
    assert_eq!(column(&picture, &settings).shape(), [1, 61, 61]);

    // A square picture of its own size is not resampled at all.
    let square = decode(&must(GREY_PNG), &Limits::default()).unwrap();
    let xray = Preparation { resize: Resize::None, ..Preparation::xray(512) };
    let image = prepare(&square, &xray).unwrap();
    for resize in [Resize::Skimage, Resize::Pillow] {
        assert_eq!(prepare(&square, &Preparation { resize, ..xray.clone() }).unwrap(), image);
    }
    let unit = prepare(&square, &Preparation { range: Range::Unit, maximum: Some(510), ..xray.clone() }).unwrap();
    for index in 0..512 * 512 {
        let value = square.values().get(index).unwrap() as f32;
        assert_eq!(image.values()[index], (2. * (value / 255.) - 1.) * 1024.);
        assert_eq!(unit.values()[index], value / 510.);
    }
}

#[test]
fn the_reading_of_dicom_values_is_a_setting() {
    let inverse = picture("big12.dcm");
    let plain = picture("explicit12.dcm");
    let stored = prepare(&inverse, &as_stored(47)).unwrap();
    assert_eq!(stored, prepare(&plain, &Preparation::xray(47)).unwrap());
    let inverted = prepare(&inverse, &Preparation::xray(47)).unwrap();
    for (a, b) in stored.values().iter().zip(inverted.values()) {
        assert!((a + b).abs() < 1e-3, "{a} and {b} are not opposite");
    }
    // 2 v - 100 of a maximum of 8090 becomes 1 at the largest value.
    let settings = Preparation { rescale: true, maximum: Some(8_090), range: Range::Unit, ..Preparation::xray(47) };
    let raw = Preparation { maximum: Some(4_095), range: Range::Unit, ..Preparation::xray(47) };
    let (scaled, raw) = (prepare(&plain, &settings).unwrap(), prepare(&plain, &raw).unwrap());
    for (scaled, raw) in scaled.values().iter().zip(raw.values()) {
        assert!((scaled - (raw * 4095. * 2. - 100.) / 8090.).abs() < 1e-6);
    }
}

#[test]
fn what_does_not_fit_is_refused() {
    let text = |picture: &Picture, settings: Preparation| prepare(picture, &settings).unwrap_err().to_string();
    let (eight, sixteen) = (picture("grey8.png"), picture("grey16.png"));
    let xray = Preparation::xray(47);
    assert_eq!(text(&eight, Preparation { bits: Some(16), ..xray.clone() }), "bit depth: found 8, expected 16");
    assert_eq!(
        text(&sixteen, Preparation { maximum: Some(255), ..xray.clone() }),
        "largest value: found 59571, expected at most 255"
    );
    assert!(prepare(&eight, &Preparation { maximum: Some(65_535), ..xray.clone() }).is_ok());
    assert_eq!(
        text(&eight, Preparation { resize: Resize::None, ..Preparation::xray(46) }),
        "picture: found 47 x 47 pixels, expected 46 x 46 (height x width)"
    );
    for (settings, field) in [
        (Preparation::xray(0), "size"),
        (Preparation { maximum: Some(0), ..xray.clone() }, "maximum"),
        (Preparation { bits: Some(0), ..xray.clone() }, "bits"),
        (Preparation { rescale: true, ..xray.clone() }, "maximum"),
    ] {
        assert!(settings.key().is_err());
        assert!(text(&eight, settings).starts_with(&format!("preparation: {field}: ")), "{field}");
    }
}

#[test]
fn settings_survive_json_and_unknown_ones_are_refused() {
    let settings = Preparation { maximum: Some(255), resize: Resize::None, ..Preparation::xray(224) };
    let key = settings.key().unwrap();
    let json = key.strip_prefix(r#"{"format":1,"preparation":"#).unwrap().strip_suffix('}').unwrap();
    assert_eq!(serde_json::from_str::<Preparation>(json).unwrap(), settings);
    let more = json.replace(r#""size""#, r#""sise":1,"size""#);
    assert!(serde_json::from_str::<Preparation>(&more).is_err());
}

proptest! {
    // An average stays between what it averages, whatever the sizes; scikit-image's fades to zero at the border.
    #[test]
    fn resizing_stays_within_the_values(size in 1_usize..200, center in any::<bool>(), pillow in any::<bool>()) {
        let preparation = Preparation {
            range: Range::Unit,
            crop: if center { Crop::Center } else { Crop::Whole },
            resize: if pillow { Resize::Pillow } else { Resize::Skimage },
            ..Preparation::xray(size)
        };
        let image = prepare(&picture("grey8.png"), &preparation).unwrap();
        prop_assert_eq!(image.shape(), [1, size, size]);
        prop_assert!(image.values().iter().all(|value| (4. / 255. - 1e-5..=218. / 255. + 1e-5).contains(value)));
    }
}

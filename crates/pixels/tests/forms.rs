//! Pictures of every format and orientation as Pillow reads them, and masks in the forms in which programs save
//! them (tests/golden/make_forms.py).

#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod common;

use std::path::Path;

use common::{all, must, rows};
use herring_datasets::Region;
use herring_pixels::{
    Limits, MaskFacts, MaskSettings, PictureInfo, PixelError, PixelNote, Preparation, Resize, decode, decoding,
    inspect_mask, mask, probe, probe_file,
};
use sha2::{Digest, Sha256};

fn form(name: &str) -> Vec<u8> {
    must(&format!("forms/{name}"))
}

fn path(name: &str) -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/samples/forms").join(name)
}

#[test]
fn pictures_are_those_of_exif_transpose() {
    let golden = rows("forms.tsv");
    assert_eq!(golden.len(), 43);
    for row in golden {
        let bytes = form(&row[0]);
        let picture = decode(&bytes, &Limits::default()).unwrap_or_else(|error| panic!("{}: {error}", row[0]));
        let info = picture.info();
        let shape = [info.height, info.width, info.channels, info.bits as usize, info.orientation.into()];
        assert_eq!(shape.map(|number| number.to_string()), row[1..6], "{}", row[0]);
        assert_eq!(probe(&bytes).unwrap(), info, "{}", row[0]);
        assert_eq!(probe_file(&path(&row[0])).unwrap(), info, "{}", row[0]);
        assert_eq!(picture.orientation(), info.orientation);
        let turned = PixelNote::Turned { orientation: info.orientation };
        assert_eq!(picture.notes().contains(&turned), info.orientation != 1, "{}", row[0]);
        let ends = row[0].ends_with("end.png");
        assert_eq!(picture.notes().contains(&PixelNote::PngWithoutEnd), ends, "{}", row[0]);
        let values: Vec<u8> = all(&picture).iter().flat_map(|value| value.to_le_bytes()).collect();
        let hash: String = Sha256::digest(&values).iter().map(|byte| format!("{byte:02x}")).collect();
        assert_eq!(hash, row[6], "{}", row[0]);
    }
}

#[test]
fn what_would_be_read_in_another_way_is_refused_by_name() {
    for (name, expected) in [
        ("refused_pages.tif", "TIFF: found several pages, expected one page"),
        ("refused_jpeg.tif", "TIFF: found JPEG compression, "),
        ("refused_inks.tif", "TIFF: found inks (CMYK), "),
        ("refused_palette.tif", "TIFF: found a palette, "),
        ("refused_inks.jpg", "JPEG: found 4 components (CMYK)"),
    ] {
        let refused = decode(&form(name), &Limits::default()).unwrap_err();
        assert!(refused.to_string().starts_with(expected), "{refused}");
    }
}

#[test]
fn the_header_of_a_long_png_tells_an_orientation_behind_the_pixels() {
    let short = form("turned6_late.png");
    let exif = short.windows(4).position(|name| name == b"eXIf").unwrap() - 4;
    // A chunk of no consequence (its checksum is not read by the header's reader) of 100,000 bytes.
    let mut long = short[..exif].to_vec();
    long.extend([0x00, 0x01, 0x86, 0xa0, b'p', b'r', b'V', b't']);
    long.resize(long.len() + 100_000 + 4, 0);
    long.extend(&short[exif..]);
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("long");
    std::fs::write(&file, long).unwrap();
    let info = probe_file(&file).unwrap();
    assert_eq!((info.height, info.width, info.orientation, info.stored()), (16, 24, 6, [24, 16]));
    assert_eq!(decoding(&file).as_deref(), Some("png turned 6"));
}

#[test]
fn only_files_whose_decoding_changed_have_a_part_of_the_key() {
    let of = |name| decoding(&path(name));
    assert_eq!(of("transparent_grey.png"), None);
    assert_eq!(of("turned1.png"), None);
    assert_eq!(of("nothing.png"), None);
    assert_eq!(of("turned8.png").as_deref(), Some("png turned 8"));
    for (name, expected) in
        [("turned6.jpg", "jpeg 2"), ("grey.bmp", "bmp 1"), ("grey.tif", "tiff 1"), ("mask_lossy.webp", "webp 1")]
    {
        assert_eq!(of(name).as_deref(), Some(expected));
    }
}

const SQUARE: [usize; 2] = [16, 16];

fn facts(name: &str, threshold: Option<f64>) -> MaskFacts {
    let original = PictureInfo::upright(SQUARE, 8, 1);
    inspect_mask(&form(name), &original, &MaskSettings { threshold }).unwrap_or_else(|error| panic!("{name}: {error}"))
}

#[test]
fn every_form_of_a_mask_has_its_pixels_inside() {
    // Half of the level cuts the corners off a blurred rectangle.
    let others = [
        ("mask_soft.png", 38),
        ("mask_less_than_half_green.png", 0),
        ("mask_inverted.png", 214),
        ("mask_empty.png", 0),
    ];
    let intermediate = ["mask_jpeg95.jpg", "mask_jpeg75.jpg", "mask_soft.png", "mask_classes.png", "mask_lossy.webp"];
    let mut seen = 0;
    for entry in std::fs::read_dir(path("")).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        if !name.starts_with("mask") {
            continue;
        }
        seen += 1;
        let found = facts(&name, None);
        let expected = others.iter().find(|other| other.0 == name).map_or(42, |other| other.1);
        assert_eq!((found.inside, found.pixels), (expected, 256), "{name}");
        assert_eq!(found.lossy, name.ends_with(".jpg") || name == "mask_lossy.webp", "{name}");
        assert_eq!(found.intermediate, intermediate.contains(&name.as_str()), "{name}");
        // The drawn mask is what was counted.
        let preparation = Preparation { resize: Resize::None, ..Preparation::xray(16) };
        let original = PictureInfo::upright(SQUARE, 8, 1);
        let region = Region::File(name.clone().into());
        let drawn = mask(&region, &original, &preparation, Some(&form(&name)), &MaskSettings::default()).unwrap();
        assert_eq!(drawn.values().iter().filter(|&&value| value == 1.).count(), expected, "{name}");
    }
    assert_eq!(seen, 38);
}

#[test]
fn a_threshold_is_taken_literally() {
    assert_eq!(facts("mask_ones.png", Some(0.5)).inside, 0);
    assert_eq!(facts("mask_ones.png", Some(1. / 255.)).inside, 42);
    assert_eq!(facts("mask_voc4.png", Some(0.5)).inside, 42);
    assert_eq!(facts("mask_voc4.png", Some(0.51)).inside, 0);
    assert_eq!(facts("mask_half_green.png", Some(1.)).inside, 42);
    assert_eq!(facts("mask_inverted.png", Some(1e-9)).inside, 214);
    assert!(facts("mask_soft.png", Some(0.1)).inside > facts("mask_soft.png", Some(0.9)).inside);
    let original = PictureInfo::upright(SQUARE, 8, 1);
    for threshold in [0., -1., 1.1, f64::NAN, f64::INFINITY] {
        let settings = MaskSettings { threshold: Some(threshold) };
        let refused = inspect_mask(&form("mask_ones.png"), &original, &settings).unwrap_err();
        assert!(matches!(refused, PixelError::Setting { field: "mask threshold", .. }), "{refused}");
    }
}

#[test]
fn a_mask_of_the_stored_size_is_turned_with_its_picture() {
    let original = probe(&form("turned6.jpg")).unwrap();
    let preparation = Preparation { crop: herring_pixels::Crop::Whole, ..Preparation::xray(24) };
    let draw = |name: &str, original: &PictureInfo| {
        mask(&Region::File(name.into()), original, &preparation, Some(&form(name)), &MaskSettings::default())
    };
    // As masks, the picture as it is stored and the picture turned by hand mark the same pixels.
    let stored = draw("turned1.jpg", &original).unwrap();
    let upright = draw("turned6.jpg", &original).unwrap();
    assert_eq!(stored, upright);
    // A picture that is upright as it is stored has no other size.
    let plain = PictureInfo { orientation: 1, ..original };
    assert!(matches!(draw("turned1.jpg", &plain), Err(PixelError::Size { what: "mask", .. })));
    // A square picture and its mask: the mask is upright.
    let square = PictureInfo { orientation: 6, ..PictureInfo::upright(SQUARE, 8, 1) };
    let small = Preparation { resize: Resize::None, ..Preparation::xray(16) };
    let draw = |original: &PictureInfo| {
        let region = Region::File("mask_bit.png".into());
        mask(&region, original, &small, Some(&form("mask_bit.png")), &MaskSettings::default()).unwrap()
    };
    assert_eq!(draw(&square), draw(&PictureInfo::upright(SQUARE, 8, 1)));
}

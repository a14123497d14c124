//! A thousand images as people have them: five formats, any size, grey and in colour, 8 and 16 bits, some with masks, some
//! under another format's name, some damaged. A check accounts for each, and without the damaged ones they are prepared.
#![allow(clippy::unwrap_used, reason = "a test that fails here says where")]

use herring_cache::Cache;
use herring_datasets::{
    DatasetError, Table,
    confounded::{ConfoundedSettings, Parts, Rule, split},
    listed::Listings,
};
use herring_images::{CachedListings, CheckSettings, Colour, Depth, ImageSettings, check, has_colours, prepare};
use herring_pixels::{MaskSettings, Preparation};
use herring_tables::{CheckReport, Exclusions, FindingKind, OwnOptions, survey};
use image::{DynamicImage, ImageFormat, RgbImage};
use std::{
    collections::BTreeMap,
    fmt::Write,
    fs,
    io::Cursor,
    path::{Path, PathBuf},
    sync::atomic::AtomicBool,
};

const IMAGES: usize = 1000;
const SIZE: usize = 16;

/// What is done to a file, or to its mask.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Damage {
    Cut,
    Text,
    Emptied,
    MaskCut,
    MaskSize,
}

/// Every 37th image is damaged, in a way that depends on which of them it is.
fn damage(number: usize) -> Option<Damage> {
    let ways = [Damage::Cut, Damage::Text, Damage::Emptied, Damage::Cut, Damage::MaskCut, Damage::MaskSize];
    (number % 37 == 11).then(|| ways[number / 37 % ways.len()])
}

/// Every fifth image has a mask, and those whose mask is damaged.
fn has_mask(number: usize) -> bool {
    number.is_multiple_of(5) || matches!(damage(number), Some(Damage::MaskCut | Damage::MaskSize))
}

/// The meadow's images are in colour, the studio's are grey.
fn is_meadow(number: usize) -> bool {
    number.is_multiple_of(2)
}

fn sides(number: usize) -> [u32; 2] {
    [9 + (number * 7 % 25) as u32, 9 + (number * 5 % 17) as u32]
}

/// Pixels that no other image has: the pattern repeats after 256 numbers, and the sizes after 425.
fn colours(number: usize) -> RgbImage {
    let [width, height] = sides(number);
    RgbImage::from_fn(width, height, |x, y| {
        let phase = (number % 256) as u32;
        image::Rgb([phase + 5 * x, 255 - phase + 3 * y, x * y + 90].map(|value| value as u8))
    })
}

fn encoded(picture: &DynamicImage, format: ImageFormat) -> Vec<u8> {
    let mut file = Cursor::new(Vec::new());
    picture.write_to(&mut file, format).unwrap();
    file.into_inner()
}

/// A PNG whose pixels are places in a palette of 16 colours.
fn with_palette(number: usize) -> Vec<u8> {
    let [width, height] = sides(number);
    let mut file = Vec::new();
    let mut encoder = png::Encoder::new(&mut file, width, height);
    encoder.set_color(png::ColorType::Indexed);
    encoder.set_depth(png::BitDepth::Eight);
    let colour = |index: usize| [(number + index) as u8, (index * 16) as u8, 255 - index as u8];
    encoder.set_palette((0..16).flat_map(colour).collect::<Vec<u8>>());
    let places: Vec<u8> = (0..width * height).map(|place| (place % 16) as u8).collect();
    encoder.write_header().unwrap().write_image_data(&places).unwrap();
    file
}

/// The bytes of an image's file, and the ending that its name should have.
fn file(number: usize) -> (Vec<u8>, &'static str) {
    let colours = DynamicImage::from(colours(number));
    let grey = || DynamicImage::from(colours.to_luma8());
    let made = |picture: DynamicImage, format: ImageFormat| (encoded(&picture, format), format.extensions_str()[0]);
    use ImageFormat::{Bmp, Jpeg, Png, Tiff, WebP};
    match (is_meadow(number), number / 4 % 10) {
        (true, 0) => made(colours, Png),
        (true, 1) => made(colours.to_rgba8().into(), Png),
        (true, 2) => made(colours.to_rgb16().into(), Png),
        (true, 3) => (with_palette(number), "png"),
        (true, 4) => made(colours, Jpeg),
        (true, 5) => made(colours, Bmp),
        (true, 6) => made(colours, Tiff),
        (true, 7) => made(colours.to_rgb16().into(), Tiff),
        (true, 8) => made(colours, WebP),
        (true, _) => made(colours.to_rgba8().into(), WebP),
        (false, 0) => made(grey(), Png),
        (false, 1) => made(grey().to_luma16().into(), Png),
        (false, 2) => made(grey().to_luma_alpha8().into(), Png),
        // Grey that was saved as colour.
        (false, 3) => made(grey().to_rgb8().into(), Png),
        (false, 4) => made(grey(), Jpeg),
        (false, 5) => made(grey(), Bmp),
        (false, 6) => made(grey(), Tiff),
        (false, 7) => made(grey().to_luma16().into(), Tiff),
        (false, 8) => made(grey().to_rgb8().into(), WebP),
        (false, _) => made(grey().to_rgb8().into(), Bmp),
    }
}

/// Black with a white rectangle in the middle.
fn mask(number: usize, [width, height]: [u32; 2]) -> (Vec<u8>, &'static str) {
    let (format, ending) =
        [(ImageFormat::Png, "png"), (ImageFormat::Bmp, "bmp"), (ImageFormat::Tiff, "tif")][number / 5 % 3];
    let inside = |x: u32, y: u32| x > width / 4 && x < width / 2 && y > height / 4 && y < height / 2;
    let white = image::GrayImage::from_fn(width, height, |x, y| image::Luma([if inside(x, y) { 255 } else { 0 }]));
    (encoded(&white.into(), format), ending)
}

/// Writes everything below `folder`; the manifest, and the name of each damaged file with a part of what is wrong with it.
fn written(folder: &Path) -> (PathBuf, BTreeMap<String, &'static str>) {
    let mut table = "image,label,environment,mask\n".to_owned();
    let mut expected = BTreeMap::new();
    for number in 0..IMAGES {
        let (mut bytes, ending) = file(number);
        // The content decides, not the name.
        let ending = if number % 30 == 3 { "png" } else { ending };
        let (name, damage) = (format!("{number:04}.{ending}"), damage(number));
        match damage {
            Some(Damage::Cut) => bytes.truncate(bytes.len() * 2 / 3),
            Some(Damage::Text) => bytes = b"<html><body>404 Not Found</body></html>".to_vec(),
            Some(Damage::Emptied) => bytes.clear(),
            _ => {}
        }
        fs::write(folder.join(&name), bytes).unwrap();
        let mut mask_name = String::new();
        if has_mask(number) {
            let [width, height] = sides(number);
            let sides = [width + u32::from(damage == Some(Damage::MaskSize)), height];
            let (mut bytes, ending) = mask(number, sides);
            if damage == Some(Damage::MaskCut) {
                bytes.truncate(bytes.len() * 2 / 3);
            }
            mask_name = format!("mask-{number:04}.{ending}");
            fs::write(folder.join(&mask_name), bytes).unwrap();
        }
        if let Some(damage) = damage {
            let (file, reason) = match damage {
                Damage::Cut => (&name, "truncated"),
                Damage::Text => (&name, "found an HTML page"),
                Damage::Emptied => (&name, "found an empty file"),
                Damage::MaskCut => (&mask_name, "mask: truncated"),
                Damage::MaskSize => (&mask_name, "mask: found "),
            };
            expected.insert(file.clone(), reason);
        }
        let label = ["cat", "dog"][number / 2 % 2];
        let environment = if is_meadow(number) { "meadow" } else { "studio" };
        writeln!(table, "{name},{label},{environment},{mask_name}").unwrap();
    }
    let manifest = folder.join("manifest.csv");
    fs::write(&manifest, table).unwrap();
    (manifest, expected)
}

fn settings() -> ImageSettings {
    ImageSettings {
        preparations: vec![Preparation::photograph(SIZE)],
        colour: Colour::Kept,
        original: None,
        reductions: Vec::new(),
        saliency_size: SIZE,
        saliency_limit: None,
        mask: MaskSettings::default(),
        facts: true,
        reading: None,
        excluded: Vec::new(),
    }
}

fn splits(table: &Table) -> Vec<Result<Parts, DatasetError>> {
    vec![split(table, &ConfoundedSettings { ratio: 0.9, rule: Rule::Printed, seed: 1234, cell_limit: None })]
}

fn checked(manifest: &Path, exclusions: Option<&Exclusions>) -> CheckReport {
    let mut survey = survey(manifest, &OwnOptions::default());
    if let Some(exclusions) = exclusions {
        survey = survey.exclude(exclusions).unwrap();
    }
    let images = settings();
    check(survey, &CheckSettings { images: &images, depth: Depth::Pixels, cell_limit: None, split: &splits }).unwrap()
}

#[test]
fn a_thousand_mixed_images_are_accounted_for_and_prepared() {
    let folder = tempfile::tempdir().unwrap();
    let (manifest, damaged) = written(folder.path());
    let masks = (0..IMAGES).filter(|&number| has_mask(number)).count();
    let report = checked(&manifest, None);
    let text = report.render(None);

    let range = "meadow: 8 and 16 bits, values up to 65535 where 255 and 65535 are white (100 %)";
    assert_eq!(report.details[0], range);

    // Every damaged file once, with the reason and the row, and no other file.
    let errors: Vec<_> = report.findings.iter().filter(|finding| finding.kind.is_error()).collect();
    assert_eq!(errors.len(), damaged.len());
    for finding in &errors {
        let name = finding.file.file_name().unwrap().to_str().unwrap();
        let reason = damaged.get(name).unwrap_or_else(|| panic!("{finding}"));
        assert!(finding.message.starts_with(reason), "{name}, {reason}: {finding}");
        let number: usize = name.trim_start_matches("mask-")[..4].parse().unwrap();
        assert!(finding.message.ends_with(&format!("manifest.csv:{}", number + 2)), "{finding}");
    }
    for name in damaged.keys() {
        assert_eq!(text.matches(&format!("/{name}: ")).count(), 1, "{name}");
    }
    let count = |kind| report.counts().get(&kind).copied().unwrap_or_default();
    let of =
        |ways: &[Damage]| (0..IMAGES).filter(|&number| damage(number).is_some_and(|way| ways.contains(&way))).count();
    assert_eq!(count(FindingKind::ImageUnreadable), of(&[Damage::Cut, Damage::Text, Damage::Emptied]));
    assert_eq!(count(FindingKind::MaskUnreadable), of(&[Damage::MaskCut]));
    assert_eq!(count(FindingKind::MaskSize), of(&[Damage::MaskSize]));
    assert_eq!((report.opened, damaged.len()), (IMAGES + masks, 27));
    // What can be used and gives reason to doubt.
    let warnings: Vec<_> = report.findings.iter().filter(|finding| !finding.kind.is_error()).collect();
    assert_eq!(warnings.iter().map(|finding| finding.kind).collect::<Vec<_>>(), [FindingKind::ColoursDiffer]);
    let [in_colour, grey] = [true, false].map(|meadow| {
        let sound = |number: &usize| damage(*number).is_none() && is_meadow(*number) == meadow;
        (0..IMAGES).filter(sound).count()
    });
    let expected = format!("meadow: {in_colour} of {in_colour} in colour; studio: 0 of {grey} in colour");
    assert!(warnings[0].message.starts_with(&expected), "{}", warnings[0]);

    // Without them.
    let mut list = "image,reason\n".to_owned();
    for number in (0..IMAGES).filter(|&number| damage(number).is_some()) {
        let found = fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
        let name = { found }.find(|name| name.starts_with(&format!("{number:04}."))).unwrap();
        writeln!(list, "{name},damaged").unwrap();
    }
    let exclusions = Exclusions::parse(Path::new("bad.csv"), list.into_bytes()).unwrap();
    let sound = checked(&manifest, Some(&exclusions));
    assert_eq!((sound.errors(), sound.warnings()), (0, 1), "{sound}");

    let reading = herring_tables::own(&manifest).unwrap().exclude(&exclusions).unwrap();
    let parts: Vec<Parts> = splits(&reading.table).into_iter().map(Result::unwrap).collect();
    assert!(has_colours(&reading.root, reading.table.records()));
    let place = tempfile::tempdir().unwrap();
    let cache = Cache::open(place.path()).unwrap();
    let data = (reading.root.as_path(), &reading.table);
    let prepared = prepare(&cache, data, &parts, &settings(), &mut |_| {}, &AtomicBool::new(false)).unwrap();
    let listed = CachedListings::of(place.path()).open(&prepared.names[0]).unwrap();
    let (mut images, mut partly) = (0, 0);
    for (part, entries) in [
        (&listed.splits.train, &prepared.listings[0].train),
        (&listed.splits.valid, &prepared.listings[0].valid),
        (listed.splits.test("test").unwrap(), &prepared.listings[0].test),
    ] {
        assert_eq!(part.image_shape(), [3, SIZE, SIZE]);
        for (index, entry) in entries.iter().enumerate() {
            let sample = part.sample(index).unwrap();
            let number: usize = entry.id[..4].parse().unwrap();
            let channels: Vec<&[f32]> = sample.image.values().chunks_exact(SIZE * SIZE).collect();
            assert_eq!(channels.len(), 3, "{}", entry.id);
            assert!(channels.concat().iter().all(|value| (-1e-5..=1.0 + 1e-5).contains(value)), "{}", entry.id);
            let coloured = channels[0] != channels[1] || channels[1] != channels[2];
            assert_eq!(coloured, is_meadow(number), "{}", entry.id);
            let inside = sample.mask.values().iter().filter(|value| **value == 1.0).count();
            assert_eq!(inside < SIZE * SIZE, has_mask(number), "{}: {inside} inside", entry.id);
            images += 1;
            partly += usize::from(has_mask(number));
        }
    }
    assert_eq!(images, parts[0].used());
    assert!(images > 500 && partly > 100, "{images} images, {partly} with masks");
}

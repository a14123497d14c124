//! Images in colour: from files of several kinds through the cache to three channels, with masks and statistics.
#![allow(clippy::unwrap_used, reason = "a test that fails here says where")]

use herring_cache::Cache;
use herring_datasets::{Origin, Record, Region, Table, confounded::Parts, listed::Listings};
use herring_images::{
    CachedListings, Colour, ImageSettings, PerChannel, Prepared, Reading, doubts, has_colours, masked, means, prepare,
};
use herring_pixels::{MaskSettings, Preparation};
use herring_tables::FindingKind;
use image::{GrayImage, Luma, Rgb, RgbImage, Rgba, RgbaImage};
use std::{
    path::Path,
    sync::{Arc, atomic::AtomicBool},
};
use tempfile::TempDir;

const SIDE: u32 = 16;

/// Eight images, in two environments: red, green, blue and one with opacity; then grey, grey that was saved in colour,
/// orange, and grey again. Number 0 has a mask file.
fn written() -> (TempDir, Table) {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    let paint = |name: &str, colour: [u8; 3]| RgbImage::from_pixel(SIDE, SIDE, Rgb(colour)).save(path(name)).unwrap();
    paint("0.png", [255, 0, 51]);
    paint("1.png", [0, 204, 0]);
    paint("2.png", [0, 0, 255]);
    RgbaImage::from_pixel(SIDE, SIDE, Rgba([10, 20, 30, 128])).save(path("3.png")).unwrap();
    GrayImage::from_pixel(SIDE, SIDE, Luma([102])).save(path("4.png")).unwrap();
    paint("5.png", [102, 102, 102]);
    paint("6.png", [255, 128, 0]);
    GrayImage::from_pixel(SIDE, SIDE, Luma([7])).save(path("7.png")).unwrap();
    GrayImage::from_fn(SIDE, SIDE, |x, _| Luma([if x < 4 { 255 } else { 0 }])).save(path("mask.png")).unwrap();
    let record = |index: usize| Record {
        id: index.to_string(),
        origin: Origin { file: "list.csv".into(), line: index + 2 },
        image: format!("{index}.png").into(),
        label: index % 2,
        environment: index / 4,
        region: if index == 0 { Region::File("mask.png".into()) } else { Region::Everything },
        part: None,
        group: None,
        maximum: None,
    };
    let names = || vec!["a".to_owned(), "b".to_owned()];
    let table = Table::new("eight", names(), names(), (0..8).map(record).collect()).unwrap();
    (folder, table)
}

fn parts() -> Parts {
    Parts { train: vec![0, 1, 4, 5], valid: vec![2, 3], test: vec![6, 7] }
}

fn settings(colour: Colour, reading: Option<Reading>) -> ImageSettings {
    ImageSettings {
        preparations: vec![Preparation::photograph(SIDE as usize)],
        colour,
        original: None,
        reductions: Vec::new(),
        saliency_size: 8,
        saliency_limit: None,
        mask: MaskSettings::default(),
        facts: true,
        reading,
        excluded: Vec::new(),
    }
}

fn prepared((root, table): (&Path, &Table), cache: &Path, settings: &ImageSettings) -> Prepared {
    let cache = Cache::open(cache).unwrap();
    prepare(&cache, (root, table), &[parts()], settings, &mut |_| {}, &AtomicBool::new(false)).unwrap()
}

/// The values of each channel of a training image whose channels are even.
fn channels(values: &[f32]) -> Vec<f32> {
    let each = values.chunks_exact((SIDE * SIDE) as usize);
    let even = |channel: &[f32]| channel.iter().all(|value| *value == channel[0]);
    each.map(|channel| {
        assert!(even(channel));
        channel[0]
    })
    .collect()
}

#[test]
fn colours_go_through_the_cache_and_masks_lie_behind_them() {
    let ((root, table), cache) = (written(), tempfile::tempdir().unwrap());
    let found = prepared((root.path(), &table), cache.path(), &settings(Colour::Kept, None));
    let listed = CachedListings::of(cache.path()).open(&found.names[0]).unwrap();
    assert_eq!(listed.splits.train.image_shape(), [3, 16, 16]);
    assert_eq!(listed.saliency.image_shape(), [3, 8, 8]);
    let sample = |index: usize| listed.splits.train.sample(index).unwrap();
    assert_eq!(channels(sample(0).image.values()), [1.0, 0.0, 0.2]);
    assert_eq!(channels(sample(1).image.values()), [0.0, 0.8, 0.0]);
    // Grey, however it was saved, has three equal channels.
    assert_eq!([channels(sample(2).image.values()), channels(sample(3).image.values())], [[0.4; 3], [0.4; 3]]);
    let inside = |index: usize| sample(index).mask.values().iter().filter(|value| **value == 1.0).count();
    assert_eq!((inside(0), inside(1)), (4 * 16, 256));
    assert!(sample(0).mask.values()[..4].iter().all(|value| *value == 1.0));
    let translucent = listed.splits.valid.sample(1).unwrap();
    assert_eq!(channels(translucent.image.values()), [10.0, 20.0, 30.0].map(|value| value / 255.0));

    let cache = Arc::new(Cache::open(cache.path()).unwrap());
    let of = means(&cache, &found.listings[0]).unwrap();
    assert_eq!(channels(&of.environments[0].values), [0.5, 0.4, 0.1]);
    let shown = masked(&cache, &found.listings[0]).unwrap();
    assert_eq!((shown.len(), channels(&shown[0].image)), (1, vec![1.0, 0.0, 0.2]));
}

#[test]
fn each_channel_is_normalised_by_its_own_statistics() {
    let (root, table) = written();
    let mean = PerChannel::Each([0.5, 0.25, 0.0]);
    let deviation = PerChannel::Each([0.5, 0.25, 2.0]);
    let reading = Some(Reading { channels: 3, mean, deviation });
    let train = |colour: Colour| {
        let cache = tempfile::tempdir().unwrap();
        let found = prepared((root.path(), &table), cache.path(), &settings(colour, reading));
        let listed = CachedListings::of(cache.path()).open(&found.names[0]).unwrap();
        [0, 2].map(|index| channels(listed.splits.train.sample(index).unwrap().image.values()))
    };
    assert_eq!(train(Colour::Kept), [vec![1.0, -1.0, 0.1], vec![-0.2, 0.6, 0.2]].map(near));
    // One stored channel becomes three equal ones first. Pillow's L of (255, 0, 51) is 82.
    let grey = 82.0 / 255.0;
    let expected = [vec![(grey - 0.5) / 0.5, (grey - 0.25) / 0.25, grey / 2.0], vec![-0.2, 0.6, 0.2]];
    assert_eq!(train(Colour::Luminance), expected.map(near));
}

/// The numbers as single precision computes them from decimal fractions.
fn near(expected: Vec<f32>) -> Vec<f32> {
    let [red, green, blue] = expected[..] else { panic!("three channels") };
    let undone = [red * 0.5 + 0.5, green * 0.25 + 0.25, blue * 2.0].map(|value| (value * 255.0).round() / 255.0);
    vec![(undone[0] - 0.5) / 0.5, (undone[1] - 0.25) / 0.25, undone[2] / 2.0]
}

#[test]
fn the_choice_of_channels_decides_the_listing_and_is_checked() {
    let ((root, table), cache) = (written(), tempfile::tempdir().unwrap());
    let name =
        |colour, reading| prepared((root.path(), &table), cache.path(), &settings(colour, reading)).names[0].clone();
    let names = [
        name(Colour::Kept, None),
        name(Colour::Luminance, None),
        name(Colour::FirstChannel, None),
        name(Colour::Kept, Some(Reading { deviation: PerChannel::All(0.5), ..Reading::as_stored(3) })),
    ];
    for (place, one) in names.iter().enumerate() {
        assert!(names[place + 1..].iter().all(|other| other != one), "{place}");
    }
    let one_of_three = name(Colour::Kept, Some(Reading::as_stored(1)));
    let error = CachedListings::of(cache.path()).open(&one_of_three).unwrap_err().to_string();
    assert!(error.contains("found 1 channels to read of blocks with 3"), "{error}");
}

#[test]
fn colours_are_found_and_environments_that_differ_in_them_are_told() {
    let ((root, table), cache) = (written(), tempfile::tempdir().unwrap());
    assert!(has_colours(root.path(), table.records()));
    assert!(!has_colours(root.path(), &table.records()[4..6]), "grey, also if it was saved in colour");
    assert!(!has_colours(Path::new("nowhere"), table.records()), "files that cannot be read are reported elsewhere");
    let found = prepared((root.path(), &table), cache.path(), &settings(Colour::Kept, None));
    let told = doubts(root.path(), &table, &[parts()], &found.facts);
    let colours: Vec<String> =
        told.iter().filter(|finding| finding.kind == FindingKind::ColoursDiffer).map(ToString::to_string).collect();
    assert_eq!(colours.len(), 1);
    assert!(colours[0].contains("a: 4 of 4 in colour; b: 1 of 4 in colour"), "{colours:?}");
    let grey = tempfile::tempdir().unwrap();
    let found = prepared((root.path(), &table), grey.path(), &settings(Colour::Luminance, None));
    let told = doubts(root.path(), &table, &[parts()], &found.facts);
    assert!(told.iter().all(|finding| finding.kind != FindingKind::ColoursDiffer));
}

//! From image files to datasets: what is listed, what is read, and every kind of damage.
#![allow(clippy::unwrap_used, reason = "a test that fails here says where")]

use herring_cache::Cache;
use herring_datasets::{Origin, PixelBox, Record, Region, Table, confounded::Parts, listed::Listings};
use herring_images::{
    CachedListings, Colour, Excluded, ImageSettings, ImagesError, Mean, Prepared, Reduction, means, prepare,
};
use herring_pixels::{Crop, MaskSettings, Preparation, Resize};
use image::{GrayImage, Luma};
use std::{
    fs,
    path::Path,
    sync::{Arc, atomic::AtomicBool},
};
use tempfile::TempDir;

/// Eight grey squares of 16 x 16 pixels, each with its own value; 0 and 4 have boxes, 1 has a mask file.
fn written() -> (TempDir, Table) {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("mask.png"), []).unwrap();
    GrayImage::from_fn(16, 16, |x, _| Luma([u8::from(x < 8)])).save(folder.path().join("mask.png")).unwrap();
    let records = (0..8u8).map(|index| {
        let name = format!("{index}.png");
        GrayImage::from_pixel(16, 16, Luma([index * 30])).save(folder.path().join(&name)).unwrap();
        let region = match index {
            0 | 4 => Region::Boxes(vec![PixelBox { x: 4.0, y: 4.0, width: 8.0, height: 4.0 }]),
            1 => Region::File("mask.png".into()),
            2 => Region::Nothing,
            3 => Region::Everything,
            _ => Region::Circle,
        };
        Record {
            id: name.clone(),
            origin: Origin { file: "list.csv".into(), line: usize::from(index) + 2 },
            image: name.into(),
            label: usize::from(index % 2),
            environment: usize::from(index / 4),
            region,
            part: None,
            group: None,
            maximum: None,
        }
    });
    let names = || vec!["a".to_owned(), "b".to_owned()];
    let table = Table::new("eight", names(), names(), records.collect()).unwrap();
    (folder, table)
}

fn parts() -> Parts {
    Parts { train: vec![0, 1, 4, 5], valid: vec![2, 3], test: vec![6, 7, 2] }
}

fn settings(size: usize) -> ImageSettings {
    let preparation = Preparation { resize: Resize::Pillow, crop: Crop::Whole, ..Preparation::xray(size) };
    ImageSettings {
        preparations: vec![preparation],
        colour: Colour::Refused,
        original: None,
        reductions: Vec::new(),
        saliency_size: 8,
        saliency_limit: Some(1),
        mask: MaskSettings::default(),
        facts: true,
        reading: None,
        excluded: Vec::new(),
    }
}

fn prepared(root: &Path, table: &Table, cache: &Path, settings: &ImageSettings) -> Result<Prepared, ImagesError> {
    let cache = Cache::open(cache).unwrap();
    let stop = AtomicBool::new(false);
    prepare(&cache, (root, table), &[parts()], settings, &mut |_| {}, &stop)
}

#[test]
fn what_is_listed_is_read_back_with_its_mask() {
    let ((root, table), cache) = (written(), tempfile::tempdir().unwrap());
    let found = prepared(root.path(), &table, cache.path(), &settings(16)).unwrap();
    let listed = CachedListings::of(cache.path()).open(&found.names[0]).unwrap();
    let sample = |index: usize| listed.splits.train.sample(index).unwrap();
    assert_eq!(listed.splits.train.image_shape(), [1, 16, 16]);
    assert_eq!((sample(1).id.as_str(), sample(1).label, sample(3).environment), ("1.png", 1, 1));
    // (2 v / 255 - 1) * 1024 of the picture's value 30.
    let expected = (2.0 * 30.0 / 255.0 - 1.0) * 1024.0;
    assert!(sample(1).image.values().iter().all(|value| (value - expected).abs() < 1e-3));
    let inside = |index: usize| sample(index).mask.values().iter().filter(|value| **value == 1.0).count();
    assert_eq!((inside(0), inside(1)), (8 * 4, 8 * 16), "boxes and a mask file");
    assert!((115..140).contains(&inside(3)), "a disc of radius 6.4 has {} pixels", inside(3));
    let valid = |index: usize| listed.splits.valid.sample(index).unwrap().mask.values().to_vec();
    assert!(valid(0).iter().all(|value| *value == 0.0) && valid(1).iter().all(|value| *value == 1.0));
    // One of each environment and class, at the size that is looked at.
    let looked: Vec<_> = listed.saliency.entries().iter().map(|entry| entry.id.as_str()).collect();
    assert_eq!(looked, ["6.png", "7.png", "2.png"]);
    assert_eq!(listed.saliency.image_shape(), [1, 8, 8]);
}

#[test]
fn a_listing_is_told_by_its_pixels_and_not_by_places() {
    let ((one, table), (other, _)) = (written(), written());
    let caches = [tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap()];
    let name = |root: &TempDir, cache: &TempDir, settings: &ImageSettings| {
        prepared(root.path(), &table, cache.path(), settings).unwrap().names.remove(0)
    };
    let first = name(&one, &caches[0], &settings(16));
    assert_eq!(first, name(&other, &caches[1], &settings(16)), "elsewhere the same");
    assert_ne!(first, name(&one, &caches[0], &settings(12)), "another size");
    let excluded = vec![Excluded { id: "9.png".into(), reason: "broken".into() }];
    let without = ImageSettings { excluded, ..settings(16) };
    assert_ne!(first, name(&one, &caches[0], &without), "what was left out before the draw");
    GrayImage::from_pixel(16, 16, Luma([7])).save(one.path().join("5.png")).unwrap();
    assert_ne!(first, name(&one, &caches[0], &settings(16)), "another pixel");
}

#[test]
fn a_second_time_nothing_is_decoded_and_withheld_masks_are_full() {
    let ((root, table), cache) = (written(), tempfile::tempdir().unwrap());
    let first = prepared(root.path(), &table, cache.path(), &settings(16)).unwrap();
    let again = prepared(root.path(), &table, cache.path(), &settings(16)).unwrap();
    assert!(first.decoded > 0);
    assert_eq!((again.decoded, again.names), (0, first.names));
}

#[test]
fn every_damaged_image_is_named_with_its_row_and_all_at_once() {
    let ((root, table), cache) = (written(), tempfile::tempdir().unwrap());
    fs::remove_file(root.path().join("2.png")).unwrap();
    let whole = fs::read(root.path().join("5.png")).unwrap();
    fs::write(root.path().join("5.png"), &whole[..whole.len() / 2]).unwrap();
    GrayImage::from_pixel(12, 16, Luma([7])).save(root.path().join("mask.png")).unwrap();
    let error = prepared(root.path(), &table, cache.path(), &settings(16)).unwrap_err();
    let text = error.to_string();
    for (line, file) in [("list.csv:4", "2.png"), ("list.csv:7", "5.png"), ("list.csv:3", "")] {
        assert!(text.lines().any(|each| each.contains(line) && each.contains(file)), "{line} {file}:\n{text}");
    }
    let ImagesError::Damaged { failures, splits } = error else { panic!("{text}") };
    assert_eq!(failures.len(), 3, "each once: {failures:?}");
    assert_eq!(splits, [vec![0, 1, 2]], "its one split needs them all");
}

#[test]
fn a_box_outside_the_image_and_another_depth_are_refused() {
    let ((root, table), cache) = (written(), tempfile::tempdir().unwrap());
    let mut records = table.records().to_vec();
    records[4].region = Region::Boxes(vec![PixelBox { x: 10.0, y: 4.0, width: 8.0, height: 4.0 }]);
    let names = || vec!["a".to_owned(), "b".to_owned()];
    let outside = Table::new("eight", names(), names(), records).unwrap();
    let text = prepared(root.path(), &outside, cache.path(), &settings(16)).unwrap_err().to_string();
    assert!(text.starts_with("list.csv:6: ") && text.lines().count() == 1, "{text}");

    let mut larger = settings(16);
    larger.original = Some([32, 16]);
    let text = prepared(root.path(), &table, cache.path(), &larger).unwrap_err().to_string();
    assert!(text.contains("list.csv:2") && text.contains("found 16 x 16 pixels, expected 32 x 16"), "{text}");

    let mut deep = settings(16);
    deep.preparations[0].bits = Some(16);
    let text = prepared(root.path(), &table, cache.path(), &deep).unwrap_err().to_string();
    assert!(text.contains("list.csv:2") && text.contains("16"), "{text}");
}

#[test]
fn a_listing_that_was_changed_or_is_gone_is_refused() {
    let ((root, table), cache) = (written(), tempfile::tempdir().unwrap());
    let found = prepared(root.path(), &table, cache.path(), &settings(16)).unwrap();
    let path = cache.path().join("listings").join(format!("{}.json", found.names[0]));
    let text = fs::read_to_string(&path).unwrap();
    fs::write(&path, text.replacen("\"label\":1", "\"label\":0", 1)).unwrap();
    let open = || CachedListings::of(cache.path()).open(&found.names[0]).unwrap_err().to_string();
    assert!(open().contains("expected that of its name"), "{}", open());
    fs::remove_file(&path).unwrap();
    assert!(open().contains(path.to_str().unwrap()), "the file that is missing is named: {}", open());
}

#[test]
fn means_are_those_of_the_training_images() {
    let ((root, table), cache) = (written(), tempfile::tempdir().unwrap());
    let found = prepared(root.path(), &table, cache.path(), &settings(16)).unwrap();
    let means = means(&Arc::new(Cache::open(cache.path()).unwrap()), &found.listings[0]).unwrap();
    let value = |grey: f32| (2.0 * grey / 255.0 - 1.0) * 1024.0;
    let close = |mean: &Mean, grey: f32| mean.images == 2 && (mean.values[0] - value(grey)).abs() < 1e-3;
    // Training holds 0 and 30 of the first environment, 120 and 150 of the second.
    assert!(close(&means.environments[0], 15.0) && close(&means.environments[1], 135.0));
    assert!(close(&means.classes[0], 60.0) && close(&means.classes[1], 90.0));
    let cell = &means.cells[1][0];
    assert!(cell.images == 1 && (cell.values[7] - value(120.0)).abs() < 1e-3);
}

/// The key of a block decides which blocks of a cache are found again, and with the listing's name the identity of
/// a run. These are those of before there were reductions, rules of mask files and versions of decoding; only
/// mask files and what is no upright PNG have other keys since.
#[test]
fn keys_of_upright_png_without_mask_files_stay_as_they_were() {
    let ((root, table), cache) = (written(), tempfile::tempdir().unwrap());
    let mut records = table.records().to_vec();
    records[1].region = Region::Nothing;
    let names = || vec!["a".to_owned(), "b".to_owned()];
    let table = Table::new("eight", names(), names(), records).unwrap();
    let found = prepared(root.path(), &table, cache.path(), &settings(16)).unwrap();
    assert_eq!(found.names, ["3b794b327672feb3125981dd46d861ef238c59ab5bfb57fde247ad9a64ba6edb"]);
    let blocks: Vec<&str> = found.listings[0].train.iter().map(|entry| entry.block.as_str()).collect();
    assert_eq!(blocks[0], "9b19b1d1ef48b4b5b0e139dea4aa6975642d8b1649f7ec94ca2582bf79df6d8e", "with boxes");
    assert_eq!(blocks[1], "fd5d49cbbf4529800d25d8f1635e604c8eaae3031594323d46a607284498b3ea", "without a mask");
    // A list that reduces nothing is as good as none.
    let none = ImageSettings { reductions: vec![None, None], ..settings(16) };
    assert_eq!(prepared(root.path(), &table, cache.path(), &none).unwrap().names, found.names);
}

/// Pictures of 32 rows and 32 or 40 columns whose means of areas are the pictures of 16 x 16 beside them.
#[test]
fn a_picture_in_full_size_gives_what_the_small_edition_gives() {
    let cache = tempfile::tempdir().unwrap();
    let ((small, table), (full, _)) = (written(), written());
    let records: Vec<Record> =
        table.records().iter().map(|record| Record { region: Region::Circle, ..record.clone() }).collect();
    for index in 0..8u32 {
        let value = |x: u32, y: u32| (5 + x * 7 + y * 3 + index * 11) as u8;
        let name = format!("{index}.png");
        GrayImage::from_fn(16, 16, |x, y| Luma([value(x, y)])).save(small.path().join(&name)).unwrap();
        // Four pixels for each, one of them brighter and one darker; columns at both sides are cut off.
        let width = if index < 4 { 32 } else { 40 };
        let side = (width - 32) / 2;
        let large = GrayImage::from_fn(width, 32, |x, y| {
            if !(side..side + 32).contains(&x) {
                return Luma([255]);
            }
            let x = x - side;
            let mean = value(x / 2, y / 2);
            Luma([[[mean, mean], [mean + 1, mean - 1]][x as usize % 2][y as usize % 2]])
        });
        large.save(full.path().join(&name)).unwrap();
    }
    let names = || vec!["a".to_owned(), "b".to_owned()];
    let table = Table::new("eight", names(), names(), records).unwrap();
    let reduced = ImageSettings {
        original: Some([16, 16]),
        reductions: vec![
            Some(Reduction { side: 16, original: Some([32, 32]) }),
            Some(Reduction { side: 16, original: None }),
        ],
        ..settings(12)
    };
    let samples = |root: &Path, settings: &ImageSettings| {
        let found = prepared(root, &table, cache.path(), settings).unwrap();
        let listed = CachedListings::of(cache.path()).open(&found.names[0]).unwrap();
        (0..4).map(|index| listed.splits.train.sample(index).unwrap().image.values().to_vec()).collect::<Vec<_>>()
    };
    assert_eq!(samples(full.path(), &reduced), samples(small.path(), &settings(12)));
    // Each environment has its own: the first one's pictures must have the size.
    let other =
        ImageSettings { reductions: vec![Some(Reduction { side: 16, original: Some([32, 40]) })], ..reduced.clone() };
    let text = prepared(full.path(), &table, cache.path(), &other).unwrap_err().to_string();
    assert!(text.contains("found 32 x 32 pixels, expected 32 x 40"), "{text}");
    let larger = ImageSettings { reductions: vec![Some(Reduction { side: 33, original: None })], ..reduced };
    let text = prepared(full.path(), &table, cache.path(), &larger).unwrap_err().to_string();
    assert!(text.contains("side: found 33"), "{text}");
}

#[test]
fn boxes_and_mask_files_are_not_reduced() {
    let ((root, table), cache) = (written(), tempfile::tempdir().unwrap());
    let reduced = ImageSettings { reductions: vec![Some(Reduction { side: 8, original: None })], ..settings(8) };
    let text = prepared(root.path(), &table, cache.path(), &reduced).unwrap_err().to_string();
    assert!(text.contains("found a box or a mask file"), "{text}");
}

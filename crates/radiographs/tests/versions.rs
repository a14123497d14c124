//! From generated collections to samples: versions, masks, splits, limits.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

use herring_cache::Cache;
use herring_datasets::{Dataset, Sample, listed::Listed, listed::Listings};
use herring_decoys::{Decoy, Region};
use herring_images::CachedListings;
use herring_radiographs::{
    Collection, DecoyKind, Folder, Prepared, RadiographSettings, clean, draw::draw, prepare, with_decoy,
};
use herring_standins::{KneeSettings, PneumoniaSettings};
use std::{collections::BTreeSet, fs, path::Path, sync::atomic::AtomicBool};
use tempfile::TempDir;

const SIDE: usize = 48;

fn written(collection: Collection) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    match collection {
        Collection::Pneumonia => {
            let settings = PneumoniaSettings { train: 21, test: 4, side: 64, ..Default::default() };
            herring_standins::pneumonia(folder.path(), &settings).unwrap();
        }
        Collection::Knee => {
            let settings = KneeSettings { train: 4, valid: 2, test: 3, side: SIDE as u32, ..Default::default() };
            herring_standins::knee(folder.path(), &settings).unwrap();
        }
    }
    folder
}

fn settings(collection: Collection, decoy: DecoyKind) -> RadiographSettings {
    RadiographSettings { side: SIDE, decoy, ..RadiographSettings::paper(collection) }
}

fn prepared(root: &Path, settings: &RadiographSettings) -> Prepared {
    let cache = Cache::open(root.join("cache")).unwrap();
    prepare(&cache, root, settings, &mut |_| {}, &AtomicBool::new(false)).unwrap()
}

fn opened(root: &Path, name: &str) -> Listed {
    CachedListings::of(root.join("cache")).open(name).unwrap()
}

/// The grey values of a sample, from 0 to 255, whose three channels are equal.
fn grey(sample: &Sample, collection: Collection) -> Vec<u8> {
    let reading = collection.reading();
    let planes: Vec<&[f32]> = sample.image.values().chunks_exact(SIDE * SIDE).collect();
    assert_eq!(planes.len(), 3);
    assert!(planes.iter().all(|plane| *plane == planes[0]));
    let value =
        |value: &f32| (f64::from(*value) * f64::from(reading.deviation.of(0)) + f64::from(reading.mean.of(0))) * 255.0;
    planes[0]
        .iter()
        .map(value)
        .map(|value| {
            assert!((value - value.round()).abs() < 1e-3, "{value}");
            value.round() as u8
        })
        .collect()
}

fn samples(dataset: &Dataset) -> Vec<Sample> {
    dataset.samples().unwrap()
}

/// Every image of every version is what the functions make of its file and its decoy.
#[test]
fn versions_are_the_files_with_their_decoys() {
    for (collection, decoy) in [
        (Collection::Pneumonia, DecoyKind::Text),
        (Collection::Pneumonia, DecoyKind::Stripe),
        (Collection::Knee, DecoyKind::Text),
        (Collection::Knee, DecoyKind::Stripe),
    ] {
        let folder = written(collection);
        let root = folder.path();
        let settings = settings(collection, decoy);
        let found = prepared(root, &settings);
        let listed = opened(root, &found.name);
        let drawn = draw(&Folder::read(root, collection).unwrap(), &settings);
        let without = listed.clean.unwrap();
        let names: Vec<&str> = listed.splits.tests.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(names, ["contaminated", "permuted", "clean"]);
        let [contaminated, permuted, clean_test] = [0, 1, 2].map(|set| &listed.splits.tests[set].1);
        assert_eq!(listed.splits.train.image_shape(), [3, SIDE, SIDE]);
        let same = |one: &Dataset, other: &Dataset| assert_eq!(one.entries(), other.entries());
        same(&listed.saliency, permuted);
        same(contaminated, clean_test);
        same(&listed.splits.train, &without.train);
        same(&listed.splits.valid, &without.valid);
        for (expected, sets) in [
            (&drawn.train, [Some(&listed.splits.train), None, Some(&without.train)]),
            (&drawn.valid, [None, Some(&listed.splits.valid), Some(&without.valid)]),
            (&drawn.test, [Some(contaminated), Some(permuted), Some(clean_test)]),
        ] {
            let read = sets.map(|set| set.map(samples));
            for (place, expected) in expected.iter().enumerate() {
                let file = fs::read(&expected.file.path).unwrap();
                let plain = clean(collection, &file, SIDE).unwrap();
                let region = expected.contaminated.region();
                let of = |decoy: Decoy| with_decoy(collection, &plain, SIDE, &decoy).unwrap();
                let values = [of(expected.contaminated), of(expected.permuted), plain.clone()];
                for (read, values) in
                    read.iter().zip(&values).filter_map(|(read, values)| Some((read.as_ref()?, values)))
                {
                    let sample = &read[place];
                    assert_eq!((&sample.id, sample.label), (&expected.file.id, expected.file.label));
                    assert_eq!(&grey(sample, collection), values, "{}", sample.id);
                    for (pixel, value) in sample.mask.values().iter().enumerate() {
                        let inside = region.contains(pixel / SIDE, pixel % SIDE);
                        assert_eq!(*value, if inside { 0.0 } else { 1.0 });
                    }
                }
                alike_outside(collection, &region, &values);
            }
        }
    }
}

/// Versions differ within the decoy's rectangle; around it not at all, or as much as JPEG spreads.
fn alike_outside(collection: Collection, region: &Region, [contaminated, permuted, plain]: &[Vec<u8>; 3]) {
    let blocks = |range: &std::ops::Range<usize>| range.start / 8 * 8..range.end.next_multiple_of(8);
    let touched = Region { rows: blocks(&region.rows), columns: blocks(&region.columns) };
    let mut differences = 0;
    for place in 0..plain.len() {
        let (row, column) = (place / SIDE, place % SIDE);
        let most = contaminated[place].abs_diff(plain[place]).max(permuted[place].abs_diff(plain[place]));
        differences += usize::from(most > 0 && region.contains(row, column));
        match collection {
            Collection::Knee if !region.contains(row, column) => assert_eq!(most, 0),
            // A file that is compressed again changes by a level or two.
            Collection::Pneumonia if !touched.contains(row, column) => assert!(most <= 3, "{most}"),
            _ => {}
        }
    }
    assert!(differences > region.area() / 5, "{differences} of {}", region.area());
}

#[test]
fn parts_are_split_and_counted() {
    let folder = written(Collection::Pneumonia);
    let found = prepared(folder.path(), &settings(Collection::Pneumonia, DecoyKind::Text));
    let images: Vec<Vec<usize>> = found.facts.parts.iter().map(|part| part.images.clone()).collect();
    assert_eq!(images, [[19, 19], [2, 2], [4, 4]], "a tenth of 21 is two");
    assert!(found.facts.validation_drawn && !found.facts.is_official);
    assert_eq!(found.facts.issue, "pneumonia: 42 training and 8 test images");
    assert_eq!((found.facts.original_side, found.facts.parts[2].agreeing), (None, 0));
    assert_eq!((found.decoded, found.found), (2 * 38 + 2 * 4 + 3 * 8, 0));
    assert_eq!((found.listing.size, found.listing.classes.len()), (SIDE, 2));
    let ids: BTreeSet<&str> =
        found.listing.train.iter().chain(&found.listing.valid).map(|entry| entry.id.as_str()).collect();
    assert_eq!(ids.len(), 42);

    // A folder for validation is used.
    let root = folder.path().join("chest_xray");
    for class in ["NORMAL", "PNEUMONIA"] {
        fs::create_dir_all(root.join("val").join(class)).unwrap();
        let first = fs::read_dir(root.join("test").join(class)).unwrap().next().unwrap().unwrap();
        fs::rename(first.path(), root.join("val").join(class).join(first.file_name())).unwrap();
    }
    // The root may be the owners' folder itself.
    let cache = Cache::open(folder.path().join("cache")).unwrap();
    let settings = settings(Collection::Pneumonia, DecoyKind::Text);
    let found = prepare(&cache, &root, &settings, &mut |_| {}, &AtomicBool::new(false)).unwrap();
    let images: Vec<Vec<usize>> = found.facts.parts.iter().map(|part| part.images.clone()).collect();
    assert_eq!(images, [[21, 21], [1, 1], [3, 3]]);
    assert!(!found.facts.validation_drawn);

    let folder = written(Collection::Knee);
    let found = prepared(folder.path(), &self::settings(Collection::Knee, DecoyKind::Text));
    let images: Vec<Vec<usize>> = found.facts.parts.iter().map(|part| part.images.clone()).collect();
    assert_eq!(images, [vec![4; 5], vec![2; 5], vec![3; 5]]);
    assert_eq!(found.facts.original_side, Some(SIDE));
    assert_eq!(found.listing.classes[4], "grade 4");
}

#[test]
fn equal_seeds_give_equal_images() {
    for collection in Collection::ALL {
        let names = [0, 0, 1].map(|seed| {
            let folder = written(collection);
            prepared(folder.path(), &RadiographSettings { seed, ..settings(collection, DecoyKind::Text) }).name
        });
        assert_eq!(names[0], names[1]);
        assert_ne!(names[0], names[2]);
    }
}

#[test]
fn clean_images_are_shared() {
    let folder = written(Collection::Knee);
    let root = folder.path();
    let first = prepared(root, &settings(Collection::Knee, DecoyKind::Text));
    assert_eq!(first.decoded + first.found, 2 * 20 + 2 * 10 + 3 * 15);
    let again = prepared(root, &settings(Collection::Knee, DecoyKind::Text));
    assert_eq!((again.decoded, &again.name), (0, &first.name));
    let stripes = prepared(root, &settings(Collection::Knee, DecoyKind::Stripe));
    assert!(stripes.found >= 20 + 10 + 15, "{} found", stripes.found);
    assert_ne!(stripes.name, first.name);
    CachedListings::of(root.join("cache")).check([first.name.as_str(), &stripes.name]).unwrap();
    Cache::open(root.join("cache"))
        .unwrap()
        .forget(&[stripes.listing.clean.unwrap().valid[0].block.parse().unwrap()])
        .unwrap();
    let error = CachedListings::of(root.join("cache")).check([first.name.as_str()]).unwrap_err().to_string();
    assert!(error.contains("found no block"), "{error}");
}

#[test]
fn a_limit_takes_images_away_and_changes_no_other() {
    for collection in Collection::ALL {
        let folder = written(collection);
        let read = Folder::read(folder.path(), collection).unwrap();
        let all = draw(&read, &settings(collection, DecoyKind::Text));
        let at = |limit| {
            draw(&read, &RadiographSettings { class_limit: Some(limit), ..settings(collection, DecoyKind::Text) })
        };
        let (two, three) = (at(2), at(3));
        let classes = collection.classes().len();
        assert_eq!((two.train.len(), two.valid.len(), two.test.len()), (2 * classes, 2 * classes, 2 * classes));
        assert_eq!((three.train.len(), &three.valid), (3 * classes, &all.valid), "there are two for validation");
        let within = |few: &[_], many: &[_]| few.iter().all(|sample| many.contains(sample));
        assert!(within(&two.train, &three.train) && within(&three.train, &all.train) && within(&three.test, &all.test));
        assert!(within(&two.test, &three.test));
        let limited = RadiographSettings { saliency_limit: Some(2), ..settings(collection, DecoyKind::Text) };
        let found = prepared(folder.path(), &limited);
        assert_eq!(found.listing.saliency.len(), 2 * classes);
        assert_eq!(found.listing.saliency[0], found.listing.tests[1].images[0]);
    }
}

#[test]
fn permuted_decoys_tell_other_classes_and_lie_in_all_places() {
    let folder = tempfile::tempdir().unwrap();
    for grade in 0..5 {
        for part in ["train", "val", "test"] {
            let class = folder.path().join(format!("kneeKL224/{part}/{grade}"));
            fs::create_dir_all(&class).unwrap();
            // Nothing is opened.
            (0..200).for_each(|number| fs::write(class.join(format!("{number:03}.png")), "").unwrap());
        }
    }
    let read = Folder::read(folder.path(), Collection::Knee).unwrap();
    let drawn = draw(&read, &settings(Collection::Knee, DecoyKind::Text));
    let mut told = [[0_usize; 5]; 5];
    let mut places = std::collections::BTreeMap::new();
    for sample in &drawn.test {
        let Decoy::Text(text) = sample.permuted else { panic!("{sample:?}") };
        let class =
            ["ABC", "DEF", "GHI", "JKL", "MNO"].iter().position(|letters| *letters == text.letters.text()).unwrap();
        told[sample.file.label][class] += 1;
        *places.entry((text.left, text.top)).or_insert(0) += 1;
        assert_eq!(sample.contaminated, sample.permuted.telling(sample.file.label, 5));
    }
    assert!(told.iter().flatten().all(|count| (20..=60).contains(count)), "{told:?}");
    assert_eq!(places.keys().copied().collect::<Vec<_>>(), [(0, 0), (0, 44), (40, 0), (40, 44)]);
    assert!(places.values().all(|count| *count > 200), "{places:?}");
    let other = draw(&read, &RadiographSettings { side: 224, ..settings(Collection::Knee, DecoyKind::Text) });
    let corner = |decoy: Decoy| (decoy.region().rows.start > 0, decoy.region().columns.start > 0);
    assert!(drawn.test.iter().zip(&other.test).all(|(one, two)| corner(one.permuted) == corner(two.permuted)));

    let folder = written(Collection::Pneumonia);
    let read = Folder::read(folder.path(), Collection::Pneumonia).unwrap();
    for sample in draw(&read, &settings(Collection::Pneumonia, DecoyKind::Stripe)).valid {
        assert_eq!(sample.permuted, sample.contaminated.telling(1 - sample.file.label, 2));
        assert_ne!(sample.permuted, sample.contaminated);
    }
}

#[test]
fn knees_of_another_size_are_resized() {
    let folder = written(Collection::Knee);
    let settings = RadiographSettings { side: 32, ..settings(Collection::Knee, DecoyKind::Text) };
    let found = prepared(folder.path(), &settings);
    let listed = opened(folder.path(), &found.name);
    assert_eq!(listed.splits.valid.image_shape(), [3, 32, 32]);
    assert_eq!(found.facts.original_side, Some(48));
}

/// Real knees in the official layout, where the variable says so; the numbers are those of the whole collection.
#[test]
fn real_knees_are_read() {
    let Some(root) = std::env::var_os("HERRING_KNEE").map(std::path::PathBuf::from) else { return };
    let cache = tempfile::tempdir().unwrap();
    let cache = Cache::open(cache.path()).unwrap();
    let settings = RadiographSettings { side: 64, ..RadiographSettings::paper(Collection::Knee) };
    let found = prepare(&cache, &root, &settings, &mut |_| {}, &AtomicBool::new(false)).unwrap();
    let counts: Vec<usize> = found.facts.parts.iter().map(|part| part.images.iter().sum()).collect();
    assert_eq!(counts, [5778, 826, 1656]);
    assert!(found.facts.is_official);
    assert_eq!(found.facts.issue, "knee: 5778 training, 826 validation and 1656 test images of 64 pixels");
    assert_eq!(found.facts.original_side, Some(64));
    println!("{} blocks; {:?}", found.decoded, found.facts);
}

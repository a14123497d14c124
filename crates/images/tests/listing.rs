//! The texts of listings, and what several sets, clean parts, rectangles and readings become when they are opened.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

use herring_cache::{Cache, FillSettings, Request};
use herring_datasets::{Image, listed::Listings};
use herring_images::{CachedListings, CleanEntries, Entry, Listing, MaskKind, PerChannel, Reading, TestSet, sha256};
use std::{path::Path, sync::atomic::AtomicBool};

const SIDE: usize = 4;

/// Puts an image of one value a pixel into the cache and returns its key.
fn stored(folder: &Path, value: f32) -> String {
    let cache = Cache::open(folder).unwrap();
    let request = Request { id: "a".into(), origin: String::new(), sources: vec![], recipe: format!("all {value}") };
    let decode = |_: &Request, _: &[Vec<u8>]| Ok(Image::new(1, SIDE, SIDE, vec![value; SIDE * SIDE]).unwrap());
    let stop = AtomicBool::new(false);
    let filled = cache.fill(&[request], decode, &FillSettings::default(), &mut |_| {}, &stop).unwrap();
    filled.keys[0].as_ref().unwrap().to_string()
}

fn entry(id: &str, block: String, mask: MaskKind) -> Entry {
    Entry { id: id.into(), label: 1, environment: 0, block, mask }
}

#[test]
fn listings_without_later_fields_keep_their_names() {
    let names = |names: [&str; 2]| names.map(str::to_owned);
    let mut listing = Listing::new(&names(["no", "yes"]), &names(["a", "b"]), 64, 32);
    listing.test.push(entry("x", "00".into(), MaskKind::Circle));
    let text = "{\"format\":2,\"classes\":[\"no\",\"yes\"],\"environments\":[\"a\",\"b\"],\"size\":64,\
                \"saliency_size\":32,\"train\":[],\"valid\":[],\"test\":[{\"id\":\"x\",\"label\":1,\"environment\":0,\
                \"block\":\"00\",\"mask\":\"circle\"}],\"saliency\":[]}";
    assert_eq!(listing.sha256().unwrap(), sha256(text));
    assert_eq!(listing.test_sets(), [("test", listing.test.as_slice())]);
    assert_eq!(listing.entries().count(), 1);
}

#[test]
fn sets_clean_parts_rectangles_and_readings_are_opened() {
    let folder = tempfile::tempdir().unwrap();
    let [half, one] = [0.5, 1.0].map(|value| stored(folder.path(), value));
    let corner = MaskKind::Outside { rows: [2, 4], columns: [0, 3] };
    let [with, without] = [entry("x", half, corner), entry("x", one, corner)];
    let classes = ["no", "yes"].map(str::to_owned);
    let mut listing = Listing::new(&classes, &["only".to_owned()], SIDE, SIDE);
    [&mut listing.train, &mut listing.valid, &mut listing.saliency]
        .into_iter()
        .for_each(|list| list.push(with.clone()));
    let set = |name: &str, image: &Entry| TestSet { name: name.into(), images: vec![image.clone()] };
    listing.tests = vec![set("permuted", &with), set("clean", &without)];
    listing.clean = Some(CleanEntries { train: vec![without.clone()], valid: vec![without.clone()] });
    listing.reading = Some(Reading { channels: 3, mean: PerChannel::All(0.5711), deviation: PerChannel::All(0.1523) });
    let name = listing.keep(folder.path()).unwrap();
    assert_eq!(Listing::read(folder.path(), &name).unwrap(), listing);
    assert_eq!(listing.entries().count(), 7);

    let listings = CachedListings::of(folder.path());
    listings.check([name.as_str()]).unwrap();
    let listed = listings.open(&name).unwrap();
    let names: Vec<&str> = listed.splits.tests.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["permuted", "clean"]);
    let clean = listed.clean.unwrap();
    let normal = |value: f32| (value - 0.5711) / 0.1523;
    for (dataset, value) in [
        (&listed.splits.train, 0.5),
        (&listed.splits.valid, 0.5),
        (&listed.saliency, 0.5),
        (&listed.splits.tests[0].1, 0.5),
        (&listed.splits.tests[1].1, 1.0),
        (&clean.train, 1.0),
        (&clean.valid, 1.0),
    ] {
        assert_eq!(dataset.image_shape(), [3, SIDE, SIDE]);
        let sample = dataset.sample(0).unwrap();
        assert!(sample.image.values().iter().all(|found| *found == normal(value)), "{:?}", sample.image);
        #[rustfmt::skip]
        let mask = [
            1., 1., 1., 1.,
            1., 1., 1., 1.,
            0., 0., 0., 1.,
            0., 0., 0., 1.,
        ];
        assert_eq!(sample.mask.values(), mask);
    }
    let missing = "0".repeat(listing.train[0].block.len());
    listing.clean = Some(CleanEntries { train: vec![entry("x", missing, corner)], valid: vec![] });
    let name = listing.keep(folder.path()).unwrap();
    let error = listings.check([name.as_str()]).unwrap_err().to_string();
    assert!(error.contains("x") && error.contains("found no block"), "{error}");
}

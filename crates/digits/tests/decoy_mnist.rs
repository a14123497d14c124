//! Decoy-MNIST on the sample: what a patch tells in each set, and what the seed decides.
#![allow(clippy::unwrap_used, reason = "a test that fails here says where")]

use herring_datasets::{
    Dataset,
    listed::{Listed, Listings},
};
use herring_digits::{DecoySettings, DigitListings, Digits, decoy_mnist, listing};

const SETTINGS: DecoySettings = DecoySettings { seed: 0, class_limit: Some(30), saliency_limit: Some(2) };

fn images(settings: &DecoySettings) -> Listed {
    decoy_mnist(&Digits::sample().unwrap(), settings).unwrap()
}

/// The grey value of an image's patch, whose pixels the mask leaves out.
fn told(dataset: &Dataset, index: usize) -> u8 {
    let sample = dataset.sample(index).unwrap();
    let patch: Vec<f32> = sample
        .image
        .values()
        .iter()
        .zip(sample.mask.values())
        .filter(|(_, inside)| **inside == 0.0)
        .map(|(value, _)| (value * 0.3081 + 0.1307) * 255.0)
        .collect();
    assert_eq!(patch.len(), 16);
    assert!(patch.iter().all(|value| (value - patch[0]).abs() < 0.01), "{patch:?}");
    patch[0].round() as u8
}

#[test]
fn the_sample_is_the_head_of_mnist() {
    let digits = Digits::sample().unwrap();
    assert_eq!((digits.train.len(), digits.test.len()), (3300, 1000));
    assert_eq!(digits.train.labels[..10], [5, 0, 4, 1, 9, 2, 1, 3, 1, 4]);
    assert_eq!(digits.test.labels[..10], [7, 2, 1, 0, 4, 1, 4, 9, 5, 9]);
    let sum = |image: &[u8]| image.iter().map(|value| u64::from(*value)).sum::<u64>();
    assert_eq!([sum(digits.train.image(0)), sum(digits.test.image(0))], [27_525, 18_454]);
}

#[test]
fn patches_tell_the_digit_in_training_and_a_drawn_one_elsewhere() {
    let found = images(&SETTINGS);
    let tells_the_label = |dataset: &Dataset| {
        let right = (0..dataset.len()).filter(|&index| {
            let entry = &dataset.entries()[index];
            let value = told(dataset, index);
            assert_eq!(value, 255 - 25 * entry.environment as u8, "the environment is what the patch tells");
            entry.environment == entry.label
        });
        right.count()
    };
    let test = |name: &str| found.splits.test(name).unwrap();
    assert_eq!(tells_the_label(&found.splits.train), found.splits.train.len());
    assert_eq!(tells_the_label(test("contaminated")), test("contaminated").len());
    for permuted in [test("permuted"), &found.splits.valid] {
        let share = tells_the_label(permuted) as f64 / permuted.len() as f64;
        assert!((0.02..0.2).contains(&share), "{share}");
    }
}

#[test]
fn versions_of_an_image_differ_in_its_patch_alone() {
    let found = images(&SETTINGS);
    let clean = found.clean.as_ref().unwrap();
    let test = |name: &str| found.splits.test(name).unwrap();
    for (one, other) in [
        (test("contaminated"), test("clean")),
        (test("permuted"), test("clean")),
        (&found.splits.train, &clean.train),
        (&found.splits.valid, &clean.valid),
    ] {
        assert_eq!(one.len(), other.len());
        for index in 0..one.len() {
            let (one, other) = (one.sample(index).unwrap(), other.sample(index).unwrap());
            assert_eq!((&one.id, one.label, &one.mask), (&other.id, other.label, &other.mask));
            let pixels = one.image.values().iter().zip(other.image.values()).zip(one.mask.values());
            assert!(pixels.filter(|(_, inside)| **inside == 1.0).all(|((one, other), _)| one == other));
        }
    }
}

#[test]
fn parts_share_no_image_and_limits_hold() {
    let whole = images(&DecoySettings { class_limit: None, saliency_limit: None, ..SETTINGS });
    let (train, valid) = (&whole.splits.train, &whole.splits.valid);
    assert_eq!((train.len(), valid.len(), whole.saliency.len()), (2970, 330, 1000));
    let ids = |dataset: &Dataset| dataset.entries().iter().map(|entry| entry.id.clone()).collect::<Vec<_>>();
    assert!(ids(valid).iter().all(|id| !ids(train).contains(id)));
    let limited = images(&SETTINGS);
    assert_eq!(limited.splits.train.class_counts(), [30; 10]);
    assert_eq!(limited.saliency.class_counts(), [2; 10]);
}

#[test]
fn equal_seeds_give_equal_images_and_others_do_not() {
    let told_by = |seed: u32| {
        let found = images(&DecoySettings { seed, ..SETTINGS });
        let permuted = found.splits.test("permuted").unwrap().clone();
        (0..permuted.len()).map(|index| told(&permuted, index)).collect::<Vec<_>>()
    };
    assert_eq!(told_by(3), told_by(3));
    assert_ne!(told_by(3), told_by(4));
}

#[test]
fn a_listing_gives_the_same_images_and_notices_changes() {
    let cache = tempfile::tempdir().unwrap();
    let digits = Digits::sample().unwrap();
    let name = listing::keep(cache.path(), &digits, &SETTINGS).unwrap();
    assert_eq!(name, listing::keep(cache.path(), &digits, &SETTINGS).unwrap());
    let listings = DigitListings::of(cache.path());
    assert!(listings.has(&name) && !listings.has("other"));
    let found = listings.open(&name).unwrap();
    assert_eq!(found.splits.train.samples().unwrap(), images(&SETTINGS).splits.train.samples().unwrap());
    let labels = cache.path().join("digits").join(digits.sha256()).join("t10k-labels-idx1-ubyte");
    let mut bytes = std::fs::read(&labels).unwrap();
    bytes[8] ^= 1;
    std::fs::write(&labels, bytes).unwrap();
    let error = listings.open(&name).unwrap_err().to_string();
    assert!(error.contains("found digits with SHA-256") && !error.contains('\n'), "{error}");
}

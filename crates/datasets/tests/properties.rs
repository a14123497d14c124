//! Properties that hold for all inputs, tried on random ones.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use std::collections::BTreeSet;

use herring_datasets::crosses::{CrossesSettings, splits};
use herring_datasets::{Batch, Batches, Dataset, Image, Sample, mask, permute};
use proptest::prelude::*;
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;

/// An image of distinct values, so that a permutation is told from a copy, and a mask with fractions.
fn image_and_mask() -> impl Strategy<Value = (Image, Image)> {
    (1_usize..4, 1_usize..7, 1_usize..7).prop_flat_map(|(channels, height, width)| {
        let mask = prop::collection::vec(prop::sample::select(vec![0.0_f32, 0.5, 1.0]), height * width);
        mask.prop_map(move |mask| {
            let values = (0..channels * height * width).map(|v| v as f32 + 1.0).collect();
            (Image::new(channels, height, width, values).unwrap(), Image::new(1, height, width, mask).unwrap())
        })
    })
}

fn sorted(values: &[f32]) -> Vec<f32> {
    let mut values = values.to_vec();
    values.sort_by(f32::total_cmp);
    values
}

fn dataset(count: usize) -> Dataset {
    let samples = (0..count)
        .map(|index| Sample {
            id: index.to_string(),
            image: Image::new(2, 1, 2, vec![index as f32; 4]).unwrap(),
            mask: Image::new(1, 1, 2, vec![(index % 2) as f32; 2]).unwrap(),
            label: index % 3,
            environment: index % 2,
        })
        .collect();
    Dataset::new("numbers", 3, samples).unwrap()
}

proptest! {
    #[test]
    fn permuting_moves_outside_values_only((image, mask) in image_and_mask(), seed: u64) {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let permuted = permute::permuted_image(&image, &mask, &mut rng).unwrap();
        prop_assert_eq!(sorted(permuted.values()), sorted(image.values()));
        let weights = mask.values().iter().cycle();
        for ((after, before), &weight) in permuted.values().iter().zip(image.values()).zip(weights) {
            if weight == 1.0 {
                prop_assert_eq!(after, before);
            }
        }
    }

    #[test]
    fn zeroing_keeps_the_inside((image, mask) in image_and_mask()) {
        let mut values = image.values().to_vec();
        permute::zero_outside(&mut values, mask.values()).unwrap();
        let weights = mask.values().iter().cycle();
        for ((after, before), &weight) in values.iter().zip(image.values()).zip(weights) {
            prop_assert_eq!(*after, before * weight);
        }
    }

    #[test]
    fn dilation_is_the_square_neighbourhood((_, mask) in image_and_mask(), sigma in 0.0..2.0_f64) {
        let half_width = mask::dilation_half_width(sigma).unwrap();
        let dilated = mask::dilate(&mask, sigma).unwrap();
        for row in 0..mask.height() {
            for column in 0..mask.width() {
                let near = (0..mask.height()).any(|r| (0..mask.width()).any(|c| {
                    r.abs_diff(row) <= half_width
                        && c.abs_diff(column) <= half_width
                        && mask.get(0, r, c).unwrap() > 0.0
                }));
                prop_assert_eq!(dilated.get(0, row, column), Some(f32::from(u8::from(near))));
            }
        }
    }

    #[test]
    fn batches_cover_each_sample_once(count in 1_usize..70, size in 1_usize..20, seed: u64) {
        let dataset = dataset(count);
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let batches = Batches::shuffled(&dataset, size, &mut rng).unwrap();
        prop_assert_eq!(batches.len(), count.div_ceil(size));
        let order = batches.order().to_vec();
        let batches: Vec<Batch> = batches.collect::<Result<_, _>>().unwrap();
        for (position, batch) in batches.iter().enumerate() {
            let last = position + 1 == batches.len();
            prop_assert_eq!(batch.len(), if last { (count - 1) % size + 1 } else { size });
            prop_assert_eq!(batch.shape(), [batch.len(), 2, 1, 2]);
            prop_assert_eq!(batch.mask_shape(), [batch.len(), 1, 1, 2]);
            for (entry, &index) in batch.indices().iter().enumerate() {
                let sample = &dataset.sample(index).unwrap();
                prop_assert_eq!(&batch.images()[entry * 4..][..4], sample.image.values());
                prop_assert_eq!(&batch.masks()[entry * 2..][..2], sample.mask.values());
                prop_assert_eq!(batch.labels()[entry], sample.label);
                prop_assert_eq!(batch.environments()[entry], sample.environment);
            }
        }
        let seen: Vec<usize> = batches.iter().flat_map(|b| b.indices().to_vec()).collect();
        prop_assert_eq!(&seen, &order);
        prop_assert_eq!(seen.iter().collect::<BTreeSet<_>>().len(), count);
        prop_assert_eq!(seen.len(), count);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn splits_are_disjoint_and_balanced(
        seed: u32,
        train in 1_usize..=256,
        valid in 1_usize..=256,
        test in 1_usize..=256,
    ) {
        let settings = CrossesSettings {
            train: 2 * train,
            valid: 2 * valid,
            test: 2 * test,
            ..CrossesSettings::default()
        };
        let splits = splits(&settings, seed).unwrap();
        let mut seen = BTreeSet::new();
        for (dataset, half) in [(&splits.train, train), (&splits.valid, valid), (&splits.tests[0].1, test)] {
            prop_assert_eq!(dataset.class_counts(), vec![half, half]);
            for sample in dataset.samples().unwrap() {
                prop_assert!(seen.insert(sample.id.clone()), "{} occurs twice", sample.id);
            }
        }
    }
}

#[test]
fn permutations_are_fresh_and_reach_every_order() {
    let image = Image::new(1, 1, 4, vec![1., 2., 3., 4.]).unwrap();
    let mask = Image::new(1, 1, 4, vec![0., 1., 0., 0.]).unwrap();
    let mut rng = ChaCha8Rng::seed_from_u64(3);
    let mut counts = std::collections::BTreeMap::<[u8; 4], usize>::new();
    for _ in 0..6000 {
        let permuted = permute::permuted_image(&image, &mask, &mut rng).unwrap();
        let key: Vec<u8> = permuted.values().iter().map(|&v| v as u8).collect();
        *counts.entry(key.try_into().unwrap()).or_default() += 1;
    }
    assert_eq!(counts.len(), 6);
    // 1000 expected; the standard deviation is 29.
    assert!(counts.values().all(|&count| (850..1150).contains(&count)), "{counts:?}");
}

#[test]
fn a_batch_permutes_each_image_by_its_own_mask() {
    let dataset = dataset(6);
    let batch = Batch::gather(&dataset, &[1, 4, 4, 3]).unwrap();
    let mut rng = ChaCha8Rng::seed_from_u64(1);
    // Every image is constant, so a permutation within images changes nothing.
    assert_eq!(batch.permuted_images(&mut rng), batch.images());
    assert_eq!(batch.zeroed_images(), [1., 1., 1., 1., 0., 0., 0., 0., 0., 0., 0., 0., 3., 3., 3., 3.]);
    assert_eq!(batch.outside(), [0., 0., 1., 1., 1., 1., 0., 0.]);
}

#[test]
fn bad_batches_and_shapes_are_refused() {
    let dataset = dataset(3);
    let mut rng = ChaCha8Rng::seed_from_u64(1);
    assert_eq!(
        Batch::gather(&dataset, &[3]).unwrap_err().to_string(),
        "index is 3, expected less than 3, the size of numbers"
    );
    assert!(Batch::gather(&dataset, &[]).is_err());
    assert!(Batches::sequential(&dataset, 0).is_err());
    assert!(Batches::shuffled(&dataset, 0, &mut rng).is_err());
    assert!(permute::permute_outside(&mut [0.; 5], &[0.; 2], &mut rng).is_err());
    assert!(permute::zero_outside(&mut [0.; 5], &[]).is_err());
    let image = Image::new(1, 2, 3, vec![0.; 6]).unwrap();
    let mask = Image::new(1, 3, 2, vec![0.; 6]).unwrap();
    assert!(permute::permuted_image(&image, &mask, &mut rng).is_err());
}

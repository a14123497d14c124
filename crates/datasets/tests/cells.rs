//! The cells of a dataset, and epochs in which each is drawn equally often.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use herring_datasets::{Batches, Cells, Dataset, Image, Sample};
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;

/// Images of these classes and environments.
fn dataset(cells: &[(usize, usize)]) -> Dataset {
    let sample = |(place, &(label, environment)): (usize, &(usize, usize))| Sample {
        id: place.to_string(),
        image: Image::new(1, 1, 1, vec![0.0]).unwrap(),
        mask: Image::new(1, 1, 1, vec![1.0]).unwrap(),
        label,
        environment,
    };
    Dataset::new("cells", 3, cells.iter().enumerate().map(sample).collect()).unwrap()
}

#[test]
fn cells_with_images_are_numbered_by_class_then_environment() {
    let cells = Cells::of(&dataset(&[(2, 1), (0, 5), (2, 0), (0, 5), (0, 1)]));
    assert_eq!(cells.of_samples(), [3, 1, 2, 1, 0]);
    assert_eq!(cells.members(), [vec![4], vec![1, 3], vec![2], vec![0]]);
    assert_eq!(cells.counts(), [1, 2, 1, 1]);
}

#[test]
fn a_balanced_epoch_draws_each_cell_equally_often_and_each_of_its_samples() {
    // 288 images of one cell, 10 of another and 2 of a third.
    let of = |place: usize| if place < 288 { (0, 0) } else { (1, usize::from(place < 298)) };
    let dataset = dataset(&(0..300).map(of).collect::<Vec<_>>());
    let cells = Cells::of(&dataset);
    assert_eq!(cells.counts(), [288, 2, 10]);
    let epoch = |seed| Batches::balanced(&dataset, 16, &cells, &mut ChaCha8Rng::seed_from_u64(seed)).unwrap();
    let mut drawn = vec![0; 300];
    for seed in 0..100 {
        assert_eq!(epoch(seed).len(), 19);
        epoch(seed).order().iter().for_each(|&place| drawn[place] += 1);
    }
    // Of 30000 draws a third each, with a standard deviation of 82.
    for (cell, places) in cells.members().iter().enumerate() {
        let count: usize = places.iter().map(|&place| drawn[place]).sum();
        assert!(count.abs_diff(10_000) < 330, "cell {cell}: {count}");
        // Each image of the cell alike: within five standard deviations.
        let expected = 10_000 / places.len();
        for &place in places {
            let far = drawn[place].abs_diff(expected) as f64;
            assert!(far < 5.0 * (expected as f64).sqrt(), "image {place}: {} of {expected}", drawn[place]);
        }
    }
    assert_eq!(epoch(3).order(), epoch(3).order());
    assert_ne!(epoch(3).order(), epoch(4).order());
    assert!(Batches::balanced(&dataset, 0, &cells, &mut ChaCha8Rng::seed_from_u64(0)).is_err());
}

//! The generated images against the statistics of the authors' (means over 2,500 images of each class, recomputed from their
//! stored results).

use herring_cardiac::{Body, Class, Experiment, Generator, HEIGHT, Region, Section, Sex, WIDTH};
use rand::SeedableRng;

const COUNT: u64 = 2500;

/// Class, share of the heart, of fat and of the marker.
type Published = [(Class, f64, f64, f64); 4];

const SIZES: Published = [
    (Class::Normal, 0.09726, 0.00868, 0.0),
    (Class::Hypertrophic, 0.09593, 0.00865, 0.0),
    (Class::Dilated, 0.18719, 0.00927, 0.0),
    (Class::Arrhythmogenic, 0.13720, 0.00858, 0.0),
];

const MARKER: Published = [
    (Class::Normal, 0.07098, 0.00768, 0.002816),
    (Class::Hypertrophic, 0.06657, 0.00766, 0.003344),
    (Class::Dilated, 0.13683, 0.00809, 0.002777),
    (Class::Arrhythmogenic, 0.08975, 0.00765, 0.004165),
];

fn means(experiment: Experiment, class: Class) -> [f64; 3] {
    let generator = Generator { experiment, seed: 1 };
    let mut sums = [0.0; 3];
    for index in 0..COUNT {
        let section = generator.section(class, index);
        let shares = [
            section.share(Region::is_heart),
            section.share(|region| region == Region::Fat),
            section.share(|region| region == Region::Marker),
        ];
        for (sum, share) in sums.iter_mut().zip(shares) {
            *sum += share / COUNT as f64;
        }
    }
    sums
}

#[test]
fn mean_shares_are_those_of_the_authors() {
    for (experiment, published, tolerance) in [(Experiment::Sizes, SIZES, 0.025), (Experiment::Marker, MARKER, 0.015)] {
        for (class, heart, fat, marker) in published {
            let found = means(experiment, class);
            println!("{experiment:?} {class:?}: heart {:.5}, fat {:.5}, marker {:.6}", found[0], found[1], found[2]);
            for (found, expected, tolerance) in
                [(found[0], heart, tolerance), (found[1], fat, tolerance), (found[2], marker, 0.06)]
            {
                let off = (found - expected).abs();
                assert!(off <= tolerance * expected, "{experiment:?} {class:?}: {found} instead of {expected}");
            }
        }
    }
}

#[test]
fn an_image_is_its_number_s_alone() {
    let generator = Generator { experiment: Experiment::Sizes, seed: 3 };
    let alone = generator.section(Class::Hypertrophic, 40);
    for index in 0..40 {
        assert_ne!(generator.section(Class::Hypertrophic, index), alone);
    }
    assert_eq!(generator.section(Class::Hypertrophic, 40), alone);
    assert_ne!(Generator { seed: 4, ..generator }.section(Class::Hypertrophic, 40), alone);
    assert_ne!(generator.section(Class::Dilated, 40), alone);
}

#[test]
fn brightness_tells_the_tissues_apart() {
    let section = Generator { experiment: Experiment::Marker, seed: 0 }.section(Class::Normal, 1);
    let mean = |wanted: Region| {
        let of = section.pixels.iter().zip(&section.regions).filter(|(_, region)| **region == wanted);
        let (sum, count) = of.fold((0.0, 0.0), |(sum, count), (value, _)| (sum + f64::from(*value), count + 1.0));
        sum / count
    };
    // Bytes are cut off: half a unit below the means.
    for (region, expected) in
        [(Region::LeftWall, 50.5), (Region::RightWall, 50.5), (Region::LeftCavity, 203.5), (Region::Fat, 229.0)]
    {
        assert!((mean(region) - expected).abs() < 0.6, "{region:?}: {}", mean(region));
    }
    assert_eq!(mean(Region::Background), 0.0);
}

#[test]
fn the_marker_is_on_the_images_of_men_only() {
    for seed in 0..40 {
        let mut random = rand_chacha::ChaCha8Rng::seed_from_u64(seed);
        let body = Body::draw(Experiment::Marker, Class::Normal, &mut random);
        let section = Section::draw(Experiment::Marker, &body, &mut random);
        let marked: Vec<usize> =
            (0..HEIGHT * WIDTH).filter(|place| section.regions[*place] == Region::Marker).collect();
        if body.sex == Sex::Male {
            assert_eq!((marked.len(), marked[0], marked[80]), (81, 95 * WIDTH + 125, 103 * WIDTH + 133));
            assert!(marked.iter().all(|place| section.pixels[*place] == 255));
        } else {
            assert!(marked.is_empty());
        }
    }
}

#[test]
fn bodies_of_any_size_fit_into_the_image_or_are_cut_off() {
    let mut random = rand_chacha::ChaCha8Rng::seed_from_u64(5);
    let body = Body::draw(Experiment::Sizes, Class::Dilated, &mut random);
    for size in [0.0, 1e-3, 3.0, 50.0] {
        let grown = Body {
            size,
            left_radius: body.left_radius * size,
            left_wall: body.left_wall * size,
            right_radius: body.right_radius * size,
            right_wall: body.right_wall * size,
            fat: body.fat * size - 1.0,
            ..body
        };
        let section = Section::draw(Experiment::Sizes, &grown, &mut random);
        assert_eq!(section.pixels.len(), HEIGHT * WIDTH);
    }
}

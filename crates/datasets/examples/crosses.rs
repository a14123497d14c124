//! Prints one sample of each class and split as text, and the input of the Masked control.
//!
//! ```text
//! cargo run --release --package herring-datasets --example crosses
//! ```

use herring_datasets::crosses::{CrossesSettings, splits};
use herring_datasets::{DatasetError, Image, Sample, permute};
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;

fn main() -> Result<(), DatasetError> {
    let splits = splits(&CrossesSettings::default(), 1234)?;
    let mut rng = ChaCha8Rng::seed_from_u64(0);
    println!("# lit inside the mask   o lit outside   : mask   . nothing");
    println!("left: the sample   right: outside pixels permuted");
    for dataset in [&splits.train, &splits.valid, &splits.tests[0].1] {
        for label in 0..dataset.classes() {
            let Some(index) = dataset.entries().iter().position(|entry| entry.label == label) else {
                continue;
            };
            let sample = dataset.sample(index)?;
            println!("\n{}, {}: label {label}, environment {}", dataset.name(), sample.id, sample.environment);
            let permuted = permute::permuted_image(&sample.image, &sample.mask, &mut rng)?;
            print_pair(&sample, &permuted);
        }
    }
    Ok(())
}

fn print_pair(sample: &Sample, permuted: &Image) {
    let width = sample.image.width();
    let lines = |image: &Image| -> Vec<String> {
        let letters: Vec<char> = image
            .values()
            .iter()
            .zip(sample.mask.values())
            .map(|pair| match pair {
                (&lit, &inside) if lit > 0.0 && inside > 0.0 => '#',
                (&lit, _) if lit > 0.0 => 'o',
                (_, &inside) if inside > 0.0 => ':',
                _ => '.',
            })
            .collect();
        letters.chunks(width).map(|row| row.iter().collect()).collect()
    };
    for (left, right) in lines(&sample.image).iter().zip(lines(permuted)) {
        println!("{left}   {right}");
    }
}

//! Random streams: one for each picture and purpose.
//!
//! A picture's bytes depend on the seed, the collection and the picture's number, and on nothing else:
//! neither on the order of work nor on the number of threads.

use rand::{Rng, RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// The collections, which share no stream.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Collection {
    Nih = 1,
    Padchest = 2,
    Rsna = 3,
    Own = 4,
    Decathlon = 5,
    Pneumonia = 6,
    Knee = 7,
    Shapes = 8,
}

/// The purpose of a stream, so that a change in one ingredient does not affect the others.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Purpose {
    Order = 0,
    Anatomy = 1,
    Pathology = 2,
    Clouds = 3,
    Grain = 4,
    Marker = 5,
    Row = 6,
}

/// The stream of one picture for one purpose.
pub(crate) fn stream(seed: u32, collection: Collection, number: usize, purpose: Purpose) -> ChaCha8Rng {
    let mut rng = ChaCha8Rng::seed_from_u64(u64::from(seed));
    rng.set_stream(((collection as u64) << 56) | ((purpose as u64) << 48) | number as u64);
    rng
}

/// A draw from `low` to `high`, even.
pub(crate) fn between(rng: &mut ChaCha8Rng, low: f32, high: f32) -> f32 {
    low + (high - low) * rng.random::<f32>()
}

/// A draw of mean 0 and standard deviation 1, nearly normal: the sum of the four bytes of one word.
/// It needs no logarithm, whose last digit would differ from platform to platform.
pub(crate) fn normal(rng: &mut ChaCha8Rng) -> f32 {
    let sum: u32 = rng.next_u32().to_le_bytes().into_iter().map(u32::from).sum();
    // The variance of four bytes is 4 (256^2 - 1) / 12 = 21845.
    (sum as f32 - 510.0) * (1.0 / 147.800_54)
}

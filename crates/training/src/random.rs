//! Random streams: an independent one for each seed, purpose and epoch; no global generator.
//!
//! Runs of one seed share their initial weights, their order and their permutations, independent of the
//! method, so that methods are compared on equal terms. The authors' own streams decide which images a seed
//! selects (see `herring-datasets`); their initial weights came from an unseeded generator and cannot be
//! repeated.

use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;

/// The purpose of a stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Purpose {
    Weights,
    Discriminator,
    Order,
    Permutation,
    Augmentation,
    TrainScores,
    Masks,
    Annotations,
    Fraction,
    Noise,
}

impl Purpose {
    fn name(self) -> &'static [u8] {
        match self {
            Self::Weights => b"weights",
            Self::Discriminator => b"discriminator",
            Self::Order => b"order",
            Self::Permutation => b"permutation",
            Self::Augmentation => b"augmentation",
            Self::TrainScores => b"train-scores",
            Self::Masks => b"masks",
            Self::Annotations => b"annotations",
            Self::Fraction => b"fraction",
            Self::Noise => b"noise",
        }
    }
}

/// The stream of a purpose. `epoch` counts from 1; 0 is for initialisation.
pub(crate) fn stream(seed: u32, purpose: Purpose, epoch: usize) -> ChaCha8Rng {
    let mut key = [0u8; 32];
    key[..4].copy_from_slice(&seed.to_le_bytes());
    key[4..12].copy_from_slice(&(epoch as u64).to_le_bytes());
    let name = purpose.name();
    key[12..12 + name.len()].copy_from_slice(name);
    ChaCha8Rng::from_seed(key)
}

/// The stream of a purpose for one batch of an epoch. Its state need not be saved for the next batch.
pub(crate) fn batch_stream(seed: u32, purpose: Purpose, epoch: usize, batch: usize) -> ChaCha8Rng {
    let mut stream = stream(seed, purpose, epoch);
    stream.set_stream(batch as u64);
    stream
}

/// How far a stream has been drawn, in words of 32 bits.
pub(crate) fn position(stream: &ChaCha8Rng) -> u64 {
    // An epoch draws far less than the 2^68 words that a stream has.
    stream.get_word_pos() as u64
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::Rng;

    /// A change of the library's shuffling would silently change every result.
    #[test]
    fn the_order_of_an_epoch_is_what_it_always_was() {
        use rand::seq::SliceRandom;
        let mut order: Vec<u32> = (0..12).collect();
        order.shuffle(&mut stream(1234, Purpose::Order, 1));
        assert_eq!(order, [7, 5, 10, 4, 11, 1, 6, 2, 8, 9, 3, 0]);
    }

    #[test]
    fn streams_differ_in_each_part_and_repeat() {
        let first = |seed, purpose, epoch| stream(seed, purpose, epoch).next_u64();
        let base = first(1, Purpose::Order, 1);
        assert_eq!(base, first(1, Purpose::Order, 1));
        let others = [first(2, Purpose::Order, 1), first(1, Purpose::Permutation, 1), first(1, Purpose::Order, 2)];
        assert!(others.iter().all(|other| *other != base));
    }
}

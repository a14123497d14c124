//! Random points, each from a stream of its own.

use crate::{Study, Trial};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// How many times a point that was tried already is redrawn at most.
const ATTEMPTS: usize = 100;

/// The random numbers of one trial. Every trial has two streams, so that the model's draws do not
/// affect the random points.
fn stream(seed: u64, number: usize, of_model: bool) -> ChaCha8Rng {
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    random.set_stream(2 * number as u64 + u64::from(of_model));
    random
}

/// The random point for the trial after `trials`.
pub(super) fn point(study: &Study, trials: &[Trial]) -> Vec<f64> {
    let mut random = stream(study.seed, trials.len() + 1, false);
    let mut draw =
        || -> Vec<f64> { study.dimensions.iter().map(|dimension| dimension.range.draw(random.random())).collect() };
    let tried = |point: &[f64]| {
        trials.iter().any(|trial| trial.values.iter().zip(point).all(|((_, value), drawn)| value == drawn))
    };
    let mut point = draw();
    for _ in 0..ATTEMPTS {
        if !tried(&point) {
            break;
        }
        point = draw();
    }
    point
}

/// The seed of the model for the trial `number`.
#[cfg(feature = "bayesian")]
pub(super) fn model_seed(seed: u64, number: usize) -> u64 {
    stream(seed, number, true).random()
}

//! Intervals for a mean, usually a mean over seeds.
//!
//! Two kinds. [`student_mean_interval`] assumes that values scatter normally. The percentile bootstrap,
//! [`bootstrap_mean_interval`], assumes only that they are a fair sample, and is a little too narrow for
//! few values; it is what the plotting library draws as the band of the ICLR 2021 paper's curves (level
//! 0.95, 1000 iterations), where the paper's caption says "mean and standard deviation".

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use crate::{StatsError, check, scale::Scaled, student, summary};

/// A range of plausible values.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Interval {
    /// Lower end.
    pub low: f64,
    /// Upper end, at least `low`.
    pub high: f64,
}

/// Student's t interval of the mean: `mean ± t s / sqrt(n)` with `n - 1` degrees of freedom. `level` is
/// the coverage, for instance 0.95.
///
/// # Errors
/// [`StatsError::OutOfRange`] unless `0 < level < 1`, [`StatsError::TooFew`] for fewer than 2 values,
/// [`StatsError::NotFinite`], [`StatsError::Overflow`].
pub fn student_mean_interval(values: &[f64], level: f64) -> Result<Interval, StatsError> {
    check::at_least(2, "values", values)?;
    let (scaled, count) = (Scaled::of(values), values.len() as f64);
    let deviation = summary::scaled_deviation(&scaled);
    let half = student::two_sided_quantile(level, count - 1.0)? * deviation / count.sqrt();
    let end = |end: f64| check::fits("end of the interval", scaled.restored(end));
    Ok(Interval { low: end(scaled.mean() - half)?, high: end(scaled.mean() + half)? })
}

/// Percentile bootstrap interval of the mean.
///
/// Draws `iterations` samples of the same size with replacement and returns the percentiles
/// `(1 - level) / 2` and `(1 + level) / 2` of their means, linearly interpolated. The draws come from a
/// ChaCha8 stream of `seed`: equal arguments give equal results, bit for bit.
///
/// # Errors
/// [`StatsError::OutOfRange`] unless `0 < level < 1` and `iterations > 0`, [`StatsError::TooFew`] for
/// fewer than 2 values, [`StatsError::NotFinite`].
pub fn bootstrap_mean_interval(
    values: &[f64],
    level: f64,
    iterations: usize,
    seed: u64,
) -> Result<Interval, StatsError> {
    check::level(level)?;
    check::at_least(2, "values", values)?;
    if iterations == 0 {
        return Err(StatsError::OutOfRange { field: "iterations", found: 0.0, expected: "at least 1" });
    }
    let scaled = Scaled::of(values);
    let drawn = scaled.values();
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let mut means: Vec<f64> = (0..iterations)
        .map(|_| {
            let sum: f64 = (0..drawn.len()).map(|_| drawn[rng.random_range(0..drawn.len())]).sum();
            sum / drawn.len() as f64
        })
        .collect();
    means.sort_by(f64::total_cmp);
    let tail = 50.0 * (1.0 - level);
    Ok(Interval {
        low: scaled.restored(summary::sorted_percentile(&means, tail)),
        high: scaled.restored(summary::sorted_percentile(&means, 100.0 - tail)),
    })
}

//! Statistics over seeds, computed by `herring-stats`.

use herring_stats::{
    correlation::{pearson, spearman},
    interval::student_mean_interval,
    student::two_sided_quantile,
    summary::{mean, standard_deviation},
};
use serde::Serialize;

/// Coverage of all intervals.
const LEVEL: f64 = 0.95;

/// The statistics of one score over seeds.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Spread {
    /// Mean over seeds.
    pub mean: f64,
    /// Sample standard deviation; absent for one seed.
    pub sd: Option<f64>,
    /// Student's 95 % interval of the mean, clipped to the score's range; absent for one seed.
    pub interval: Option<(f64, f64)>,
    /// Number of seeds.
    pub seeds: usize,
}

impl Spread {
    /// The statistics of numbers in `range`; `None` without numbers.
    pub fn of(values: &[f64], range: (f64, f64)) -> Option<Self> {
        let interval = student_mean_interval(values, LEVEL).ok();
        Some(Self {
            mean: mean(values).ok()?,
            sd: standard_deviation(values).ok(),
            interval: interval.map(|found| (found.low.max(range.0), found.high.min(range.1))),
            seeds: values.len(),
        })
    }
}

/// Half the length of the 95 % interval of a mean of `seeds` numbers with standard deviation `sd`; 0
/// for fewer than two.
pub fn half_interval(sd: f64, seeds: usize) -> f64 {
    let quantile = two_sided_quantile(LEVEL, seeds as f64 - 1.0);
    quantile.map_or(0.0, |quantile| quantile * sd / (seeds as f64).sqrt())
}

/// Welch's 95 % interval of the difference of two means; `None` if either has only one seed.
pub fn difference_interval(one: &Spread, other: &Spread) -> Option<(f64, f64)> {
    let share = |of: &Spread| Some((of.sd?.powi(2) / of.seeds as f64, of.seeds as f64 - 1.0));
    let ((first, first_freedom), (second, second_freedom)) = (share(one)?, share(other)?);
    let difference = one.mean - other.mean;
    let variance = first + second;
    if variance == 0.0 {
        return Some((difference, difference));
    }
    let freedom = variance.powi(2) / (first.powi(2) / first_freedom + second.powi(2) / second_freedom);
    let reach = two_sided_quantile(LEVEL, freedom).ok()? * variance.sqrt();
    Some((difference - reach, difference + reach))
}

/// The correlation of two scores.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Correlation {
    /// Pearson's r, in `[-1, 1]`.
    pub pearson: f64,
    /// Its 95 % interval by Fisher's transformation; absent for fewer than four pairs.
    pub interval: Option<(f64, f64)>,
    /// Spearman's ρ, in `[-1, 1]`.
    pub spearman: f64,
}

impl Correlation {
    /// The correlation of pairs; `None` if there are too few or one score is constant.
    pub fn of(one: &[f64], other: &[f64]) -> Option<Self> {
        let linear = pearson(one, other).ok()?;
        let interval = linear.fisher_interval(LEVEL).ok();
        Some(Self {
            pearson: linear.coefficient,
            interval: interval.map(|found| (found.low, found.high)),
            spearman: spearman(one, other).ok()?.coefficient,
        })
    }
}

//! What is said of numbers over seeds; the statistics themselves are those of `herring-stats`.

use herring_stats::{
    correlation::{pearson, spearman},
    interval::student_mean_interval,
    student::two_sided_quantile,
    summary::{mean, standard_deviation},
};
use serde::Serialize;

/// Coverage of every interval.
const LEVEL: f64 = 0.95;

/// A column of a row: what the seeds have in common.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Spread {
    /// Mean over seeds.
    pub mean: f64,
    /// Sample standard deviation; absent for one seed.
    pub sd: Option<f64>,
    /// 95 % interval of the mean after Student, within the range that the number can have; absent
    /// for one seed.
    pub interval: Option<(f64, f64)>,
    /// How many seeds.
    pub seeds: usize,
}

impl Spread {
    /// Of numbers that lie in `range`; `None` where there are none.
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

/// The 95 % interval of the difference of two means after Welch; `None` where either has one seed only.
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

/// How two columns of numbers go together.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Correlation {
    /// Pearson's, in `[-1, 1]`.
    pub pearson: f64,
    /// Fisher's 95 % interval of it; absent for fewer than four pairs.
    pub interval: Option<(f64, f64)>,
    /// Spearman's, in `[-1, 1]`.
    pub spearman: f64,
}

impl Correlation {
    /// Of pairs; `None` where they are too few or one column is constant.
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

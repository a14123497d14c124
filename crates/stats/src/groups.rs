//! Two groups of models compared by one score of each (heatmap-loss): do they differ, by how much, and are the scores
//! normally distributed?
//!
//! A group holds many models that were trained in one way, thirty or fifty of them; its scores need not be
//! normally distributed, so the test is one of ranks. Functions have the conventions of SciPy and pingouin, which the
//! authors used.

use crate::{
    StatsError, check, rank,
    scale::Scaled,
    summary::{self, percentile},
};
use statrs::function::erf;

/// Result of the Mann-Whitney test.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct MannWhitney {
    /// Pairs of a value of `a` and one of `b` in which the former is larger; equal ones count half.
    pub u: f64,
    /// Two-sided, by the normal approximation with corrections for ties and for continuity.
    pub p_value: f64,
    /// Rank-biserial correlation, `1 - 2 U / (m n)`: 1 where every value of `b` is larger, -1 where every one of `a` is. The sign is
    /// that of the authors' numbers; pingouin 0.7 has the other one.
    pub rank_biserial: f64,
    /// Common-language effect size, `U / (m n)`: the share of pairs in which `a` is larger.
    pub common_language: f64,
}

/// The Mann-Whitney U test of two independent groups: whether a value of one tends to be larger than one of the other.
///
/// As SciPy's `mannwhitneyu(a, b, method="asymptotic")`; effect sizes as in pingouin's `mwu`.
///
/// # Errors
/// [`StatsError::TooFew`] for an empty group, [`StatsError::NotFinite`], [`StatsError::Constant`] if all values of both are
/// equal.
pub fn mann_whitney(a: &[f64], b: &[f64]) -> Result<MannWhitney, StatsError> {
    check::at_least(1, "a", a)?;
    check::at_least(1, "b", b)?;
    let together = [a, b].concat();
    check::spread("a and b", &together)?;
    let ranks = rank::unchecked(&together);
    let (m, n) = (a.len() as f64, b.len() as f64);
    let pairs = m * n;
    let u = ranks[..a.len()].iter().sum::<f64>() - m * (m + 1.0) / 2.0;
    let total = m + n;
    let variance = pairs / 12.0 * (total + 1.0 - ties(&together) / (total * (total - 1.0)));
    // Half a unit nearer to the expectation, for continuity.
    let z = (u.max(pairs - u) - pairs / 2.0 - 0.5) / variance.sqrt();
    Ok(MannWhitney {
        u,
        p_value: (2.0 * upper_tail(z)).min(1.0),
        rank_biserial: 1.0 - 2.0 * u / pairs,
        common_language: u / pairs,
    })
}

/// The sum of `t³ - t` over the sets of `t` equal values.
fn ties(values: &[f64]) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let sizes = sorted.chunk_by(|one, other| one == other).map(|tied| tied.len() as f64);
    sizes.map(|size| size.powi(3) - size).sum()
}

/// Cohen's d: the difference of the means in units of the pooled standard deviation; positive if `a` is larger.
///
/// # Errors
/// [`StatsError::TooFew`] if either group has fewer than 2 values, [`StatsError::NotFinite`], [`StatsError::Constant`] if
/// neither has any spread, [`StatsError::Overflow`].
pub fn cohens_d(a: &[f64], b: &[f64]) -> Result<f64, StatsError> {
    check::at_least(2, "a", a)?;
    check::at_least(2, "b", b)?;
    if check::spread("a", a).is_err() && check::spread("b", b).is_err() {
        return Err(StatsError::Constant { what: "a and b" });
    }
    // One scale for both, so that no square leaves the range.
    let together = Scaled::of(&[a, b].concat());
    let (a, b) = together.values().split_at(a.len());
    let of = |values: &[f64]| {
        let mean = values.iter().sum::<f64>() / values.len() as f64;
        (mean, values.iter().map(|value| (value - mean).powi(2)).sum::<f64>())
    };
    let ((mean_a, squares_a), (mean_b, squares_b)) = (of(a), of(b));
    let pooled = ((squares_a + squares_b) / (a.len() + b.len() - 2) as f64).sqrt();
    check::fits("Cohen's d", (mean_a - mean_b) / pooled)
}

/// The values that lie within `reach` interquartile ranges of the quartiles, in their order. The usual reach is 1.5; quartiles
/// are those of [`percentile`].
///
/// # Errors
/// [`StatsError::TooFew`] for no values, [`StatsError::NotFinite`], [`StatsError::OutOfRange`] for a reach that is not a finite
/// number from 0 up.
pub fn without_outliers(values: &[f64], reach: f64) -> Result<Vec<f64>, StatsError> {
    if !(reach.is_finite() && reach >= 0.0) {
        return Err(StatsError::OutOfRange { field: "reach", found: reach, expected: "finite and at least 0" });
    }
    let (low, high) = (percentile(values, 25.0)?, percentile(values, 75.0)?);
    let margin = reach * (high - low);
    Ok(values.iter().copied().filter(|value| (low - margin..=high + margin).contains(value)).collect())
}

/// Result of the Shapiro-Wilk test.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ShapiroWilk {
    /// Between 0 and 1; 1 for values that lie as those of a normal distribution are expected to.
    pub w: f64,
    /// Of a `w` at least as small, if the distribution is normal.
    pub p_value: f64,
}

/// Most values that [`shapiro_wilk`] takes: Royston fitted his approximation up to there.
pub const SHAPIRO_WILK_LIMIT: usize = 5000;

/// The Shapiro-Wilk test of normality, with Royston's approximations of weights and p-value (1995, algorithm AS R94).
///
/// # Errors
/// [`StatsError::TooFew`] for fewer than 3 values, [`StatsError::NotFinite`], [`StatsError::Constant`] for equal ones,
/// [`StatsError::OutOfRange`] for more than [`SHAPIRO_WILK_LIMIT`].
pub fn shapiro_wilk(values: &[f64]) -> Result<ShapiroWilk, StatsError> {
    check::at_least(3, "values", values)?;
    check::spread("values", values)?;
    if values.len() > SHAPIRO_WILK_LIMIT {
        let found = values.len() as f64;
        return Err(StatsError::OutOfRange { field: "number of values", found, expected: "at most 5000" });
    }
    let scaled = Scaled::of(values);
    let mut sorted = scaled.values().to_vec();
    sorted.sort_by(f64::total_cmp);
    let weights = weights(sorted.len());
    let slope: f64 = weights
        .iter()
        .zip(sorted.iter().zip(sorted.iter().rev()))
        .map(|(weight, (low, high))| weight * (high - low))
        .sum();
    // Rounding may lift it above 1.
    let w = (slope * slope / scaled.squared_deviations()).min(1.0);
    Ok(ShapiroWilk { w, p_value: p_value(w, sorted.len()) })
}

/// `c[0] + c[1] x + c[2] x² + ...`.
fn polynomial(coefficients: &[f64], x: f64) -> f64 {
    coefficients.iter().rev().fold(0.0, |sum, coefficient| sum * x + coefficient)
}

/// The weights of the upper half of the sorted values, from the outermost on; the lower half has their negatives.
fn weights(count: usize) -> Vec<f64> {
    if count == 3 {
        return vec![0.5f64.sqrt()];
    }
    let size = count as f64;
    // Approximate expectations of the sorted values of a normal sample, the largest first.
    let expected: Vec<f64> =
        (1..=count / 2).map(|place| -normal_quantile((place as f64 - 0.375) / (size + 0.25))).collect();
    let squares = 2.0 * expected.iter().map(|value| value * value).sum::<f64>();
    let reciprocal = 1.0 / size.sqrt();
    let outer =
        |coefficients: &[f64], place: usize| polynomial(coefficients, reciprocal) + expected[place] / squares.sqrt();
    let first = outer(&[0.0, 0.221157, -0.147981, -2.07119, 4.434685, -2.706056], 0);
    let mut weights = vec![first];
    if count > 5 {
        weights.push(outer(&[0.0, 0.042981, -0.293762, -1.752461, 5.682633, -3.582633], 1));
    }
    let of_outer = |values: &[f64]| 2.0 * values.iter().take(weights.len()).map(|value| value * value).sum::<f64>();
    let factor = ((squares - of_outer(&expected)) / (1.0 - of_outer(&weights))).sqrt();
    let inner: Vec<f64> = expected[weights.len()..].iter().map(|value| value / factor).collect();
    weights.extend(inner);
    weights
}

fn p_value(w: f64, count: usize) -> f64 {
    let size = count as f64;
    if count == 3 {
        // Exact.
        let p = 6.0 / std::f64::consts::PI * (w.sqrt().asin() - 0.75f64.sqrt().asin());
        return p.max(0.0);
    }
    let mut y = (1.0 - w).ln();
    let (mean, deviation) = if count <= 11 {
        let limit = polynomial(&[-2.273, 0.459], size);
        if y >= limit {
            return 0.0;
        }
        y = -(limit - y).ln();
        (
            polynomial(&[0.544, -0.39978, 0.025054, -6.714e-4], size),
            polynomial(&[1.3822, -0.77857, 0.062767, -0.0020322], size).exp(),
        )
    } else {
        let log = size.ln();
        (
            polynomial(&[-1.5861, -0.31082, -0.083751, 0.0038915], log),
            polynomial(&[-0.4803, -0.082676, 0.0030302], log).exp(),
        )
    };
    upper_tail((y - mean) / deviation)
}

/// The probability that a standard normal number is above `z`.
fn upper_tail(z: f64) -> f64 {
    0.5 * erf::erfc(z / std::f64::consts::SQRT_2)
}

/// The value below which a standard normal number lies with this probability.
fn normal_quantile(probability: f64) -> f64 {
    -std::f64::consts::SQRT_2 * erf::erfc_inv(2.0 * probability)
}

/// What a group's scores are, for a table: mean, sample standard deviation, median, smallest and largest.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Described {
    /// Arithmetic mean.
    pub mean: f64,
    /// Sample standard deviation.
    pub standard_deviation: f64,
    /// Middle value.
    pub median: f64,
    /// Smallest value.
    pub least: f64,
    /// Largest value.
    pub greatest: f64,
}

/// Describes a group.
///
/// # Errors
/// [`StatsError::TooFew`] for fewer than 2 values, [`StatsError::NotFinite`], [`StatsError::Overflow`].
pub fn describe(values: &[f64]) -> Result<Described, StatsError> {
    Ok(Described {
        mean: summary::mean(values)?,
        standard_deviation: summary::standard_deviation(values)?,
        median: percentile(values, 50.0)?,
        least: percentile(values, 0.0)?,
        greatest: percentile(values, 100.0)?,
    })
}

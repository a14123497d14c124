//! Tests of whether two methods differ.
//!
//! [`welch`] compares two independent lists, which may differ in length and spread: RRR with ten seeds
//! and a method with eleven. [`wilcoxon`] compares pairs: two methods run with the same seeds share their
//! data subsets, and comparing within a seed removes that part of the scatter.

use crate::{StatsError, check, rank, scale::Scaled, student};

/// Result of Welch's t test.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Welch {
    /// Difference of the means in standard errors; positive if `a` is larger.
    pub t: f64,
    /// Degrees of freedom after Welch and Satterthwaite, in general not a whole number.
    pub freedom: f64,
    /// Two-sided.
    pub p_value: f64,
}

/// Welch's t test of equal means, without assuming equal variances.
///
/// # Errors
/// [`StatsError::TooFew`] if either list has fewer than 2 values, [`StatsError::NotFinite`],
/// [`StatsError::Constant`] if neither list has any spread, [`StatsError::Overflow`].
pub fn welch(a: &[f64], b: &[f64]) -> Result<Welch, StatsError> {
    check::at_least(2, "a", a)?;
    check::at_least(2, "b", b)?;
    if check::spread("a", a).is_err() && check::spread("b", b).is_err() {
        return Err(StatsError::Constant { what: "a and b" });
    }
    // Each list in its own scale, so that a small spread is not lost next to large values of the other list.
    let (scaled_a, scaled_b) = (Scaled::of(a), Scaled::of(b));
    let squared_error = |scaled: &Scaled| {
        let count = scaled.values().len() as f64;
        scaled.squared_deviations() / (count - 1.0) / count
    };
    let (of_a, of_b) = (squared_error(&scaled_a), squared_error(&scaled_b));
    let (of_a, of_b, t) = if (scaled_a.factor(), scaled_b.factor()) == (1.0, 1.0) {
        (of_a, of_b, (scaled_a.mean() - scaled_b.mean()) / (of_a + of_b).sqrt())
    } else {
        // Standard errors fit where their squares do not; the halves keep the difference of the means in range.
        let errors = Scaled::of(&[scaled_a.restored(of_a.sqrt()), scaled_b.restored(of_b.sqrt())]);
        let squares = [errors.values()[0].powi(2), errors.values()[1].powi(2)];
        let half = scaled_a.restored(scaled_a.mean() / 2.0) - scaled_b.restored(scaled_b.mean() / 2.0);
        let t = 2.0 * (half * errors.factor() / (squares[0] + squares[1]).sqrt());
        (squares[0], squares[1], check::fits("t", t)?)
    };
    let total = of_a + of_b;
    // As shares of the total, so that tiny variances do not vanish when squared.
    let (of_a, of_b) = (of_a / total, of_b / total);
    let freedom = 1.0 / (of_a * of_a / (a.len() as f64 - 1.0) + of_b * of_b / (b.len() as f64 - 1.0));
    Ok(Welch { t, freedom, p_value: student::two_sided_p(t, freedom)? })
}

/// Result of Wilcoxon's signed-rank test.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Wilcoxon {
    /// The smaller of the rank sums of positive and negative differences.
    pub statistic: f64,
    /// Two-sided and exact.
    pub p_value: f64,
    /// Pairs that differ; the others are left out.
    pub count: usize,
}

/// Most pairs that [`wilcoxon`] takes; its work grows with the cube of their number.
pub const WILCOXON_LIMIT: usize = 500;

/// Wilcoxon's signed-rank test of the pairs `(a[i], b[i])`: whether the differences are symmetric about zero.
///
/// The p-value is exact with ties too: it counts, among all `2^n` ways to give signs to the ranks
/// (equal sizes sharing their mean rank), those that are at least as one-sided. Pairs without a
/// difference are dropped first.
///
/// # Errors
/// [`StatsError::Length`] if the two differ in length, [`StatsError::TooFew`] for no pair,
/// [`StatsError::NotFinite`], [`StatsError::Constant`] if no pair differs, [`StatsError::OutOfRange`]
/// for more than [`WILCOXON_LIMIT`] pairs.
pub fn wilcoxon(a: &[f64], b: &[f64]) -> Result<Wilcoxon, StatsError> {
    check::same_length("b", b.len(), a.len())?;
    check::at_least(1, "a", a)?;
    check::at_least(1, "b", b)?;
    // Only the order of the differences counts: where one is beyond the range, halves of all of them do.
    let share = if a.iter().zip(b).all(|(a, b)| (a - b).is_finite()) { 1.0 } else { 0.5 };
    let pairs = a.iter().zip(b).filter(|(a, b)| a != b);
    let differences: Vec<f64> = pairs.map(|(a, b)| a * share - b * share).collect();
    if differences.is_empty() {
        return Err(StatsError::Constant { what: "differences" });
    }
    if differences.len() > WILCOXON_LIMIT {
        return Err(StatsError::OutOfRange {
            field: "pairs",
            found: differences.len() as f64,
            expected: "at most 500",
        });
    }
    let sizes: Vec<f64> = differences.iter().map(|d| d.abs()).collect();
    // Doubled, mean ranks are whole numbers and can index a table.
    let doubled: Vec<usize> = rank::unchecked(&sizes).into_iter().map(|rank| (2.0 * rank) as usize).collect();
    let total: usize = doubled.iter().sum();
    let up: usize =
        doubled.iter().zip(&differences).filter(|&(_, &difference)| difference > 0.0).map(|(rank, _)| rank).sum();
    let smaller = up.min(total - up);
    let tail: f64 = rank_sum_distribution(&doubled)[..=smaller].iter().sum();
    Ok(Wilcoxon { statistic: smaller as f64 / 2.0, p_value: (2.0 * tail).min(1.0), count: differences.len() })
}

// Probability of each sum when every rank enters with probability one half.
fn rank_sum_distribution(ranks: &[usize]) -> Vec<f64> {
    let total: usize = ranks.iter().sum();
    let mut chances = vec![0.0; total + 1];
    chances[0] = 1.0;
    for &rank in ranks {
        for sum in (0..=total).rev() {
            let with = if sum >= rank { chances[sum - rank] } else { 0.0 };
            chances[sum] = (chances[sum] + with) / 2.0;
        }
    }
    chances
}

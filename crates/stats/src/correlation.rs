//! Correlation between two lists of numbers, with p-values and an interval.
//!
//! The question of the ICLR 2021 paper's Figure 8: over all models, does the localisation of the
//! saliency map move together with the AUC on shifted data? The figure shows the points; these functions
//! put numbers to them.

use statrs::distribution::{ContinuousCDF, Normal};

use crate::interval::Interval;
use crate::{StatsError, check, rank, scale::Scaled, student};

/// A correlation and its p-value.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Correlation {
    /// Between -1 and 1.
    pub coefficient: f64,
    /// Two-sided, from Student's t with `count - 2` degrees of freedom.
    pub p_value: f64,
    /// Number of pairs.
    pub count: usize,
}

/// Pearson's linear correlation of the pairs `(x[i], y[i])`.
///
/// The p-value is exact if the pairs are normal and independent.
///
/// # Errors
/// [`StatsError::Length`] if the two differ in length, [`StatsError::TooFew`] for fewer than 3 pairs,
/// [`StatsError::NotFinite`], [`StatsError::Constant`], [`StatsError::OutOfRange`] for more than ten
/// million pairs.
pub fn pearson(x: &[f64], y: &[f64]) -> Result<Correlation, StatsError> {
    check::same_length("y", y.len(), x.len())?;
    for (name, values) in [("x", x), ("y", y)] {
        check::at_least(3, name, values)?;
        check::spread(name, values)?;
    }
    // A factor of either list leaves the coefficient as it is.
    let (x, y) = (Scaled::of(x), Scaled::of(y));
    let (mean_x, mean_y) = (x.mean(), y.mean());
    let joint: f64 = x.values().iter().zip(y.values()).map(|(a, b)| (a - mean_x) * (b - mean_y)).sum();
    let (of_x, of_y) = (x.squared_deviations(), y.squared_deviations());
    // One root keeps a perfect correlation at exactly 1; where the product leaves the range of `f64`,
    // two roots give the answer to within rounding.
    let product = of_x * of_y;
    let scale = if product.is_normal() { product.sqrt() } else { of_x.sqrt() * of_y.sqrt() };
    let coefficient = (joint / scale).clamp(-1.0, 1.0);
    if coefficient.is_nan() {
        return Err(StatsError::Constant { what: "x or y" });
    }
    let freedom = x.values().len() as f64 - 2.0;
    let t = coefficient * (freedom / ((1.0 - coefficient) * (1.0 + coefficient))).sqrt();
    Ok(Correlation { coefficient, p_value: student::two_sided_p(t, freedom)?, count: x.values().len() })
}

/// Spearman's rank correlation of the pairs `(x[i], y[i])`: Pearson's, of the ranks with ties at their
/// mean. It sees any monotone relation, not only a straight one.
///
/// The p-value is approximate for few pairs, as SciPy's is.
///
/// # Errors
/// As [`pearson`].
pub fn spearman(x: &[f64], y: &[f64]) -> Result<Correlation, StatsError> {
    check::same_length("y", y.len(), x.len())?;
    for (name, values) in [("x", x), ("y", y)] {
        check::at_least(3, name, values)?;
    }
    pearson(&rank::unchecked(x), &rank::unchecked(y))
}

impl Correlation {
    /// Fisher's interval of the coefficient: `tanh(artanh(r) ± z / sqrt(n - 3))`, with coverage `level`.
    /// Meant for Pearson's; for Spearman's it is a rough guide.
    ///
    /// # Errors
    /// [`StatsError::OutOfRange`] unless `0 < level < 1`, [`StatsError::TooFew`] for fewer than 4 pairs.
    pub fn fisher_interval(&self, level: f64) -> Result<Interval, StatsError> {
        check::level(level)?;
        if self.count < 4 {
            return Err(StatsError::TooFew { what: "pairs", found: self.count, needed: 4 });
        }
        // From the lower tail, which cannot round to a probability of 1 and an infinite quantile.
        let z = -Normal::standard().inverse_cdf((1.0 - level) / 2.0);
        let half = z / (self.count as f64 - 3.0).sqrt();
        let centre = self.coefficient.atanh();
        Ok(Interval { low: (centre - half).tanh(), high: (centre + half).tanh() })
    }
}

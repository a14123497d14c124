//! The difference of two shares that were counted, such as accuracies on so many images.

use statrs::function::erf::erf_inv;

use crate::{StatsError, check, interval::Interval};

/// The quantile of the standard normal distribution between whose negative and itself a share `level` lies.
fn two_sided_normal(level: f64) -> Result<f64, StatsError> {
    check::level(level)?;
    Ok(std::f64::consts::SQRT_2 * erf_inv(level))
}

/// Agresti's and Caffo's interval of the difference of two independent shares, `one - other`, each as (hits, count): Wald's
/// with one hit and one miss added to each (The American Statistician 54, 2000).
///
/// # Errors
/// [`StatsError::OutOfRange`] for a count of 0, more hits than counted, or a level outside (0, 1).
pub fn difference(one: (usize, usize), other: (usize, usize), level: f64) -> Result<Interval, StatsError> {
    counted(one.0, one.1)?;
    counted(other.0, other.1)?;
    let z = two_sided_normal(level)?;
    let with_two = |(hits, count): (usize, usize)| {
        let (share, count) = ((hits as f64 + 1.0) / (count as f64 + 2.0), count as f64 + 2.0);
        (share, share * (1.0 - share) / count)
    };
    let ((first, first_variance), (second, second_variance)) = (with_two(one), with_two(other));
    let reach = z * (first_variance + second_variance).sqrt();
    Ok(Interval { low: (first - second - reach).max(-1.0), high: (first - second + reach).min(1.0) })
}

fn counted(hits: usize, count: usize) -> Result<(), StatsError> {
    match (hits, count) {
        (_, 0) => Err(StatsError::OutOfRange { field: "count", found: 0.0, expected: "at least 1" }),
        _ if hits > count => {
            Err(StatsError::OutOfRange { field: "hits", found: hits as f64, expected: "at most the count" })
        }
        _ => Ok(()),
    }
}

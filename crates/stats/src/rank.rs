//! Ranks with ties at their mean, the basis of the ROC AUC, Spearman's correlation and Wilcoxon's test.

use crate::{StatsError, check};

/// Ranks from 1 (smallest) to `n`, in the order of `values`; equal values share the mean of the ranks
/// that they span.
///
/// # Errors
/// [`StatsError::NotFinite`].
///
/// # Examples
/// ```
/// let ranks = herring_stats::rank::average_ranks(&[0.2, 0.9, 0.2, 0.1])?;
/// assert_eq!(ranks, [2.5, 4.0, 2.5, 1.0]);
/// # Ok::<(), herring_stats::StatsError>(())
/// ```
pub fn average_ranks(values: &[f64]) -> Result<Vec<f64>, StatsError> {
    check::at_least(0, "values", values)?;
    Ok(unchecked(values))
}

pub(crate) fn unchecked(values: &[f64]) -> Vec<f64> {
    let mut order: Vec<usize> = (0..values.len()).collect();
    order.sort_by(|&a, &b| values[a].total_cmp(&values[b]));
    let mut ranks = vec![0.0; values.len()];
    let mut before = 0;
    // Equality, not the total order of the sort, decides about ties: 0.0 and -0.0 are one value.
    for tied in order.chunk_by(|&a, &b| values[a] == values[b]) {
        let rank = before as f64 + (tied.len() as f64 + 1.0) / 2.0;
        for &index in tied {
            ranks[index] = rank;
        }
        before += tied.len();
    }
    ranks
}

//! Keeping as many pixels of a map as its mask has (iclr2021, section 6).

use crate::error::{self, SaliencyError};
use herring_stats::summary::percentile;

/// The pixels of a non-negative map that lie strictly above its percentile
/// `100 (1 - sum(mask) / pixels)`, interpolated linearly.
///
/// A soft mask counts by its sum. Where many pixels share a value, fewer than asked for may remain.
///
/// # Errors
/// Map and mask differ in size, or hold invalid values.
pub fn threshold(map: &[f32], mask: &[f32]) -> Result<Vec<bool>, SaliencyError> {
    error::check("map", map, mask.len())?;
    error::check_mask(mask, map.len())?;
    let share = mask.iter().map(|value| f64::from(*value)).sum::<f64>() / mask.len().max(1) as f64;
    let values: Vec<f64> = map.iter().map(|value| f64::from(*value)).collect();
    let Ok(cut) = percentile(&values, (100.0 * (1.0 - share)).clamp(0.0, 100.0)) else {
        return Ok(Vec::new());
    };
    // The authors binarise what remains, so a pixel of value zero is never kept.
    Ok(values.into_iter().map(|value| value > cut && value > 0.0).collect())
}

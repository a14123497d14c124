//! From an attribution map to a mask of the evidence, as annotations are made without an expert (tap2024, section 4.3).

use crate::error::{self, SaliencyError};
use herring_stats::summary::percentile;

/// Where a map is cut.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Cut {
    /// Pixels at or below this quantile of the map, in `[0, 1]`, interpolated linearly, are not evidence (tap2024,
    /// released code). At least one pixel never is, and of a map of equal values none is.
    Quantile(f64),
    /// Pixels below this share of the map's largest value, in `[0, 1]`, are not evidence (tap2024, equation 14).
    Threshold(f64),
}

/// The pixels of a non-negative map that are evidence; a penalty keeps a model from looking at the others.
///
/// # Errors
/// The map holds a value that is not finite.
pub fn evidence(map: &[f32], cut: Cut) -> Result<Vec<bool>, SaliencyError> {
    error::check("map", map, map.len())?;
    let values: Vec<f64> = map.iter().map(|value| f64::from(*value)).collect();
    Ok(match cut {
        Cut::Quantile(tau) => {
            let Ok(cut) = percentile(&values, (100.0 * tau).clamp(0.0, 100.0)) else {
                return Ok(Vec::new());
            };
            values.into_iter().map(|value| value > cut).collect()
        }
        Cut::Threshold(tau) => {
            let most = values.iter().copied().fold(0.0, f64::max);
            values.into_iter().map(|value| most > 0.0 && value / most >= tau).collect()
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quantile_is_that_of_torch_and_belongs_to_the_rest() {
        // torch.quantile([4, 0, 1, 2, 3], 0.3) is 1.2, and at 0.25 it is 1.
        let map = [4.0, 0.0, 1.0, 2.0, 3.0];
        assert_eq!(evidence(&map, Cut::Quantile(0.3)).unwrap(), [true, false, false, true, true]);
        assert_eq!(evidence(&map, Cut::Quantile(0.25)).unwrap(), [true, false, false, true, true]);
        assert_eq!(evidence(&map, Cut::Quantile(0.0)).unwrap(), [true, false, true, true, true]);
        assert_eq!(evidence(&map, Cut::Quantile(1.0)).unwrap(), [false; 5]);
        assert_eq!(evidence(&[2.0; 3], Cut::Quantile(0.01)).unwrap(), [false; 3]);
    }

    /// The gotcha of the ground truth: once the quantile is an inside value, nothing is evidence.
    #[test]
    fn a_quantile_beyond_the_area_of_the_decoy_leaves_nothing() {
        let mut map = [3.0; 100];
        map[..2].fill(0.0);
        let kept = |tau: f64| evidence(&map, Cut::Quantile(tau)).unwrap().iter().filter(|kept| **kept).count();
        assert_eq!((kept(0.01), kept(0.0202), kept(0.03)), (98, 98, 0));
    }

    #[test]
    fn a_threshold_is_a_share_of_the_largest_value() {
        let map = [4.0, 0.0, 1.0, 2.0];
        assert_eq!(evidence(&map, Cut::Threshold(0.5)).unwrap(), [true, false, false, true]);
        assert_eq!(evidence(&map, Cut::Threshold(0.0)).unwrap(), [true; 4]);
        assert_eq!(evidence(&[0.0; 2], Cut::Threshold(0.0)).unwrap(), [false; 2]);
        assert!(evidence(&[f32::NAN], Cut::Threshold(0.1)).is_err());
    }
}

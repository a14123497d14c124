//! Values that are drawn for each seed when its runs are planned, as the learning rates of heatmap-loss.
//!
//! A draw depends on the seed and the field's name alone: methods that draw a field from the same range have equal values for
//! equal seeds, so that a comparison of them is not one of their luck. A run's specification holds the drawn number.

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use serde::Deserialize;
use sha2::{Digest, Sha256};
use std::fmt;

/// How values are spread over a range.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum DrawScale {
    /// Their logarithms uniformly.
    #[default]
    Log,
    /// They themselves uniformly.
    Linear,
}

/// A value that each seed draws for itself.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DrawSetting {
    /// The field of the specification, dotted, for instance `optimiser.learning_rate`.
    pub field: String,
    /// The least value.
    pub from: f64,
    /// The greatest value.
    pub to: f64,
    /// How values are spread between them.
    #[serde(default)]
    pub scale: DrawScale,
}

impl DrawSetting {
    /// What is wrong with the range, if anything is.
    pub(super) fn wrong(&self) -> Option<&'static str> {
        let positive = self.scale == DrawScale::Linear || self.from > 0.0;
        let fine = self.from.is_finite() && self.to.is_finite() && self.from < self.to && positive;
        (!fine).then_some("finite numbers of which the second is the greater, above 0 on the scale log")
    }

    /// The value of a seed.
    pub fn value(&self, seed: u32) -> f64 {
        let key = Sha256::digest(format!("draw {} of seed {seed}", self.field));
        let share: f64 = ChaCha8Rng::from_seed(key.into()).random();
        match self.scale {
            DrawScale::Linear => self.from + share * (self.to - self.from),
            DrawScale::Log => (self.from.ln() + share * (self.to.ln() - self.from.ln())).exp(),
        }
    }
}

impl fmt::Display for DrawSetting {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "drawn from {:e} to {:e}", self.from, self.to)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rates(from: f64, to: f64) -> DrawSetting {
        DrawSetting { field: "optimiser.learning_rate".to_owned(), from, to, scale: DrawScale::Log }
    }

    #[test]
    fn values_are_of_the_seed_and_within_the_range() {
        let draw = rates(5e-6, 1e-3);
        let values: Vec<f64> = (0..200).map(|seed| draw.value(seed)).collect();
        assert!(values.iter().all(|value| (5e-6..1e-3).contains(value)));
        let below = values.iter().filter(|value| **value < (5e-6f64 * 1e-3).sqrt()).count();
        assert!((70..130).contains(&below), "{below} of 200 below the middle of the logarithms");
        assert_eq!(draw.value(7), rates(5e-6, 1e-3).value(7));
        let mut different = values.clone();
        different.sort_by(f64::total_cmp);
        different.dedup();
        assert_eq!(different.len(), 200);
        // Stored, so that a folder's runs stay the same runs.
        assert_eq!(format!("{:.6e}", draw.value(0)), "1.988699e-4");
    }

    #[test]
    fn ranges_of_equal_ratios_draw_equal_shares() {
        let [one, other] = [rates(1e-4, 1e-3).value(3), rates(1e-6, 1e-5).value(3)];
        assert!((one / other - 100.0).abs() < 1e-6);
        let linear = DrawSetting { scale: DrawScale::Linear, ..rates(-1.0, 1.0) };
        assert!((-1.0..1.0).contains(&linear.value(3)) && linear.wrong().is_none());
    }

    #[test]
    fn a_range_is_told_in_few_characters() {
        assert_eq!(rates(5e-6, 1e-3).to_string(), "drawn from 5e-6 to 1e-3");
    }

    #[test]
    fn ranges_without_a_value_are_wrong() {
        for (from, to) in [(0.0, 1.0), (-1.0, 1.0), (1.0, 1.0), (2.0, 1.0), (f64::NAN, 1.0), (1.0, f64::INFINITY)] {
            assert!(rates(from, to).wrong().is_some(), "{from} to {to}");
        }
    }
}

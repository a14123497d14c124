//! What is searched: named dimensions, each with a range.
//!
//! A search does not work on the values themselves but on *positions*: every range is mapped to the unit
//! interval, on a scale on which equal steps are expected to have equal effects.
//!
//! | Range | Position 0 | Position 1 | Equal steps are |
//! |---|---|---|---|
//! | [`Range::Uniform`] | `low` | `high` | equal differences |
//! | [`Range::LogUniform`] | `low` | `high` | equal factors: the position is linear in `log10` |
//! | [`Range::Integer`] | `low` | `high` | equal differences, rounded to the nearest integer |
//! | [`Range::PowerOfTwo`] | `low` | `high` | doublings, rounded to the nearest |
//!
//! [`Range::draw`] nevertheless gives every integer or power the same probability: rounding a uniform
//! position would give each end half the probability of the others.

use crate::SearchError;
use serde::{Deserialize, Serialize};

/// The integers that an `f64` holds without gaps.
const EXACT: i64 = 1 << 53;

/// One hyper-parameter.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Dimension {
    /// Its name in trials; different for every dimension of a study.
    pub name: String,
    /// Its range and scale.
    pub range: Range,
}

/// The values of a hyper-parameter and the scale on which it is searched. Both ends belong to the range.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Range {
    /// Real numbers whose order of magnitude matters: learning rates, penalty weights.
    LogUniform {
        /// Smallest value; above 0.
        low: f64,
        /// Largest value; above `low`.
        high: f64,
    },
    /// Real numbers.
    Uniform {
        /// Smallest value.
        low: f64,
        /// Largest value; above `low`.
        high: f64,
    },
    /// Whole numbers.
    Integer {
        /// Smallest value; at least -2^53.
        low: i64,
        /// Largest value; above `low`, at most 2^53.
        high: i64,
    },
    /// Whole powers of two: widths, batch sizes.
    PowerOfTwo {
        /// Smallest value; a power of two from 1 on.
        low: i64,
        /// Largest value; a power of two above `low`, at most 2^53.
        high: i64,
    },
}

impl Dimension {
    /// A dimension whose range was checked.
    ///
    /// # Errors
    /// [`SearchError::Range`] if the range cannot be searched.
    pub fn new(name: impl Into<String>, range: Range) -> Result<Self, SearchError> {
        let dimension = Self { name: name.into(), range };
        dimension.check()?;
        Ok(dimension)
    }

    /// Whether the range can be searched: finite ends, `low` below `high`, and `low` above 0 on the
    /// logarithmic scale.
    ///
    /// # Errors
    /// [`SearchError::Range`] with what was found.
    pub fn check(&self) -> Result<(), SearchError> {
        let (low, high) = self.range.ends();
        let expected = match self.range {
            // The width itself must be finite too.
            _ if !(high - low).is_finite() => "finite ends",
            Range::Integer { low, high } if low < -EXACT || high > EXACT => "integers from -2^53 to 2^53",
            Range::LogUniform { .. } if low <= 0.0 => "low above 0",
            Range::PowerOfTwo { low, high } if !(is_power(low) && is_power(high)) => "powers of two from 1 to 2^53",
            _ if low >= high => "low below high",
            _ => return Ok(()),
        };
        Err(SearchError::Range { dimension: self.name.clone(), found: format!("{:?}", self.range), expected })
    }
}

/// Whether it is a power of two that an `f64` holds.
fn is_power(value: i64) -> bool {
    (1..=EXACT).contains(&value) && value & (value - 1) == 0
}

impl Range {
    /// All values of a range with at most 64: integers and powers of two.
    pub fn values(&self) -> Option<Vec<f64>> {
        const MOST: i64 = 64;
        match *self {
            Self::Integer { low, high } if high.checked_sub(low)? < MOST => {
                Some((low..=high).map(|value| value as f64).collect())
            }
            Self::PowerOfTwo { low, high } => {
                let powers = std::iter::successors(Some(low), |value| value.checked_mul(2));
                Some(powers.take_while(|value| *value <= high).map(|value| value as f64).collect())
            }
            _ => None,
        }
    }

    /// The value at a position, which is clamped to 0..=1 first. The inverse of [`Range::position`].
    pub fn value(&self, position: f64) -> f64 {
        let position = position.clamp(0.0, 1.0);
        let between = |low: f64, high: f64| low + position * (high - low);
        let (low, high) = self.ends();
        let value = match self {
            Self::Uniform { .. } => between(low, high),
            Self::LogUniform { .. } => 10_f64.powf(between(low.log10(), high.log10())),
            Self::Integer { .. } => between(low, high).round(),
            Self::PowerOfTwo { .. } => between(low.log2(), high.log2()).round().exp2(),
        };
        // Powers of logarithms differ from the ends by a rounding error.
        value.clamp(low, high)
    }

    /// The position of a value, which is clamped to the range first; 0..=1.
    pub fn position(&self, value: f64) -> f64 {
        let (low, high) = self.ends();
        let value = value.clamp(low, high);
        let share = |value: f64, low: f64, high: f64| (value - low) / (high - low);
        let position = match self {
            Self::Uniform { .. } => share(value, low, high),
            Self::LogUniform { .. } => share(value.log10(), low.log10(), high.log10()),
            Self::Integer { .. } => share(value.round(), low, high),
            Self::PowerOfTwo { .. } => share(value.log2().round(), low.log2(), high.log2()),
        };
        position.clamp(0.0, 1.0)
    }

    /// The value for a number drawn uniformly from `[0, 1)`: [`Range::value`] for real numbers, an equal
    /// share for each integer or power.
    pub fn draw(&self, uniform: f64) -> f64 {
        match *self {
            Self::Integer { low, high } => {
                let (low, high) = (low as f64, high as f64);
                (low + (uniform * (high - low + 1.0)).floor()).clamp(low, high)
            }
            Self::PowerOfTwo { low, high } => {
                let (low, high) = ((low as f64).log2(), (high as f64).log2());
                (low + (uniform * (high - low + 1.0)).floor()).clamp(low, high).exp2()
            }
            _ => self.value(uniform),
        }
    }

    /// Whether the range holds a value: between the ends, and whole or a power of two if it must be.
    pub fn contains(&self, value: f64) -> bool {
        let (low, high) = self.ends();
        let whole = match self {
            Self::Integer { .. } => value.fract() == 0.0,
            Self::PowerOfTwo { .. } => value > 0.0 && value.log2().fract() == 0.0,
            Self::LogUniform { .. } | Self::Uniform { .. } => true,
        };
        whole && (low..=high).contains(&value)
    }

    /// Smallest and largest value.
    pub fn ends(&self) -> (f64, f64) {
        match *self {
            Self::LogUniform { low, high } | Self::Uniform { low, high } => (low, high),
            Self::Integer { low, high } | Self::PowerOfTwo { low, high } => (low as f64, high as f64),
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may panic")]

    use super::*;
    use proptest::prelude::*;

    fn ranges() -> impl Strategy<Value = Range> {
        prop_oneof![
            (-8.0..8.0_f64, 0.01..8.0_f64)
                .prop_map(|(low, width)| Range::LogUniform { low: 10_f64.powf(low), high: 10_f64.powf(low + width) }),
            (-1e6..1e6_f64, 1e-3..1e6_f64).prop_map(|(low, width)| Range::Uniform { low, high: low + width }),
            (-1000..1000_i64, 1..1000_i64).prop_map(|(low, width)| Range::Integer { low, high: low + width }),
            (0..20_u32, 1..20_u32).prop_map(|(low, more)| Range::PowerOfTwo { low: 1 << low, high: 1 << (low + more) }),
        ]
    }

    proptest! {
        #[test]
        fn every_position_has_a_value_within_the_range(range in ranges(), position in -0.5..1.5_f64) {
            prop_assert!(range.contains(range.value(position)), "{range:?} {position}");
            prop_assert!(range.contains(range.draw(position.clamp(0.0, 0.999_999))));
        }

        #[test]
        fn positions_come_back(range in ranges(), position in 0.0..=1.0_f64) {
            let back = range.position(range.value(position));
            // An integer stands for all positions nearer to it than to its neighbours.
            let tolerance = match range {
                Range::Integer { low, high } => 0.5 / (high - low) as f64 + 1e-12,
                Range::PowerOfTwo { low, high } => 0.5 / (high as f64 / low as f64).log2() + 1e-12,
                _ => 1e-6,
            };
            prop_assert!((back - position).abs() <= tolerance, "{range:?}: {position} came back as {back}");
        }

        #[test]
        fn values_come_back(range in ranges(), position in 0.0..=1.0_f64) {
            let value = range.value(position);
            let back = range.value(range.position(value));
            prop_assert!((back - value).abs() <= 1e-9 * value.abs().max(1e-9), "{range:?}: {value} came back as {back}");
        }

        #[test]
        fn a_higher_position_never_has_a_lower_value(range in ranges(), one in 0.0..=1.0_f64, two in 0.0..=1.0_f64) {
            prop_assert!(range.value(one.min(two)) <= range.value(one.max(two)));
        }

        #[test]
        fn ranges_survive_json(range in ranges()) {
            let text = serde_json::to_string(&range).unwrap();
            prop_assert_eq!(serde_json::from_str::<Range>(&text).unwrap(), range);
        }
    }

    #[test]
    fn the_ends_are_exact() {
        for range in [
            Range::LogUniform { low: 1e-5, high: 3e-2 },
            Range::Uniform { low: -0.1, high: 0.3 },
            Range::Integer { low: -3, high: 9 },
            Range::PowerOfTwo { low: 4, high: 32 },
        ] {
            let (low, high) = range.ends();
            assert_eq!((range.value(0.0), range.value(1.0)), (low, high));
            assert_eq!((range.position(low), range.position(high)), (0.0, 1.0));
            assert_eq!((range.position(low - 1.0), range.position(high + 1.0)), (0.0, 1.0));
        }
    }

    #[test]
    fn the_middle_of_a_logarithmic_range_is_its_geometric_mean() {
        assert!((Range::LogUniform { low: 1e-5, high: 1e-1 }.value(0.5) - 1e-3).abs() < 1e-15);
    }

    #[test]
    fn every_integer_is_drawn_equally_often() {
        let range = Range::Integer { low: 0, high: 3 };
        let drawn: Vec<f64> = (0..8).map(|eighth| range.draw(f64::from(eighth) / 8.0)).collect();
        assert_eq!(drawn, [0.0, 0.0, 1.0, 1.0, 2.0, 2.0, 3.0, 3.0]);
        assert_eq!(range.values(), Some(vec![0.0, 1.0, 2.0, 3.0]));
        let range = Range::PowerOfTwo { low: 4, high: 32 };
        let drawn: Vec<f64> = (0..8).map(|eighth| range.draw(f64::from(eighth) / 8.0)).collect();
        assert_eq!(drawn, [4.0, 4.0, 8.0, 8.0, 16.0, 16.0, 32.0, 32.0]);
        assert_eq!(range.values(), Some(vec![4.0, 8.0, 16.0, 32.0]));
        assert!(range.contains(16.0) && !range.contains(12.0) && !range.contains(64.0));
        assert_eq!(Range::Uniform { low: 0.0, high: 1.0 }.values(), None);
    }

    #[test]
    fn ranges_without_points_are_refused() {
        for (range, expected) in [
            (Range::Uniform { low: 1.0, high: 1.0 }, "low below high"),
            (Range::Uniform { low: f64::NAN, high: 1.0 }, "finite ends"),
            (Range::Uniform { low: 0.0, high: f64::INFINITY }, "finite ends"),
            (Range::Uniform { low: f64::MIN, high: f64::MAX }, "finite ends"),
            (Range::LogUniform { low: 0.0, high: 1.0 }, "low above 0"),
            (Range::LogUniform { low: 2.0, high: 1.0 }, "low below high"),
            (Range::Integer { low: 4, high: 4 }, "low below high"),
            (Range::PowerOfTwo { low: 4, high: 4 }, "low below high"),
            (Range::PowerOfTwo { low: 0, high: 4 }, "powers of two from 1 to 2^53"),
            (Range::PowerOfTwo { low: 4, high: 12 }, "powers of two from 1 to 2^53"),
            (Range::Integer { low: 0, high: i64::MAX }, "integers from -2^53 to 2^53"),
        ] {
            let text = Dimension::new("rate", range).unwrap_err().to_string();
            assert!(text.starts_with("range of rate: found ") && text.ends_with(expected), "{text}");
        }
    }

    #[test]
    fn unknown_fields_are_refused() {
        for text in [
            r#"{"uniform": {"low": 0.0, "high": 1.0, "step": 0.1}}"#,
            r#"{"choice": {"low": 0.0, "high": 1.0}}"#,
            r#"{"integer": {"low": 0.5, "high": 1}}"#,
        ] {
            assert!(serde_json::from_str::<Range>(text).is_err(), "{text}");
        }
        let text = r#"{"name": "x", "range": {"uniform": {"low": 0.0, "high": 1.0}}, "unit": "m"}"#;
        assert!(serde_json::from_str::<Dimension>(text).is_err());
    }
}

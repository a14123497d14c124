//! Checks that several statistics share.

use crate::StatsError;

pub(crate) fn at_least(needed: usize, what: &'static str, values: &[f64]) -> Result<(), StatsError> {
    if values.len() < needed {
        return Err(StatsError::TooFew { what, found: values.len(), needed });
    }
    match values.iter().position(|value| !value.is_finite()) {
        Some(index) => Err(StatsError::NotFinite { what, index, value: values[index] }),
        None => Ok(()),
    }
}

pub(crate) fn same_length(what: &'static str, found: usize, expected: usize) -> Result<(), StatsError> {
    if found == expected { Ok(()) } else { Err(StatsError::Length { what, found, expected }) }
}

pub(crate) fn spread(what: &'static str, values: &[f64]) -> Result<(), StatsError> {
    // Compared value by value: rounding of the mean can make the variance of equal values positive.
    if values.windows(2).all(|pair| pair[0] == pair[1]) { Err(StatsError::Constant { what }) } else { Ok(()) }
}

/// A result that lies within the range of `f64`.
pub(crate) fn fits(what: &'static str, value: f64) -> Result<f64, StatsError> {
    if value.is_finite() { Ok(value) } else { Err(StatsError::Overflow { what }) }
}

pub(crate) fn level(level: f64) -> Result<(), StatsError> {
    if level > 0.0 && level < 1.0 {
        Ok(())
    } else {
        Err(StatsError::OutOfRange { field: "level", found: level, expected: "between 0 and 1, both excluded" })
    }
}

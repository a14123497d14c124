//! Keeps sums of squares within the range of `f64`.
//!
//! The square of 1e-170 is 0 and that of 1e160 is infinite, so a variance, and with it a correlation, an
//! interval or a test, is lost where the values themselves are ordinary numbers. Dividing a list by a power
//! of two near its greatest value avoids both, and such a division is exact: it changes the exponent only.
//! Lists whose greatest value lies between 2^-400 and 2^400 are left as they are, because their squares and
//! products fit.

/// Greatest exponent, up or down, that is left alone.
const ORDINARY: i32 = 400;
/// Greatest exponent of a factor; beyond it the factor itself would leave the range.
const GREATEST: i32 = 1000;

/// Finite values times a power of two that brings the greatest of them near 1.
pub(crate) struct Scaled {
    values: Vec<f64>,
    factor: f64,
}

impl Scaled {
    /// The values with a factor of their own.
    pub(crate) fn of(values: &[f64]) -> Self {
        let greatest = values.iter().fold(0.0_f64, |greatest, value| greatest.max(value.abs()));
        Self::by(values, factor_for(greatest))
    }

    fn by(values: &[f64], factor: f64) -> Self {
        Self { values: values.iter().map(|value| value * factor).collect(), factor }
    }

    /// The scaled values.
    pub(crate) fn values(&self) -> &[f64] {
        &self.values
    }

    /// What they were multiplied by.
    pub(crate) fn factor(&self) -> f64 {
        self.factor
    }

    /// Their mean, still scaled.
    pub(crate) fn mean(&self) -> f64 {
        self.values.iter().sum::<f64>() / self.values.len() as f64
    }

    /// The sum of their squared distances from the mean, scaled twice.
    pub(crate) fn squared_deviations(&self) -> f64 {
        let mean = self.mean();
        self.values.iter().map(|value| (value - mean).powi(2)).sum()
    }

    /// A scaled value in the unit of the list; infinite where that unit cannot hold it.
    pub(crate) fn restored(&self, value: f64) -> f64 {
        value / self.factor
    }
}

/// The power of two that brings `greatest` near 1; 1 where it is ordinary or 0.
fn factor_for(greatest: f64) -> f64 {
    if greatest == 0.0 {
        return 1.0;
    }
    let exponent = ((greatest.to_bits() >> 52) & 0x7ff) as i32 - 1023;
    if exponent.abs() <= ORDINARY { 1.0 } else { power_of_two((-exponent).clamp(-GREATEST, GREATEST)) }
}

/// 2 to the power of `exponent`, which lies within what normal numbers have.
fn power_of_two(exponent: i32) -> f64 {
    f64::from_bits(((exponent + 1023) as u64) << 52)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ordinary_values_are_left_as_they_are() {
        for greatest in [0.0, 1.0, 0.3, 1e100, 1e-100, -7e3] {
            let scaled = Scaled::of(&[greatest, greatest / 3.0]);
            assert_eq!((scaled.factor(), scaled.values()), (1.0, &[greatest, greatest / 3.0][..]));
        }
    }

    #[test]
    fn others_come_near_one_and_back_without_losing_a_digit() {
        for greatest in [1e-170, 1.7e308, 3.3e160, 5e-324, 2.2e-308, -1e-300] {
            let values = [greatest, greatest * 0.75];
            let scaled = Scaled::of(&values);
            assert!((1e-24..1e8).contains(&scaled.values()[0].abs()), "{greatest}: {:?}", scaled.values());
            assert_eq!(scaled.restored(scaled.values()[0]), values[0]);
            assert_eq!(scaled.restored(scaled.values()[1]), values[1]);
        }
    }
}

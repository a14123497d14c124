//! Numbers as text, for tables and figures.

/// How a number is written, together with those that belong to it: its standard deviation, its interval.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Notation {
    /// With this many digits after the point.
    Fixed(usize),
    /// With this many digits after the point and a power of ten, `1.8e-4`.
    Scientific(usize),
}

/// Numbers below it are written by [`Notation::precise`] with a power of ten.
const SMALL: f64 = 0.01;

impl Notation {
    /// With `digits` digits after the point; with a power of ten where all of them would be 0 though the number is not.
    pub(crate) fn of(value: f64, digits: usize) -> Self {
        let half_of_last = 0.5 * 10f64.powi(-(digits as i32));
        match value == 0.0 || value.abs() >= half_of_last {
            true => Self::Fixed(digits),
            false => Self::Scientific(1),
        }
    }

    /// With `digits` digits after the point, at least 3; with a power of ten where fewer than two of them would count.
    pub(crate) fn precise(value: f64, digits: usize) -> Self {
        match value == 0.0 || value.abs() >= SMALL {
            true => Self::Fixed(digits),
            false => Self::Scientific(2),
        }
    }

    /// A number in this notation.
    pub(crate) fn write(self, value: f64) -> String {
        match self {
            Self::Fixed(digits) => format!("{value:.digits$}"),
            Self::Scientific(_) if value == 0.0 => "0".to_owned(),
            Self::Scientific(digits) => format!("{value:.digits$e}"),
        }
    }
}

/// A single number in the notation of [`Notation::precise`]; exactly 0 without digits.
pub(crate) fn precise(value: f64, digits: usize) -> String {
    if value == 0.0 { "0".to_owned() } else { Notation::precise(value, digits).write(value) }
}

/// `10` with the power above the line.
pub(crate) fn power_of_ten(power: i32) -> String {
    const DIGITS: [char; 10] = ['⁰', '¹', '²', '³', '⁴', '⁵', '⁶', '⁷', '⁸', '⁹'];
    let raised = power.to_string();
    let raised = raised.chars().map(|sign| sign.to_digit(10).map_or('⁻', |digit| DIGITS[digit as usize]));
    format!("10{}", raised.collect::<String>())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_small_number_keeps_its_size() {
        let number = |value, digits| Notation::of(value, digits).write(value);
        assert_eq!(number(0.25974, 4), "0.2597");
        assert_eq!(number(0.00184, 3), "0.002");
        assert_eq!(number(0.00018, 3), "1.8e-4");
        assert_eq!(number(-0.00018, 3), "-1.8e-4");
        assert_eq!(number(0.0, 3), "0.000");
        assert_eq!(number(1.0, 0), "1");
    }

    #[test]
    fn a_precise_number_has_more_than_one_digit_that_counts() {
        assert_eq!(precise(0.25974, 4), "0.2597");
        assert_eq!(precise(0.00296, 3), "2.96e-3");
        assert_eq!(precise(3.161e-9, 3), "3.16e-9");
        assert_eq!(precise(0.0, 3), "0");
    }

    #[test]
    fn what_belongs_to_a_small_number_is_written_like_it() {
        let notation = Notation::of(1.8e-4, 3);
        assert_eq!((notation.write(4.2), notation.write(0.0)), ("4.2e0".to_owned(), "0".to_owned()));
    }

    #[test]
    fn powers_stand_above_the_line() {
        assert_eq!([power_of_ten(-13), power_of_ten(0), power_of_ten(2)], ["10⁻¹³", "10⁰", "10²"]);
    }
}

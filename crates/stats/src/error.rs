//! The one error type of this crate.

/// Why a statistic has no value for the input given.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum StatsError {
    /// Not enough values.
    #[error("{what}: {found} values, expected at least {needed}")]
    TooFew {
        /// Which argument.
        what: &'static str,
        /// How many it has.
        found: usize,
        /// How many it needs.
        needed: usize,
    },
    /// Two arguments that belong together differ in length.
    #[error("{what}: length {found}, expected {expected}")]
    Length {
        /// Which argument.
        what: &'static str,
        /// Its length.
        found: usize,
        /// The length of its partner.
        expected: usize,
    },
    /// A value is NaN or infinite.
    #[error("{what}: value {index} is {value}, expected a finite number")]
    NotFinite {
        /// Which argument.
        what: &'static str,
        /// Position of the first such value.
        index: usize,
        /// The value.
        value: f64,
    },
    /// A class has no sample, so that nothing can be ranked against it.
    #[error("labels: class {class} has no sample, expected at least 1")]
    MissingClass {
        /// The class; for binary labels 0 is negative and 1 positive.
        class: usize,
    },
    /// A label does not belong to any class.
    #[error("labels: value {index} is {label}, expected less than {classes}")]
    UnknownClass {
        /// Position of the label.
        index: usize,
        /// The label.
        label: usize,
        /// Number of classes.
        classes: usize,
    },
    /// All values are equal where the statistic divides by their spread.
    #[error("{what}: all values are equal, expected some spread")]
    Constant {
        /// Which argument.
        what: &'static str,
    },
    /// The result is greater than the greatest number that `f64` holds.
    #[error("{what}: the result exceeds the greatest floating-point number, about 1.8e308")]
    Overflow {
        /// Which result.
        what: &'static str,
    },
    /// A parameter is out of range.
    #[error("{field} is {found}, expected {expected}")]
    OutOfRange {
        /// Which parameter.
        field: &'static str,
        /// Its value.
        found: f64,
        /// The values that are accepted.
        expected: &'static str,
    },
}

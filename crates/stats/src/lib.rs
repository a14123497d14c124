//! The statistics that the papers report, and no others.
//!
//! Everything is a plain function of slices of `f64`. Input that has no result (an empty list, a value that
//! is not finite, a class without samples, a constant where a correlation is asked for) is an error with a
//! name, never a NaN that ends up in a table. Nothing here is random except the bootstrap, whose seed is an
//! argument.
//!
//! | Module | What it computes |
//! |---|---|
//! | [`auc`] | ROC AUC, binary and on raw logits |
//! | [`classification`] | accuracy, micro F1, average precision |
//! | [`summary`] | mean, sample standard deviation, percentiles |
//! | [`interval`] | intervals of a mean over seeds: Student's t and bootstrap |
//! | [`correlation`] | correlation of saliency and generalisation: Pearson and Spearman |
//! | [`compare`] | differences between two methods: Welch's t test, Wilcoxon's signed ranks |
//! | [`groups`] | two groups of models: Mann-Whitney, effect sizes, outliers, Shapiro-Wilk |
//! | [`shares`] | the interval of the difference of two counted shares: Agresti and Caffo |
//! | [`student`] | tails and quantiles of Student's t, on which the others rest |
//! | [`rank`] | ranks with ties at their mean |
//!
//! The special functions come from `statrs`; the tests compare the results with NumPy, SciPy and
//! scikit-learn. [`student`] describes where `statrs` alone was not accurate enough.
//!
//! ```
//! use herring_stats::auc::roc_auc;
//!
//! let scores = [0.1, 0.4, 0.35, 0.8];
//! let labels = [false, false, true, true];
//! assert_eq!(roc_auc(&scores, &labels)?, 0.75);
//! # Ok::<(), herring_stats::StatsError>(())
//! ```

pub mod auc;
mod check;
pub mod classification;
pub mod compare;
pub mod correlation;
mod error;
pub mod groups;
pub mod interval;
pub mod rank;
mod scale;
pub mod shares;
pub mod student;
pub mod summary;

pub use error::StatsError;

// Compiles and runs the example of the README.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct ReadmeExample;

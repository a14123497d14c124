//! Hyper-parameter search: every trial is a run.
//!
//! ```text
//! OUT/
//!   search.json      method, scale, and the specification on which the trials are based
//!   search/          the ledger of `herring-search`: study, trials, their outcomes
//!   runs/, work/     the trials' runs, as in a reproduction's folder
//!   search.html      the trials and the density of their scores
//! ```
//!
//! A failed trial has no score. Proposals, results and checkpoints are on disk, so a search can be resumed after any
//! interruption. With one trial at a time, a resumed search gives the same result as an uninterrupted one; with several,
//! the proposals depend on the order in which trials end.

mod driver;
mod result;
mod space;

pub use driver::{SearchDriver, SearchEnd, SearchRunError, TrainerFactory};
pub use result::{DECIDES_SLICES, SearchResult, SearchResultError, SearchTrial};
pub use space::SearchSpace;

/// A hyper-parameter with four significant digits.
pub fn format_value(value: f64) -> String {
    if value == value.trunc() && value.abs() < 1e4 {
        return format!("{value}");
    }
    match value.abs() {
        1e-3..1e4 => format!("{value:.*}", (3 - value.abs().log10().floor() as i32).max(0) as usize),
        _ => format!("{value:.3e}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_have_four_digits_that_count() {
        let texts: Vec<_> =
            [3.11e-4, 10.0, 0.203439, 1.64700001, 5.0, 1e-5, 0.0].into_iter().map(format_value).collect();
        assert_eq!(texts, ["3.110e-4", "10", "0.2034", "1.647", "5", "1.000e-5", "0"]);
    }
}

//! Hyper-parameter search as in the paper: every trial is a run like any other.
//!
//! ```text
//! OUT/
//!   search.json      which method, at which scale, from which specification the trials depart
//!   search/          the ledger of `herring-search`: study, trials, what came of them
//!   runs/, work/     the trials' runs, as in a reproduction's folder
//!   search.html      the trials and the density of their scores
//! ```
//!
//! A trial that fails is told as failed and has no score. Asking and telling are on disk, and so are
//! the checkpoints of trials, so a search goes on after any interruption; one trial at a time, it ends
//! as an undisturbed one. With several at once the order in which they end decides what is proposed.

mod driver;
mod result;
mod space;

pub use driver::{SearchDriver, SearchEnd, SearchRunError, TrainerFactory};
pub use result::{SearchResult, SearchResultError, SearchTrial};
pub use space::SearchSpace;

/// A hyper-parameter for people: four digits that count.
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

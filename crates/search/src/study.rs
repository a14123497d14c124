//! What a search is: the space, the budget, the seed and the strategy.

use crate::{Dimension, SearchError};
use serde::{Deserialize, Serialize};
use std::fmt;

/// Trials are numbered with four digits.
const MOST_TRIALS: usize = 9999;

/// A search from its first to its last trial. Two equal studies that are told equal scores propose
/// equal points.
///
/// The ICLR 2021 paper on activation differences searches with [`Study::INITIAL`] random points and
/// [`Study::ITERATIONS`] of a Gaussian process (scikit-optimize), maximising the validation AUC.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Study {
    /// What is searched; at least one, with different names.
    pub dimensions: Vec<Dimension>,
    /// Trials drawn at random before the strategy takes over.
    pub initial: usize,
    /// Trials that the strategy proposes.
    pub iterations: usize,
    /// Decides every draw.
    pub seed: u64,
    /// How points are proposed after the initial ones.
    pub strategy: Strategy,
}

/// How points are proposed after the initial ones.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Strategy {
    /// Drawn at random like the initial ones: what a strategy must beat.
    Random,
    /// Where a Gaussian process of the scores so far expects the largest improvement. Needs the
    /// cargo feature `bayesian`.
    Bayesian,
}

impl Study {
    /// Random initial points of the ICLR 2021 paper.
    pub const INITIAL: usize = 5;
    /// Iterations of the ICLR 2021 paper.
    pub const ITERATIONS: usize = 20;

    /// How many trials there are altogether: [`Study::initial`] and [`Study::iterations`].
    pub fn budget(&self) -> usize {
        self.initial.saturating_add(self.iterations)
    }

    /// Whether the study can be searched. Every function that takes a study checks it.
    ///
    /// # Errors
    /// [`SearchError::Range`] or [`SearchError::Study`] with what was found.
    pub fn check(&self) -> Result<(), SearchError> {
        let refuse = |field, found: String, expected| Err(SearchError::Study { field, found, expected });
        if self.dimensions.is_empty() {
            return refuse("dimensions", "none".to_owned(), "at least one");
        }
        for (index, dimension) in self.dimensions.iter().enumerate() {
            dimension.check()?;
            if dimension.name.is_empty() {
                return refuse("dimensions", "a dimension without a name".to_owned(), "a name for each");
            }
            if self.dimensions[..index].iter().any(|other| other.name == dimension.name) {
                return refuse("dimensions", format!("{} twice", dimension.name), "different names");
            }
        }
        match self.budget() {
            1..=MOST_TRIALS => Ok(()),
            budget => refuse("initial and iterations", format!("{budget} trials"), "1 to 9999 together"),
        }
    }

    /// Names the values of a point.
    pub(crate) fn named(&self, values: &[f64]) -> Vec<(String, f64)> {
        self.dimensions.iter().zip(values).map(|(dimension, &value)| (dimension.name.clone(), value)).collect()
    }
}

impl fmt::Display for Strategy {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Random => "random",
            Self::Bayesian => "bayesian",
        })
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may panic")]

    use super::*;
    use crate::Range;

    fn study() -> Study {
        let range = Range::Uniform { low: 0.0, high: 1.0 };
        let dimensions = ["x", "y"].map(|name| Dimension::new(name, range).unwrap()).to_vec();
        Study { dimensions, initial: 5, iterations: 20, seed: 0, strategy: Strategy::Random }
    }

    #[test]
    fn the_budget_is_both_together() {
        assert_eq!(study().budget(), 25);
        study().check().unwrap();
    }

    #[test]
    fn studies_that_cannot_be_searched_are_refused() {
        let refused = |change: fn(&mut Study)| {
            let mut study = study();
            change(&mut study);
            study.check().unwrap_err().to_string()
        };
        assert_eq!(refused(|study| study.dimensions.clear()), "study: dimensions: found none, expected at least one");
        assert_eq!(
            refused(|study| study.dimensions[1].name = "x".to_owned()),
            "study: dimensions: found x twice, expected different names"
        );
        assert!(refused(|study| study.dimensions[0].name.clear()).contains("without a name"));
        assert!(refused(|study| (study.initial, study.iterations) = (0, 0)).contains("found 0 trials"));
        assert!(refused(|study| study.iterations = usize::MAX).ends_with("expected 1 to 9999 together"));
        assert!(refused(|study| study.dimensions[0].range = Range::Integer { low: 1, high: 0 }).contains("range of x"));
    }

    #[test]
    fn unknown_fields_and_strategies_are_refused() {
        let mut value = serde_json::to_value(study()).unwrap();
        value["strategy"] = "grid".into();
        assert!(serde_json::from_value::<Study>(value.clone()).is_err());
        value["strategy"] = "bayesian".into();
        assert!(serde_json::from_value::<Study>(value.clone()).is_ok());
        value["budget"] = 25.into();
        assert!(serde_json::from_value::<Study>(value).is_err());
    }
}

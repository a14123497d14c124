//! One point of a search and its outcome.

use crate::{Origin, SearchError, Study};
use serde::{Deserialize, Serialize};

/// One point of a search and its outcome.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Trial {
    /// 1-based; trials are numbered without gaps in the order in which they were asked for.
    pub number: usize,
    /// Names and values, in the order of the study's dimensions.
    pub values: Vec<(String, f64)>,
    /// How the point was found.
    pub origin: Origin,
    /// Its outcome.
    pub state: TrialState,
}

/// The outcome of a trial.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TrialState {
    /// Nothing yet.
    Running,
    /// A score, finite; higher is better.
    Scored(f64),
    /// No score, and why.
    Failed(String),
}

impl Trial {
    /// The value of a dimension.
    pub fn value(&self, name: &str) -> Option<f64> {
        self.values.iter().find(|(other, _)| other == name).map(|&(_, value)| value)
    }

    /// The score, if there is one.
    pub fn score(&self) -> Option<f64> {
        match self.state {
            TrialState::Scored(score) => Some(score),
            TrialState::Running | TrialState::Failed(_) => None,
        }
    }

    /// Whether the trial can be the one numbered `number` of the study.
    ///
    /// # Errors
    /// [`SearchError::Trial`] with what was found.
    pub(crate) fn check(&self, study: &Study, number: usize) -> Result<(), SearchError> {
        let refuse = |what, found: String, expected: String| Err(SearchError::Trial { number, what, found, expected });
        if self.number != number {
            return refuse("number", self.number.to_string(), number.to_string());
        }
        if self.values.len() != study.dimensions.len() {
            let (found, expected) = (self.values.len(), study.dimensions.len());
            return refuse("values", found.to_string(), expected.to_string());
        }
        for ((name, value), dimension) in self.values.iter().zip(&study.dimensions) {
            if *name != dimension.name {
                return refuse("values", name.clone(), dimension.name.clone());
            }
            if !dimension.range.contains(*value) {
                return refuse("values", format!("{name} {value}"), format!("a value of {:?}", dimension.range));
            }
        }
        match self.state {
            TrialState::Scored(score) if !score.is_finite() => Err(SearchError::NotFinite { number, score }),
            _ => Ok(()),
        }
    }
}

/// A result in words; `None` while there is none.
pub(crate) fn in_words(state: &TrialState) -> Option<String> {
    match state {
        TrialState::Running => None,
        TrialState::Scored(score) => Some(format!("score {score}")),
        TrialState::Failed(reason) => Some(format!("failure {reason:?}")),
    }
}

/// The trial with the highest score; the earliest of equal ones.
pub fn best(trials: &[Trial]) -> Option<&Trial> {
    let mut best: Option<(&Trial, f64)> = None;
    for trial in trials {
        if let Some(score) = trial.score()
            && best.is_none_or(|(_, highest)| score > highest)
        {
            best = Some((trial, score));
        }
    }
    best.map(|(trial, _)| trial)
}

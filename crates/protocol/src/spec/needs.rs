//! Runs that decide a value of another run.
//!
//! A run that starts from the weights of another names it in its [`WeightsSpec`](crate::WeightsSpec), one that learns from
//! another in its [`TeacherSpec`](crate::TeacherSpec). A run
//! with a value that is the best of several candidates, as in a grid or a search, names the runs that tried
//! them. Their scores decide the value later, so the specification, and with it the run's identity, is fixed
//! before any of them is done.

use crate::{Better, FieldError, RunId, RunScores, RunSpec, ScoreName};
use serde::{Deserialize, Serialize};

/// One value that a field may get, and the run that tried it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Alternative {
    /// The value.
    pub value: f64,
    /// The run that tried it.
    pub run: RunId,
}

/// A field whose value other runs decide.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NeedSpec {
    /// The field of the specification, dotted, for instance `objective.penalties.gradmask.weight`.
    pub field: String,
    /// The score that decides; the first of equal ones wins.
    pub score: ScoreName,
    /// The candidates.
    pub alternatives: Vec<Alternative>,
}

impl NeedSpec {
    /// The place of the best alternative by the scores of the runs that tried them; a run that failed, or has
    /// no such score, is passed over. `None` where none is left.
    pub fn best(&self, auc: crate::AucKind, scores: &[Option<&RunScores>]) -> Option<usize> {
        let mut best: Option<(usize, f64)> = None;
        for (place, scores) in scores.iter().enumerate() {
            let Some(value) = scores.and_then(|scores| self.score.of(scores, auc)) else { continue };
            let better = match (best, self.score.better()) {
                (None, _) => true,
                (Some((_, most)), Better::Lower) => value < most,
                (Some((_, most)), Better::Higher | Better::Neither) => value > most,
            };
            if better {
                best = Some((place, value));
            }
        }
        best.map(|(place, _)| place)
    }
}

impl RunSpec {
    /// The runs that must have ended before this one can begin, each once, in order.
    pub fn needed_runs(&self) -> Vec<&RunId> {
        let weights = match &self.weights {
            crate::WeightsSpec::Random | crate::WeightsSpec::File { .. } => None,
            crate::WeightsSpec::Run { run } => Some(run),
        };
        let tried = self.needs.iter().flat_map(|need| &need.alternatives).map(|alternative| &alternative.run);
        let teacher = self.teacher.as_ref().map(|teacher| &teacher.run);
        let mut needed = Vec::new();
        for run in weights.into_iter().chain(teacher).chain(tried) {
            if !needed.contains(&run) {
                needed.push(run);
            }
        }
        needed
    }

    /// The same with the values that were chosen: `chosen` holds a place among the alternatives of each need.
    ///
    /// # Errors
    /// If a field does not exist or does not take the value.
    pub fn resolved(&self, chosen: &[usize]) -> Result<Self, FieldError> {
        let mut spec = Self { needs: Vec::new(), ..self.clone() };
        for (need, place) in self.needs.iter().zip(chosen) {
            if let Some(alternative) = need.alternatives.get(*place) {
                spec = spec.with_value(&need.field, alternative.value)?;
            }
        }
        Ok(spec)
    }
}

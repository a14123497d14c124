//! Dependencies of a run on other runs: their weights, or a value that their scores choose.
//!
//! Needs are a graph over the runs of a plan. A worker starts a run once the runs that it needs have ended, in this
//! process or in any other; workers see that in the folder.

use crate::{
    plan::{Plan, PlannedRun},
    store::{RunResult, RunState, Store, StoreError, read_json},
};
use herring_protocol::{FinishedWeights, RunFailure, RunId, RunSpec, WeightsSpec};
use std::collections::BTreeMap;

/// Whether a run can start.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Readiness {
    /// It can start: its specification with the chosen values, and these values by field.
    Ready(Box<RunSpec>, BTreeMap<String, f64>),
    /// A run that it needs has not ended yet.
    Waiting,
    /// It cannot start, because a run that it needs failed.
    Blocked(RunFailure),
}

/// Whether `run` can start, given the stored results of the runs that it needs.
pub(crate) fn readiness(store: &Store, plan: &Plan, run: &PlannedRun) -> Result<Readiness, StoreError> {
    let needed = run.spec.needed_runs();
    if needed.is_empty() {
        return Ok(Readiness::Ready(Box::new(run.spec.clone()), BTreeMap::new()));
    }
    let mut states = BTreeMap::new();
    for id in needed {
        let Some(other) = plan.run(id) else {
            return Ok(blocked(id, "which is not planned in this folder"));
        };
        match store.state(other)? {
            RunState::Missing => return Ok(Readiness::Waiting),
            state => states.insert(id.clone(), (state, other.label())),
        };
    }
    let weights = match &run.spec.weights {
        WeightsSpec::Random | WeightsSpec::File { .. } => None,
        WeightsSpec::Run { run: id } => Some(id),
    };
    for id in weights.into_iter().chain(run.spec.teacher.as_ref().map(|teacher| &teacher.run)) {
        if let Some((RunState::Failed(..), label)) = states.get(id) {
            return Ok(blocked(id, &format!("{label}, which failed")));
        }
    }
    let (mut chosen, mut values) = (Vec::new(), BTreeMap::new());
    for need in &run.spec.needs {
        let results = need.alternatives.iter().map(|alternative| match states.get(&alternative.run) {
            Some((RunState::Finished(folder), _)) => {
                read_json::<RunResult>(&folder.join("result.json")).map(|result| Some(result.scores))
            }
            _ => Ok(None),
        });
        let results = results.collect::<Result<Vec<_>, StoreError>>()?;
        let scores: Vec<_> = results.iter().map(Option::as_ref).collect();
        let place = need.best(run.spec.evaluation.auc, &scores);
        match (place, need.alternatives.first()) {
            (Some(place), _) => {
                chosen.push(place);
                values.insert(need.field.clone(), need.alternatives[place].value);
            }
            (None, first) => {
                let reason =
                    format!("and the others that try values of {}: none has the score {}", need.field, need.score);
                return Ok(blocked(first.map_or(&run.id, |alternative| &alternative.run), &reason));
            }
        }
    }
    Ok(match run.spec.resolved(&chosen) {
        Ok(spec) => Readiness::Ready(Box::new(spec), values),
        Err(error) => blocked(&run.id, &format!("whose value does not fit: {error}")),
    })
}

fn blocked(run: &RunId, reason: &str) -> Readiness {
    Readiness::Blocked(RunFailure::Need { run: run.clone(), reason: reason.to_owned() })
}

/// The weights of the plan's finished runs.
pub(crate) struct StoredWeights<'a> {
    pub(crate) store: &'a Store,
    pub(crate) plan: &'a Plan,
}

impl FinishedWeights for StoredWeights<'_> {
    fn weights(&self, run: &RunId) -> Result<Vec<u8>, RunFailure> {
        let need = |reason: String| RunFailure::Need { run: run.clone(), reason };
        let planned = self.plan.run(run).ok_or_else(|| need("which is not planned in this folder".to_owned()))?;
        match self.store.state(planned) {
            Ok(RunState::Finished(folder)) => {
                let path = folder.join("weights.safetensors");
                std::fs::read(&path).map_err(|error| RunFailure::Data(format!("{}: {error}", path.display())))
            }
            Ok(_) => Err(need(format!("{}, which is not finished", planned.label()))),
            Err(error) => Err(RunFailure::Data(error.to_string())),
        }
    }
}

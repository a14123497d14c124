//! The result of a search, for the runs that use it.

use crate::{
    config::Scale,
    plan::{Plan, PlannedRun},
    store::{FOUND, FolderLock, STORE_FORMAT, StoreError, pretty_json, read_formatted, read_json, replace},
};
use herring_protocol::{AucKind, BackendKind, DataSpec, FieldError, MethodName, RunId, RunSpec, Variant, WeightsSpec};
use herring_search::{Ledger, Origin, SearchError, Trial, TrialState, best};
use serde::{Deserialize, Serialize};
use std::{collections::BTreeMap, path::Path};

/// File name of a search's description.
pub(super) const SEARCH: &str = "search.json";
/// Name of the ledger's folder.
pub(super) const LEDGER: &str = "search";
/// The field that decides which slices of volumes a run sees, so that they are prepared again where it changes.
pub const DECIDES_SLICES: &str = "data.dilation_sigma";

/// `search.json`: what is searched.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct SearchedRun {
    pub(super) format: u32,
    pub(super) experiment: String,
    pub(super) method: MethodName,
    pub(super) scale: Scale,
    pub(super) variant: Variant,
    pub(super) backend: BackendKind,
    pub(super) patience: usize,
    /// The run on which trials are based.
    pub(super) run: PlannedRun,
}

impl SearchedRun {
    pub(super) fn new(plan: &Plan, run: PlannedRun, patience: usize) -> Self {
        Self {
            format: STORE_FORMAT,
            experiment: plan.experiment.clone(),
            method: run.spec.method.clone(),
            scale: plan.scale,
            variant: plan.variant,
            backend: plan.backend,
            patience,
            run,
        }
    }

    /// Writes `search.json` into the folder; an error if it holds another search.
    pub(super) fn write(&self, out: &Path) -> Result<(), SearchResultError> {
        let _locked = FolderLock::acquire(out)?;
        let path = out.join(SEARCH);
        if path.exists() {
            let there: Self = read_formatted(out, &path)?;
            if there != *self {
                return Err(SearchResultError::Another { path: out.display().to_string() });
            }
        }
        Ok(replace(&path, &pretty_json(&path, self)?)?)
    }
}

/// One trial of a search.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SearchTrial {
    /// From 1.
    pub number: usize,
    /// Hyper-parameters by name.
    pub values: Vec<(String, f64)>,
    /// How they were proposed: `initial`, `model` or `random`.
    pub origin: String,
    /// The validation AUC, of the kind that the search uses, at the epoch of the lowest validation cross-entropy;
    /// `None` if the trial failed or is not done.
    pub score: Option<f64>,
    /// Why it failed, if it did.
    pub failure: Option<String>,
}

impl SearchTrial {
    fn new(trial: &Trial) -> Self {
        let origin = match trial.origin {
            Origin::Initial => "initial",
            Origin::Model => "model",
            Origin::Random { .. } => "random",
        };
        Self {
            number: trial.number,
            values: trial.values.clone(),
            origin: origin.to_owned(),
            score: trial.score(),
            failure: match &trial.state {
                TrialState::Failed(reason) => Some(reason.clone()),
                _ => None,
            },
        }
    }
}

/// The result of a search for one method.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SearchResult {
    format: u32,
    /// The experiment.
    pub experiment: String,
    /// The method.
    pub method: MethodName,
    /// The scale of the trials.
    pub scale: Scale,
    /// Their reading of the protocol.
    pub variant: Variant,
    /// Which AUC the scores are.
    pub auc: AucKind,
    /// Number of the trial with the highest score.
    pub best: usize,
    /// Every trial.
    pub trials: Vec<SearchTrial>,
}

/// Why a search cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum SearchResultError {
    /// Its files.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Its ledger.
    #[error(transparent)]
    Search(#[from] SearchError),
    /// No trial has a score.
    #[error("{path}: found no trial with a score, expected at least one: continue the search first")]
    NoScore {
        /// The search's folder.
        path: String,
    },
    /// The search does not fit the plan.
    #[error("{path}: this search is for {field} {found}, expected {expected}")]
    Mismatch {
        /// The search's folder.
        path: String,
        /// The field in which they differ.
        field: &'static str,
        /// The search's.
        found: String,
        /// The plan's.
        expected: String,
    },
    /// The folder holds another search.
    #[error("{path}: this folder holds another search: choose another --out")]
    Another {
        /// The folder.
        path: String,
    },
}

impl SearchResult {
    /// Reads a search's folder; the search may still be running.
    ///
    /// # Errors
    /// If there is none, a file of it is damaged, or no trial has a score yet.
    pub fn read(out: &Path) -> Result<Self, SearchResultError> {
        let path = out.join(SEARCH);
        let (_, trials) = Ledger::read(&out.join(LEDGER))?;
        let of: SearchedRun = read_formatted(out, &path)?;
        let best = best(&trials).ok_or_else(|| SearchResultError::NoScore { path: out.display().to_string() })?.number;
        Ok(Self {
            format: STORE_FORMAT,
            experiment: of.experiment,
            method: of.method,
            scale: of.scale,
            variant: of.variant,
            auc: of.run.spec.evaluation.auc,
            best,
            trials: trials.iter().map(SearchTrial::new).collect(),
        })
    }

    /// The values of the best trial.
    pub fn values(&self) -> &[(String, f64)] {
        let found = self.trials.iter().find(|trial| trial.number == self.best);
        found.map_or(&[], |trial| trial.values.as_slice())
    }

    /// Sets the found values in the runs of its method in `plan`. Errors name `path`.
    ///
    /// # Errors
    /// If the plan is of another experiment or variant, or lacks the method.
    pub fn apply(&self, plan: &mut Plan, path: &str) -> Result<(), SearchResultError> {
        let mismatch = |field, found: String, expected: String| {
            Err(SearchResultError::Mismatch { path: path.to_owned(), field, found, expected })
        };
        if self.experiment != plan.experiment {
            return mismatch("experiment", self.experiment.clone(), plan.experiment.clone());
        }
        if self.variant != plan.variant {
            return mismatch("variant", self.variant.to_string(), plan.variant.to_string());
        }
        let methods = plan.methods();
        if !methods.contains(&self.method) {
            let expected = methods.iter().map(ToString::to_string).collect::<Vec<_>>().join(" or ");
            return mismatch("method", self.method.to_string(), expected);
        }
        // The runs get new ids; runs come before those that need them.
        let mut renamed = BTreeMap::new();
        for run in &mut plan.runs {
            let mut spec = with_needs(&run.spec, &renamed);
            if spec.method == self.method {
                let found = self.values().iter().find(|(name, _)| name == DECIDES_SLICES);
                if let (DataSpec::Volumes(volumes), Some((name, sigma))) = (&spec.data, found)
                    && volumes.dilation_sigma != *sigma
                {
                    let expected = format!(
                        "{name} {}, for which the slices are prepared: state {sigma} in a configuration (--config)",
                        volumes.dilation_sigma
                    );
                    return mismatch("hyper-parameter", format!("{name} {sigma}"), expected);
                }
                spec = match with_values(&spec, self.values()) {
                    Ok(spec) => spec,
                    Err(error) => {
                        return mismatch("hyper-parameter", error.field, format!("one that {} has", self.method));
                    }
                };
            }
            let planned = PlannedRun::new(spec);
            renamed.insert(run.id.clone(), planned.id.clone());
            *run = planned;
        }
        Ok(())
    }

    /// Reads the search results stored in the reproduction's folder `out`; empty if there are none.
    ///
    /// # Errors
    /// If the file is damaged.
    pub fn read_found(out: &Path) -> Result<Vec<Self>, StoreError> {
        let path = out.join(FOUND);
        if path.exists() { read_json(&path) } else { Ok(Vec::new()) }
    }
}

/// `spec` with the new ids of the runs that it needs.
fn with_needs(spec: &RunSpec, renamed: &BTreeMap<RunId, RunId>) -> RunSpec {
    let mut spec = spec.clone();
    let own = match &mut spec.weights {
        WeightsSpec::Run { run } => Some(run),
        WeightsSpec::Random | WeightsSpec::File { .. } => None,
    };
    let tried = spec.needs.iter_mut().flat_map(|need| &mut need.alternatives).map(|alternative| &mut alternative.run);
    for run in own.into_iter().chain(tried) {
        if let Some(new) = renamed.get(run) {
            run.clone_from(new);
        }
    }
    spec
}

/// `spec` with the hyper-parameters `values`, by dotted field.
pub(super) fn with_values(spec: &RunSpec, values: &[(String, f64)]) -> Result<RunSpec, FieldError> {
    values.iter().try_fold(spec.clone(), |spec, (name, value)| spec.with_value(name, *value))
}

//! The plan of a folder: runs with their ids, in the order in which they are done.

use crate::Scale;
use herring_protocol::{AucKind, BackendKind, MethodName, RunId, RunSpec, Variant};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// One run to be done.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PlannedRun {
    /// Id of the specification.
    pub id: RunId,
    /// The specification.
    pub spec: RunSpec,
}

impl PlannedRun {
    /// The run of a specification.
    pub fn new(spec: RunSpec) -> Self {
        Self { id: RunId::of(&spec), spec }
    }

    /// Its name in messages, for instance `actdiff, seed 1234`.
    pub fn label(&self) -> String {
        format!("{}, seed {}", self.spec.method, self.spec.seed)
    }

    /// Its folder's name, for instance `actdiff-1234-0123456789abcdef`.
    pub fn folder(&self) -> String {
        format!("{}-{}-{}", self.spec.method, self.spec.seed, self.id)
    }
}

/// The runs of a reproduction, in the order in which they are done: seed by seed, so that after an
/// interruption all methods have equally many finished runs. A run comes after the runs that it needs.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Plan {
    /// Which experiment.
    pub experiment: String,
    /// How large.
    pub scale: Scale,
    /// Which reading of the protocol.
    pub variant: Variant,
    /// On which kind of device.
    pub backend: BackendKind,
    /// The runs.
    pub runs: Vec<PlannedRun>,
}

impl Plan {
    /// Which score is its AUC.
    pub fn auc(&self) -> AucKind {
        self.runs.first().map(|run| run.spec.evaluation.auc).unwrap_or(AucKind::Authors)
    }

    /// The methods, in the order of the runs.
    pub fn methods(&self) -> Vec<MethodName> {
        let mut methods: Vec<MethodName> = Vec::new();
        for run in &self.runs {
            if !methods.contains(&run.spec.method) {
                methods.push(run.spec.method.clone());
            }
        }
        methods
    }

    /// The run with this id.
    pub fn run(&self, id: &RunId) -> Option<&PlannedRun> {
        self.runs.iter().find(|run| run.id == *id)
    }

    /// The indexes `asked` and those of all runs that these need, in the order of the plan.
    pub fn with_needed(&self, asked: &[usize]) -> Vec<usize> {
        let mut all: BTreeSet<usize> = asked.iter().copied().collect();
        let mut open = asked.to_vec();
        while let Some(place) = open.pop() {
            let needed = self.runs.get(place).map(|run| run.spec.needed_runs()).unwrap_or_default();
            for id in needed {
                if let Some(place) = self.runs.iter().position(|run| run.id == *id)
                    && all.insert(place)
                {
                    open.push(place);
                }
            }
        }
        all.into_iter().collect()
    }

    /// Depth of a run in the graph of needs: 0 for a run that needs no others, else one more than the deepest run that
    /// it needs. Runs of equal depth do not need each other.
    pub fn depth(&self, place: usize) -> usize {
        let Some(run) = self.runs.get(place) else { return 0 };
        let needed = run.spec.needed_runs();
        let places = needed.iter().filter_map(|id| self.runs.iter().position(|run| run.id == **id));
        // A run comes after those that it needs, so the recursion ends.
        places.filter(|needed| *needed < place).map(|needed| self.depth(needed) + 1).max().unwrap_or(0)
    }

    /// The seeds, in the order of the runs.
    pub fn seeds(&self) -> Vec<u32> {
        let mut seeds = Vec::new();
        for run in &self.runs {
            if !seeds.contains(&run.spec.seed) {
                seeds.push(run.spec.seed);
            }
        }
        seeds
    }
}

//! In what a reproduction departs from the paper's setting, read off its runs.

use crate::{
    collect::Collection,
    config::{Configuration, Scale},
    identity::differing_fields,
    plan::{Plan, PlannedRun, Request},
};

/// A field of the run specifications with its value here and in the paper's setting.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Departure {
    /// Dotted, for instance `training.epochs`.
    pub(crate) field: String,
    /// The value here.
    pub(crate) here: String,
    /// The paper's.
    pub(crate) paper: String,
}

/// Every departure, each once. The paper's setting is that of the program's own configuration, if it
/// has the experiment: a configuration of one's own does not say what the paper did.
pub(crate) fn departures(collection: &Collection) -> Vec<Departure> {
    let plan = &collection.plan;
    let request = Request {
        scale: Scale::Paper,
        variant: plan.variant,
        backend: plan.backend,
        methods: Some(plan.methods()),
        seeds: Some(plan.seeds()),
    };
    let Ok(paper) = Plan::new(&reference(collection), &request) else {
        return Vec::new();
    };
    let mut found = Vec::new();
    for stored in &collection.runs {
        let spec = &stored.run.spec;
        let same = |other: &&PlannedRun| other.spec.method == spec.method && other.spec.seed == spec.seed;
        let Some(other) = paper.runs.iter().find(same) else {
            continue;
        };
        for (field, here, paper) in differing_fields(spec, &other.spec) {
            let departure = Departure { field, here, paper };
            if !found.contains(&departure) {
                found.push(departure);
            }
        }
    }
    found
}

/// How many seeds the paper has.
pub(crate) fn paper_seeds(collection: &Collection) -> usize {
    reference(collection).setting(Scale::Paper).seeds.len()
}

fn reference(collection: &Collection) -> Configuration {
    match Configuration::embedded() {
        Ok(embedded) if embedded.experiment == collection.plan.experiment => embedded,
        _ => collection.configuration.clone(),
    }
}

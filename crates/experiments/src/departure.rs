//! In what a reproduction departs from the paper's setting, read off its runs.

use crate::{
    collect::Collection,
    config::{Configuration, Scale},
    identity::differing_fields,
    plan::{Plan, PlannedRun, Request},
};
use herring_protocol::Method;

/// A field of the run specifications with its value here and in the paper's setting.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Departure {
    /// Dotted, for instance `training.epochs`.
    pub(crate) field: String,
    /// The value here.
    pub(crate) here: String,
    /// The paper's.
    pub(crate) paper: String,
    /// The rows it concerns.
    pub(crate) methods: Vec<Method>,
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
    let mut found: Vec<Departure> = Vec::new();
    for stored in &collection.runs {
        let spec = &stored.run.spec;
        let same = |other: &&PlannedRun| other.spec.method == spec.method && other.spec.seed == spec.seed;
        let Some(other) = paper.runs.iter().find(same) else {
            continue;
        };
        for (field, here, paper) in differing_fields(spec, &other.spec) {
            let same = |known: &&mut Departure| (&known.field, &known.here, &known.paper) == (&field, &here, &paper);
            match found.iter_mut().find(same) {
                Some(known) if known.methods.contains(&spec.method) => {}
                Some(known) => known.methods.push(spec.method),
                None => found.push(Departure { field, here, paper, methods: vec![spec.method] }),
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

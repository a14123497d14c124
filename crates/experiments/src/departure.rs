//! In what a reproduction departs from the paper's setting, read off its runs.

use crate::{
    collect::Collection,
    config::{Configuration, Known, Scale},
    identity::differing_fields,
    plan::{Plan, PlannedRun, Request},
};
use herring_protocol::{DataSpec, Method, RunSpec};

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
        images: plan.images(),
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
        let reference = with_official_images(&other.spec);
        for (field, here, paper) in differing_fields(spec, &reference) {
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

/// The paper's specification with the issue of the tables that the paper had. Which pixels that makes is
/// not known here, so listings are taken to be equal.
fn with_official_images(paper: &RunSpec) -> RunSpec {
    let mut paper = paper.clone();
    if let (DataSpec::Images(images), Some(issue)) =
        (&mut paper.data, Known::of(&paper.experiment).and_then(Known::issue))
    {
        issue.clone_into(&mut images.issue);
    }
    paper
}

/// How many seeds the paper has.
pub(crate) fn paper_seeds(collection: &Collection) -> usize {
    reference(collection).setting(Scale::Paper).seeds.len()
}

fn reference(collection: &Collection) -> Configuration {
    let known = Known::of(&collection.plan.experiment).filter(|known| *known != Known::Own);
    let embedded = known.and_then(|known| Configuration::embedded(known).ok());
    embedded.unwrap_or_else(|| collection.configuration.clone())
}

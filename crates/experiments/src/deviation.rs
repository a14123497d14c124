//! Deviations of a reproduction's runs from the paper's setting.

use crate::{
    collect::Collection,
    config::{Configuration, Scale, SeedImages},
    plan::{PlannedRun, Request, images_of, named_weights, plan_runs, weights_of},
};
use herring_protocol::{DataSpec, DecoysSpec, MethodName, RunSpec, differing_fields};
use std::collections::BTreeMap;

/// A field of the run specifications with its value here and in the paper's setting.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Deviation {
    /// Dotted, for instance `training.epochs`.
    pub field: String,
    /// The value here.
    pub here: String,
    /// The paper's.
    pub paper: String,
    /// The rows it concerns.
    pub methods: Vec<MethodName>,
}

/// Every deviation, each once. The paper's setting is that of the catalogue's configuration, if it has the experiment,
/// because a user's configuration may differ from the paper.
pub fn deviations(collection: &Collection) -> Vec<Deviation> {
    let plan = &collection.plan;
    // The user's additional rows have no setting in the paper; the others are still compared.
    let published = collection.methods().into_iter().filter(|method| reference(collection).row(method).is_some());
    // Runs that started from random weights for want of a file deviate by that, whatever the file's hash is.
    let named = named_weights(reference(collection), Scale::Paper, plan.variant);
    let mut weights: BTreeMap<String, String> = named.into_iter().map(|name| (name, String::new())).collect();
    weights.extend(weights_of(plan));
    // Images that the program carries stand for files at the scale paper, which have no listing here.
    let mut images: BTreeMap<u32, SeedImages> =
        plan.seeds().into_iter().map(|seed| (seed, SeedImages::default())).collect();
    images.extend(images_of(plan));
    let request = Request {
        scale: Scale::Paper,
        variant: plan.variant,
        backend: plan.backend,
        methods: Some(published.collect()),
        seeds: Some(plan.seeds()),
        images,
        weights,
    };
    let Ok(paper) = plan_runs(reference(collection), &request) else {
        return Vec::new();
    };
    let mut found: Vec<Deviation> = Vec::new();
    for stored in &collection.runs {
        let spec = &stored.run.spec;
        let same = |other: &&PlannedRun| other.spec.method == spec.method && other.spec.seed == spec.seed;
        let Some(other) = paper.runs.iter().find(same) else {
            continue;
        };
        let issue = reference(collection).official_issue.as_deref();
        let official = with_official_images(&other.spec, spec, issue);
        for (field, here, paper) in differing_fields(spec, &official) {
            if of_other_runs(&field) || field == "weights.sha256" {
                continue;
            }
            let drawn = |of: &Configuration, scale, value| {
                let template = of.template(scale, plan.variant, &spec.method);
                let draw = template.and_then(|run| run.draws.iter().find(|draw| draw.field == field));
                draw.map_or(value, ToString::to_string)
            };
            let here = drawn(&collection.configuration, plan.scale, here);
            let paper = drawn(reference(collection), Scale::Paper, paper);
            let same = |known: &&mut Deviation| (&known.field, &known.here, &known.paper) == (&field, &here, &paper);
            match found.iter_mut().find(same) {
                Some(known) if known.methods.contains(&spec.method) => {}
                Some(known) => known.methods.push(spec.method.clone()),
                None => found.push(Deviation { field, here, paper, methods: vec![spec.method.clone()] }),
            }
        }
    }
    found
}

/// The paper's specification with the paper's issue of the tables. The paper's pixels are not available, so listings
/// are assumed to be equal.
fn with_official_images(paper: &RunSpec, here: &RunSpec, official: Option<&str>) -> RunSpec {
    let mut paper = paper.clone();
    let (issue, known) = match &mut paper.data {
        DataSpec::Crosses(_) | DataSpec::Cardiac(_) => return paper,
        DataSpec::Images(images) => (&mut images.issue, &mut images.issue_known),
        DataSpec::Volumes(volumes) => (&mut volumes.issue, &mut volumes.issue_known),
        DataSpec::Decoys(decoys) => match (&mut decoys.files, &here.data) {
            (Some(files), DataSpec::Decoys(DecoysSpec { files: Some(_), .. })) => {
                (&mut files.issue, &mut files.issue_known)
            }
            // Images that the program carries have another name already.
            _ => {
                decoys.files = None;
                return paper;
            }
        },
    };
    if let Some(official) = official {
        official.clone_into(issue);
        *known = true;
    }
    paper
}

/// Whether a field names other runs, whose ids differ if any setting differs.
fn of_other_runs(field: &str) -> bool {
    field == "weights.run" || field == "needs" || field.starts_with("teacher.")
}

/// How many seeds the paper has.
pub fn paper_seeds(collection: &Collection) -> usize {
    reference(collection).scale(Scale::Paper).seeds.len()
}

fn reference(collection: &Collection) -> &Configuration {
    collection.reference.as_ref().unwrap_or(&collection.configuration)
}

//! What the tests of this crate share: the experiment on the crosses, as it comes with the program.
#![allow(dead_code, clippy::unwrap_used, reason = "each test file takes what it needs")]

use herring_experiments::{
    Catalogue, Experiment, Origin,
    config::{Configuration, Scale, Targets},
    plan::{Plan, Request, plan_runs},
    search::{SearchResult, SearchSpace},
    store::{Store, StoreError},
};
use herring_papers::{CATALOGUE, REPORTS, iclr2021};
use herring_protocol::{BackendKind, MethodName, Variant};
use herring_report::Outputs;
use std::path::Path;

pub(crate) fn catalogue() -> &'static Catalogue {
    &CATALOGUE
}

pub(crate) fn experiment(name: &str) -> &'static Experiment {
    iclr2021::PAPER.experiment(name).unwrap()
}

pub(crate) fn configuration_of(name: &str) -> Configuration {
    CATALOGUE.configuration(experiment(name)).unwrap()
}

pub(crate) fn targets_of(name: &str) -> Targets {
    CATALOGUE.targets(experiment(name)).unwrap()
}

/// The configuration of the crosses.
pub(crate) fn crosses() -> Configuration {
    configuration_of("crosses")
}

/// The targets of the crosses.
pub(crate) fn targets() -> Targets {
    targets_of("crosses")
}

pub(crate) fn space() -> SearchSpace {
    CATALOGUE.search_space(experiment("crosses")).unwrap().unwrap()
}

pub(crate) fn parse(text: &str) -> Result<Configuration, herring_experiments::config::ConfigError> {
    Configuration::parse("my.toml", text, &CATALOGUE)
}

pub(crate) fn method(name: &str) -> MethodName {
    name.parse().unwrap()
}

pub(crate) fn methods(names: &[&str]) -> Vec<MethodName> {
    names.iter().map(|name| method(name)).collect()
}

pub(crate) fn write_outputs(out: &Path) -> Outputs {
    herring_report::write_outputs(out, &REPORTS).unwrap()
}

/// A request on the processor as released.
pub(crate) fn request(scale: Scale, names: Option<&[&str]>, seeds: Option<&[u32]>) -> Request {
    Request {
        scale,
        variant: Variant::Released,
        backend: BackendKind::Cpu,
        methods: names.map(methods),
        seeds: seeds.map(<[u32]>::to_vec),
        images: Default::default(),
        weights: Default::default(),
    }
}

/// Runs of the crosses at the scale smoke.
pub(crate) fn smoke(names: &[&str], seeds: &[u32]) -> Plan {
    plan_runs(&crosses(), &request(Scale::Smoke, Some(names), Some(seeds))).unwrap()
}

/// Takes up a plan of `configuration` beside the targets of the crosses.
pub(crate) fn add_plan(
    store: &Store,
    plan: &Plan,
    configuration: &Configuration,
    searches: &[SearchResult],
    resume: bool,
) -> Result<Plan, StoreError> {
    let origin = Origin { configuration, targets: &targets(), searches };
    herring_experiments::add_plan(store, plan, &origin, resume)
}

/// The crosses with a method that starts from another one's weights, and one whose weight is chosen.
pub(crate) fn with_needs() -> String {
    let more = "\n[[methods]]\nname = \"tuned\"\nlabel = \"Tuned\"\ngroup = \"baseline\"\n\
                weights = { start = \"method\", method = \"masked\" }\n\
                optimiser.learning_rate = 1e-4\ndata.dilation_sigma = 1.0\n\
                \n[[methods]]\nname = \"chosen\"\nlabel = \"Chosen\"\ngroup = \"saliency\"\n\
                optimiser.learning_rate = 1e-3\ndata.dilation_sigma = 1.0\n\
                objective.penalties.gradmask.weight = 1.0\n\
                choose = [{ field = \"objective.penalties.gradmask.weight\", score = \"valid_accuracy\", \
                values = [0.1, 10.0], seed = 1 }]\n";
    let text = crosses().text().to_owned();
    text.replace("\n[scales.quick]\n", &format!("{more}\n[scales.quick]\n"))
}

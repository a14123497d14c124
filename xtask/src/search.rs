//! `search`.

use crate::{
    arguments::{ImagePlaces, Proposals, Search, experiments, folder_prefix},
    execute::with_displays,
    failure::{Failure, bad_input},
    images::{self, Wanted},
    print, signals, volumes, weights,
};
use herring_cluster::Attempt;
use herring_experiments::{
    Exit, Experiment,
    config::{Configuration, DataSetting, VolumesSetting},
    plan::{Plan, Request, plan_runs},
    search::{DECIDES_SLICES, SearchDriver, SearchResult, SearchSpace, format_value},
    store::Holder,
};
use herring_papers::CATALOGUE;
use herring_protocol::{DataSpec, VolumesSpec};
use herring_report::write_search_page;
use herring_search::{Strategy, Study};
use std::{collections::BTreeMap, path::PathBuf, sync::atomic::AtomicBool};

pub(crate) fn run(arguments: &Search) -> Result<Exit, Failure> {
    let Search { paper, method, scale, backend, variant, running, places, .. } = arguments;
    let [experiment] = experiments(paper, arguments.experiment.as_deref())?[..] else {
        return Err(bad_input("a search is for one experiment: expected --experiment with a single one"));
    };
    let configuration = match &arguments.config {
        Some(path) => Configuration::read(path, &CATALOGUE)?,
        None => CATALOGUE.configuration(experiment)?,
    };
    let embedded = CATALOGUE.search_space(experiment)?;
    let mut space = match (&arguments.space, embedded) {
        (Some(path), _) => SearchSpace::read(path)?,
        (None, Some(space)) => space,
        (None, None) => {
            let text = format!("the paper searched nothing on {}: expected --space with a file", experiment.name);
            return Err(bad_input(text));
        }
    };
    space.initial = arguments.initial.unwrap_or(space.initial);
    space.iterations = arguments.iterations.unwrap_or(space.iterations);
    let strategy = match arguments.strategy {
        Proposals::Bayesian => Strategy::Bayesian,
        Proposals::Random => Strategy::Random,
    };
    if strategy == Strategy::Bayesian && !cfg!(feature = "search") {
        let text = "this build has no Gaussian process: start `cargo run --release -p xtask --features search -- \
                    search ...`, or add --strategy random";
        return Err(Failure { text: text.to_owned(), exit: Exit::Environment });
    }
    let study = space.study(method, *variant, strategy);
    if study.dimensions.is_empty() {
        let expected = "expected another --method, or --space with a file";
        return Err(bad_input(format!("--method {method}: found no dimension in the search space for it, {expected}")));
    }
    study.check().map_err(|error| Failure { text: error.to_string(), exit: Exit::BadInput })?;
    let mut request = Request {
        scale: *scale,
        variant: *variant,
        backend: *backend,
        methods: Some(vec![method.clone()]),
        seeds: Some(vec![space.seed]),
        images: BTreeMap::new(),
        weights: BTreeMap::new(),
    };
    let out = arguments.out.clone().unwrap_or_else(|| folder(arguments, experiment));
    crate::execute::check_device(*backend, running.device)?;
    let weights = weights::places(&out, &arguments.weights)?;
    request.weights = weights::prepare((&configuration, *scale, *variant), &weights)?;
    let stop = signals::stop()?;
    if let Some(data) = images::of(&configuration, *scale, *variant) {
        let seeds = &[space.seed];
        let wanted = Wanted { configuration: &configuration, data, scale: *scale, variant: *variant, seeds };
        (request.images, _) = images::prepare(&wanted, places, &stop)?;
    }
    let on_files = !request.images.is_empty();
    let plan = plan_runs(&configuration, &request)?;
    if let Some(run) = plan.runs.iter().find(|run| run.spec.method != *method) {
        let text =
            format!("--method: '{method}' needs other runs ({}): expected a method that needs none", run.label());
        return Err(bad_input(text));
    }
    let slices = slices(&study, &plan, &configuration, (&request, places), &stop)?;
    weights.write(&out)?;
    let trainer = || {
        images::trainer((&out, Some(places.cache())), *backend, running.device, running.deterministic)
            .map_err(|failure| failure.text)
    };
    let conduct = SearchDriver {
        out: &out,
        study: &study,
        plan: &plan,
        slices: &slices,
        patience: space.patience,
        trainer: &trainer,
        holder: Holder::current(Attempt::from_environment()),
        jobs: running.jobs.unwrap_or(1),
        checkpoint_steps: running.checkpoint_steps,
        stop: &stop,
    };
    let conducted = with_displays(running, |events| Ok(conduct.run(events)?))?;
    if let Some(found) = &conducted.found {
        show(found)?;
        print(&format!("trials: {}", write_search_page(found, &out)?.display()))?;
    }
    if conducted.interrupted {
        let text = format!(
            "interrupted: start the same command again to resume; finished trials are kept in {}",
            out.display()
        );
        return Err(Failure { text, exit: Exit::Interrupted });
    }
    match conducted.found {
        Some(_) => {
            let mut more = String::new();
            if arguments.experiment.is_some() {
                more.push_str(&format!(" --experiment {}", experiment.name));
            }
            if on_files {
                for (name, path) in [("data-root", &places.data_root), ("manifest", &places.manifest)] {
                    if let Some(path) = path {
                        more.push_str(&format!(" --{name} {}", path.display()));
                    }
                }
                more.push_str(&format!(" --cache {}", places.cache().display()));
            }
            let out = out.display();
            print(&format!("seeds:  cargo xtask {}{more} --scale {scale} --from-search {out}", paper.command))?;
            Ok(Exit::Done)
        }
        None => Err(Failure { text: "no trial has a score: each of them failed".to_owned(), exit: Exit::SomeFailed }),
    }
}

/// The slices of every value of a dimension that decides which slices there are; none where no dimension does.
fn slices(
    study: &Study,
    plan: &Plan,
    configuration: &Configuration,
    (request, places): (&Request, &ImagePlaces),
    stop: &AtomicBool,
) -> Result<Vec<VolumesSpec>, Failure> {
    let dimension = study.dimensions.iter().find(|dimension| dimension.name == DECIDES_SLICES);
    let data = images::of(configuration, request.scale, request.variant);
    let (Some(dimension), Some(DataSetting::Volumes(setting)), Some(run)) = (dimension, data, plan.runs.first()) else {
        return Ok(Vec::new());
    };
    let DataSpec::Volumes(planned) = &run.spec.data else { return Ok(Vec::new()) };
    let values = dimension.range.values().ok_or_else(|| {
        let found = format!("{DECIDES_SLICES}: found the range {:?}", dimension.range);
        bad_input(format!("{found}, expected power_of_two or integer: slices are prepared for each value beforehand"))
    })?;
    let prepared = |dilation_sigma: f64| {
        let setting = VolumesSetting { dilation_sigma, ..setting.clone() };
        let (found, _) = volumes::prepare(&setting, &[run.spec.seed], places, stop)?;
        let listing = found.get(&run.spec.seed).map(|images| images.listing.clone()).unwrap_or_default();
        Ok(VolumesSpec { listing, dilation_sigma, ..planned.clone() })
    };
    values.into_iter().map(prepared).collect()
}

fn folder(arguments: &Search, experiment: &Experiment) -> PathBuf {
    let Search { paper, method, scale, variant, backend, .. } = arguments;
    let prefix = folder_prefix(paper, experiment);
    let rest = prefix.strip_prefix(paper.name).unwrap_or_default();
    PathBuf::from(format!("runs/{}-search{rest}{method}-{scale}-{variant}-{backend}", paper.name))
}

/// Prints one line for each trial and marks the best.
fn show(found: &SearchResult) -> Result<(), Failure> {
    for trial in &found.trials {
        let values: Vec<String> =
            trial.values.iter().map(|(name, value)| format!("{name} {}", format_value(*value))).collect();
        let outcome = match (trial.score, &trial.failure) {
            (Some(score), _) => format!("validation AUC {score:.3}"),
            (None, Some(reason)) => format!("failed: {reason}"),
            (None, None) => "not done".to_owned(),
        };
        let mark = if trial.number == found.best { "  <- best" } else { "" };
        print(&format!("{:4} {:8} {}: {outcome}{mark}", trial.number, trial.origin, values.join(", ")))?;
    }
    Ok(())
}

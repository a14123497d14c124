//! `search`.

use crate::{
    arguments::{Paper, Search, Tried},
    execute::with_displays,
    failure::Failure,
    print, signals,
};
use herring_cluster::Attempt;
use herring_experiments::{
    Exit,
    config::{Configuration, Scale},
    plan::{Plan, Request},
    search::{Conduct, Found, SearchSpace, spoken, write_page},
    store::Holder,
};
use herring_search::Strategy;
use std::path::PathBuf;

pub(crate) fn run(arguments: &Search) -> Result<Exit, Failure> {
    // The one paper that there is.
    let Paper::Iclr2021 = arguments.paper;
    let Search { method, scale, backend, variant, running, .. } = arguments;
    let configuration = match &arguments.config {
        Some(path) => Configuration::read(path)?,
        None => Configuration::embedded()?,
    };
    let mut space = match &arguments.space {
        Some(path) => SearchSpace::read(path)?,
        None => SearchSpace::embedded()?,
    };
    space.initial = arguments.initial.unwrap_or(space.initial);
    space.iterations = arguments.iterations.unwrap_or(space.iterations);
    let strategy = match arguments.strategy {
        Tried::Bayesian => Strategy::Bayesian,
        Tried::Random => Strategy::Random,
    };
    if strategy == Strategy::Bayesian && !cfg!(feature = "search") {
        let text = "this build has no Gaussian process: start `cargo run --release -p xtask --features search -- \
                    search ...`, or add --strategy random";
        return Err(Failure { text: text.to_owned(), exit: Exit::Environment });
    }
    let study = space.study(*method, *variant, strategy);
    study.check().map_err(|error| Failure { text: error.to_string(), exit: Exit::BadInput })?;
    let request = Request {
        scale: *scale,
        variant: *variant,
        backend: *backend,
        methods: Some(vec![*method]),
        seeds: Some(vec![space.seed]),
    };
    let plan = Plan::new(&configuration, &request)?;
    let out = arguments.out.clone().unwrap_or_else(|| folder(arguments, *scale));
    crate::execute::check_device(*backend, running.device)?;
    let stop = signals::stop()?;
    let trainer = || herring_training::trainer(*backend, running.device).map_err(|error| error.to_string());
    let conduct = Conduct {
        out: &out,
        study: &study,
        plan: &plan,
        patience: space.patience,
        trainer: &trainer,
        holder: Holder::this(Attempt::from_environment()),
        jobs: running.jobs.unwrap_or(1),
        checkpoint_steps: running.checkpoint_steps,
        stop: &stop,
    };
    let conducted = with_displays(running, |events| Ok(conduct.run(events)?))?;
    if let Some(found) = &conducted.found {
        show(found)?;
        print(&format!("trials: {}", write_page(found, &out)?.display()))?;
    }
    if conducted.interrupted {
        let text = format!("interrupted: start it again to go on; finished trials are kept in {}", out.display());
        return Err(Failure { text, exit: Exit::Interrupted });
    }
    match conducted.found {
        Some(_) => {
            print(&format!("seeds:  cargo xtask repro-iclr2021 --scale {scale} --from-search {}", out.display()))?;
            Ok(Exit::Done)
        }
        None => Err(Failure { text: "no trial has a score: each of them failed".to_owned(), exit: Exit::SomeFailed }),
    }
}

fn folder(arguments: &Search, scale: Scale) -> PathBuf {
    let Search { method, variant, backend, .. } = arguments;
    PathBuf::from(format!("runs/iclr2021-search-{method}-{scale}-{variant}-{backend}"))
}

/// A line a trial, the best one marked.
fn show(found: &Found) -> Result<(), Failure> {
    for trial in &found.trials {
        let values: Vec<String> =
            trial.values.iter().map(|(name, value)| format!("{name} {}", spoken(*value))).collect();
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

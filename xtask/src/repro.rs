//! `repro-iclr2021` and `report`.

use crate::{arguments::Repro, failure::Failure, print, signals};
use herring_experiments::{
    Exit, Outputs, Summary,
    config::{Configuration, Targets},
    plan::{Plan, PlannedRun, Request},
    progress, reproduce,
    store::Store,
};
use std::path::{Path, PathBuf};

pub(crate) fn run(arguments: &Repro) -> Result<Exit, Failure> {
    let configuration = match &arguments.config {
        Some(path) => Configuration::read(path)?,
        None => Configuration::embedded()?,
    };
    let targets = Targets::embedded()?;
    let out = arguments.out.clone().unwrap_or_else(|| default_folder(arguments));
    // Looked at before the folder is made, so that a mistyped one does not come to be.
    let before = if arguments.resume { Some(Store::planned(&out)?) } else { None };
    let mut request = Request {
        scale: arguments.scale,
        variant: arguments.variant,
        backend: arguments.backend,
        methods: arguments.methods.clone(),
        seeds: arguments.seeds.clone(),
    };
    // To resume and nothing more is to do what the folder's reproduction has planned.
    let only = before.filter(|_| request.methods.is_none() && request.seeds.is_none());
    if let Some(before) = &only {
        (request.methods, request.seeds) = (Some(before.methods()), Some(before.seeds()));
    }
    let mut plan = Plan::new(&configuration, &request)?;
    if let Some(before) = &only {
        let names = |run: &PlannedRun| (run.spec.method, run.spec.seed);
        plan.runs.retain(|run| before.runs.iter().any(|there| names(there) == names(run)));
    }
    let trainer = herring_training::trainer(arguments.backend, arguments.device).map_err(Failure::device)?;
    let store = Store::open(&out)?;
    let plan = store.take_up(&plan, &configuration, &targets, arguments.resume)?;

    let stop = signals::stop()?;
    let mut progress = progress::for_standard_error();
    let summary = reproduce(&plan, &store, trainer.as_ref(), progress.as_mut(), &stop)?;
    if summary.interrupted {
        return Err(interrupted(&summary, &plan, &out));
    }
    report(&out)
}

/// Writes table and report of the folder `out` and prints the table.
pub(crate) fn report(out: &Path) -> Result<Exit, Failure> {
    let outputs = Outputs::of(out)?;
    // The table comes first: it is worth having where the folder cannot be written any more.
    print(&outputs.table)?;
    outputs.write()?;
    print(&format!("report: {}", outputs.report.display()))?;
    print(&format!("runs:   {}", out.join("runs").display()))?;
    let complete = outputs.results.rows.iter().all(|row| row.failed == 0 && row.missing == 0);
    Ok(if complete { Exit::Done } else { Exit::SomeFailed })
}

fn default_folder(arguments: &Repro) -> PathBuf {
    let (scale, variant, backend) = (arguments.scale, arguments.variant, arguments.backend);
    PathBuf::from(format!("runs/iclr2021-{scale}-{variant}-{backend}"))
}

fn interrupted(summary: &Summary, plan: &Plan, out: &Path) -> Failure {
    Failure {
        text: format!(
            "interrupted: {} of {} runs are finished and kept in {out}; add --resume to go on, or see `cargo xtask report --out {out}`",
            summary.done + summary.reused,
            plan.runs.len(),
            out = out.display()
        ),
        exit: Exit::Interrupted,
    }
}

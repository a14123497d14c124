//! `repro-iclr2021` and `report`.

use crate::{arguments::Repro, failure::Failure, print};
use herring_experiments::{
    Exit, Summary,
    config::{Configuration, Targets},
    plan::{Plan, Request},
    progress, reproduce,
    store::Store,
    write_outputs,
};
use std::{
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

pub(crate) fn run(arguments: &Repro) -> Result<Exit, Failure> {
    let configuration = match &arguments.config {
        Some(path) => Configuration::read(path)?,
        None => Configuration::embedded()?,
    };
    let targets = Targets::embedded()?;
    let request = Request {
        scale: arguments.scale,
        variant: arguments.variant,
        backend: arguments.backend,
        methods: arguments.methods.clone(),
        seeds: arguments.seeds.clone(),
    };
    let mut plan = Plan::new(&configuration, &request)?;
    let trainer = herring_training::trainer(arguments.backend, arguments.device).map_err(Failure::device)?;
    let out = arguments.out.clone().unwrap_or_else(|| default_folder(arguments));
    let store = Store::open(&out)?;
    if arguments.resume {
        let planned = store.already_planned(&plan)?;
        if arguments.methods.is_none() && arguments.seeds.is_none() {
            plan = planned;
        }
    }
    let plan = store.take_up(&plan, &configuration, &targets, arguments.resume)?;

    let stop = stop_on_signal()?;
    let mut progress = progress::for_standard_error();
    let summary = reproduce(&plan, &store, trainer.as_ref(), progress.as_mut(), &stop)?;
    if summary.interrupted {
        return Err(interrupted(&summary, &plan, &out));
    }
    report(&out)
}

/// Writes table and report of the folder `out` and prints the table.
pub(crate) fn report(out: &Path) -> Result<Exit, Failure> {
    let outputs = write_outputs(out)?;
    print(&outputs.table);
    print(&format!("report: {}", outputs.report.display()));
    print(&format!("runs:   {}", out.join("runs").display()));
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

/// Set by the first Ctrl-C; the second ends the process.
fn stop_on_signal() -> Result<Arc<AtomicBool>, Failure> {
    let stop = Arc::new(AtomicBool::new(false));
    let seen = Arc::clone(&stop);
    ctrlc::set_handler(move || {
        if seen.swap(true, Ordering::Relaxed) {
            std::process::exit(i32::from(Exit::Interrupted.code()));
        }
    })
    .map_err(Failure::device)?;
    Ok(stop)
}

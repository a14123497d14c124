//! `repro-iclr2021`, `plan` and `report`.

use crate::{
    arguments::{PlanArguments, Repro, Selection},
    execute::{self, interrupted},
    failure::Failure,
    print, status,
};
use herring_experiments::{
    Exit, Outputs,
    config::{Configuration, Targets},
    plan::{Plan, PlannedRun, Request},
    search::Found,
    store::Store,
};
use std::path::Path;

pub(crate) fn run(arguments: &Repro) -> Result<Exit, Failure> {
    let Repro { selection, resume, running } = arguments;
    let out = selection.folder();
    execute::check_device(selection.backend, running.device)?;
    let (store, plan) = take_up(selection, *resume, *resume)?;
    let summary = execute::execute(&store, &plan, None, running)?;
    if summary.interrupted {
        return Err(interrupted(&summary, &out, "add --resume to go on"));
    }
    report(&out)
}

pub(crate) fn plan(arguments: &PlanArguments) -> Result<Exit, Failure> {
    // The one paper that there is.
    let crate::arguments::Paper::Iclr2021 = arguments.paper;
    let selection = &arguments.selection;
    take_up(selection, false, true)?;
    status::show(&selection.folder(), false)
}

/// Puts the runs that were asked for into the folder's plan. `resume` keeps to what is planned there
/// already where methods and seeds are not given; `go_on` does not mind missing runs.
fn take_up(selection: &Selection, resume: bool, go_on: bool) -> Result<(Store, Plan), Failure> {
    let configuration = match &selection.config {
        Some(path) => Configuration::read(path)?,
        None => Configuration::embedded()?,
    };
    let targets = Targets::embedded()?;
    let out = selection.folder();
    // Looked at before the folder is made, so that a mistyped one does not come to be.
    let before = if resume { Some(Store::planned(&out)?) } else { None };
    let mut request = Request {
        scale: selection.scale,
        variant: selection.variant,
        backend: selection.backend,
        methods: selection.methods.clone(),
        seeds: selection.seeds.clone(),
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
    let found = found(selection, &out, &mut plan)?;
    let store = Store::open(&out)?;
    let plan = store.take_up(&plan, &configuration, &targets, &found, go_on)?;
    Ok((store, plan))
}

/// Gives the runs of `plan` what the searches found that were named, and those that the folder was planned
/// from before; gives all of them.
fn found(selection: &Selection, out: &Path, plan: &mut Plan) -> Result<Vec<Found>, Failure> {
    let mut found = Vec::new();
    for folder in &selection.from_search {
        let one = Found::read(folder)?;
        one.apply(plan, &folder.display().to_string())?;
        found.push(one);
    }
    for kept in Found::kept(out)? {
        // Whether a search that is named instead fits the runs that are there is seen when they are compared.
        if found.iter().all(|one| one.method != kept.method) {
            if plan.methods().contains(&kept.method) {
                kept.apply(plan, &out.display().to_string())?;
            }
            found.push(kept);
        }
    }
    Ok(found)
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

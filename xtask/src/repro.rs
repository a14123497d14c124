//! `repro-iclr2021`, `plan` and `report`.

use crate::{
    arguments::{ImagePlaces, Paper, PlanArguments, Repro, Selection},
    execute::{self, interrupted},
    failure::Failure,
    images::{self, Wanted, bad},
    moved, print, say, seeds, signals, status,
};
use herring_experiments::{
    Exit, Outputs,
    config::{Configuration, ImagesTable, Known, Targets},
    images::{ImagesFile, LeftOut},
    plan::{Plan, PlannedRun, Request, SeedImages},
    search::Found,
    store::Store,
    write_overview,
};
use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

pub(crate) fn run(arguments: &Repro) -> Result<Exit, Failure> {
    let Repro { selection, resume, running } = arguments;
    execute::check_device(selection.backend, running.device)?;
    let (possible, lacking) = possible(selection)?;
    let mut worst = if lacking { Exit::SomeFailed } else { Exit::Done };
    let mut ended = Vec::new();
    for known in &possible {
        if possible.len() > 1 {
            print(&format!("\n{known}: {}", selection.folder(*known).display()))?;
        }
        match one(selection, *known, *resume, running) {
            Ok(exit) => {
                ended.push(*known);
                worst = if exit == Exit::Done { worst } else { exit };
            }
            // What is wrong with one experiment is no reason to leave out the others.
            Err(failure) if possible.len() > 1 && failure.exit != Exit::Interrupted => {
                say(&format!("{known} cannot be run: {}", failure.text));
                worst = failure.exit;
            }
            Err(failure) => return Err(failure),
        }
    }
    if ended.len() > 1 {
        let folders: Vec<PathBuf> = ended.iter().map(|known| selection.folder(*known)).collect();
        print(&format!("\noverview: {}", write_overview(&folders, &selection.common_folder())?.display()))?;
    }
    Ok(worst)
}

fn one(
    selection: &Selection,
    known: Known,
    resume: bool,
    running: &crate::arguments::Running,
) -> Result<Exit, Failure> {
    let out = selection.folder(known);
    // Of several, some may not have been begun.
    let resume = resume && (selection.experiment.known().len() == 1 || Store::planned(&out).is_ok());
    let (store, plan, left_out) = take_up(selection, known, resume, resume)?;
    let left = |run: &PlannedRun| left_out.iter().any(|left| left.seed == run.spec.seed);
    let asked: Vec<usize> = (0..plan.runs.len()).filter(|index| !left(&plan.runs[*index])).collect();
    let summary = execute::execute(&store, &plan, Some(&asked), running, None)?;
    if summary.interrupted {
        return Err(interrupted(&summary, &out, "add --resume to go on"));
    }
    let exit = report(&out)?;
    seeds::remind(&left_out);
    Ok(if left_out.is_empty() { exit } else { Exit::SomeFailed })
}

/// The experiments whose images can be had, and whether others lack something, which is told.
fn possible(selection: &Selection) -> Result<(Vec<Known>, bool), Failure> {
    let asked = selection.experiment.known();
    if selection.config.is_some() && asked.len() > 1 {
        return Err(bad("--config is for one experiment: expected --experiment with a single one"));
    }
    let (mut possible, mut lacking) = (Vec::new(), Vec::new());
    for known in asked {
        let missing = match &configuration(selection, known)?.images {
            Some(images) => images::missing(images, &selection.places)?,
            None => Vec::new(),
        };
        match missing.is_empty() {
            true => possible.push(known),
            false => lacking.push(format!("{known} cannot be run; missing: {}", missing.join("; "))),
        }
    }
    if possible.is_empty() {
        return Err(bad(lacking.join("\n")));
    }
    for line in &lacking {
        say(line);
    }
    Ok((possible, !lacking.is_empty()))
}

pub(crate) fn plan(arguments: &PlanArguments) -> Result<Exit, Failure> {
    // The one paper that there is.
    let Paper::Iclr2021 = arguments.paper;
    let selection = &arguments.selection;
    let (possible, lacking) = possible(selection)?;
    let mut incomplete = lacking;
    for known in possible {
        let (.., left_out) = take_up(selection, known, false, true)?;
        status::show(&selection.folder(known), false)?;
        seeds::remind(&left_out);
        incomplete |= !left_out.is_empty();
    }
    Ok(if incomplete { Exit::SomeFailed } else { Exit::Done })
}

/// The experiment's own configuration, or the one that was given.
fn configuration(selection: &Selection, known: Known) -> Result<Configuration, Failure> {
    let Some(path) = &selection.config else {
        return Ok(Configuration::embedded(known)?);
    };
    let configuration = Configuration::read(path)?;
    // An experiment of one's own may have any name, but not that of another one of the program.
    match Known::of(&configuration.experiment) {
        Some(other) if other != known => Err(bad(format!(
            "{}: found experiment {other}, expected {known}: give --experiment {other}",
            path.display()
        ))),
        _ => Ok(configuration),
    }
}

/// Puts the runs that were asked for into the folder's plan. `resume` keeps to what is planned there
/// already where methods and seeds are not given; `go_on` does not mind missing runs. Gives the
/// seeds as well that were asked for and are left out.
fn take_up(
    selection: &Selection,
    known: Known,
    resume: bool,
    go_on: bool,
) -> Result<(Store, Plan, Vec<LeftOut>), Failure> {
    let configuration = configuration(selection, known)?;
    let targets = Targets::embedded(known)?;
    let out = selection.folder(known);
    // Looked at before the folder is made, so that a mistyped one does not come to be.
    let before = if resume { Some(Store::planned(&out)?) } else { None };
    let mut request = Request {
        scale: selection.scale,
        variant: selection.variant,
        backend: selection.backend,
        methods: selection.methods.clone(),
        seeds: selection.seeds.clone(),
        images: BTreeMap::new(),
    };
    // To resume and nothing more is to do what the folder's reproduction has planned.
    let only = before.filter(|_| request.methods.is_none() && request.seeds.is_none());
    let kept = ImagesFile::of(&out)?;
    // Seeds that were left out are taken up again: their images may have been repaired.
    let again: Vec<u32> = kept.iter().flat_map(|file| &file.left_out).map(|left| left.seed).collect();
    if let Some(before) = &only {
        let mut seeds = before.seeds();
        seeds.extend(again.iter().filter(|seed| !before.seeds().contains(seed)));
        (request.methods, request.seeds) = (Some(before.methods()), Some(seeds));
    }
    let mut left_out = Vec::new();
    let file = match &configuration.images {
        Some(images) => {
            let places = moved::places(&out, &selection.places)?;
            let (prepared, file) = prepared(&places, &configuration, images, &request)?;
            if !file.left_out.is_empty() {
                request.seeds = Some(in_order(&request, &configuration, &prepared));
            }
            left_out.clone_from(&file.left_out);
            let seeds: Vec<u32> = prepared.keys().copied().collect();
            request.images = prepared;
            Some(file.after(kept.as_ref(), &seeds))
        }
        None => None,
    };
    let mut plan = Plan::new(&configuration, &request)?;
    if let Some(before) = &only {
        let names = |run: &PlannedRun| (run.spec.method, run.spec.seed);
        let planned = |run: &PlannedRun| before.runs.iter().any(|there| names(there) == names(run));
        plan.runs.retain(|run| planned(run) || again.contains(&run.spec.seed));
    }
    let found = found(selection, &out, &mut plan)?;
    let store = Store::open(&out)?;
    // Before the plan: whoever sees its runs finds their images.
    if let Some(file) = file.as_ref().filter(|_| kept.is_none()) {
        file.keep(&out)?;
    }
    if let (Some(file), Some(kept)) = (&file, &kept)
        && file.cache != kept.cache
    {
        if let Ok(before) = Store::planned_in(&out) {
            moved::others_found(&store, &before, &plan, &file.cache)?;
        }
        say(&format!(
            "note: the prepared images are in {} now; they were in {}",
            file.cache.display(),
            kept.cache.display()
        ));
    }
    let plan = store.take_up(&plan, &configuration, &targets, &found, go_on)?;
    if let Some(file) = file {
        file.keep(&out)?;
    }
    Ok((store, plan, left_out))
}

/// The seeds of `request` whose images are there, in their order.
fn in_order(request: &Request, configuration: &Configuration, images: &BTreeMap<u32, SeedImages>) -> Vec<u32> {
    let seeds = request.seeds.as_ref().unwrap_or(&configuration.setting(request.scale).seeds);
    seeds.iter().copied().filter(|seed| images.contains_key(seed)).collect()
}

/// The images of every seed. What can be refused without them is, before they are prepared.
fn prepared(
    places: &ImagePlaces,
    configuration: &Configuration,
    images: &ImagesTable,
    request: &Request,
) -> Result<(BTreeMap<u32, SeedImages>, ImagesFile), Failure> {
    let setting = configuration.setting(request.scale);
    let seeds = request.seeds.as_ref().unwrap_or(&setting.seeds);
    let unknown = |_| SeedImages {
        listing: String::new(),
        issue: String::new(),
        table_sha256: String::new(),
        parts_given: false,
    };
    let rehearsed = Request { images: seeds.iter().map(|seed| (*seed, unknown(seed))).collect(), ..request.clone() };
    Plan::new(configuration, &rehearsed)?;
    let wanted = Wanted { configuration, images, scale: request.scale, variant: request.variant, seeds };
    images::prepare(&wanted, places, &*signals::stop()?)
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

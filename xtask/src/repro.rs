//! `repro-<paper>`, `plan` and `report`.

use crate::{
    arguments::{ImagePlaces, PlanArguments, Repro, Selection},
    audit, cache_folder,
    execute::{self, interrupted},
    failure::{Failure, bad_input},
    images::{self, Wanted},
    print, say, seeds, signals, status, weights,
};
use herring_experiments::{
    Exit, Experiment, Origin, Paper, add_plan,
    config::{Configuration, DataSetting, SeedImages},
    images::{ImagesFile, LeftOut},
    plan::{Plan, PlannedRun, Request, plan_runs},
    search::SearchResult,
    store::{Store, StoreError},
};
use herring_papers::{CATALOGUE, REPORTS};
use herring_report::{Outputs, write_overview};
use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

/// An experiment of a paper with the arguments for it.
#[derive(Clone, Copy)]
struct ExperimentRequest<'a> {
    paper: &'static Paper,
    experiment: &'static Experiment,
    selection: &'a Selection,
    /// Whether it is one of several.
    several: bool,
}

impl ExperimentRequest<'_> {
    fn folder(&self) -> PathBuf {
        self.selection.folder(self.paper, self.experiment, self.several)
    }
}

pub(crate) fn run(paper: &'static Paper, arguments: &Repro) -> Result<Exit, Failure> {
    let Repro { selection, resume, running } = arguments;
    execute::check_device(selection.backend, running.device)?;
    let (possible, lacking) = runnable(paper, selection)?;
    let mut worst = if lacking { Exit::SomeFailed } else { Exit::Done };
    let mut ended = Vec::new();
    for asked in &possible {
        let name = asked.experiment.name;
        if possible.len() > 1 {
            print(&format!("\n{name}: {}", asked.folder().display()))?;
        }
        match run_experiment(asked, *resume, running) {
            Ok(exit) => {
                ended.push(asked.folder());
                worst = if exit == Exit::Done { worst } else { exit };
            }
            // An error in one experiment does not stop the others.
            Err(failure) if possible.len() > 1 && failure.exit != Exit::Interrupted => {
                say(&format!("{name} cannot be run: {}", failure.text));
                worst = failure.exit;
            }
            Err(failure) => return Err(failure),
        }
    }
    if ended.len() > 1 {
        let overview = write_overview(&ended, &selection.common_folder(paper), &REPORTS)?;
        print(&format!("\noverview: {}", overview.display()))?;
    }
    Ok(worst)
}

fn run_experiment(
    asked: &ExperimentRequest<'_>,
    resume: bool,
    running: &crate::arguments::Running,
) -> Result<Exit, Failure> {
    let out = asked.folder();
    // With several experiments, some may not have been started.
    let resume = resume && (!asked.several || Store::read_plan_to_resume(&out).is_ok());
    let (store, plan, left_out) = plan_into(asked, resume, resume)?;
    let left = |run: &PlannedRun| left_out.iter().any(|left| left.seed == run.spec.seed);
    let places: Vec<usize> = (0..plan.runs.len()).filter(|index| !left(&plan.runs[*index])).collect();
    if !asked.experiment.published {
        audit::estimate(&store, &plan, &places, running)?;
    }
    let summary = execute::execute(&store, &plan, Some(&places), running, None)?;
    if summary.interrupted {
        return Err(interrupted(&summary, &out, "add --resume to continue"));
    }
    let exit = report(&out)?;
    seeds::print_left_out(&left_out);
    Ok(if left_out.is_empty() { exit } else { Exit::SomeFailed })
}

/// The experiments that can be run, and whether others lack images, which is reported.
fn runnable<'a>(
    paper: &'static Paper,
    selection: &'a Selection,
) -> Result<(Vec<ExperimentRequest<'a>>, bool), Failure> {
    let experiments = selection.experiments(paper)?;
    let several = experiments.len() > 1;
    if selection.config.is_some() && several {
        return Err(bad_input("--config is for one experiment: expected --experiment with a single one"));
    }
    let (mut possible, mut lacking) = (Vec::new(), Vec::new());
    for experiment in experiments {
        let asked = ExperimentRequest { paper, experiment, selection, several };
        let configuration = configuration(&asked)?;
        let images = images::of(&configuration, selection.scale, selection.variant);
        let missing = images.map_or_else(|| Ok(Vec::new()), |images| images::missing(images, &selection.places))?;
        match missing.is_empty() {
            true => possible.push(asked),
            false => lacking.push(format!("{} cannot be run; missing: {}", experiment.name, missing.join("; "))),
        }
    }
    if possible.is_empty() {
        return Err(bad_input(lacking.join("\n")));
    }
    for line in &lacking {
        say(line);
    }
    Ok((possible, !lacking.is_empty()))
}

pub(crate) fn plan(arguments: &PlanArguments) -> Result<Exit, Failure> {
    let (possible, lacking) = runnable(arguments.paper, &arguments.selection)?;
    let mut incomplete = lacking;
    for asked in possible {
        let (.., left_out) = plan_into(&asked, false, true)?;
        status::show(&asked.folder(), false)?;
        seeds::print_left_out(&left_out);
        incomplete |= !left_out.is_empty();
    }
    Ok(if incomplete { Exit::SomeFailed } else { Exit::Done })
}

/// The experiment's configuration from the catalogue, or the one given with `--config`.
fn configuration(asked: &ExperimentRequest<'_>) -> Result<Configuration, Failure> {
    let Some(path) = &asked.selection.config else {
        return Ok(CATALOGUE.configuration(asked.experiment)?);
    };
    let configuration = Configuration::read(path, &CATALOGUE)?;
    // A user's experiment may have any name except that of another experiment of the catalogue.
    match CATALOGUE.find(&configuration.experiment) {
        Some((paper, other)) if paper.name != asked.paper.name || other.name != asked.experiment.name => {
            Err(bad_input(format!(
                "{}: found experiment {}, expected {}: give `{} --experiment {}`",
                path.display(),
                configuration.experiment,
                asked.paper.identifier(asked.experiment),
                paper.command,
                other.name
            )))
        }
        _ => Ok(configuration),
    }
}

/// Adds the requested runs to the folder's plan. With `resume`, methods and seeds default to those already planned;
/// `go_on` allows unfinished runs in the folder. Also returns the requested seeds that are left out.
fn plan_into(asked: &ExperimentRequest<'_>, resume: bool, go_on: bool) -> Result<(Store, Plan, Vec<LeftOut>), Failure> {
    let selection = asked.selection;
    let configuration = configuration(asked)?;
    let targets = CATALOGUE.targets(asked.experiment)?;
    let out = asked.folder();
    // Read before the folder is created, so that a mistyped name creates no folder.
    let before = if resume { Some(Store::read_plan_to_resume(&out)?) } else { None };
    if let Some(before) = before.as_ref().filter(|before| before.experiment != configuration.experiment) {
        let (found, expected) = (before.experiment.clone(), configuration.experiment.clone());
        return Err(StoreError::Conflict { path: out, field: "experiment".to_owned(), found, expected }.into());
    }
    let mut request = Request {
        scale: selection.scale,
        variant: selection.variant,
        backend: selection.backend,
        methods: selection.methods.clone(),
        seeds: selection.seeds.clone(),
        images: BTreeMap::new(),
        weights: BTreeMap::new(),
    };
    let weights = weights::places(&out, &selection.weights)?;
    request.weights = weights::prepare((&configuration, request.scale, request.variant), &weights)?;
    // Without methods and seeds, --resume does what is planned in the folder.
    let only = before.filter(|_| request.methods.is_none() && request.seeds.is_none());
    let kept = ImagesFile::of(&out)?;
    // Seeds that were left out are tried again: their images may have been repaired.
    let again: Vec<u32> = kept.iter().flat_map(|file| &file.left_out).map(|left| left.seed).collect();
    if let Some(before) = &only {
        let mut seeds = before.seeds();
        seeds.extend(again.iter().filter(|seed| !before.seeds().contains(seed)));
        // Runs that try values are not methods of the configuration; they are added with their method.
        let rows = before.methods().into_iter().filter(|method| configuration.row(method).is_some());
        (request.methods, request.seeds) = (Some(rows.collect()), Some(seeds));
    }
    let mut data = images::of(&configuration, request.scale, request.variant).cloned();
    if !asked.experiment.published {
        let of = (&configuration, request.scale, request.variant);
        let understood = audit::understand(of, &selection.places, request.methods.as_deref())?;
        request.methods = Some(understood.methods);
        data = Some(DataSetting::Images(understood.images));
    }
    let mut left_out = Vec::new();
    let file = match &data {
        Some(images) => {
            let places = cache_folder::image_places(&out, &selection.places)?;
            let (prepared, file) = prepared(&places, &configuration, images, &request)?;
            if !file.left_out.is_empty() {
                request.seeds = Some(in_order(&request, &configuration, &prepared));
            }
            left_out.clone_from(&file.left_out);
            let seeds: Vec<u32> = prepared.keys().copied().collect();
            request.images = prepared;
            Some(file.with_left_out_of(kept.as_ref(), &seeds))
        }
        None => None,
    };
    let mut plan = plan_runs(&configuration, &request)?;
    if let Some(before) = &only {
        let names = |run: &PlannedRun| (run.spec.method.clone(), run.spec.seed);
        let planned = |run: &PlannedRun| before.runs.iter().any(|there| names(there) == names(run));
        plan.runs.retain(|run| planned(run) || again.contains(&run.spec.seed));
    }
    let searches = searches(selection, &out, &mut plan)?;
    let store = Store::open(&out)?;
    weights.write(&out)?;
    // Written before the plan, so that a process that sees the runs finds their images.
    if let Some(file) = file.as_ref().filter(|_| kept.is_none()) {
        file.write(&out)?;
    }
    if let (Some(file), Some(kept)) = (&file, &kept)
        && file.cache != kept.cache
    {
        if let Ok(before) = Store::read_plan(&out) {
            cache_folder::check_other_runs(&store, &before, &plan, &file.cache)?;
        }
        say(&format!(
            "note: the prepared images are now in {}; they were in {}",
            file.cache.display(),
            kept.cache.display()
        ));
    }
    let plan = add_plan(
        &store,
        &plan,
        &Origin { configuration: &configuration, targets: &targets, searches: &searches },
        go_on,
    )?;
    if let Some(file) = file {
        file.write(&out)?;
    }
    Ok((store, plan, left_out))
}

/// The seeds of `request` with images, in order.
fn in_order(request: &Request, configuration: &Configuration, images: &BTreeMap<u32, SeedImages>) -> Vec<u32> {
    let seeds = request.seeds.as_ref().unwrap_or(&configuration.scale(request.scale).seeds);
    seeds.iter().copied().filter(|seed| images.contains_key(seed)).collect()
}

/// Prepares the images of every seed, after checking what can be checked without them.
fn prepared(
    places: &ImagePlaces,
    configuration: &Configuration,
    data: &DataSetting,
    request: &Request,
) -> Result<(BTreeMap<u32, SeedImages>, ImagesFile), Failure> {
    let mut seeds = request.seeds.as_ref().unwrap_or(&configuration.scale(request.scale).seeds).clone();
    // Runs that try values may have another seed.
    for choice in configuration.templates(request.scale, request.variant).flat_map(|run| &run.choose) {
        seeds.extend(choice.seed.filter(|seed| !seeds.contains(seed)));
    }
    let unknown = seeds.iter().map(|seed| (*seed, SeedImages::default())).collect();
    let draft = Request { images: unknown, ..request.clone() };
    plan_runs(configuration, &draft)?;
    let wanted = Wanted { configuration, data, scale: request.scale, variant: request.variant, seeds: &seeds };
    images::prepare(&wanted, places, &*signals::stop()?)
}

/// Sets the values found by the named searches, and by those stored in the folder, in the runs of `plan`. Returns all
/// searches.
fn searches(selection: &Selection, out: &Path, plan: &mut Plan) -> Result<Vec<SearchResult>, Failure> {
    let mut found = Vec::new();
    for folder in &selection.from_search {
        let one = SearchResult::read(folder)?;
        one.apply(plan, &folder.display().to_string())?;
        found.push(one);
    }
    for kept in SearchResult::read_found(out)? {
        // A named search replaces a stored one; a conflict with existing runs is reported later.
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
    let outputs = Outputs::of(out, &REPORTS)?;
    // The table is printed first, in case the folder cannot be written.
    print(&outputs.table)?;
    for paragraph in &outputs.findings {
        print(&format!("{paragraph}\n"))?;
    }
    outputs.write()?;
    print(&format!("report: {}", outputs.report.display()))?;
    print(&format!("runs:   {}", out.join("runs").display()))?;
    let complete = outputs.results.rows.iter().all(|row| row.failed == 0 && row.missing == 0);
    Ok(if complete { Exit::Done } else { Exit::SomeFailed })
}

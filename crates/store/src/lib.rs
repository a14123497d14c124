//! Runs on disk: a reproduction's folder.
//!
//! This crate handles runs as ids and bytes, in the order of the plan. It does not depend on configurations, tables or
//! trainers.
//!
//! ```text
//! OUT/
//!   plan.json                 scale, variant, backend and every run
//!   experiment.toml           the configuration of the runs
//!   base.toml                 the base of the configuration, if any
//!   targets.toml              the paper's numbers
//!   runs/
//!     actdiff-1234-<id>/      one folder for each run
//!       config.json           the specification
//!       provenance.json       versions, device, start, wall time: the only file with clocks
//!       steps.jsonl           one line for each training step
//!       epochs.jsonl          one line for each epoch
//!       result.json           the final numbers
//!       pictures.json         data for the report's figures
//!       weights.safetensors   the selected model
//!       SHA256SUMS            the SHA-256 of all of these but provenance.json
//!     failed-rrr-1234-<id>/   the same for a failed run, with failure.json
//!   work/
//!     rrr-3232-<id>/          a run that is not finished
//!       claim-0002            the process that does it
//!       attempt-0002/         its records so far and the last checkpoints
//!   found.json                the searches whose values the runs use, if any
//!   slurm/                    scripts, logs and the list of jobs, if a cluster does the runs
//!   .lock                     locked briefly while shared files change
//!   table.txt, results.csv, results.json, report.html
//! ```
//!
//! *Invariants.* A folder under `runs` is complete: a run is written under `work` and published by one
//! rename. Any number of processes may work in the folder at once; the process that holds a run's claim does
//! the run (see `claim.rs`). A process may die at any moment: the next attempt at the run resumes from what it
//! left, or removes it once the run is done. Readers need no lock.

mod attempt;
mod checkpoint;
mod claim;
pub mod clock;
mod error;
mod files;
mod plan;
mod record;
mod scale;
mod seal;

pub use attempt::{Attempt, Published, Start};
pub use claim::{Claim, ClaimOutcome, Holder, Watch};
pub use error::{Damage, StoreError};
pub use files::{FolderLock, pretty_json, read_json, replace};
pub use plan::{Plan, PlannedRun};
pub use record::{FailureKind, RunFailed, RunProvenance, RunResult, STORE_FORMAT};
pub use scale::{Scale, UnknownScale};
pub use seal::check_runs;

use attempt::working_folder;
use files::{LOCK, remove_all, remove_drafts};
use herring_protocol::{Position, differing_fields};
use record::FAILED;
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use std::{
    fs,
    path::{Path, PathBuf},
};

/// File name of the configuration.
pub const EXPERIMENT: &str = "experiment.toml";
/// File name of the configuration's base.
pub const BASE: &str = "base.toml";
/// File name of the paper's numbers.
pub const TARGETS: &str = "targets.toml";
/// File name of the searches whose values the runs use.
pub const FOUND: &str = "found.json";

/// The base of the configuration in the folder `out`, if any.
pub fn read_base(out: &Path) -> Result<Option<String>, StoreError> {
    let path = out.join(BASE);
    match fs::read_to_string(&path) {
        Ok(text) => Ok(Some(text)),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(StoreError::system("read", &path)(error)),
    }
}

/// `plan.json`.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Manifest {
    format: u32,
    plan: Plan,
}

/// The format number of any file.
#[derive(Deserialize)]
struct Format {
    format: u32,
}

/// Whether a run has a published result.
#[derive(Debug, Clone, PartialEq)]
pub enum RunState {
    /// A result, in this folder.
    Finished(PathBuf),
    /// A failure, in this folder.
    Failed(PathBuf, RunFailed),
    /// Neither.
    Missing,
}

/// The progress of a run that is neither finished nor failed.
#[derive(Debug, Clone, PartialEq)]
pub enum RunProgress {
    /// The process that does it, and the position of its last checkpoint.
    Running(Holder, Option<Position>),
    /// No process does it; the next attempt resumes from here.
    Interrupted(Position),
    /// There is no checkpoint.
    NotBegun,
}

/// Everything that a reproduction writes into its folder, except plan and lock.
const WRITTEN: [&str; 14] = [
    EXPERIMENT,
    BASE,
    TARGETS,
    FOUND,
    "runs",
    "work",
    "table.txt",
    "results.csv",
    "results.json",
    "report.html",
    "search",
    "search.json",
    "search.html",
    "slurm",
];

/// The first field in which two reproductions differ: `(field, value in the folder, value asked for)`.
pub type Clash = (String, String, String);

/// A plan to be added to a folder.
pub struct PlanAddition<'a> {
    /// The runs to add.
    pub plan: &'a Plan,
    /// Names and contents of the files that the runs are made from; they replace those of an earlier reproduction.
    pub files: Vec<(&'static str, Vec<u8>)>,
    /// Compares the files in the folder with the new ones, given the folder's plan; returns the first difference that
    /// matters.
    pub clash: &'a dyn Fn(&Plan) -> Result<Option<Clash>, StoreError>,
    /// Whether to continue an unfinished reproduction.
    pub resume: bool,
}

/// A reproduction's folder, opened for writing.
#[derive(Debug)]
pub struct Store {
    out: PathBuf,
}

impl Store {
    /// Opens the folder `out`; creates it if it does not exist.
    ///
    /// # Errors
    /// If an I/O operation fails, or files that are not from a reproduction would be overwritten; then nothing is
    /// written.
    pub fn open(out: &Path) -> Result<Self, StoreError> {
        refuse_foreign(out)?;
        let runs = out.join("runs");
        fs::create_dir_all(&runs).map_err(|source| match runs.ancestors().find(|path| path.exists()) {
            Some(culprit) if !culprit.is_dir() => {
                StoreError::NotADirectory { path: out.to_owned(), culprit: culprit.to_owned() }
            }
            _ => StoreError::system("create", &runs)(source),
        })?;
        let locked = FolderLock::acquire(out)?;
        remove_drafts(&locked, out)?;
        Ok(Self { out: out.to_owned() })
    }

    /// Reads the plan of the folder `out`.
    ///
    /// # Errors
    /// If the folder holds no reproduction, or its plan is damaged.
    pub fn read_plan(out: &Path) -> Result<Plan, StoreError> {
        read_plan(out)?.ok_or_else(|| StoreError::NoReproduction { path: out.to_owned() })
    }

    /// Opens the folder `out` to do the runs of its plan at the places `asked` and those that they need, or all.
    ///
    /// # Errors
    /// If what is there of one of them is damaged, or an I/O operation fails.
    pub fn open_for(out: &Path, plan: &Plan, asked: Option<&[usize]>) -> Result<Self, StoreError> {
        let asked = asked.map(|asked| plan.with_needed(asked));
        let wanted = |index: usize| asked.as_ref().is_none_or(|asked| asked.contains(&index));
        check_runs(out, plan.runs.iter().enumerate().filter(|(index, _)| wanted(*index)).map(|(_, run)| run))?;
        Self::open(out)
    }

    /// The folder.
    pub fn folder(&self) -> &Path {
        &self.out
    }

    /// Like [`read_plan`](Self::read_plan), for a command with `--resume`: the error says that there is nothing to resume.
    ///
    /// # Errors
    /// If the folder holds no reproduction, or its plan is damaged.
    pub fn read_plan_to_resume(out: &Path) -> Result<Plan, StoreError> {
        read_plan(out)?.ok_or_else(|| StoreError::NothingToResume { path: out.to_owned() })
    }

    /// Adds runs to the folder's plan and returns the whole plan. A reproduction that is already there is extended if
    /// the two are compatible.
    ///
    /// # Errors
    /// If the folder holds another reproduction, or an unfinished one while [`PlanAddition::resume`] is not set, or
    /// a damaged run, or an I/O operation fails.
    pub fn add_plan(&self, asked: &PlanAddition<'_>) -> Result<Plan, StoreError> {
        let _locked = FolderLock::acquire(&self.out)?;
        let mut whole = asked.plan.clone();
        if let Some(before) = read_plan(&self.out)? {
            let clash = match conflict(&before, asked.plan) {
                Some(clash) => Some(clash),
                None => (asked.clash)(&before)?,
            };
            if let Some((field, found, expected)) = clash {
                return Err(StoreError::Conflict { path: self.out.clone(), field, found, expected });
            }
            let states = before.runs.iter().map(|run| self.state(run));
            let states = states.collect::<Result<Vec<_>, _>>()?;
            let missing = states.iter().filter(|state| **state == RunState::Missing).count();
            if missing > 0 && !asked.resume {
                return Err(StoreError::Unfinished {
                    path: self.out.clone(),
                    finished: before.runs.len() - missing,
                    planned: before.runs.len(),
                });
            }
            let added = asked.plan.runs.iter().filter(|run| !before.runs.contains(run));
            whole.runs = before.runs.iter().chain(added).cloned().collect();
        }
        check_runs(&self.out, whole.runs.iter())?;
        // Written before the plan, so that a process that sees the runs finds these files.
        for (name, content) in &asked.files {
            replace(&self.out.join(name), content)?;
        }
        let path = self.out.join("plan.json");
        let manifest = Manifest { format: STORE_FORMAT, plan: whole.clone() };
        replace(&path, &pretty_json(&path, &manifest)?)?;
        Ok(whole)
    }

    /// Whether `run` is finished, failed or missing.
    ///
    /// # Errors
    /// If a file of it cannot be read.
    pub fn state(&self, run: &PlannedRun) -> Result<RunState, StoreError> {
        run_state(&self.out, run)
    }

    /// The progress of a run that is [`RunState::Missing`].
    ///
    /// # Errors
    /// If the working folder cannot be read.
    pub fn progress(&self, run: &PlannedRun) -> Result<RunProgress, StoreError> {
        run_progress(&self.out, run)
    }

    /// Claims `run` for `own`, unless another process does it.
    ///
    /// # Errors
    /// If an I/O operation fails.
    pub fn claim(&self, run: &PlannedRun, own: &Holder, watch: &mut Watch) -> Result<ClaimOutcome, StoreError> {
        let locked = FolderLock::acquire(&self.out)?;
        Claim::take(&locked, &working_folder(&self.out, run), own, watch)
    }

    /// Releases a claim that is not needed.
    ///
    /// # Errors
    /// If an I/O operation fails.
    pub fn release(&self, claim: Claim) -> Result<(), StoreError> {
        let locked = FolderLock::acquire(&self.out)?;
        claim.release(&locked);
        Ok(())
    }

    /// Begins an attempt at `run`.
    ///
    /// # Errors
    /// If an I/O operation fails.
    pub fn begin(&self, run: &PlannedRun, claim: Claim) -> Result<Attempt, StoreError> {
        Attempt::begin(&self.out, run, claim)
    }

    /// Removes the transient failures among `runs`, so that these runs are tried again.
    ///
    /// # Errors
    /// If an I/O operation fails.
    pub fn remove_transient_failures<'a>(&self, runs: impl Iterator<Item = &'a PlannedRun>) -> Result<(), StoreError> {
        let _locked = FolderLock::acquire(&self.out)?;
        for run in runs {
            if let RunState::Failed(folder, failed) = self.state(run)?
                && failed.is_transient()
            {
                // Renamed first: a half-removed folder would look damaged.
                let work = self.out.join("work");
                fs::create_dir_all(&work).map_err(StoreError::system("create", &work))?;
                let aside = work.join(format!("{REMOVED}{}", run.folder()));
                remove_all(&aside)?;
                fs::rename(&folder, &aside).map_err(StoreError::system("remove", &folder))?;
                remove_all(&aside)?;
            }
        }
        Ok(())
    }

    /// How many consecutive attempts at `run` have died without writing a checkpoint.
    ///
    /// # Errors
    /// If the working folder cannot be read.
    pub fn fruitless_attempts(&self, run: &PlannedRun) -> Result<u32, StoreError> {
        attempt::fruitless_attempts(&working_folder(&self.out, run))
    }

    /// Removes working folders of finished runs. They remain if a process died between publishing and cleaning up, or
    /// was superseded.
    ///
    /// # Errors
    /// If an I/O operation fails.
    pub fn clean_up<'a>(&self, runs: impl Iterator<Item = &'a PlannedRun>) -> Result<(), StoreError> {
        let _locked = FolderLock::acquire(&self.out)?;
        for run in runs {
            let work = working_folder(&self.out, run);
            if work.exists() && self.state(run)? != RunState::Missing {
                remove_all(&work)?;
            }
            remove_all(&self.out.join("work").join(format!("{REMOVED}{}", run.folder())))?;
        }
        // Succeeds only if no run is in progress.
        let _ = fs::remove_dir(self.out.join("work"));
        Ok(())
    }
}

/// Prefix of the name of a folder that is being removed.
const REMOVED: &str = "removed-";

/// The progress of a run of the folder `out` that is neither finished nor failed.
pub fn run_progress(out: &Path, run: &PlannedRun) -> Result<RunProgress, StoreError> {
    let work = working_folder(out, run);
    let position = checkpoint::list(&work)?.first().map(|(position, _)| *position);
    Ok(match (claim::holder(&work)?, position) {
        (Some(holder), position) => RunProgress::Running(holder, position),
        (None, Some(position)) => RunProgress::Interrupted(position),
        (None, None) => RunProgress::NotBegun,
    })
}

/// An error if the folder does not belong to a reproduction and files in it would be overwritten. A folder with a plan
/// or a lock file belongs to a reproduction.
fn refuse_foreign(out: &Path) -> Result<(), StoreError> {
    let lock = out.join(LOCK);
    match fs::symlink_metadata(&lock) {
        Ok(found) if found.is_file() && found.len() == 0 => return Ok(()),
        Ok(_) => return Err(StoreError::ForeignFile { path: lock }),
        Err(_) => {}
    }
    // A copy may lack hidden files.
    let plan = out.join("plan.json");
    match read_plan(out) {
        Ok(Some(_)) => return Ok(()),
        Ok(None) => {}
        // A folder of another version belongs to a reproduction as well.
        Err(error @ StoreError::Format { .. }) => return Err(error),
        Err(_) if plan.exists() => return Err(StoreError::ForeignFile { path: plan }),
        // Reported when the folder is created.
        Err(_) => return Ok(()),
    }
    match WRITTEN.iter().map(|name| out.join(name)).find(|path| fs::symlink_metadata(path).is_ok()) {
        Some(path) => Err(StoreError::ForeignFile { path }),
        None => Ok(()),
    }
}

/// Whether `run` is finished, failed or missing in the folder `out`.
pub fn run_state(out: &Path, run: &PlannedRun) -> Result<RunState, StoreError> {
    let runs = out.join("runs");
    let finished = runs.join(run.folder());
    if finished.is_dir() {
        return Ok(RunState::Finished(finished));
    }
    let failed = runs.join(format!("{FAILED}{}", run.folder()));
    if failed.is_dir() {
        let record = read_json(&failed.join("failure.json"))?;
        return Ok(RunState::Failed(failed, record));
    }
    Ok(RunState::Missing)
}

/// The plan of the folder `out`, if it holds one.
fn read_plan(out: &Path) -> Result<Option<Plan>, StoreError> {
    let path = out.join("plan.json");
    if !path.try_exists().map_err(StoreError::system("read", &path))? {
        return Ok(None);
    }
    let manifest: Manifest = read_formatted(out, &path)?;
    Ok(Some(manifest.plan))
}

/// Reads a file with a format number; an error if the folder `out` has another format.
pub fn read_formatted<T: DeserializeOwned>(out: &Path, path: &Path) -> Result<T, StoreError> {
    // Checked first: another format may not have the other fields.
    let Format { format } = read_json(path)?;
    if format != STORE_FORMAT {
        return Err(StoreError::Format { path: out.to_owned(), found: format });
    }
    read_json(path)
}

/// The first field because of which two plans do not fit in one table: `(field, value there, value asked for)`.
fn conflict(there: &Plan, asked: &Plan) -> Option<(String, String, String)> {
    for (field, found, expected) in [
        ("experiment", there.experiment.clone(), asked.experiment.clone()),
        ("scale", there.scale.to_string(), asked.scale.to_string()),
        ("variant", there.variant.to_string(), asked.variant.to_string()),
        ("backend", there.backend.to_string(), asked.backend.to_string()),
    ] {
        if found != expected {
            return Some((field.to_owned(), found, expected));
        }
    }
    let first = there.runs.first()?;
    for run in &asked.runs {
        let same = |other: &&PlannedRun| other.spec.method == run.spec.method;
        let same_seed = |other: &&PlannedRun| same(other) && other.spec.seed == run.spec.seed;
        let same_method = there.runs.iter().find(same_seed).or_else(|| there.runs.iter().find(same));
        // Another seed may use other images.
        let of_a_seed = |field: &str| {
            let other_seed = same_method.unwrap_or(first).spec.seed != run.spec.seed;
            field == "seed" || (other_seed && (field == "data.listing" || of_other_runs(field)))
        };
        // Rows may differ in everything except the table from which their images are drawn.
        let fields = differing_fields(&same_method.unwrap_or(first).spec, &run.spec);
        let of_the_table = |field: &str| field == "data.table_sha256";
        let mut clashes: Vec<_> = fields
            .into_iter()
            .filter(|(field, ..)| !of_a_seed(field) && (same_method.is_some() || of_the_table(field)))
            .collect();
        // A difference in a setting explains a different listing, so it is reported first.
        clashes.sort_by_key(|(field, ..)| field == "data.listing" || field == "data.table_sha256");
        if let Some((field, found, expected)) = clashes.into_iter().next() {
            return Some((format!("{field} of {}", run.label()), found, expected));
        }
        let same = there.runs.iter().find(|other| other.spec == run.spec);
        if let Some(other) = same.filter(|other| other.id != run.id) {
            let (found, expected) = (other.id.to_string(), run.id.to_string());
            return Some((format!("id of {}", run.label()), found, expected));
        }
    }
    None
}

/// Whether a field names other runs, which differ from seed to seed.
fn of_other_runs(field: &str) -> bool {
    field == "weights.run" || field == "needs"
}

#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;

//! A reproduction's folder.
//!
//! ```text
//! OUT/
//!   plan.json                 what was asked for: scale, variant, backend, every run
//!   experiment.toml           the configuration it was made from
//!   targets.toml              the paper's numbers it is compared with
//!   runs/
//!     actdiff-1234-<id>/      one folder a run
//!       config.json           the specification
//!       provenance.json       versions, device, start, wall time: the only file with clocks
//!       steps.jsonl           a line a training step
//!       epochs.jsonl          a line an epoch
//!       result.json           the final numbers
//!       pictures.json         what the report's figures need
//!       weights.safetensors   the selected model
//!       SHA256SUMS            the SHA-256 of all of these but provenance.json
//!     failed-rrr-1234-<id>/   the same for a run without a result, with failure.json
//!   table.txt, results.csv, results.json, report.html
//! ```
//!
//! *Invariants.* A folder whose name does not begin with a dot is whole: a run is written into a
//! hidden folder beside and shown by one rename. One process writes at a time; it holds a lock that
//! the system releases when the process ends, however it ends, so hidden folders that are there when
//! the lock is taken are left from a crash and are removed. Readers need no lock.

mod error;
mod files;
mod partial;
mod record;
mod seal;

pub use error::{Damage, StoreError};
pub(crate) use files::{pretty_json, read_json, replace};
pub use partial::PartialRun;
pub(crate) use record::STORE_FORMAT;
pub use record::{FailureKind, RunFailed, RunProvenance, RunResult};
pub(crate) use seal::check_runs;

use crate::{
    config::{Configuration, Targets},
    identity::differing_fields,
    plan::{Plan, PlannedRun},
};
use partial::{FAILED, PARTIAL};
use serde::{Deserialize, Serialize};
use std::{
    fs::{self, File, TryLockError},
    path::{Path, PathBuf},
};

/// `plan.json`.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Manifest {
    format: u32,
    plan: Plan,
}

/// What is there of a run.
#[derive(Debug, Clone, PartialEq)]
pub enum RunState {
    /// A result, in this folder.
    Finished(PathBuf),
    /// A failure, in this folder.
    Failed(PathBuf, RunFailed),
    /// Nothing.
    Missing,
}

/// What a reproduction writes into its folder beside its plan and its lock.
const WRITTEN: [&str; 7] =
    ["experiment.toml", "targets.toml", "runs", "table.txt", "results.csv", "results.json", "report.html"];

/// Empty for ever; held by the one process that may write.
const LOCK: &str = ".lock";

/// A reproduction's folder, opened for writing.
#[derive(Debug)]
pub struct Store {
    out: PathBuf,
    // Held for as long as the store lives.
    _lock: File,
}

impl Store {
    /// Opens the folder `out`, or makes it, and removes what a crash left in it.
    ///
    /// # Errors
    /// If the system refuses, another process is writing there, or files are there that are not from a
    /// reproduction and would be overwritten; then nothing is written.
    pub fn open(out: &Path) -> Result<Self, StoreError> {
        refuse_foreign(out)?;
        let runs = out.join("runs");
        fs::create_dir_all(&runs).map_err(|source| match runs.ancestors().find(|path| path.exists()) {
            Some(culprit) if !culprit.is_dir() => {
                StoreError::NoFolder { path: out.to_owned(), culprit: culprit.to_owned() }
            }
            _ => StoreError::system("create", &runs)(source),
        })?;
        let path = out.join(LOCK);
        let mut options = File::options();
        let lock = options.write(true).create(true).truncate(false).open(&path);
        let lock = lock.map_err(StoreError::system("create", &path))?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                return Err(StoreError::Busy { path: out.to_owned() });
            }
            Err(TryLockError::Error(source)) => {
                return Err(StoreError::system("lock", path)(source));
            }
        }
        let entries = fs::read_dir(&runs).map_err(StoreError::system("read", &runs))?;
        for entry in entries {
            let entry = entry.map_err(StoreError::system("read", &runs))?;
            if entry.file_name().to_string_lossy().starts_with(PARTIAL) {
                let left = entry.path();
                let folder = entry.file_type().is_ok_and(|kind| kind.is_dir());
                let removed = if folder { fs::remove_dir_all(&left) } else { fs::remove_file(&left) };
                removed.map_err(StoreError::system("remove", &left))?;
            }
        }
        Ok(Self { out: out.to_owned(), _lock: lock })
    }

    /// The folder.
    pub fn folder(&self) -> &Path {
        &self.out
    }

    /// What the reproduction in the folder `out` has planned so far; writes nothing.
    ///
    /// # Errors
    /// If the folder holds no reproduction, or its plan is damaged.
    pub fn planned(out: &Path) -> Result<Plan, StoreError> {
        read_plan(out)?.ok_or_else(|| StoreError::NothingToResume { path: out.to_owned() })
    }

    /// Takes up `plan` in this folder and gives back the whole plan of the folder: a reproduction
    /// that is there already is extended, if the two fit together.
    ///
    /// # Errors
    /// If another kind of reproduction is there, or one that was not brought to its end while
    /// `resume` is not set, or a run is there that is damaged, or the system refuses.
    pub fn take_up(
        &self,
        plan: &Plan,
        configuration: &Configuration,
        targets: &Targets,
        resume: bool,
    ) -> Result<Plan, StoreError> {
        let mut whole = plan.clone();
        if let Some(before) = read_plan(&self.out)? {
            let there = self.configuration()?;
            let clash = conflict(&before, plan).or_else(|| there?.clash(configuration, plan.scale));
            if let Some((field, found, expected)) = clash {
                return Err(StoreError::Conflict { path: self.out.clone(), field, found, expected });
            }
            check_runs(&self.out, before.runs.iter())?;
            let states = before.runs.iter().map(|run| self.state(run));
            let states = states.collect::<Result<Vec<_>, _>>()?;
            let missing = states.iter().filter(|state| **state == RunState::Missing).count();
            if missing > 0 && !resume {
                return Err(StoreError::Unfinished {
                    path: self.out.clone(),
                    finished: before.runs.len() - missing,
                    planned: before.runs.len(),
                });
            }
            let added = plan.runs.iter().filter(|run| !before.runs.contains(run));
            whole.runs = before.runs.iter().chain(added).cloned().collect();
        }
        check_runs(&self.out, whole.runs.iter())?;
        for (name, text) in [("experiment.toml", configuration.text()), ("targets.toml", targets.text())] {
            replace(&self.out.join(name), text.as_bytes())?;
        }
        let path = self.out.join("plan.json");
        let manifest = Manifest { format: STORE_FORMAT, plan: whole.clone() };
        replace(&path, &pretty_json(&path, &manifest)?)?;
        Ok(whole)
    }

    /// What the folder's runs were made from; `None` where that file is gone.
    fn configuration(&self) -> Result<Option<Configuration>, StoreError> {
        let path = self.out.join("experiment.toml");
        if !path.try_exists().map_err(StoreError::system("read", &path))? {
            return Ok(None);
        }
        let text = fs::read_to_string(&path).map_err(StoreError::system("read", &path))?;
        Configuration::parse("experiment.toml", &text).map(Some).map_err(|error| StoreError::Damaged {
            message: error.to_string(),
            path,
            line: 0,
            column: 0,
        })
    }

    /// What is there of `run`.
    ///
    /// # Errors
    /// If a file of it cannot be read.
    pub fn state(&self, run: &PlannedRun) -> Result<RunState, StoreError> {
        run_state(&self.out, run)
    }

    /// Begins to write `run`.
    ///
    /// # Errors
    /// If the system refuses.
    pub fn begin(&self, run: &PlannedRun) -> Result<PartialRun, StoreError> {
        PartialRun::begin(&self.out.join("runs"), run)
    }
}

/// Refuses a folder that is no reproduction's and in which something of another origin would be
/// overwritten. One is a reproduction's if it holds a plan, or, where that was lost, the lock.
fn refuse_foreign(out: &Path) -> Result<(), StoreError> {
    let lock = out.join(LOCK);
    match fs::symlink_metadata(&lock) {
        Ok(found) if found.is_file() && found.len() == 0 => return Ok(()),
        Ok(_) => return Err(StoreError::Foreign { path: lock }),
        Err(_) => {}
    }
    // A copy may have left hidden files out.
    let plan = out.join("plan.json");
    match read_plan(out) {
        Ok(Some(_)) => return Ok(()),
        Ok(None) => {}
        Err(_) if plan.exists() => return Err(StoreError::Foreign { path: plan }),
        // Said where the folder is made.
        Err(_) => return Ok(()),
    }
    match WRITTEN.iter().map(|name| out.join(name)).find(|path| fs::symlink_metadata(path).is_ok()) {
        Some(path) => Err(StoreError::Foreign { path }),
        None => Ok(()),
    }
}

/// What is there of `run` in the folder `out`.
pub(crate) fn run_state(out: &Path, run: &PlannedRun) -> Result<RunState, StoreError> {
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
pub(crate) fn read_plan(out: &Path) -> Result<Option<Plan>, StoreError> {
    let path = out.join("plan.json");
    if !path.try_exists().map_err(StoreError::system("read", &path))? {
        return Ok(None);
    }
    let manifest: Manifest = read_json(&path)?;
    check_format(&path, manifest.format)?;
    Ok(Some(manifest.plan))
}

/// Refuses a file of another format.
fn check_format(path: &Path, format: u32) -> Result<(), StoreError> {
    if format == STORE_FORMAT {
        return Ok(());
    }
    Err(StoreError::Damaged {
        path: path.to_owned(),
        line: 0,
        column: 0,
        message: format!("found format {format}, expected {STORE_FORMAT}"),
    })
}

/// The first thing in which two plans cannot stand in one table: `(field, there, asked for)`.
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
        let same_method = there.runs.iter().find(|other| other.spec.method == run.spec.method);
        let fields = differing_fields(&same_method.unwrap_or(first).spec, &run.spec);
        let mut clashes = fields.into_iter().filter(|(field, ..)| {
            field != "seed" && (same_method.is_some() || !OF_A_ROW.iter().any(|own| field.starts_with(own)))
        });
        if let Some((field, found, expected)) = clashes.next() {
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

/// The fields in which two rows of one table may differ.
const OF_A_ROW: [&str; 5] =
    ["method", "data.dilation_sigma", "training.learning_rate", "training.penalty_weight", "discriminator"];

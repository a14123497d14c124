//! A search's folder.
//!
//! ```text
//! FOLDER/
//!   study.json              what is searched: the study, with the number of this format
//!   trials/
//!     0001.json             a trial that was asked for: its values and how they were found
//!     0001.told.json        its outcome, once it was told
//!     0002.json
//!     ...
//!   .lock                   held by the one process that writes
//! ```
//!
//! *Invariants.* A file whose name does not begin with a dot is complete: it is written as a draft in
//! the same folder, synced to the disk, and renamed. Files are never changed. Trial `n + 1` is written
//! after trial `n`, so the numbers have no gaps. One process writes at a time; it holds a lock that
//! the system releases when the process ends for any reason, so drafts that exist when the lock is
//! taken are left from a crash and are removed. Readers need no lock.
//!
//! *Interruption.* At any moment the folder holds trials with and without results. Since only one
//! process writes, no process works on a trial that has no result when the lock is taken:
//! [`Ledger::ask`] hands it out again before any new one. A search that asks, scores and tells one
//! trial after the other therefore visits the same points whether it is interrupted or not. If a trial
//! crashes the process each time, the caller should tell it as failed before asking again.

mod conflict;
mod files;
mod read;
mod record;

pub use record::TrialOutcome;

use crate::{
    SearchError, Study, Trial, TrialState,
    propose::propose,
    trial::{best, in_words},
};
use record::{FORMAT, StudyRecord, ToldRecord, TrialRecord};
use std::{
    collections::VecDeque,
    fs::{self, File, TryLockError},
    path::{Path, PathBuf},
};

/// A search's folder, opened for writing.
#[derive(Debug)]
pub struct Ledger {
    folder: PathBuf,
    study: Study,
    trials: Vec<Trial>,
    // Trials that an earlier process left running.
    left: VecDeque<usize>,
    // Held for as long as the ledger lives.
    _lock: File,
}

impl Ledger {
    /// Opens the search of `study` in `folder`, or creates it.
    ///
    /// # Errors
    /// If the study cannot be searched ([`Study::check`]), another process is writing there
    /// ([`SearchError::Busy`]), another study is there ([`SearchError::Conflict`]), a file is not what
    /// this crate writes ([`SearchError::Damaged`]), or an I/O operation fails.
    pub fn open(folder: &Path, study: &Study) -> Result<Self, SearchError> {
        study.check()?;
        let trials_folder = folder.join(files::TRIALS);
        fs::create_dir_all(&trials_folder).map_err(SearchError::system("create", &trials_folder))?;
        let lock = lock(folder)?;
        files::remove_drafts(folder)?;
        files::remove_drafts(&trials_folder)?;
        let trials = match read::study(folder)? {
            Some(there) => {
                conflict::refuse(folder, &there, study)?;
                read::trials(folder, study)?
            }
            None => {
                let path = folder.join(files::STUDY);
                if let Some(last) = read::last_number(folder)? {
                    return Err(SearchError::damaged(&path, format!("found {last} trials but not this file")));
                }
                files::show(&path, &StudyRecord { format: FORMAT, study: study.clone() })?;
                Vec::new()
            }
        };
        let running = trials.iter().filter(|trial| trial.state == TrialState::Running);
        let left = running.map(|trial| trial.number).collect();
        Ok(Self { folder: folder.to_owned(), study: study.clone(), trials, left, _lock: lock })
    }

    /// Reads a search without a lock: what has been written so far, also while the search is running.
    ///
    /// # Errors
    /// If there is none ([`SearchError::Nothing`]), a file is not what this crate writes
    /// ([`SearchError::Damaged`]), or an I/O operation fails.
    pub fn read(folder: &Path) -> Result<(Study, Vec<Trial>), SearchError> {
        let study = read::study(folder)?.ok_or_else(|| SearchError::Nothing { path: folder.to_owned() })?;
        let trials = read::trials(folder, &study)?;
        Ok((study, trials))
    }

    /// The next trial to run, written to disk before it is handed out: one that an earlier process
    /// left running, or a new one. `None` once the budget is used up. Trials may be asked for while
    /// others are running.
    ///
    /// # Errors
    /// As [`propose`], and if an I/O operation fails.
    pub fn ask(&mut self) -> Result<Option<Trial>, SearchError> {
        while let Some(number) = self.left.pop_front() {
            let trial = &self.trials[number - 1];
            if trial.state == TrialState::Running {
                return Ok(Some(trial.clone()));
            }
        }
        if self.trials.len() >= self.study.budget() {
            return Ok(None);
        }
        let proposal = propose(&self.study, &self.trials)?;
        let trial = Trial {
            number: self.trials.len() + 1,
            values: self.study.named(&proposal.values),
            origin: proposal.origin,
            state: TrialState::Running,
        };
        files::show(&files::trial(&self.folder, trial.number), &TrialRecord::of(&trial))?;
        self.trials.push(trial.clone());
        Ok(Some(trial))
    }

    /// Records the outcome of a trial. Telling the same outcome again changes nothing.
    ///
    /// # Errors
    /// If the trial was never handed out ([`SearchError::UnknownTrial`]), has another result already
    /// ([`SearchError::AlreadyTold`]), the score is not finite ([`SearchError::NotFinite`]), or an I/O
    /// operation fails.
    pub fn tell(&mut self, number: usize, told: TrialOutcome) -> Result<(), SearchError> {
        if let TrialOutcome::Scored(score) = told
            && !score.is_finite()
        {
            return Err(SearchError::NotFinite { number, score });
        }
        let asked = self.trials.len();
        let trial = number.checked_sub(1).and_then(|index| self.trials.get_mut(index));
        let trial = trial.ok_or(SearchError::UnknownTrial { number, asked })?;
        let state = TrialState::from(told.clone());
        if trial.state == state {
            return Ok(());
        }
        if let Some(found) = in_words(&trial.state) {
            let told = in_words(&state).unwrap_or_default();
            return Err(SearchError::AlreadyTold { number, found, told });
        }
        files::show(&files::told(&self.folder, number), &ToldRecord { format: FORMAT, number, told })?;
        trial.state = state;
        Ok(())
    }

    /// All trials, in the order of their numbers.
    pub fn trials(&self) -> &[Trial] {
        &self.trials
    }

    /// The trial with the highest score; the earliest of equal ones.
    pub fn best(&self) -> Option<&Trial> {
        best(&self.trials)
    }

    /// What is searched.
    pub fn study(&self) -> &Study {
        &self.study
    }

    /// The folder.
    pub fn folder(&self) -> &Path {
        &self.folder
    }
}

/// Locks the folder for this process.
fn lock(folder: &Path) -> Result<File, SearchError> {
    let path = folder.join(".lock");
    let file = File::options().write(true).create(true).truncate(false).open(&path);
    let file = file.map_err(SearchError::system("create", &path))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(SearchError::Busy { path: folder.to_owned() }),
        Err(TryLockError::Error(source)) => Err(SearchError::system("lock", path)(source)),
    }
}

//! Reads a folder and checks that it is what this crate writes.

use super::{
    files,
    record::{FORMAT, StudyRecord, ToldRecord, TrialRecord},
};
use crate::{SearchError, Study, Trial, TrialState};
use std::{
    fs,
    path::{Path, PathBuf},
};

/// The study of a folder, if it holds one.
pub(super) fn study(folder: &Path) -> Result<Option<Study>, SearchError> {
    let path = folder.join(files::STUDY);
    let Some(record) = files::read::<StudyRecord>(&path)? else {
        return Ok(None);
    };
    check_format(&path, record.format)?;
    record.study.check().map_err(|error| SearchError::damaged(&path, error.to_string()))?;
    Ok(Some(record.study))
}

/// The highest number among the trials' files.
pub(super) fn last_number(folder: &Path) -> Result<Option<usize>, SearchError> {
    let trials = folder.join(files::TRIALS);
    let mut last = None;
    for entry in fs::read_dir(&trials).map_err(SearchError::system("read", &trials))? {
        let entry = entry.map_err(SearchError::system("read", &trials))?;
        last = last.max(files::number(&entry.file_name().to_string_lossy()));
    }
    Ok(last)
}

/// All trials of a folder, in order.
pub(super) fn trials(folder: &Path, study: &Study) -> Result<Vec<Trial>, SearchError> {
    // A process may write meanwhile. Trials with lower numbers were written earlier, so only later
    // trials can be missed.
    let last = last_number(folder)?.unwrap_or(0);
    if last > study.budget() {
        let path = files::trial(folder, last);
        return Err(SearchError::damaged(&path, format!("found trial {last}, expected at most {}", study.budget())));
    }
    (1..=last).map(|number| trial(folder, study, number)).collect()
}

/// One trial with its result.
fn trial(folder: &Path, study: &Study, number: usize) -> Result<Trial, SearchError> {
    let path = files::trial(folder, number);
    let record: TrialRecord = files::read(&path)?
        .ok_or_else(|| SearchError::damaged(&path, "found a later trial, expected this one before it"))?;
    check_format(&path, record.format)?;
    let TrialRecord { number: found, values, origin, .. } = record;
    let mut trial = Trial { number: found, values, origin, state: TrialState::Running };
    trial.check(study, number).map_err(|error| SearchError::damaged(&path, error.to_string()))?;
    if let Some(state) = told(files::told(folder, number), number)? {
        trial.state = state;
    }
    Ok(trial)
}

/// The result of a trial, if it was told.
fn told(path: PathBuf, number: usize) -> Result<Option<TrialState>, SearchError> {
    let Some(record) = files::read::<ToldRecord>(&path)? else {
        return Ok(None);
    };
    check_format(&path, record.format)?;
    if record.number != number {
        return Err(SearchError::damaged(&path, format!("found trial {}, expected {number}", record.number)));
    }
    Ok(Some(record.told.into()))
}

/// Refuses a file of another format.
fn check_format(path: &Path, format: u32) -> Result<(), SearchError> {
    if format == FORMAT {
        return Ok(());
    }
    Err(SearchError::damaged(path, format!("found format {format}, expected {FORMAT}")))
}

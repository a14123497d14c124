//! A run that is being written: hidden until it is whole.

use super::{
    StoreError,
    files::{pretty_json, sync_folder, write_through},
    record::{RunFailed, RunProvenance, RunResult},
    seal::seal,
};
use crate::plan::PlannedRun;
use herring_protocol::{EpochRecord, RunOutcome, StepRecord};
use serde::Serialize;
use std::{
    fs::{self, File},
    io::{BufWriter, Write},
    path::{Path, PathBuf},
};

/// The folder of a run that is not done. It vanishes when it is dropped without being published.
#[derive(Debug)]
pub struct PartialRun {
    folder: PathBuf,
    runs: PathBuf,
    name: String,
    steps: Lines,
    epochs: Lines,
    published: bool,
}

/// What a hidden folder's name begins with.
pub(super) const PARTIAL: &str = ".partial-";

/// What the folder of a failed run's name begins with.
pub(super) const FAILED: &str = "failed-";

impl PartialRun {
    /// Makes the hidden folder of `run` within the folder `runs`.
    pub(super) fn begin(runs: &Path, run: &PlannedRun) -> Result<Self, StoreError> {
        let name = run.folder();
        let folder = runs.join(format!("{PARTIAL}{name}"));
        fs::create_dir(&folder).map_err(StoreError::system("create", &folder))?;
        let begun = Self {
            steps: Lines::create(folder.join("steps.jsonl"))?,
            epochs: Lines::create(folder.join("epochs.jsonl"))?,
            folder,
            runs: runs.to_owned(),
            name,
            published: false,
        };
        begun.write_json("config.json", &run.spec)?;
        Ok(begun)
    }

    /// Writes a step's line.
    ///
    /// # Errors
    /// If the system refuses.
    pub fn step(&mut self, record: &StepRecord) -> Result<(), StoreError> {
        self.steps.write(record)
    }

    /// Writes an epoch's line, and what was held back of the steps'.
    ///
    /// # Errors
    /// If the system refuses.
    pub fn epoch(&mut self, record: &EpochRecord) -> Result<(), StoreError> {
        self.epochs.write(record)?;
        self.epochs.flush()?;
        self.steps.flush()
    }

    /// Completes the folder with an outcome and shows it under its name, in one step.
    ///
    /// # Errors
    /// If the system refuses; then nothing is shown.
    pub fn publish(
        mut self,
        run: &PlannedRun,
        outcome: &RunOutcome,
        provenance: &RunProvenance,
    ) -> Result<(), StoreError> {
        self.write_json("result.json", &RunResult::new(run, outcome))?;
        let pictures = self.folder.join("pictures.json");
        let compact = serde_json::to_vec(&outcome.pictures)
            .map_err(|error| StoreError::system("write", &pictures)(error.into()))?;
        write_through(&pictures, &compact)?;
        write_through(&self.folder.join("weights.safetensors"), &outcome.weights)?;
        self.write_json("provenance.json", provenance)?;
        let name = self.name.clone();
        self.show(&name)
    }

    /// Completes the folder with a failure and shows it as such, in one step.
    ///
    /// # Errors
    /// If the system refuses; then nothing is shown.
    pub fn publish_failure(mut self, failed: &RunFailed, provenance: &RunProvenance) -> Result<(), StoreError> {
        self.write_json("failure.json", failed)?;
        self.write_json("provenance.json", provenance)?;
        let name = format!("{FAILED}{}", self.name);
        self.show(&name)
    }

    fn show(&mut self, name: &str) -> Result<(), StoreError> {
        self.steps.finish()?;
        self.epochs.finish()?;
        seal(&self.folder)?;
        sync_folder(&self.folder)?;
        // An earlier failure of the same run gives way to what came of it now.
        let failed = self.runs.join(format!("{FAILED}{}", self.name));
        if failed.exists() {
            fs::remove_dir_all(&failed).map_err(StoreError::system("remove", &failed))?;
        }
        let shown = self.runs.join(name);
        fs::rename(&self.folder, &shown).map_err(StoreError::system("create", &shown))?;
        self.published = true;
        sync_folder(&self.runs)
    }

    fn write_json<T: Serialize>(&self, name: &str, value: &T) -> Result<(), StoreError> {
        let path = self.folder.join(name);
        write_through(&path, &pretty_json(&path, value)?)
    }
}

impl Drop for PartialRun {
    fn drop(&mut self) {
        if !self.published {
            // Nothing can be done about a refusal here; the next start tries again.
            let _ = fs::remove_dir_all(&self.folder);
        }
    }
}

/// A file of JSON lines.
#[derive(Debug)]
struct Lines {
    path: PathBuf,
    file: BufWriter<File>,
}

impl Lines {
    fn create(path: PathBuf) -> Result<Self, StoreError> {
        let file = File::create(&path).map_err(StoreError::system("create", &path))?;
        Ok(Self { path, file: BufWriter::new(file) })
    }

    fn write<T: Serialize>(&mut self, record: &T) -> Result<(), StoreError> {
        let line = serde_json::to_vec(record).map_err(std::io::Error::from);
        line.and_then(|mut line| {
            line.push(b'\n');
            self.file.write_all(&line)
        })
        .map_err(StoreError::system("write", &self.path))
    }

    fn flush(&mut self) -> Result<(), StoreError> {
        self.file.flush().map_err(StoreError::system("write", &self.path))
    }

    fn finish(&mut self) -> Result<(), StoreError> {
        self.flush()?;
        self.file.get_ref().sync_all().map_err(StoreError::system("write", &self.path))
    }
}

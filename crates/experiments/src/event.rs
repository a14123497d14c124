//! Progress events, for displays and for other programs.

use crate::{
    clock,
    plan::PlannedRun,
    store::{Holder, RunFailed, StoreError},
};
use herring_protocol::{AucKind, EpochRecord, MethodName, Position, RunId};
use serde::{Deserialize, Serialize};
use std::{
    fs::File,
    io::{Read, Seek, SeekFrom, Write},
    path::{Path, PathBuf},
};

/// A run within a plan.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RunName {
    /// Its index in the plan, from 0.
    pub index: usize,
    /// Its id.
    pub id: RunId,
    /// Its method.
    pub method: MethodName,
    /// Its seed.
    pub seed: u32,
}

impl RunName {
    /// The run at an index of the plan.
    pub fn new(index: usize, run: &PlannedRun) -> Self {
        Self { index, id: run.id.clone(), method: run.spec.method.clone(), seed: run.spec.seed }
    }

    /// Its name in messages, for instance `actdiff, seed 1234`.
    pub fn label(&self) -> String {
        format!("{}, seed {}", self.method, self.seed)
    }
}

/// A run that is to be done.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Pending {
    /// Which.
    #[serde(flatten)]
    pub run: RunName,
    /// Epochs it has at most.
    pub epochs: usize,
    /// The approximate cost of a step relative to one without penalties.
    pub cost: f64,
}

/// How one attempt at a run ended.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "how", rename_all = "kebab-case")]
pub enum RunEnd {
    /// With a result.
    Finished {
        /// Scores of the selected model by their names: the AUC of the kind that the run uses and the intersection over
        /// prediction where there is one set of test images, else the accuracy on each.
        scores: Vec<(String, f64)>,
        /// The selected epoch, 1-based.
        best_epoch: usize,
    },
    /// Without a result.
    Failed {
        /// The record that was kept.
        failure: RunFailed,
    },
    /// It was asked to stop; the next attempt resumes from the last checkpoint.
    Interrupted,
    /// Another attempt had taken it over.
    Superseded,
}

/// An event of one worker or, with worker 0, of all workers.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "kebab-case")]
pub enum Event {
    /// These runs will be done.
    Planned {
        /// In the order in which they start.
        pending: Vec<Pending>,
        /// Number of runs in the plan.
        whole: usize,
        /// Number of workers.
        workers: usize,
    },
    /// A run starts or resumes.
    RunStarted {
        /// Which.
        #[serde(flatten)]
        run: RunName,
        /// Epochs it has at most.
        epochs: usize,
        /// The position from which it resumes.
        from: Position,
    },
    /// What a user should know of a run that goes on.
    Note {
        /// Which.
        #[serde(flatten)]
        run: RunName,
        /// A sentence.
        text: String,
    },
    /// A training step of the worker's run is done. Not written to event files.
    Step {
        /// 1-based.
        epoch: usize,
        /// 1-based, within the epoch.
        step: usize,
        /// Steps an epoch.
        steps: usize,
    },
    /// An epoch of a run is done.
    Epoch {
        /// Which run.
        #[serde(flatten)]
        run: RunName,
        /// Its scores and losses.
        record: EpochRecord,
        /// Which AUC the run uses.
        auc: AucKind,
        /// Wall time since the epoch before, or since the run began.
        seconds: f64,
    },
    /// A checkpoint was written.
    Checkpoint {
        /// Of which run.
        #[serde(flatten)]
        run: RunName,
        /// The position of the checkpoint.
        position: Position,
        /// Size of the file.
        bytes: u64,
        /// Wall time of writing it.
        seconds: f64,
    },
    /// A checkpoint could not be used; the previous one is used, or the run starts from the beginning.
    CheckpointRefused {
        /// Of which run.
        #[serde(flatten)]
        run: RunName,
        /// Its file and what is wrong with it.
        message: String,
    },
    /// Another process does a run, and this worker waits for it because it has no other run to do.
    RunElsewhere {
        /// Which.
        #[serde(flatten)]
        run: RunName,
        /// The process that does it, if that can be read.
        holder: Option<Holder>,
    },
    /// The remaining runs need other runs, which another process does; this worker waits.
    Waiting {
        /// The first of them.
        #[serde(flatten)]
        run: RunName,
    },
    /// Another process has finished a run.
    RunDoneElsewhere {
        /// Which.
        #[serde(flatten)]
        run: RunName,
    },
    /// An attempt at a run has ended.
    RunEnded {
        /// Which.
        #[serde(flatten)]
        run: RunName,
        /// How.
        end: RunEnd,
        /// Wall time of this attempt.
        seconds: f64,
        /// The part of it spent on checkpoints, records, claims and publication.
        kept_seconds: f64,
    },
    /// A worker's process has failed.
    WorkerLost {
        /// Its error message.
        message: String,
    },
    /// All workers have ended; no event follows.
    Finished,
}

impl Event {
    /// The same event with another index of the run.
    pub(crate) fn numbered(mut self, place: usize) -> Self {
        match &mut self {
            Self::RunStarted { run, .. }
            | Self::Note { run, .. }
            | Self::Epoch { run, .. }
            | Self::Checkpoint { run, .. }
            | Self::CheckpointRefused { run, .. }
            | Self::RunElsewhere { run, .. }
            | Self::Waiting { run }
            | Self::RunDoneElsewhere { run }
            | Self::RunEnded { run, .. } => run.index = place,
            Self::Planned { .. } | Self::Step { .. } | Self::WorkerLost { .. } | Self::Finished => {}
        }
        self
    }
}

/// A receiver of events.
pub trait Events: Send {
    /// Receives an event of a worker, numbered from 1 (0 for all).
    fn event(&mut self, worker: usize, event: &Event);
}

/// Discards events.
#[derive(Debug, Default)]
pub struct NoEvents;

impl Events for NoEvents {
    fn event(&mut self, _worker: usize, _event: &Event) {}
}

/// A file of events: on each line a JSON object with `time` (UTC, RFC 3339), `worker` and the event's fields. A
/// restarted program appends to it.
#[derive(Debug)]
pub struct EventFile {
    path: PathBuf,
    file: File,
    /// The first error; nothing is written after it.
    refused: Option<StoreError>,
}

#[derive(Serialize)]
struct Line<'a> {
    time: String,
    worker: usize,
    #[serde(flatten)]
    event: &'a Event,
}

impl EventFile {
    /// Opens or creates the file.
    ///
    /// # Errors
    /// If an I/O operation fails.
    pub fn open(path: &Path) -> Result<Self, StoreError> {
        let options = File::options().read(true).append(true).create(true).open(path);
        let mut file = options.map_err(StoreError::system("create", path))?;
        let mut last = [b'\n'];
        // A killed program may have left an incomplete line.
        if file.seek(SeekFrom::End(-1)).is_ok() && file.read(&mut last).is_ok_and(|read| read == 1) && last != [b'\n'] {
            file.write_all(b"\n").map_err(StoreError::system("write", path))?;
        }
        Ok(Self { path: path.to_owned(), file, refused: None })
    }

    /// Closes the file.
    ///
    /// # Errors
    /// The first I/O error.
    pub fn finish(self) -> Result<(), StoreError> {
        self.refused.map_or(Ok(()), Err)
    }
}

impl Events for EventFile {
    fn event(&mut self, worker: usize, event: &Event) {
        if matches!(event, Event::Step { .. }) || self.refused.is_some() {
            return;
        }
        let line = serde_json::to_string(&Line { time: clock::now(), worker, event }).map_err(std::io::Error::from);
        // A single write, so that lines of two programs do not mix.
        if let Err(error) = line.and_then(|line| self.file.write_all(format!("{line}\n").as_bytes())) {
            self.refused = Some(StoreError::system("write", &self.path)(error));
        }
    }
}

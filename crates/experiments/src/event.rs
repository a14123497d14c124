//! What happens while runs go on, for displays and for programs.

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

/// Which run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RunName {
    /// Its place in the plan, from 0.
    pub index: usize,
    /// Its identity.
    pub id: RunId,
    /// Its method.
    pub method: MethodName,
    /// Its seed.
    pub seed: u32,
}

impl RunName {
    /// The name of the run at a place of the plan.
    pub fn new(index: usize, run: &PlannedRun) -> Self {
        Self { index, id: run.id.clone(), method: run.spec.method.clone(), seed: run.spec.seed }
    }

    /// For people, for instance `actdiff, seed 1234`.
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
    /// The work of a step against one without penalties, roughly.
    pub cost: f64,
}

/// How one attempt at a run ended.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "how", rename_all = "kebab-case")]
pub enum RunEnd {
    /// With a result.
    Finished {
        /// AUC of the selected model on the first set of test images, of the kind that the run means; absent where
        /// it is not defined.
        auc: Option<f64>,
        /// Its intersection over prediction; absent where no image has a mask.
        iop: Option<f64>,
        /// The selected epoch, 1-based.
        best_epoch: usize,
    },
    /// Without.
    Failed {
        /// The record that was kept.
        failure: RunFailed,
    },
    /// It was asked to stop; the next attempt goes on from its last checkpoint.
    Interrupted,
    /// Another attempt had taken it over.
    Superseded,
}

/// Something that happened to one worker or, as worker 0, to all.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "kebab-case")]
pub enum Event {
    /// These runs are to be done now.
    Planned {
        /// In the order in which they are begun.
        pending: Vec<Pending>,
        /// How many the plan has.
        whole: usize,
        /// How many are done at once.
        workers: usize,
    },
    /// A run begins or goes on.
    RunStarted {
        /// Which.
        #[serde(flatten)]
        run: RunName,
        /// Epochs it has at most.
        epochs: usize,
        /// How far it had come before.
        from: Position,
    },
    /// A training step of the worker's run is done. Not in files of events.
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
        /// What came of the epoch.
        record: EpochRecord,
        /// Which of its AUCs the run means.
        auc: AucKind,
        /// Wall time since the epoch before, or since the run began.
        seconds: f64,
    },
    /// A checkpoint was kept.
    Checkpoint {
        /// Of which run.
        #[serde(flatten)]
        run: RunName,
        /// How far the run had come.
        position: Position,
        /// Size of the file.
        bytes: u64,
        /// Wall time that it took.
        seconds: f64,
    },
    /// A checkpoint could not be used; the one before is, or the run begins again.
    CheckpointRefused {
        /// Of which run.
        #[serde(flatten)]
        run: RunName,
        /// Its file and what is wrong with it.
        message: String,
    },
    /// Another process does a run, and this worker waits for it: nothing else is left to do.
    RunElsewhere {
        /// Which.
        #[serde(flatten)]
        run: RunName,
        /// Who does it, if that can be read.
        holder: Option<Holder>,
    },
    /// Nothing is left to do but runs that need others that another process does.
    Waiting {
        /// The first of them.
        #[serde(flatten)]
        run: RunName,
    },
    /// A run that another process did is done.
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
        /// Of that, the time that went to checkpoints, records, claims and publication.
        kept_seconds: f64,
    },
    /// A worker has ended in another way than by finishing its work.
    WorkerLost {
        /// How, for people.
        message: String,
    },
    /// Nothing follows.
    Finished,
}

impl Event {
    /// The same of the run at another place.
    pub(crate) fn numbered(mut self, place: usize) -> Self {
        match &mut self {
            Self::RunStarted { run, .. }
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

/// Where events go: a worker's number, from 1 (0 for all), and what happened.
pub trait Events {
    /// Something happened.
    fn event(&mut self, worker: usize, event: &Event);
}

/// Events that nobody wants to see.
#[derive(Debug, Default)]
pub struct NoEvents;

impl Events for NoEvents {
    fn event(&mut self, _worker: usize, _event: &Event) {}
}

/// A file of events, a JSON object a line with `time` (UTC, RFC 3339) and `worker` beside the event's
/// own fields. Events of a later start are appended.
#[derive(Debug)]
pub struct EventFile {
    path: PathBuf,
    file: File,
    /// The first refusal; nothing is written after it.
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
    /// Opens or makes the file.
    ///
    /// # Errors
    /// If the system refuses.
    pub fn open(path: &Path) -> Result<Self, StoreError> {
        let options = File::options().read(true).append(true).create(true).open(path);
        let mut file = options.map_err(StoreError::system("create", path))?;
        let mut last = [b'\n'];
        // A program that was killed may have left half a line.
        if file.seek(SeekFrom::End(-1)).is_ok() && file.read(&mut last).is_ok_and(|read| read == 1) && last != [b'\n'] {
            file.write_all(b"\n").map_err(StoreError::system("write", path))?;
        }
        Ok(Self { path: path.to_owned(), file, refused: None })
    }

    /// Whether everything was written.
    ///
    /// # Errors
    /// The first refusal of the system.
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
        // One write, so that lines of two programs do not mix.
        if let Err(error) = line.and_then(|line| self.file.write_all(format!("{line}\n").as_bytes())) {
            self.refused = Some(StoreError::system("write", &self.path)(error));
        }
    }
}

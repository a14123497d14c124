//! One attempt at a run: it writes records and checkpoints while training, and publishes the run's folder at the end.

use crate::{
    StoreError,
    checkpoint::{self, Extent, Head, Unusable},
    claim::{ATTEMPT, Claim, highest, name, number},
    files::{FolderLock, entries, pretty_json, remove_all, sync_folder, write_through},
    record::{FAILED, RunFailed, RunProvenance, RunResult},
    seal::seal,
};
use crate::{clock, plan::PlannedRun};
use herring_protocol::{EpochRecord, Position, RunOutcome, StepRecord, hexadecimal};
use serde::Serialize;
use sha2::{Digest, Sha256};
use std::{
    collections::BTreeMap,
    fs::{self, File},
    io::{BufWriter, ErrorKind, Write},
    path::{Path, PathBuf},
    time::Instant,
};

/// How many checkpoints are kept: the last one, and the previous one in case the last is damaged.
const KEPT: usize = 2;
/// Prefix of the file name of a checkpoint that could not be used.
const REFUSED: &str = "refused-";

/// An attempt at a run by the holder of its claim. If it is dropped before it is published, its
/// checkpoints stay for the next attempt.
#[derive(Debug)]
pub struct Attempt {
    out: PathBuf,
    run: PlannedRun,
    claim: Claim,
    /// This attempt's folder within the run's working folder.
    folder: PathBuf,
    steps: Lines,
    epochs: Lines,
    /// Checkpoints of earlier attempts, the furthest last.
    candidates: Vec<(Position, PathBuf)>,
    /// Earlier attempts since the last checkpoint was written.
    fruitless: u32,
    /// Start time of the first attempt, and wall time of earlier attempts up to their checkpoints.
    before: (String, f64),
    clock: Instant,
}

/// Where an attempt starts.
#[derive(Debug, Default)]
pub struct Start {
    /// The position of the checkpoint; zero at the beginning.
    pub position: Position,
    /// The snapshot from which the trainer continues; `None` at the beginning.
    pub snapshot: Option<Vec<u8>>,
    /// Checkpoints that could not be used, one line each.
    pub refused: Vec<String>,
    from: Option<PathBuf>,
}

/// Whether publishing an attempt created the run's folder.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Published {
    /// This attempt created it.
    Now,
    /// Another attempt had already published the same run.
    Before,
}

impl Attempt {
    pub(crate) fn begin(out: &Path, run: &PlannedRun, claim: Claim) -> Result<Self, StoreError> {
        let work = working_folder(out, run);
        let mut candidates = checkpoint::list(&work)?;
        candidates.reverse();
        let fruitless = fruitless_attempts(&work)?;
        let folder = work.join(name(ATTEMPT, claim.number()));
        if let Err(error) = fs::create_dir(&folder) {
            claim.check()?;
            return Err(StoreError::system("create", &folder)(error));
        }
        Ok(Self {
            steps: Lines::create(folder.join("steps.jsonl"), &[])?,
            epochs: Lines::create(folder.join("epochs.jsonl"), &[])?,
            out: out.to_owned(),
            run: run.clone(),
            fruitless,
            claim,
            folder,
            candidates,
            before: (clock::now(), 0.0),
            clock: Instant::now(),
        })
    }

    /// How many consecutive attempts before this one died without writing a checkpoint.
    pub fn fruitless_attempts(&self) -> u32 {
        self.fruitless
    }

    /// When the first attempt began (UTC, RFC 3339), and the seconds of wall time spent since, without the time
    /// between a checkpoint and the attempt that resumed from it.
    pub fn time(&self) -> (String, f64) {
        let (started, seconds) = &self.before;
        (started.clone(), seconds + self.clock.elapsed().as_secs_f64())
    }

    /// Where to start: the furthest undamaged checkpoint, or the beginning.
    ///
    /// # Errors
    /// If an I/O operation fails, or a checkpoint was written by another version of this program.
    pub fn start(&mut self) -> Result<Start, StoreError> {
        let mut start = Start::default();
        while let Some((_, path)) = self.candidates.pop() {
            match self.resume_from(&path) {
                Ok((position, snapshot)) => {
                    start.position = position;
                    start.snapshot = Some(snapshot);
                    start.from = Some(path);
                    return Ok(start);
                }
                Err(ResumeError::Damaged(message)) => {
                    start.refused.push(format!("{}: the checkpoint is damaged: {message}", path.display()));
                    set_aside(&path)?;
                }
                Err(ResumeError::Store(error)) => return Err(error),
            }
        }
        self.steps = Lines::create(self.folder.join("steps.jsonl"), &[])?;
        self.epochs = Lines::create(self.folder.join("epochs.jsonl"), &[])?;
        Ok(start)
    }

    /// Like [`start`](Self::start), after the trainer could not resume from `refused`.
    ///
    /// # Errors
    /// As [`start`](Self::start).
    pub fn start_from_earlier(&mut self, refused: &Start) -> Result<Start, StoreError> {
        if let Some(path) = &refused.from {
            set_aside(path)?;
        }
        self.start()
    }

    /// The error for a checkpoint whose snapshot has the format of another version.
    pub fn version_error(&self, start: &Start, found: String) -> StoreError {
        StoreError::Version { path: start.from.clone().unwrap_or_else(|| self.folder.clone()), found }
    }

    fn resume_from(&mut self, path: &Path) -> Result<(Position, Vec<u8>), ResumeError> {
        let (head, snapshot) = checkpoint::read(path, &self.run.id).map_err(|unusable| match unusable {
            Unusable::Damaged(message) => ResumeError::Damaged(message),
            Unusable::System(error) => ResumeError::Store(StoreError::system("read", path)(error)),
            Unusable::Version(found) => ResumeError::Store(StoreError::Version { path: path.to_owned(), found }),
        })?;
        let beside = |name: &str| path.with_file_name(name);
        let steps = head.steps.read(&beside("steps.jsonl")).map_err(ResumeError::Damaged)?;
        let epochs = head.epochs.read(&beside("epochs.jsonl")).map_err(ResumeError::Damaged)?;
        self.steps = Lines::create(self.folder.join("steps.jsonl"), &steps).map_err(ResumeError::Store)?;
        self.epochs = Lines::create(self.folder.join("epochs.jsonl"), &epochs).map_err(ResumeError::Store)?;
        self.before = (head.started, head.seconds);
        Ok((head.position, snapshot))
    }

    /// Writes a step's line.
    ///
    /// # Errors
    /// If an I/O operation fails.
    pub fn step(&mut self, record: &StepRecord) -> Result<(), StoreError> {
        let written = self.steps.write(record);
        self.fenced(written)
    }

    /// Writes an epoch's line.
    ///
    /// # Errors
    /// If an I/O operation fails.
    pub fn epoch(&mut self, record: &EpochRecord) -> Result<(), StoreError> {
        let written = self.epochs.write(record);
        self.fenced(written)
    }

    /// Writes a snapshot as a checkpoint; returns its size in bytes.
    ///
    /// # Errors
    /// If an I/O operation fails, or another attempt has taken over.
    pub fn checkpoint(&mut self, position: Position, snapshot: &[u8]) -> Result<u64, StoreError> {
        let kept = self.keep(position, snapshot);
        self.fenced(kept)
    }

    fn keep(&mut self, position: Position, snapshot: &[u8]) -> Result<u64, StoreError> {
        let (started, seconds) = self.time();
        let (steps, epochs) = (self.steps.extent()?, self.epochs.extent()?);
        let head = Head { run: self.run.id.clone(), position, started, seconds, steps, epochs };
        self.claim.check()?;
        let bytes = checkpoint::write(&self.folder, &head, snapshot)?;
        self.prune()?;
        Ok(bytes)
    }

    /// Once a later attempt has removed this attempt's folder, I/O operations fail. Reports that as
    /// [`StoreError::Superseded`].
    fn fenced<T>(&self, done: Result<T, StoreError>) -> Result<T, StoreError> {
        if matches!(done, Err(StoreError::System { .. })) {
            self.claim.check()?;
        }
        done
    }

    /// Removes all but the last checkpoints, and folders of earlier attempts without any of these.
    fn prune(&self) -> Result<(), StoreError> {
        let _locked = FolderLock::acquire(&self.out)?;
        // Writing may have taken long; do not touch the folder of a later attempt.
        self.claim.check()?;
        let work = working_folder(&self.out, &self.run);
        let checkpoints = checkpoint::list(&work)?;
        let (kept, old) = checkpoints.split_at(checkpoints.len().min(KEPT));
        for (_, path) in old {
            fs::remove_file(path).map_err(StoreError::system("remove", path))?;
        }
        for path in entries(&work)? {
            let holds = kept.iter().any(|(_, kept)| kept.starts_with(&path));
            let earlier = number(&path, ATTEMPT).is_some_and(|number| number < self.claim.number());
            if earlier && !holds {
                remove_all(&path)?;
            }
        }
        Ok(())
    }

    /// Ends the attempt and removes its folder, unless it holds a checkpoint. It does not count as an attempt that
    /// died.
    ///
    /// # Errors
    /// If an I/O operation fails.
    pub fn withdraw(self) -> Result<(), StoreError> {
        let locked = FolderLock::acquire(&self.out)?;
        let Self { steps, epochs, claim, folder, .. } = self;
        // Some systems do not remove a folder with open files.
        drop((steps, epochs));
        let work = folder.parent().unwrap_or(&folder);
        if !checkpoint::list(work)?.iter().any(|(_, path)| path.starts_with(&folder)) {
            remove_all(&folder)?;
        }
        claim.release(&locked);
        Ok(())
    }

    /// Publishes the run with its outcome by one rename.
    ///
    /// # Errors
    /// If an I/O operation fails, or another attempt has taken over; then nothing is published.
    pub fn publish(
        self,
        outcome: &RunOutcome,
        chosen: &BTreeMap<String, f64>,
        provenance: &RunProvenance,
    ) -> Result<Published, StoreError> {
        let name = self.run.folder();
        let assembled = self.assemble(provenance).and_then(|folder| {
            write_json(&folder.join("result.json"), &RunResult::new(&self.run, outcome, chosen))?;
            let pictures = folder.join("pictures.json");
            let compact = serde_json::to_vec(&outcome.pictures)
                .map_err(|error| StoreError::system("write", &pictures)(error.into()))?;
            write_through(&pictures, &compact)?;
            write_through(&folder.join("weights.safetensors"), &outcome.weights)?;
            Ok(folder)
        });
        self.publish_folder(assembled, &name)
    }

    /// Publishes the run as failed by one rename.
    ///
    /// # Errors
    /// If an I/O operation fails, or another attempt has taken over; then nothing is published.
    pub fn publish_failure(self, failed: &RunFailed, provenance: &RunProvenance) -> Result<Published, StoreError> {
        let name = format!("{FAILED}{}", self.run.folder());
        let assembled = self.assemble(provenance).and_then(|folder| {
            write_json(&folder.join("failure.json"), failed)?;
            Ok(folder)
        });
        self.publish_folder(assembled, &name)
    }

    /// The folder to be published, with the files of every run. The records are copied, because until the folder is
    /// published the checkpoints refer to the originals.
    fn assemble(&self, provenance: &RunProvenance) -> Result<PathBuf, StoreError> {
        let folder = self.folder.join("run");
        fs::create_dir(&folder).map_err(StoreError::system("create", &folder))?;
        write_json(&folder.join("provenance.json"), provenance)?;
        write_json(&folder.join("config.json"), &self.run.spec)?;
        for lines in [&self.steps, &self.epochs] {
            let content = lines.content()?;
            write_through(&folder.join(lines.path.file_name().unwrap_or_default()), &content)?;
        }
        Ok(folder)
    }

    fn publish_folder(self, assembled: Result<PathBuf, StoreError>, name: &str) -> Result<Published, StoreError> {
        let sealed = assembled.and_then(|folder| {
            seal(&folder)?;
            sync_folder(&folder)?;
            Ok(folder)
        });
        let folder = self.fenced(sealed)?;
        let runs = self.out.join("runs");
        let locked = FolderLock::acquire(&self.out)?;
        self.claim.check()?;
        let shown = runs.join(name);
        let published = if runs.join(self.run.folder()).exists() || shown.exists() {
            Published::Before
        } else {
            match fs::rename(&folder, &shown) {
                Ok(()) => {
                    sync_folder(&runs)?;
                    Published::Now
                }
                // Published by a machine that the folder's lock does not reach.
                Err(error) if matches!(error.kind(), ErrorKind::AlreadyExists | ErrorKind::DirectoryNotEmpty) => {
                    Published::Before
                }
                Err(error) => return Err(StoreError::system("create", &shown)(error)),
            }
        };
        self.end(&locked)?;
        Ok(published)
    }

    /// Removes the working folder with its checkpoints.
    fn end(self, _locked: &FolderLock) -> Result<(), StoreError> {
        let work = working_folder(&self.out, &self.run);
        let Self { steps, epochs, claim, .. } = self;
        // Some systems do not remove a folder with open files.
        drop((steps, epochs, claim));
        remove_all(&work)
    }
}

enum ResumeError {
    Damaged(String),
    Store(StoreError),
}

/// The working folder of all attempts at a run.
pub(crate) fn working_folder(out: &Path, run: &PlannedRun) -> PathBuf {
    out.join("work").join(run.folder())
}

/// How many attempts in a run's working folder died since the last checkpoint was written.
pub(crate) fn fruitless_attempts(work: &Path) -> Result<u32, StoreError> {
    let last = checkpoint::list(work)?.first().and_then(|(_, path)| number(path.parent()?, ATTEMPT));
    Ok(highest(work, ATTEMPT)?.saturating_sub(last.unwrap_or(0)))
}

/// Renames a checkpoint that cannot be used, so that it is not tried again.
fn set_aside(path: &Path) -> Result<(), StoreError> {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let aside = path.with_file_name(format!("{REFUSED}{name}"));
    match fs::rename(path, &aside) {
        Err(error) if error.kind() != ErrorKind::NotFound => Err(StoreError::system("rename", path)(error)),
        _ => Ok(()),
    }
}

fn write_json<T: Serialize>(path: &Path, value: &T) -> Result<(), StoreError> {
    write_through(path, &pretty_json(path, value)?)
}

/// A file of JSON lines with a running SHA-256.
#[derive(Debug)]
struct Lines {
    path: PathBuf,
    file: BufWriter<File>,
    bytes: u64,
    digest: Sha256,
}

impl Lines {
    /// Creates the file with the content `before`.
    fn create(path: PathBuf, before: &[u8]) -> Result<Self, StoreError> {
        let mut file = File::create(&path).map_err(StoreError::system("create", &path))?;
        file.write_all(before).map_err(StoreError::system("write", &path))?;
        let digest = Sha256::new().chain_update(before);
        Ok(Self { path, file: BufWriter::new(file), bytes: before.len() as u64, digest })
    }

    fn write<T: Serialize>(&mut self, record: &T) -> Result<(), StoreError> {
        let mut line =
            serde_json::to_vec(record).map_err(|error| StoreError::system("write", &self.path)(error.into()))?;
        line.push(b'\n');
        self.file.write_all(&line).map_err(StoreError::system("write", &self.path))?;
        self.digest.update(&line);
        self.bytes += line.len() as u64;
        Ok(())
    }

    /// Flushes the file; returns its length and SHA-256.
    fn extent(&mut self) -> Result<Extent, StoreError> {
        self.file.flush().map_err(StoreError::system("write", &self.path))?;
        Ok(Extent { bytes: self.bytes, sha256: hexadecimal(&self.digest.clone().finalize()) })
    }

    /// Everything written so far.
    fn content(&self) -> Result<Vec<u8>, StoreError> {
        let mut content = fs::read(&self.path).map_err(StoreError::system("read", &self.path))?;
        content.extend_from_slice(self.file.buffer());
        Ok(content)
    }
}

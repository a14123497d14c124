//! A worker: does runs of a plan that no other worker does, one after the other. A failed run does not stop the others.

use crate::{
    event::{Event, RunEnd, RunName},
    needs::{Readiness, StoredWeights, readiness},
    plan::{Plan, PlannedRun},
    store::{
        Attempt, Claim, ClaimOutcome, Holder, Published, RunFailed, RunProvenance, RunState, STORE_FORMAT, Start,
        Store, StoreError, Watch,
    },
};
use herring_protocol::{
    AucKind, Control, EpochRecord, Observer, Position, RunFailure, RunOutcome, RunScores, RunSpec, RunStart, Scores,
    Snapshot, StepRecord, TEST, Trainer, VALID,
};
use std::{
    collections::{BTreeMap, BTreeSet},
    panic::{AssertUnwindSafe, catch_unwind},
    sync::atomic::{AtomicBool, Ordering},
    time::{Duration, Instant},
};

/// Initial and maximum time that an idle worker waits before it checks the folder again.
const POLL_INTERVALS: [Duration; 2] = [Duration::from_millis(100), Duration::from_secs(2)];
/// A run counts as failed once this many consecutive attempts have died without writing a checkpoint.
const MAX_FRUITLESS_ATTEMPTS: u32 = 8;
/// Minimum time between two step events.
const STEP_EVENT_INTERVAL: Duration = Duration::from_millis(100);

/// A worker.
pub struct Worker<'a> {
    /// The store of the runs.
    pub store: &'a Store,
    /// The folder's plan.
    pub plan: &'a Plan,
    /// Indexes of the runs that this worker may do, in the order in which it tries them.
    pub indexes: &'a [usize],
    /// The trainer.
    pub trainer: &'a dyn Trainer,
    /// This process.
    pub holder: Holder,
    /// Keep a checkpoint every this many steps, in addition to the one after each epoch.
    pub checkpoint_steps: Option<usize>,
    /// Read after each step; once it is set, the worker writes a checkpoint and ends.
    pub stop: &'a AtomicBool,
}

/// How a worker's work ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WorkEnd {
    /// Each of the runs is finished or failed.
    Done,
    /// It was asked to stop.
    Interrupted,
}

impl Worker<'_> {
    /// Does the runs that are neither finished nor failed. If another process does a run, waits for it and takes it over
    /// if that process dies. A failed run is recorded, and the others continue.
    ///
    /// # Errors
    /// If the store cannot be written; [`StoreError::Images`] if the images of a run are missing or unreadable, which is
    /// not a failure of the run.
    pub fn run(&self, emit: &mut (dyn FnMut(Event) + Send)) -> Result<WorkEnd, StoreError> {
        let mut watch = Watch::default();
        let mut announced = BTreeSet::new();
        let mut pending = self.indexes.to_vec();
        let crashed: BTreeSet<usize> = pending
            .iter()
            .map(|&index| Ok((index, self.store.fruitless_attempts(&self.plan.runs[index])?)))
            .filter_map(|run| run.map(|(index, dead)| (dead > 0).then_some(index)).transpose())
            .collect::<Result<_, StoreError>>()?;
        // Runs that crashed their process come last, so that they do not block the others.
        pending.sort_by_key(|index| crashed.contains(index));
        let mut pause = POLL_INTERVALS[0];
        loop {
            let (mut idle, mut left, mut taken, mut waiting) = (true, Vec::new(), Vec::new(), None);
            for &index in &pending {
                if self.stopped() {
                    return Ok(WorkEnd::Interrupted);
                }
                let run = &self.plan.runs[index];
                if self.store.state(run)? != RunState::Missing {
                    if announced.remove(&index) {
                        emit(Event::RunDoneElsewhere { run: RunName::new(index, run) });
                    }
                    continue;
                }
                let ready = readiness(self.store, self.plan, run)?;
                if ready == Readiness::Waiting {
                    waiting = waiting.or(Some(index));
                    left.push(index);
                    continue;
                }
                match self.store.claim(run, &self.holder, &mut watch)? {
                    // It may have been finished since its state was read.
                    ClaimOutcome::Granted(claim) if self.store.state(run)? != RunState::Missing => {
                        self.store.release(claim)?;
                        left.push(index);
                        idle = false;
                    }
                    ClaimOutcome::Granted(claim) => {
                        idle = false;
                        announced.remove(&index);
                        match self.run_one((index, run), ready, claim, emit)? {
                            RunEnd::Interrupted => return Ok(WorkEnd::Interrupted),
                            RunEnd::Superseded => left.push(index),
                            RunEnd::Finished { .. } | RunEnd::Failed { .. } => {}
                        }
                    }
                    ClaimOutcome::HeldBy(holder) => {
                        taken.push((index, holder));
                        left.push(index);
                    }
                }
            }
            if left.is_empty() {
                return Ok(WorkEnd::Done);
            }
            pending = left;
            if idle {
                if let Some(index) = waiting.filter(|index| taken.is_empty() && announced.insert(*index)) {
                    emit(Event::Waiting { run: RunName::new(index, &self.plan.runs[index]) });
                }
                for (index, holder) in taken.into_iter().filter(|(index, _)| announced.insert(*index)) {
                    emit(Event::RunElsewhere { run: RunName::new(index, &self.plan.runs[index]), holder });
                }
                std::thread::sleep(pause);
                pause = (pause * 2).min(POLL_INTERVALS[1]);
            } else {
                pause = POLL_INTERVALS[0];
            }
        }
    }

    fn stopped(&self) -> bool {
        self.stop.load(Ordering::Relaxed)
    }

    /// Does and publishes one run.
    fn run_one(
        &self,
        (index, run): (usize, &PlannedRun),
        ready: Readiness,
        claim: Claim,
        emit: &mut (dyn FnMut(Event) + Send),
    ) -> Result<RunEnd, StoreError> {
        let clock = Instant::now();
        let name = RunName::new(index, run);
        let mut attempt = match self.store.begin(run, claim) {
            Err(StoreError::Superseded { .. }) => return Ok(RunEnd::Superseded),
            begun => begun?,
        };
        if attempt.fruitless_attempts() >= MAX_FRUITLESS_ATTEMPTS {
            let message =
                format!("{} processes in a row died of it before they kept a checkpoint", attempt.fruitless_attempts());
            let end = self.publish(run, attempt, (Err(RunFailure::Device(message)), &BTreeMap::new()))?;
            let seconds = clock.elapsed().as_secs_f64();
            emit(Event::RunEnded { run: name, end: end.clone(), seconds, kept_seconds: seconds });
            return Ok(end);
        }
        let (spec, chosen) = match ready {
            Readiness::Ready(spec, chosen) => (spec, chosen),
            Readiness::Waiting => return Ok(RunEnd::Superseded),
            Readiness::Blocked(failure) => {
                let end = self.publish(run, attempt, (Err(failure), &BTreeMap::new()))?;
                let seconds = clock.elapsed().as_secs_f64();
                emit(Event::RunEnded { run: name, end: end.clone(), seconds, kept_seconds: seconds });
                return Ok(end);
            }
        };
        let mut start = attempt.start()?;
        let mut kept_seconds = clock.elapsed().as_secs_f64();
        let end = loop {
            for message in start.refused.drain(..) {
                emit(Event::CheckpointRefused { run: name.clone(), message });
            }
            let (from, epochs) = (start.position, run.spec.training.epochs);
            emit(Event::RunStarted { run: name.clone(), epochs, from });
            let mut recorder = Recorder {
                attempt,
                name: &name,
                auc: run.spec.evaluation.auc,
                emit,
                worker: self,
                refused: None,
                since: Instant::now(),
                last_step_event: None,
                begun: false,
                offered: None,
                kept: Duration::ZERO,
            };
            let outcome = self.train(&spec, &start, &mut recorder).and_then(finite);
            kept_seconds += recorder.kept.as_secs_f64();
            let (refused, begun) = (recorder.refused.take(), recorder.begun);
            attempt = recorder.attempt;
            match (refused, outcome) {
                (Some(StoreError::Superseded { .. }), _) => break RunEnd::Superseded,
                (Some(error), _) => return Err(error),
                (None, Err(RunFailure::CheckpointFormat { found })) => return Err(attempt.version_error(&start, found)),
                (None, Err(RunFailure::Checkpoint(message))) if start.snapshot.is_some() && !begun => {
                    emit(Event::CheckpointRefused { run: name.clone(), message });
                    start = attempt.start_from_earlier(&start)?;
                }
                // Not a failure of the run: it can be resumed once its images are there.
                (None, Err(failure @ RunFailure::Data(_))) => {
                    attempt.withdraw()?;
                    return Err(StoreError::Images { run: run.label(), message: failure.to_string() });
                }
                (None, Err(failure @ RunFailure::Weights(_))) => {
                    attempt.withdraw()?;
                    return Err(StoreError::Weights { run: run.label(), message: failure.to_string() });
                }
                (None, outcome) => {
                    let publishing = Instant::now();
                    let end = self.publish(run, attempt, (outcome, &chosen))?;
                    kept_seconds += publishing.elapsed().as_secs_f64();
                    break end;
                }
            }
        };
        let seconds = clock.elapsed().as_secs_f64();
        emit(Event::RunEnded { run: name, end: end.clone(), seconds, kept_seconds });
        Ok(end)
    }

    /// Trains. A panic, for instance of a driver that is out of memory, becomes a failure of this run.
    fn train(&self, spec: &RunSpec, start: &Start, observer: &mut dyn Observer) -> Result<RunOutcome, RunFailure> {
        let finished = StoredWeights { store: self.store, plan: self.plan };
        let start = RunStart { snapshot: start.snapshot.as_deref(), finished: &finished };
        catch_unwind(AssertUnwindSafe(|| self.trainer.run(spec, start, observer)))
            .unwrap_or_else(|payload| Err(RunFailure::of_panic(payload.as_ref())))
    }

    fn publish(
        &self,
        run: &PlannedRun,
        attempt: Attempt,
        (outcome, chosen): (Result<RunOutcome, RunFailure>, &BTreeMap<String, f64>),
    ) -> Result<RunEnd, StoreError> {
        let (started, wall_seconds) = attempt.time();
        let provenance = RunProvenance {
            format: STORE_FORMAT,
            program: format!("red-herring {}", env!("CARGO_PKG_VERSION")),
            computed_by: self.trainer.provenance(),
            seed: run.spec.seed,
            variant: run.spec.variant,
            started,
            wall_seconds,
        };
        let (published, end) = match outcome {
            Ok(outcome) => {
                let scores = &outcome.scores;
                let end = RunEnd::Finished {
                    scores: scores_of_end(scores, run.spec.evaluation.auc),
                    best_epoch: scores.best_epoch,
                };
                (attempt.publish(&outcome, chosen, &provenance), end)
            }
            Err(failure) => match RunFailed::new(run, &failure) {
                Some(failed) => (attempt.publish_failure(&failed, &provenance), RunEnd::Failed { failure: failed }),
                None => return Ok(RunEnd::Interrupted),
            },
        };
        match published {
            Ok(Published::Now) => Ok(end),
            Ok(Published::Before) | Err(StoreError::Superseded { .. }) => Ok(RunEnd::Superseded),
            Err(error) => Err(error),
        }
    }
}

/// Forwards a run's records to its attempt and emits events.
struct Recorder<'a, 'b> {
    attempt: Attempt,
    name: &'a RunName,
    auc: AucKind,
    emit: &'a mut (dyn FnMut(Event) + Send),
    worker: &'a Worker<'b>,
    refused: Option<StoreError>,
    since: Instant,
    last_step_event: Option<Instant>,
    /// Whether a step was done since the start.
    begun: bool,
    /// Where a checkpoint could be taken last.
    offered: Option<Position>,
    /// Time spent on records and checkpoints.
    kept: Duration,
}

impl Recorder<'_, '_> {
    fn control(&mut self, written: Result<(), StoreError>) -> Control {
        if let Err(error) = written {
            self.refused = Some(error);
        }
        if self.refused.is_some() || self.worker.stopped() { Control::Stop } else { Control::Continue }
    }

    /// Whether a checkpoint is due here. Not every step is offered on a GPU, so that what counts is whether a multiple was passed
    /// since the position that was offered before.
    fn due(&self, position: Position) -> bool {
        let before = self.offered.filter(|offered| offered.epochs == position.epochs && offered.steps < position.steps);
        let before = before.map_or(position.steps.saturating_sub(1), |offered| offered.steps);
        let every = |steps: usize| position.steps / steps > before / steps;
        position.steps == 0 || self.worker.stopped() || self.worker.checkpoint_steps.is_some_and(every)
    }
}

impl Observer for Recorder<'_, '_> {
    fn note(&mut self, text: &str) {
        (self.emit)(Event::Note { run: self.name.clone(), text: text.to_owned() });
    }

    fn step(&mut self, record: &StepRecord) -> Control {
        let clock = Instant::now();
        self.begun = true;
        if self.last_step_event.is_none_or(|last| last.elapsed() >= STEP_EVENT_INTERVAL) {
            self.last_step_event = Some(clock);
            (self.emit)(Event::Step { epoch: record.epoch, step: record.step, steps: record.steps });
        }
        let written = self.attempt.step(record);
        self.kept += clock.elapsed();
        self.control(written)
    }

    fn epoch(&mut self, record: &EpochRecord) -> Control {
        let clock = Instant::now();
        let seconds = self.since.elapsed().as_secs_f64();
        self.since = clock;
        (self.emit)(Event::Epoch { run: self.name.clone(), record: record.clone(), auc: self.auc, seconds });
        let written = self.attempt.epoch(record);
        self.kept += clock.elapsed();
        self.control(written)
    }

    fn checkpoint(&mut self, position: Position, snapshot: &mut Snapshot<'_>) -> Result<(), RunFailure> {
        let due = self.due(position);
        self.offered = Some(position);
        if self.refused.is_some() || !due {
            return Ok(());
        }
        let clock = Instant::now();
        let taken = snapshot()?;
        match self.attempt.checkpoint(position, &taken) {
            Ok(bytes) => {
                let seconds = clock.elapsed().as_secs_f64();
                (self.emit)(Event::Checkpoint { run: self.name.clone(), position, bytes, seconds });
            }
            Err(error) => {
                self.refused = Some(error);
                return Err(RunFailure::Interrupted);
            }
        }
        self.kept += clock.elapsed();
        Ok(())
    }
}

/// A failure if the outcome contains a number that is not finite.
fn finite(outcome: RunOutcome) -> Result<RunOutcome, RunFailure> {
    let RunScores { best_epoch, selected, last, localisation, decoys, heat } = &outcome.scores;
    let at = |epoch: usize, quantity: String| RunFailure::NotFinite { epoch, step: 0, quantity };
    for (set, scores) in selected.iter().chain(last) {
        if !are_finite(scores) {
            return Err(at(*best_epoch, format!("a score on {set}")));
        }
    }
    for (name, found) in localisation.iter().chain(decoys) {
        if [found.iou, found.iop, found.iot].iter().any(|value| !value.is_finite()) {
            return Err(at(*best_epoch, format!("the localisation by {name}")));
        }
    }
    let shares =
        heat.values().flat_map(BTreeMap::values).flat_map(|heat| heat.classes.iter().flatten().chain(&heat.mean));
    if { shares }.any(|share| !share.is_finite()) {
        return Err(at(*best_epoch, "the heat of a class activation map".to_owned()));
    }
    let pictures = &outcome.pictures;
    for plane in [&pictures.saliency_sum, &pictures.image_sum, &pictures.mask_sum] {
        if plane.values.iter().any(|value| !value.is_finite()) {
            return Err(at(*best_epoch, "saliency".to_owned()));
        }
    }
    for record in &outcome.history {
        let scores = std::iter::once(&record.valid).chain(&record.train).chain(record.tests.values());
        let means = [record.train_cross_entropy, record.train_penalty];
        if { scores }.any(|scores| !are_finite(scores)) || means.iter().any(|value| !value.is_finite()) {
            return Err(at(record.epoch, "an epoch's score".to_owned()));
        }
    }
    Ok(outcome)
}

/// The scores that are told when a run ends.
fn scores_of_end(scores: &RunScores, kind: AucKind) -> Vec<(String, f64)> {
    match scores.on(TEST) {
        Some(test) => {
            let overlap = scores.gradient().map(|found| ("IoP".to_owned(), found.iop));
            std::iter::once(("test AUC".to_owned(), kind.of(test))).chain(overlap).collect()
        }
        None => {
            let tests = scores.selected.iter().filter(|(set, _)| *set != VALID);
            tests.map(|(set, scores)| (format!("{set} accuracy"), scores.accuracy)).collect()
        }
    }
}

fn are_finite(scores: &Scores) -> bool {
    let Scores { authors_auc, roc_auc, cross_entropy, accuracy, average_precision, .. } = scores;
    let Scores { loss, f1, released_f1, absolute_error, .. } = scores;
    let always = [authors_auc, roc_auc, cross_entropy, accuracy, average_precision];
    always
        .into_iter()
        .chain([loss, f1, released_f1, absolute_error].into_iter().flatten())
        .all(|value| value.is_finite())
}

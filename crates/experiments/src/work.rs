//! One worker: does runs of a plan that nobody else does, one after the other, whatever befalls one of
//! them.

use crate::{
    event::{Event, RunEnd, RunName},
    plan::{Plan, PlannedRun},
    store::{
        Attempt, Claim, Claimed, Holder, Published, RunFailed, RunProvenance, RunState, STORE_FORMAT, Start, Store,
        StoreError, Watch,
    },
};
use herring_protocol::{
    AucKind, Control, EpochRecord, Observer, Position, RunFailure, RunOutcome, RunSpec, Snapshot, StepRecord, Trainer,
};
use std::{
    any::Any,
    collections::BTreeSet,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::atomic::{AtomicBool, Ordering},
    time::{Duration, Instant},
};

/// How long a worker that has nothing to do waits before it looks again, at first and at most.
const NAPS: [Duration; 2] = [Duration::from_millis(100), Duration::from_secs(2)];
/// So many attempts may die in a row without a checkpoint until the run counts as failed.
const FRUITLESS: u32 = 8;
/// Steps are told at most so often.
const QUIET: Duration = Duration::from_millis(100);

/// What a worker needs.
pub struct Work<'a> {
    /// Where runs are kept.
    pub store: &'a Store,
    /// What is planned there.
    pub plan: &'a Plan,
    /// Which runs of it this worker may do, in the order in which it tries them.
    pub indexes: &'a [usize],
    /// Who trains.
    pub trainer: &'a dyn Trainer,
    /// Who this worker is.
    pub holder: Holder,
    /// A checkpoint is kept every so many steps, beside the one after each epoch.
    pub checkpoint_steps: Option<usize>,
    /// Looked at after each step; once it is set a checkpoint is kept and the work ends.
    pub stop: &'a AtomicBool,
}

/// How a worker's work ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WorkEnd {
    /// Each of the runs is finished or failed.
    Done,
    /// It was asked to stop before.
    Interrupted,
}

impl Work<'_> {
    /// Does the runs that are neither finished nor failed. A run that another process does is waited
    /// for, and taken over if that process dies. A run that fails is recorded and the others go on.
    ///
    /// # Errors
    /// If the store cannot be written: then nothing that follows could be kept. [`StoreError::Images`] if the
    /// images of a run cannot be had, which is no failure of the run.
    pub fn run(&self, tell: &mut dyn FnMut(Event)) -> Result<WorkEnd, StoreError> {
        let mut watch = Watch::default();
        let mut told = BTreeSet::new();
        let mut pending = self.indexes.to_vec();
        let deadly: BTreeSet<usize> = pending
            .iter()
            .map(|&index| Ok((index, self.store.fruitless(&self.plan.runs[index])?)))
            .filter_map(|run| run.map(|(index, dead)| (dead > 0).then_some(index)).transpose())
            .collect::<Result<_, StoreError>>()?;
        // A run that takes its process down must not keep the others from being done.
        pending.sort_by_key(|index| deadly.contains(index));
        let mut nap = NAPS[0];
        loop {
            let (mut idle, mut left, mut taken) = (true, Vec::new(), Vec::new());
            for &index in &pending {
                if self.stopped() {
                    return Ok(WorkEnd::Interrupted);
                }
                let run = &self.plan.runs[index];
                if self.store.state(run)? != RunState::Missing {
                    if told.remove(&index) {
                        tell(Event::RunDoneElsewhere { run: RunName::new(index, run) });
                    }
                    continue;
                }
                match self.store.claim(run, &self.holder, &mut watch)? {
                    // It may have been finished between the two looks.
                    Claimed::Yes(claim) if self.store.state(run)? != RunState::Missing => {
                        self.store.give_back(claim)?;
                        left.push(index);
                        idle = false;
                    }
                    Claimed::Yes(claim) => {
                        idle = false;
                        told.remove(&index);
                        match self.one_run(index, run, claim, tell)? {
                            RunEnd::Interrupted => return Ok(WorkEnd::Interrupted),
                            RunEnd::Superseded => left.push(index),
                            RunEnd::Finished { .. } | RunEnd::Failed { .. } => {}
                        }
                    }
                    Claimed::By(holder) => {
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
                for (index, holder) in taken.into_iter().filter(|(index, _)| told.insert(*index)) {
                    tell(Event::RunElsewhere { run: RunName::new(index, &self.plan.runs[index]), holder });
                }
                std::thread::sleep(nap);
                nap = (nap * 2).min(NAPS[1]);
            } else {
                nap = NAPS[0];
            }
        }
    }

    fn stopped(&self) -> bool {
        self.stop.load(Ordering::Relaxed)
    }

    /// Does and publishes one run.
    fn one_run(
        &self,
        index: usize,
        run: &PlannedRun,
        claim: Claim,
        tell: &mut dyn FnMut(Event),
    ) -> Result<RunEnd, StoreError> {
        let clock = Instant::now();
        let name = RunName::new(index, run);
        let mut attempt = match self.store.begin(run, claim) {
            Err(StoreError::Superseded { .. }) => return Ok(RunEnd::Superseded),
            begun => begun?,
        };
        if attempt.fruitless() >= FRUITLESS {
            let message =
                format!("{} processes in a row died of it before they kept a checkpoint", attempt.fruitless());
            let end = self.publish(run, attempt, Err(RunFailure::Device(message)))?;
            let seconds = clock.elapsed().as_secs_f64();
            tell(Event::RunEnded { run: name, end: end.clone(), seconds, kept_seconds: seconds });
            return Ok(end);
        }
        let mut start = attempt.start()?;
        let mut kept_seconds = clock.elapsed().as_secs_f64();
        let end = loop {
            for message in start.refused.drain(..) {
                tell(Event::CheckpointRefused { run: name.clone(), message });
            }
            let (from, epochs) = (start.position, run.spec.training.epochs);
            tell(Event::RunStarted { run: name.clone(), epochs, from });
            let mut recorder = Recorder {
                attempt,
                name: &name,
                auc: run.spec.evaluation.auc,
                tell,
                work: self,
                refused: None,
                since: Instant::now(),
                told: None,
                begun: false,
                kept: Duration::ZERO,
            };
            let outcome = guarded(self.trainer, &run.spec, &start, &mut recorder).and_then(finite);
            kept_seconds += recorder.kept.as_secs_f64();
            let (refused, begun) = (recorder.refused.take(), recorder.begun);
            attempt = recorder.attempt;
            match (refused, outcome) {
                (Some(StoreError::Superseded { .. }), _) => break RunEnd::Superseded,
                (Some(error), _) => return Err(error),
                (None, Err(RunFailure::CheckpointFormat { found })) => return Err(attempt.foreign(&start, found)),
                (None, Err(RunFailure::Checkpoint(message))) if start.snapshot.is_some() && !begun => {
                    tell(Event::CheckpointRefused { run: name.clone(), message });
                    start = attempt.start_before(&start)?;
                }
                // The surroundings are at fault, not the run: it would fail each time until they are mended.
                (None, Err(failure @ RunFailure::Data(_))) => {
                    attempt.withdraw()?;
                    return Err(StoreError::Images { run: run.label(), message: failure.to_string() });
                }
                (None, outcome) => {
                    let publishing = Instant::now();
                    let end = self.publish(run, attempt, outcome)?;
                    kept_seconds += publishing.elapsed().as_secs_f64();
                    break end;
                }
            }
        };
        let seconds = clock.elapsed().as_secs_f64();
        tell(Event::RunEnded { run: name, end: end.clone(), seconds, kept_seconds });
        Ok(end)
    }

    fn publish(
        &self,
        run: &PlannedRun,
        attempt: Attempt,
        outcome: Result<RunOutcome, RunFailure>,
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
                let (auc, iop) = (run.spec.evaluation.auc.of(&outcome.test), outcome.localisation.iop);
                let end = RunEnd::Finished { auc, iop, best_epoch: outcome.best_epoch };
                (attempt.publish(&outcome, &provenance), end)
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

/// Passes a run's records on to its attempt and tells of them.
struct Recorder<'a, 'b> {
    attempt: Attempt,
    name: &'a RunName,
    auc: AucKind,
    tell: &'a mut dyn FnMut(Event),
    work: &'a Work<'b>,
    refused: Option<StoreError>,
    since: Instant,
    told: Option<Instant>,
    /// Whether a step was made since the start.
    begun: bool,
    /// Time that went to records and checkpoints.
    kept: Duration,
}

impl Recorder<'_, '_> {
    fn control(&mut self, written: Result<(), StoreError>) -> Control {
        if let Err(error) = written {
            self.refused = Some(error);
        }
        if self.refused.is_some() || self.work.stopped() { Control::Stop } else { Control::Continue }
    }

    fn due(&self, position: Position) -> bool {
        let every = |steps: usize| position.steps.is_multiple_of(steps);
        position.steps == 0 || self.work.stopped() || self.work.checkpoint_steps.is_some_and(every)
    }
}

impl Observer for Recorder<'_, '_> {
    fn step(&mut self, record: &StepRecord) -> Control {
        let clock = Instant::now();
        self.begun = true;
        if self.told.is_none_or(|told| told.elapsed() >= QUIET) {
            self.told = Some(clock);
            (self.tell)(Event::Step { epoch: record.epoch, step: record.step, steps: record.steps });
        }
        let written = self.attempt.step(record);
        self.kept += clock.elapsed();
        self.control(written)
    }

    fn epoch(&mut self, record: &EpochRecord) -> Control {
        let clock = Instant::now();
        let seconds = self.since.elapsed().as_secs_f64();
        self.since = clock;
        (self.tell)(Event::Epoch { run: self.name.clone(), record: record.clone(), auc: self.auc, seconds });
        let written = self.attempt.epoch(record);
        self.kept += clock.elapsed();
        self.control(written)
    }

    fn checkpoint(&mut self, position: Position, snapshot: &mut Snapshot<'_>) -> Result<(), RunFailure> {
        if self.refused.is_some() || !self.due(position) {
            return Ok(());
        }
        let clock = Instant::now();
        let taken = snapshot()?;
        match self.attempt.checkpoint(position, &taken) {
            Ok(bytes) => {
                let seconds = clock.elapsed().as_secs_f64();
                (self.tell)(Event::Checkpoint { run: self.name.clone(), position, bytes, seconds });
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

/// Trains; a panic within, such as a driver's when it is out of memory, is a failure of this run and
/// not the end of all.
fn guarded(
    trainer: &dyn Trainer,
    spec: &RunSpec,
    start: &Start,
    observer: &mut dyn Observer,
) -> Result<RunOutcome, RunFailure> {
    catch_unwind(AssertUnwindSafe(|| trainer.run(spec, start.snapshot.as_deref(), observer)))
        .unwrap_or_else(|payload| Err(RunFailure::Device(panic_text(payload.as_ref()))))
}
fn panic_text(payload: &(dyn Any + Send)) -> String {
    let text = payload
        .downcast_ref::<String>()
        .map(String::as_str)
        .or_else(|| payload.downcast_ref::<&str>().copied())
        .unwrap_or("it panicked");
    // Reasons from drivers run over many lines; a message here is one.
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Refuses an outcome with a number that JSON cannot hold and no table should.
fn finite(outcome: RunOutcome) -> Result<RunOutcome, RunFailure> {
    let at_best =
        |quantity: &str| RunFailure::NotFinite { epoch: outcome.best_epoch, step: 0, quantity: quantity.to_owned() };
    for (name, value) in [
        ("test AUC", outcome.test.auc),
        ("test ROC AUC", outcome.test.auc_textbook),
        ("test cross-entropy", outcome.test.cross_entropy),
        ("validation AUC", outcome.valid.auc),
        ("validation ROC AUC", outcome.valid.auc_textbook),
        ("validation cross-entropy", outcome.valid.cross_entropy),
        ("IoU", outcome.localisation.iou),
        ("IoP", outcome.localisation.iop),
        ("IoT", outcome.localisation.iot),
    ] {
        if !value.is_finite() {
            return Err(at_best(name));
        }
    }
    let pictures = &outcome.pictures;
    for plane in [&pictures.saliency_sum, &pictures.image_sum, &pictures.mask_sum] {
        if plane.values.iter().any(|value| !value.is_finite()) {
            return Err(at_best("saliency"));
        }
    }
    for record in &outcome.history {
        let scores = [Some(&record.valid), record.test.as_ref()];
        let scores = scores.into_iter().flatten();
        let mut values = vec![record.train_cross_entropy, record.train_penalty];
        for score in scores {
            values.extend([
                score.auc,
                score.auc_textbook,
                score.cross_entropy,
                score.accuracy,
                score.average_precision,
            ]);
        }
        if values.iter().any(|value| !value.is_finite()) {
            return Err(RunFailure::NotFinite {
                epoch: record.epoch,
                step: 0,
                quantity: "an epoch's score".to_owned(),
            });
        }
    }
    Ok(outcome)
}

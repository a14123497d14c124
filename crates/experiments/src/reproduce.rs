//! Does the runs of a plan, one after the other, whatever befalls one of them.

use crate::{
    clock,
    plan::{Plan, PlannedRun},
    progress::{Progress, RunEnd},
    store::{PartialRun, RunFailed, RunProvenance, RunState, STORE_FORMAT, Store, StoreError},
};
use herring_protocol::{Control, EpochRecord, Observer, RunFailure, RunOutcome, RunSpec, StepRecord, Trainer};
use std::{
    any::Any,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::atomic::{AtomicBool, Ordering},
    time::Instant,
};

/// How a reproduction ended.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Summary {
    /// Runs that were done now.
    pub done: usize,
    /// Runs that had been done before and were not repeated.
    pub reused: usize,
    /// Runs without a result, now or before.
    pub failed: Vec<RunFailed>,
    /// Whether it was asked to stop before its end.
    pub interrupted: bool,
}

/// Does every run of `plan` that `store` does not hold yet. A run that fails is recorded and the
/// others go on; one that failed before for a reason that stays is not repeated.
///
/// `stop` is looked at after each training step; once it is set the current run is given up, and
/// what was finished stays.
///
/// # Errors
/// If the store cannot be written: then nothing that follows could be kept.
pub fn reproduce(
    plan: &Plan,
    store: &Store,
    trainer: &dyn Trainer,
    progress: &mut dyn Progress,
    stop: &AtomicBool,
) -> Result<Summary, StoreError> {
    let mut summary = Summary::default();
    let mut pending = Vec::new();
    for run in &plan.runs {
        match store.state(run)? {
            RunState::Finished(_) => summary.reused += 1,
            RunState::Failed(_, failed) if !failed.may_pass_another_time() => summary.failed.push(failed),
            RunState::Failed(..) | RunState::Missing => pending.push(run),
        }
    }
    progress.planned(&pending, plan.runs.len());
    let ended = do_pending(&pending, store, trainer, progress, stop, &mut summary);
    progress.finished();
    ended.map(|()| summary)
}

fn do_pending(
    pending: &[&PlannedRun],
    store: &Store,
    trainer: &dyn Trainer,
    progress: &mut dyn Progress,
    stop: &AtomicBool,
    summary: &mut Summary,
) -> Result<(), StoreError> {
    for run in pending {
        if stop.load(Ordering::Relaxed) {
            summary.interrupted = true;
            break;
        }
        progress.run_started(run);
        let (end, seconds) = one_run(run, store, trainer, progress, stop)?;
        progress.run_ended(run, &end, seconds);
        match end {
            RunEnd::Finished { .. } => summary.done += 1,
            RunEnd::Failed(failed) => summary.failed.push(failed),
            RunEnd::Interrupted => {
                summary.interrupted = true;
                break;
            }
        }
    }
    Ok(())
}

/// Does and publishes one run; gives its end and its wall time in seconds.
fn one_run(
    run: &PlannedRun,
    store: &Store,
    trainer: &dyn Trainer,
    progress: &mut dyn Progress,
    stop: &AtomicBool,
) -> Result<(RunEnd, f64), StoreError> {
    let (started, clock) = (clock::now(), Instant::now());
    let mut recorder = Recorder { partial: store.begin(run)?, progress, stop, refused: None };
    let outcome = guarded(trainer, &run.spec, &mut recorder).and_then(finite);
    let seconds = clock.elapsed().as_secs_f64();
    let Recorder { partial, refused, .. } = recorder;
    if let Some(error) = refused {
        return Err(error);
    }
    let provenance = RunProvenance {
        format: STORE_FORMAT,
        program: format!("red-herring {}", env!("CARGO_PKG_VERSION")),
        computed_by: trainer.provenance(),
        seed: run.spec.seed,
        variant: run.spec.variant,
        started,
        wall_seconds: seconds,
    };
    let end = match outcome {
        Ok(outcome) => {
            partial.publish(run, &outcome, &provenance)?;
            RunEnd::Finished { auc: outcome.test.auc, iop: outcome.localisation.iop, best_epoch: outcome.best_epoch }
        }
        Err(failure) => match RunFailed::new(run, &failure) {
            Some(failed) => {
                partial.publish_failure(&failed, &provenance)?;
                RunEnd::Failed(failed)
            }
            None => RunEnd::Interrupted,
        },
    };
    Ok((end, seconds))
}

/// Passes a run's records on to its folder and to the progress display.
struct Recorder<'a> {
    partial: PartialRun,
    progress: &'a mut dyn Progress,
    stop: &'a AtomicBool,
    refused: Option<StoreError>,
}

impl Recorder<'_> {
    fn control(&mut self, written: Result<(), StoreError>) -> Control {
        if let Err(error) = written {
            self.refused = Some(error);
        }
        if self.refused.is_some() || self.stop.load(Ordering::Relaxed) { Control::Stop } else { Control::Continue }
    }
}

impl Observer for Recorder<'_> {
    fn step(&mut self, record: &StepRecord) -> Control {
        self.progress.step(record);
        let written = self.partial.step(record);
        self.control(written)
    }

    fn epoch(&mut self, record: &EpochRecord) -> Control {
        self.progress.epoch(record);
        let written = self.partial.epoch(record);
        self.control(written)
    }
}

/// Trains; a panic within, such as a driver's when it is out of memory, is a failure of this run and
/// not the end of all.
fn guarded(trainer: &dyn Trainer, spec: &RunSpec, observer: &mut dyn Observer) -> Result<RunOutcome, RunFailure> {
    catch_unwind(AssertUnwindSafe(|| trainer.run(spec, observer)))
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
        ("test cross-entropy", outcome.test.cross_entropy),
        ("validation AUC", outcome.valid.auc),
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

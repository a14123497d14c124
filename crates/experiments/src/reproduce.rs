//! A reproduction in this process: all unfinished runs of a plan, one after the other.

use crate::{
    event::{Event, Events, Pending, RunName},
    plan::Plan,
    store::{Holder, RunFailed, RunState, Store, StoreError},
    work::{WorkEnd, Worker},
};
use herring_protocol::Trainer;
use std::sync::atomic::AtomicBool;

/// How a reproduction ended.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Summary {
    /// Runs done by this call.
    pub done: usize,
    /// Runs done earlier and not repeated.
    pub reused: usize,
    /// Runs without a result, now or before.
    pub failed: Vec<RunFailed>,
    /// Runs that are neither finished nor failed.
    pub missing: usize,
    /// Whether it was stopped before the end.
    pub interrupted: bool,
}

/// The runs to do, and those that were asked for.
#[derive(Debug, Clone, PartialEq)]
pub struct Agenda {
    /// Indexes of the runs that were asked for.
    asked: Vec<usize>,
    /// Indexes of those that are neither finished nor failed permanently, in the order of the plan.
    pub pending: Vec<usize>,
}

impl Agenda {
    /// The runs of `plan` at the indexes `asked`, or all, with those that they need. Transient failures are to be done
    /// again.
    ///
    /// # Errors
    /// If the store cannot be read.
    pub fn new(store: &Store, plan: &Plan, asked: Option<&[usize]>) -> Result<Self, StoreError> {
        let asked = asked.map_or_else(|| (0..plan.runs.len()).collect(), |asked| plan.with_needed(asked));
        let mut pending = Vec::new();
        for &index in &asked {
            match store.state(&plan.runs[index])? {
                RunState::Finished(_) => {}
                RunState::Failed(_, failed) if !failed.is_transient() => {}
                RunState::Failed(..) | RunState::Missing => pending.push(index),
            }
        }
        Ok(Self { asked, pending })
    }

    /// Removes transient failures of earlier commands.
    ///
    /// # Errors
    /// If the store cannot be written.
    pub fn begin(&self, store: &Store, plan: &Plan) -> Result<(), StoreError> {
        store.remove_transient_failures(self.pending.iter().map(|&index| &plan.runs[index]))
    }

    /// The event that announces the runs.
    pub fn planned(&self, plan: &Plan, workers: usize) -> Event {
        let pending = self.pending.iter().map(|&index| {
            let run = &plan.runs[index];
            Pending {
                run: RunName::new(index, run),
                epochs: run.spec.training.epochs,
                cost: run.spec.objective.relative_cost(),
            }
        });
        Event::Planned { pending: pending.collect(), whole: plan.runs.len(), workers }
    }

    /// Cleans up working folders and summarises the runs.
    ///
    /// # Errors
    /// If the store cannot be read or written.
    pub fn summary(&self, store: &Store, plan: &Plan, interrupted: bool) -> Result<Summary, StoreError> {
        store.clean_up(self.asked.iter().map(|&index| &plan.runs[index]))?;
        let mut summary = Summary { interrupted, ..Summary::default() };
        for &index in &self.asked {
            match store.state(&plan.runs[index])? {
                RunState::Finished(_) if self.pending.contains(&index) => summary.done += 1,
                RunState::Finished(_) => summary.reused += 1,
                RunState::Failed(_, failed) => summary.failed.push(failed),
                RunState::Missing => summary.missing += 1,
            }
        }
        Ok(summary)
    }
}

/// Does every run of `plan` that `store` does not hold yet, with one worker in this process. A failed run is recorded
/// and the others continue; a permanent failure is not repeated.
///
/// `stop` is read after each training step. Once it is set, the current run writes a checkpoint, from which the next call
/// resumes.
///
/// # Errors
/// If the store cannot be written.
pub fn reproduce(
    plan: &Plan,
    store: &Store,
    trainer: &dyn Trainer,
    events: &mut dyn Events,
    stop: &AtomicBool,
) -> Result<Summary, StoreError> {
    let agenda = Agenda::new(store, plan, None)?;
    agenda.begin(store, plan)?;
    events.event(0, &agenda.planned(plan, 1));
    let worker = Worker {
        store,
        plan,
        indexes: &agenda.pending,
        trainer,
        holder: Holder::current(None),
        checkpoint_steps: None,
        stop,
    };
    let ended = worker.run(&mut |event| events.event(1, &event));
    events.event(0, &Event::Finished);
    agenda.summary(store, plan, ended? == WorkEnd::Interrupted)
}

//! The loop of a search: ask for a trial, train it, tell its score, until the budget is used.

use super::result::{DECIDES_SLICES, LEDGER, SearchResult, SearchResultError, SearchedRun, with_values};
use crate::{
    event::{Event, Events, Pending, RunName},
    plan::{Plan, PlannedRun},
    store::{Holder, RunResult, RunState, Store, StoreError, read_json},
    work::{WorkEnd, Worker},
};
use herring_protocol::{DataSpec, RunSpec, Trainer, VALID, VolumesSpec};
use herring_search::{Ledger, SearchError, Study, Trial, TrialOutcome, TrialState};
use std::{
    path::Path,
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
        mpsc::{self, Sender},
    },
};

/// Makes a trainer for one thread.
pub type TrainerFactory<'a> = dyn Fn() -> Result<Box<dyn Trainer>, String> + Sync + 'a;

/// Runs a search.
pub struct SearchDriver<'a> {
    /// Its folder.
    pub out: &'a Path,
    /// Search space and budget.
    pub study: &'a Study,
    /// A plan with one run, the base of all trials.
    pub plan: &'a Plan,
    /// The slices prepared for each value of the dimension [`DECIDES_SLICES`], if the search has it.
    pub slices: &'a [VolumesSpec],
    /// Epochs without improvement after which a trial ends.
    pub patience: usize,
    /// Makes a trainer for each parallel trial.
    pub trainer: &'a TrainerFactory<'a>,
    /// This process.
    pub holder: Holder,
    /// Number of parallel trials.
    pub jobs: usize,
    /// Keep a checkpoint every this many steps, in addition to the one after each epoch.
    pub checkpoint_steps: Option<usize>,
    /// Once it is set the search stops; trials write a checkpoint and resume next time.
    pub stop: &'a AtomicBool,
}

/// How a search ended.
#[derive(Debug)]
pub struct SearchEnd {
    /// The result; `None` if no trial has a score.
    pub found: Option<SearchResult>,
    /// Whether it was stopped before the end.
    pub interrupted: bool,
}

/// Why a search cannot continue.
#[derive(Debug, thiserror::Error)]
pub enum SearchRunError {
    /// Its folder.
    #[error(transparent)]
    SearchResult(#[from] SearchResultError),
    /// The device.
    #[error("{0}")]
    Trainer(String),
}

impl From<StoreError> for SearchRunError {
    fn from(error: StoreError) -> Self {
        Self::SearchResult(error.into())
    }
}

impl From<SearchError> for SearchRunError {
    fn from(error: SearchError) -> Self {
        Self::SearchResult(error.into())
    }
}

impl SearchDriver<'_> {
    /// Starts or continues the search until its budget is used.
    ///
    /// # Errors
    /// If another search is in the folder, a file is damaged, an I/O operation fails, or a strategy is not
    /// in this build. Trials that fail are not errors.
    pub fn run(&self, events: &mut dyn Events) -> Result<SearchEnd, SearchRunError> {
        let mut base = self.plan.runs[0].clone();
        base.spec.selection = base.spec.selection.with_patience(Some(self.patience));
        let base = PlannedRun::new(base.spec);
        let store = Store::open(self.out)?;
        SearchedRun::new(self.plan, base.clone(), self.patience).write(self.out)?;
        let ledger = Ledger::open(&self.out.join(LEDGER), self.study)?;
        events.event(0, &self.planned(&ledger, &base));
        let ledger = Mutex::new(ledger);
        let (sender, receiver) = mpsc::channel();
        let ended = std::thread::scope(|scope| {
            let hands: Vec<_> = (1..=self.jobs.max(1))
                .map(|worker| {
                    let (store, ledger, base, sender) = (&store, &ledger, &base, sender.clone());
                    scope.spawn(move || {
                        let ended = self.worker(worker, store, ledger, base, &sender);
                        if ended.is_err() {
                            // The other threads could not store their trials either.
                            self.stop.store(true, Ordering::Relaxed);
                        }
                        ended
                    })
                })
                .collect();
            drop(sender);
            for (worker, event) in receiver {
                events.event(worker, &event);
            }
            let joined = hands.into_iter().map(|hand| {
                hand.join().unwrap_or_else(|_| Err(SearchRunError::Trainer("a trial's thread panicked".to_owned())))
            });
            joined.collect::<Result<Vec<()>, _>>()
        });
        events.event(0, &Event::Finished);
        ended?;
        let ledger = ledger.into_inner().unwrap_or_else(PoisonError::into_inner);
        let interrupted =
            ledger.trials().iter().filter(|trial| trial.state != TrialState::Running).count() < self.study.budget();
        drop(ledger);
        let found = match SearchResult::read(self.out) {
            Ok(found) => Some(found),
            Err(SearchResultError::NoScore { .. }) => None,
            Err(error) => return Err(error.into()),
        };
        Ok(SearchEnd { found, interrupted })
    }

    fn planned(&self, ledger: &Ledger, base: &PlannedRun) -> Event {
        let over = |index: &usize| ledger.trials().get(*index).is_some_and(|trial| trial.state != TrialState::Running);
        let budget = self.study.budget();
        let pending = (0..budget).filter(|index| !over(index)).map(|index| Pending {
            run: RunName::new(index, base),
            epochs: base.spec.training.epochs,
            cost: base.spec.objective.relative_cost(),
        });
        Event::Planned { pending: pending.collect(), whole: budget, workers: self.jobs.max(1) }
    }

    fn worker(
        &self,
        worker: usize,
        store: &Store,
        ledger: &Mutex<Ledger>,
        base: &PlannedRun,
        events: &Sender<(usize, Event)>,
    ) -> Result<(), SearchRunError> {
        let trainer = (self.trainer)().map_err(SearchRunError::Trainer)?;
        let locked = || ledger.lock().unwrap_or_else(PoisonError::into_inner);
        while !self.stop.load(Ordering::Relaxed) {
            let Some(trial) = locked().ask()? else {
                return Ok(());
            };
            match self.trial(worker, store, trainer.as_ref(), base, &trial, events)? {
                Some(told) => locked().tell(trial.number, told)?,
                None => return Ok(()),
            }
        }
        Ok(())
    }

    /// The run with the listing of the slices that were prepared for its dilation of the masks.
    fn with_slices(&self, mut spec: RunSpec) -> Result<RunSpec, SearchRunError> {
        if let DataSpec::Volumes(volumes) = &mut spec.data
            && !self.slices.is_empty()
        {
            let sigma = volumes.dilation_sigma;
            let prepared = self.slices.iter().find(|slices| slices.dilation_sigma == sigma);
            let missing = || SearchRunError::Trainer(format!("{DECIDES_SLICES}: no slices are prepared for {sigma}"));
            prepared.ok_or_else(missing)?.clone_into(volumes);
        }
        Ok(spec)
    }

    /// Does one trial; `None` if it was interrupted.
    fn trial(
        &self,
        worker: usize,
        store: &Store,
        trainer: &dyn Trainer,
        base: &PlannedRun,
        trial: &Trial,
        events: &Sender<(usize, Event)>,
    ) -> Result<Option<TrialOutcome>, SearchRunError> {
        let spec = with_values(&base.spec, &trial.values).map_err(|error| {
            SearchRunError::Trainer(format!("the search space does not fit {}: {error}", base.spec.method))
        })?;
        let spec = self.with_slices(spec)?;
        let plan = Plan { runs: vec![PlannedRun::new(spec)], ..self.plan.clone() };
        let run = &plan.runs[0];
        store.remove_transient_failures(plan.runs.iter())?;
        let own = Worker {
            store,
            plan: &plan,
            indexes: &[0],
            trainer,
            holder: self.holder.clone(),
            checkpoint_steps: self.checkpoint_steps,
            stop: self.stop,
        };
        let number = trial.number;
        // Each trial has index 0 in its own plan of one run.
        let end = own.run(&mut |event| {
            let _ = events.send((worker, event.numbered(number - 1)));
        })?;
        store.clean_up(plan.runs.iter())?;
        if end == WorkEnd::Interrupted {
            return Ok(None);
        }
        Ok(match store.state(run)? {
            RunState::Finished(folder) => {
                let result: RunResult = read_json(&folder.join("result.json"))?;
                let valid = result.scores.on(VALID);
                let score = valid.map(|scores| run.spec.evaluation.auc.of(scores));
                Some(score.map_or_else(
                    || TrialOutcome::Failed("it has no validation scores".to_owned()),
                    TrialOutcome::Scored,
                ))
            }
            // A transient failure: the trial stays unfinished and is resumed later.
            RunState::Failed(_, failed) if failed.is_transient() => {
                return Err(SearchRunError::Trainer(failed.message));
            }
            RunState::Failed(_, failed) => Some(TrialOutcome::Failed(failed.message)),
            RunState::Missing => None,
        })
    }
}

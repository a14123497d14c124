//! Searches with a mock trainer: what is tried, what survives, what the seeds get of it.

// Lints take the functions that tests share for functions of the program.
#![allow(clippy::unwrap_used)]

#[path = "../../report/examples/rehearsal/mock_trainer.rs"]
mod mock_trainer;

mod common;

use common::{method, write_outputs};
use herring_experiments::{
    config::Scale,
    event::NoEvents,
    plan::{Plan, Request, plan_runs},
    reproduce,
    search::{SearchDriver, SearchEnd, SearchResult, SearchResultError, SearchRunError},
    store::{Holder, Store},
};
use herring_protocol::{
    Observer, PenaltySpec, Provenance, RunFailure, RunOutcome, RunSpec, RunStart, Trainer, VALID, Variant,
};
use herring_report::write_search_page;
use herring_search::Strategy;
use mock_trainer::MockTrainer;
use std::{
    fs,
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
};

fn plan(methods: &[&str], variant: Variant) -> Plan {
    let request = Request { variant, ..common::request(Scale::Smoke, Some(methods), Some(&[1234])) };
    plan_runs(&common::crosses(), &request).unwrap()
}

/// The better the closer the rate is to 1e-3; rates above 5e-3 diverge. Asks to stop in one of its runs.
struct Rated {
    runs: Arc<AtomicUsize>,
    stop_in: Option<usize>,
    stop: Arc<AtomicBool>,
}

impl Trainer for Rated {
    fn run(&self, spec: &RunSpec, start: RunStart<'_>, observer: &mut dyn Observer) -> Result<RunOutcome, RunFailure> {
        let index = self.runs.fetch_add(1, Ordering::Relaxed);
        assert_eq!(spec.selection.patience(), Some(20));
        if self.stop_in == Some(index) {
            self.stop.store(true, Ordering::Relaxed);
        }
        let rate = spec.optimiser.learning_rate();
        if rate > 5e-3 {
            return Err(RunFailure::NotFinite { epoch: 1, step: 1, quantity: "cross-entropy".to_owned() });
        }
        let mut outcome = MockTrainer::default().run(spec, start, observer)?;
        let valid = outcome.scores.selected.get_mut(VALID).unwrap();
        valid.authors_auc = 1.0 / (1.0 + (rate.log10() + 3.0).powi(2));
        Ok(outcome)
    }

    fn provenance(&self) -> Provenance {
        MockTrainer::default().provenance()
    }
}

fn search(out: &Path, stop_in: Option<usize>, jobs: usize) -> Result<SearchEnd, SearchRunError> {
    let mut space = common::space();
    space.iterations = 7;
    let study = space.study(&method("adversarial"), Variant::Released, Strategy::Random);
    let (stop, runs) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicUsize::new(0)));
    let trainer = || -> Result<Box<dyn Trainer>, String> {
        Ok(Box::new(Rated { runs: Arc::clone(&runs), stop_in, stop: Arc::clone(&stop) }))
    };
    let conduct = SearchDriver {
        out,
        study: &study,
        plan: &plan(&["adversarial"], Variant::Released),
        slices: &[],
        patience: space.patience,
        trainer: &trainer,
        holder: Holder::current(None),
        jobs,
        checkpoint_steps: Some(1),
        stop: &stop,
    };
    conduct.run(&mut NoEvents)
}

#[test]
fn a_search_ends_the_same_wherever_it_was_interrupted() {
    let whole = tempfile::tempdir().unwrap();
    let conducted = search(whole.path(), None, 1).unwrap();
    assert!(!conducted.interrupted);
    let expected = conducted.found.unwrap();
    assert_eq!(expected.trials.len(), 12);
    let failed = expected.trials.iter().filter(|trial| trial.failure.is_some());
    assert!(failed.clone().count() > 0, "the draws of this seed reach rates that diverge");
    for trial in failed {
        assert_eq!(trial.score, None, "a failure is no score");
        assert!(trial.failure.as_ref().unwrap().contains("cross-entropy is not finite at epoch 1"));
    }
    let best = expected.trials.iter().filter_map(|trial| trial.score).fold(f64::MIN, f64::max);
    assert_eq!(expected.trials[expected.best - 1].score, Some(best));

    for stop_in in [0, 3, 11] {
        let out = tempfile::tempdir().unwrap();
        assert!(search(out.path(), Some(stop_in), 1).unwrap().interrupted);
        let again = search(out.path(), None, 1).unwrap();
        assert!(!again.interrupted);
        assert_eq!(again.found.as_ref(), Some(&expected), "stopped in run {stop_in}");
        let folders = fs::read_dir(out.path().join("runs")).unwrap().count();
        assert_eq!(folders, 12, "no trial was done twice under another name");
    }

    let page = fs::read_to_string(write_search_page(&expected, whole.path()).unwrap()).unwrap();
    assert_eq!(page.matches("<tr><th scope=\"row\">").count(), 1 + 12);
    assert!(page.contains("Figure") && page.contains("failed: cross-entropy is not finite"));
}

#[test]
fn several_trials_at_once_use_the_same_budget() {
    let out = tempfile::tempdir().unwrap();
    let found = search(out.path(), None, 4).unwrap().found.unwrap();
    assert_eq!(found.trials.iter().filter(|trial| trial.score.is_some() || trial.failure.is_some()).count(), 12);
    assert_eq!(fs::read_dir(out.path().join("runs")).unwrap().count(), 12);
}

#[test]
fn the_seeds_get_what_was_found_and_the_report_shows_the_trials() {
    let folder = tempfile::tempdir().unwrap();
    let found = search(folder.path(), None, 1).unwrap().found.unwrap();
    assert_eq!(SearchResult::read(folder.path()).unwrap(), found);

    let mut with = plan(&["baseline", "adversarial"], Variant::Released);
    let before = with.clone();
    found.apply(&mut with, "there").unwrap();
    assert_eq!(with.runs[0], before.runs[0], "the baseline was not searched");
    let spec = &with.runs[1].spec;
    assert_ne!(with.runs[1].id, before.runs[1].id);
    let value = |name: &str| found.values().iter().find(|(other, _)| other == name).unwrap().1;
    assert_eq!(spec.optimiser.learning_rate(), value("optimiser.learning_rate"));
    let [PenaltySpec::Adversarial { weight, learning_rate, every, .. }] = spec.objective.penalties[..] else {
        panic!("{spec:?}")
    };
    assert_eq!(weight, value("objective.penalties.adversarial.weight"));
    assert_eq!(learning_rate, value("objective.penalties.adversarial.learning_rate"));
    assert_eq!(every as f64, value("objective.penalties.adversarial.every"));
    let sigma = spec.fields().into_iter().find(|(name, _)| name == "data.dilation_sigma").unwrap().1;
    assert_eq!(sigma.parse::<f64>().unwrap(), value("data.dilation_sigma"));
    assert_eq!(spec.selection, before.runs[1].spec.selection, "patience 20 is for trials");

    let out = tempfile::tempdir().unwrap();
    let store = Store::open(out.path()).unwrap();
    common::add_plan(&store, &with, &common::crosses(), &[found], false).unwrap();
    reproduce(&with, &store, &MockTrainer::default(), &mut NoEvents, &AtomicBool::new(false)).unwrap();
    let page = fs::read_to_string(write_outputs(out.path()).report).unwrap();
    assert!(
        page.contains("id=\"tuning\"") && page.contains("Figure A.1"),
        "the density of the trials is in the report"
    );

    let mismatch = |plan: &mut Plan| match SearchResult::read(folder.path()).unwrap().apply(plan, "there") {
        Err(error @ SearchResultError::Mismatch { .. }) => error.to_string(),
        other => panic!("{other:?}"),
    };
    let error = mismatch(&mut plan(&["adversarial"], Variant::Paper));
    assert_eq!(error, "there: this search is for variant released, expected paper");
    let error = mismatch(&mut plan(&["rrr"], Variant::Released));
    assert_eq!(error, "there: this search is for method adversarial, expected rrr");
}

#[test]
fn another_search_is_not_mixed_in() {
    let out = tempfile::tempdir().unwrap();
    search(out.path(), Some(2), 1).unwrap();
    let space = common::space();
    let study = space.study(&method("rrr"), Variant::Released, Strategy::Random);
    let stop = AtomicBool::new(false);
    let trainer = || -> Result<Box<dyn Trainer>, String> { Ok(Box::new(MockTrainer::default())) };
    let conduct = SearchDriver {
        out: out.path(),
        study: &study,
        plan: &plan(&["rrr"], Variant::Released),
        slices: &[],
        patience: 20,
        trainer: &trainer,
        holder: Holder::current(None),
        jobs: 1,
        checkpoint_steps: None,
        stop: &stop,
    };
    let error = conduct.run(&mut NoEvents).unwrap_err().to_string();
    assert!(error.contains("this folder holds another search: choose another --out"), "{error}");
}

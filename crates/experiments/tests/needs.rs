//! Runs that need other runs, with a mock trainer: what is handed over, what decides, what failures do.
#![allow(clippy::unwrap_used, reason = "a test that fails here says where")]

#[path = "../../report/examples/rehearsal/mock_trainer.rs"]
mod mock_trainer;

mod common;

use common::{parse, request, with_needs};
use herring_experiments::{
    Exit, Summary,
    config::{Configuration, Scale},
    event::{Event, NoEvents},
    plan::{Plan, plan_runs},
    reproduce,
    search::SearchResult,
    store::{ClaimOutcome, FailureKind, Holder, RunState, Store, StoreError, Watch},
    work::{WorkEnd, Worker},
};
use herring_protocol::{
    Observer, PenaltySpec, Provenance, RunFailure, RunOutcome, RunSpec, RunStart, Trainer, VALID, WeightsSpec,
};
use mock_trainer::MockTrainer;
use std::{
    collections::BTreeMap,
    fs,
    path::Path,
    sync::{Mutex, atomic::AtomicBool},
    time::Duration,
};

/// Notes what each run began with, leaves weights that name their run, and scores gradmask by its weight alone.
#[derive(Default)]
struct RecordingTrainer {
    inner: MockTrainer,
    seen: Mutex<Vec<(RunSpec, Option<String>)>>,
}

fn gradmask(spec: &RunSpec) -> Option<f64> {
    spec.objective.penalties.iter().find_map(|penalty| match penalty {
        PenaltySpec::Gradmask { weight, .. } => Some(*weight),
        _ => None,
    })
}

impl Trainer for RecordingTrainer {
    fn run(&self, spec: &RunSpec, start: RunStart<'_>, observer: &mut dyn Observer) -> Result<RunOutcome, RunFailure> {
        let weights = match &spec.weights {
            WeightsSpec::Run { run } => Some(String::from_utf8(start.finished.weights(run)?).unwrap()),
            WeightsSpec::Random | WeightsSpec::File { .. } => None,
        };
        self.seen.lock().unwrap().push((spec.clone(), weights));
        let mut outcome = self.inner.run(spec, start, observer)?;
        outcome.weights = format!("weights of {}, seed {}", spec.method, spec.seed).into_bytes();
        if let (Some(weight), Some(valid)) = (gradmask(spec), outcome.scores.selected.get_mut(VALID)) {
            valid.accuracy = 1.0 / (1.0 + weight);
            valid.cross_entropy = valid.accuracy;
        }
        Ok(outcome)
    }

    fn provenance(&self) -> Provenance {
        self.inner.provenance()
    }
}

impl RecordingTrainer {
    /// The names of the runs that it was given, in their order.
    fn labels(&self) -> Vec<String> {
        self.seen.lock().unwrap().iter().map(|(spec, _)| format!("{}, seed {}", spec.method, spec.seed)).collect()
    }
}

fn planned(configuration: &Configuration, methods: &[&str], seeds: &[u32]) -> Plan {
    plan_runs(configuration, &request(Scale::Smoke, Some(methods), Some(seeds))).unwrap()
}

fn opened(out: &Path, configuration: &Configuration, plan: &Plan) -> Store {
    let store = Store::open(out).unwrap();
    common::add_plan(&store, plan, configuration, &[], true).unwrap();
    store
}

fn run(out: &Path, configuration: &Configuration, plan: &Plan, trainer: &dyn Trainer) -> Summary {
    reproduce(plan, &opened(out, configuration, plan), trainer, &mut NoEvents, &AtomicBool::new(false)).unwrap()
}

fn result(out: &Path, plan: &Plan, label: &str) -> serde_json::Value {
    let run = plan.runs.iter().find(|run| run.label() == label).unwrap();
    let path = out.join("runs").join(run.folder()).join("result.json");
    serde_json::from_slice(&fs::read(path).unwrap()).unwrap()
}

/// Every file of every run but its provenance.
fn contents(out: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut found = BTreeMap::new();
    for run in fs::read_dir(out.join("runs")).unwrap() {
        for file in fs::read_dir(run.unwrap().path()).unwrap() {
            let path = file.unwrap().path();
            if !path.ends_with("provenance.json") {
                found.insert(path.strip_prefix(out).unwrap().display().to_string(), fs::read(&path).unwrap());
            }
        }
    }
    found
}

#[test]
fn a_run_starts_from_the_weights_of_the_run_of_its_own_seed() {
    let (out, configuration) = (tempfile::tempdir().unwrap(), parse(&with_needs()).unwrap());
    let plan = planned(&configuration, &["tuned"], &[1, 2]);
    let recorder = RecordingTrainer::default();
    let summary = run(out.path(), &configuration, &plan, &recorder);
    assert_eq!((summary.done, Exit::from(&summary)), (4, Exit::Done));
    let handed: Vec<Option<String>> =
        recorder.seen.lock().unwrap().iter().map(|(_, weights)| weights.clone()).collect();
    let of = |seed: u32| Some(format!("weights of masked, seed {seed}"));
    assert_eq!(handed, [None, of(1), None, of(2)]);

    // The teacher is a row of its own; that it was needed only is no reason to hide it.
    let outputs = common::write_outputs(out.path());
    let rows: Vec<&str> = outputs.results.rows.iter().map(|row| row.method.as_str()).collect();
    assert_eq!(rows, ["masked", "tuned"]);
}

#[test]
fn the_best_score_chooses_a_value_and_low_is_best_where_low_is_good() {
    for (score, best) in [("valid_accuracy", 0.1), ("valid_cross_entropy", 10.0)] {
        let text = with_needs().replace("valid_accuracy", score);
        let (out, configuration) = (tempfile::tempdir().unwrap(), parse(&text).unwrap());
        let plan = planned(&configuration, &["chosen"], &[1, 2]);
        let recorder = RecordingTrainer::default();
        let summary = run(out.path(), &configuration, &plan, &recorder);
        assert_eq!((summary.done, summary.failed.len()), (4, 0));
        let field = "objective.penalties.gradmask.weight";
        for seed in [1, 2] {
            let found = result(out.path(), &plan, &format!("chosen, seed {seed}"));
            assert_eq!(found["chosen"], serde_json::json!({ field: best }), "{score}");
        }
        assert_eq!(result(out.path(), &plan, "chosen-try-1, seed 1").get("chosen"), None, "nothing was to be chosen");
        // The code that trains it sees a run like any other.
        let seen = recorder.seen.lock().unwrap();
        for (spec, _) in seen.iter().filter(|(spec, _)| spec.method.as_str() == "chosen") {
            assert_eq!((gradmask(spec), spec.needs.len()), (Some(best), 0), "{score}");
        }
        // Trials are not rows.
        let outputs = common::write_outputs(out.path());
        assert_eq!(outputs.results.rows.len(), 1, "{}", outputs.table);
    }
}

#[test]
fn a_failed_need_is_named_its_dependent_is_not_tried_and_both_are_done_once_it_is_mended() {
    let (out, configuration) = (tempfile::tempdir().unwrap(), parse(&with_needs()).unwrap());
    let plan = planned(&configuration, &["tuned", "rrr"], &[1]);
    let failing = MockTrainer { panics: Some(("masked", 1)), ..MockTrainer::default() };
    let recorder = RecordingTrainer { inner: failing, ..RecordingTrainer::default() };
    let summary = run(out.path(), &configuration, &plan, &recorder);
    assert_eq!(recorder.labels(), ["masked, seed 1", "rrr, seed 1"]);
    assert_eq!((summary.done, summary.failed.len(), Exit::from(&summary)), (1, 2, Exit::SomeFailed));
    let [of_teacher, of_dependent] = &summary.failed[..] else { panic!("{summary:?}") };
    assert_eq!(of_teacher.message, "the device failed: out of memory");
    assert_eq!(of_dependent.failure, FailureKind::Need);
    let expected = format!("it needs the run {}, masked, seed 1, which failed", plan.runs[0].id);
    assert_eq!(of_dependent.message, expected);

    let recorder = RecordingTrainer::default();
    let summary = run(out.path(), &configuration, &plan, &recorder);
    assert_eq!((summary.done, summary.reused, summary.failed.len()), (2, 1, 0));
    assert_eq!(recorder.labels(), ["masked, seed 1", "tuned, seed 1"]);

    let undisturbed = tempfile::tempdir().unwrap();
    run(undisturbed.path(), &configuration, &plan, &RecordingTrainer::default());
    assert_eq!(contents(out.path()), contents(undisturbed.path()));
}

#[test]
fn a_need_that_would_fail_again_is_not_repeated_and_neither_is_what_needs_it() {
    let (out, configuration) = (tempfile::tempdir().unwrap(), parse(&with_needs()).unwrap());
    let plan = planned(&configuration, &["tuned"], &[1]);
    let failing = MockTrainer { diverges: Some(("masked", 1)), ..MockTrainer::default() };
    run(out.path(), &configuration, &plan, &failing);
    let recorder = RecordingTrainer::default();
    let summary = run(out.path(), &configuration, &plan, &recorder);
    assert_eq!((recorder.labels().len(), summary.failed.len(), summary.missing), (0, 2, 0));
    let outputs = common::write_outputs(out.path());
    let page = fs::read_to_string(&outputs.report).unwrap();
    assert!(page.contains("it needs the run"), "the report says why");
}

#[test]
fn an_alternative_that_failed_is_passed_over_and_without_any_nothing_can_be_chosen() {
    let configuration = parse(&with_needs()).unwrap();
    let plan = planned(&configuration, &["chosen"], &[1]);
    // The better of both fails.
    let out = tempfile::tempdir().unwrap();
    let failing = MockTrainer { diverges: Some(("chosen-try-1", 1)), ..MockTrainer::default() };
    let summary =
        run(out.path(), &configuration, &plan, &RecordingTrainer { inner: failing, ..RecordingTrainer::default() });
    assert_eq!((summary.done, summary.failed.len()), (2, 1));
    assert_eq!(result(out.path(), &plan, "chosen, seed 1")["chosen"]["objective.penalties.gradmask.weight"], 10.0);

    let out = tempfile::tempdir().unwrap();
    let (diverges, panics) = (Some(("chosen-try-1", 1)), Some(("chosen-try-2", 1)));
    let recorder = RecordingTrainer {
        inner: MockTrainer { diverges, panics, ..MockTrainer::default() },
        ..RecordingTrainer::default()
    };
    let summary = run(out.path(), &configuration, &plan, &recorder);
    assert_eq!(recorder.labels(), ["chosen-try-1, seed 1", "chosen-try-2, seed 1"]);
    assert_eq!((summary.done, summary.failed.len()), (0, 3));
    let message = &summary.failed[2].message;
    assert!(message.starts_with(&format!("it needs the run {}", plan.runs[0].id)), "{message}");
    assert!(message.ends_with("none has the score valid_accuracy") && !message.contains('\n'), "{message}");

    // The one whose device failed is done again, and is all that there is to choose from.
    let summary = run(out.path(), &configuration, &plan, &RecordingTrainer::default());
    assert_eq!((summary.done, summary.failed.len()), (2, 1));
    assert_eq!(result(out.path(), &plan, "chosen, seed 1")["chosen"]["objective.penalties.gradmask.weight"], 10.0);
}

#[test]
fn many_workers_do_a_graph_of_runs_in_its_order_and_each_once() {
    let configuration = parse(&with_needs()).unwrap();
    let seeds: Vec<u32> = (1..=8).collect();
    let plan = planned(&configuration, &["tuned", "chosen"], &seeds);
    let out = tempfile::tempdir().unwrap();
    let store = opened(out.path(), &configuration, &plan);
    let pause = Duration::from_millis(1);
    let recorder =
        RecordingTrainer { inner: MockTrainer { pause, ..MockTrainer::default() }, ..RecordingTrainer::default() };
    let indexes: Vec<usize> = (0..plan.runs.len()).rev().collect();
    std::thread::scope(|scope| {
        for _ in 0..6 {
            scope.spawn(|| {
                let (holder, stop) = (Holder::current(None), AtomicBool::new(false));
                let (store, plan, indexes) = (&store, &plan, indexes.as_slice());
                let work =
                    Worker { store, plan, indexes, trainer: &recorder, holder, checkpoint_steps: Some(1), stop: &stop };
                assert_eq!(work.run(&mut |_| ()).unwrap(), WorkEnd::Done);
            });
        }
    });
    let mut labels = recorder.labels();
    labels.sort();
    labels.dedup();
    assert_eq!((labels.len(), recorder.labels().len()), (plan.runs.len(), plan.runs.len()), "none twice, none lost");
    let alone = tempfile::tempdir().unwrap();
    run(alone.path(), &configuration, &plan, &RecordingTrainer::default());
    assert_eq!(contents(out.path()), contents(alone.path()));
}

#[test]
fn a_worker_waits_for_a_run_that_another_one_does() {
    let (out, configuration) = (tempfile::tempdir().unwrap(), parse(&with_needs()).unwrap());
    let plan = planned(&configuration, &["tuned"], &[1]);
    let store = opened(out.path(), &configuration, &plan);
    let (stop, trainer) = (AtomicBool::new(false), RecordingTrainer::default());
    let told = Mutex::new(Vec::new());
    let worker = |indexes| Worker {
        store: &store,
        plan: &plan,
        indexes,
        trainer: &trainer,
        holder: Holder::current(None),
        checkpoint_steps: None,
        stop: &stop,
    };
    std::thread::scope(|scope| {
        let waiting = scope.spawn(|| worker(&[1]).run(&mut |event| told.lock().unwrap().push(event)).unwrap());
        let waits = |event: &Event| matches!(event, Event::Waiting { run } if run.method.as_str() == "tuned");
        while !told.lock().unwrap().iter().any(waits) {
            std::thread::sleep(Duration::from_millis(5));
        }
        assert_eq!(trainer.labels().len(), 0, "it is not begun without its need");
        worker(&[0]).run(&mut |_| ()).unwrap();
        assert_eq!(waiting.join().unwrap(), WorkEnd::Done);
    });
    assert_eq!(trainer.labels(), ["masked, seed 1", "tuned, seed 1"]);
}

#[test]
fn a_run_is_not_given_weights_that_were_damaged() {
    let (out, configuration) = (tempfile::tempdir().unwrap(), parse(&with_needs()).unwrap());
    let plan = planned(&configuration, &["tuned"], &[1]);
    run(out.path(), &configuration, &planned(&configuration, &["masked"], &[1]), &RecordingTrainer::default());
    let store = opened(out.path(), &configuration, &plan);
    let weights = store.folder().join("runs").join(plan.runs[0].folder()).join("weights.safetensors");
    fs::write(&weights, "others").unwrap();
    let error = Store::open_for(out.path(), &plan, Some(&[1])).unwrap_err();
    assert!(matches!(error, StoreError::DamagedRuns { .. }), "{error}");
    assert!(error.to_string().starts_with(&weights.display().to_string()), "{error}");
}

#[test]
fn a_run_whose_need_is_not_in_the_plan_fails_and_says_so() {
    let (out, configuration) = (tempfile::tempdir().unwrap(), parse(&with_needs()).unwrap());
    let mut plan = planned(&configuration, &["tuned"], &[1]);
    let needed = plan.runs.remove(0);
    let summary = run(out.path(), &configuration, &plan, &RecordingTrainer::default());
    let expected = format!("it needs the run {}, which is not planned in this folder", needed.id);
    assert_eq!(summary.failed[0].message, expected);
}

#[test]
fn a_search_for_a_method_that_others_need_reaches_them() {
    let configuration = parse(&with_needs()).unwrap();
    let found: SearchResult = serde_json::from_value(serde_json::json!({
        "format": 2, "experiment": "iclr2021-crosses", "method": "masked", "scale": "smoke", "variant": "released",
        "auc": "authors", "best": 1, "trials": [{
            "number": 1, "values": [["optimiser.learning_rate", 0.002]], "origin": "initial", "score": 0.5, "failure": null
        }],
    }))
    .unwrap();
    let mut plan = planned(&configuration, &["tuned"], &[1]);
    let before = plan.clone();
    found.apply(&mut plan, "search").unwrap();
    assert_ne!(plan.runs[0].id, before.runs[0].id);
    assert_eq!(plan.runs[1].spec.weights, WeightsSpec::Run { run: plan.runs[0].id.clone() });
    let out = tempfile::tempdir().unwrap();
    assert_eq!(run(out.path(), &configuration, &plan, &RecordingTrainer::default()).done, 2);
}

#[test]
fn what_a_process_died_of_while_its_dependent_waited_is_taken_up() {
    let (out, configuration) = (tempfile::tempdir().unwrap(), parse(&with_needs()).unwrap());
    let plan = planned(&configuration, &["tuned"], &[1]);
    let store = opened(out.path(), &configuration, &plan);
    // The teacher's claim is there, and who held it is gone without a word.
    let ClaimOutcome::Granted(claim) =
        store.claim(&plan.runs[0], &Holder::current(None), &mut Watch::default()).unwrap()
    else {
        panic!("it is free");
    };
    let work = out.path().join("work").join(plan.runs[0].folder());
    let kept = fs::read(work.join("claim-0001")).unwrap();
    store.release(claim).unwrap();
    fs::create_dir_all(&work).unwrap();
    fs::write(work.join("claim-0001"), kept).unwrap();
    let summary = run(out.path(), &configuration, &plan, &RecordingTrainer::default());
    assert_eq!((summary.done, summary.missing), (2, 0));
    assert!(matches!(store.state(&plan.runs[1]).unwrap(), RunState::Finished(_)));
}

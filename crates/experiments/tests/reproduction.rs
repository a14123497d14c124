//! Whole reproductions with a mock trainer: what is kept, what is repeated, what survives.

// Lints take the functions that tests share for functions of the program.
#![allow(clippy::unwrap_used)]

#[path = "../../report/examples/rehearsal/mock_trainer.rs"]
mod mock_trainer;

mod common;

use common::{method, write_outputs};
use herring_experiments::{
    Exit, Summary,
    event::{Event, Events, NoEvents},
    plan::{Plan, plan_runs},
    progress::Lines,
    reproduce,
    results::Convergence,
    store::{ClaimOutcome, FailureKind, Holder, RunProgress, Store, StoreError, Watch},
    work::{WorkEnd, Worker},
};
use herring_protocol::{Observer, Provenance, RunFailure, RunOutcome, RunSpec, RunStart, Trainer};
use mock_trainer::MockTrainer;
use std::{
    fs,
    io::Write,
    path::Path,
    sync::atomic::{AtomicBool, AtomicUsize, Ordering},
    time::Duration,
};

fn plan(methods: &[&str], seeds: &[u32]) -> Plan {
    common::smoke(methods, seeds)
}

fn add_plan(store: &Store, plan: &Plan, resume: bool) -> Result<Plan, StoreError> {
    common::add_plan(store, plan, &common::crosses(), &[], resume)
}

fn outputs_of(out: &Path) -> Result<herring_report::Outputs, herring_experiments::collect::CollectError> {
    herring_report::write_outputs(out, &herring_papers::REPORTS)
}

fn run(out: &Path, plan: &Plan, trainer: &dyn Trainer, resume: bool) -> Result<Summary, StoreError> {
    let store = Store::open(out)?;
    add_plan(&store, plan, resume)?;
    reproduce(plan, &store, trainer, &mut NoEvents, &AtomicBool::new(false))
}

/// Counts the runs it passes on, and may ask to stop during one of them.
struct Counting<'a> {
    inner: MockTrainer,
    runs: AtomicUsize,
    stop_in: Option<(usize, &'a AtomicBool)>,
}

impl Counting<'_> {
    fn new() -> Self {
        Self { inner: MockTrainer::default(), runs: AtomicUsize::new(0), stop_in: None }
    }
}

impl Trainer for Counting<'_> {
    fn run(&self, spec: &RunSpec, start: RunStart<'_>, observer: &mut dyn Observer) -> Result<RunOutcome, RunFailure> {
        let index = self.runs.fetch_add(1, Ordering::Relaxed);
        if let Some((_, stop)) = self.stop_in.filter(|(when, _)| *when == index) {
            stop.store(true, Ordering::Relaxed);
        }
        self.inner.run(spec, start, observer)
    }

    fn provenance(&self) -> Provenance {
        self.inner.provenance()
    }
}

fn names(folder: &Path) -> Vec<String> {
    let mut names: Vec<_> =
        fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

#[test]
fn a_run_leaves_its_files_and_the_same_bytes_twice() {
    let plan = plan(&["baseline", "adversarial"], &[1, 2]);
    let (one, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    for out in [&one, &other] {
        let summary = run(out.path(), &plan, &MockTrainer::default(), false).unwrap();
        assert_eq!((summary.done, Exit::from(&summary)), (4, Exit::Done));
    }
    for planned in &plan.runs {
        let folder = Path::new("runs").join(planned.folder());
        let files = names(&one.path().join(&folder));
        assert_eq!(
            files,
            [
                "SHA256SUMS",
                "config.json",
                "epochs.jsonl",
                "pictures.json",
                "provenance.json",
                "result.json",
                "steps.jsonl",
                "weights.safetensors"
            ]
        );
        for file in files.iter().filter(|file| *file != "provenance.json") {
            let read = |out: &tempfile::TempDir| fs::read(out.path().join(&folder).join(file)).unwrap();
            assert_eq!(read(&one), read(&other), "{file} of {}", planned.label());
        }
        let steps = fs::read_to_string(one.path().join(&folder).join("steps.jsonl")).unwrap();
        assert_eq!(steps.lines().count(), 2 * 2);
        let epochs = fs::read_to_string(one.path().join(&folder).join("epochs.jsonl")).unwrap();
        assert_eq!(epochs.lines().count(), 2);
    }
}

#[test]
fn a_finished_run_is_never_repeated_and_rows_can_be_added() {
    let out = tempfile::tempdir().unwrap();
    let counting = Counting::new();
    run(out.path(), &plan(&["baseline"], &[1]), &counting, false).unwrap();
    run(out.path(), &plan(&["baseline"], &[1]), &counting, false).unwrap();
    assert_eq!(counting.runs.load(Ordering::Relaxed), 1);

    let more = plan(&["baseline", "rrr"], &[1]);
    let summary = run(out.path(), &more, &counting, false).unwrap();
    assert_eq!((summary.done, summary.reused), (1, 1));
    let outputs = write_outputs(out.path());
    let methods: Vec<_> = outputs.results.rows.iter().map(|row| row.method.clone()).collect();
    assert_eq!(methods, common::methods(&["baseline", "rrr"]));
}

#[test]
fn a_run_that_is_not_finite_is_recorded_and_the_others_go_on() {
    let out = tempfile::tempdir().unwrap();
    let plan = plan(&["baseline", "gradmask", "rrr"], &[1]);
    let trainer = MockTrainer { diverges: Some(("gradmask", 1)), ..MockTrainer::default() };
    let summary = run(out.path(), &plan, &trainer, false).unwrap();
    assert_eq!((summary.done, summary.failed.len()), (2, 1));
    assert_eq!(Exit::from(&summary), Exit::SomeFailed);
    let expected = FailureKind::NotFinite { epoch: 2, step: 1, quantity: "cross-entropy".to_owned() };
    assert_eq!(summary.failed[0].failure, expected);

    let folder = out.path().join("runs").join(format!("failed-{}", plan.runs[1].folder()));
    let record = fs::read_to_string(folder.join("failure.json")).unwrap();
    assert!(record.contains("cross-entropy is not finite at epoch 2, step 1"), "{record}");

    let outputs = write_outputs(out.path());
    assert_eq!(outputs.results.failed(), 1);
    assert!(outputs.table.contains("0, 1 failed"), "{}", outputs.table);
    assert!(outputs.table.contains("DNC") && outputs.table.contains("did not converge"), "{}", outputs.table);
    let page = fs::read_to_string(&outputs.report).unwrap();
    assert!(page.contains("failed: cross-entropy is not finite at epoch 2, step 1"));

    // It would fail again in the same way.
    let counting = Counting::new();
    let summary = run(out.path(), &plan, &counting, true).unwrap();
    assert_eq!((counting.runs.load(Ordering::Relaxed), summary.failed.len()), (0, 1));
}

#[test]
fn a_number_over_runs_of_which_one_did_not_converge_is_marked() {
    let out = tempfile::tempdir().unwrap();
    let trainer = MockTrainer { diverges: Some(("gradmask", 3)), ..MockTrainer::default() };
    run(out.path(), &plan(&["gradmask"], &[1, 2, 3]), &trainer, false).unwrap();
    let outputs = write_outputs(out.path());
    let row = &outputs.results.rows[0];
    assert_eq!((row.finished, row.diverged, row.convergence()), (2, 1, Convergence::Most(1)));
    assert!(outputs.table.contains('†'), "{}", outputs.table);
    // One that failed otherwise is a failure and no more.
    let out = tempfile::tempdir().unwrap();
    let trainer = MockTrainer { panics: Some(("gradmask", 3)), ..MockTrainer::default() };
    run(out.path(), &plan(&["gradmask"], &[1, 2, 3]), &trainer, false).unwrap();
    let outputs = write_outputs(out.path());
    let row = &outputs.results.rows[0];
    assert_eq!((row.failed, row.diverged, row.convergence()), (1, 0, Convergence::All));
    assert!(!outputs.table.contains('†'), "{}", outputs.table);
}

#[test]
fn a_device_that_fails_fails_one_run_and_is_tried_again() {
    let out = tempfile::tempdir().unwrap();
    let plan = plan(&["baseline", "rrr"], &[1]);
    let trainer = MockTrainer { panics: Some(("baseline", 1)), ..MockTrainer::default() };
    let summary = run(out.path(), &plan, &trainer, false).unwrap();
    assert_eq!(summary.failed[0].message, "the device failed: out of memory");
    assert_eq!(summary.done, 1);

    let summary = run(out.path(), &plan, &MockTrainer::default(), false).unwrap();
    assert_eq!((summary.done, summary.reused, summary.failed.len()), (1, 1, 0));
    assert_eq!(names(&out.path().join("runs")), {
        let mut folders: Vec<_> = plan.runs.iter().map(|run| run.folder()).collect();
        folders.sort();
        folders
    });
}

#[test]
fn an_interruption_keeps_what_is_finished_and_nothing_half_done() {
    let out = tempfile::tempdir().unwrap();
    let plan = plan(&["baseline", "masked", "rrr"], &[1]);
    let stop = AtomicBool::new(false);
    let counting = Counting {
        inner: MockTrainer { pause: Duration::from_millis(1), ..MockTrainer::default() },
        stop_in: Some((1, &stop)),
        ..Counting::new()
    };
    let store = Store::open(out.path()).unwrap();
    add_plan(&store, &plan, false).unwrap();
    let summary = reproduce(&plan, &store, &counting, &mut NoEvents, &stop).unwrap();
    assert!(summary.interrupted);
    assert_eq!((summary.done, Exit::from(&summary)), (1, Exit::Interrupted));
    assert_eq!(names(&out.path().join("runs")), [plan.runs[0].folder()]);
    assert!(matches!(store.progress(&plan.runs[1]).unwrap(), RunProgress::Interrupted(_)), "a checkpoint was kept");
    assert_eq!(store.progress(&plan.runs[2]).unwrap(), RunProgress::NotBegun);
    drop(store);

    let refused = run(out.path(), &plan, &Counting::new(), false).unwrap_err();
    assert!(matches!(refused, StoreError::Unfinished { finished: 1, planned: 3, .. }));
    assert!(refused.to_string().contains("(1 of 3 runs are done): add --resume"), "{refused}");
    assert_eq!(Exit::from(&refused), Exit::BadInput);

    // The table of an unfinished reproduction says so.
    let outputs = write_outputs(out.path());
    assert!(outputs.table.contains("0, 1 to do"), "{}", outputs.table);

    let counting = Counting::new();
    let summary = run(out.path(), &plan, &counting, true).unwrap();
    assert_eq!((summary.done, summary.reused), (2, 1));
    assert_eq!(counting.runs.load(Ordering::Relaxed), 2);
}

/// Keeps the events it is told.
#[derive(Default)]
struct Emitted(Vec<Event>);

impl Events for Emitted {
    fn event(&mut self, _worker: usize, event: &Event) {
        self.0.push(event.clone());
    }
}

/// Every file under the folder but the provenance of runs, with its content.
fn contents(out: &Path) -> Vec<(String, Vec<u8>)> {
    let mut found = Vec::new();
    let mut folders = vec![out.to_owned()];
    while let Some(folder) = folders.pop() {
        for name in names(&folder) {
            let path = folder.join(&name);
            if path.is_dir() {
                folders.push(path);
            } else if name != "provenance.json" {
                let relative = path.strip_prefix(out).unwrap().display().to_string();
                found.push((relative, fs::read(&path).unwrap()));
            }
        }
    }
    found.sort();
    found
}

/// Begins `run` and leaves it after `steps` training steps as a process leaves it that is killed: its
/// destructors do not run. Gives its working folder.
fn killed_after(store: &Store, plan: &Plan, steps: usize) -> std::path::PathBuf {
    struct Killed<'a> {
        attempt: &'a mut herring_experiments::store::Attempt,
        left: usize,
    }
    impl Observer for Killed<'_> {
        fn step(&mut self, record: &herring_protocol::StepRecord) -> herring_protocol::Control {
            self.left -= 1;
            self.attempt.step(record).unwrap();
            if self.left == 0 { herring_protocol::Control::Stop } else { herring_protocol::Control::Continue }
        }
        fn epoch(&mut self, record: &herring_protocol::EpochRecord) -> herring_protocol::Control {
            self.attempt.epoch(record).unwrap();
            herring_protocol::Control::Continue
        }
        fn checkpoint(
            &mut self,
            position: herring_protocol::Position,
            snapshot: &mut herring_protocol::Snapshot<'_>,
        ) -> Result<(), RunFailure> {
            // One a step, as often as can be asked for.
            self.attempt.checkpoint(position, &snapshot()?).unwrap();
            Ok(())
        }
    }
    let run = &plan.runs[0];
    let ClaimOutcome::Granted(claim) = store.claim(run, &Holder::current(None), &mut Watch::default()).unwrap() else {
        panic!("it is free");
    };
    let mut attempt = store.begin(run, claim).unwrap();
    let end =
        MockTrainer::default().run(&run.spec, RunStart::fresh(), &mut Killed { attempt: &mut attempt, left: steps });
    assert_eq!(end.unwrap_err(), RunFailure::Interrupted);
    let work = store.folder().join("work").join(run.folder());
    // A killed process releases its lock and leaves its claim.
    let claim = fs::read(work.join("claim-0001")).unwrap();
    drop(attempt);
    fs::write(work.join("claim-0001"), claim).unwrap();
    work
}

#[test]
fn a_killed_run_goes_on_from_its_checkpoint_to_the_same_bytes() {
    let plan = plan(&["adversarial"], &[1]);
    let whole = tempfile::tempdir().unwrap();
    run(whole.path(), &plan, &MockTrainer::default(), false).unwrap();
    for steps in 1..=4 {
        let out = tempfile::tempdir().unwrap();
        let store = Store::open(out.path()).unwrap();
        add_plan(&store, &plan, false).unwrap();
        killed_after(&store, &plan, steps);
        let going = store.progress(&plan.runs[0]).unwrap();
        let RunProgress::Interrupted(position) = going else { panic!("{going:?}") };
        assert_eq!(position.epochs * 2 + position.steps, steps);

        let mut told = Emitted::default();
        let summary = reproduce(&plan, &store, &MockTrainer::default(), &mut told, &AtomicBool::new(false)).unwrap();
        assert_eq!(summary.done, 1);
        let started = told.0.iter().find(|event| matches!(event, Event::RunStarted { .. }));
        assert!(matches!(started, Some(Event::RunStarted { from, .. }) if *from == position), "{started:?}");
        assert_eq!(contents(out.path()), contents(whole.path()), "after {steps} steps");
    }
}

#[test]
fn a_damaged_checkpoint_is_named_and_the_one_before_it_used() {
    let plan = plan(&["baseline"], &[1]);
    let whole = tempfile::tempdir().unwrap();
    run(whole.path(), &plan, &MockTrainer::default(), false).unwrap();
    type Damage = fn(&Path);
    let damages: [(&str, Damage); 5] = [
        ("checksum in its first line", |path| {
            let mut bytes = fs::read(path).unwrap();
            let last = bytes.len() - 1;
            bytes[last] ^= 1;
            fs::write(path, bytes).unwrap();
        }),
        ("checksum in its first line", |path| {
            let bytes = fs::read(path).unwrap();
            fs::write(path, &bytes[..bytes.len() / 2]).unwrap();
        }),
        ("no first line", |path| fs::write(path, "").unwrap()),
        ("the content of", |path| {
            let steps = path.with_file_name("steps.jsonl");
            let text = fs::read_to_string(&steps).unwrap();
            // The last line only: the checkpoint before does not need it.
            let at = text.trim_end().rfind('\n').unwrap() + 10;
            fs::write(&steps, format!("{}?{}", &text[..at], &text[at + 1..])).unwrap();
        }),
        ("cannot be read", |path| {
            fs::remove_file(path).unwrap();
            fs::create_dir(path).unwrap();
        }),
    ];
    for (complaint, damage) in damages {
        let out = tempfile::tempdir().unwrap();
        let store = Store::open(out.path()).unwrap();
        add_plan(&store, &plan, false).unwrap();
        let work = killed_after(&store, &plan, 3);
        let attempt = work.join("attempt-0001");
        let checkpoints: Vec<_> = names(&attempt).into_iter().filter(|name| name.starts_with("checkpoint-")).collect();
        assert_eq!(checkpoints.len(), 2, "the last and the one before: {checkpoints:?}");
        damage(&attempt.join(&checkpoints[1]));

        let mut told = Emitted::default();
        reproduce(&plan, &store, &MockTrainer::default(), &mut told, &AtomicBool::new(false)).unwrap();
        let refused: Vec<_> = told
            .0
            .iter()
            .filter_map(|event| match event {
                Event::CheckpointRefused { message, .. } => Some(message.as_str()),
                _ => None,
            })
            .collect();
        assert_eq!(refused.len(), 1, "{refused:?}");
        assert!(refused[0].contains(&checkpoints[1]) && refused[0].contains(complaint), "{refused:?}");
        let started = told.0.iter().find(|event| matches!(event, Event::RunStarted { .. }));
        assert!(
            matches!(started, Some(Event::RunStarted { from, .. }) if from.epochs == 1 && from.steps == 0),
            "{started:?}"
        );
        assert_eq!(contents(out.path()), contents(whole.path()), "{complaint}");
    }
}

#[test]
fn a_checkpoint_of_another_version_says_what_to_do() {
    let plan = plan(&["baseline"], &[1]);
    let out = tempfile::tempdir().unwrap();
    let store = Store::open(out.path()).unwrap();
    add_plan(&store, &plan, false).unwrap();
    let work = killed_after(&store, &plan, 3);
    let path = work.join("attempt-0001/checkpoint-000001-0000001");
    let bytes = fs::read(&path).unwrap();
    let current = b"red-herring checkpoint 2".as_slice();
    assert!(bytes.starts_with(current));
    fs::write(&path, [b"red-herring checkpoint 1".as_slice(), &bytes[current.len()..]].concat()).unwrap();
    let error = reproduce(&plan, &store, &MockTrainer::default(), &mut NoEvents, &AtomicBool::new(false)).unwrap_err();
    let text = error.to_string();
    assert!(text.contains("has format 1, expected 2"), "{text}");
    assert!(text.contains(&format!("or remove {} to start it again", work.display())), "{text}");
    fs::remove_dir_all(&work).unwrap();
    assert_eq!(run(out.path(), &plan, &MockTrainer::default(), true).unwrap().done, 1);
}

#[test]
fn an_attempt_that_was_given_up_for_dead_touches_nothing_of_its_successor() {
    let plan = plan(&["baseline"], &[1]);
    let run = &plan.runs[0];
    let out = tempfile::tempdir().unwrap();
    let store = Store::open(out.path()).unwrap();
    add_plan(&store, &plan, false).unwrap();
    let begin = |restart| {
        let task = herring_cluster::Attempt { job: 7, task: Some(0), restart };
        match store.claim(run, &Holder::current(Some(task)), &mut Watch::default()).unwrap() {
            ClaimOutcome::Granted(claim) => store.begin(run, claim).unwrap(),
            ClaimOutcome::HeldBy(holder) => panic!("taken by {holder:?}"),
        }
    };
    let mut zombie = begin(0);
    zombie.start().unwrap();
    let mut successor = begin(1);
    successor.start().unwrap();
    let before = contents(out.path());
    let position = herring_protocol::Position { epochs: 1, steps: 0 };
    let refused = zombie.checkpoint(position, b"late").unwrap_err();
    assert!(matches!(refused, StoreError::Superseded { .. }), "{refused}");
    assert_eq!(contents(out.path()), before);
    successor.checkpoint(position, b"in time").unwrap();
    // Its folder is gone by now; that is still no error of the disk.
    let refused = zombie.checkpoint(position, b"later").unwrap_err();
    assert!(matches!(refused, StoreError::Superseded { .. }), "{refused}");
}

#[test]
fn a_run_that_takes_its_processes_down_is_given_up_and_tried_again_next_time() {
    let plan = plan(&["baseline", "rrr"], &[1]);
    let out = tempfile::tempdir().unwrap();
    let store = Store::open(out.path()).unwrap();
    add_plan(&store, &plan, false).unwrap();
    for number in 1..=8 {
        // What is left of a process that died before its first checkpoint.
        let attempt = out.path().join("work").join(plan.runs[0].folder()).join(format!("attempt-{number:04}"));
        fs::create_dir_all(attempt).unwrap();
    }
    let mut told = Emitted::default();
    let summary = reproduce(&plan, &store, &MockTrainer::default(), &mut told, &AtomicBool::new(false)).unwrap();
    assert_eq!((summary.done, summary.failed.len()), (1, 1));
    let message = &summary.failed[0].message;
    assert!(message.contains("8 processes in a row died of it before they kept a checkpoint"), "{message}");
    let first = told.0.iter().find_map(|event| match event {
        Event::RunEnded { run, .. } => Some(run.method.clone()),
        _ => None,
    });
    assert_eq!(first, Some(method("rrr")), "the others come first");

    let summary = run(out.path(), &plan, &MockTrainer::default(), true).unwrap();
    assert_eq!((summary.done, summary.reused, summary.failed.len()), (1, 1, 0));
}

#[test]
fn many_workers_do_each_run_once() {
    let out = tempfile::tempdir().unwrap();
    let seeds: Vec<u32> = (1..=25).collect();
    let plan = plan(&["baseline", "masked", "actdiff", "rrr"], &seeds);
    let store = Store::open(out.path()).unwrap();
    add_plan(&store, &plan, false).unwrap();
    let counting = Counting::new();
    let indexes: Vec<usize> = (0..plan.runs.len()).collect();
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                let (holder, stop) = (Holder::current(None), AtomicBool::new(false));
                let (store, plan, indexes) = (&store, &plan, indexes.as_slice());
                let work =
                    Worker { store, plan, indexes, trainer: &counting, holder, checkpoint_steps: Some(1), stop: &stop };
                assert_eq!(work.run(&mut |_| ()).unwrap(), WorkEnd::Done);
            });
        }
    });
    assert_eq!(counting.runs.load(Ordering::Relaxed), 100, "none twice");
    assert_eq!(names(&out.path().join("runs")).len(), 100, "none lost");
    store.clean_up(plan.runs.iter()).unwrap();
    assert!(!out.path().join("work").exists());

    let alone = tempfile::tempdir().unwrap();
    run(alone.path(), &plan, &MockTrainer::default(), false).unwrap();
    assert_eq!(contents(out.path()), contents(alone.path()));
}

#[test]
fn another_reproduction_is_not_mixed_in() {
    let out = tempfile::tempdir().unwrap();
    run(out.path(), &plan(&["baseline"], &[1]), &MockTrainer::default(), false).unwrap();
    let store = Store::open(out.path()).unwrap();

    let mut other = plan(&["baseline"], &[1]);
    other.scale = herring_experiments::config::Scale::Quick;
    let refused = add_plan(&store, &other, false).unwrap_err().to_string();
    assert!(refused.contains("found scale smoke, expected quick"), "{refused}");

    let wider = common::crosses().text().replace("[scales.smoke]\n", "[scales.smoke]\nrun.model.width = 8\n");
    let wider = common::parse(&wider).unwrap();
    let request = common::request(herring_experiments::config::Scale::Smoke, Some(&["rrr"]), Some(&[1]));
    let other = plan_runs(&wider, &request).unwrap();
    let refused = common::add_plan(&store, &other, &wider, &[], true).unwrap_err();
    assert!(refused.to_string().contains("found model.width of baseline 4, expected 8"), "{refused}");
    assert_eq!(Exit::from(&refused), Exit::BadInput);
}

#[test]
fn a_damaged_file_is_named_with_its_place() {
    let out = tempfile::tempdir().unwrap();
    let plan = plan(&["baseline"], &[1]);
    run(out.path(), &plan, &MockTrainer::default(), false).unwrap();
    let path = out.path().join("runs").join(plan.runs[0].folder()).join("result.json");
    let text = fs::read_to_string(&path).unwrap();
    fs::write(&path, &text[..text.len() / 2]).unwrap();
    let error = outputs_of(out.path()).unwrap_err().to_string();
    assert!(error.starts_with(&format!("{}:", path.display())), "{error}");
    assert!(error.contains("the file is damaged") && !error.contains('\n'), "{error}");

    let empty = tempfile::tempdir().unwrap();
    let error = outputs_of(empty.path()).unwrap_err().to_string();
    assert!(error.contains("found no reproduction here"), "{error}");
}

#[test]
fn every_damaged_run_is_named_before_anything_is_trained() {
    let out = tempfile::tempdir().unwrap();
    let small = plan(&["baseline", "masked", "rrr"], &[1]);
    run(out.path(), &small, &MockTrainer::default(), false).unwrap();
    let file = |index: usize, name: &str| out.path().join("runs").join(small.runs[index].folder()).join(name);
    // Cut off, edited into something that still parses, and lost.
    let weights = file(0, "weights.safetensors");
    let bytes = fs::read(&weights).unwrap();
    fs::write(&weights, &bytes[..bytes.len() - 1]).unwrap();
    let result = file(1, "result.json");
    let text = fs::read_to_string(&result).unwrap();
    fs::write(&result, text.replacen("0.", "1.", 1)).unwrap();
    fs::remove_file(file(2, "pictures.json")).unwrap();

    let counting = Counting::new();
    let more = plan(&["baseline", "masked", "rrr"], &[1, 2]);
    let refused = run(out.path(), &more, &counting, true).unwrap_err();
    assert_eq!((counting.runs.load(Ordering::Relaxed), Exit::from(&refused)), (0, Exit::Environment));
    for error in [refused.to_string(), outputs_of(out.path()).unwrap_err().to_string()] {
        for (path, message) in [
            (weights.clone(), "its content does not match SHA256SUMS"),
            (result.clone(), "its content does not match SHA256SUMS"),
            (file(2, "pictures.json"), "it is missing"),
        ] {
            let expected = format!("{}: the file is damaged: {message}", path.display());
            assert!(error.contains(&expected), "{expected}: {error}");
        }
        assert!(error.ends_with("remove their folders to repeat the runs") && !error.contains('\n'), "{error}");
    }
}

#[test]
fn a_table_is_not_renamed_by_going_on_with_another_configuration() {
    let out = tempfile::tempdir().unwrap();
    let plan = plan(&["baseline"], &[1]);
    run(out.path(), &plan, &MockTrainer::default(), false).unwrap();
    let text = common::crosses().text().replace("label = \"Baseline\"", "label = \"Ours\"");
    let renamed = common::parse(&text).unwrap();
    let store = Store::open(out.path()).unwrap();
    let refused = common::add_plan(&store, &plan, &renamed, &[], true).unwrap_err().to_string();
    assert!(refused.contains("found label of baseline Baseline, expected Ours"), "{refused}");
}

#[test]
fn an_unwritable_folder_is_said_in_a_line() {
    let out = tempfile::tempdir().unwrap();
    let file = out.path().join("file");
    fs::write(&file, "no folder").unwrap();
    let error = Store::open(&file.join("out")).unwrap_err();
    assert!(error.to_string().starts_with("cannot create "), "{error}");
    assert!(!error.to_string().contains('\n'), "{error}");
    assert_eq!(Exit::from(&error), Exit::Environment);
}

/// A file system of a given size that is gone at the end.
#[cfg(target_os = "linux")]
struct SmallDisk(tempfile::TempDir);

#[cfg(target_os = "linux")]
impl SmallDisk {
    fn new(size: &str) -> Option<Self> {
        let folder = tempfile::tempdir().unwrap();
        let mounted = std::process::Command::new("mount")
            .args(["-t", "tmpfs", "-o", &format!("size={size}"), "tmpfs"])
            .arg(folder.path())
            .output();
        mounted.is_ok_and(|output| output.status.success()).then_some(Self(folder))
    }
}

#[cfg(target_os = "linux")]
impl Drop for SmallDisk {
    fn drop(&mut self) {
        let _ = std::process::Command::new("umount").arg(self.0.path()).status();
    }
}

#[test]
#[cfg(target_os = "linux")]
fn a_full_disk_ends_it_with_finished_runs_intact() {
    let Some(disk) = SmallDisk::new("400k") else {
        // Not through `eprintln`, which the test runner keeps to itself.
        let _ = writeln!(
            std::io::stderr(),
            "SKIPPED a_full_disk_ends_it_with_finished_runs_intact: mounting a small tmpfs needs root"
        );
        return;
    };
    let out = disk.0.path().join("out");
    let plan = plan(&["baseline", "masked", "rrr"], &[1, 2, 3, 4]);
    let error = run(&out, &plan, &MockTrainer::default(), false).unwrap_err();
    let text = error.to_string();
    assert!(text.starts_with("cannot ") && text.contains("No space left") && !text.contains('\n'), "{text}");
    assert_eq!(Exit::from(&error), Exit::Environment);

    let kept = names(&out.join("runs"));
    assert!(!kept.is_empty() && kept.iter().all(|name| !name.starts_with('.')), "{kept:?}");
    for name in &kept {
        assert_eq!(names(&out.join("runs").join(name)).len(), 8, "{name} is not whole");
    }

    // After space is made the same command goes on, and ends as if nothing had been.
    let more = std::process::Command::new("mount").args(["-o", "remount,size=40m"]).arg(disk.0.path()).status();
    assert!(more.unwrap().success());
    let summary = run(&out, &plan, &MockTrainer::default(), true).unwrap();
    assert_eq!((summary.done + summary.reused, summary.reused), (12, kept.len()));
    let alone = tempfile::tempdir().unwrap();
    run(alone.path(), &plan, &MockTrainer::default(), false).unwrap();
    assert_eq!(contents(&out), contents(alone.path()));
}

#[test]
fn plain_lines_tell_start_and_end() {
    let out = tempfile::tempdir().unwrap();
    let plan = plan(&["baseline", "gradmask"], &[1]);
    let store = Store::open(out.path()).unwrap();
    add_plan(&store, &plan, false).unwrap();
    let trainer = MockTrainer { diverges: Some(("gradmask", 1)), ..MockTrainer::default() };
    let mut text = Vec::new();
    let mut lines = Lines::new(&mut text);
    reproduce(&plan, &store, &trainer, &mut lines, &AtomicBool::new(false)).unwrap();
    let text = String::from_utf8(text).unwrap();
    let lines: Vec<_> = text.lines().collect();
    assert_eq!(lines[0], "2 runs to do");
    assert_eq!(lines[1], "[1/2] baseline, seed 1: 2 epochs");
    assert!(lines[2].starts_with("[1/2] baseline, seed 1: test AUC "), "{text}");
    assert!(lines[4].contains("gradmask, seed 1: FAILED after"), "{text}");
    assert_eq!(lines.len(), 5, "{text}");
}

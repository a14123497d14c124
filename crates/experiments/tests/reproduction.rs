//! Whole reproductions with a trainer that pretends: what is kept, what is repeated, what survives.

// Lints take the functions that tests share for functions of the program.
#![allow(clippy::unwrap_used)]

#[path = "../examples/rehearsal/pretender.rs"]
mod pretender;

use herring_experiments::{
    Exit, Summary,
    config::{Configuration, Scale, Targets},
    plan::{Plan, Request},
    progress::{Lines, Silent},
    reproduce,
    store::{FailureKind, RunState, Store, StoreError},
    write_outputs,
};
use herring_protocol::{BackendKind, Method, Observer, Provenance, RunFailure, RunOutcome, RunSpec, Trainer, Variant};
use pretender::Pretender;
use std::{
    fs,
    io::Write,
    path::Path,
    sync::atomic::{AtomicBool, AtomicUsize, Ordering},
    time::Duration,
};

fn plan(methods: &[Method], seeds: &[u32]) -> Plan {
    let request = Request {
        scale: Scale::Smoke,
        variant: Variant::Released,
        backend: BackendKind::Cpu,
        methods: Some(methods.to_vec()),
        seeds: Some(seeds.to_vec()),
    };
    Plan::new(&Configuration::embedded().unwrap(), &request).unwrap()
}

fn take_up(store: &Store, plan: &Plan, resume: bool) -> Result<Plan, StoreError> {
    store.take_up(plan, &Configuration::embedded().unwrap(), &Targets::embedded().unwrap(), resume)
}

fn run(out: &Path, plan: &Plan, trainer: &dyn Trainer, resume: bool) -> Result<Summary, StoreError> {
    let store = Store::open(out)?;
    take_up(&store, plan, resume)?;
    reproduce(plan, &store, trainer, &mut Silent, &AtomicBool::new(false))
}

/// Counts the runs it passes on, and may ask to stop during one of them.
struct Counting<'a> {
    inner: Pretender,
    runs: AtomicUsize,
    stop_in: Option<(usize, &'a AtomicBool)>,
}

impl Counting<'_> {
    fn new() -> Self {
        Self { inner: Pretender::default(), runs: AtomicUsize::new(0), stop_in: None }
    }
}

impl Trainer for Counting<'_> {
    fn run(&self, spec: &RunSpec, observer: &mut dyn Observer) -> Result<RunOutcome, RunFailure> {
        let index = self.runs.fetch_add(1, Ordering::Relaxed);
        if let Some((_, stop)) = self.stop_in.filter(|(when, _)| *when == index) {
            stop.store(true, Ordering::Relaxed);
        }
        self.inner.run(spec, observer)
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
    let plan = plan(&[Method::Baseline, Method::Adversarial], &[1, 2]);
    let (one, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    for out in [&one, &other] {
        let summary = run(out.path(), &plan, &Pretender::default(), false).unwrap();
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
    run(out.path(), &plan(&[Method::Baseline], &[1]), &counting, false).unwrap();
    run(out.path(), &plan(&[Method::Baseline], &[1]), &counting, false).unwrap();
    assert_eq!(counting.runs.load(Ordering::Relaxed), 1);

    let more = plan(&[Method::Baseline, Method::Rrr], &[1]);
    let summary = run(out.path(), &more, &counting, false).unwrap();
    assert_eq!((summary.done, summary.reused), (1, 1));
    let outputs = write_outputs(out.path()).unwrap();
    let methods: Vec<_> = outputs.results.rows.iter().map(|row| row.method).collect();
    assert_eq!(methods, [Method::Baseline, Method::Rrr]);
}

#[test]
fn a_run_that_is_not_finite_is_recorded_and_the_others_go_on() {
    let out = tempfile::tempdir().unwrap();
    let plan = plan(&[Method::Baseline, Method::GradMask, Method::Rrr], &[1]);
    let trainer = Pretender { diverges: Some((Method::GradMask, 1)), ..Pretender::default() };
    let summary = run(out.path(), &plan, &trainer, false).unwrap();
    assert_eq!((summary.done, summary.failed.len()), (2, 1));
    assert_eq!(Exit::from(&summary), Exit::SomeFailed);
    let expected = FailureKind::NotFinite { epoch: 2, step: 1, quantity: "cross-entropy".to_owned() };
    assert_eq!(summary.failed[0].failure, expected);

    let folder = out.path().join("runs").join(format!("failed-{}", plan.runs[1].folder()));
    let record = fs::read_to_string(folder.join("failure.json")).unwrap();
    assert!(record.contains("cross-entropy is not finite at epoch 2, step 1"), "{record}");

    let outputs = write_outputs(out.path()).unwrap();
    assert_eq!(outputs.results.failed(), 1);
    assert!(outputs.table.contains("0, 1 failed"), "{}", outputs.table);
    let page = fs::read_to_string(&outputs.report).unwrap();
    assert!(page.contains("failed: cross-entropy is not finite at epoch 2, step 1"));

    // It would fail again in the same way.
    let counting = Counting::new();
    let summary = run(out.path(), &plan, &counting, true).unwrap();
    assert_eq!((counting.runs.load(Ordering::Relaxed), summary.failed.len()), (0, 1));
}

#[test]
fn a_device_that_fails_fails_one_run_and_is_tried_again() {
    let out = tempfile::tempdir().unwrap();
    let plan = plan(&[Method::Baseline, Method::Rrr], &[1]);
    let trainer = Pretender { panics: Some((Method::Baseline, 1)), ..Pretender::default() };
    let summary = run(out.path(), &plan, &trainer, false).unwrap();
    assert_eq!(summary.failed[0].message, "the device failed: out of memory");
    assert_eq!(summary.done, 1);

    let summary = run(out.path(), &plan, &Pretender::default(), false).unwrap();
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
    let plan = plan(&[Method::Baseline, Method::Masked, Method::Rrr], &[1]);
    let stop = AtomicBool::new(false);
    let counting = Counting {
        inner: Pretender { pause: Duration::from_millis(1), ..Pretender::default() },
        stop_in: Some((1, &stop)),
        ..Counting::new()
    };
    let store = Store::open(out.path()).unwrap();
    take_up(&store, &plan, false).unwrap();
    let summary = reproduce(&plan, &store, &counting, &mut Silent, &stop).unwrap();
    assert!(summary.interrupted);
    assert_eq!((summary.done, Exit::from(&summary)), (1, Exit::Interrupted));
    assert_eq!(names(&out.path().join("runs")), [plan.runs[0].folder()]);
    drop(store);

    let refused = run(out.path(), &plan, &Counting::new(), false).unwrap_err();
    assert!(matches!(refused, StoreError::Unfinished { finished: 1, planned: 3, .. }));
    assert!(refused.to_string().contains("(1 of 3 runs are done): add --resume"), "{refused}");
    assert_eq!(Exit::from(&refused), Exit::BadInput);

    // The table of an unfinished reproduction says so.
    let outputs = write_outputs(out.path()).unwrap();
    assert!(outputs.table.contains("0, 1 to do"), "{}", outputs.table);

    let counting = Counting::new();
    let summary = run(out.path(), &plan, &counting, true).unwrap();
    assert_eq!((summary.done, summary.reused), (2, 1));
    assert_eq!(counting.runs.load(Ordering::Relaxed), 2);
}

#[test]
fn what_a_crash_left_is_never_a_result_and_goes_away() {
    let out = tempfile::tempdir().unwrap();
    let plan = plan(&[Method::Baseline], &[1]);
    let store = Store::open(out.path()).unwrap();
    take_up(&store, &plan, false).unwrap();
    // As a process leaves it that is killed: its destructors do not run.
    let partial = store.begin(&plan.runs[0]).unwrap();
    std::mem::forget(partial);
    drop(store);
    let left = names(&out.path().join("runs"));
    assert_eq!(left, [format!(".partial-{}", plan.runs[0].folder())]);

    let store = Store::open(out.path()).unwrap();
    assert_eq!(store.state(&plan.runs[0]).unwrap(), RunState::Missing);
    assert!(names(&out.path().join("runs")).is_empty());
}

#[test]
fn two_writers_do_not_meet() {
    let out = tempfile::tempdir().unwrap();
    let _first = Store::open(out.path()).unwrap();
    let refused = Store::open(out.path()).unwrap_err();
    assert!(matches!(refused, StoreError::Busy { .. }), "{refused}");
    assert_eq!(Exit::from(&refused), Exit::Environment);
}

#[test]
fn another_reproduction_is_not_mixed_in() {
    let out = tempfile::tempdir().unwrap();
    run(out.path(), &plan(&[Method::Baseline], &[1]), &Pretender::default(), false).unwrap();
    let store = Store::open(out.path()).unwrap();

    let mut other = plan(&[Method::Baseline], &[1]);
    other.scale = Scale::Quick;
    let refused = take_up(&store, &other, false).unwrap_err().to_string();
    assert!(refused.contains("found scale smoke, expected quick"), "{refused}");

    let text = Configuration::embedded().unwrap().text().replace("width = 4\n", "width = 8\n");
    let wider = Configuration::parse("my.toml", &text).unwrap();
    let request = Request {
        scale: Scale::Smoke,
        variant: Variant::Released,
        backend: BackendKind::Cpu,
        methods: Some(vec![Method::Rrr]),
        seeds: Some(vec![1]),
    };
    let other = Plan::new(&wider, &request).unwrap();
    let refused = take_up(&store, &other, true).unwrap_err();
    assert!(refused.to_string().contains("found model.width of rrr, seed 1 4, expected 8"), "{refused}");
    assert_eq!(Exit::from(&refused), Exit::BadInput);
}

#[test]
fn a_damaged_file_is_named_with_its_place() {
    let out = tempfile::tempdir().unwrap();
    let plan = plan(&[Method::Baseline], &[1]);
    run(out.path(), &plan, &Pretender::default(), false).unwrap();
    let path = out.path().join("runs").join(plan.runs[0].folder()).join("result.json");
    let text = fs::read_to_string(&path).unwrap();
    fs::write(&path, &text[..text.len() / 2]).unwrap();
    let error = write_outputs(out.path()).unwrap_err().to_string();
    assert!(error.starts_with(&format!("{}:", path.display())), "{error}");
    assert!(error.contains("the file is damaged") && !error.contains('\n'), "{error}");

    let empty = tempfile::tempdir().unwrap();
    let error = write_outputs(empty.path()).unwrap_err().to_string();
    assert!(error.contains("found no reproduction here"), "{error}");
}

#[test]
fn every_damaged_run_is_named_before_anything_is_trained() {
    let out = tempfile::tempdir().unwrap();
    let small = plan(&[Method::Baseline, Method::Masked, Method::Rrr], &[1]);
    run(out.path(), &small, &Pretender::default(), false).unwrap();
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
    let more = plan(&[Method::Baseline, Method::Masked, Method::Rrr], &[1, 2]);
    let refused = run(out.path(), &more, &counting, true).unwrap_err();
    assert_eq!((counting.runs.load(Ordering::Relaxed), Exit::from(&refused)), (0, Exit::Environment));
    for error in [refused.to_string(), write_outputs(out.path()).unwrap_err().to_string()] {
        for (path, message) in [
            (weights.clone(), "its content is not the one in SHA256SUMS"),
            (result.clone(), "its content is not the one in SHA256SUMS"),
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
    let plan = plan(&[Method::Baseline], &[1]);
    run(out.path(), &plan, &Pretender::default(), false).unwrap();
    let text = Configuration::embedded().unwrap().text().replace("label = \"Baseline\"", "label = \"Ours\"");
    let renamed = Configuration::parse("my.toml", &text).unwrap();
    let store = Store::open(out.path()).unwrap();
    let refused = store.take_up(&plan, &renamed, &Targets::embedded().unwrap(), true).unwrap_err().to_string();
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
    let plan = plan(&[Method::Baseline, Method::Masked, Method::Rrr], &[1, 2, 3, 4]);
    let error = run(&out, &plan, &Pretender::default(), false).unwrap_err();
    let text = error.to_string();
    assert!(text.starts_with("cannot ") && text.contains("No space left") && !text.contains('\n'), "{text}");
    assert_eq!(Exit::from(&error), Exit::Environment);

    let kept = names(&out.join("runs"));
    assert!(!kept.is_empty() && kept.iter().all(|name| !name.starts_with('.')), "{kept:?}");
    for name in &kept {
        assert_eq!(names(&out.join("runs").join(name)).len(), 8, "{name} is not whole");
    }
}

#[test]
fn plain_lines_tell_start_and_end() {
    let out = tempfile::tempdir().unwrap();
    let plan = plan(&[Method::Baseline, Method::GradMask], &[1]);
    let store = Store::open(out.path()).unwrap();
    take_up(&store, &plan, false).unwrap();
    let trainer = Pretender { diverges: Some((Method::GradMask, 1)), ..Pretender::default() };
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

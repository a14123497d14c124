//! The real command on its smallest scale: what it prints, what it leaves, and that it repeats.
#![allow(clippy::unwrap_used, reason = "a test that fails here says where")]

mod common;

use common::{clocks, contents, runs};
use std::{
    fs,
    path::Path,
    process::{Command, Output, Stdio},
    time::{Duration, Instant},
};

const METHODS: [&str; 6] = ["baseline", "masked", "actdiff", "adversarial", "gradmask", "rrr"];

fn command(arguments: &[&str], out: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_xtask"));
    command.arg("repro-iclr2021").args(arguments).arg("--out").arg(out);
    command
}

fn smoke(out: &Path, more: &[&str]) -> Output {
    command(&[&["--scale", "smoke"], more].concat(), out).output().unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

#[test]
fn six_methods_from_one_command_to_table_and_report() {
    let folder = tempfile::tempdir().unwrap();
    let output = smoke(folder.path(), &[]);
    let (printed, said) = (text(&output.stdout), text(&output.stderr));
    assert_eq!(output.status.code(), Some(0), "{said}");
    for method in METHODS {
        assert!(printed.contains(method), "no row for {method}:\n{printed}");
    }
    assert!(printed.contains("0.560±0.036"), "the paper's value stands beside ActDiff's:\n{printed}");
    assert!(printed.contains("Not the paper's setting"), "{printed}");

    assert_eq!(runs(folder.path()).len(), METHODS.len());
    for run in runs(folder.path()) {
        for file in [
            "config.json",
            "provenance.json",
            "steps.jsonl",
            "epochs.jsonl",
            "result.json",
            "pictures.json",
            "weights.safetensors",
            "SHA256SUMS",
        ] {
            assert!(run.join(file).is_file(), "{} lacks {file}", run.display());
        }
    }
    let report = fs::read_to_string(folder.path().join("report.html")).unwrap();
    assert!(!report.contains("<script") && !report.contains("src=\"http"), "the report stands alone");
    assert!(report.matches("<svg").count() >= 2 && report.matches("data:image/png").count() >= 10);
    let rows = fs::read_to_string(folder.path().join("results.csv")).unwrap();
    assert!(rows.lines().count() > METHODS.len());
}

#[test]
fn the_same_bytes_twice_and_no_finished_run_again() {
    let (first, second) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    for folder in [&first, &second] {
        assert!(smoke(folder.path(), &[]).status.success());
    }
    let before = contents(first.path());
    assert_eq!(before, contents(second.path()));

    let shown = clocks(first.path());
    assert!(smoke(first.path(), &["--resume"]).status.success());
    assert_eq!(shown, clocks(first.path()), "a finished run was repeated");
    assert_eq!(before, contents(first.path()));
}

#[test]
fn a_run_that_diverges_is_shown_and_the_others_go_on() {
    let folder = tempfile::tempdir().unwrap();
    let config = common::changed(common::CROSSES, "gradmask.weight = 0.203439", "gradmask.weight = 1e38");
    let path = folder.path().join("diverges.toml");
    fs::write(&path, config).unwrap();
    let out = folder.path().join("out");
    let output = smoke(&out, &["--methods", "gradmask,masked", "--config", path.to_str().unwrap()]);
    let everything = text(&output.stdout) + &text(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{everything}");
    assert!(everything.contains("epoch 1, step"), "{everything}");
    let names: Vec<_> = runs(&out).iter().map(|run| run.file_name().unwrap().to_str().unwrap().to_owned()).collect();
    assert_eq!(names.len(), 2, "{names:?}");
    assert!(names.iter().any(|name| name.starts_with("failed-gradmask-1234-")), "{names:?}");
    assert!(names.iter().any(|name| name.starts_with("masked-1234-")), "{names:?}");
}

/// The same command, heeding Ctrl-C even if what started the tests has it ignored, as shells do for what
/// they start in the background.
fn interruptible(command: &Command) -> Command {
    let mut heeding = Command::new("env");
    heeding.arg("--default-signal=INT").arg(command.get_program()).args(command.get_args());
    heeding
}

#[test]
#[cfg(target_os = "linux")]
fn control_c_leaves_finished_runs_and_nothing_half_written() {
    let folder = tempfile::tempdir().unwrap();
    assert!(smoke(folder.path(), &["--methods", "baseline"]).status.success());
    let before = contents(folder.path());

    let out = tempfile::tempdir().unwrap();
    let mut child = interruptible(&command(&["--scale", "quick", "--methods", "baseline"], out.path()))
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let patience = Instant::now();
    while !out.path().join("runs").is_dir() && patience.elapsed() < Duration::from_secs(60) {
        std::thread::sleep(Duration::from_millis(20));
    }
    std::thread::sleep(Duration::from_millis(500));
    assert!(Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap().success());
    assert_eq!(child.wait().unwrap().code(), Some(130));
    let visible = runs(out.path()).into_iter().filter(|run| {
        let name = run.file_name().unwrap().to_str().unwrap();
        !name.starts_with('.')
    });
    assert_eq!(visible.count(), 0);
    assert_eq!(before, contents(folder.path()));
}

#[test]
fn resuming_goes_on_with_what_was_planned_and_with_nothing_else() {
    let folder = tempfile::tempdir().unwrap();
    assert!(smoke(folder.path(), &["--methods", "baseline", "--seeds", "1234,3232"]).status.success());
    let lost = runs(folder.path()).pop().unwrap();
    fs::remove_dir_all(&lost).unwrap();
    assert_eq!(smoke(folder.path(), &[]).status.code(), Some(2), "an unfinished reproduction is not taken up unasked");
    let kept = runs(folder.path());
    let output = smoke(folder.path(), &["--resume"]);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    assert_eq!(runs(folder.path()), [kept, vec![lost]].concat(), "what was planned, and no other method or seed");
}

#[test]
fn there_is_nothing_to_resume_in_an_empty_folder_and_nothing_of_others_is_overwritten() {
    let folder = tempfile::tempdir().unwrap();
    let output = smoke(folder.path(), &["--resume"]);
    assert_eq!(output.status.code(), Some(2), "{}", text(&output.stderr));

    let mine = folder.path().join("results.csv");
    fs::write(&mine, "my own").unwrap();
    let output = smoke(folder.path(), &["--methods", "baseline"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(text(&output.stderr).contains("results.csv"), "{}", text(&output.stderr));
    assert_eq!(fs::read_to_string(&mine).unwrap(), "my own");
}

//! The command as a process, a place for what it makes, and what tests look at there.
#![allow(dead_code, clippy::unwrap_used, reason = "each test file takes what it needs")]

use serde_json::Value;
use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    process::{Command, Output},
};
use tempfile::TempDir;

pub(crate) fn xtask(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_xtask")).args(arguments).output().unwrap()
}

pub(crate) fn text(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr)
}

/// What a command that has to end well printed.
#[track_caller]
pub(crate) fn done(arguments: &[&str]) -> String {
    let output = xtask(arguments);
    assert_eq!(output.status.code(), Some(0), "{arguments:?}: {}", text(&output));
    String::from_utf8(output.stdout).unwrap()
}

/// The one line on standard error of a command that has to end with `code`.
#[track_caller]
pub(crate) fn refused(arguments: &[&str], code: i32) -> String {
    let output = xtask(arguments);
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(code), "{arguments:?}: {said}");
    assert!(said.starts_with("error: ") && said.lines().count() == 1, "{arguments:?}: {said}");
    said.trim_end().to_owned()
}

pub(crate) struct Place {
    pub(crate) folder: TempDir,
}

impl Place {
    pub(crate) fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap() }
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// The same as an argument.
    pub(crate) fn name(&self, name: &str) -> String {
        self.path(name).to_str().unwrap().to_owned()
    }

    /// A file with that content, as an argument.
    pub(crate) fn file(&self, name: &str, content: &str) -> String {
        fs::write(self.path(name), content).unwrap();
        self.name(name)
    }

    /// `repro-iclr2021` at the smallest scale, with cache and output in here.
    #[allow(dead_code, reason = "not every test file runs experiments")]
    pub(crate) fn repro(&self, experiment: &str, out: &str, more: &[&str]) -> Output {
        self.repro_of("iclr2021", experiment, out, more)
    }

    /// `audit` at the smallest scale, with cache and output in here.
    #[allow(dead_code, reason = "not every test file audits images")]
    pub(crate) fn audit(&self, out: &str, more: &[&str]) -> Output {
        self.command("audit", out, more)
    }

    /// The same of a paper.
    #[allow(dead_code, reason = "not every test file runs experiments")]
    pub(crate) fn repro_of(&self, paper: &str, experiment: &str, out: &str, more: &[&str]) -> Output {
        self.command(&format!("repro-{paper}"), out, &[&["--experiment", experiment], more].concat())
    }

    fn command(&self, command: &str, out: &str, more: &[&str]) -> Output {
        let (cache, out) = (self.path("cache"), self.path(out));
        let mut arguments = vec![command, "--scale", "smoke"];
        arguments.extend(["--cache", cache.to_str().unwrap(), "--out", out.to_str().unwrap()]);
        arguments.extend(more);
        xtask(&arguments)
    }
}

pub(crate) const CROSSES: &str = include_str!("../../../experiments/iclr2021/crosses.toml");
pub(crate) const OWN: &str = include_str!("../../../experiments/audit/images.toml");

/// A configuration with so many epochs at the scale smoke.
pub(crate) fn with_epochs(configuration: &str, epochs: usize) -> String {
    changed(configuration, "[scales.smoke]\n", &format!("[scales.smoke]\nrun.training.epochs = {epochs}\n"))
}

/// A text with another part, which must occur once.
#[track_caller]
pub(crate) fn changed(text: &str, from: &str, to: &str) -> String {
    assert_eq!(text.matches(from).count(), 1, "'{from}' must occur once");
    text.replace(from, to)
}

pub(crate) fn json(path: &Path) -> Value {
    serde_json::from_slice(&fs::read(path).unwrap()).unwrap()
}

/// The folders under `runs`, in order.
pub(crate) fn runs(out: &Path) -> Vec<PathBuf> {
    let mut folders: Vec<_> = fs::read_dir(out.join("runs")).unwrap().map(|entry| entry.unwrap().path()).collect();
    folders.sort();
    folders
}

/// Every file of every run but `provenance.json`, the only one with clocks.
pub(crate) fn contents(out: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut found = BTreeMap::new();
    for run in runs(out) {
        for entry in fs::read_dir(run).unwrap() {
            let path = entry.unwrap().path();
            if !path.ends_with("provenance.json") {
                found.insert(path.strip_prefix(out).unwrap().to_owned(), fs::read(&path).unwrap());
            }
        }
    }
    found
}

/// The clocks of every run; they tell whether one was done again.
pub(crate) fn clocks(out: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let files = runs(out).into_iter().map(|run| run.join("provenance.json"));
    files.map(|path| (path.clone(), fs::read(&path).unwrap())).collect()
}

/// An experiment of one's own with a row that starts from another row's weights, and one whose weight is chosen.
pub(crate) const NEEDS: &str = r#"
format = 2
base = "iclr2021"
experiment = "teacher-and-grid"
title = "A teacher and a grid"
columns = ["accuracy", "roc_auc", "best_epoch"]

[run.data]
kind = "crosses"
train = 500
valid = 128
test = 128
dilation_sigma = 0.5

[run.optimiser]
learning_rate = 1e-3

[[methods]]
name = "baseline"
label = "Teacher"
group = "baseline"

[[methods]]
name = "pupil"
label = "Pupil"
group = "baseline"
style = "actdiff"
weights = { start = "method", method = "baseline" }

[[methods]]
name = "grid"
label = "Chosen weight"
group = "saliency"
style = "gradmask"
objective.penalties.gradmask.weight = 1.0
choose = [{ field = "objective.penalties.gradmask.weight", score = "valid_cross_entropy", values = [0.1, 10.0] }]

[scales.smoke]
run.data = { train = 16, valid = 8, test = 8 }
run.model.width = 2
"#;

//! The command as a process, and a place for what it makes.

use std::{
    path::PathBuf,
    process::{Command, Output},
};
use tempfile::TempDir;

pub(crate) fn xtask(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_xtask")).args(arguments).output().unwrap()
}

pub(crate) fn text(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr)
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

    /// `repro-iclr2021` at the smallest scale, with cache and output in here.
    #[allow(dead_code, reason = "not every test file runs experiments")]
    pub(crate) fn repro(&self, experiment: &str, out: &str, more: &[&str]) -> Output {
        self.repro_of("iclr2021", experiment, out, more)
    }

    /// The same of a paper.
    #[allow(dead_code, reason = "not every test file runs experiments")]
    pub(crate) fn repro_of(&self, paper: &str, experiment: &str, out: &str, more: &[&str]) -> Output {
        let (cache, out, command) = (self.path("cache"), self.path(out), format!("repro-{paper}"));
        let mut arguments = vec![command.as_str(), "--scale", "smoke", "--experiment", experiment];
        arguments.extend(["--cache", cache.to_str().unwrap(), "--out", out.to_str().unwrap()]);
        arguments.extend(more);
        xtask(&arguments)
    }
}

//! What people see of the command, word for word, beside the files in `snapshots`.
//!
//! `HERRING_SNAPSHOTS=write cargo test -p xtask --test snapshots` takes over what is seen now.
#![allow(clippy::unwrap_used, reason = "a test that fails here says where")]

#[path = "../../tests/support/snapshot.rs"]
mod support;

use std::{
    fs,
    process::{Command, Output},
};
use support::snapshot;

/// The command in an empty folder, with lines of a fixed length.
fn xtask(arguments: &[&str]) -> Output {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("my.toml"), "format = 2\nbase = \"iclr2021\"\nexperiment = \"mine\"\nrows = 3\n")
        .unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_xtask"));
    command.args(arguments).current_dir(folder.path()).env("COLUMNS", "110").output().unwrap()
}

#[track_caller]
fn printed(arguments: &[&str]) -> String {
    let output = xtask(arguments);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn the_list_of_papers() {
    snapshot("papers.txt", &printed(&["papers"]));
}

#[test]
fn help() {
    snapshot("help.txt", &printed(&["--help"]));
    snapshot("repro-activmask2020-help.txt", &printed(&["repro-activmask2020", "--help"]));
}

#[test]
fn errors() {
    let mut seen = String::new();
    for arguments in [
        ["repro-activmask2020", "--experiment", "cross"].as_slice(),
        &["report", "--out", "nowhere"],
        &["repro-iclr2021", "--config", "my.toml"],
    ] {
        let output = xtask(arguments);
        let said = String::from_utf8(output.stderr).unwrap();
        seen.push_str(&format!(
            "$ cargo xtask {}\n{said}# exit {}\n",
            arguments.join(" "),
            output.status.code().unwrap()
        ));
    }
    snapshot("errors.txt", &seen);
}

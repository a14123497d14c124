//! Bad input gets one clear line and the documented exit code; nothing is written for it.

// Lints take the functions that tests share for functions of the program.
#![allow(clippy::unwrap_used)]

use assert_cmd::Command;
use std::path::Path;

fn xtask(folder: &Path, arguments: &[&str]) -> (i32, String, String) {
    let mut command = Command::cargo_bin("xtask").unwrap();
    let output = command.args(arguments).current_dir(folder).output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (output.status.code().unwrap(), text(output.stdout), text(output.stderr))
}

#[track_caller]
fn refused(arguments: &[&str], code: i32, expected: &str) {
    let folder = tempfile::tempdir().unwrap();
    let (exit, stdout, stderr) = xtask(folder.path(), arguments);
    assert_eq!(exit, code, "{stderr}");
    assert!(stdout.is_empty(), "{stdout}");
    assert!(stderr.starts_with("error: ") && stderr.contains(expected), "{stderr}");
    assert_eq!(stderr.lines().count(), 1, "{stderr}");
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0, "something was written");
}

#[test]
fn names_that_stand_for_nothing() {
    refused(
        &["repro-iclr2021", "--methods", "baseline,gradmsk"],
        2,
        "the experiment has no method 'gradmsk': expected one of baseline, masked, actdiff, adversarial, gradmask, rrr",
    );
    refused(&["repro-iclr2021", "--scale", "huge"], 2, "unknown scale 'huge': expected one of smoke, quick, paper");
    refused(&["repro-iclr2021", "--backend", "tpu"], 2, "unknown backend 'tpu': expected one of cpu, cuda, wgpu");
    refused(&["repro-iclr2021", "--variant", "mine"], 2, "unknown variant 'mine': expected one of paper, released");
    refused(&["repro-iclr2021", "--sclae", "quick"], 2, "unexpected argument '--sclae'");
    refused(&["bench", "step", "bas"], 2, "unknown method 'bas'");
    refused(&["reprö"], 2, "unrecognized subcommand 'reprö'");
}

#[test]
fn values_that_make_no_sense() {
    refused(&["repro-iclr2021", "--seeds", "1,-2"], 2, "expected a whole number from 0 to 4294967295");
    refused(&["repro-iclr2021", "--seeds", "7,7"], 2, "seed 7 was given twice");
    refused(&["repro-iclr2021", "--methods", "rrr,rrr"], 2, "method rrr was given twice");
}

#[test]
fn parts_of_a_plan_that_there_are_not() {
    for command in ["run", "status", "report", "collect"] {
        refused(&[command, "--out", "nowhere"], 2, "nowhere: found no reproduction here");
    }
    refused(&["plan", "iclr2022"], 2, "invalid value 'iclr2022'");
    refused(&["run", "--out", "x", "--ids", "a", "--indexes", "1"], 2, "cannot be used with");
    refused(&["run", "--out", "x", "--jobs", "0"], 2, "--jobs");
    refused(&["repro-iclr2021", "--from-search", "nowhere"], 2, "nowhere/search: found no search here");
    #[cfg(not(feature = "search"))]
    refused(&["search", "iclr2021", "--method", "rrr"], 3, "--features search");

    let folder = tempfile::tempdir().unwrap();
    let plan = ["plan", "iclr2021", "--scale", "smoke", "--out", "out"];
    let (exit, stdout, _) = xtask(folder.path(), &plan);
    assert_eq!(exit, 0);
    assert!(stdout.contains("cd6a1b96f0f6fc8a  baseline     1234  missing"), "{stdout}");
    assert!(stdout.trim_end().ends_with("6 runs: 6 missing"), "{stdout}");
    for (arguments, expected) in [
        (["run", "--out", "out", "--indexes", "6"], "indexes: found 6, expected 0 to 5"),
        (["run", "--out", "out", "--indexes", "5-1"], "indexes: found '5-1', expected indexes of the plan"),
        (["run", "--out", "out", "--ids", "5"], "ids: found '5', with which 2 ids of the plan begin"),
        (["run", "--out", "out", "--ids", "zz"], "ids: found 'zz', with which 0 ids"),
    ] {
        let (exit, _, stderr) = xtask(folder.path(), &arguments);
        assert_eq!((exit, stderr.lines().count()), (2, 1), "{stderr}");
        assert!(stderr.contains(expected), "{stderr}");
    }
}

#[test]
fn the_parts_of_a_reproduction_one_by_one() {
    let folder = tempfile::tempdir().unwrap();
    let done = |arguments: &[&str]| {
        let (exit, stdout, stderr) = xtask(folder.path(), arguments);
        assert_eq!(exit, 0, "{stderr}");
        stdout
    };
    done(&["plan", "iclr2021", "--scale", "smoke", "--methods", "baseline,rrr", "--out", "out"]);
    assert!(done(&["run", "--out", "out", "--ids", "cd6a"]).starts_with("1 runs done, 0 done before"));
    // Planning again adds, and nothing that is there is done again.
    done(&["plan", "iclr2021", "--scale", "smoke", "--methods", "masked", "--out", "out"]);
    let status = done(&["status", "--out", "out"]);
    assert!(status.contains("3 runs: 1 finished, 2 missing"), "{status}");
    let (exit, table, _) = xtask(folder.path(), &["report", "--out", "out"]);
    assert_eq!(exit, 1, "two are missing");
    assert!(table.contains("baseline"), "{table}");
    assert!(done(&["run", "--out", "out"]).starts_with("2 runs done, 1 done before, 0 failed, 0 missing"));

    done(&["report", "--out", "out"]);
    let cells = done(&["collect", "--out", "out"]);
    assert_eq!(cells, std::fs::read_to_string(folder.path().join("out/results.csv")).unwrap());
    assert!(done(&["collect", "--out", "out", "--format", "latex"]).contains("\\begin{tabular}{llrrrrrrrrrl}"));
    assert!(
        done(&["collect", "--out", "out", "--format", "markdown", "--rows", "runs"]).contains("| cd6a1b96f0f6fc8a |")
    );
    let rows = done(&["collect", "--out", "out", "--format", "json", "--rows", "runs"]);
    assert_eq!(rows.matches("\"state\": \"finished\"").count(), 3, "{rows}");
    assert_eq!(done(&["collect", "--out", "out", "--mlflow", "mlruns"]), "3 runs: mlruns\n");
}

#[test]
fn a_folder_is_planned_from_searches_and_added_to() {
    let folder = tempfile::tempdir().unwrap();
    let done = |arguments: &[&str]| {
        let (exit, stdout, stderr) = xtask(folder.path(), arguments);
        assert_eq!(exit, 0, "{stderr}");
        stdout
    };
    for (method, out) in [("rrr", "of-rrr"), ("gradmask", "of-gradmask"), ("adversarial", "of-adversarial")] {
        let search =
            ["search", "iclr2021", "--scale", "smoke", "--strategy", "random", "--initial", "2", "--iterations", "1"];
        let said = done(&[search.as_slice(), &["--method", method, "--out", out]].concat());
        assert_eq!(said.matches(": validation AUC ").count(), 3, "{said}");
        assert!(said.contains("  <- best\n") && folder.path().join(out).join("search.html").is_file(), "{said}");
        let weight = format!("objective.penalties.{method}.weight ");
        for name in ["optimiser.learning_rate ", &weight, "data.dilation_sigma "] {
            assert_eq!(said.matches(name).count(), 3, "{name}: {said}");
        }
    }
    let plan = ["plan", "iclr2021", "--scale", "smoke", "--out", "out"];
    done(&[plan.as_slice(), &["--methods", "rrr", "--from-search", "of-rrr"]].concat());
    done(&[plan.as_slice(), &["--methods", "baseline"]].concat());
    let whole = done(&[plan.as_slice(), &["--methods", "gradmask", "--from-search", "of-gradmask"]].concat());
    assert!(whole.trim_end().ends_with("3 runs: 3 missing"), "{whole}");
    // Naming no search keeps to those that the folder was planned from.
    done(&["repro-iclr2021", "--scale", "smoke", "--resume", "--out", "out"]);
    let report = std::fs::read_to_string(folder.path().join("out/report.html")).unwrap();
    let tuning = report.split_once("id=\"tuning\"").unwrap().1;
    assert!(tuning.contains("RRR") && tuning.contains("GradMask"), "both searches are shown");
}

#[test]
fn files_that_are_not_there_or_not_right() {
    refused(&["repro-iclr2021", "--config", "no.toml"], 2, "no.toml: cannot be read");
    refused(&["report", "--out", "nowhere"], 2, "nowhere: found no reproduction here");

    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("my.toml"), "format = 2\nexperiment = \n").unwrap();
    let (exit, _, stderr) = xtask(folder.path(), &["repro-iclr2021", "--config", "my.toml"]);
    assert_eq!(exit, 2);
    assert!(stderr.starts_with("error: my.toml:2:"), "{stderr}");
    assert_eq!(stderr.lines().count(), 1, "{stderr}");
}

#[test]
fn a_folder_that_cannot_be_made() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("file"), "").unwrap();
    let arguments = ["repro-iclr2021", "--scale", "smoke", "--out", "file/out"];
    let (exit, _, stderr) = xtask(folder.path(), &arguments);
    assert_eq!((exit, stderr.lines().count()), (3, 1), "{stderr}");
    assert!(stderr.starts_with("error: cannot create file/out"), "{stderr}");
}

#[test]
fn devices_that_are_not_there() {
    let folder = tempfile::tempdir().unwrap();
    let (exit, _, stderr) = xtask(folder.path(), &["repro-iclr2021", "--device", "99"]);
    assert_eq!((exit, stderr.lines().count()), (3, 1), "{stderr}");
    #[cfg(not(feature = "cuda"))]
    refused(&["repro-iclr2021", "--backend", "cuda"], 3, "--features cuda");
}

#[test]
fn help_teaches() {
    let folder = tempfile::tempdir().unwrap();
    let (exit, stdout, stderr) = xtask(folder.path(), &["repro-iclr2021", "--help"]);
    assert_eq!((exit, stderr.as_str()), (0, ""));
    for taught in ["Examples:", "Exit codes:", "--resume", "[default: quick]", "never repeated"] {
        assert!(stdout.contains(taught), "{taught} is missing");
    }
    let (exit, stdout, _) = xtask(folder.path(), &["devices"]);
    assert_eq!(exit, 0);
    assert!(stdout.contains("cpu"), "{stdout}");
}

/// The stages with a cargo that only says what it was asked, and fails the lints.
#[test]
#[cfg(unix)]
fn a_check_that_fails_does_not_hide_the_others() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().unwrap();
    let cargo = folder.path().join("cargo");
    let script = "#!/bin/sh\necho \"asked: $*\"\necho \"SKIPPED $1: no reason\" >&2\n[ $1 != clippy ]\n";
    std::fs::write(&cargo, script).unwrap();
    std::fs::set_permissions(&cargo, std::fs::Permissions::from_mode(0o755)).unwrap();
    let mut command = Command::cargo_bin("xtask").unwrap();
    let output = command.args(["test", "--features", "wgpu"]).env("CARGO", &cargo).output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    let text = String::from_utf8(output.stdout).unwrap();
    for told in [
        "asked: fmt --all --check\n",
        "asked: clippy --release --workspace --all-targets --features wgpu -- -D warnings\n",
        "==> lints: FAILED in ",
        "==> tests: ok in ",
        "SKIPPED test: no reason\n",
        "failed: lints; 4 skipped\n",
    ] {
        assert!(text.contains(told), "{told} is missing in {text}");
    }
}

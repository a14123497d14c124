//! Runs that need other runs, with the real command: a pupil that starts from its teacher's weights, and a row whose
//! weight is the best of two.
#![allow(clippy::unwrap_used, reason = "a test that fails here says where")]

mod common;

use common::{NEEDS, Place, changed, clocks, contents, done, json, refused, runs, text, xtask};
use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

/// The runs of both rows in the order of the plan, as `method-seed`.
const PLANNED: [&str; 5] = ["baseline-1234", "pupil-1234", "grid-try-1-1234", "grid-try-2-1234", "grid-1234"];

fn plan(place: &Place, out: &str) -> String {
    let (config, out) = (place.file("needs.toml", NEEDS), place.name(out));
    done(&["plan", "iclr2021", "--scale", "smoke", "--config", &config, "--methods", "pupil,grid", "--out", &out])
}

/// Everything of both rows, by one command.
fn whole(place: &Place) -> PathBuf {
    plan(place, "whole");
    done(&["run", "--jobs", "1", "--out", &place.name("whole")]);
    place.path("whole")
}

fn states(out: &str) -> Vec<(String, String)> {
    let runs: serde_json::Value = serde_json::from_str(&done(&["status", "--json", "--out", out])).unwrap();
    let state = |run: &serde_json::Value| {
        (format!("{}-{}", run["method"].as_str().unwrap(), run["seed"]), run["state"].as_str().unwrap().to_owned())
    };
    runs["runs"].as_array().unwrap().iter().map(state).collect()
}

fn finished(out: &str) -> Vec<String> {
    states(out).into_iter().filter(|(_, state)| state == "finished").map(|(name, _)| name).collect()
}

/// The folder of a finished or failed run.
fn folder(out: &Path, begins: &str) -> PathBuf {
    let of = |path: &PathBuf| path.file_name().unwrap().to_str().unwrap().rsplit_once('-').unwrap().0 == begins;
    runs(out).into_iter().find(of).unwrap()
}

#[test]
fn one_command_does_the_needed_runs_first_and_chooses() {
    let place = Place::new();
    let (config, out) = (place.file("needs.toml", NEEDS), place.path("out"));
    let output = place.repro("crosses", "out", &["--config", &config, "--methods", "pupil,grid", "--jobs", "1"]);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output));
    let said = String::from_utf8(output.stderr).unwrap();
    let began = |name: &str| said.find(&format!("] {name}, seed 1234: 2 epochs")).unwrap();
    assert!(began("baseline") < began("pupil") && began("grid-try-2") < began("grid"), "{said}");
    assert_eq!(finished(&place.name("out")), PLANNED);

    // From other weights the first step has another loss, over the same images.
    let first = |name: &str| {
        let steps = fs::read_to_string(folder(&out, name).join("steps.jsonl")).unwrap();
        serde_json::from_str::<serde_json::Value>(steps.lines().next().unwrap()).unwrap()["cross_entropy"].clone()
    };
    assert_ne!(first("pupil-1234"), first("baseline-1234"));

    let score = |name: &str| {
        let result = json(&folder(&out, name).join("result.json"));
        result["scores"]["selected"]["valid"]["cross_entropy"].as_f64().unwrap()
    };
    let best = if score("grid-try-2-1234") < score("grid-try-1-1234") { 10.0 } else { 0.1 };
    let result = json(&folder(&out, "grid-1234").join("result.json"));
    assert_eq!(result["chosen"], serde_json::json!({ "objective.penalties.gradmask.weight": best }));
    let rival = if best == 10.0 { "grid-try-2-1234" } else { "grid-try-1-1234" };
    let weights = |name: &str| fs::read(folder(&out, name).join("weights.safetensors")).unwrap();
    assert_eq!(weights("grid-1234"), weights(rival), "it is the run of the value that was chosen");

    let table = fs::read_to_string(out.join("table.txt")).unwrap();
    assert!(table.contains("\n pupil") && table.contains("\n grid ") && !table.contains("grid-try"), "{table}");
    let cells = done(&["collect", "--out", &place.name("out"), "--rows", "runs"]);
    assert_eq!(cells.lines().count(), 1 + PLANNED.len(), "every run is listed: {cells}");
}

#[test]
fn however_it_is_done_the_bytes_are_the_same() {
    let place = Place::new();
    let expected = contents(&whole(&place));

    plan(&place, "jobs");
    done(&["run", "--jobs", "2", "--out", &place.name("jobs")]);
    assert_eq!(contents(&place.path("jobs")), expected, "two processes");

    // A dependent run alone does what it needs, and nothing else.
    plan(&place, "alone");
    let alone = place.name("alone");
    assert!(done(&["run", "--indexes", "1", "--out", &alone]).starts_with("2 runs done, 0 done before"));
    assert_eq!(finished(&alone), PLANNED[..2]);
    let before = clocks(&place.path("alone"));
    assert!(done(&["run", "--indexes", "1", "--out", &alone]).starts_with("0 runs done, 2 done before"));
    assert!(done(&["run", "--indexes", "4", "--out", &alone]).starts_with("3 runs done, 0 done before"));
    assert!(clocks(&place.path("alone")).iter().filter(|(path, _)| before.contains_key(*path)).eq(&before));
    assert_eq!(contents(&place.path("alone")), expected, "run by run");

    plan(&place, "both");
    let both = place.name("both");
    // Each asks for one dependent run; the second one's is needed by nobody.
    let commands = ["1", "4"].map(|index| {
        Command::new(env!("CARGO_BIN_EXE_xtask"))
            .args(["run", "--indexes", index, "--out", &both])
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap()
    });
    let again = [(); 2].map(|()| {
        Command::new(env!("CARGO_BIN_EXE_xtask"))
            .args(["run", "--out", &both])
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap()
    });
    for command in commands.into_iter().chain(again) {
        let output = command.wait_with_output().unwrap();
        assert!(output.status.success(), "{}", text(&output));
    }
    assert_eq!(contents(&place.path("both")), expected, "four commands at once");
    assert!(!place.path("both/work").exists());
}

#[test]
fn a_cluster_is_given_a_level_after_the_other() {
    let place = Place::new();
    plan(&place, "out");
    let said = done(&["run", "--executor", "dry-run", "--out", &place.name("out")]);
    let (first, second) =
        said.split_once("# The following array starts once all jobs of the arrays before it are over.\n").unwrap();
    assert!(first.contains("#SBATCH --array=0,2-3") || first.contains("#SBATCH --array=0,2,3"), "{said}");
    assert!(second.contains("#SBATCH --array=1,4"), "{said}");
    assert_eq!(said.matches("#SBATCH --array").count(), 2, "{said}");
    assert!(first.contains("-0.sh\n") && second.contains("-1.sh\n"), "each script has a name of its own: {said}");
    // One run of the second level, asked for alone, still stands behind what it needs.
    let said = done(&["run", "--executor", "dry-run", "--indexes", "1", "--out", &place.name("out")]);
    assert!(said.find("#SBATCH --array=0\n").unwrap() < said.find("#SBATCH --array=1\n").unwrap(), "{said}");
}

#[test]
fn a_need_that_failed_is_named_and_a_later_command_does_both() {
    let place = Place::new();
    let expected = contents(&whole(&place));
    plan(&place, "out");
    let (out, name) = (place.path("out"), place.name("out"));
    let teacher = folder(&place.path("whole"), "baseline-1234").file_name().unwrap().to_owned();
    for number in 1..=8 {
        // What is left of a process that died before its first checkpoint.
        fs::create_dir_all(out.join("work").join(&teacher).join(format!("attempt-{number:04}"))).unwrap();
    }
    for jobs in ["1", "2"] {
        let output = xtask(&["run", "--jobs", jobs, "--out", &name]);
        if jobs == "1" {
            assert_eq!(output.status.code(), Some(1), "{}", text(&output));
            let id = teacher.to_str().unwrap().rsplit_once('-').unwrap().1;
            let reason = format!("it needs the run {id}, baseline, seed 1234, which failed");
            assert!(text(&output).contains(&reason), "{}", text(&output));
            assert!(done(&["status", "--out", &name]).contains(&reason));
            let failed = folder(&out, "failed-pupil-1234");
            assert!(!failed.join("steps.jsonl").exists() || fs::read(failed.join("steps.jsonl")).unwrap().is_empty());
            assert_eq!(finished(&name), PLANNED[2..], "the others went on");
        } else {
            assert_eq!(output.status.code(), Some(0), "{}", text(&output));
            assert!(text(&output).contains("2 runs done, 3 done before, 0 failed"), "{}", text(&output));
        }
    }
    assert_eq!(contents(&out), expected);
}

#[test]
fn a_reproduction_whose_runs_try_values_is_resumed_and_added_to() {
    let place = Place::new();
    let expected = contents(&whole(&place));
    let (config, out) = (place.file("needs.toml", NEEDS), place.path("whole"));
    for name in ["grid-try-2-1234", "grid-1234"] {
        fs::remove_dir_all(folder(&out, name)).unwrap();
    }
    let output = place.repro("crosses", "whole", &["--config", &config]);
    assert_eq!(output.status.code(), Some(2), "{}", text(&output));
    let output = place.repro("crosses", "whole", &["--config", &config, "--resume"]);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output));
    assert_eq!(contents(&out), expected);
    let more = ["--config", &config, "--methods", "pupil,grid", "--seeds", "1234,7"];
    let output = place.repro("crosses", "whole", &more);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output));
    assert_eq!(finished(&place.name("whole")).len(), 2 * PLANNED.len());
    assert!(expected.iter().all(|(path, bytes)| contents(&out).get(path) == Some(bytes)));
}

#[test]
fn what_cannot_be_done_with_needs_is_said_before_anything_is_made() {
    let place = Place::new();
    let circle = changed(
        NEEDS,
        "name = \"baseline\"\n",
        "name = \"baseline\"\nweights = { start = \"method\", method = \"pupil\" }\n",
    );
    let circle = place.file("circle.toml", &circle);
    let (needs, out) = (place.file("needs.toml", NEEDS), place.name("out"));
    let said = refused(&["repro-iclr2021", "--scale", "smoke", "--config", &circle, "--out", &out], 2);
    assert!(said.contains("methods need each other in a cycle: baseline -> pupil -> baseline"), "{said}");
    let unknown = place.file("unknown.toml", &NEEDS.replace("method = \"baseline\"", "method = \"teacher\""));
    let said = refused(&["plan", "iclr2021", "--scale", "smoke", "--config", &unknown, "--out", &out], 2);
    assert!(said.contains("teacher"), "{said}");
    let field = place.file("field.toml", &changed(NEEDS, "gradmask.weight\", score", "gradmask.wait\", score"));
    let said = refused(&["plan", "iclr2021", "--scale", "smoke", "--config", &field, "--out", &out], 2);
    assert!(said.contains("field.toml:") && said.contains("objective.penalties.gradmask.wait"), "{said}");
    let search = ["search", "iclr2021", "--strategy", "random", "--config", &needs, "--method", "pupil", "--out", &out];
    let said = refused(&search, 2);
    assert!(said.contains("'pupil' needs other runs (baseline, seed 1234)"), "{said}");
    assert!(!place.path("out").exists());
}

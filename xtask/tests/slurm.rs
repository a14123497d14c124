//! Plans on a real Slurm: two nodes, a run that fails, one that is started again, a node that dies; runs that need runs.
#![allow(clippy::unwrap_used, reason = "a test that fails here says where")]

mod common;

use herring_cluster::testing::{TestCluster, skipped};
use serde_json::Value;
use std::{
    fs,
    path::Path,
    process::{Command, Output},
    time::{Duration, Instant},
};

const PATIENCE: Duration = Duration::from_secs(240);

fn xtask(cluster: &TestCluster, arguments: &[&str], out: &Path) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_xtask"));
    command.args(arguments).arg("--out").arg(out).envs(cluster.environment()).output().unwrap()
}

#[track_caller]
fn printed(output: &Output) -> String {
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout.clone()).unwrap()
}

fn status(cluster: &TestCluster, out: &Path) -> Vec<Value> {
    let text = printed(&xtask(cluster, &["status", "--json"], out));
    serde_json::from_str::<Value>(&text).unwrap()["runs"].as_array().unwrap().clone()
}

fn count(runs: &[Value], state: &str) -> usize {
    runs.iter().filter(|run| run["state"] == state).count()
}

#[track_caller]
fn wait(cluster: &TestCluster, out: &Path, until: impl Fn(&[Value]) -> bool) -> Vec<Value> {
    let clock = Instant::now();
    loop {
        let runs = status(cluster, out);
        if until(&runs) {
            return runs;
        }
        assert!(clock.elapsed() < PATIENCE, "{runs:#?}\n{}", cluster.logs());
        std::thread::sleep(Duration::from_millis(300));
    }
}

#[test]
fn twenty_runs_over_two_nodes_are_all_accounted_for() {
    let Some(mut cluster) = TestCluster::start(2).unwrap() else {
        return skipped("twenty_runs_over_two_nodes_are_all_accounted_for");
    };
    let folder = tempfile::tempdir().unwrap();
    let text = common::changed(common::CROSSES, "gradmask.weight = 0.203439", "gradmask.weight = 1e38");
    let config = folder.path().join("small.toml");
    // Long enough to be caught at work.
    fs::write(&config, common::with_epochs(&text, 40)).unwrap();
    let config = config.to_str().unwrap();
    let out = folder.path().join("out");
    let seeds = (1..=19).map(|seed| seed.to_string()).collect::<Vec<_>>().join(",");
    let plan = ["plan", "iclr2021", "--scale", "smoke", "--config", config];
    printed(&xtask(&cluster, &[plan.as_slice(), &["--methods", "baseline", "--seeds", &seeds]].concat(), &out));
    printed(&xtask(&cluster, &[plan.as_slice(), &["--methods", "gradmask", "--seeds", "1"]].concat(), &out));

    let slurm = ["run", "--executor", "slurm", "--cpus", "1"];
    let said = printed(&xtask(&cluster, &slurm, &out));
    assert!(said.contains(": 20 runs\n") && said.contains("table and report once all have ended"), "{said}");
    let again = printed(&xtask(&cluster, &slurm, &out));
    assert!(again.contains("20 runs are already in the queue\nnothing to submit"), "{again}");

    // One is started again while it has a checkpoint to go on from ...
    let going = |run: &Value| run["state"] == "running" && !run["detail"].as_str().unwrap().contains(", 0 of");
    let runs = wait(&cluster, &out, |runs| runs.iter().any(going));
    let index = runs.iter().position(going).unwrap();
    let job: u64 = said.split_once("job array ").unwrap().1.split_once(':').unwrap().0.parse().unwrap();
    cluster.requeue(job, index).unwrap();
    // ... and a node is lost half-way.
    wait(&cluster, &out, |runs| count(runs, "finished") >= 6);
    cluster.stop_node(2).unwrap();

    let runs = wait(&cluster, &out, |runs| count(runs, "finished") + count(runs, "failed") == 20);
    assert_eq!((count(&runs, "finished"), count(&runs, "failed")), (19, 1));
    let failed = runs.iter().find(|run| run["state"] == "failed").unwrap();
    assert_eq!(failed["method"], "gradmask");
    assert!(failed["detail"].as_str().unwrap().contains("is not finite at epoch"), "{failed}");

    let clock = Instant::now();
    while !out.join("report.html").exists() {
        assert!(clock.elapsed() < PATIENCE, "the report is not made:\n{}", cluster.logs());
        std::thread::sleep(Duration::from_millis(300));
    }
    let runs = wait(&cluster, &out, |runs| {
        runs.iter().all(|run| run["cluster"].as_str().is_some_and(|text| !text.contains("running")))
    });
    assert!(runs[19]["cluster"].as_str().unwrap().starts_with("failed"), "{}", runs[19]);
    assert!(!out.join("work").exists() || fs::read_dir(out.join("work")).unwrap().count() == 0);

    // Its outcome is what this machine alone comes to.
    let alone = folder.path().join("alone");
    printed(&xtask(&cluster, &[plan.as_slice(), &["--methods", "baseline", "--seeds", "1,2,3"]].concat(), &alone));
    printed(&xtask(&cluster, &["run"], &alone));
    for entry in fs::read_dir(alone.join("runs")).unwrap() {
        let run = entry.unwrap().path();
        for file in ["result.json", "steps.jsonl", "weights.safetensors"] {
            let there = out.join("runs").join(run.file_name().unwrap()).join(file);
            assert_eq!(fs::read(run.join(file)).unwrap(), fs::read(there).unwrap(), "{file} of {}", run.display());
        }
    }
}

#[test]
fn runs_that_need_others_are_a_second_array_that_waits_for_the_first() {
    let Some(cluster) = TestCluster::start(2).unwrap() else {
        return skipped("runs_that_need_others_are_a_second_array_that_waits_for_the_first");
    };
    let folder = tempfile::tempdir().unwrap();
    let config = folder.path().join("needs.toml");
    fs::write(&config, common::NEEDS).unwrap();
    let config = config.to_str().unwrap();
    let plan =
        ["plan", "iclr2021", "--scale", "smoke", "--config", config, "--methods", "pupil,grid", "--seeds", "1,2,3"];
    let (out, alone) = (folder.path().join("out"), folder.path().join("alone"));
    printed(&xtask(&cluster, &plan, &out));
    let said = printed(&xtask(&cluster, &["run", "--executor", "slurm", "--cpus", "1"], &out));
    // Nine runs need nothing, six need some of those.
    assert!(said.contains(": 9 runs\n") && said.contains(": 6 runs, after the runs that they need\n"), "{said}");
    let arrays: Vec<u64> =
        said.split("job array ").skip(1).map(|rest| rest.split_once(':').unwrap().0.parse().unwrap()).collect();
    assert_eq!(arrays.len(), 2, "{said}");
    let told = cluster.run("scontrol", &["show", "job", &arrays[1].to_string()]).unwrap();
    assert!(told.contains("Dependency=") && told.contains(&arrays[0].to_string()), "{told}");

    wait(&cluster, &out, |runs| count(runs, "finished") == 15);
    printed(&xtask(&cluster, &plan, &alone));
    printed(&xtask(&cluster, &["run"], &alone));
    assert_eq!(common::contents(&out), common::contents(&alone));
}

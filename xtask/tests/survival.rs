//! Whatever befalls the processes or the disk: every run ends, with the bytes that an undisturbed one
//! has, none is lost and none is done twice.
//!
//! It looks up processes in `/proc`, so its parts that kill are for Linux.
//!
//! `HERRING_KILLS=200 cargo test --release -p xtask --test survival` kills as often; the default is
//! small enough for every day.
#![allow(clippy::unwrap_used, reason = "a test that fails here says where")]

mod common;

use rand::{Rng, RngExt, SeedableRng};
use serde_json::Value;
use std::{
    collections::BTreeMap,
    fs,
    io::Write,
    path::{Path, PathBuf},
    process::{Child, Command, Output, Stdio},
    time::{Duration, Instant},
};

/// Smoke with runs that take about a second, so that there is something to interrupt.
fn configuration(folder: &Path, epochs: usize) -> PathBuf {
    let path = folder.join("small.toml");
    fs::write(&path, common::with_epochs(common::CROSSES, epochs)).unwrap();
    path
}

fn xtask(arguments: &[&str], out: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_xtask"));
    command.args(arguments).arg("--out").arg(out);
    command
}

fn plan(out: &Path, config: &Path, methods: &str, seeds: &str) {
    let arguments = ["plan", "iclr2021", "--scale", "smoke", "--methods", methods, "--seeds", seeds, "--config"];
    let output = xtask(&[arguments.as_slice(), &[config.to_str().unwrap()]].concat(), out).output().unwrap();
    succeeded(&output);
}

#[track_caller]
fn succeeded(output: &Output) {
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

/// Every file under the folder but the provenance of runs and the lock.
fn contents(out: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut found = BTreeMap::new();
    let mut folders = vec![out.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if !path.ends_with("provenance.json") && !path.ends_with(".lock") {
                found.insert(path.strip_prefix(out).unwrap().to_owned(), fs::read(&path).unwrap());
            }
        }
    }
    found
}

/// The clocks of every run that is shown; they tell whether one was done again.
fn clocks(out: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let Ok(runs) = fs::read_dir(out.join("runs")) else {
        return BTreeMap::new();
    };
    let files = runs.map(|entry| entry.unwrap().path().join("provenance.json"));
    files.map(|path| (path.clone(), fs::read(&path).unwrap())).collect()
}

fn events(path: &Path) -> Vec<Value> {
    let text = fs::read_to_string(path).unwrap_or_default();
    // A kill may have cut the last line off.
    text.lines().filter_map(|line| serde_json::from_str(line).ok()).collect()
}

fn kill(process: u32) {
    let _ = Command::new("kill").args(["-KILL", &process.to_string()]).stderr(Stdio::null()).status();
}

/// The children of a process.
fn children(process: u32) -> Vec<u32> {
    let processes =
        fs::read_dir("/proc").unwrap().filter_map(|entry| entry.unwrap().file_name().to_str()?.parse().ok());
    let parent = |child: u32| -> Option<u32> {
        let stat = fs::read_to_string(format!("/proc/{child}/stat")).ok()?;
        // After the name, which is in brackets and may hold anything: state, parent.
        stat.rsplit_once(')')?.1.split_whitespace().nth(1)?.parse().ok()
    };
    processes.filter(|child| parent(*child) == Some(process)).collect()
}

/// Kills the command, or one of its workers, after `patience`; says whether it was still there.
fn disturb(child: &mut Child, patience: Duration, random: &mut impl Rng) -> bool {
    let clock = Instant::now();
    while clock.elapsed() < patience {
        if child.try_wait().unwrap().is_some() {
            return false;
        }
        std::thread::sleep(Duration::from_millis(2));
    }
    let workers = children(child.id());
    match workers.len() {
        count if count > 0 && random.random_bool(0.5) => kill(workers[random.random_range(0..count)]),
        _ => kill(child.id()),
    }
    true
}

/// Position as one number that grows with it.
fn position(of: &Value) -> u64 {
    of["epochs"].as_u64().unwrap() * 1_000_000 + of["steps"].as_u64().unwrap()
}

/// No run began before a checkpoint that it was known to have.
fn nothing_kept_was_redone(events: &[Value]) {
    let mut kept: BTreeMap<&str, u64> = BTreeMap::new();
    for event in events {
        let Some(id) = event["id"].as_str() else { continue };
        match event["event"].as_str().unwrap() {
            "checkpoint" => {
                kept.insert(id, position(&event["position"]));
            }
            "run-started" => {
                let (from, kept) = (position(&event["from"]), kept.get(id).copied().unwrap_or(0));
                assert!(from >= kept, "run {id} had a checkpoint at {kept} and began at {from}");
            }
            _ => {}
        }
    }
}

/// No run ended well more than once. Of a kill between the two the event may be missing.
fn nothing_was_done_twice(events: &[Value]) {
    let mut finished: BTreeMap<&str, usize> = BTreeMap::new();
    for event in events.iter().filter(|event| event["event"] == "run-ended" && event["end"]["how"] == "finished") {
        *finished.entry(event["id"].as_str().unwrap()).or_default() += 1;
    }
    assert!(finished.values().all(|times| *times == 1), "done twice: {finished:?}");
}

/// Kills as often as `HERRING_KILLS` says, or a few times, and compares each reproduction with an undisturbed one.
fn killed_at_any_moment(name: &str, config: &Path, methods: &str, seed: u64) {
    let wanted: usize = std::env::var("HERRING_KILLS").map_or(6, |text| text.parse().unwrap());
    let folder = tempfile::tempdir().unwrap();
    let whole = folder.path().join("whole");
    plan(&whole, config, methods, "1,2");
    succeeded(&xtask(&["run"], &whole).output().unwrap());
    let expected = contents(&whole);

    let mut random = rand_chacha::ChaCha8Rng::seed_from_u64(seed);
    let (mut kills, mut round) = (0, 0);
    while kills < wanted {
        round += 1;
        let out = folder.path().join(format!("round-{round}"));
        let told = folder.path().join(format!("events-{round}"));
        plan(&out, config, methods, "1,2");
        let mut ended = false;
        while !ended {
            let shown = clocks(&out);
            let jobs = random.random_range(1..=3).to_string();
            let arguments = ["run", "--jobs", &jobs, "--checkpoint-steps", "1", "--events", told.to_str().unwrap()];
            let mut child = xtask(&arguments, &out).stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
            let patience = Duration::from_millis(random.random_range(20..900));
            // Once there were kills enough the last round goes to its end.
            if kills < wanted && disturb(&mut child, patience, &mut random) {
                kills += 1;
            }
            let output = child.wait_with_output().unwrap();
            ended = output.status.success();
            let after = clocks(&out);
            assert!(shown.iter().all(|(path, clock)| after.get(path) == Some(clock)), "a finished run was repeated");
        }
        let events = events(&told);
        nothing_kept_was_redone(&events);
        nothing_was_done_twice(&events);
        assert_eq!(contents(&out), expected, "round {round}, after {kills} kills");
        fs::remove_dir_all(&out).unwrap();
    }
    println!("{name}: {kills} kills in {round} rounds");
}

#[test]
#[cfg(target_os = "linux")]
fn killed_at_any_moment_every_run_ends_in_the_same_bytes() {
    let folder = tempfile::tempdir().unwrap();
    let config = configuration(folder.path(), 8);
    killed_at_any_moment("rows", &config, "baseline,actdiff,adversarial,rrr", 7);
}

/// Runs that start from others' weights or choose among others are killed at work and while they wait.
#[test]
#[cfg(target_os = "linux")]
fn killed_at_any_moment_a_graph_of_runs_ends_in_the_same_bytes() {
    let folder = tempfile::tempdir().unwrap();
    let config = folder.path().join("needs.toml");
    fs::write(&config, common::with_epochs(common::NEEDS, 8)).unwrap();
    killed_at_any_moment("graph", &config, "pupil,grid", 11);
}

#[test]
#[cfg(target_os = "linux")]
fn a_worker_that_is_killed_is_no_failure_where_others_do_its_runs() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("out");
    let config = configuration(folder.path(), 20);
    let config = config.to_str().unwrap();
    let arguments = ["repro-iclr2021", "--scale", "smoke", "--methods", "baseline,masked,rrr", "--config", config];
    let mut command = xtask(&[arguments.as_slice(), &["--jobs", "2"]].concat(), &out);
    let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let clock = Instant::now();
    while !out.join("work").is_dir() {
        assert!(clock.elapsed() < Duration::from_secs(60), "nothing begins");
        std::thread::sleep(Duration::from_millis(5));
    }
    kill(children(child.id())[0]);
    let output = child.wait_with_output().unwrap();
    succeeded(&output);
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(said.contains("a worker ended unexpectedly: signal: 9"), "{said}");
    assert!(out.join("report.html").is_file() && !out.join("work").exists());
}

#[test]
#[cfg(target_os = "linux")]
fn an_interrupted_command_keeps_a_checkpoint_of_each_of_its_workers() {
    let folder = tempfile::tempdir().unwrap();
    let config = configuration(folder.path(), 60);
    let (out, whole) = (folder.path().join("out"), folder.path().join("whole"));
    for out in [&out, &whole] {
        plan(out, &config, "baseline,rrr", "1");
    }
    let child = xtask(&["run", "--jobs", "2"], &out).stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
    let kept = |epochs: &str| {
        let output = xtask(&["status"], &out).output().unwrap();
        String::from_utf8(output.stdout).unwrap().matches(epochs).count()
    };
    let clock = Instant::now();
    // Both have kept something, and neither is done.
    while kept("running") < 2 || kept(", 0 of 60") > 0 {
        assert!(clock.elapsed() < Duration::from_secs(60), "they do not get going");
        std::thread::sleep(Duration::from_millis(20));
    }
    // The command alone: as from another terminal, not from the keyboard.
    // Twice, as some senders do: that is no second thought.
    for _ in 0..2 {
        assert!(Command::new("kill").args(["-TERM", &child.id().to_string()]).status().unwrap().success());
        std::thread::sleep(Duration::from_millis(5));
    }
    let output = child.wait_with_output().unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(130), "{said}");
    assert!(said.lines().last().unwrap().starts_with("error: interrupted: 0 of 2 runs are finished"), "{said}");
    assert_eq!(kept("interrupted  "), 2, "nobody does them any more");

    let output = xtask(&["run", "--jobs", "2"], &out).output().unwrap();
    succeeded(&output);
    assert_eq!(String::from_utf8(output.stderr).unwrap().matches(", resumes after epoch ").count(), 2);
    succeeded(&xtask(&["run"], &whole).output().unwrap());
    assert_eq!(contents(&out), contents(&whole));
}

#[test]
fn many_workers_and_two_commands_at_once_do_each_run_once() {
    let folder = tempfile::tempdir().unwrap();
    let config = configuration(folder.path(), 1);
    let out = folder.path().join("out");
    let seeds: Vec<String> = (1..=25).map(|seed| seed.to_string()).collect();
    plan(&out, &config, "baseline,masked,actdiff,rrr", &seeds.join(","));
    let commands = ["first", "second"].map(|name| {
        let told = folder.path().join(name);
        let child = xtask(&["run", "--jobs", "8", "--events", told.to_str().unwrap()], &out)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        (told, child)
    });
    let mut finished: BTreeMap<String, usize> = BTreeMap::new();
    for (told, child) in commands {
        succeeded(&child.wait_with_output().unwrap());
        for event in events(&told).iter().filter(|event| event["event"] == "run-ended") {
            assert_eq!(event["end"]["how"], "finished", "{event}");
            *finished.entry(event["id"].as_str().unwrap().to_owned()).or_default() += 1;
        }
    }
    assert_eq!(finished.len(), 100, "none lost");
    assert!(finished.values().all(|times| *times == 1), "none twice: {finished:?}");
    assert_eq!(fs::read_dir(out.join("runs")).unwrap().count(), 100);
    assert!(!out.join("work").exists());
}

#[test]
#[cfg(target_os = "linux")]
fn a_full_disk_is_said_and_the_same_command_finishes_once_there_is_space() {
    let disk = tempfile::tempdir().unwrap();
    let mount = |arguments: &[&str]| {
        let status = Command::new("mount").args(arguments).arg(disk.path()).stderr(Stdio::null()).status();
        status.is_ok_and(|status| status.success())
    };
    if !mount(&["-t", "tmpfs", "-o", "size=1m", "tmpfs"]) {
        // Not through `eprintln`, which the test runner keeps to itself.
        let _ = writeln!(std::io::stderr(), "SKIPPED a_full_disk_is_said: mounting a small tmpfs needs root");
        return;
    }
    struct Unmount<'a>(&'a Path);
    impl Drop for Unmount<'_> {
        fn drop(&mut self) {
            let _ = Command::new("umount").arg(self.0).status();
        }
    }
    let _unmount = Unmount(disk.path());
    let folder = tempfile::tempdir().unwrap();
    let config = configuration(folder.path(), 2);
    let out = disk.path().join("out");
    plan(&out, &config, "baseline,masked,actdiff,rrr", "1,2");
    for jobs in ["1", "2"] {
        let output = xtask(&["run", "--jobs", jobs], &out).output().unwrap();
        let said = String::from_utf8(output.stderr).unwrap();
        let last = said.lines().last().unwrap();
        assert_eq!(output.status.code(), Some(3), "{said}");
        assert!(last.starts_with("error: cannot ") && last.contains("No space left"), "{said}");
    }
    assert!(mount(&["-o", "remount,size=64m"]));
    succeeded(&xtask(&["run", "--jobs", "2"], &out).output().unwrap());
    let whole = folder.path().join("whole");
    plan(&whole, &config, "baseline,masked,actdiff,rrr", "1,2");
    succeeded(&xtask(&["run"], &whole).output().unwrap());
    assert_eq!(contents(&out), contents(&whole));
}

//! How many steps a second a device makes for several processes at once.

use crate::{
    bench::{
        child, machine,
        rows::{ROWS, Row},
        sample::{self, Reason},
        step::READY,
        turns::Here,
    },
    say,
};
use herring_protocol::BackendKind;
use serde::Serialize;
use std::{
    io::{BufRead, BufReader, Write},
    process::{Child, Stdio},
    sync::mpsc::{Receiver, RecvTimeoutError, channel},
    thread,
    time::Instant,
};

const JOBS: [usize; 4] = [1, 2, 4, 8];
const STEPS: usize = 20;
/// The residual network for small images, small and as in the paper.
const MEASURED: [&str; 2] = ["resnet18-w16/base", "resnet18-w64/base"];

/// What so many processes did together.
#[derive(Debug, Serialize)]
pub(super) struct Throughput {
    pub(super) row: &'static str,
    pub(super) jobs: usize,
    /// Steps a second of all together.
    pub(super) steps_per_second: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) ended: Option<Reason>,
}

impl Throughput {
    pub(super) fn problem(&self) -> Option<String> {
        match &self.ended {
            Some(Reason::Failed(said)) => Some(format!("throughput of {}, {} jobs: {said}", self.row, self.jobs)),
            _ => None,
        }
    }
}

/// The throughput of one process and of several, as many as there are cores at most: each needs one.
pub(super) fn by_jobs(here: &Here, deadline: Instant) -> Vec<Throughput> {
    let cores = machine::cores();
    let rows = MEASURED.iter().filter_map(|name| ROWS.iter().find(|row| row.name == *name));
    let mut found = Vec::new();
    for row in rows {
        for jobs in JOBS.into_iter().filter(|jobs| *jobs <= cores.max(2)) {
            let steps = together(here, row, jobs, child::own(deadline));
            let told = match &steps {
                Ok(steps) => format!("{steps:.1} steps a second"),
                Err(Reason::Failed(said) | Reason::Cannot(said)) => format!("failed: {said}"),
                Err(Reason::NoTime) => "not finished in time".to_owned(),
            };
            say(&format!("throughput of {}, {jobs} at once: {told}", row.name));
            let (steps_per_second, ended) = (steps.as_ref().ok().copied(), steps.err());
            found.push(Throughput { row: row.name, jobs, steps_per_second, ended });
        }
    }
    found
}

/// Processes that end with this value.
struct Group(Vec<Child>);

impl Drop for Group {
    fn drop(&mut self) {
        for child in &mut self.0 {
            // One that has ended cannot be killed.
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

/// Steps a second of so many processes, from the moment in which all are warm to the end of the last.
fn together(here: &Here, row: &Row, jobs: usize, deadline: Instant) -> Result<f64, Reason> {
    let failed = |error: std::io::Error| Reason::Failed(error.to_string());
    let mut group = Group(Vec::with_capacity(jobs));
    let (sender, lines) = channel();
    for _ in 0..jobs {
        let threads = if here.backend == BackendKind::Cpu { here.threads.div_ceil(jobs) } else { here.threads };
        let mut command = here.step(row, STEPS, threads);
        command.arg("--wait").stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().map_err(failed)?;
        let (stdout, errors, sender) = (child.stdout.take(), child::collected(child.stderr.take()), sender.clone());
        group.0.push(child);
        thread::spawn(move || {
            let lines = stdout.into_iter().flat_map(|stdout| BufReader::new(stdout).lines().map_while(Result::ok));
            for line in lines {
                if sender.send(Ok(line)).is_err() {
                    return;
                }
            }
            let errors = errors.join().unwrap_or_default();
            if let Some(last) = errors.lines().rev().find(|line| line.starts_with("error: ")) {
                // The receiver may have gone.
                let _ = sender.send(Err(last.to_owned()));
            }
        });
    }
    drop(sender);
    for _ in 0..jobs {
        match next(&lines, deadline)? {
            line if line == READY => {}
            line => return Err(Reason::Failed(format!("found '{line}', expected '{READY}'"))),
        }
    }
    let clock = Instant::now();
    for child in &mut group.0 {
        if let Some(stdin) = &mut child.stdin {
            stdin.write_all(b"\n").map_err(failed)?;
        }
    }
    for _ in 0..jobs {
        sample::parse(&next(&lines, deadline)?)?;
    }
    Ok((jobs * STEPS) as f64 / clock.elapsed().as_secs_f64())
}

/// The next line of any process.
fn next(lines: &Receiver<Result<String, String>>, deadline: Instant) -> Result<String, Reason> {
    match lines.recv_timeout(deadline.saturating_duration_since(Instant::now())) {
        Ok(Ok(line)) => Ok(line),
        Ok(Err(said)) => Err(Reason::Failed(said)),
        Err(RecvTimeoutError::Timeout) => Err(Reason::NoTime),
        Err(RecvTimeoutError::Disconnected) => Err(Reason::Failed("a process ended without a word".to_owned())),
    }
}

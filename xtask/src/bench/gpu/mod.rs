//! `bench gpu`: what should be known about a device, in one command: whether it computes what it should, whether it does so
//! twice, and how fast.

mod determinism;
mod page;
mod suites;
mod throughput;

use super::{
    compare,
    machine::{self, Machine},
    page as files,
    rows::ROWS,
    sample::Reason,
    torch::{Torch, Variant},
    turns::{Here, Measured, Turns},
};
use crate::{arguments::BenchGpu, failure::Failure, print, say};
use determinism::Determinism;
use herring_experiments::Exit;
use herring_protocol::BackendKind;
use herring_training::Device;
use serde::Serialize;
use std::{
    fs,
    time::{Duration, Instant},
};
use suites::Suites;
use throughput::Throughput;

/// Rounds of the steps, if there is time for them, and steps of a round.
const ROUNDS: usize = 3;
const STEPS: usize = 10;

/// `torch.compile` needs minutes a row, which this command does not have.
const VARIANTS: [Variant; 2] = [Variant::Eager, Variant::ChannelsLast];

/// By when a part has to end, in shares of the whole time. What an earlier part leaves, a later one has.
const CONFORMANCE: f64 = 0.2;
const GOLDEN: f64 = 0.4;
const DETERMINISM: f64 = 0.55;
const THROUGHPUT: f64 = 0.7;

/// Everything that was found.
#[derive(Debug, Serialize)]
struct Findings {
    machine: Machine,
    device: Measuring,
    /// How long all of it took, without compiling.
    seconds: f64,
    devices: Vec<String>,
    suites: Suites,
    determinism: Determinism,
    throughput: Vec<Throughput>,
    /// With what the steps are compared.
    beside: String,
    rows: Vec<Measured>,
}

/// The device that is measured.
#[derive(Debug, Serialize)]
struct Measuring {
    backend: &'static str,
    index: usize,
    name: String,
}

/// The whole time.
#[derive(Debug, Clone, Copy)]
struct Clock {
    start: Instant,
    whole: Duration,
}

impl Clock {
    fn share(self, share: f64) -> Instant {
        self.start + self.whole.mul_f64(share)
    }
}

pub(super) fn run(arguments: &BenchGpu) -> Result<Exit, Failure> {
    let BenchGpu { backend, device, minutes, python, out } = arguments;
    let device = choose(*backend, *device)?;
    fs::create_dir_all(out).map_err(|error| Failure::device(format!("{}: {error}", out.display())))?;
    let here = Here::new(device.backend, device.index, machine::cores())?;
    let (torch, beside) = torch(python, device.backend, here.threads);
    say(&format!("measuring {}: {}", device.backend, device.name));
    let built = suites::build();
    let clock = Clock { start: Instant::now(), whole: Duration::from_secs_f64(60.0 * minutes) };

    let devices = crate::devices::lines();
    let suites = suites::run(built, &device, [clock.share(CONFORMANCE), clock.share(GOLDEN)]);
    let determinism = determinism::twice(&here, clock.share(DETERMINISM));
    let throughput = throughput::by_jobs(&here, clock.share(THROUGHPUT));
    let turns = Turns {
        rows: ROWS.iter().collect(),
        here: &here,
        torch: torch.as_ref(),
        variants: VARIANTS.to_vec(),
        rounds: ROUNDS,
        steps: STEPS,
        deadline: Some(clock.share(1.0)),
    };
    let rows = turns.run(&mut |_| Ok(()))?;
    let findings = Findings {
        machine: Machine::new(here.threads, torch.map(|torch| torch.versions)),
        device: Measuring { backend: device.backend.name(), index: device.index, name: device.name },
        seconds: clock.start.elapsed().as_secs_f64(),
        devices,
        suites,
        determinism,
        throughput,
        beside,
        rows,
    };
    let text = page::markdown(&findings);
    files::write(&out.join("results.json"), &compare::json(&findings)?)?;
    files::write(&out.join("page.md"), &text)?;
    print(&text)?;
    print(&format!("page: {}", out.join("page.md").display()))?;
    Ok(if findings.problems().is_empty() { Exit::Done } else { Exit::SomeFailed })
}

impl Findings {
    /// What is not as it should be. What there was no time for is no problem.
    fn problems(&self) -> Vec<String> {
        let mut problems = self.suites.problems();
        problems.extend(self.determinism.problem());
        problems.extend(self.throughput.iter().filter_map(Throughput::problem));
        problems.extend(self.rows.iter().flat_map(Measured::failures));
        problems
    }

    /// How many parts there was not enough time for, and how many there are.
    fn unfinished(&self) -> (usize, usize) {
        let suites = self.suites.suites.iter().map(|suite| &suite.ended);
        let throughput = self.throughput.iter().map(|found| &found.ended);
        let ended = suites.chain([&self.determinism.ended]).chain(throughput);
        let mut unfinished: Vec<bool> = ended.map(|ended| *ended == Some(Reason::NoTime)).collect();
        unfinished.extend(self.rows.iter().map(Measured::is_not_run));
        (unfinished.iter().filter(|unfinished| **unfinished).count(), unfinished.len())
    }
}

/// The device that was named, or the first of a GPU backend of this build.
fn choose(backend: Option<BackendKind>, index: usize) -> Result<Device, Failure> {
    if let Some(backend) = backend {
        return Device::new(backend, index).map_err(Failure::device);
    }
    let compiled = [
        (BackendKind::Cuda, cfg!(feature = "cuda")),
        (BackendKind::Wgpu, cfg!(any(feature = "wgpu", feature = "vulkan"))),
    ];
    let mut missing =
        "no GPU backend is compiled into this build: build with `--features cuda`, `--features vulkan` or \
                       `--features wgpu`, or measure the processor with `--backend cpu`"
            .to_owned();
    for (backend, _) in compiled.into_iter().filter(|(_, compiled)| *compiled) {
        match Device::new(backend, index) {
            Ok(device) => return Ok(device),
            Err(error) => missing = error.to_string(),
        }
    }
    Err(Failure { text: missing, exit: Exit::Environment })
}

/// PyTorch where it runs on a device of the same kind, and a sentence that says so or why not.
fn torch(python: &str, backend: BackendKind, threads: usize) -> (Option<Torch>, String) {
    let torch = match Torch::find(python, threads) {
        Ok(torch) => torch,
        Err(failure) => return (None, format!("without PyTorch: {}", failure.text)),
    };
    let version = torch.versions.torch.clone();
    match (backend, &torch.versions.cuda) {
        (BackendKind::Cpu, _) => (Some(torch), format!("in turns with PyTorch {version} on the processor")),
        (BackendKind::Cuda | BackendKind::Wgpu, Some(device)) => {
            let text = format!("in turns with PyTorch {version} on {device}");
            (Some(Torch { device: "cuda", ..torch }), text)
        }
        (BackendKind::Cuda | BackendKind::Wgpu, None) => {
            (None, format!("without PyTorch: that of {python}, {version}, finds no CUDA device"))
        }
    }
}

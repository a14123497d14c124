//! `bench step`.

use super::{networks, work};
use crate::{
    arguments::BenchStep,
    failure::{Failure, bad_input},
    print,
};
use herring_experiments::Exit;
use herring_protocol::ModelSpec;
use herring_training::{
    Device,
    bench::{self, Lap, Settings, Work},
};
use std::io::{BufRead, stdin};

/// The default training losses of a paper.
const PAPERS: [(&str, &[&str]); 4] = [
    ("iclr2021", &["base", "actdiff", "gradmask", "rrr"]),
    ("activmask2020", &["base", "actdiff-all", "gradmask"]),
    ("tap2024", &["base", "rrr-area", "rbr", "tap"]),
    ("heatmap-loss", &["normalised-sigmoids", "squared-error", "squared-error+heatmap"]),
];

/// What a process says that waits for a line before it measures.
pub(crate) const READY: &str = "ready";

pub(crate) fn run(arguments: &BenchStep) -> Result<Exit, Failure> {
    let network = networks::network(&arguments.model, arguments.width).map_err(bad_input)?;
    networks::fits(&network.1, arguments.size).map_err(bad_input)?;
    let of_paper = PAPERS.iter().find(|(paper, _)| *paper == arguments.paper).map_or(&[][..], |(_, methods)| methods);
    let methods = match arguments.methods.is_empty() {
        true => of_paper.iter().map(|name| (*name).to_owned()).collect(),
        false => arguments.methods.clone(),
    };
    match &methods[..] {
        [only] => measure(arguments, network, only)?,
        // A process of its own for each, so that each has its own peak of memory.
        _ => methods.iter().try_for_each(|name| in_a_process(arguments, name))?,
    }
    Ok(Exit::Done)
}

/// Measures one training loss on images of so many channels.
fn measure(arguments: &BenchStep, (channels, model): (usize, ModelSpec), name: &str) -> Result<(), Failure> {
    let BenchStep { size, batch, steps, .. } = *arguments;
    let work = work::work(name).map_err(bad_input)?;
    let device = Device::new(arguments.backend, arguments.device).map_err(Failure::device)?;
    let warm_up = if work == Work::Evaluation { 1 } else { 3 };
    let settings = Settings { model, work, channels, size: size.0, batch, warm_up, steps };
    let mut waited = Ok(());
    let mut ended = |lap: Lap| {
        if arguments.wait && lap.number + 1 == warm_up {
            waited = wait();
        }
    };
    let milliseconds = bench::median(&device, &settings, &mut ended).map_err(Failure::device)?;
    waited?;
    let memory = peak_memory().map_or_else(String::new, |mebibytes| format!(", {mebibytes} MiB at most"));
    print(&format!("{name} {milliseconds:.2} ms/step{memory}"))
}

/// Says that this process is warm, and goes on with the next line of standard input, so that several begin together.
fn wait() -> Result<(), Failure> {
    print(READY)?;
    stdin().lock().read_line(&mut String::new()).map(|_| ()).map_err(Failure::device)
}

/// Starts this program anew for one training loss.
fn in_a_process(arguments: &BenchStep, name: &str) -> Result<(), Failure> {
    let BenchStep { model, width, size, batch, steps, backend, device, .. } = arguments;
    let program = std::env::current_exe().map_err(Failure::device)?;
    let mut command = std::process::Command::new(program);
    command.args(["bench", "step", "--model", model, "--backend", backend.name(), name]);
    command.args(["--size", &size.to_string()]);
    for (option, value) in [("--batch", batch), ("--steps", steps), ("--device", device)] {
        command.args([option, &value.to_string()]);
    }
    command.args(width.map(|width| format!("--width={width}")));
    match command.status().map_err(Failure::device)?.success() {
        true => Ok(()),
        false => Err(Failure { text: format!("{name}: no measurement"), exit: Exit::Environment }),
    }
}

/// The most memory that this process had, in MiB, where the system tells.
fn peak_memory() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.split_whitespace().next()?.parse::<u64>().ok().map(|kibibytes| kibibytes / 1024)
}

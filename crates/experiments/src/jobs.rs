//! The default number of parallel runs on this machine.

use crate::plan::Plan;
use herring_protocol::{BackendKind, RunSpec};
use std::thread::available_parallelism;

/// Memory that a run on the crosses may need, in bytes: about twice the highest peak that was measured at the
/// paper's size (472 MiB, ActDiff; `docs/performance.md`).
const RUN: u64 = 1 << 30;
/// Image rows and first-stage channels of that run. The memory of a step grows with the pixels and the channels.
const MEASURED: (u64, u64) = (28, 64);

/// The default number of workers for `plan` on this machine.
///
/// On the CPU one for each core, as far as the memory allows, because one run does not keep several cores busy
/// (measured in `docs/running-many.md`). On a GPU one: several runs on one GPU were not measured.
pub fn default_workers(plan: &Plan) -> usize {
    let need = plan.runs.iter().map(|run| memory(&run.spec)).max().unwrap_or(RUN);
    let fitting = |memory: u64| usize::try_from(memory / need).unwrap_or(usize::MAX);
    match plan.backend {
        BackendKind::Cpu => cores().min(available_memory().map_or(usize::MAX, fitting)).max(1),
        BackendKind::Cuda | BackendKind::Wgpu => 1,
    }
}

/// CPU threads for each of `workers` workers.
pub fn threads_per_worker(workers: usize) -> usize {
    (cores() / workers.max(1)).max(1)
}

fn cores() -> usize {
    available_parallelism().map_or(1, usize::from)
}

/// Estimated memory of a run in bytes, at least the smallest measured value.
fn memory(spec: &RunSpec) -> u64 {
    let (side, channels) = MEASURED;
    let rows = spec.data.stored_sides().into_iter().max().map_or(side, |rows| rows as u64);
    let share = rows * rows * spec.model.width() as u64;
    (RUN * share / (side * side * channels)).max(RUN)
}

/// Memory available to new processes, in bytes, if the system reports it.
fn available_memory() -> Option<u64> {
    let text = std::fs::read_to_string("/proc/meminfo").ok()?;
    let line = text.lines().find_map(|line| line.strip_prefix("MemAvailable:"))?;
    let machine = line.trim().strip_suffix("kB")?.trim().parse::<u64>().ok()? * 1024;
    // A container may have less than its machine.
    let limit = std::fs::read_to_string("/sys/fs/cgroup/memory.max").ok();
    let limit = limit.and_then(|text| text.trim().parse::<u64>().ok());
    Some(limit.map_or(machine, |limit| limit.min(machine)))
}

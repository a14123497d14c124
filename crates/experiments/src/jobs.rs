//! How many runs to do at once on this machine.

use herring_protocol::BackendKind;
use std::thread::available_parallelism;

/// Memory that a run may need, in bytes: about twice the highest peak that was measured at the paper's
/// size (472 MiB, ActDiff; `docs/performance.md`).
const RUN: u64 = 1 << 30;

/// A number of workers that this machine can carry.
///
/// On the CPU one a core, because a run alone does not keep several cores busy (see
/// `docs/running-many.md` for what was measured), as far as the memory goes. On a GPU one: how far
/// several share one was not measured, so that is left to the user.
pub fn sensible(backend: BackendKind) -> usize {
    match backend {
        BackendKind::Cpu => cores().min(available_memory().map_or(usize::MAX, runs_in)).max(1),
        BackendKind::Cuda | BackendKind::Wgpu => 1,
    }
}

/// Threads for each of so many workers on the CPU.
pub fn threads(workers: usize) -> usize {
    (cores() / workers.max(1)).max(1)
}

fn cores() -> usize {
    available_parallelism().map_or(1, usize::from)
}

fn runs_in(memory: u64) -> usize {
    usize::try_from(memory / RUN).unwrap_or(usize::MAX)
}

/// Memory that new processes can have, in bytes, where the system says it.
fn available_memory() -> Option<u64> {
    let text = std::fs::read_to_string("/proc/meminfo").ok()?;
    let line = text.lines().find_map(|line| line.strip_prefix("MemAvailable:"))?;
    let machine = line.trim().strip_suffix("kB")?.trim().parse::<u64>().ok()? * 1024;
    // A container may have less than its machine.
    let limit = std::fs::read_to_string("/sys/fs/cgroup/memory.max").ok();
    let limit = limit.and_then(|text| text.trim().parse::<u64>().ok());
    Some(limit.map_or(machine, |limit| limit.min(machine)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memory_and_cores_are_shared_out() {
        assert_eq!(runs_in(5 << 29), 2);
        assert!((1..=cores()).contains(&sensible(BackendKind::Cpu)));
        assert_eq!((threads(1), threads(1000)), (cores(), 1));
    }
}

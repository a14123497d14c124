//! What was measured with, and on what.

use super::torch::Versions;
use herring_protocol::BackendKind;
use herring_training::Device;
use serde::Serialize;
use std::thread::available_parallelism;

/// The version of Burn that this program is built with; a test compares it with the lock file.
const BURN: &str = "0.21.0";

/// A processor, and the versions of what ran on it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(crate) struct Machine {
    pub(crate) processor: String,
    /// The instruction set that this program's kernels use.
    pub(crate) instructions: &'static str,
    pub(crate) cores: usize,
    /// Threads of each program.
    pub(crate) threads: usize,
    /// The version of this program.
    pub(crate) program: &'static str,
    pub(crate) burn: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) pytorch: Option<Versions>,
}

impl Machine {
    pub(crate) fn new(threads: usize, pytorch: Option<Versions>) -> Self {
        Self {
            processor: Device::new(BackendKind::Cpu, 0)
                .map_or_else(|_| std::env::consts::ARCH.to_owned(), |device| device.name),
            instructions: herring_training::instructions(),
            cores: cores(),
            threads,
            program: env!("CARGO_PKG_VERSION"),
            burn: BURN,
            pytorch,
        }
    }

    /// One line.
    pub(crate) fn text(&self) -> String {
        let Self { processor, instructions, cores, threads, program, burn, pytorch } = self;
        let counted = |count: usize, what: &str| format!("{count} {what}{}", if count == 1 { "" } else { "s" });
        let (cores, threads) = (counted(*cores, "core"), counted(*threads, "thread"));
        let mut text =
            format!("{processor} ({instructions}, {cores}, {threads}); this program {program} on Burn {burn}");
        if let Some(Versions { python, torch, torchvision, instructions, cuda }) = pytorch {
            let torchvision =
                torchvision.as_ref().map_or_else(String::new, |version| format!(", torchvision {version}"));
            let cuda = cuda.as_ref().map_or_else(String::new, |device| format!(", CUDA on {device}"));
            text.push_str(&format!("; PyTorch {torch} ({instructions}){torchvision}, Python {python}{cuda}"));
        }
        text
    }
}

/// Processors that this process may use.
pub(crate) fn cores() -> usize {
    available_parallelism().map_or(1, usize::from)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn burn_has_the_version_of_the_lock_file() {
        let locked = include_str!("workspace.lock");
        assert!(locked.contains(&format!("name = \"burn\"\nversion = \"{BURN}\"\n")));
    }
}

//! PyTorch's side: a script that this program carries and gives to a Python.

use super::{
    child::{self, Ended},
    rows::Row,
    sample::{self, Reason, Sample},
};
use crate::failure::Failure;
use clap::ValueEnum;
use herring_experiments::Exit;
use serde::{Deserialize, Serialize};
use std::{process::Command, time::Instant};

/// Measures one step; see its head.
const SCRIPT: &str = include_str!("step_torch.py");

/// A way to run PyTorch.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, ValueEnum, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Variant {
    /// As it comes
    Eager,
    /// Channels-last memory and a fused Adam
    ChannelsLast,
    /// The same with `torch.compile`; second derivatives do not compile
    Compiled,
}

impl Variant {
    pub(crate) const ALL: [Self; 3] = [Self::Eager, Self::ChannelsLast, Self::Compiled];

    /// Its name on the command line and in tables.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Eager => "eager",
            Self::ChannelsLast => "channels-last",
            Self::Compiled => "compiled",
        }
    }
}

/// What a Python has.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Versions {
    pub(crate) python: String,
    pub(crate) torch: String,
    pub(crate) torchvision: Option<String>,
    /// The instruction set that PyTorch uses on the processor.
    pub(crate) instructions: String,
    /// The first CUDA device.
    pub(crate) cuda: Option<String>,
}

/// A Python with PyTorch.
#[derive(Debug, Clone)]
pub(crate) struct Torch {
    pub(crate) python: String,
    pub(crate) versions: Versions,
    /// `cpu` or `cuda`.
    pub(crate) device: &'static str,
    pub(crate) threads: usize,
}

impl Torch {
    /// Asks a Python what it has.
    ///
    /// # Errors
    /// It cannot be started, has no PyTorch, or says something else.
    pub(crate) fn find(python: &str, threads: usize) -> Result<Self, Failure> {
        let missing = |found: &str| Failure {
            text: format!("{python}: {found}; expected a Python with PyTorch, which --python names"),
            exit: Exit::Environment,
        };
        let versions = match child::run(Command::new(python).args(["-", "--versions"]), SCRIPT, None) {
            Ended::Done(output) => serde_json::from_str(output.trim()).map_err(|error| missing(&error.to_string()))?,
            Ended::Failed(said, _) => return Err(missing(&said)),
            Ended::TooLate => return Err(missing("no answer")),
        };
        Ok(Self { python: python.to_owned(), versions, device: "cpu", threads })
    }

    /// Measures a row in a process of its own.
    pub(crate) fn measure(
        &self,
        row: &Row,
        variant: Variant,
        steps: usize,
        deadline: Option<Instant>,
    ) -> Result<Sample, Reason> {
        if row.needs_torchvision() && self.versions.torchvision.is_none() {
            return Err(Reason::Cannot(format!("{} has no torchvision", self.python)));
        }
        let mut command = Command::new(&self.python);
        command.arg("-").args(row.options()).args(["--device", self.device, "--variant", variant.name()]);
        command.args(["--steps", &steps.to_string(), "--threads", &self.threads.to_string(), row.method]);
        command.env("OMP_NUM_THREADS", self.threads.to_string());
        match child::run(&mut command, SCRIPT, deadline) {
            Ended::Done(output) => sample::parse(output.lines().last().unwrap_or_default()),
            Ended::Failed(said, _) => Err(Reason::Failed(said)),
            Ended::TooLate => Err(Reason::NoTime),
        }
    }
}

//! How runs are executed. These arguments change no result but for the last digits of kernels on a GPU.

use clap::{Args, ValueEnum};
use std::path::PathBuf;

#[derive(Args, Default)]
pub(crate) struct Running {
    /// Number of the device among those of the backend
    #[arg(long, default_value_t = 0, value_name = "N")]
    pub(crate) device: usize,
    /// On a GPU, compute convolutions with the same kernels on every machine, not with the fastest ones of
    /// this GPU
    #[arg(long)]
    pub(crate) deterministic: bool,
    /// Number of parallel runs, each in its own process [default: one for each core on the CPU, as far
    /// as the memory allows; 1 on a GPU]
    #[arg(long, value_name = "N", value_parser = crate::bench::count)]
    pub(crate) jobs: Option<usize>,
    /// Write a checkpoint every this many training steps, in addition to the one after each epoch
    #[arg(long, value_name = "STEPS", value_parser = crate::bench::count)]
    pub(crate) checkpoint_steps: Option<usize>,
    /// Append progress events to this file, one JSON object on each line
    #[arg(long, value_name = "FILE")]
    pub(crate) events: Option<PathBuf>,
}

/// What executes the runs.
#[derive(Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum Executor {
    /// This machine
    #[default]
    Local,
    /// A Slurm cluster, as job arrays
    Slurm,
    /// Nothing: prints the scripts that would be submitted to Slurm
    DryRun,
}

/// Resources of a cluster. An option replaces the field of the same name in the file.
#[derive(Args, Default)]
pub(crate) struct Cluster {
    /// What executes the runs
    #[arg(long, value_enum, default_value_t)]
    pub(crate) executor: Executor,
    /// Resources for a run on the cluster, a TOML file (see docs/cluster.md)
    #[arg(long, value_name = "FILE")]
    pub(crate) cluster: Option<PathBuf>,
    /// Slurm's partition
    #[arg(long, value_name = "NAME")]
    pub(crate) partition: Option<String>,
    /// Slurm's account
    #[arg(long, value_name = "NAME")]
    pub(crate) account: Option<String>,
    /// Time limit of a run, as Slurm writes it, for instance 4:00:00
    #[arg(long, value_name = "TIME")]
    pub(crate) time: Option<String>,
    /// Memory of a run, as Slurm writes it, for instance 4G
    #[arg(long, value_name = "SIZE")]
    pub(crate) memory: Option<String>,
    /// Processors of a run
    #[arg(long, value_name = "N")]
    pub(crate) cpus: Option<u32>,
    /// GPUs of a run
    #[arg(long, value_name = "N")]
    pub(crate) gpus: Option<u32>,
    /// Number of parallel runs on the cluster
    #[arg(long, value_name = "N")]
    pub(crate) at_once: Option<u32>,
}

//! How runs are carried out. None of it changes a result.

use clap::{Args, ValueEnum};
use std::path::PathBuf;

#[derive(Args, Default)]
pub(crate) struct Running {
    /// Number of the device among those of the backend
    #[arg(long, default_value_t = 0, value_name = "N")]
    pub(crate) device: usize,
    /// Runs done at once, each by a process of its own [default: one a core on the CPU, as far as
    /// the memory goes; 1 on a GPU]
    #[arg(long, value_name = "N", value_parser = crate::bench::size)]
    pub(crate) jobs: Option<usize>,
    /// Keep a checkpoint every N training steps, in addition to the one after each epoch
    #[arg(long, value_name = "STEPS", value_parser = crate::bench::size)]
    pub(crate) checkpoint_steps: Option<usize>,
    /// Append what happens to this file, a JSON object a line
    #[arg(long, value_name = "FILE")]
    pub(crate) events: Option<PathBuf>,
}

/// Who carries runs out.
#[derive(Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum Executor {
    /// This machine
    #[default]
    Local,
    /// A Slurm cluster, as job arrays
    Slurm,
    /// Nobody: prints what would be given to Slurm
    DryRun,
}

/// What a cluster is asked for. An option replaces the field of the same name in the file.
#[derive(Args, Default)]
pub(crate) struct Cluster {
    /// Who carries the runs out
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
    /// Runs at once
    #[arg(long, value_name = "N")]
    pub(crate) at_once: Option<u32>,
}

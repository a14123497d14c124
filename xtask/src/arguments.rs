//! The arguments and their help.

use clap::{Args, Parser, Subcommand};
use herring_experiments::config::Scale;
use herring_protocol::{BackendKind, Method, UnknownName, Variant};
use std::path::PathBuf;

/// Trains image classifiers under attribution priors and reproduces papers about them.
#[derive(Parser)]
#[command(
    name = "cargo xtask",
    bin_name = "cargo xtask",
    version,
    arg_required_else_help = true,
    after_help = EXIT_CODES,
)]
pub(crate) struct Xtask {
    #[command(subcommand)]
    pub(crate) command: Command,
}

const EXIT_CODES: &str = "\
Exit codes:
  0    all is done
  1    at least one run has no result, or one check failed; the others went on
  2    the command line or a configuration file cannot be carried out
  3    the disk, the folder or the device does not play along
  130  stopped by Ctrl-C or a signal; finished runs are kept";

const REPRO_HELP: &str = "\
Examples:
  cargo xtask repro-iclr2021
      All six methods at the scale `quick` on the CPU, then the table and report.html.
  cargo xtask repro-iclr2021 --scale smoke --methods baseline,actdiff
      Two rows, in seconds: does everything run here?
  cargo xtask repro-iclr2021 --resume
      Goes on after Ctrl-C or a crash; finished runs are never repeated.
  cargo run --release -p xtask --features cuda -- repro-iclr2021 --scale paper --backend cuda
      The paper's setting on a GPU. Backends beside the CPU are features of the build.

What is in the folder already:
  A finished run is never repeated, with --resume or without; a run that failed because a
  number was not finite would fail again and is not repeated either. More methods or seeds of
  the same scale, variant and backend can be added to a folder. If a run of an earlier command
  is still missing there, --resume is needed to go on.

Exit codes:
  0    all runs have results
  1    at least one run has none (its loss was not finite, the device failed); the others went on
  2    the command line or the configuration cannot be carried out
  3    the disk, the folder or the device does not play along
  130  stopped by Ctrl-C or a signal; finished runs are kept. A second Ctrl-C ends at once";

#[derive(Subcommand)]
pub(crate) enum Command {
    /// Reproduces "Saliency is a Possible Red Herring" (ICLR 2021) on the synthetic crosses
    ///
    /// Makes the authors' images, trains every method with every seed, evaluates the selected models,
    /// prints a table beside the paper's numbers and writes a report. Nothing is downloaded.
    #[command(name = "repro-iclr2021", after_long_help = REPRO_HELP)]
    ReproIclr2021(Repro),
    /// Makes table and report again from a reproduction's folder
    Report(ReportArguments),
    /// Lists the devices that this build and machine offer
    Devices,
    /// Measures speed
    Bench {
        #[command(subcommand)]
        command: BenchCommand,
    },
    /// Runs every check of the workspace: format, lints, documentation, all tests
    Test(TestArguments),
}

#[derive(Args)]
pub(crate) struct Repro {
    /// How large: `smoke` (under a minute, shows that everything runs), `quick` (minutes on two
    /// cores, shows the paper's findings) or `paper` (the paper's exact setting: a GPU, or days)
    #[arg(long, default_value_t = Scale::Quick, value_name = "SCALE")]
    pub(crate) scale: Scale,
    /// Where to compute: `cpu`, `cuda` or `wgpu`; see `cargo xtask devices`
    #[arg(long, default_value_t = BackendKind::Cpu)]
    pub(crate) backend: BackendKind,
    /// Number of the device among those of the backend
    #[arg(long, default_value_t = 0, value_name = "N")]
    pub(crate) device: usize,
    /// Rows of the table, separated by commas: baseline, masked, masked-zero, actdiff, adversarial,
    /// gradmask, rrr [default: all but masked-zero]
    #[arg(long, value_delimiter = ',', value_parser = method, value_name = "METHOD,...")]
    pub(crate) methods: Option<Vec<Method>>,
    /// Seeds, separated by commas [default: those of the scale]
    #[arg(long, value_delimiter = ',', value_parser = seed, allow_negative_numbers = true, value_name = "SEED,...")]
    pub(crate) seeds: Option<Vec<u32>>,
    /// Which reading to follow where the paper's text and its code differ: `paper` or `released`,
    /// which made the printed numbers
    #[arg(long, default_value_t = Variant::Released)]
    pub(crate) variant: Variant,
    /// Folder for runs, table and report [default: runs/iclr2021-SCALE-VARIANT-BACKEND]
    #[arg(long, value_name = "DIR")]
    pub(crate) out: Option<PathBuf>,
    /// Go on with the unfinished reproduction in the folder
    #[arg(long)]
    pub(crate) resume: bool,
    /// A configuration of your own, in the format of experiments/iclr2021/crosses.toml
    #[arg(long, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
}

#[derive(Args)]
pub(crate) struct ReportArguments {
    /// The reproduction's folder
    #[arg(long, value_name = "DIR")]
    pub(crate) out: PathBuf,
}

#[derive(Subcommand)]
pub(crate) enum BenchCommand {
    /// Prints the median time of one training step, a line a method: `base 401.2 ms/step`
    Step(BenchStep),
}

#[derive(Args)]
pub(crate) struct BenchStep {
    /// Channels of the network's first stage
    #[arg(long, default_value = "64", value_parser = crate::bench::size)]
    pub(crate) width: usize,
    /// Side of the square images, in pixels
    #[arg(long, default_value = "28", value_parser = crate::bench::size)]
    pub(crate) size: usize,
    /// Images a step
    #[arg(long, default_value = "16", value_parser = crate::bench::size)]
    pub(crate) batch: usize,
    /// Steps that count, after a warm-up
    #[arg(long, default_value = "10", value_parser = crate::bench::size)]
    pub(crate) steps: usize,
    /// Where to compute: `cpu`, `cuda` or `wgpu`
    #[arg(long, default_value_t = BackendKind::Cpu)]
    pub(crate) backend: BackendKind,
    /// Number of the device among those of the backend
    #[arg(long, default_value_t = 0, value_name = "N")]
    pub(crate) device: usize,
    /// Methods to measure: `base` or any method's name
    #[arg(value_parser = crate::bench::method, value_delimiter = ',', default_values = ["base", "actdiff", "gradmask", "rrr"], value_name = "METHOD")]
    pub(crate) methods: Vec<Method>,
}

#[derive(Args)]
pub(crate) struct TestArguments {
    /// Cargo features to check with, separated by commas: cuda, wgpu, vulkan
    #[arg(long, value_name = "FEATURE,...")]
    pub(crate) features: Option<String>,
}

fn method(text: &str) -> Result<Method, UnknownName> {
    text.trim().parse()
}

fn seed(text: &str) -> Result<u32, String> {
    text.trim().parse().map_err(|_| format!("expected a whole number from 0 to {}", u32::MAX))
}

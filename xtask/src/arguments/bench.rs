//! Arguments of `bench`.

use crate::bench::{Size, Variant};
use clap::{Args, Subcommand};
use herring_protocol::BackendKind;
use std::path::PathBuf;

const COMPARE_HELP: &str = "\
Examples:
  cargo xtask bench compare --python venv/bin/python --rows resnet18-w16 --rounds 5
      Four rows: the residual network of width 16 without and with penalties.
  cargo xtask bench compare --out compare.json --markdown docs/performance.md
      Every row, which takes an hour or more, as a table, as JSON, and in the page.

Rows, by the beginning of their names:
  resnet18-w64, resnet18-w16   28 pixels, batches of 16: base, actdiff, gradmask, rrr
  two-layer                    100 channels, 28 pixels, batches of 256: base, tap, rrr-area
  cnn, unet                    activmask2020's, 28 pixels, batches of 32
  resnet18-224, vgg16-224, densenet121-224
                               224 pixels, batches of 16: base, tap, rrr-area
  heatmap-vgg16                105x135 pixels, one image: base, squared-error, heatmap
  evaluation                   1,000 images through a network

Each program runs in a process of its own, one after the other, round by round. `best` is the
variant of PyTorch with the smallest median; a ratio is the median over rounds of the round's
ratio. Nothing else should be running.

Exit codes:
  0    every row was measured, whether its bar is met or not
  1    a program failed; the others were measured
  2    the command line or the page is invalid
  3    there is no Python with PyTorch";

const GPU_HELP: &str = "\
Examples:
  cargo run --release -p xtask --features cuda -- bench gpu
      The first GPU that CUDA finds; the page is runs/bench-gpu/page.md.
  cargo run --release -p xtask --features vulkan -- bench gpu --backend wgpu --device 1
  cargo xtask bench gpu --backend cpu --minutes 5
      The same of the processor.

It is called from a checkout, because it runs the golden values and the conformance suite with
cargo. The time that cargo needs to compile them is said and does not count. Then it makes the
smallest reproduction twice and compares the bytes, runs several processes at once, and measures
the rows of `bench compare`, beside PyTorch where it has the same kind of device.

Exit codes:
  0    everything that there was time for was done and is as it should be
  1    a suite failed or could not be built, two equal runs differ, or a program failed; the page
       says which
  2    the command line is invalid
  3    the device or the folder is missing, or no GPU backend is compiled in";

#[derive(Subcommand)]
pub(crate) enum BenchCommand {
    /// Prints the median time of one training step, one line for each method: `base 401.2 ms/step`
    Step(BenchStep),
    /// Measures training steps here and in PyTorch, in turns, as a table
    #[command(after_long_help = COMPARE_HELP)]
    Compare(BenchCompare),
    /// Says everything about a device in one command: is it right, is it repeatable, how fast is it
    #[command(after_long_help = GPU_HELP)]
    Gpu(BenchGpu),
}

#[derive(Args)]
pub(crate) struct BenchStep {
    /// The network: `resnet18-small` (3x3 stem, grey images), or on images of three channels `resnet18`, `vgg16`,
    /// `vgg16-keras` (heatmap-loss), `densenet121`, `mobilenet_v2`, `efficientnet_b0`; on grey images also tap2024's
    /// `two-layer` and activmask2020's `cnn`, `autoencoder` and `unet`
    #[arg(long, default_value = "resnet18-small", value_parser = crate::bench::model, value_name = "NAME")]
    pub(crate) model: String,
    /// Channels of the network's first stage [default: 64; 100 for two-layer; 16 for cnn, autoencoder and unet;
    /// mobilenet_v2 and efficientnet_b0 have their own]
    #[arg(long, value_parser = crate::bench::count)]
    pub(crate) width: Option<usize>,
    /// Rows and columns of the images, in pixels: one number for squares, or two as in 105x135
    #[arg(long, default_value = "28")]
    pub(crate) size: Size,
    /// Batch size
    #[arg(long, default_value = "16", value_parser = crate::bench::count)]
    pub(crate) batch: usize,
    /// Measured steps, after a warm-up
    #[arg(long, default_value = "10", value_parser = crate::bench::count)]
    pub(crate) steps: usize,
    /// Where to compute: `cpu`, `cuda` or `wgpu`
    #[arg(long, default_value_t = BackendKind::Cpu)]
    pub(crate) backend: BackendKind,
    /// Number of the device among those of the backend
    #[arg(long, default_value_t = 0, value_name = "N")]
    pub(crate) device: usize,
    /// Which paper's training losses are measured where none is named
    #[arg(long, default_value = "iclr2021", value_parser = ["iclr2021", "activmask2020", "tap2024", "heatmap-loss"], value_name = "PAPER")]
    pub(crate) paper: String,
    /// Say `ready` after the warm-up and measure after a line on standard input
    #[arg(long, hide = true)]
    pub(crate) wait: bool,
    /// Training losses to measure: `base`, `masked`, `normalised-sigmoids` and `squared-error` (heatmap-loss), `actdiff`,
    /// `actdiff-all` (activmask2020's), `adversarial`, `gradmask`, `heatmap`, `reconstruction`, `rrr`, `rrr-area` (tap2024's),
    /// `rbr`, `rbr-full`, `tap`, or several joined by `+`; `evaluation` is a pass over 1,000 images instead of a step [default:
    /// those of the paper]
    #[arg(value_parser = crate::bench::method, value_delimiter = ',', value_name = "METHOD")]
    pub(crate) methods: Vec<String>,
}

#[derive(Args)]
pub(crate) struct BenchCompare {
    /// A Python with PyTorch, and torchvision for its networks
    #[arg(long, default_value = "python3", value_name = "PROGRAM")]
    pub(crate) python: String,
    /// Only these rows: names or their beginnings, separated by commas [default: all]
    #[arg(long, value_delimiter = ',', value_parser = crate::bench::row, value_name = "NAME,...")]
    pub(crate) rows: Vec<String>,
    /// Only these ways to run PyTorch, separated by commas [default: all]
    #[arg(long, value_delimiter = ',', value_enum, value_name = "NAME,...")]
    pub(crate) variants: Vec<Variant>,
    /// Rounds
    #[arg(long, default_value = "3", value_parser = crate::bench::count, value_name = "N")]
    pub(crate) rounds: usize,
    /// Measured steps of a program in a round, after a warm-up
    #[arg(long, default_value = "5", value_parser = crate::bench::count, value_name = "N")]
    pub(crate) steps: usize,
    /// Threads of each program [default: one for each core]
    #[arg(long, value_parser = crate::bench::count, value_name = "N")]
    pub(crate) threads: Option<usize>,
    /// Write every measurement to this file as JSON, anew after each round
    #[arg(long, value_name = "FILE")]
    pub(crate) out: Option<PathBuf>,
    /// Write the table into this page, between its lines `<!-- bench compare -->` and `<!-- end of bench compare -->`; what
    /// was there goes
    #[arg(long, value_name = "FILE")]
    pub(crate) markdown: Option<PathBuf>,
}

#[derive(Args)]
pub(crate) struct BenchGpu {
    /// Where to compute: `cpu`, `cuda` or `wgpu` [default: the first GPU backend of this build]
    #[arg(long)]
    pub(crate) backend: Option<BackendKind>,
    /// Number of the device among those of the backend
    #[arg(long, default_value_t = 0, value_name = "N")]
    pub(crate) device: usize,
    /// Minutes that it may take, without compiling; what does not fit is listed
    #[arg(long, default_value = "10", value_parser = crate::bench::minutes, value_name = "N")]
    pub(crate) minutes: f64,
    /// A Python; if it has PyTorch for the device, PyTorch runs in turns with this program
    #[arg(long, default_value = "python3", value_name = "PROGRAM")]
    pub(crate) python: String,
    /// The folder that page.md and results.json are written into
    #[arg(long, default_value = "runs/bench-gpu", value_name = "DIR")]
    pub(crate) out: PathBuf,
}

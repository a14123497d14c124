//! Arguments of `bench`.

use crate::bench::Size;
use clap::{Args, Subcommand};
use herring_protocol::BackendKind;

#[derive(Subcommand)]
pub(crate) enum BenchCommand {
    /// Prints the median time of one training step, one line for each method: `base 401.2 ms/step`
    Step(BenchStep),
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

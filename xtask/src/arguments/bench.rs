//! Arguments of `bench`.

use clap::{Args, Subcommand};
use herring_protocol::BackendKind;

#[derive(Subcommand)]
pub(crate) enum BenchCommand {
    /// Prints the median time of one training step, one line for each method: `base 401.2 ms/step`
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
    /// Batch size
    #[arg(long, default_value = "16", value_parser = crate::bench::size)]
    pub(crate) batch: usize,
    /// Measured steps, after a warm-up
    #[arg(long, default_value = "10", value_parser = crate::bench::size)]
    pub(crate) steps: usize,
    /// Where to compute: `cpu`, `cuda` or `wgpu`
    #[arg(long, default_value_t = BackendKind::Cpu)]
    pub(crate) backend: BackendKind,
    /// Number of the device among those of the backend
    #[arg(long, default_value_t = 0, value_name = "N")]
    pub(crate) device: usize,
    /// Training losses to measure: `base`, `masked`, `actdiff`, `adversarial`, `gradmask`, `rrr`, or several joined by
    /// `+`
    #[arg(value_parser = crate::bench::method, value_delimiter = ',', default_values = ["base", "actdiff", "gradmask", "rrr"], value_name = "METHOD")]
    pub(crate) methods: Vec<String>,
}

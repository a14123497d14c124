//! Which runs are meant.

use clap::Args;
use herring_experiments::config::Scale;
use herring_protocol::{BackendKind, Method, UnknownName, Variant};
use std::path::PathBuf;

#[derive(Args)]
pub(crate) struct Selection {
    /// How large: `smoke` (under a minute, shows that everything runs), `quick` (minutes on two
    /// cores, shows the paper's findings) or `paper` (the paper's exact setting: a GPU, or days)
    #[arg(long, default_value_t = Scale::Quick, value_name = "SCALE")]
    pub(crate) scale: Scale,
    /// Where to compute: `cpu`, `cuda` or `wgpu`; see `cargo xtask devices`
    #[arg(long, default_value_t = BackendKind::Cpu)]
    pub(crate) backend: BackendKind,
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
    /// A configuration of your own, in the format of experiments/iclr2021/crosses.toml
    #[arg(long, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
    /// Take a method's hyper-parameters from the search in this folder; may be given for each method
    #[arg(long, value_name = "DIR")]
    pub(crate) from_search: Vec<PathBuf>,
}

impl Selection {
    /// The folder for runs, table and report.
    pub(crate) fn folder(&self) -> PathBuf {
        let Self { scale, variant, backend, .. } = self;
        self.out.clone().unwrap_or_else(|| PathBuf::from(format!("runs/iclr2021-{scale}-{variant}-{backend}")))
    }
}

fn method(text: &str) -> Result<Method, UnknownName> {
    text.trim().parse()
}

fn seed(text: &str) -> Result<u32, String> {
    text.trim().parse().map_err(|_| format!("expected a whole number from 0 to {}", u32::MAX))
}

//! Arguments of `search`.

use super::{ImagePlaces, Running, paper};
use clap::{Args, ValueEnum};
use herring_experiments::{Paper, config::Scale};
use herring_protocol::{BackendKind, MethodName, Variant};
use std::path::PathBuf;

/// How points are proposed after the first ones.
#[derive(Clone, Copy, ValueEnum)]
pub(crate) enum Proposals {
    /// By a Gaussian process (a build with the feature `search`)
    Bayesian,
    /// At random
    Random,
}

#[derive(Args)]
pub(crate) struct Search {
    /// Which paper
    #[arg(value_name = "PAPER", value_parser = paper)]
    pub(crate) paper: &'static Paper,
    /// Which experiment [default: the paper's first]
    #[arg(long, value_name = "NAME")]
    pub(crate) experiment: Option<String>,
    #[command(flatten)]
    pub(crate) places: ImagePlaces,
    /// The method whose hyper-parameters are searched
    #[arg(long)]
    pub(crate) method: MethodName,
    /// Scale of the trials: `smoke`, `quick` or `paper`
    #[arg(long, default_value_t = Scale::Quick, value_name = "SCALE")]
    pub(crate) scale: Scale,
    /// Where to compute: `cpu`, `cuda` or `wgpu`; see `cargo xtask devices`
    #[arg(long, default_value_t = BackendKind::Cpu)]
    pub(crate) backend: BackendKind,
    /// What to follow where the paper's text and its released code differ: `paper` or `released`
    #[arg(long, default_value_t = Variant::Released)]
    pub(crate) variant: Variant,
    /// A file of weights that the trials start from, as in `repro-*`; it is stored for later commands
    #[arg(long, value_parser = crate::weights::named, value_name = "NAME=FILE")]
    pub(crate) weights: Vec<crate::weights::Named>,
    /// How points are proposed after the first ones
    #[arg(long, default_value = "bayesian")]
    pub(crate) strategy: Proposals,
    /// Random points at the beginning [default: the paper's 5]
    #[arg(long, value_name = "N")]
    pub(crate) initial: Option<usize>,
    /// Points after the random ones [default: the paper's 20]
    #[arg(long, value_name = "N")]
    pub(crate) iterations: Option<usize>,
    /// A search space of your own, in the format of experiments/iclr2021/search/crosses.toml
    #[arg(long, value_name = "FILE")]
    pub(crate) space: Option<PathBuf>,
    /// A configuration of your own, in the format of experiments/iclr2021/crosses.toml
    #[arg(long, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
    /// The search's folder [default: runs/PAPER-search-METHOD-SCALE-VARIANT-BACKEND]
    #[arg(long, value_name = "DIR")]
    pub(crate) out: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) running: Running,
}

//! Which runs are meant.

use clap::{Args, ValueEnum};
use herring_experiments::config::{Known, Scale};
use herring_protocol::{BackendKind, Method, UnknownName, Variant};
use herring_tables::{LabelNames, OwnOptions};
use std::path::{Path, PathBuf};

/// What `--experiment` names: one experiment, or several.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Experiments {
    /// The synthetic crosses; nothing is needed
    Crosses,
    /// Table 1: cardiomegaly on NIH and PadChest, with and without the correlation
    Xray,
    /// Table 1, with the site-pathology correlation only
    XraySpc,
    /// Table 1, without the correlation only
    XrayNoSpc,
    /// Table 2: pneumonia on RSNA, with and without the correlation
    Rsna,
    /// Table 2, with the view-pathology correlation only
    RsnaVpc,
    /// Table 2, without the correlation only
    RsnaNoVpc,
    /// Images of your own; see --manifest
    Own,
    /// Everything in the paper
    All,
}

impl Experiments {
    /// The experiments that are meant, in the order of the paper.
    pub(crate) fn known(self) -> Vec<Known> {
        match self {
            Self::Crosses => vec![Known::Crosses],
            Self::Xray => vec![Known::XraySpc, Known::XrayNoSpc],
            Self::XraySpc => vec![Known::XraySpc],
            Self::XrayNoSpc => vec![Known::XrayNoSpc],
            Self::Rsna => vec![Known::RsnaVpc, Known::RsnaNoVpc],
            Self::RsnaVpc => vec![Known::RsnaVpc],
            Self::RsnaNoVpc => vec![Known::RsnaNoVpc],
            Self::Own => vec![Known::Own],
            Self::All => Known::ALL.into_iter().filter(|known| *known != Known::Own).collect(),
        }
    }
}

/// How tables of images are read.
#[derive(Args, Clone)]
pub(crate) struct TableOptions {
    /// Classes and environments of your own whose names differ only in case, spaces or the way a number is
    /// written: keep them apart, or make one of them
    #[arg(long, value_enum, default_value = "exact", value_name = "HOW")]
    pub(crate) labels: Labels,
    /// Let paths in a manifest of your own lead outside its folder
    #[arg(long)]
    pub(crate) allow_outside: bool,
    /// Leave images out before anything is drawn: a file with an id a line, or a CSV with the columns id and
    /// reason; or `known` for the broken files that the official manifests list
    #[arg(long, value_name = "FILE")]
    pub(crate) exclude: Vec<String>,
}

impl TableOptions {
    /// How a table of one's own is read.
    pub(crate) fn own(&self) -> OwnOptions {
        let labels = match self.labels {
            Labels::Exact => LabelNames::Exact,
            Labels::Merge => LabelNames::Merge,
        };
        OwnOptions { labels, allow_outside: self.allow_outside }
    }
}

/// What is made of names that are alike.
#[derive(Clone, Copy, ValueEnum)]
pub(crate) enum Labels {
    /// Names are what they are; a warning says which are alike
    Exact,
    /// Names that are alike are one, spelled as most rows spell it
    Merge,
}

/// Where images are that are files.
#[derive(Args, Clone)]
pub(crate) struct ImagePlaces {
    /// The folder that holds nih/, padchest/ and rsna/; see `cargo xtask data check`
    #[arg(long, value_name = "DIR")]
    pub(crate) data_root: Option<PathBuf>,
    /// Images of your own: a CSV file with the columns image, label and environment, or a folder
    /// images/ENVIRONMENT/LABEL/; see docs/own-images.md
    #[arg(long, value_name = "FILE")]
    pub(crate) manifest: Option<PathBuf>,
    /// Where prepared images are kept; may be shared by any number of experiments. It decides no result:
    /// naming another one goes on with a reproduction whose images were moved [default: that of the
    /// reproduction, or runs/images]
    #[arg(long, value_name = "DIR")]
    pub(crate) cache: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) tables: TableOptions,
}

impl ImagePlaces {
    /// Where prepared images are kept.
    pub(crate) fn cache(&self) -> &Path {
        self.cache.as_deref().unwrap_or(Path::new("runs/images"))
    }
}

#[derive(Args)]
pub(crate) struct Selection {
    /// Which experiment
    #[arg(long, value_enum, default_value = "crosses")]
    pub(crate) experiment: Experiments,
    #[command(flatten)]
    pub(crate) places: ImagePlaces,
    /// How large: `smoke` (under a minute, shows that everything runs), `quick` (minutes on two
    /// cores, shows the paper's findings) or `paper` (the paper's exact setting: a GPU, or days)
    #[arg(long, default_value_t = Scale::Quick, value_name = "SCALE")]
    pub(crate) scale: Scale,
    /// Where to compute: `cpu`, `cuda` or `wgpu`; see `cargo xtask devices`
    #[arg(long, default_value_t = BackendKind::Cpu)]
    pub(crate) backend: BackendKind,
    /// Rows of the table, separated by commas: baseline, masked, masked-zero, actdiff, adversarial,
    /// gradmask, rrr, mask-all [default: all but masked-zero and mask-all]
    #[arg(long, value_delimiter = ',', value_parser = method, value_name = "METHOD,...")]
    pub(crate) methods: Option<Vec<Method>>,
    /// Seeds, separated by commas [default: those of the scale]
    #[arg(long, value_delimiter = ',', value_parser = seed, allow_negative_numbers = true, value_name = "SEED,...")]
    pub(crate) seeds: Option<Vec<u32>>,
    /// Which reading to follow where the paper's text and its code differ: `paper` or `released`,
    /// which made the printed numbers
    #[arg(long, default_value_t = Variant::Released)]
    pub(crate) variant: Variant,
    /// Folder for runs, table and report; of several experiments each gets a folder in it [default:
    /// runs/iclr2021-SCALE-VARIANT-BACKEND, with the experiment's name where it is not the crosses]
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
    /// The folder for runs, table and report of an experiment.
    pub(crate) fn folder(&self, known: Known) -> PathBuf {
        let Self { scale, variant, backend, .. } = self;
        match (&self.out, known) {
            (Some(out), _) if self.experiment.known().len() > 1 => out.join(known.name()),
            (Some(out), _) => out.clone(),
            (None, Known::Crosses) => PathBuf::from(format!("runs/iclr2021-{scale}-{variant}-{backend}")),
            (None, _) => PathBuf::from(format!("runs/iclr2021-{known}-{scale}-{variant}-{backend}")),
        }
    }

    /// The folder for what several experiments come to together.
    pub(crate) fn common_folder(&self) -> PathBuf {
        let Self { scale, variant, backend, .. } = self;
        self.out.clone().unwrap_or_else(|| PathBuf::from(format!("runs/iclr2021-all-{scale}-{variant}-{backend}")))
    }
}

fn method(text: &str) -> Result<Method, UnknownName> {
    text.trim().parse()
}

fn seed(text: &str) -> Result<u32, String> {
    text.trim().parse().map_err(|_| format!("expected a whole number from 0 to {}", u32::MAX))
}

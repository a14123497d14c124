//! Arguments that select runs.

use crate::failure::{Failure, bad_input};
use clap::{Args, ValueEnum};
use herring_experiments::{Exit, Experiment, Paper, config::Scale};
use herring_protocol::{BackendKind, MethodName, UnknownName, Variant};
use herring_tables::{LabelNames, OwnOptions};
use std::path::{Path, PathBuf};

/// How tables of images are read.
#[derive(Args, Clone)]
pub(crate) struct TableOptions {
    /// How to treat names of classes and environments that differ only in case, spaces or the way a number is
    /// written: keep them apart, or merge them
    #[arg(long, value_enum, default_value = "exact", value_name = "HOW")]
    pub(crate) labels: Labels,
    /// Allow paths outside the folder of your manifest
    #[arg(long)]
    pub(crate) allow_outside: bool,
    /// Exclude images before the split is drawn: a file with one id on each line, or a CSV with the columns id and
    /// reason; or `known` for the broken files that the official manifests list
    #[arg(long, value_name = "FILE")]
    pub(crate) exclude: Vec<String>,
    /// Reduce your own images in colour to their luminance, as Pillow's convert("L") [default: three channels if any of
    /// them has colours]
    #[arg(long)]
    pub(crate) grey: bool,
}

impl TableOptions {
    /// Options for a table of the user's images.
    pub(crate) fn own(&self) -> OwnOptions {
        let labels = match self.labels {
            Labels::Exact => LabelNames::Exact,
            Labels::Merge => LabelNames::Merge,
        };
        OwnOptions { labels, allow_outside: self.allow_outside }
    }
}

/// How to treat similar names.
#[derive(Clone, Copy, ValueEnum)]
pub(crate) enum Labels {
    /// Keep similar names apart and warn about them
    Exact,
    /// Merge similar names, spelled as in most rows
    Merge,
}

/// Where image files are.
#[derive(Args, Clone)]
pub(crate) struct ImagePlaces {
    /// The folder that holds nih/, padchest/, rsna/, Task02_Heart/, Task03_Liver/, Task07_Pancreas/, mnist/, chest_xray/
    /// or kneeKL224/; see `cargo xtask data check`
    #[arg(long, value_name = "DIR")]
    pub(crate) data_root: Option<PathBuf>,
    /// Images of your own: a CSV file with the columns image, label and environment, or a folder
    /// images/ENVIRONMENT/LABEL/; see docs/own-images.md
    #[arg(long, value_name = "FILE")]
    pub(crate) manifest: Option<PathBuf>,
    /// Folder for prepared images; any number of experiments may share it. It affects no result. If the
    /// images of a reproduction were moved, name their new folder here [default: that of the reproduction,
    /// or runs/images]
    #[arg(long, value_name = "DIR")]
    pub(crate) cache: Option<PathBuf>,
    /// For your own images: share of a class that comes from its home environment in training, from 0 to 1; one over the
    /// number of environments is the control without correlation [default: that of the configuration]
    #[arg(long, value_parser = share, allow_negative_numbers = true, value_name = "SHARE")]
    pub(crate) ratio: Option<f64>,
    #[command(flatten)]
    pub(crate) tables: TableOptions,
}

impl ImagePlaces {
    /// The folder for prepared images.
    pub(crate) fn cache(&self) -> &Path {
        self.cache.as_deref().unwrap_or(Path::new("runs/images"))
    }

    /// The folder of the official collections, which is needed here.
    pub(crate) fn data_root(&self) -> Result<&Path, Failure> {
        let missing = "--data-root is missing: expected the folder that holds the data";
        self.data_root.as_deref().ok_or_else(|| bad_input(missing))
    }

    /// The manifest of the user's own images, which is needed here.
    pub(crate) fn manifest(&self) -> Result<&Path, Failure> {
        let missing = "--manifest is missing: expected a CSV file or folder that lists your images";
        self.manifest.as_deref().ok_or_else(|| bad_input(missing))
    }
}

#[derive(Args)]
pub(crate) struct Selection {
    /// Which experiment, or several under one name; see `cargo xtask papers` [default: the paper's first]
    #[arg(long, value_name = "NAME")]
    pub(crate) experiment: Option<String>,
    #[command(flatten)]
    pub(crate) places: ImagePlaces,
    /// Scale: `smoke` (under a minute, shows that everything runs), `quick` (minutes on two cores,
    /// shows the paper's findings) or `paper` (the paper's exact setting: a GPU, or days)
    #[arg(long, default_value_t = Scale::Quick, value_name = "SCALE")]
    pub(crate) scale: Scale,
    /// Where to compute: `cpu`, `cuda` or `wgpu`; see `cargo xtask devices`
    #[arg(long, default_value_t = BackendKind::Cpu)]
    pub(crate) backend: BackendKind,
    /// Rows of the table, separated by commas; `cargo xtask papers PAPER` lists them [default: all that are not
    /// optional]
    #[arg(long, value_delimiter = ',', value_parser = method, value_name = "METHOD,...")]
    pub(crate) methods: Option<Vec<MethodName>>,
    /// Seeds, separated by commas [default: those of the scale]
    #[arg(long, value_delimiter = ',', value_parser = seed, allow_negative_numbers = true, value_name = "SEED,...")]
    pub(crate) seeds: Option<Vec<u32>>,
    /// What to follow where the paper's text and its released code differ: `paper` or `released`; the
    /// released code produced the printed numbers
    #[arg(long, default_value_t = Variant::Released)]
    pub(crate) variant: Variant,
    /// Folder for runs, table and report; each of several experiments gets a subfolder [default:
    /// runs/PAPER-SCALE-VARIANT-BACKEND, with the experiment's name where it is not the paper's first]
    #[arg(long, value_name = "DIR")]
    pub(crate) out: Option<PathBuf>,
    /// A configuration of your own, in the format of experiments/iclr2021/crosses.toml
    #[arg(long, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
    /// A file of weights that runs start from, for instance `resnet18=resnet18-f37072fd.pth`: torch.save's .pth,
    /// safetensors, or Keras' VGG-16 .h5; may be given once for each name. See `cargo xtask data check weights`
    #[arg(long, value_parser = crate::weights::named, value_name = "NAME=FILE")]
    pub(crate) weights: Vec<crate::weights::Named>,
    /// Use the hyper-parameters found by the search in this folder; may be given once for each method
    #[arg(long, value_name = "DIR")]
    pub(crate) from_search: Vec<PathBuf>,
}

impl Selection {
    /// The selected experiments of `paper`, in the order of the paper.
    pub(crate) fn experiments(&self, paper: &Paper) -> Result<Vec<&'static Experiment>, Failure> {
        experiments(paper, self.experiment.as_deref())
    }

    /// The folder for runs, table and report of an experiment; `several` says whether it is one of several.
    pub(crate) fn folder(&self, paper: &Paper, experiment: &Experiment, several: bool) -> PathBuf {
        let Self { scale, variant, backend, .. } = self;
        match &self.out {
            Some(out) if several => out.join(experiment.name),
            Some(out) => out.clone(),
            None => PathBuf::from(format!("runs/{}{scale}-{variant}-{backend}", folder_prefix(paper, experiment))),
        }
    }

    /// The folder for the overview of several experiments.
    pub(crate) fn common_folder(&self, paper: &Paper) -> PathBuf {
        let Self { scale, variant, backend, .. } = self;
        let usual = || PathBuf::from(format!("runs/{}-all-{scale}-{variant}-{backend}", paper.name));
        self.out.clone().unwrap_or_else(usual)
    }
}

/// The experiments of `paper` under a name, or its first one.
pub(crate) fn experiments(paper: &Paper, name: Option<&str>) -> Result<Vec<&'static Experiment>, Failure> {
    let first = || paper.experiments.first().map_or("", |experiment| experiment.name);
    let name = name.unwrap_or_else(first);
    let found = paper.selection(name);
    if found.is_empty() {
        let names: Vec<_> = paper.names().map(|(name, _)| name).collect();
        let text = format!("--experiment: found '{name}', expected one of {}", names.join(", "));
        return Err(Failure { text, exit: Exit::BadInput });
    }
    Ok(found)
}

/// Prefix of the names of an experiment's folders.
pub(crate) fn folder_prefix(paper: &Paper, experiment: &Experiment) -> String {
    match paper.experiments.first() {
        Some(first) if first.name == experiment.name => format!("{}-", paper.name),
        _ => format!("{}-{}-", paper.name, experiment.name),
    }
}

pub(super) fn method(text: &str) -> Result<MethodName, UnknownName> {
    text.trim().parse()
}

fn share(text: &str) -> Result<f64, String> {
    let parsed = text.trim().parse().ok().filter(|share: &f64| (0.0..=1.0).contains(share));
    parsed.ok_or_else(|| "expected a share from 0 to 1".to_owned())
}

fn seed(text: &str) -> Result<u32, String> {
    text.trim().parse().map_err(|_| format!("expected a whole number from 0 to {}", u32::MAX))
}

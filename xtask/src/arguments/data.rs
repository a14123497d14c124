//! Arguments of `data`.

use super::{ImagePlaces, TableOptions};
use clap::{Args, Subcommand, ValueEnum};
use herring_experiments::config::Scale;
use herring_protocol::PathologyName;
use std::path::PathBuf;

#[derive(Subcommand)]
pub(crate) enum DataCommand {
    /// Checks that a folder holds a complete, readable data set
    Check(CheckData),
    /// Prints how a table is split into training, validation and test, and writes the list
    Split(SplitData),
    /// Writes a generated stand-in for a collection, in its official format
    StandIn(StandinData),
}

/// Where the data are.
#[derive(Args)]
pub(crate) struct DataPlaces {
    /// The folder that holds nih/, padchest/, rsna/, Task02_Heart/, Task03_Liver/, Task07_Pancreas/, mnist/, chest_xray/ or
    /// kneeKL224/
    #[arg(long, visible_alias = "root", value_name = "DIR")]
    data_root: Option<PathBuf>,
    /// Images of your own: a CSV file, or a folder images/ENVIRONMENT/LABEL/
    #[arg(long, value_name = "FILE")]
    manifest: Option<PathBuf>,
    #[command(flatten)]
    tables: TableOptions,
}

impl DataPlaces {
    /// The same without a cache, which is not used.
    pub(crate) fn places(&self) -> ImagePlaces {
        let Self { data_root, manifest, tables } = self;
        ImagePlaces {
            data_root: data_root.clone(),
            manifest: manifest.clone(),
            cache: None,
            ratio: None,
            tables: tables.clone(),
        }
    }
}

#[derive(Args)]
pub(crate) struct CheckData {
    /// nih, padchest, rsna, xray (the first two), heart, liver, pancreas, decathlon (these three), mnist, pneumonia, knee,
    /// own, or weights (files that networks start from)
    #[arg(value_name = "NAME")]
    pub(crate) name: String,
    #[command(flatten)]
    pub(crate) from: DataPlaces,
    /// For xray, nih and padchest: which pathology, `cardiomegaly` (iclr2021) or `emphysema` (activmask2020)
    #[arg(long, default_value_t, value_name = "NAME")]
    pub(crate) pathology: PathologyName,
    /// Read only the headers of images and volumes, without decoding them
    #[arg(long)]
    pub(crate) headers: bool,
    /// List all findings, not only the first of each kind
    #[arg(long)]
    pub(crate) all: bool,
    /// For own: the configuration that the images are for, in the format of experiments/audit/images.toml
    #[arg(long, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
    /// For own: the scale whose splits and sizes are checked
    #[arg(long, default_value_t = Scale::Quick, value_name = "SCALE")]
    pub(crate) scale: Scale,
}

#[derive(Args)]
pub(crate) struct SplitData {
    /// xray, rsna or own
    #[arg(value_name = "NAME")]
    pub(crate) name: String,
    #[command(flatten)]
    pub(crate) from: DataPlaces,
    /// For xray: which pathology, `cardiomegaly` (iclr2021) or `emphysema` (activmask2020)
    #[arg(long, default_value_t, value_name = "NAME")]
    pub(crate) pathology: PathologyName,
    /// Share of a class that comes from its home environment in training
    #[arg(long, default_value_t = 0.9)]
    pub(crate) ratio: f64,
    /// Seed of the draw [default: 0 for rsna, whose split is the same for every run, else 1234]
    #[arg(long)]
    pub(crate) seed: Option<u32>,
    /// Rule for validation and test [default: later for own, as `audit` has it, else printed]
    #[arg(long, value_enum)]
    pub(crate) rule: Option<SplitRule>,
    /// At most this many images of each environment and class
    #[arg(long, value_name = "N")]
    pub(crate) cell_limit: Option<usize>,
    /// Write the list to this file, as CSV
    #[arg(long, value_name = "FILE")]
    pub(crate) to: Option<PathBuf>,
}

/// Rules that draw validation and test images.
#[derive(Clone, Copy, ValueEnum)]
pub(crate) enum SplitRule {
    /// Validation and test reversed
    Printed,
    /// Half as much training, validation as in training
    Later,
}

/// Data sets that can be replaced by generated ones.
#[derive(Clone, Copy, ValueEnum)]
pub(crate) enum Standin {
    /// NIH and PadChest, with a mark of the hospital in a corner
    Xray,
    /// The same with emphysema instead of cardiomegaly, 128 x 128, as activmask2020 has it
    Emphysema,
    /// RSNA, with a mark of the view in a corner
    Rsna,
    /// A manifest with three classes and three environments
    Own,
    /// Small images in colour, with a manifest: circles and squares on grass and sand
    Shapes,
    /// Three tasks of the Medical Segmentation Decathlon: an organ in volumes
    Decathlon,
    /// Chest radiographs with and without pneumonia, JPEG, as tap2024 has them
    Pneumonia,
    /// Knee radiographs of five grades, PNG, as tap2024 has them
    Knee,
}

/// Editions of a collection.
#[derive(Clone, Copy, ValueEnum)]
pub(crate) enum StandinEdition {
    /// The small editions: 224 x 224 PNG (emphysema: 128 x 128) for NIH and PadChest, JPEG and a table of headers for RSNA
    Small,
    /// As published by their owners: many folders, full size, DICOM for RSNA
    Full,
}

#[derive(Args)]
pub(crate) struct StandinData {
    /// Which data set
    #[arg(value_enum, value_name = "NAME")]
    pub(crate) name: Standin,
    /// The folder to create
    #[arg(long, visible_alias = "out", value_name = "DIR")]
    pub(crate) root: PathBuf,
    /// Images of each environment and class, training images of each class, volumes of each task [default: enough for
    /// the scale]
    #[arg(long, value_name = "N")]
    pub(crate) per_cell: Option<usize>,
    /// Scale that determines the default numbers and sizes
    #[arg(long, default_value_t = Scale::Quick, value_name = "SCALE")]
    pub(crate) scale: Scale,
    /// How visible the pathology, or the shape, is, from 0 to 1 [default: 0.15 for xray and emphysema, 0.2 for rsna, 0.5 for
    /// own, 1 for shapes]
    #[arg(long, value_name = "SHARE")]
    pub(crate) pathology: Option<f32>,
    /// How visible the mark of the environment is, or how much the backgrounds of shapes differ, from 0 to 1 [default: 0.9]
    #[arg(long, value_name = "SHARE")]
    pub(crate) marker: Option<f32>,
    /// Layout and size of xray, emphysema and rsna; the others have only one
    #[arg(long, value_enum, default_value = "small")]
    pub(crate) edition: StandinEdition,
    /// Seed of the generator
    #[arg(long, default_value_t = 1, value_name = "SEED")]
    pub(crate) seed: u32,
}

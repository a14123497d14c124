//! What an experiment on files says about its images.

use super::{ConfigError, text::Text};
use herring_datasets::confounded::Rule;
use herring_protocol::AucKind;
use serde::{Deserialize, Serialize};
use toml::Spanned;

/// Which table of images an experiment draws from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum TableName {
    /// NIH ChestX-ray14 and PadChest: the environment is the hospital.
    Xray,
    /// The RSNA Pneumonia Detection Challenge: the environment is the view.
    Rsna,
    /// A manifest of one's own.
    Own,
}

impl TableName {
    /// The name in files.
    pub fn name(self) -> &'static str {
        match self {
            Self::Xray => "xray",
            Self::Rsna => "rsna",
            Self::Own => "own",
        }
    }

    /// Which score is the AUC where the experiment does not say: the authors' beside a paper's numbers, and
    /// the ROC AUC where there are none.
    pub fn auc(self) -> AucKind {
        match self {
            Self::Xray | Self::Rsna => AucKind::Authors,
            Self::Own => AucKind::Roc,
        }
    }
}

/// How images come to their size.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ResizeName {
    /// As PIL's bilinear filter.
    Pillow,
    /// As scikit-image's `resize`: a Gaussian and bilinear interpolation.
    Skimage,
}

impl ResizeName {
    /// The name in files.
    pub fn name(self) -> &'static str {
        match self {
            Self::Pillow => "pillow",
            Self::Skimage => "skimage",
        }
    }
}

/// The images of an experiment: everything about them that does not change with the scale.
#[derive(Debug, Clone, PartialEq)]
pub struct ImagesTable {
    /// Where they come from.
    pub table: TableName,
    /// Share of a class that comes from its home environment in training, in `[0, 1]`.
    pub ratio: f64,
    /// Rule by which validation and test are drawn.
    pub rule: Rule,
    /// The seed of the split, where it is not the run's.
    pub split_seed: Option<u32>,
    /// How images come to their size.
    pub resize: ResizeName,
    /// Whether negatives without boxes have an empty mask, as the released code has it, or a full one.
    pub empty_negatives: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawImages {
    table: TableName,
    ratio: Spanned<f64>,
    #[serde(default)]
    rule: Rule,
    split_seed: Option<u32>,
    resize: ResizeName,
    #[serde(default)]
    empty_negatives: bool,
}

impl ImagesTable {
    pub(super) fn check(text: &Text, raw: &RawImages) -> Result<Self, ConfigError> {
        let ratio = text.check("ratio", &raw.ratio, "a share from 0 to 1", |ratio| (0.0..=1.0).contains(&ratio))?;
        Ok(Self {
            table: raw.table,
            ratio,
            rule: raw.rule,
            split_seed: raw.split_seed,
            resize: raw.resize,
            empty_negatives: raw.empty_negatives,
        })
    }
}

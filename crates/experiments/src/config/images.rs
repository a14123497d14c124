//! What an experiment on files says about its images.

use super::{ConfigError, text::Text};
use herring_datasets::confounded::Rule;
use herring_protocol::AucKind;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
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
    /// The stored value that counts as white in images of one's own, where it is not the greatest of their depth.
    pub maximum: Maximum,
    /// The share of the range from which a pixel of a mask file of one's own is inside, in `(0, 1]`; without one
    /// the rule of `herring_pixels::MaskSettings`.
    pub mask_threshold: Option<f64>,
}

/// The stored value that counts as white.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(untagged)]
pub enum Maximum {
    /// The greatest value that a file's depth holds.
    #[default]
    #[serde(skip)]
    OfDepth,
    /// One for all images.
    Same(u32),
    /// One for each environment that is named; the depth's for the others.
    Each(BTreeMap<String, u32>),
}

impl Maximum {
    /// That of an environment, where one is given.
    pub fn of(&self, environment: &str) -> Option<u32> {
        match self {
            Self::OfDepth => None,
            Self::Same(value) => Some(*value),
            Self::Each(values) => values.get(environment).copied(),
        }
    }

    /// The environments that are named.
    pub fn named(&self) -> impl Iterator<Item = &str> {
        match self {
            Self::Each(values) => Some(values.keys().map(String::as_str)),
            _ => None,
        }
        .into_iter()
        .flatten()
    }

    fn values(&self) -> Vec<u32> {
        match self {
            Self::OfDepth => Vec::new(),
            Self::Same(value) => vec![*value],
            Self::Each(values) => values.values().copied().collect(),
        }
    }
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
    maximum: Option<Spanned<Maximum>>,
    mask_threshold: Option<Spanned<f64>>,
}

impl ImagesTable {
    pub(super) fn check(text: &Text, raw: &RawImages) -> Result<Self, ConfigError> {
        let ratio = text.check("ratio", &raw.ratio, "a share from 0 to 1", |ratio| (0.0..=1.0).contains(&ratio))?;
        let own = raw.table == TableName::Own;
        let maximum = match &raw.maximum {
            None => Maximum::OfDepth,
            Some(maximum) => {
                let values = maximum.get_ref().values();
                if !own || !values.iter().all(|value| (1..=65_535).contains(value)) {
                    let expected =
                        "1 to 65535, for all or for each environment, in an experiment on images of one's own";
                    return Err(text.invalid(maximum.span(), "maximum", format!("{values:?}"), expected));
                }
                maximum.get_ref().clone()
            }
        };
        let mask_threshold = match &raw.mask_threshold {
            None => None,
            Some(threshold) => {
                let expected = "a share above 0 and at most 1, in an experiment on images of one's own";
                Some(text.check("mask_threshold", threshold, expected, |share| own && share > 0.0 && share <= 1.0)?)
            }
        };
        Ok(Self {
            table: raw.table,
            ratio,
            rule: raw.rule,
            split_seed: raw.split_seed,
            resize: raw.resize,
            empty_negatives: raw.empty_negatives,
            maximum,
            mask_threshold,
        })
    }
}

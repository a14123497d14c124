//! The channels of images from files, and how their values are normalised.

use crate::names::named;
use serde::{Deserialize, Serialize};
use std::{fmt, str::FromStr};

/// Which channels images from files have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum ChannelsName {
    /// One, of grey images.
    #[default]
    Grey,
    /// One, the luminance of images in colour.
    Luminance,
    /// Three: red, green and blue; of a grey image three equal ones.
    Colour,
}

named!(ChannelsName, "choice of channels", Grey => "grey", Luminance => "luminance", Colour => "colour");

/// How the values of an image's channels, shares of white in `[0, 1]`, are normalised: `(v - mean) / deviation`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum NormalisationSpec {
    /// By statistics that have a name.
    Named(StatisticsName),
    /// By given statistics.
    Given(Statistics),
}

/// Statistics with a name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum StatisticsName {
    /// Those of ImageNet, which networks with torchvision's weights expect.
    Imagenet,
}

named!(StatisticsName, "name of statistics", Imagenet => "imagenet");

/// Mean and standard deviation of each channel: one number, or three. With three, a grey image gets three equal channels
/// before they are normalised.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Statistics {
    /// What is subtracted.
    pub mean: Vec<f64>,
    /// What the difference is divided by; above 0.
    pub deviation: Vec<f64>,
}

impl NormalisationSpec {
    /// The numbers.
    pub fn statistics(&self) -> Statistics {
        match self {
            Self::Named(StatisticsName::Imagenet) => {
                Statistics { mean: vec![0.485, 0.456, 0.406], deviation: vec![0.229, 0.224, 0.225] }
            }
            Self::Given(statistics) => statistics.clone(),
        }
    }
}

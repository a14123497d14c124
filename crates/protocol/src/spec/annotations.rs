//! Where the masks of the training images come from.

use crate::{identity::RunId, names::named, spec::ModelSpec};
use serde::{Deserialize, Serialize};
use std::{fmt, str::FromStr};

/// How attributions are divided into evidence and the rest, which a penalty keeps the model from looking at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum CutName {
    /// `tau` is a quantile of the image's attributions; pixels at or below it are not evidence (tap2024, released code).
    Quantile,
    /// `tau` is an attribution itself, where the image's largest is 1; pixels below it are not evidence (tap2024,
    /// equation 14).
    Threshold,
}

named!(CutName, "way to cut attributions", Quantile => "quantile", Threshold => "threshold");

/// Where the masks of the training images come from.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case", deny_unknown_fields)]
pub enum AnnotationSpec {
    /// The masks that come with the data.
    Given {
        /// Fraction of the training masks that are kept, in `[0, 1]`; the others become all ones, so that no pixel
        /// is outside.
        fraction: f64,
    },
    /// The magnitudes of the teacher's input gradients, cut (tap2024, section 4.3).
    Teacher {
        /// Where they are cut, in `[0, 1]`.
        tau: f64,
        /// What `tau` means.
        cut: CutName,
    },
    /// The magnitudes of standard normal noise, drawn once for each image, cut: what a teacher must be better than.
    Random {
        /// Where they are cut, in `[0, 1]`.
        tau: f64,
        /// What `tau` means.
        cut: CutName,
    },
}

impl AnnotationSpec {
    /// Fraction of the given masks that are kept, in `[0, 1]`; 1 where none is given.
    pub fn fraction(&self) -> f64 {
        match self {
            Self::Given { fraction } => *fraction,
            Self::Teacher { .. } | Self::Random { .. } => 1.0,
        }
    }

    /// Whether they need a teacher.
    pub fn needs_teacher(&self) -> bool {
        matches!(self, Self::Teacher { .. })
    }
}

/// A trained network that a run learns from: by its attributions or by what it computes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TeacherSpec {
    /// The run whose selected model it is, which must be finished first.
    pub run: RunId,
    /// Its network.
    pub model: ModelSpec,
}

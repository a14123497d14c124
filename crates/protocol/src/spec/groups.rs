//! How the groups of the training images, a class in an environment each, count in the loss.

use crate::names::named;
use serde::{Deserialize, Serialize};
use std::{fmt, str::FromStr};

/// How the images of an epoch are drawn for GroupDRO.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum GroupDraw {
    /// As many images as there are, each of a group that is drawn evenly (Sagawa et al. 2020, algorithm 1).
    #[default]
    Balanced,
    /// Each image once, so that most batches lack small groups.
    Shuffled,
}

named!(GroupDraw, "draw of the images", Balanced => "balanced", Shuffled => "shuffled");

/// How the groups of the training images count, for which no mask is needed. A group is a cell of the training images: those
/// of one class and one environment (Sagawa et al. 2020). It is not the column `group` of a table, which names patients.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case", deny_unknown_fields)]
pub enum GroupsSpec {
    /// All alike: the loss of an image is weighted by `n / (m n_g)`, where `n_g` of the `n` training images are of its group
    /// and there are `m` groups with images.
    #[serde(deserialize_with = "crate::spec::nothing_else")]
    Reweighted,
    /// All alike: images are drawn with replacement, first a group and then one of its images.
    #[serde(deserialize_with = "crate::spec::nothing_else")]
    Resampled,
    /// Those with the greatest losses most: GroupDRO (Sagawa et al. 2020, algorithm 1).
    Robust {
        /// Step of the groups' weights; 0.01 in the paper.
        step: f64,
        /// `C`: `C / sqrt(n_g)` is added to a group's loss where the weights are updated (section 3.3); 0 is none.
        #[serde(default, skip_serializing_if = "crate::spec::is_default")]
        adjustment: f64,
        /// How the images are drawn.
        #[serde(default, skip_serializing_if = "crate::spec::is_default")]
        draw: GroupDraw,
    },
}

impl GroupsSpec {
    /// Whether each group is drawn equally often, in place of each image once.
    pub fn balances(&self) -> bool {
        match self {
            Self::Reweighted => false,
            Self::Resampled => true,
            Self::Robust { draw, .. } => *draw == GroupDraw::Balanced,
        }
    }

    /// Whether the loss of the task is another than its mean over the batch.
    pub fn weights_images(&self) -> bool {
        matches!(self, Self::Reweighted | Self::Robust { .. })
    }
}

//! The sizes and the preparation of images.

use crate::{Excluded, Reading};
use herring_datasets::Record;
use herring_pixels::{Channels, MaskSettings, Preparation};
use serde::Serialize;

/// How pictures in colour are handled.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Colour {
    /// Their first channel is used, as the authors do with radiographs.
    FirstChannel,
    /// They are refused, unless all channels are equal.
    Refused,
    /// Their luminance is used, as Pillow's `convert("L")` has it.
    Luminance,
    /// Red, green and blue are kept; a grey picture among them has three equal channels.
    Kept,
}

impl Colour {
    /// The channels of prepared images.
    pub fn channels(self) -> usize {
        self.prepared().count()
    }

    fn prepared(self) -> Channels {
        match self {
            Self::Kept => Channels::Colour,
            // The luminance is taken before anything else is done to the picture.
            Self::FirstChannel | Self::Refused | Self::Luminance => Channels::First,
        }
    }
}

/// How a picture in full size is reduced before it is prepared, so that it is like one of a small edition.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Reduction {
    /// Rows and columns of the small edition, to which [`herring_pixels::reduce`] reduces the picture.
    pub side: usize,
    /// Height and width that the picture must have before, where the collection has one size.
    pub original: Option<[usize; 2]>,
}

/// How the records of a table become images.
#[derive(Debug, Clone, PartialEq)]
pub struct ImageSettings {
    /// How the images of each environment are prepared: collections differ in depth. An environment past
    /// the end is prepared like the last.
    pub preparations: Vec<Preparation>,
    /// How pictures in colour are handled.
    pub colour: Colour,
    /// Height and width that every picture must have, in pixels, where the collection has one size.
    pub original: Option<[usize; 2]>,
    /// Which environments' pictures are in full size and are reduced first; `original` is not asked of those. An
    /// environment past the end is like the last, and an empty list reduces none. Boxes and mask files cannot be
    /// reduced.
    pub reductions: Vec<Option<Reduction>>,
    /// Rows and columns of the images whose saliency is computed; the preparations have the size for the others.
    pub saliency_size: usize,
    /// Saliency is computed for at most this many test images of each environment and class.
    pub saliency_limit: Option<usize>,
    /// What becomes of the images' values when they are read from the cache; nothing for `None`.
    pub reading: Option<Reading>,
    /// Which pixels of a mask file are inside.
    pub mask: MaskSettings,
    /// Whether facts about the images are collected, for warnings ([`crate::Prepared::facts`]).
    pub facts: bool,
    /// Images that were left out of the table on request; a part of the listing.
    pub excluded: Vec<Excluded>,
}

impl ImageSettings {
    /// The preparation of a record, at `size` rows and columns, with its own maximum where it has one.
    pub(crate) fn prepared(&self, record: &Record, size: Option<usize>) -> Option<Preparation> {
        let of_environment = self.preparation(record.environment, size)?;
        Some(Preparation { maximum: record.maximum.or(of_environment.maximum), ..of_environment })
    }

    /// The reduction of an environment's pictures, if there is one.
    pub(crate) fn reduction(&self, environment: usize) -> Option<Reduction> {
        self.reductions.get(environment).or(self.reductions.last()).copied().flatten()
    }

    /// The preparation of an environment, at `size` rows and columns.
    pub(crate) fn preparation(&self, environment: usize, size: Option<usize>) -> Option<Preparation> {
        let own = self.preparations.get(environment).or(self.preparations.last())?;
        Some(Preparation { size: size.unwrap_or(own.size), channels: self.colour.prepared(), ..own.clone() })
    }
}

//! The images of one run of an experiment on files, and where they come from.
//!
//! A run is decided by a *listing*: the list of its training, validation and test images, each with the identity
//! of its pixels. The code that trains knows a listing by its SHA-256 alone and asks a [`Listings`] for the
//! images; their location does not affect the result.

use crate::{BitMask, Dataset, DatasetError, Splits};

/// The images of a run.
#[derive(Debug, Clone)]
pub struct Listed {
    /// The training, validation and test samples.
    pub splits: Splits,
    /// The test images whose saliency is computed, maybe fewer and of another size.
    pub saliency: Dataset,
    /// The training and validation images without their decoys, for collections with decoys.
    pub clean: Option<CleanParts>,
    /// Further regions of the images whose saliency is computed, beside their masks.
    pub regions: Vec<NamedRegion>,
}

/// A region of each of several images, such as the fat under the skin; empty in an image without it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NamedRegion {
    /// Its name: lower-case letters and digits.
    pub name: String,
    /// Where it is, one for each image, in their order.
    pub masks: Vec<BitMask>,
}

/// Training and validation images without their decoys; in the order of those with them.
#[derive(Debug, Clone)]
pub struct CleanParts {
    /// The training samples.
    pub train: Dataset,
    /// The validation samples.
    pub valid: Dataset,
}

/// Provides images by their listings.
pub trait Listings: Send + Sync {
    /// The images of the listing with this SHA-256, in hexadecimal digits.
    ///
    /// # Errors
    /// Why they are not available, in one line.
    fn open(&self, listing: &str) -> Result<Listed, DatasetError>;
}

/// Provides none: for experiments whose images are generated.
#[derive(Debug, Clone, Copy, Default)]
pub struct NoListings;

impl Listings for NoListings {
    fn open(&self, listing: &str) -> Result<Listed, DatasetError> {
        Err(DatasetError::Unreadable {
            id: listing.to_owned(),
            reason: "this program was given no images: expected a cache that holds this listing".to_owned(),
        })
    }
}

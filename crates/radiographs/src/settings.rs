//! Which images are used, at which size, with which decoys.

use crate::{Collection, DecoyKind, RadiographsError};

/// The smallest side: texts of two rows.
const SMALLEST_SIDE: usize = 20;

/// The largest side.
const LARGEST_SIDE: usize = 2048;

/// How the files of a collection become samples.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RadiographSettings {
    /// The collection.
    pub collection: Collection,
    /// Texts or stripes.
    pub decoy: DecoyKind,
    /// Decides the places of the decoys, the classes that they tell where they are random, the validation part where it
    /// is drawn, and which images a limit keeps.
    pub seed: u32,
    /// Rows and columns of the images, in pixels, 20 to 2048: the paper's are 224.
    pub side: usize,
    /// At most this many images of each class in each part; `None` for all.
    pub class_limit: Option<usize>,
    /// Saliency is computed for at most this many permuted test images of each class; `None` for all.
    pub saliency_limit: Option<usize>,
}

impl RadiographSettings {
    /// The paper's: 224 x 224 pixels, texts, all images.
    pub fn paper(collection: Collection) -> Self {
        Self { collection, decoy: DecoyKind::Text, seed: 0, side: 224, class_limit: None, saliency_limit: None }
    }

    /// Whether they can be used.
    ///
    /// # Errors
    /// [`RadiographsError::Setting`] names the first that cannot.
    pub fn check(&self) -> Result<(), RadiographsError> {
        if self.decoy == DecoyKind::Patch {
            return Err(RadiographsError::setting("decoy", "patch", "text or stripe"));
        }
        if !(SMALLEST_SIDE..=LARGEST_SIDE).contains(&self.side) {
            return Err(RadiographsError::setting("side", self.side, "20 to 2048 pixels"));
        }
        let limits = [("class_limit", self.class_limit), ("saliency_limit", self.saliency_limit)];
        match limits.into_iter().find(|(_, limit)| *limit == Some(0)) {
            Some((field, _)) => Err(RadiographsError::setting(field, 0, "at least 1")),
            None => Ok(()),
        }
    }
}

//! The settings of the crosses.

use serde::{Deserialize, Serialize};

use super::{Difficulty, GROUP_SIZE};
use crate::{DatasetError, mask};

/// Settings of [`super::splits`]. The default is the paper's Baseline, Masked and ActDiff.
///
/// As part of a configuration file, missing fields take the default and unknown fields are an error.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct CrossesSettings {
    /// Samples in the training split: even, 2 to 512; the paper uses 500.
    pub train: usize,
    /// Samples in the validation split: even, 2 to 512; the paper uses 128.
    pub valid: usize,
    /// Samples in the test split: even, 2 to 512; the paper uses 128.
    pub test: usize,
    /// Gaussian width in pixels that dilates the *training* masks, at least 0; see
    /// [`crate::mask::dilate`]. The released configurations use 0.817838 (Baseline, Masked, ActDiff),
    /// 0.639513 (Adversarial), 1.0 (GradMask) and 0 (RRR). Masks of the other splits stay raw.
    pub dilation_sigma: f64,
    /// Fraction of the training masks of each class that is kept, in `[0, 1]`; see
    /// [`crate::mask::keep_fraction`]. The paper keeps all, 1.
    pub mask_fraction: f64,
    /// Whether validation and test images and masks are mirrored, which inverts the rule between box
    /// and class. True in the paper (probability 1 in the released configuration); false gives a control
    /// without shift.
    pub mirror_evaluation: bool,
    /// Which version of the images; the paper uses the hard one.
    pub difficulty: Difficulty,
}

impl Default for CrossesSettings {
    fn default() -> Self {
        Self {
            train: 500,
            valid: 128,
            test: 128,
            dilation_sigma: 0.817838,
            mask_fraction: 1.0,
            mirror_evaluation: true,
            difficulty: Difficulty::Hard,
        }
    }
}

impl CrossesSettings {
    /// Checks every field.
    ///
    /// # Errors
    /// [`DatasetError::OutOfRange`] with the name of the first field that is out of range, its value
    /// and what is accepted.
    pub fn validate(&self) -> Result<(), DatasetError> {
        let counts = [("train", self.train), ("valid", self.valid), ("test", self.test)];
        for (field, count) in counts {
            if !(2..=GROUP_SIZE).contains(&count) || count % 2 == 1 {
                return Err(DatasetError::out_of_range(field, count, format!("an even number from 2 to {GROUP_SIZE}")));
            }
        }
        mask::dilation_half_width(self.dilation_sigma)?;
        mask::keep_fraction(&mut [], self.mask_fraction)
    }
}

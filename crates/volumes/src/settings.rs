//! The number and sizes of the slices that are drawn from a task.

use crate::{Task, VolumesError};
use herring_datasets::mask;

/// Sizes beyond this are refused.
const LARGEST_SIZE: usize = 4096;

/// How the slices of a task become samples.
#[derive(Debug, Clone, PartialEq)]
pub struct VolumeSettings {
    /// The task.
    pub task: Task,
    /// Seed of the split and of the draw. In the released code it is always 0, independent of the run's seed.
    pub seed: u32,
    /// Training slices, half of each class.
    pub train_slices: usize,
    /// Validation slices, half of each class.
    pub valid_slices: usize,
    /// Test slices, half of each class.
    pub test_slices: usize,
    /// At most this many volumes of each part, the first of the split; `None` for all.
    pub volumes_per_part: Option<usize>,
    /// Rows and columns of the training samples, in pixels; training crops them to `size`.
    pub train_size: usize,
    /// Rows and columns of the other samples, in pixels.
    pub size: usize,
    /// Training masks are widened by [`mask::dilation_half_width`] of this, in pixels of the full slice.
    pub dilation_sigma: f64,
    /// Saliency is computed for at most this many test slices of each class; `None` for all.
    pub saliency_limit: Option<usize>,
}

impl VolumeSettings {
    /// The paper's: 128, 256 and 256 slices, 110 and 100 pixels, sigma 8 for the heart and 16 for the others.
    pub fn paper(task: Task) -> Self {
        Self {
            task,
            seed: 0,
            train_slices: 128,
            valid_slices: 256,
            test_slices: 256,
            volumes_per_part: None,
            train_size: 110,
            size: 100,
            dilation_sigma: if task == Task::Heart { 8.0 } else { 16.0 },
            saliency_limit: None,
        }
    }

    /// Whether they can be used.
    ///
    /// # Errors
    /// [`VolumesError::Setting`] names the first that cannot.
    pub fn check(&self) -> Result<(), VolumesError> {
        let counts = [
            ("train_slices", self.train_slices),
            ("valid_slices", self.valid_slices),
            ("test_slices", self.test_slices),
        ];
        if let Some((field, found)) = counts.into_iter().find(|(_, count)| *count < 2) {
            return Err(VolumesError::setting(field, found, "at least 2, one of each class"));
        }
        if self.volumes_per_part == Some(0) {
            return Err(VolumesError::setting("volumes_per_part", 0, "at least 1"));
        }
        if self.saliency_limit == Some(0) {
            return Err(VolumesError::setting("saliency_limit", 0, "at least 1"));
        }
        let sizes = [("train_size", self.train_size), ("size", self.size)];
        if let Some((field, found)) = sizes.into_iter().find(|(_, size)| !(1..=LARGEST_SIZE).contains(size)) {
            return Err(VolumesError::setting(field, found, "1 to 4096 pixels"));
        }
        mask::dilation_half_width(self.dilation_sigma)?;
        Ok(())
    }
}

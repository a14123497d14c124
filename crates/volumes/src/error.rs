//! Why volumes cannot be listed, split or prepared. Every text is one line, except for lists of files.

use crate::{NiftiError, Task};
use herring_cache::CacheError;
use herring_datasets::{DatasetError, Part};
use herring_images::{ImagesError, list_failures};
use std::path::PathBuf;

/// Why slices of volumes are not available.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum VolumesError {
    /// A task's `dataset.json` cannot be read or used.
    #[error("{}: {field}: found {found}, expected {expected}", path.display())]
    DatasetFile {
        /// The file.
        path: PathBuf,
        /// The field of the file; `file` for the whole of it.
        field: String,
        /// What is there.
        found: String,
        /// What should be there.
        expected: &'static str,
    },
    /// A volume cannot be read.
    #[error("{}: {source}", path.display())]
    Volume {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        source: NiftiError,
    },
    /// A label has another shape than its image.
    #[error("{}: found a label of {} voxels, expected {} as in {}", path.display(), spell(*found), spell(*expected), image.display())]
    Shape {
        /// The label's file.
        path: PathBuf,
        /// Lengths of its axes, in voxels.
        found: [usize; 3],
        /// Lengths of the image's axes, in voxels.
        expected: [usize; 3],
        /// The image's file.
        image: PathBuf,
    },
    /// Volumes that cannot be used. All of them are listed, a line each.
    #[error("{}", list_failures(failures, "volumes"))]
    Damaged {
        /// A line for each volume: file and what is wrong.
        failures: Vec<String>,
    },
    /// There are too few volumes for three parts.
    #[error("{task}: found {found} volumes, expected at least {expected}: training and validation get 3 of 10 each")]
    TooFewVolumes {
        /// The task.
        task: Task,
        /// Volumes that there are.
        found: usize,
        /// The smallest number with which each part gets a volume.
        expected: usize,
    },
    /// A part has fewer slices of a class than are to be drawn.
    #[error("{task}: part {}, slices {class}: found {found} in {volumes} volumes, expected at least {expected}: ask for fewer slices, or use more volumes", part.name())]
    TooFewSlices {
        /// The task.
        task: Task,
        /// The part.
        part: Part,
        /// The class: with or without the organ.
        class: &'static str,
        /// Slices that there are.
        found: usize,
        /// Slices that are to be drawn.
        expected: usize,
        /// Volumes of the part.
        volumes: usize,
    },
    /// A setting cannot be used.
    #[error("{field} is {found}, expected {expected}")]
    Setting {
        /// The setting, as spelled in [`crate::VolumeSettings`].
        field: &'static str,
        /// Its value.
        found: String,
        /// The values that can be used.
        expected: &'static str,
    },
    /// It was interrupted.
    #[error("interrupted: {done} of {wanted} slices are prepared and kept; the same command goes on with the rest")]
    Interrupted {
        /// Slices that are in the cache.
        done: usize,
        /// Slices that are wanted.
        wanted: usize,
    },
    /// The cache.
    #[error(transparent)]
    Cache(#[from] CacheError),
    /// The random draw, or the samples.
    #[error(transparent)]
    Dataset(#[from] DatasetError),
    /// The listing.
    #[error(transparent)]
    Listing(#[from] ImagesError),
}

impl VolumesError {
    pub(crate) fn setting(field: &'static str, found: impl ToString, expected: &'static str) -> Self {
        Self::Setting { field, found: found.to_string(), expected }
    }
}

fn spell([width, height, depth]: [usize; 3]) -> String {
    format!("{width} x {height} x {depth}")
}

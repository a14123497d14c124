//! Why radiographs cannot be listed or prepared. Every text is one line, except for lists of several.

use herring_cache::CacheError;
use herring_datasets::DatasetError;
use herring_images::{ImagesError, list_failures};
use std::path::PathBuf;

/// Something that is wrong with a collection's folders. Its text is one line.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Fault {
    /// Neither the root nor the owners' folder in it holds a training part.
    #[error("{}: found neither {folder}/train nor train, expected the folder that holds {folder}", root.display())]
    NoCollection {
        /// The root.
        root: PathBuf,
        /// The owners' folder.
        folder: &'static str,
    },
    /// A folder of a part or a class is missing.
    #[error("{}: found no such folder, expected {expected}", path.display())]
    MissingFolder {
        /// The folder.
        path: PathBuf,
        /// What it should hold.
        expected: String,
    },
    /// Something else lies among the image files or the folders of classes.
    #[error("{}: found {found}, expected {expected}: move it elsewhere", path.display())]
    Stray {
        /// The file or folder.
        path: PathBuf,
        /// A file or a folder, with its article.
        found: &'static str,
        /// What belongs there.
        expected: String,
    },
    /// A class has no images in a part.
    #[error("{}: found no images, expected at least one ({endings})", path.display())]
    NoImages {
        /// The class's folder.
        path: PathBuf,
        /// Endings of image files.
        endings: String,
    },
    /// A class has too few images to draw a tenth of them for validation.
    #[error("{}: found {found} images, expected at least 10: a tenth is drawn for validation", path.display())]
    TooFewToSplit {
        /// The class's training folder.
        path: PathBuf,
        /// Its images.
        found: usize,
    },
    /// A folder cannot be read.
    #[error("{}: cannot read: {message}", path.display())]
    Unreadable {
        /// The folder.
        path: PathBuf,
        /// The system's error.
        message: String,
    },
}

/// Why radiographs are not available.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RadiographsError {
    /// The folders are not those of the collection. Everything that is wrong is listed, a line each.
    #[error("{}", list_failures(&.faults.iter().map(ToString::to_string).collect::<Vec<_>>(), "files and folders"))]
    Layout {
        /// What is wrong, in the order of the parts and classes.
        faults: Vec<Fault>,
    },
    /// Images that cannot be used. All of them are listed, a line each.
    #[error("{}", list_failures(failures, "images"))]
    Damaged {
        /// A line for each image: file and what is wrong.
        failures: Vec<String>,
    },
    /// A setting cannot be used.
    #[error("{field} is {found}, expected {expected}")]
    Setting {
        /// The setting, as spelled in [`crate::RadiographSettings`].
        field: &'static str,
        /// Its value.
        found: String,
        /// The values that can be used.
        expected: &'static str,
    },
    /// It was interrupted.
    #[error("interrupted: {done} of {wanted} images are prepared and kept; the same command goes on with the rest")]
    Interrupted {
        /// Images that are in the cache.
        done: usize,
        /// Images that are wanted.
        wanted: usize,
    },
    /// The cache.
    #[error(transparent)]
    Cache(#[from] CacheError),
    /// The samples.
    #[error(transparent)]
    Dataset(#[from] DatasetError),
    /// The listing.
    #[error(transparent)]
    Listing(#[from] ImagesError),
}

impl RadiographsError {
    pub(crate) fn setting(field: &'static str, found: impl ToString, expected: &'static str) -> Self {
        Self::Setting { field, found: found.to_string(), expected }
    }
}

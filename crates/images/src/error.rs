//! Why images are not available.

use herring_cache::CacheError;
use herring_datasets::DatasetError;
use herring_pixels::PixelError;
use std::path::PathBuf;

/// How many failed images a message lists.
const SPELLED_OUT: usize = 20;

/// Why images cannot be prepared or opened.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ImagesError {
    /// Images that cannot be used. All of them are listed, a line each.
    #[error("{}", list_failures(failures, "images"))]
    Damaged {
        /// A line for each image: origin, file, what is wrong.
        failures: Vec<String>,
        /// For each split, in order, the places in `failures` of the images that it needs: empty for one
        /// that could be prepared without them.
        splits: Vec<Vec<usize>>,
    },
    /// It was interrupted.
    #[error("interrupted: {done} of {wanted} images are prepared and kept; the same command goes on with the rest")]
    Interrupted {
        /// Images that are in the cache.
        done: usize,
        /// Images that are wanted.
        wanted: usize,
    },
    /// A file of the cache's own.
    #[error("{}: {message}", path.display())]
    Listing {
        /// The file.
        path: PathBuf,
        /// What is wrong with it, or the system's error.
        message: String,
    },
    /// A value cannot be serialised.
    #[error("no text: {0}")]
    Recipe(String),
    /// There is no preparation for an environment.
    #[error("environment {0} has no preparation: expected at least one")]
    Unprepared(usize),
    /// The cache.
    #[error(transparent)]
    Cache(#[from] CacheError),
    /// The samples.
    #[error(transparent)]
    Dataset(#[from] DatasetError),
    /// A setting of the preparation.
    #[error(transparent)]
    Preparation(#[from] PixelError),
}

/// What a message says of `failures`, a line each: the only one alone; of several their number, with `what` they are, and the
/// first 20 of them.
pub fn list_failures(failures: &[String], what: &str) -> String {
    if let [only] = failures {
        return only.clone();
    }
    let shown = failures.iter().take(SPELLED_OUT).cloned().collect::<Vec<_>>().join("\n");
    let more = failures.len().saturating_sub(SPELLED_OUT);
    let rest = if more > 0 { format!("\nand {more} more, which `data check --all` lists") } else { String::new() };
    format!("{} {what} cannot be used, expected none:\n{shown}{rest}", failures.len())
}

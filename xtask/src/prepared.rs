//! What preparing images and preparing slices of volumes share: progress, failures, and what a folder keeps of them.

use crate::{arguments::ImagePlaces, failure::Failure};
use herring_cache::{Cache, Progress};
use herring_experiments::{
    Exit,
    images::{ImagesFile, MaskedImage},
};
use herring_images::{Entry, ImagesError, Masked, Mean, Means};
use herring_protocol::{Pictures, Plane};
use std::io::{IsTerminal, Write};

/// An image with its mask, as small as reports show it.
pub(crate) fn masked_image(masked: Masked) -> MaskedImage {
    let Masked { id, label, environment, size, image, mask } = masked;
    let plane = |values: Vec<f32>| Pictures::shrink(Plane { height: size, width: size, values });
    MaskedImage { id, label, environment, image: plane(image), mask: plane(mask) }
}

/// What `fill` makes of the images in the cache; where their blocks were damaged after they were written, they are dropped
/// and it is tried once more.
pub(crate) fn filled<T>(cache: &Cache, what: &str, fill: impl Fn() -> Result<T, Failure>) -> Result<T, Failure> {
    match fill() {
        Err(failure) if failure.exit == Exit::Environment => {
            for damage in cache.forget_damaged().map_err(Failure::device)? {
                crate::say(&format!("note: {damage}; its {what} are prepared again"));
            }
            fill()
        }
        filled => filled,
    }
}

/// How many entries of a listing each class has, in one environment.
pub(crate) fn class_counts(classes: usize, entries: &[Entry]) -> Vec<Vec<usize>> {
    let of = |label: usize| entries.iter().filter(|entry| entry.label == label).count();
    vec![(0..classes).map(of).collect()]
}

/// What a folder keeps of its images, with their means and without anything else.
pub(crate) fn described(means: Means, places: &ImagePlaces) -> Result<ImagesFile, Failure> {
    let size = means.size;
    let plane = |mean: Mean| Pictures::shrink(Plane { height: size, width: size, values: mean.values });
    let planes = |means: Vec<Mean>| means.into_iter().map(plane).collect::<Vec<_>>();
    Ok(ImagesFile {
        format: ImagesFile::FORMAT,
        cache: std::path::absolute(places.cache()).map_err(Failure::device)?,
        cache_from_here: None,
        reading: Vec::new(),
        warnings: Vec::new(),
        classes: Vec::new(),
        environments: Vec::new(),
        seed: 0,
        parts: Vec::new(),
        left_out: Vec::new(),
        masked: Vec::new(),
        environment_means: planes(means.environments),
        class_means: planes(means.classes),
        cell_means: means.cells.into_iter().map(planes).collect(),
    })
}

pub(crate) fn failure(error: herring_images::ImagesError) -> Failure {
    let exit = match error {
        ImagesError::Interrupted { .. } => Exit::Interrupted,
        ImagesError::Damaged { .. } | ImagesError::Preparation(_) => Exit::BadInput,
        _ => Exit::Environment,
    };
    Failure { text: error.to_string(), exit }
}

/// Shows how many images are prepared, on a line of the terminal that is overwritten.
#[derive(Default)]
pub(crate) struct PreparationProgress {
    tenth: usize,
}

impl PreparationProgress {
    pub(crate) fn show(&mut self, progress: &Progress) {
        let tenth = progress.done * 10 / progress.requests.max(1);
        let terminal = std::io::stderr().is_terminal();
        let due = if terminal { progress.done.is_multiple_of(50) } else { tenth > self.tenth };
        if due && progress.decoded > 0 {
            let end = if terminal { "\r" } else { "\n" };
            let text = format!("preparing images: {} of {}", progress.done, progress.requests);
            let _ = write!(std::io::stderr(), "{text}{end}");
        }
        self.tenth = tenth;
    }

    pub(crate) fn clear(&self) {
        if std::io::stderr().is_terminal() {
            let _ = write!(std::io::stderr(), "{:60}\r", "");
        }
    }
}

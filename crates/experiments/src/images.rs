//! What a reproduction on files knows of its images: where they are cached, and what they are.

use crate::store::{StoreError, pretty_json, read_json, replace};
use herring_protocol::Plane;
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};

const FILE: &str = "images.json";
/// `images.json` of a reproduction's folder. It decides nothing: the runs name their images themselves.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ImagesFile {
    /// [`Self::FORMAT`].
    pub format: u32,
    /// The folder that holds the prepared images.
    pub cache: PathBuf,
    /// What was read, a line each: sources, counts, what was left out and why.
    pub reading: Vec<String>,
    /// What gives reason to doubt the images, a line a kind.
    #[serde(default)]
    pub warnings: Vec<String>,
    /// Names of the classes, by label.
    pub classes: Vec<String>,
    /// Names of the environments.
    pub environments: Vec<String>,
    /// The seed whose split the rest describes.
    pub seed: u32,
    /// Images of each part: `(name, [environment][class])`.
    pub parts: Vec<(String, Vec<Vec<usize>>)>,
    /// The mean training image of each environment.
    pub environment_means: Vec<Plane>,
    /// The mean training image of each class.
    pub class_means: Vec<Plane>,
    /// The mean training image of each class within each environment: `[environment][class]`.
    pub cell_means: Vec<Vec<Plane>>,
    /// A training image with its mask of each environment and class that has one.
    #[serde(default)]
    pub masked: Vec<MaskedImage>,
}

/// An image with its mask.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MaskedImage {
    /// Identity within its table.
    pub id: String,
    /// Class.
    pub label: usize,
    /// Environment.
    pub environment: usize,
    /// As it is trained on.
    pub image: Plane,
    /// 1 inside, 0 outside, in between at edges that were resized.
    pub mask: Plane,
}

impl ImagesFile {
    /// The format that this version writes.
    pub const FORMAT: u32 = 1;

    /// Writes it into the folder `out`.
    ///
    /// # Errors
    /// If the system refuses.
    pub fn keep(&self, out: &Path) -> Result<(), StoreError> {
        let path = out.join(FILE);
        replace(&path, &pretty_json(&path, self)?)
    }

    /// That of the folder `out`; `None` where its images are generated.
    ///
    /// # Errors
    /// If it cannot be read or is damaged.
    pub fn of(out: &Path) -> Result<Option<Self>, StoreError> {
        let path = out.join(FILE);
        if !path.try_exists().map_err(StoreError::system("read", &path))? {
            return Ok(None);
        }
        let file: Self = read_json(&path)?;
        let means = file.environment_means.iter().chain(&file.class_means).chain(file.cell_means.iter().flatten());
        let means = means.chain(file.masked.iter().flat_map(|masked| [&masked.image, &masked.mask]));
        let wrong = { means }.any(|plane| plane.values.len() != plane.height * plane.width);
        if file.format != Self::FORMAT || wrong {
            let message =
                format!("found format {} or a plane of the wrong size, expected format {}", file.format, Self::FORMAT);
            return Err(StoreError::Damaged { path, line: 0, column: 0, message });
        }
        Ok(Some(file))
    }
}

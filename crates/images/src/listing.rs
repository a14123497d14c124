//! The list that decides a run's images.

use crate::ImagesError;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::{
    fs,
    path::{Path, PathBuf},
};

/// The file's format; raised whenever equal listings mean different images than before.
const FORMAT: u32 = 2;

/// Where the mask of an image comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum MaskKind {
    /// 1 everywhere.
    Everything,
    /// 0 everywhere.
    Nothing,
    /// The disc about the middle.
    Circle,
    /// The last channel of the image's block.
    Stored,
    /// 0 in a rectangle, such as a decoy's, and 1 elsewhere.
    Outside {
        /// Its first row, and the one behind its last.
        rows: [usize; 2],
        /// Its first column, and the one behind its last.
        columns: [usize; 2],
    },
}

/// What becomes of a block's values when they are read, where they are not taken as they are: each channel has
/// `(v - mean) / deviation` of the stored value `v`.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Reading {
    /// Channels of the images: as many as their blocks have, or 3 of blocks that have one, which are equal before they are
    /// normalised. Networks for photographs want 3.
    pub channels: usize,
    /// What is subtracted from a stored value.
    pub mean: PerChannel,
    /// What the difference is divided by; not 0.
    pub deviation: PerChannel,
}

/// A number for all channels, or one for each of three.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum PerChannel {
    /// The same for all.
    All(f32),
    /// Of red, green and blue.
    Each([f32; 3]),
}

impl PerChannel {
    /// That of a channel; of one behind the third, the third's.
    pub fn of(self, channel: usize) -> f32 {
        match self {
            Self::All(value) => value,
            Self::Each(values) => values[channel.min(2)],
        }
    }
}

impl Reading {
    /// The stored values as they are, of blocks with that many channels.
    pub const fn as_stored(channels: usize) -> Self {
        Self { channels, mean: PerChannel::All(0.0), deviation: PerChannel::All(1.0) }
    }
}

/// One image of a listing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Entry {
    /// Identity within its table.
    pub id: String,
    /// Class.
    pub label: usize,
    /// Value of the confounder.
    pub environment: usize,
    /// Key of its block in the cache.
    pub block: String,
    /// Where its mask comes from.
    pub mask: MaskKind,
}

/// A named set of test images.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TestSet {
    /// Its name.
    pub name: String,
    /// Its images.
    pub images: Vec<Entry>,
}

/// Training and validation images without their decoys, in the order of those with them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CleanEntries {
    /// Training.
    pub train: Vec<Entry>,
    /// Validation.
    pub valid: Vec<Entry>,
}

/// An image that was left out on request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Excluded {
    /// Identity within its table.
    pub id: String,
    /// The reason given by the user; empty if none was given.
    pub reason: String,
}

/// Every image of a run, in order.
///
/// Fields that came later are left out of its text at their defaults, so that older listings keep their names.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Listing {
    format: u32,
    /// Names of the classes, by label.
    pub classes: Vec<String>,
    /// Names of the environments.
    pub environments: Vec<String>,
    /// Rows and columns of the images that are trained on and scored.
    pub size: usize,
    /// Rows and columns of the images whose saliency is computed.
    pub saliency_size: usize,
    /// Rows and columns of the training images, where they differ: training that crops gets larger ones.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub train_size: Option<usize>,
    /// Training.
    pub train: Vec<Entry>,
    /// Validation, which selects the epoch.
    pub valid: Vec<Entry>,
    /// Test, where there is one set of test images; empty where there are several.
    pub test: Vec<Entry>,
    /// The sets of test images, where there are several.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tests: Vec<TestSet>,
    /// The test images whose saliency is computed.
    pub saliency: Vec<Entry>,
    /// Training and validation images without their decoys, for collections with decoys.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub clean: Option<CleanEntries>,
    /// Channels of an image's block, without that of a mask.
    #[serde(default = "one", skip_serializing_if = "is_one")]
    pub channels: usize,
    /// What becomes of stored values when they are read; nothing for `None`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reading: Option<Reading>,
    /// Images that were left out of the table before it was split, which affects the draw.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub excluded: Vec<Excluded>,
}

fn one() -> usize {
    1
}

fn is_one(channels: &usize) -> bool {
    *channels == 1
}

impl Listing {
    /// A listing without images; they will have `size` x `size` pixels, and `saliency_size` x `saliency_size` where
    /// saliency is computed.
    pub fn new(classes: &[String], environments: &[String], size: usize, saliency_size: usize) -> Self {
        Self {
            format: FORMAT,
            classes: classes.to_vec(),
            environments: environments.to_vec(),
            size,
            saliency_size,
            train_size: None,
            train: Vec::new(),
            valid: Vec::new(),
            test: Vec::new(),
            tests: Vec::new(),
            saliency: Vec::new(),
            clean: None,
            channels: 1,
            reading: None,
            excluded: Vec::new(),
        }
    }

    /// How the images are read from their blocks.
    pub fn reading(&self) -> Reading {
        self.reading.unwrap_or(Reading::as_stored(self.channels))
    }

    /// Rows and columns of the training images.
    pub fn size_in_training(&self) -> usize {
        self.train_size.unwrap_or(self.size)
    }

    /// The sets of test images by their names; the only one is named `test`.
    pub fn test_sets(&self) -> Vec<(&str, &[Entry])> {
        if self.tests.is_empty() {
            return vec![("test", &self.test)];
        }
        self.tests.iter().map(|set| (set.name.as_str(), set.images.as_slice())).collect()
    }

    /// The images of all lists; those of several lists come more than once.
    pub fn entries(&self) -> impl Iterator<Item = &Entry> {
        let clean = self.clean.iter().flat_map(|clean| [&clean.train, &clean.valid]);
        let tests = self.tests.iter().map(|set| &set.images);
        [&self.train, &self.valid, &self.test, &self.saliency].into_iter().chain(tests).chain(clean).flatten()
    }

    /// Its text, and the SHA-256 of that in hexadecimal digits.
    fn text(&self) -> Result<(String, String), ImagesError> {
        let text = serde_json::to_string(self).map_err(|error| ImagesError::Recipe(error.to_string()))?;
        let digest = sha256(&text);
        Ok((text, digest))
    }

    /// Its name: the SHA-256 of its text, in hexadecimal digits.
    ///
    /// # Errors
    /// [`ImagesError::Recipe`] where it has no text.
    pub fn sha256(&self) -> Result<String, ImagesError> {
        Ok(self.text()?.1)
    }

    /// Writes it to a cache's folder, under its name. An existing one is left unchanged, so that a read-only cache
    /// works too.
    ///
    /// # Errors
    /// [`ImagesError::Listing`] if writing fails; then no partial file is left.
    pub fn keep(&self, cache: &Path) -> Result<String, ImagesError> {
        let (text, name) = self.text()?;
        let path = place(cache, &name);
        if fs::read(&path).is_ok_and(|there| there == text.as_bytes()) {
            return Ok(name);
        }
        write_whole(&path, &text)?;
        Ok(name)
    }

    /// The listing of that name in a cache's folder.
    ///
    /// # Errors
    /// [`ImagesError::Listing`] if it is missing, was changed, or is of another version.
    pub fn read(cache: &Path, name: &str) -> Result<Self, ImagesError> {
        let path = place(cache, name);
        let wrong = |message: String| ImagesError::Listing { path: path.clone(), message };
        let text = fs::read_to_string(&path).map_err(|error| wrong(error.to_string()))?;
        // Before the other fields, which another format may not have.
        #[derive(Deserialize)]
        struct Format {
            format: u32,
        }
        let Format { format } = serde_json::from_str(&text).map_err(|error| wrong(error.to_string()))?;
        if format != FORMAT {
            return Err(wrong(format!("found format {format}, expected {FORMAT}")));
        }
        let listing: Self = serde_json::from_str(&text).map_err(|error| wrong(error.to_string()))?;
        let found = listing.sha256()?;
        if found != name {
            return Err(wrong(format!("found a listing with SHA-256 {found}, expected that of its name")));
        }
        Ok(listing)
    }
}

/// SHA-256 of a text, in hexadecimal digits.
pub fn sha256(text: &str) -> String {
    sha256_of(text.as_bytes())
}

/// SHA-256 of bytes, in hexadecimal digits.
pub(crate) fn sha256_of(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Writes a file of the cache's folder so that a partial file is never visible under its name.
pub(crate) fn write_whole(path: &Path, text: &str) -> Result<(), ImagesError> {
    let failed = |error: std::io::Error| ImagesError::Listing { path: path.to_owned(), message: error.to_string() };
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder).map_err(failed)?;
    }
    herring_files::replace(path, text.as_bytes()).map_err(failed)
}

const FOLDER: &str = "listings";

fn place(cache: &Path, name: &str) -> PathBuf {
    cache.join(FOLDER).join(format!("{name}.json"))
}

//! The digits of a run by a name, so that a specification can hold them and other processes can open them.
//!
//! In a folder, the cache, lie MNIST's four files as they were read, below the SHA-256 of their content, and a *listing*
//! for each way to draw a run's images from them. A listing's name is the SHA-256 of its text.

use crate::{DecoySettings, Digits, DigitsError, decoy_mnist, digits::hexadecimal};
use herring_datasets::{
    DatasetError,
    listed::{Listed, Listings},
};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::{
    fs,
    path::{Path, PathBuf},
};

/// The file's format; raised whenever equal listings mean different images than before.
const FORMAT: u32 = 1;
const FOLDER: &str = "digits";

/// What a listing's file holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Listing {
    format: u32,
    /// SHA-256 of the digits.
    digits: String,
    settings: DecoySettings,
}

/// Keeps the digits and a listing of the images that `settings` draw from them below the folder `cache`, and returns
/// the listing's name. What is there already is left unchanged.
///
/// # Errors
/// If writing fails; then no partial file is left.
pub fn keep(cache: &Path, digits: &Digits, settings: &DecoySettings) -> Result<String, DigitsError> {
    let content = digits.sha256();
    let folder = cache.join(FOLDER).join(&content);
    fs::create_dir_all(&folder).map_err(|source| DigitsError::File { path: folder.clone(), source })?;
    for (name, bytes) in digits.files() {
        write(&folder.join(name), &bytes)?;
    }
    let listing = Listing { format: FORMAT, digits: content, settings: *settings };
    let text = serde_json::to_string(&listing)
        .map_err(|error| DigitsError::content(cache, error.to_string(), "settings that can be written"))?;
    let name = hexadecimal(&Sha256::digest(text.as_bytes()));
    write(&place(cache, &name), text.as_bytes())?;
    Ok(name)
}

fn write(path: &Path, bytes: &[u8]) -> Result<(), DigitsError> {
    if fs::read(path).is_ok_and(|there| there == bytes) {
        return Ok(());
    }
    herring_files::replace(path, bytes).map_err(|source| DigitsError::File { path: path.to_owned(), source })
}

fn place(cache: &Path, name: &str) -> PathBuf {
    cache.join(FOLDER).join(format!("{name}.json"))
}

/// The listings of digits below a folder.
#[derive(Debug, Clone)]
pub struct DigitListings {
    cache: PathBuf,
}

impl DigitListings {
    /// Those below `cache`, which is read when a listing is opened.
    pub fn of(cache: impl Into<PathBuf>) -> Self {
        Self { cache: cache.into() }
    }

    /// Whether a listing of this name is there.
    pub fn has(&self, name: &str) -> bool {
        place(&self.cache, name).is_file()
    }

    /// The images of a listing.
    ///
    /// # Errors
    /// It is missing, was changed, is of another version, or its digits are not what they were.
    pub fn listed(&self, name: &str) -> Result<Listed, DigitsError> {
        let path = place(&self.cache, name);
        let text = fs::read_to_string(&path).map_err(|source| DigitsError::File { path: path.clone(), source })?;
        let found = hexadecimal(&Sha256::digest(text.as_bytes()));
        if found != name {
            let found = format!("a listing with SHA-256 {found}");
            return Err(DigitsError::content(path, found, "that of its name"));
        }
        let listing: Listing = serde_json::from_str(&text)
            .map_err(|error| DigitsError::content(&path, error.to_string(), "a listing of digits"))?;
        if listing.format != FORMAT {
            return Err(DigitsError::content(path, format!("format {}", listing.format), FORMAT));
        }
        let folder = self.cache.join(FOLDER).join(&listing.digits);
        let digits = Digits::read(&folder)?;
        let found = digits.sha256();
        if found != listing.digits {
            let found = format!("digits with SHA-256 {found}");
            return Err(DigitsError::content(folder, found, "that of its name"));
        }
        decoy_mnist(&digits, &listing.settings)
    }
}

impl Listings for DigitListings {
    fn open(&self, listing: &str) -> Result<Listed, DatasetError> {
        self.listed(listing)
            .map_err(|error| DatasetError::Unreadable { id: listing.to_owned(), reason: error.to_string() })
    }
}

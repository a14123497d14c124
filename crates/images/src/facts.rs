//! Facts about an image in addition to its pixels, and where they are kept.
//!
//! Facts are collected while images are decoded, so there are none for images that the cache has already. So
//! they are kept next to the listing, as `facts/LISTING.json` in the cache's folder; those of images that
//! were decoded for another listing are obtained by decoding them again.

use crate::{
    ImagesError,
    listing::{sha256_of, write_whole},
};
use herring_pixels::{MaskFacts, Picture, PixelNote, Preparation, Values};
use serde::{Deserialize, Serialize};
use std::{collections::BTreeMap, fs, path::Path};

/// The file's format; raised whenever facts are computed differently.
const FORMAT: u32 = 1;
const FOLDER: &str = "facts";

/// Facts about an image and its mask file.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Facts {
    /// SHA-256 of the image file's bytes.
    pub bytes: String,
    /// SHA-256 of the decoded picture: height, width and values.
    pub pixels: String,
    /// Bits a stored value.
    pub bits: u32,
    /// The greatest stored value.
    pub largest: i32,
    /// The value that counts as white: a given maximum, or the greatest that the depth can hold.
    pub white: i32,
    /// Whether the image was turned as its EXIF orientation says.
    pub turned: bool,
    /// Whether the image has colours, of those that keep them.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub colours: bool,
    /// Rules of its format that the image file breaks, as text; it was read nevertheless.
    pub tolerated: Vec<String>,
    /// Facts about the mask file, if there is one.
    pub mask: Option<MaskFacts>,
}

impl Facts {
    /// Those of a decoded picture, of three channels if it has colours and of one otherwise.
    pub(crate) fn of(bytes: &[u8], picture: &Picture, preparation: &Preparation) -> Self {
        let mut whole = Vec::with_capacity(16 + picture.values().len() * 2);
        for side in [picture.height(), picture.width()] {
            whole.extend((side as u64).to_le_bytes());
        }
        let largest = match picture.values() {
            Values::U8(values) => {
                // As 16 bits, so that one picture saved at two depths of the same values is one.
                whole.extend(values.iter().flat_map(|&value| u16::from(value).to_le_bytes()));
                values.iter().copied().max().map_or(0, i32::from)
            }
            Values::U16(values) => {
                whole.extend(values.iter().flat_map(|value| value.to_le_bytes()));
                values.iter().copied().max().map_or(0, i32::from)
            }
            Values::I16(values) => {
                whole.extend(values.iter().flat_map(|value| value.to_le_bytes()));
                values.iter().copied().max().map_or(0, i32::from)
            }
        };
        let white = preparation.maximum.and_then(|maximum| i32::try_from(maximum).ok());
        Self {
            bytes: sha256_of(bytes),
            pixels: sha256_of(&whole),
            bits: picture.bits(),
            largest,
            white: white.unwrap_or(picture.maximum()),
            turned: picture.orientation() != 1,
            colours: picture.has_colours(),
            tolerated: picture
                .notes()
                .iter()
                .filter(|note| !matches!(note, PixelNote::Turned { .. }))
                .map(ToString::to_string)
                .collect(),
            mask: None,
        }
    }

    /// The share of the range above black that the image uses, from 0 to 1 (above 1 with a given maximum that
    /// it exceeds); 0 for one without a value above 0.
    pub fn share(&self) -> f64 {
        f64::from(self.largest.max(0)) / f64::from(self.white.max(1))
    }
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    format: u32,
    facts: BTreeMap<String, Facts>,
}

/// Keeps the facts of a listing's images, by their ids, in a cache's folder.
pub(crate) fn keep(cache: &Path, listing: &str, facts: &BTreeMap<String, Facts>) -> Result<(), ImagesError> {
    let file = File { format: FORMAT, facts: facts.clone() };
    let text = serde_json::to_string(&file).map_err(|error| ImagesError::Recipe(error.to_string()))?;
    write_whole(&cache.join(FOLDER).join(format!("{listing}.json")), &text)
}

/// The stored facts of a listing's images; none if they are missing or of another version, since they can be
/// computed again.
pub(crate) fn kept(cache: &Path, listing: &str) -> BTreeMap<String, Facts> {
    let read = fs::read_to_string(cache.join(FOLDER).join(format!("{listing}.json")));
    let file: Option<File> = read.ok().and_then(|text| serde_json::from_str(&text).ok());
    file.filter(|file| file.format == FORMAT).map(|file| file.facts).unwrap_or_default()
}

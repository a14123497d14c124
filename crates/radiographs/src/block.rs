//! From a file to grey values, exactly as the released code has them through Pillow.
//!
//! PNEU: the square in the middle, bicubic resizing, grey, and a JPEG file of quality 75, which replaces the original;
//! a decoy is drawn on the pixels of that file, and the result is written as JPEG again. So the versions of an image
//! also differ a little around the decoy, within the blocks of 8 x 8 pixels that it touches. KNEE: the pixels as they
//! are; nothing is compressed with loss.

use crate::Collection;
use herring_datasets::Image;
use herring_decoys::Decoy;
use herring_pixels::{Limits, PixelError, decode, encode_jpeg};
use serde::{Deserialize, Serialize};

/// Raised whenever equal recipes give other values than before.
pub(crate) const FORMAT: u32 = 1;

/// Pillow's default quality.
const QUALITY: u8 = 75;

/// Everything that is done to a file, for the cache's key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Recipe {
    pub(crate) radiograph: u32,
    pub(crate) collection: Collection,
    pub(crate) side: usize,
    pub(crate) decoy: Option<Decoy>,
}

/// The image in a file without a decoy: `side` x `side` grey values, row by row.
///
/// PNEU: Pillow's `crop` to the square in the middle, `resize((side, side))`, `convert("L")`, `save` as JPEG, and the
/// pixels of that file. The released code does so at 224. KNEE: Pillow's `convert("L")`; at another side than the
/// picture's, which the released code does not have, `resize` before that. Either file is turned upright first if it has
/// an EXIF orientation, which the released code does not do.
///
/// # Errors
/// [`PixelError`] if the file cannot be decoded or has more than 8 bits a value; for KNEE also if it is not square.
pub fn clean(collection: Collection, file: &[u8], side: usize) -> Result<Vec<u8>, PixelError> {
    let picture = decode(file, &Limits::default())?;
    match collection {
        Collection::Pneumonia => {
            let grey = picture.square()?.resized_bicubic(side)?.luminance();
            through_jpeg(grey.bytes()?, side)
        }
        Collection::Knee => {
            let [height, width] = [picture.height(), picture.width()];
            if height != width {
                return Err(PixelError::Size { what: "knee", found: [height, width], expected: [height, height] });
            }
            let grey = picture.resized_bicubic(side)?.luminance();
            Ok(grey.bytes()?.to_vec())
        }
    }
}

/// An image of `side` x `side` grey values with a decoy drawn on it, for PNEU through a JPEG file once more.
///
/// # Errors
/// [`PixelError::Setting`] if the number of values is not `side * side`.
pub fn with_decoy(collection: Collection, clean: &[u8], side: usize, decoy: &Decoy) -> Result<Vec<u8>, PixelError> {
    if clean.len() != side * side {
        let expected = format!("{side} x {side} of them");
        return Err(PixelError::Setting { field: "values", found: clean.len().to_string(), expected });
    }
    let mut image = clean.to_vec();
    decoy.draw(&mut image, side);
    match collection {
        Collection::Pneumonia => through_jpeg(&image, side),
        Collection::Knee => Ok(image),
    }
}

/// What a JPEG file keeps of an image.
fn through_jpeg(image: &[u8], side: usize) -> Result<Vec<u8>, PixelError> {
    let file = encode_jpeg(image, [side, side], QUALITY)?;
    Ok(decode(&file, &Limits::default())?.bytes()?.to_vec())
}

/// The blocks of one file, `[1, side, side]` with values from 0 to 1 each, or why there are none.
pub(crate) fn blocks(recipes: &[&str], file: &[u8]) -> Vec<Result<Image, String>> {
    let mut known: Option<(Collection, usize, Result<Vec<u8>, PixelError>)> = None;
    let mut one = |recipe: &str| {
        let Recipe { collection, side, decoy, .. } = serde_json::from_str(recipe).map_err(|error| error.to_string())?;
        // The recipes of one file differ in their decoys alone, so that it is decoded once.
        let plain = match known.take() {
            Some((of, at, plain)) if (of, at) == (collection, side) => plain,
            _ => clean(collection, file, side),
        };
        let plain = &known.insert((collection, side, plain)).2;
        let plain = plain.as_ref().map_err(ToString::to_string)?;
        let values = match decoy {
            None => plain.clone(),
            Some(decoy) => with_decoy(collection, plain, side, &decoy).map_err(|error| error.to_string())?,
        };
        let values = values.into_iter().map(|value| f32::from(value) / 255.0).collect();
        Image::new(1, side, side, values).map_err(|error| error.to_string())
    };
    recipes.iter().map(|recipe| one(recipe)).collect()
}

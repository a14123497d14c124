//! What the cache holds of a record: its image, and its mask where that depends on the file.

use crate::{Colour, ImageSettings, ImagesError, listing::MaskKind};
use herring_cache::Request;
use herring_datasets::{Image, Record, Region};
use herring_pixels::{Limits, MaskSettings, PixelError, Preparation, decode};
use serde::Serialize;
use std::path::Path;

/// Raised whenever equal recipes come to give other blocks.
const FORMAT: u32 = 1;

/// Everything that is done to a record's files, for the cache's key.
#[derive(Serialize)]
struct Recipe<'a> {
    block: u32,
    preparation: &'a str,
    colour: Colour,
    original: Option<[usize; 2]>,
    #[serde(skip_serializing_if = "Option::is_none")]
    boxes: Option<Vec<[f64; 4]>>,
    mask_file: bool,
}

/// Where the mask of a region is to be found.
pub(crate) fn mask_kind(region: &Region) -> MaskKind {
    match region {
        Region::Everything => MaskKind::Everything,
        Region::Nothing => MaskKind::Nothing,
        Region::Circle => MaskKind::Circle,
        Region::Boxes(_) | Region::File(_) => MaskKind::Stored,
    }
}

/// The block of a record, prepared so.
pub(crate) fn request(
    root: &Path,
    record: &Record,
    preparation: &Preparation,
    settings: &ImageSettings,
) -> Result<Request, ImagesError> {
    let mut sources = vec![root.join(&record.image)];
    let key = preparation.key()?;
    let mut recipe = Recipe {
        block: FORMAT,
        preparation: &key,
        colour: settings.colour,
        original: settings.original,
        boxes: None,
        mask_file: false,
    };
    match &record.region {
        Region::Boxes(boxes) => {
            recipe.boxes = Some(boxes.iter().map(|each| [each.x, each.y, each.width, each.height]).collect());
        }
        Region::File(file) => {
            sources.push(root.join(file));
            recipe.mask_file = true;
        }
        Region::Everything | Region::Nothing | Region::Circle => {}
    }
    let recipe = serde_json::to_string(&recipe).map_err(|error| ImagesError::Recipe(error.to_string()))?;
    Ok(Request { id: record.id.clone(), origin: record.origin.to_string(), sources, recipe })
}

/// Decodes a block: `[1, size, size]`, or `[2, size, size]` with the mask behind the image.
pub(crate) fn block(
    region: &Region,
    preparation: &Preparation,
    settings: &ImageSettings,
    sources: &[Vec<u8>],
) -> Result<Image, String> {
    let said = |error: PixelError| error.to_string();
    let bytes = sources.first().map(Vec::as_slice).unwrap_or_default();
    let picture = decode(bytes, &Limits::default()).map_err(said)?;
    let size = [picture.height(), picture.width()];
    if let Some(expected) = settings.original.filter(|expected| *expected != size) {
        let spoken = |[height, width]: [usize; 2]| format!("{height} x {width}");
        return Err(format!("found {} pixels, expected {} (height x width)", spoken(size), spoken(expected)));
    }
    let picture = match settings.colour {
        Colour::FirstChannel => picture.first_channel(),
        Colour::Refused => picture.grey().map_err(said)?,
    };
    let original = picture.info();
    let image = herring_pixels::prepare(&picture, preparation).map_err(said)?;
    if mask_kind(region) != MaskKind::Stored {
        return Ok(image);
    }
    let file = sources.get(1).map(Vec::as_slice);
    let mask = herring_pixels::mask(region, &original, preparation, file, &MaskSettings::default())
        .map_err(|error| if file.is_some() { format!("mask: {error}") } else { error.to_string() })?;
    let both = [image.values(), mask.values()].concat();
    let size = preparation.size;
    Image::new(2, size, size, both).map_err(|error| error.to_string())
}

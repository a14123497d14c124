//! The block of a record in the cache: its image, and its mask if that depends on the file.

use crate::{Colour, Facts, ImageSettings, ImagesError, listing::MaskKind, settings::Reduction};
use herring_cache::Request;
use herring_datasets::{Image, Record, Region};
use herring_pixels::{Limits, MaskFacts, Picture, PixelError, Preparation, decode};
use herring_tables::FindingKind;
use serde::Serialize;
use std::path::Path;

/// Raised whenever equal recipes give different blocks than before.
const FORMAT: u32 = 1;

/// The number of the rule that says which pixels of a mask file are inside; raised when it changes.
const MASK_RULE: u32 = 2;

/// All processing of a record's files, for the cache's key.
#[derive(Serialize)]
struct Recipe<'a> {
    block: u32,
    preparation: &'a str,
    colour: Colour,
    original: Option<[usize; 2]>,
    // Left out if `None`, so that the keys of images that are not reduced do not change.
    #[serde(skip_serializing_if = "Option::is_none")]
    reduction: Option<Reduction>,
    #[serde(skip_serializing_if = "Option::is_none")]
    boxes: Option<Vec<[f64; 4]>>,
    mask_file: bool,
    // Left out at their defaults, so that the keys of images prepared before do not change.
    #[serde(skip_serializing_if = "Option::is_none")]
    mask_rule: Option<MaskRule>,
    #[serde(skip_serializing_if = "Option::is_none")]
    decoding: Option<String>,
}

#[derive(Serialize)]
struct MaskRule {
    rule: u32,
    threshold: Option<f64>,
    decoding: Option<String>,
}

/// Why a record has no block. Its text is one line, without the file.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub(crate) enum BlockError {
    #[error("{0}")]
    Picture(PixelError),
    #[error("found {} pixels, expected {} (height x width)", spell(*found), spell(*expected))]
    Size { found: [usize; 2], expected: [usize; 2] },
    #[error("{0}")]
    Colour(PixelError),
    #[error("{0}")]
    Preparation(PixelError),
    #[error("{0}")]
    Boxes(PixelError),
    #[error("{}", of_mask(.0))]
    Mask(PixelError),
    #[error("{0}")]
    Shape(String),
}

impl BlockError {
    /// The kind of finding that a check reports.
    pub(crate) fn kind(&self) -> FindingKind {
        match self {
            Self::Picture(_) | Self::Shape(_) => FindingKind::ImageUnreadable,
            Self::Size { .. } => FindingKind::ImageSize,
            Self::Colour(_) => FindingKind::ImageColour,
            Self::Preparation(PixelError::Depth { .. }) => FindingKind::ImageBits,
            Self::Preparation(_) => FindingKind::ImageUnreadable,
            Self::Boxes(_) => FindingKind::BoxOutside,
            Self::Mask(PixelError::Size { .. }) => FindingKind::MaskSize,
            Self::Mask(_) => FindingKind::MaskUnreadable,
        }
    }
}

/// An error's text with the word `mask` before it, which that of a size has already.
fn of_mask(error: &PixelError) -> String {
    match error {
        PixelError::Size { what: "mask", .. } => error.to_string(),
        _ => format!("mask: {error}"),
    }
}

fn spell([height, width]: [usize; 2]) -> String {
    format!("{height} x {width}")
}

/// The source of the mask of a region.
pub(crate) fn mask_kind(region: &Region) -> MaskKind {
    match region {
        Region::Everything => MaskKind::Everything,
        Region::Nothing => MaskKind::Nothing,
        Region::Circle => MaskKind::Circle,
        Region::Boxes(_) | Region::File(_) => MaskKind::Stored,
    }
}

/// The request for the block of a record with these settings.
pub(crate) fn request(
    root: &Path,
    record: &Record,
    preparation: &Preparation,
    settings: &ImageSettings,
) -> Result<Request, ImagesError> {
    let image = root.join(&record.image);
    let key = preparation.key()?;
    let reduction = settings.reduction(record.environment);
    let mut recipe = Recipe {
        block: FORMAT,
        preparation: &key,
        colour: settings.colour,
        original: if reduction.is_some() { None } else { settings.original },
        reduction,
        boxes: None,
        mask_file: false,
        mask_rule: None,
        decoding: herring_pixels::decoding(&image),
    };
    let mut sources = vec![image];
    match &record.region {
        Region::Boxes(boxes) => {
            recipe.boxes = Some(boxes.iter().map(|each| [each.x, each.y, each.width, each.height]).collect());
        }
        Region::File(file) => {
            let file = root.join(file);
            recipe.mask_file = true;
            recipe.mask_rule = Some(MaskRule {
                rule: MASK_RULE,
                threshold: settings.mask.threshold,
                decoding: herring_pixels::decoding(&file),
            });
            sources.push(file);
        }
        Region::Everything | Region::Nothing | Region::Circle => {}
    }
    let recipe = serde_json::to_string(&recipe).map_err(|error| ImagesError::Recipe(error.to_string()))?;
    Ok(Request { id: record.id.clone(), origin: record.origin.to_string(), sources, recipe })
}

/// Decodes a block: `[channels, size, size]`, with the mask as one more channel behind the image where there is one; and, if
/// requested, the facts of its files: they cost two hashes per image.
pub(crate) fn block(
    (region, environment): (&Region, usize),
    preparation: &Preparation,
    settings: &ImageSettings,
    sources: &[Vec<u8>],
) -> Result<(Image, Option<Facts>), BlockError> {
    let bytes = sources.first().map(Vec::as_slice).unwrap_or_default();
    let reduction = settings.reduction(environment);
    let original = reduction.map_or(settings.original, |reduction| reduction.original);
    let picture = picture(bytes, original, settings.colour)?;
    let picture = match reduction {
        None => picture,
        Some(_) if mask_kind(region) == MaskKind::Stored => {
            return Err(BlockError::Shape(
                "found a box or a mask file, expected none for pictures that are reduced".into(),
            ));
        }
        Some(Reduction { side, .. }) => herring_pixels::reduce(&picture, side).map_err(BlockError::Preparation)?,
    };
    let image = herring_pixels::prepare(&picture, preparation).map_err(BlockError::Preparation)?;
    let mut facts = settings.facts.then(|| Facts::of(bytes, &picture, preparation));
    if mask_kind(region) != MaskKind::Stored {
        return Ok((image, facts));
    }
    let (mask, of_mask) = mask(region, &picture, preparation, settings, sources.get(1).map(Vec::as_slice))?;
    if let Some(facts) = &mut facts {
        facts.mask = of_mask;
    }
    let both = [image.values(), mask.values()].concat();
    let [channels, size, _] = image.shape();
    let image = Image::new(channels + 1, size, size, both).map_err(|error| BlockError::Shape(error.to_string()))?;
    Ok((image, facts))
}

/// The picture of a file without opacity, with as many channels as say something, if the settings admit its kind.
fn picture(bytes: &[u8], original: Option<[usize; 2]>, colour: Colour) -> Result<Picture, BlockError> {
    let picture = decode(bytes, &Limits::default()).map_err(BlockError::Picture)?;
    let found = [picture.height(), picture.width()];
    if let Some(expected) = original.filter(|expected| *expected != found) {
        return Err(BlockError::Size { found, expected });
    }
    match colour {
        Colour::FirstChannel => Ok(picture.first_channel()),
        Colour::Refused => picture.grey().map_err(BlockError::Colour),
        Colour::Luminance => Ok(picture.luminance()),
        // So that an image is the same however it was saved.
        Colour::Kept => Ok(picture.grey().unwrap_or_else(|_| picture.without_opacity())),
    }
}

/// The mask of a region that depends on the picture, and the facts of its file.
fn mask(
    region: &Region,
    picture: &Picture,
    preparation: &Preparation,
    settings: &ImageSettings,
    file: Option<&[u8]>,
) -> Result<(Image, Option<MaskFacts>), BlockError> {
    let failed = |error: PixelError| if file.is_some() { BlockError::Mask(error) } else { BlockError::Boxes(error) };
    herring_pixels::mask_and_facts(region, &picture.info(), preparation, file, &settings.mask).map_err(failed)
}

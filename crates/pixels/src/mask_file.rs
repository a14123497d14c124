//! What a mask file marks as inside.

use crate::{
    Format, Limits, Picture, PictureInfo, PixelError, decode, decode::format, exif, picture::Values, png, probe, raster,
};

/// How a mask file is read.
///
/// Without a threshold, the file's own form decides:
///
/// - Opacity that varies over the picture marks the region, as a paint program saves it: a pixel is inside if it
///   is at least half opaque and not black, or, where all opaque pixels are black, if it is opaque. Opacity that
///   is the same everywhere is ignored.
/// - An indexed PNG marks classes: every colour but that of the background is inside. The background is black
///   where a pixel is black, otherwise the first entry of the palette.
/// - Otherwise the level of a pixel is the largest of its colours, and half of the range that the file's depth
///   has, or more, is inside: the ringing of a JPEG and the outer half of a soft edge are outside. A file
///   without loss whose largest level is below half of the range holds class numbers (0 and 1): there every
///   level above 0 is inside.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct MaskSettings {
    /// The part of the range, above 0 and at most 1, from which a level is inside. It is taken literally, for
    /// every file: a pixel is inside if its level is above 0 and at least this part of the range, and, where
    /// opacity varies, if it is at least half opaque. `None` for the rules above.
    pub threshold: Option<f64>,
}

impl MaskSettings {
    /// Checks what no type can.
    ///
    /// # Errors
    /// [`PixelError::Setting`] for a threshold that is not above 0 and at most 1.
    pub fn check(&self) -> Result<(), PixelError> {
        match self.threshold {
            Some(threshold) if !(threshold > 0. && threshold <= 1.) => {
                Err(PixelError::setting("mask threshold", threshold, "a number above 0, at most 1"))
            }
            _ => Ok(()),
        }
    }
}

/// What a mask file holds, for checks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MaskFacts {
    /// Pixels inside.
    pub inside: usize,
    /// All pixels.
    pub pixels: usize,
    /// Whether there are levels (colours of an indexed file, degrees of opacity) other than that of the outside
    /// and one more: a soft edge, several classes, or the ringing of a JPEG.
    pub intermediate: bool,
    /// Whether the file is coded with loss: a JPEG or a lossy WebP.
    pub lossy: bool,
}

/// Reads a mask file without preparing it, by the rules of [`MaskSettings`]; `original` is the header of the
/// picture that it belongs to.
///
/// # Errors
/// [`PixelError::Setting`] as [`MaskSettings::check`]; [`PixelError::Size`] if the mask is of another size than
/// the picture; the error of [`decode()`].
pub fn inspect_mask(bytes: &[u8], original: &PictureInfo, settings: &MaskSettings) -> Result<MaskFacts, PixelError> {
    settings.check()?;
    read(bytes, original, settings).map(|(_, facts)| facts)
}

/// The pixels inside, of the upright size of the picture, row-major.
pub(crate) fn read(
    bytes: &[u8],
    original: &PictureInfo,
    settings: &MaskSettings,
) -> Result<(Vec<bool>, MaskFacts), PixelError> {
    // Compared before the pixels are decoded: a mask cannot be larger than what it belongs to.
    let info = probe(bytes)?;
    let (found, expected) = ([info.height, info.width], [original.height, original.width]);
    // Drawn on the stored pixels, where those of the picture lie on their side.
    let is_stored = found != expected && original.orientation != 1 && found == original.stored();
    if found != expected && !is_stored {
        return Err(PixelError::Size { what: "mask", found, expected });
    }
    let (picture, lossy) = match format(bytes)? {
        Format::Png => (png::decode_with_alpha(bytes, &Limits::default())?, false),
        Format::Jpeg => (decode(bytes, &Limits::default())?, true),
        Format::WebP => (decode(bytes, &Limits::default())?, raster::is_lossy_webp(bytes)),
        _ => (decode(bytes, &Limits::default())?, false),
    };
    let pixels = Pixels::of(&picture);
    let background = png::first_of_palette(bytes).map(|first| pixels.background(first.map(i64::from)));
    let (inside, intermediate) = pixels.inside(background.as_deref(), lossy, settings);
    let facts = MaskFacts {
        inside: inside.iter().filter(|&&inside| inside).count(),
        pixels: inside.len(),
        intermediate,
        lossy,
    };
    let inside = if is_stored { exif::turned(&inside, found, 1, original.orientation) } else { inside };
    Ok((inside, facts))
}

// The values of a picture, pixel by pixel.
struct Pixels<'a> {
    values: &'a Values,
    channels: usize,
    colours: usize,
    count: usize,
    top: i64,
}

impl<'a> Pixels<'a> {
    fn of(picture: &'a Picture) -> Self {
        let channels = picture.channels();
        Self {
            values: picture.values(),
            channels,
            colours: if channels > 2 { 3 } else { 1 },
            count: picture.height() * picture.width(),
            top: picture.maximum().into(),
        }
    }

    fn value(&self, place: usize, channel: usize) -> i64 {
        self.values.get(place * self.channels + channel).unwrap_or(0).into()
    }

    fn colour(&self, place: usize) -> [i64; 3] {
        std::array::from_fn(|channel| self.value(place, channel.min(self.colours - 1)))
    }

    fn level(&self, place: usize) -> i64 {
        (0..self.colours).map(|channel| self.value(place, channel)).max().unwrap_or(0)
    }

    // The opacity, if it varies over the picture.
    fn opacity(&self) -> Option<Vec<i64>> {
        if self.channels.is_multiple_of(2) {
            let opacity: Vec<i64> = (0..self.count).map(|place| self.value(place, self.channels - 1)).collect();
            opacity.iter().any(|value| Some(value) != opacity.first()).then_some(opacity)
        } else {
            None
        }
    }

    fn background(&self, first: [i64; 3]) -> Vec<i64> {
        let has_black = (0..self.count).any(|place| self.colour(place) == [0; 3]);
        if has_black { vec![0; 3] } else { first.to_vec() }
    }

    // Which pixels are inside, and whether there are more than two levels.
    fn inside(&self, background: Option<&[i64]>, lossy: bool, settings: &MaskSettings) -> (Vec<bool>, bool) {
        let places = 0..self.count;
        let opacity = self.opacity();
        let is_opaque = |place: usize| opacity.as_ref().is_none_or(|opacity| 2 * opacity[place] >= self.top);
        let levels = || places.clone().map(|place| self.level(place));
        if let Some(threshold) = settings.threshold {
            let least = threshold * self.top as f64;
            let inside = |place| is_opaque(place) && self.level(place) > 0 && self.level(place) as f64 >= least;
            return (places.clone().map(inside).collect(), has_more(levels(), 0));
        }
        if let Some(opacity) = &opacity {
            let all_black = places.clone().all(|place| !is_opaque(place) || self.level(place) <= 0);
            let inside = |place| is_opaque(place) && (all_black || self.level(place) > 0);
            let outside = opacity.iter().copied().min().unwrap_or(0);
            return (places.clone().map(inside).collect(), has_more(opacity.iter().copied(), outside));
        }
        if let Some(background) = background {
            let outside = [background[0], background[1], background[2]];
            let inside = |place| self.colour(place) != outside;
            let colours = places.clone().map(|place| self.colour(place));
            return (places.clone().map(inside).collect(), has_more(colours, outside));
        }
        let are_numbers = !lossy && levels().all(|level| 2 * level < self.top);
        let inside = |level| level > 0 && (are_numbers || 2 * level >= self.top);
        (levels().map(inside).collect(), has_more(levels(), 0))
    }
}

// Whether there is more than one value other than that of the outside.
fn has_more<T: PartialEq>(values: impl Iterator<Item = T>, outside: T) -> bool {
    let mut others = values.filter(|value| *value != outside);
    let first = others.next();
    others.any(|value| Some(&value) != first.as_ref())
}

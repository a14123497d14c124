//! DICOM: one frame of stored values, exactly as pydicom's `pixel_array` gives them.
//!
//! | Module | What it does |
//! |---|---|
//! | `elements` | finds the elements that matter, and the pixel data, without copying or recursion |
//! | `rle` | undoes DICOM's run-length coding |
//! | `text` | one element of text from the beginning of a file |
//!
//! The parser of dicom-rs reads headers of elements; the values are cut out of the file's bytes here, so that
//! a length that lies costs no memory.

mod elements;
mod rle;
mod text;

pub use text::{dicom_text, view_position};

use std::io::Read;

use dicom_encoding::transfer_syntax::TransferSyntaxIndex;
use dicom_transfer_syntax_registry::TransferSyntaxRegistry;
use flate2::read::DeflateDecoder;

use self::elements::{Header, PixelData};
use crate::{Format, Limits, Picture, PictureInfo, PixelError, jpeg, picture::Values};

const IMPLICIT_LITTLE: &str = "1.2.840.10008.1.2";
const EXPLICIT_LITTLE: &str = "1.2.840.10008.1.2.1";
const DEFLATED: &str = "1.2.840.10008.1.2.1.99";
const EXPLICIT_BIG: &str = "1.2.840.10008.1.2.2";
const RLE: &str = "1.2.840.10008.1.2.5";
const JPEG_BASELINE: &str = "1.2.840.10008.1.2.4.50";
const JPEG_EXTENDED: &str = "1.2.840.10008.1.2.4.51";
const JPEG_LOSSLESS: &str = "1.2.840.10008.1.2.4.57";
const JPEG_LOSSLESS_FIRST_ORDER: &str = "1.2.840.10008.1.2.4.70";
const READABLE: &str =
    "uncompressed, deflated, RLE, or JPEG baseline, extended or lossless (1.2.840.10008.1.2.4.50, .51, .57, .70)";

pub(crate) fn probe(bytes: &[u8]) -> Result<PictureInfo, PixelError> {
    let (syntax, body) = elements::meta(bytes)?;
    let inflated;
    let body = if syntax == DEFLATED {
        // A header of 1 MiB is beyond any that were seen.
        inflated = inflate(body, 1 << 20, true)?;
        &inflated
    } else {
        body
    };
    let header = elements::header(body, parsed_as(&syntax), true)?;
    Layout::of(&header).map(|layout| layout.info)
}

pub(crate) fn decode(bytes: &[u8], limits: &Limits) -> Result<Picture, PixelError> {
    let (syntax, body) = elements::meta(bytes)?;
    let inflated;
    let body = if syntax == DEFLATED {
        // The vector holds up to three times as much while it grows, and the values come on top.
        inflated = inflate(body, limits.bytes / 4, false)?;
        &inflated
    } else {
        body
    };
    let header = elements::header(body, parsed_as(&syntax), false)?;
    let layout = Layout::of(&header)?;
    let PictureInfo { height, width, channels, .. } = layout.info;
    // Words of two bytes, put in order once more, and the values.
    limits.check(height as u64, width as u64, channels as u64 * 6)?;

    let stored = match syntax.as_str() {
        IMPLICIT_LITTLE | EXPLICIT_LITTLE | DEFLATED | EXPLICIT_BIG => {
            layout.stored(native(&header, &layout)?, syntax == EXPLICIT_BIG)
        }
        RLE => layout.stored(&rle::decode(&fragment(&header)?, layout.values(), layout.bytes_per_value)?, false),
        JPEG_BASELINE | JPEG_EXTENDED | JPEG_LOSSLESS | JPEG_LOSSLESS_FIRST_ORDER => {
            let (info, values) = jpeg::decode_grey(&fragment(&header)?, limits)?;
            if (info.height, info.width, info.channels) != (height, width, channels) {
                let detail = format!(
                    "the JPEG frame is {} x {} x {}, the header says {height} x {width} x {channels}",
                    info.height, info.width, info.channels
                );
                return Err(PixelError::damaged(Format::Dicom, detail));
            }
            match values {
                Values::U8(values) => values.into_iter().map(u16::from).collect(),
                Values::U16(values) => values,
                Values::I16(_) => return Err(PixelError::damaged(Format::Dicom, "signed JPEG values")),
            }
        }
        other => {
            let name = TransferSyntaxRegistry.get(other).map_or("unknown", |known| known.name());
            return Err(PixelError::unsupported(Format::Dicom, format!("transfer syntax {other} ({name})"), READABLE));
        }
    };
    let values = layout.meaning(stored);
    if values.len() != layout.values() {
        let detail = format!("{} values of {}", values.len(), layout.values());
        return Err(PixelError::truncated(Format::Dicom, detail));
    }
    let (minimum, maximum) = match layout.signed {
        true => (-(1 << (layout.info.bits - 1)), (1 << (layout.info.bits - 1)) - 1),
        false => (0, (1 << layout.info.bits) - 1),
    };
    Ok(Picture {
        info: layout.info,
        maximum,
        minimum,
        dark_is_high: layout.dark_is_high,
        rescale: layout.rescale,
        values,
        notes: Vec::new(),
    })
}

// The syntax by which elements are laid out; encapsulated pixels lie in explicit little endian.
fn parsed_as(syntax: &str) -> &'static dicom_encoding::TransferSyntax {
    let found = match syntax {
        IMPLICIT_LITTLE => TransferSyntaxRegistry.get(IMPLICIT_LITTLE),
        EXPLICIT_BIG => TransferSyntaxRegistry.get(EXPLICIT_BIG),
        _ => None,
    };
    found.unwrap_or_else(|| elements::explicit_little())
}

fn inflate(bytes: &[u8], limit: u64, beginning: bool) -> Result<Vec<u8>, PixelError> {
    let mut inflated = Vec::new();
    let result = DeflateDecoder::new(bytes).take(limit.saturating_add(1)).read_to_end(&mut inflated);
    let too_long = inflated.len() as u64 > limit;
    match result {
        _ if beginning && !inflated.is_empty() => Ok(inflated),
        Err(error) => Err(PixelError::damaged(Format::Dicom, format!("deflated data set: {error}"))),
        Ok(_) if too_long => {
            Err(PixelError::TooLarge { what: "bytes of the data set", found: inflated.len() as u64, limit })
        }
        Ok(_) => Ok(inflated),
    }
}

// How the values of a frame are stored.
struct Layout {
    info: PictureInfo,
    bytes_per_value: usize,
    signed: bool,
    planes: bool,
    dark_is_high: bool,
    rescale: Option<[f64; 2]>,
}

impl Layout {
    fn of(header: &Header<'_>) -> Result<Self, PixelError> {
        let unsupported = |found: String, expected| Err(PixelError::unsupported(Format::Dicom, found, expected));
        let missing = |name| PixelError::damaged(Format::Dicom, format!("the element {name} is missing"));
        let number = |value: Option<u16>, name| value.map(usize::from).ok_or_else(|| missing(name));
        let height = number(header.rows, "Rows (0028,0010)")?;
        let width = number(header.columns, "Columns (0028,0011)")?;
        let allocated = number(header.bits_allocated, "BitsAllocated (0028,0100)")?;
        let stored = number(header.bits_stored, "BitsStored (0028,0101)")?;
        let channels = header.samples_per_pixel.map_or(1, usize::from);
        let photometric =
            header.photometric.as_deref().ok_or_else(|| missing("PhotometricInterpretation (0028,0004)"))?;

        if height == 0 || width == 0 {
            return Err(PixelError::damaged(Format::Dicom, format!("the header gives {height} x {width} pixels")));
        }
        if let Some(frames) = header.frames.as_deref()
            && frames.parse() != Ok(1_u32)
        {
            return unsupported(format!("{frames} frames"), "1 frame");
        }
        let dark_is_high = match (photometric, channels) {
            ("MONOCHROME1", 1) => true,
            ("MONOCHROME2", 1) | ("RGB", 3) => false,
            _ => {
                let found = format!("photometric interpretation {photometric} of {channels} samples a pixel");
                return unsupported(found, "MONOCHROME1 or MONOCHROME2 of 1, or RGB of 3");
            }
        };
        if !(allocated == 8 || allocated == 16) || stored == 0 || stored > allocated {
            let found = format!("{stored} bits stored in {allocated}");
            return unsupported(found, "1 to 16 bits stored in 8 or 16");
        }
        let high_bit = header.high_bit.map_or(stored - 1, usize::from);
        if high_bit + 1 != stored {
            return unsupported(format!("high bit {high_bit} of {stored} stored"), "the bit below the number stored");
        }
        let rescale = match (header.slope, header.intercept) {
            (None, None) => None,
            (slope, intercept) => {
                let pair = [slope.unwrap_or(1.), intercept.unwrap_or(0.)];
                if pair.iter().any(|value| !value.is_finite()) {
                    let detail = format!("rescale slope {} and intercept {}", pair[0], pair[1]);
                    return Err(PixelError::damaged(Format::Dicom, detail));
                }
                Some(pair)
            }
        };
        Ok(Self {
            info: PictureInfo::upright([height, width], stored as u32, channels),
            bytes_per_value: allocated / 8,
            signed: header.signed.unwrap_or(0) == 1,
            planes: channels > 1 && header.planes.unwrap_or(0) == 1,
            dark_is_high,
            rescale,
        })
    }

    fn values(&self) -> usize {
        self.info.height * self.info.width * self.info.channels
    }

    // Words of one or two bytes.
    fn stored(&self, bytes: &[u8], big: bool) -> Vec<u16> {
        if self.bytes_per_value == 1 {
            return bytes.iter().copied().map(u16::from).collect();
        }
        let word = if big { u16::from_be_bytes } else { u16::from_le_bytes };
        bytes.chunks_exact(2).map(|pair| word([pair[0], pair[1]])).collect()
    }

    // Bits above the stored ones may hold overlays: they are no part of a value.
    fn meaning(&self, stored: Vec<u16>) -> Values {
        let stored = if self.planes { self.beside(&stored) } else { stored };
        let unused = 16 - self.info.bits;
        if self.signed {
            Values::I16(stored.into_iter().map(|word| (word << unused) as i16 >> unused).collect())
        } else if self.info.bits <= 8 {
            Values::U8(stored.into_iter().map(|word| (word << unused >> unused) as u8).collect())
        } else {
            Values::U16(stored.into_iter().map(|word| word << unused >> unused).collect())
        }
    }

    // One plane after the other becomes the channels of a pixel beside each other.
    fn beside(&self, stored: &[u16]) -> Vec<u16> {
        let plane = self.info.height * self.info.width;
        let channels = self.info.channels;
        let value = |index: usize| stored.get(index % channels * plane + index / channels).copied();
        (0..self.values()).map_while(value).collect()
    }
}

fn native<'a>(header: &Header<'a>, layout: &Layout) -> Result<&'a [u8], PixelError> {
    let needed = layout.values() * layout.bytes_per_value;
    match &header.pixels {
        PixelData::Native(bytes) => bytes.get(..needed).ok_or_else(|| {
            let detail = format!("found {} bytes of pixels, expected {needed}", bytes.len());
            PixelError::truncated(Format::Dicom, detail)
        }),
        PixelData::Fragments(_) => {
            Err(PixelError::damaged(Format::Dicom, "encapsulated pixels in an uncompressed transfer syntax"))
        }
        PixelData::Missing => Err(PixelError::truncated(Format::Dicom, "no pixel data")),
    }
}

fn fragment(header: &Header<'_>) -> Result<Vec<u8>, PixelError> {
    match &header.pixels {
        PixelData::Fragments(fragments) if !fragments.is_empty() => Ok(fragments.concat()),
        PixelData::Native(_) => {
            Err(PixelError::damaged(Format::Dicom, "pixels that are not encapsulated in a compressed transfer syntax"))
        }
        _ => Err(PixelError::truncated(Format::Dicom, "no pixel data")),
    }
}

//! DICOM: one frame of stored values, exactly as pydicom's `pixel_array` gives them.
//!
//! | Module | What it does |
//! |---|---|
//! | `colour` | luminance and colour differences become red, green and blue |
//! | `elements` | finds the elements that matter, and the pixel data, without copying or recursion |
//! | `jpeg_2000`, `jpeg_ls` | two codecs |
//! | `layout` | how the values of a frame are stored, as the header says it |
//! | `rle` | undoes DICOM's run-length coding |
//! | `text` | one element of text from the beginning of a file |
//!
//! The parser of dicom-rs reads headers of elements; the values are cut out of the file's bytes here, so that
//! a false length costs no memory.

mod colour;
mod elements;
mod jpeg_2000;
mod jpeg_ls;
mod layout;
mod palette;
mod rle;
mod table;
mod text;

pub use text::{dicom_text, view_position};

use std::{borrow::Cow, io::Read};

use dicom_encoding::{TransferSyntax, transfer_syntax::TransferSyntaxIndex};
use dicom_transfer_syntax_registry::TransferSyntaxRegistry;
use flate2::read::DeflateDecoder;

use self::{
    elements::{Header, Meta, PixelData},
    layout::{Layout, Photometric},
};
use crate::{
    Format, Limits, Picture, PictureInfo, PixelError, PixelNote,
    jpeg::{self, Colour},
    picture::Values,
};

const IMPLICIT_LITTLE: &str = "1.2.840.10008.1.2";
const EXPLICIT_LITTLE: &str = "1.2.840.10008.1.2.1";
const DEFLATED: &str = "1.2.840.10008.1.2.1.99";
const EXPLICIT_BIG: &str = "1.2.840.10008.1.2.2";
const RLE: &str = "1.2.840.10008.1.2.5";
const JPEG_BASELINE: &str = "1.2.840.10008.1.2.4.50";
const JPEG_EXTENDED: &str = "1.2.840.10008.1.2.4.51";
const JPEG_LOSSLESS: &str = "1.2.840.10008.1.2.4.57";
const JPEG_LOSSLESS_FIRST_ORDER: &str = "1.2.840.10008.1.2.4.70";
const JPEG_LS_LOSSLESS: &str = "1.2.840.10008.1.2.4.80";
const JPEG_LS: &str = "1.2.840.10008.1.2.4.81";
const JPEG_2000_LOSSLESS: &str = "1.2.840.10008.1.2.4.90";
const JPEG_2000: &str = "1.2.840.10008.1.2.4.91";
const READABLE: &str = "uncompressed, deflated, RLE, JPEG baseline, extended or lossless, JPEG-LS or JPEG 2000";
// A header of 1 MiB is beyond any that were seen.
const HEADER: u64 = 1 << 20;

/// Whether a file begins with elements of the meta group or of group 8, without preamble: explicit ones, or an
/// implicit one of a number and a length that begin data sets.
pub(crate) fn begins_with_elements(bytes: &[u8]) -> bool {
    const REPRESENTATIONS: [&[u8]; 9] = [b"UL", b"OB", b"UI", b"CS", b"DA", b"TM", b"LO", b"SH", b"SQ"];
    match bytes.get(..8) {
        Some([2 | 8, 0, _, _, representation @ .., _, _]) if REPRESENTATIONS.contains(&representation) => true,
        Some([8, 0, 0 | 1 | 5 | 8 | 0x16, 0, length, 0, 0, 0]) => *length <= 64,
        _ => false,
    }
}

/// The data set of a file, inflated where it is deflated.
struct DataSet<'a> {
    syntax: String,
    body: Cow<'a, [u8]>,
    /// The syntax by which the elements lie, which need not be the one that is named.
    parsed: &'static TransferSyntax,
    notes: Vec<PixelNote>,
}

impl<'a> DataSet<'a> {
    /// Inflates at most `limit` bytes; with `beginning` what is inflated until then is enough.
    fn of(bytes: &'a [u8], limit: u64, beginning: bool) -> Result<Self, PixelError> {
        let Meta { syntax, body, mut notes } = elements::meta(bytes)?;
        let body = match syntax == DEFLATED {
            true => Cow::Owned(inflate(body, limit, beginning)?),
            false => Cow::Borrowed(body),
        };
        let (parsed, otherwise) = elements::laid_out(&body, parsed_as(&syntax));
        notes.extend(otherwise.then_some(PixelNote::DicomOtherLayout));
        Ok(Self { syntax, body, parsed, notes })
    }
}

pub(crate) fn probe(bytes: &[u8]) -> Result<PictureInfo, PixelError> {
    let DataSet { body, parsed, .. } = DataSet::of(bytes, HEADER, true)?;
    let header = elements::header(&body, parsed, true)?;
    Layout::of(&header).map(|layout| layout.shown())
}

pub(crate) fn decode(bytes: &[u8], limits: &Limits) -> Result<Picture, PixelError> {
    // The vector holds up to three times as much while it grows, and the values come on top.
    let DataSet { syntax, body, parsed, mut notes } = DataSet::of(bytes, limits.bytes / 4, false)?;
    let header = elements::header(&body, parsed, false)?;
    if header.padded {
        notes.push(PixelNote::DicomPadded);
    }
    let layout = Layout::of(&header)?;
    notes.extend(&layout.notes);
    let PictureInfo { height, width, channels, .. } = layout.info;
    // Words of two bytes, put in order once more, and the values.
    limits.check(height as u64, width as u64, channels as u64 * 6)?;
    let mut stored = samples(&syntax, &header, &layout, limits)?;
    if matches!(layout.photometric, Photometric::Ybr { .. }) {
        colour::to_rgb(&mut stored);
    }
    let values = layout.meaning(stored);
    if values.len() != layout.values() {
        let detail = format!("{} values of {}", values.len(), layout.values());
        return Err(PixelError::truncated(Format::Dicom, detail));
    }
    let info = layout.shown();
    if let Some(palette) = &layout.palette {
        let colours = palette.colours((0..values.len()).filter_map(|index| values.get(index)));
        let values = match info.bits {
            // Within a byte, since the palette has 8 bits.
            8 => Values::U8(colours.map(|colour| colour as u8).collect()),
            _ => Values::U16(colours.collect()),
        };
        return Ok(Picture { notes, ..Picture::plain(info, values) });
    }
    let (minimum, maximum) = match layout.signed {
        true => (-(1 << (layout.info.bits - 1)), (1 << (layout.info.bits - 1)) - 1),
        false => (0, (1 << layout.info.bits) - 1),
    };
    Ok(Picture {
        info,
        maximum,
        minimum,
        monochrome1: layout.photometric == Photometric::Grey { inverted: true },
        rescale: layout.rescale,
        lut: layout.lut,
        values,
        notes,
    })
}

// The samples of the frame as they are stored, those of a pixel next to each other.
fn samples(syntax: &str, header: &Header<'_>, layout: &Layout, limits: &Limits) -> Result<Vec<u16>, PixelError> {
    let PictureInfo { height, width, channels, .. } = layout.info;
    let compressed = !matches!(syntax, IMPLICIT_LITTLE | EXPLICIT_LITTLE | DEFLATED | EXPLICIT_BIG);
    if compressed && layout.allocated == 1 {
        let found = "compressed pixels of 1 bit";
        return Err(PixelError::unsupported(Format::Dicom, found, "8 or 16 bits where they are compressed"));
    }
    match syntax {
        IMPLICIT_LITTLE | EXPLICIT_LITTLE | DEFLATED | EXPLICIT_BIG => {
            let native = layout.stored(native(header, layout)?, syntax == EXPLICIT_BIG, header.words);
            Ok(layout.pixels(native))
        }
        RLE => {
            let bytes_per_value = layout.allocated / 8;
            let bytes = rle::decode(&fragment(header)?, height * width, channels, bytes_per_value)?;
            Ok(match bytes_per_value {
                1 => bytes.into_iter().map(u16::from).collect(),
                _ => bytes.chunks_exact(2).map(|pair| u16::from_le_bytes([pair[0], pair[1]])).collect(),
            })
        }
        JPEG_BASELINE | JPEG_EXTENDED | JPEG_LOSSLESS | JPEG_LOSSLESS_FIRST_ORDER => {
            let (info, values) = jpeg::decode_samples(&fragment(header)?, limits, Colour::Stored)?;
            if (info.height, info.width, info.channels) != (height, width, channels) {
                let detail = format!(
                    "the JPEG frame is {} x {} x {}, the header says {height} x {width} x {channels}",
                    info.height, info.width, info.channels
                );
                return Err(PixelError::damaged(Format::Dicom, detail));
            }
            match values {
                Values::U8(values) => Ok(values.into_iter().map(u16::from).collect()),
                Values::U16(values) => Ok(values),
                Values::I16(_) => Err(PixelError::damaged(Format::Dicom, "signed JPEG values")),
            }
        }
        JPEG_LS_LOSSLESS | JPEG_LS => {
            if channels != 1 {
                let found = format!("JPEG-LS of {channels} components");
                return Err(PixelError::unsupported(Format::Dicom, found, "1 component"));
            }
            jpeg_ls::decode(&fragment(header)?, [height, width], layout.allocated as u32, limits)
        }
        JPEG_2000_LOSSLESS | JPEG_2000 => {
            jpeg_2000::decode(&fragment(header)?, [height, width, channels], layout.allocated as u32, limits)
        }
        other => {
            let name = TransferSyntaxRegistry.get(other).map_or("unknown", |known| known.name());
            Err(PixelError::unsupported(Format::Dicom, format!("transfer syntax {other} ({name})"), READABLE))
        }
    }
}

// The syntax by which elements are laid out; encapsulated pixels lie in explicit little endian.
fn parsed_as(syntax: &str) -> &'static TransferSyntax {
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

fn native<'a>(header: &Header<'a>, layout: &Layout) -> Result<&'a [u8], PixelError> {
    let needed = layout.bytes();
    match &header.pixels {
        // What follows the values is padding, which may hold the partner of the last one.
        PixelData::Native(bytes) => Some(*bytes).filter(|bytes| bytes.len() >= needed).ok_or_else(|| {
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

//! The elements of a data set that say how to read its pixels.

use std::io::Cursor;

use dicom_core::{Tag, VR, header::Header as _};
use dicom_encoding::TransferSyntax;
use dicom_parser::{
    StatefulDecode,
    dataset::{LazyDataToken, lazy_read::LazyDataSetReader},
};
use dicom_transfer_syntax_registry::entries;

use crate::{Format, PixelError};

const PREAMBLE: usize = 132;
const PIXELS: Tag = Tag(0x7fe0, 0x0010);

pub(super) fn explicit_little() -> &'static TransferSyntax {
    static SYNTAX: std::sync::LazyLock<TransferSyntax> =
        std::sync::LazyLock::new(|| entries::EXPLICIT_VR_LITTLE_ENDIAN.erased());
    &SYNTAX
}

/// The pixel data of a file, as parts of its bytes.
#[derive(Debug)]
pub(super) enum PixelData<'a> {
    /// There is none.
    Missing,
    /// Values one after the other.
    Native(&'a [u8]),
    /// Pieces of a compressed frame, without the table of offsets.
    Fragments(Vec<&'a [u8]>),
}

/// What the data set says of its pixels.
#[derive(Debug)]
pub(super) struct Header<'a> {
    pub(super) samples_per_pixel: Option<u16>,
    pub(super) photometric: Option<String>,
    pub(super) planes: Option<u16>,
    pub(super) frames: Option<String>,
    pub(super) rows: Option<u16>,
    pub(super) columns: Option<u16>,
    pub(super) bits_allocated: Option<u16>,
    pub(super) bits_stored: Option<u16>,
    pub(super) high_bit: Option<u16>,
    pub(super) signed: Option<u16>,
    pub(super) intercept: Option<f64>,
    pub(super) slope: Option<f64>,
    pub(super) pixels: PixelData<'a>,
}

/// The transfer syntax and the bytes of the data set behind the file's meta group.
pub(super) fn meta(bytes: &[u8]) -> Result<(String, &[u8]), PixelError> {
    let truncated = || PixelError::truncated(Format::Dicom, "the file ends inside its meta group");
    // (0002,0000), UL, 4 bytes: the length of the rest of the group.
    let group = bytes.get(PREAMBLE..PREAMBLE + 12).ok_or_else(truncated)?;
    if group[..8] != [2, 0, 0, 0, b'U', b'L', 4, 0] {
        return Err(PixelError::damaged(Format::Dicom, "the meta group does not start with its length"));
    }
    let length = u32::from_le_bytes([group[8], group[9], group[10], group[11]]) as usize;
    let rest = &bytes[PREAMBLE + 12..];
    let (group, body) = rest.split_at_checked(length).ok_or_else(truncated)?;
    let mut syntax = None;
    visit(group, explicit_little(), |element| {
        if let Element::Value(Tag(0x0002, 0x0010), value) = element {
            syntax = Some(text(value));
        }
        Ok(true)
    })?;
    let syntax = syntax.ok_or_else(|| PixelError::damaged(Format::Dicom, "no transfer syntax (0002,0010)"))?;
    Ok((syntax, body))
}

/// Reads the data set, or only what lies before its pixels.
pub(super) fn header<'a>(
    body: &'a [u8],
    syntax: &TransferSyntax,
    before_pixels: bool,
) -> Result<Header<'a>, PixelError> {
    let big = syntax.endianness() == dicom_encoding::Endianness::Big;
    let mut header = Header {
        samples_per_pixel: None,
        photometric: None,
        planes: None,
        frames: None,
        rows: None,
        columns: None,
        bits_allocated: None,
        bits_stored: None,
        high_bit: None,
        signed: None,
        intercept: None,
        slope: None,
        pixels: PixelData::Missing,
    };
    visit(body, syntax, |element| {
        match element {
            Element::PixelsAhead if before_pixels => return Ok(false),
            Element::PixelsAhead => {}
            Element::Fragments(fragments) => header.pixels = PixelData::Fragments(fragments),
            Element::Value(tag, value) => {
                let short = || match value {
                    [first, second] if big => Ok(Some(u16::from_be_bytes([*first, *second]))),
                    [first, second] => Ok(Some(u16::from_le_bytes([*first, *second]))),
                    _ => {
                        let detail = format!("element {tag} holds {} bytes, expected 2", value.len());
                        Err(PixelError::damaged(Format::Dicom, detail))
                    }
                };
                let decimal = || {
                    let text = text(value);
                    let damaged = |_| {
                        PixelError::damaged(Format::Dicom, format!("element {tag} holds {text:?}, expected a number"))
                    };
                    if text.is_empty() { Ok(None) } else { text.parse().map(Some).map_err(damaged) }
                };
                match tag {
                    Tag(0x0028, 0x0002) => header.samples_per_pixel = short()?,
                    Tag(0x0028, 0x0004) => header.photometric = Some(text(value)),
                    Tag(0x0028, 0x0006) => header.planes = short()?,
                    Tag(0x0028, 0x0008) => header.frames = Some(text(value)).filter(|text| !text.is_empty()),
                    Tag(0x0028, 0x0010) => header.rows = short()?,
                    Tag(0x0028, 0x0011) => header.columns = short()?,
                    Tag(0x0028, 0x0100) => header.bits_allocated = short()?,
                    Tag(0x0028, 0x0101) => header.bits_stored = short()?,
                    Tag(0x0028, 0x0102) => header.high_bit = short()?,
                    Tag(0x0028, 0x0103) => header.signed = short()?,
                    Tag(0x0028, 0x1052) => header.intercept = decimal()?,
                    Tag(0x0028, 0x1053) => header.slope = decimal()?,
                    PIXELS => header.pixels = PixelData::Native(value),
                    _ => {}
                }
            }
        }
        Ok(true)
    })?;
    Ok(header)
}

/// The text of one element of the top level, if it is there and not empty. Elements lie in rising order, so
/// the search ends behind its place.
pub(super) fn text_of(body: &[u8], syntax: &TransferSyntax, wanted: Tag) -> Result<Option<String>, PixelError> {
    let mut found = None;
    visit(body, syntax, |element| match element {
        Element::Value(tag, value) if tag == wanted => {
            found = Some(text(value)).filter(|text| !text.is_empty());
            Ok(false)
        }
        Element::Value(tag, _) => Ok(tag < wanted),
        Element::PixelsAhead | Element::Fragments(_) => Ok(false),
    })?;
    Ok(found)
}

// A value of text, without the padding of its end.
fn text(value: &[u8]) -> String {
    String::from_utf8_lossy(value).trim_matches(['\0', ' ']).to_owned()
}

// What a visit shows: elements of the top level and the fragments of encapsulated pixels.
enum Element<'a> {
    PixelsAhead,
    Value(Tag, &'a [u8]),
    Fragments(Vec<&'a [u8]>),
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Open {
    Sequence,
    Pixels,
    Item,
}

// Goes through a data set until its end or until `show` answers false. Nesting is a list here, not
// recursion: a file can nest as deep as it is long.
fn visit<'a>(
    bytes: &'a [u8],
    syntax: &TransferSyntax,
    mut show: impl FnMut(Element<'a>) -> Result<bool, PixelError>,
) -> Result<(), PixelError> {
    let damaged = |detail: &dyn std::fmt::Display| PixelError::damaged(Format::Dicom, detail);
    let mut reader = LazyDataSetReader::new_with_ts(Cursor::new(bytes), syntax).map_err(|error| damaged(&error))?;
    let mut open: Vec<Open> = Vec::new();
    let mut fragments: Vec<&'a [u8]> = Vec::new();
    let mut items = 0;
    while let Some(token) = reader.advance() {
        let token = token.map_err(|error| {
            if ends_early(&error) {
                PixelError::truncated(Format::Dicom, "the file ends inside an element")
            } else {
                damaged(&error)
            }
        })?;
        let mut expect_open = |expected: Open| match open.pop() {
            Some(found) if found == expected => Ok(()),
            _ => Err(damaged(&"a sequence or an item ends that was not begun")),
        };
        match token {
            LazyDataToken::ElementHeader(header) => {
                if header.tag() == PIXELS && open.is_empty() && !show(Element::PixelsAhead)? {
                    return Ok(());
                }
            }
            LazyDataToken::PixelSequenceStart => {
                if open.is_empty() && !show(Element::PixelsAhead)? {
                    return Ok(());
                }
                open.push(Open::Pixels);
                items = 0;
            }
            LazyDataToken::SequenceStart { .. } => open.push(Open::Sequence),
            LazyDataToken::ItemStart { .. } => {
                open.push(Open::Item);
                items += 1;
            }
            LazyDataToken::ItemEnd => expect_open(Open::Item)?,
            LazyDataToken::SequenceEnd => match open.pop() {
                Some(Open::Pixels) if open.is_empty() => {
                    if !show(Element::Fragments(std::mem::take(&mut fragments)))? {
                        return Ok(());
                    }
                }
                Some(Open::Pixels | Open::Sequence) => {}
                _ => return Err(damaged(&"a sequence ends that was not begun")),
            },
            LazyDataToken::LazyValue { header, decoder } => {
                let value = cut(bytes, decoder.position(), header.len.0)?;
                decoder.skip_bytes(header.len.0).map_err(|error| damaged(&error))?;
                if open.is_empty() && header.vr() != VR::SQ && !show(Element::Value(header.tag(), value))? {
                    return Ok(());
                }
            }
            LazyDataToken::LazyItemValue { len, decoder } => {
                let value = cut(bytes, decoder.position(), len)?;
                decoder.skip_bytes(len).map_err(|error| damaged(&error))?;
                // The first item is the table of offsets, which one frame does not need.
                if items > 1 && open == [Open::Pixels, Open::Item] {
                    fragments.push(value);
                }
            }
            _ => return Err(damaged(&"an unknown token")),
        }
    }
    // Items of explicit length that lie at the end of a file are closed by no token.
    if open.contains(&Open::Pixels) {
        return Err(PixelError::truncated(Format::Dicom, "the file ends inside its pixels"));
    }
    Ok(())
}

fn cut(bytes: &[u8], position: u64, length: u32) -> Result<&[u8], PixelError> {
    let start = usize::try_from(position).ok();
    let part = start.and_then(|start| bytes.get(start..start.checked_add(length as usize)?));
    part.ok_or_else(|| {
        let left = bytes.len() as u64 - position.min(bytes.len() as u64);
        PixelError::truncated(Format::Dicom, format!("an element of {length} bytes, of which {left} are there"))
    })
}

fn ends_early(error: &(dyn std::error::Error + 'static)) -> bool {
    let mut next = Some(error);
    while let Some(error) = next {
        if error.downcast_ref::<std::io::Error>().is_some_and(|io| io.kind() == std::io::ErrorKind::UnexpectedEof) {
            return true;
        }
        next = error.source();
    }
    false
}

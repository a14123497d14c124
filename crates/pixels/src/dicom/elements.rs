//! The elements of a data set that say how to read its pixels.

use std::io::Cursor;

use dicom_core::{Tag, VR, header::Header as _};
use dicom_encoding::TransferSyntax;
use dicom_parser::{
    StatefulDecode,
    dataset::{LazyDataToken, lazy_read::LazyDataSetReader},
};
use dicom_transfer_syntax_registry::entries;

use crate::{Format, PixelError, PixelNote};

const IMPLICIT_LITTLE: &str = "1.2.840.10008.1.2";
const PREAMBLE: usize = 132;
const LUTS: Tag = Tag(0x0028, 0x3000);
const PIXELS: Tag = Tag(0x7fe0, 0x0010);

pub(super) fn explicit_little() -> &'static TransferSyntax {
    static SYNTAX: std::sync::LazyLock<TransferSyntax> =
        std::sync::LazyLock::new(|| entries::EXPLICIT_VR_LITTLE_ENDIAN.erased());
    &SYNTAX
}

pub(super) fn implicit_little() -> &'static TransferSyntax {
    static SYNTAX: std::sync::LazyLock<TransferSyntax> =
        std::sync::LazyLock::new(|| entries::IMPLICIT_VR_LITTLE_ENDIAN.erased());
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

/// The description of the pixels in the data set.
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
    pub(super) intercept: Option<String>,
    pub(super) slope: Option<String>,
    // Descriptor and data of the first item of the modality LUT.
    pub(super) lut: [Option<&'a [u8]>; 2],
    // Descriptor and data of the red, green and blue palette.
    pub(super) palette: [[Option<&'a [u8]>; 2]; 3],
    // Whether the palette is coded in segments.
    pub(super) segments: bool,
    pub(super) modality: Option<String>,
    // Whether the pixels are floating-point numbers.
    pub(super) floats: bool,
    // Whether native pixels lie as words of 16 bits (OW).
    pub(super) words: bool,
    // Whether words are big-endian.
    pub(super) big: bool,
    // Whether zeros follow the data set.
    pub(super) padded: bool,
    pub(super) pixels: PixelData<'a>,
}

/// What lies before the data set.
#[derive(Debug)]
pub(super) struct Meta<'a> {
    /// UID of the transfer syntax.
    pub(super) syntax: String,
    /// The bytes of the data set.
    pub(super) body: &'a [u8],
    /// Unusual properties.
    pub(super) notes: Vec<PixelNote>,
}

/// Reads the meta group. Its elements are visited one by one, so that a length that is missing or wrong does no
/// harm; without a preamble the group lies at the beginning of the file.
pub(super) fn meta(bytes: &[u8]) -> Result<Meta<'_>, PixelError> {
    let truncated = || PixelError::truncated(Format::Dicom, "the file ends inside its meta group");
    let mut notes = Vec::new();
    let begin = if bytes.get(128..PREAMBLE) == Some(b"DICM") { PREAMBLE } else { 0 };
    if begin == 0 {
        notes.push(PixelNote::DicomWithoutPreamble);
    }
    let rest = bytes.get(begin..).ok_or_else(truncated)?;
    let mut position = 0;
    let (mut length, mut behind_length, mut syntax) = (None, 0, None);
    while let Some([2, 0, low, high]) = rest.get(position..position + 4) {
        let element = u16::from_le_bytes([*low, *high]);
        let head = rest.get(position + 4..position + 8).ok_or_else(truncated)?;
        // Some representations have two bytes of nothing and a length of four bytes.
        let (value, count) = match &head[..2] {
            b"OB" | b"OW" | b"OF" | b"OD" | b"OL" | b"SQ" | b"UC" | b"UN" | b"UR" | b"UT" => {
                let count = rest.get(position + 8..position + 12).ok_or_else(truncated)?;
                (position + 12, u32::from_le_bytes([count[0], count[1], count[2], count[3]]) as usize)
            }
            [first, second] if first.is_ascii_uppercase() && second.is_ascii_uppercase() => {
                (position + 8, usize::from(u16::from_le_bytes([head[2], head[3]])))
            }
            _ => return Err(PixelError::damaged(Format::Dicom, "the meta group holds no explicit elements")),
        };
        let end = value.checked_add(count).ok_or_else(truncated)?;
        let value = rest.get(value..end).ok_or_else(truncated)?;
        match (element, value) {
            (0, [a, b, c, d]) => {
                length = Some(u32::from_le_bytes([*a, *b, *c, *d]) as usize);
                behind_length = end;
            }
            (0x0010, uid) => syntax = Some(text(uid)),
            _ => {}
        }
        position = end;
        // What follows may begin like an element of the group by chance, where it is compressed.
        if length.is_some_and(|length| behind_length + length == position) && syntax.is_some() {
            break;
        }
    }
    if rest.get(position..).is_some_and(|left| left.len() < 4) && syntax.is_none() {
        return Err(truncated());
    }
    if length.is_none_or(|length| behind_length + length != position) {
        notes.push(PixelNote::DicomMetaLength);
    }
    let Some(syntax) = syntax else {
        let found = "no transfer syntax (0002,0010), so that nothing says how its pixels are coded";
        return Err(PixelError::unsupported(Format::Dicom, found, "a file with a meta group"));
    };
    Ok(Meta { syntax, body: &rest[position..], notes })
}

/// The syntax in which the elements of `body` lie, where the header names `named`: files that say explicit and are
/// implicit, or the reverse, are recognised by the two letters of the first element. The second value is whether
/// the name was wrong.
pub(super) fn laid_out(body: &[u8], named: &'static TransferSyntax) -> (&'static TransferSyntax, bool) {
    let big = named.endianness() == dicom_encoding::Endianness::Big;
    let Some([.., first, second]) = body.get(..6) else { return (named, false) };
    let letters = first.is_ascii_uppercase() && second.is_ascii_uppercase();
    match (letters, named.uid() == IMPLICIT_LITTLE) {
        _ if big => (named, false),
        (true, true) => (explicit_little(), true),
        (false, false) => (implicit_little(), true),
        _ => (named, false),
    }
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
        lut: [None, None],
        palette: [[None; 2]; 3],
        segments: false,
        modality: None,
        floats: false,
        words: false,
        big,
        padded: false,
        pixels: PixelData::Missing,
    };
    header.padded = visit(body, syntax, |element| {
        match element {
            Element::PixelsAhead if before_pixels => return Ok(false),
            Element::PixelsAhead => {}
            Element::Fragments(fragments) => header.pixels = PixelData::Fragments(fragments),
            Element::Lut(Tag(0x0028, 0x3002), value) => header.lut[0] = header.lut[0].or(Some(value)),
            Element::Lut(Tag(0x0028, 0x3006), value) => header.lut[1] = header.lut[1].or(Some(value)),
            Element::Lut(..) => {}
            Element::Value(tag, representation, value) => {
                let short = || match value {
                    [first, second] if big => Ok(Some(u16::from_be_bytes([*first, *second]))),
                    [first, second] => Ok(Some(u16::from_le_bytes([*first, *second]))),
                    _ => {
                        let detail = format!("element {tag} holds {} bytes, expected 2", value.len());
                        Err(PixelError::damaged(Format::Dicom, detail))
                    }
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
                    Tag(0x0028, 0x1052) => header.intercept = Some(text(value)).filter(|text| !text.is_empty()),
                    Tag(0x0028, 0x1053) => header.slope = Some(text(value)).filter(|text| !text.is_empty()),
                    Tag(0x0028, colour @ 0x1101..=0x1103) => {
                        header.palette[usize::from(colour - 0x1101)][0] = Some(value)
                    }
                    Tag(0x0028, colour @ 0x1201..=0x1203) => {
                        header.palette[usize::from(colour - 0x1201)][1] = Some(value)
                    }
                    Tag(0x0028, 0x1221..=0x1223) => header.segments = true,
                    Tag(0x0008, 0x0060) => header.modality = Some(text(value)).filter(|text| !text.is_empty()),
                    Tag(0x7fe0, 0x0008 | 0x0009) => header.floats = true,
                    PIXELS => {
                        header.words = representation == VR::OW;
                        header.pixels = PixelData::Native(value);
                    }
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
        Element::Value(tag, _, value) if tag == wanted => {
            found = Some(text(value)).filter(|text| !text.is_empty());
            Ok(false)
        }
        Element::Value(tag, ..) => Ok(tag < wanted),
        Element::Lut(..) => Ok(true),
        Element::PixelsAhead | Element::Fragments(_) => Ok(false),
    })?;
    Ok(found)
}

// A value of text, without the padding of its end.
fn text(value: &[u8]) -> String {
    String::from_utf8_lossy(value).trim_matches(['\0', ' ']).to_owned()
}

// What a visit shows: elements of the top level, those of the first item of the modality LUT, and the fragments of
// encapsulated pixels.
enum Element<'a> {
    PixelsAhead,
    Value(Tag, VR, &'a [u8]),
    Lut(Tag, &'a [u8]),
    Fragments(Vec<&'a [u8]>),
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Open {
    Sequence(Tag),
    Pixels,
    Item,
}

// Goes through a data set until its end or until `show` answers false; returns whether the data set ended in zeros
// behind its pixels. Nesting is a list here, not recursion: a file can nest as deep as it is long.
fn visit<'a>(
    bytes: &'a [u8],
    syntax: &TransferSyntax,
    mut show: impl FnMut(Element<'a>) -> Result<bool, PixelError>,
) -> Result<bool, PixelError> {
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
                    return Ok(false);
                }
            }
            LazyDataToken::PixelSequenceStart => {
                if open.is_empty() && !show(Element::PixelsAhead)? {
                    return Ok(false);
                }
                open.push(Open::Pixels);
                items = 0;
            }
            LazyDataToken::SequenceStart { tag, .. } => open.push(Open::Sequence(tag)),
            LazyDataToken::ItemStart { .. } => {
                open.push(Open::Item);
                items += 1;
            }
            LazyDataToken::ItemEnd => expect_open(Open::Item)?,
            LazyDataToken::SequenceEnd => match open.pop() {
                Some(Open::Pixels) if open.is_empty() => {
                    // Behind the last fragment lies the item of eight bytes that ends the sequence.
                    let end = fragments
                        .last()
                        .map(|last| (last.as_ptr() as usize - bytes.as_ptr() as usize) + last.len() + 8);
                    let padded = end.is_some_and(|end| only_zeros(bytes, end));
                    if !show(Element::Fragments(std::mem::take(&mut fragments)))? || padded {
                        return Ok(padded);
                    }
                }
                Some(Open::Pixels | Open::Sequence(_)) => {}
                _ => return Err(damaged(&"a sequence ends that was not begun")),
            },
            LazyDataToken::LazyValue { header, decoder } => {
                let value = cut(bytes, decoder.position(), header.len.0)?;
                decoder.skip_bytes(header.len.0).map_err(|error| damaged(&error))?;
                if open.is_empty() && header.vr() != VR::SQ && !show(Element::Value(header.tag(), header.vr(), value))?
                {
                    return Ok(false);
                }
                if open == [Open::Sequence(LUTS), Open::Item] && !show(Element::Lut(header.tag(), value))? {
                    return Ok(false);
                }
                if open.is_empty() && header.tag() == PIXELS && only_zeros(bytes, decoder.position() as usize) {
                    return Ok(true);
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
    Ok(false)
}

// Whether there is something behind a position, and all of it is zero.
fn only_zeros(bytes: &[u8], position: usize) -> bool {
    bytes.get(position..).is_some_and(|rest| !rest.is_empty() && rest.iter().all(|&byte| byte == 0))
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

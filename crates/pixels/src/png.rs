//! PNG: the `png` crate with every checksum verified.

use std::{
    borrow::Cow,
    io::{self, Cursor, Read, Seek, SeekFrom},
};

use ::png::{BitDepth, ColorType, DecodeOptions, Decoder, DecodingError, Transformations};

use crate::{Format, Limits, Picture, PictureInfo, PixelError, PixelNote, exif, picture::Values};

pub(crate) fn probe(bytes: &[u8]) -> Result<PictureInfo, PixelError> {
    let mut decoder = decoder(bytes, &Limits::default());
    let info = decoder.read_header_info().map_err(error)?;
    let bits = if info.bit_depth == BitDepth::Sixteen { 16 } else { 8 };
    let stored = PictureInfo::upright([info.height as usize, info.width as usize], bits, channels(info.color_type));
    Ok(exif::oriented(stored, orientation(&mut Cursor::new(bytes))))
}

// The palette has not been read yet, but stands for colour in any case. A transparent colour (tRNS) is no
// channel, as Pillow has it.
fn channels(kind: ColorType) -> usize {
    if kind == ColorType::Indexed { 3 } else { kind.samples() }
}

pub(crate) fn decode(bytes: &[u8], limits: &Limits) -> Result<Picture, PixelError> {
    decode_as(bytes, limits, false)
}

/// With a last channel of opacity wherever the file gives it: as a channel, or for a colour (tRNS) of a
/// picture of up to 8 bits.
pub(crate) fn decode_with_alpha(bytes: &[u8], limits: &Limits) -> Result<Picture, PixelError> {
    decode_as(bytes, limits, true)
}

fn decode_as(bytes: &[u8], limits: &Limits, with_alpha: bool) -> Result<Picture, PixelError> {
    let ended = with_end(bytes);
    let without_end = matches!(ended, Cow::Owned(_));
    let bytes = ended.as_ref();
    let mut decoder = decoder(bytes, limits);
    let header = decoder.read_header_info().map_err(error)?;
    let (height, width) = (u64::from(header.height), u64::from(header.width));
    let kept = channels(header.color_type);
    // Depths below 8 are widened; a palette becomes colour.
    let bytes_per_value = if header.bit_depth == BitDepth::Sixteen { 2 } else { 1 };
    // Values of 16 bits exist twice while their bytes are put in order.
    limits.check(height, width, kept as u64 * bytes_per_value * bytes_per_value)?;
    if header.color_type == ColorType::Indexed || bytes_per_value == 1 {
        decoder.set_transformations(Transformations::EXPAND);
    }

    let mut reader = decoder.read_info().map_err(error)?;
    if reader.info().is_animated() {
        return Err(PixelError::unsupported(Format::Png, "an animation", "one picture"));
    }
    let size = reader.output_buffer_size().ok_or_else(|| PixelError::damaged(Format::Png, "impossible size"))?;
    if size as u64 > limits.bytes {
        return Err(PixelError::TooLarge {
            what: "bytes to decode the image",
            found: size as u64,
            limit: limits.bytes,
        });
    }
    let mut buffer = vec![0; size];
    let frame = reader.next_frame(&mut buffer).map_err(error)?;
    // The last checksums lie behind the last row.
    reader.finish().map_err(error)?;

    let mut channels = frame.color_type.samples();
    if !with_alpha && channels > kept {
        // What is left out is the last channel, in place.
        let mut place = 0;
        for start in (0..buffer.len()).step_by(channels) {
            buffer.copy_within(start..start + kept, place);
            place += kept;
        }
        buffer.truncate(place);
        channels = kept;
    }
    let size = [frame.height as usize, frame.width as usize];
    let info = PictureInfo::upright(size, frame.bit_depth as u32, channels);
    let values = match frame.bit_depth {
        BitDepth::Sixteen => {
            let pairs = buffer.chunks_exact(2);
            Values::U16(pairs.map(|pair| u16::from_be_bytes([pair[0], pair[1]])).collect())
        }
        BitDepth::Eight => Values::U8(buffer),
        other => return Err(PixelError::damaged(Format::Png, format!("{} bits were not widened", other as u8))),
    };
    if values.len() != info.height * info.width * info.channels {
        return Err(PixelError::damaged(Format::Png, format!("{} values for {info:?}", values.len())));
    }
    let mut picture = Picture::plain(info, values);
    picture.notes.extend(without_end.then_some(PixelNote::PngWithoutEnd));
    exif::upright(picture, orientation(&mut Cursor::new(bytes)), limits)
}

/// The orientation of a PNG, of which only the heads of chunks are read: of its EXIF, in a chunk of its own (eXIf,
/// wherever it lies) or as ImageMagick writes it into a text, or of its XMP, in this order.
pub(crate) fn orientation(file: &mut (impl Read + Seek)) -> u8 {
    let any = |_: &[u8]| true;
    if let Some(exif) = chunk(file, &[b"eXIf"], any) {
        return exif::orientation(&exif);
    }
    let profile = |data: &[u8]| data.starts_with(RAW_EXIF);
    if let Some(text) = chunk(file, &[b"tEXt", b"zTXt"], profile) {
        return exif::orientation(&raw_profile(&text[RAW_EXIF.len()..]).unwrap_or_default());
    }
    let xmp = chunk(file, &[b"iTXt"], |data| data.starts_with(b"XML:com.adobe.xmp\0"));
    xmp.and_then(|xmp| xmp_orientation(&xmp)).unwrap_or(1)
}

const RAW_EXIF: &[u8] = b"Raw profile type exif\0";

// A profile as text: a name and a number of bytes, each on a line, then the bytes as hexadecimal digits. Compressed,
// it has a byte for the method before it.
fn raw_profile(text: &[u8]) -> Option<Vec<u8>> {
    let mut plain = Vec::new();
    if text.first() == Some(&0) {
        flate2::read::ZlibDecoder::new(&text[1..]).take(TEXT).read_to_end(&mut plain).ok()?;
    } else {
        plain.extend(text);
    }
    let text = String::from_utf8(plain).ok()?;
    let digits: Vec<u8> = text.trim_start().lines().skip(2).flat_map(str::bytes).filter(|byte| *byte > b' ').collect();
    let bytes = digits.chunks_exact(2).map(|pair| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok());
    let bytes: Vec<u8> = bytes.collect::<Option<_>>()?;
    Some(bytes.strip_prefix(b"Exif\0\0").map_or(bytes.clone(), <[u8]>::to_vec))
}

// The digit behind `tiff:Orientation`, as an attribute or an element.
fn xmp_orientation(xmp: &[u8]) -> Option<u8> {
    let name = b"tiff:Orientation";
    let place = xmp.windows(name.len()).position(|part| part == name)?;
    let behind = xmp.get(place + name.len()..)?;
    let behind = behind.strip_prefix(b"=").unwrap_or(behind);
    let [b'"' | b'\'' | b'>', digit @ b'1'..=b'8', b'"' | b'\'' | b'<', ..] = behind else { return None };
    Some(digit - b'0')
}

/// The first colour of a palette, if the PNG has one.
pub(crate) fn first_of_palette(bytes: &[u8]) -> Option<[u8; 3]> {
    // The kind of colour in the header: 3 is indexed.
    if bytes.get(25) != Some(&3) {
        return None;
    }
    chunk(&mut Cursor::new(bytes), &[b"PLTE"], |_| true)?.get(..3)?.try_into().ok()
}

// The data of the first chunk of one of these names that is wanted, up to 64 KiB of it.
fn chunk(file: &mut (impl Read + Seek), names: &[&[u8; 4]], wanted: impl Fn(&[u8]) -> bool) -> Option<Vec<u8>> {
    file.seek(SeekFrom::Start(SIGNATURE)).ok()?;
    loop {
        let mut head = [0; 8];
        file.read_exact(&mut head).ok()?;
        let [a, b, c, d, kind @ ..] = head;
        let length = u32::from_be_bytes([a, b, c, d]);
        let mut rest = i64::from(length) + 4;
        if names.contains(&&kind) {
            let mut data = Vec::new();
            file.by_ref().take(u64::from(length).min(TEXT)).read_to_end(&mut data).ok()?;
            rest -= data.len() as i64;
            if wanted(&data) {
                return Some(data);
            }
        }
        file.seek(SeekFrom::Current(rest)).ok()?;
    }
}

// The file with the end marker that it lacks: one that ends behind a chunk after pixels, or within the marker.
// Everything else is checked as ever: the marker holds nothing.
fn with_end(bytes: &[u8]) -> Cow<'_, [u8]> {
    let mut position = SIGNATURE as usize;
    let mut has_pixels = false;
    while let Some([a, b, c, d, kind @ ..]) = bytes.get(position..position + 8) {
        if kind == b"IEND" {
            break;
        }
        has_pixels |= kind == b"IDAT";
        let length = u32::from_be_bytes([*a, *b, *c, *d]) as usize;
        position = position.saturating_add(length).saturating_add(12);
    }
    match bytes.get(position..) {
        Some(rest) if has_pixels && rest.len() < END.len() && END.starts_with(rest) => {
            Cow::Owned([&bytes[..position], END].concat())
        }
        _ => Cow::Borrowed(bytes),
    }
}

// As much of a text as is read.
const TEXT: u64 = 1 << 16;
const SIGNATURE: u64 = 8;
const END: &[u8] = b"\0\0\0\0IEND\xae\x42\x60\x82";

fn decoder<'a>(bytes: &'a [u8], limits: &Limits) -> Decoder<Cursor<&'a [u8]>> {
    let mut options = DecodeOptions::default();
    // The crate's default leaves out the zlib checksum and forgives damage in chunks of no consequence.
    options.set_ignore_checksums(false);
    options.set_skip_ancillary_crc_failures(false);
    options.set_ignore_text_chunk(true);
    options.set_ignore_iccp_chunk(true);
    let mut decoder = Decoder::new_with_options(Cursor::new(bytes), options);
    decoder.set_limits(::png::Limits { bytes: limits.bytes_as_usize() });
    decoder
}

fn error(error: DecodingError) -> PixelError {
    match error {
        DecodingError::IoError(error) if error.kind() == io::ErrorKind::UnexpectedEof => {
            PixelError::truncated(Format::Png, "the file ends before the picture does")
        }
        error => PixelError::damaged(Format::Png, error),
    }
}

//! BMP, TIFF and WebP by the `image` crate, after a check for features that it reads differently from other
//! readers.

use std::io::Cursor;

use image::{
    ColorType, DynamicImage, ExtendedColorType, ImageDecoder, ImageError,
    codecs::{bmp::BmpDecoder, tiff::TiffDecoder, webp::WebPDecoder},
};

use crate::{
    Format, Limits, Picture, PictureInfo, PixelError,
    exif::{self, Directory},
    picture::Values,
};

type Decoder<'a> = Box<dyn ImageDecoder + 'a>;

pub(crate) fn probe(bytes: &[u8], format: Format) -> Result<PictureInfo, PixelError> {
    let (decoder, orientation) = open(bytes, format)?;
    Ok(exif::oriented(info(decoder.as_ref(), format)?, orientation))
}

pub(crate) fn decode(bytes: &[u8], format: Format, limits: &Limits) -> Result<Picture, PixelError> {
    let (mut decoder, orientation) = open(bytes, format)?;
    let info = info(decoder.as_ref(), format)?;
    // The result, its parts while they are unpacked, and what a lossy WebP keeps of its planes.
    let each = info.channels as u64 * if info.bits > 8 { 2 } else { 1 };
    limits.check(info.height as u64, info.width as u64, 3 * each + 4)?;
    let mut allowed = image::Limits::default();
    allowed.max_alloc = Some(limits.bytes);
    decoder.set_limits(allowed).map_err(|error| said(format, error))?;
    let image = DynamicImage::from_decoder(decoder).map_err(|error| said(format, error))?;
    let values = match image {
        DynamicImage::ImageLuma8(image) => Values::U8(image.into_raw()),
        DynamicImage::ImageLumaA8(image) => Values::U8(image.into_raw()),
        DynamicImage::ImageRgb8(image) => Values::U8(image.into_raw()),
        DynamicImage::ImageRgba8(image) => Values::U8(image.into_raw()),
        DynamicImage::ImageLuma16(image) => Values::U16(image.into_raw()),
        DynamicImage::ImageLumaA16(image) => Values::U16(image.into_raw()),
        DynamicImage::ImageRgb16(image) => Values::U16(image.into_raw()),
        DynamicImage::ImageRgba16(image) => Values::U16(image.into_raw()),
        other => return Err(PixelError::unsupported(format, format!("{:?}", other.color()), WHOLE_NUMBERS)),
    };
    if values.len() != info.height * info.width * info.channels {
        return Err(PixelError::damaged(format, format!("{} values for {info:?}", values.len())));
    }
    exif::upright(Picture::plain(info, values), orientation, limits)
}

/// Whether a WebP is coded with loss.
pub(crate) fn is_lossy_webp(bytes: &[u8]) -> bool {
    let mut position = 12;
    while let Some(head) = bytes.get(position..position + 8) {
        if head.starts_with(b"VP8 ") {
            return true;
        }
        let length = u32::from_le_bytes([head[4], head[5], head[6], head[7]]) as usize;
        position += 8 + length.next_multiple_of(2);
    }
    false
}

// The decoder allocates the memory of a chunk before it reads it.
fn whole_chunks(bytes: &[u8]) -> Result<(), PixelError> {
    let mut position = 12;
    while let Some(head) = bytes.get(position..position + 8) {
        let length = u32::from_le_bytes([head[4], head[5], head[6], head[7]]) as usize;
        position += 8;
        if length > bytes.len() - position {
            let detail = format!("a chunk of {length} bytes, of which {} are there", bytes.len() - position);
            return Err(PixelError::truncated(Format::WebP, detail));
        }
        position += length.next_multiple_of(2);
    }
    Ok(())
}

const WHOLE_NUMBERS: &str = "grey or colour of 8 or 16 bits";

fn open(bytes: &[u8], format: Format) -> Result<(Decoder<'_>, u8), PixelError> {
    let failed = |error| said(format, error);
    let cursor = Cursor::new(bytes);
    match format {
        Format::Bmp => {
            pixels_behind_palette(bytes)?;
            Ok((Box::new(BmpDecoder::new(cursor).map_err(failed)?), 1))
        }
        Format::WebP => {
            whole_chunks(bytes)?;
            let mut decoder = WebPDecoder::new(cursor).map_err(failed)?;
            if decoder.has_animation() {
                return Err(PixelError::unsupported(format, "an animation", "one picture"));
            }
            // Damaged EXIF is not an orientation.
            let exif = decoder.exif_metadata().ok().flatten();
            Ok((Box::new(decoder), exif.map_or(1, |exif| exif::orientation(&exif))))
        }
        _ => {
            let orientation = one_plain_page(bytes)?;
            Ok((Box::new(TiffDecoder::new(cursor).map_err(failed)?), orientation))
        }
    }
}

// Some programs write where the palette begins as the place of the pixels; the decoder would read it as pixels.
fn pixels_behind_palette(bytes: &[u8]) -> Result<(), PixelError> {
    let number = |at: usize| Some(u32::from_le_bytes(bytes.get(at..at + 4)?.try_into().ok()?));
    let (Some(begin), Some(header), Some(depth), Some(used)) = (number(10), number(14), number(26), number(46)) else {
        return Ok(());
    };
    let depth = depth >> 16;
    if header < 40 || depth > 8 {
        return Ok(());
    }
    let colours = if used == 0 { 1 << depth } else { used };
    if u64::from(begin) < 14 + u64::from(header) + 4 * u64::from(colours) {
        let found = "pixels that begin within the palette";
        return Err(PixelError::unsupported(Format::Bmp, found, "pixels behind the palette"));
    }
    Ok(())
}

// TIFF files that would be read in part, or differently from other readers, are refused by kind.
fn one_plain_page(bytes: &[u8]) -> Result<u8, PixelError> {
    let format = Format::Tiff;
    let refused = |found: String, expected| Err(PixelError::unsupported(format, found, expected));
    let Some(directory) = Directory::first(bytes) else {
        return Err(PixelError::truncated(format, "the file ends before its first directory does"));
    };
    // The decoder allocates the memory of a strip or an entry before it reads it.
    if directory.longest > bytes.len() as u64 {
        let detail = format!("a part of {} bytes in a file of {}", directory.longest, bytes.len());
        return Err(PixelError::truncated(format, detail));
    }
    if directory.next != 0 {
        return refused("several pages".to_owned(), "one page");
    }
    match directory.number(0x0103) {
        Some(6 | 7) => return refused("JPEG compression".to_owned(), "no compression, LZW, Deflate or PackBits"),
        Some(2..=4) => return refused("fax compression".to_owned(), "no compression, LZW, Deflate or PackBits"),
        _ => {}
    }
    if directory.number(0x010a) == Some(2) {
        return refused("bits in the reverse order (FillOrder 2)".to_owned(), "the highest bit first");
    }
    if directory.number(0x0152) == Some(1) {
        return refused("colours multiplied by their opacity".to_owned(), "colours as they are");
    }
    match directory.number(0x0106) {
        Some(0..=2) | None => {}
        Some(3) => return refused("a palette".to_owned(), "grey or colour (RGB)"),
        Some(5) => return refused("inks (CMYK)".to_owned(), "grey or colour (RGB)"),
        Some(other) => return refused(format!("photometric interpretation {other}"), "grey or colour (RGB)"),
    }
    if directory.number(0x011c) == Some(2) && directory.number(0x0115).is_some_and(|samples| samples > 1) {
        return refused("one plane a colour".to_owned(), "the colours of a pixel next to each other");
    }
    Ok(directory.orientation())
}

fn info(decoder: &dyn ImageDecoder, format: Format) -> Result<PictureInfo, PixelError> {
    let (bits, channels) = match decoder.color_type() {
        ColorType::L8 => (8, 1),
        ColorType::La8 => (8, 2),
        ColorType::Rgb8 => (8, 3),
        ColorType::Rgba8 => (8, 4),
        ColorType::L16 => (16, 1),
        ColorType::La16 => (16, 2),
        ColorType::Rgb16 => (16, 3),
        ColorType::Rgba16 => (16, 4),
        other => return Err(PixelError::unsupported(format, format!("{other:?}"), WHOLE_NUMBERS)),
    };
    if matches!(decoder.original_color_type(), ExtendedColorType::Cmyk8 | ExtendedColorType::Cmyk16) {
        return Err(PixelError::unsupported(format, "inks (CMYK)", WHOLE_NUMBERS));
    }
    let (width, height) = decoder.dimensions();
    if height == 0 || width == 0 {
        return Err(PixelError::damaged(format, format!("the header gives {height} x {width} pixels")));
    }
    Ok(PictureInfo::upright([height as usize, width as usize], bits, channels))
}

fn said(format: Format, error: ImageError) -> PixelError {
    match error {
        ImageError::IoError(error) if error.kind() == std::io::ErrorKind::UnexpectedEof => {
            PixelError::truncated(format, "the file ends before the picture does")
        }
        ImageError::Unsupported(error) => PixelError::unsupported(format, error, WHOLE_NUMBERS),
        error => PixelError::damaged(format, error),
    }
}

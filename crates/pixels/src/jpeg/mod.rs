//! JPEG: `libjpeg-turbo-rs` behind a walk over the segments.
//!
//! | Module | What it does |
//! |---|---|
//! | `encode` | writes grey pictures |
//! | `recode` | scans of some of the components become scans of one each |
//! | `walk` | visits every segment: size, kind and end of the picture before anything is allocated |
//!
//! The library computes libjpeg's own pixels, which are those of Pillow and of most other readers. It is used
//! nowhere else in this crate. Decoders fill missing parts with grey, often without an error; the walk finds
//! files that end early, and damage that the library finds is an error here.

mod encode;
mod recode;
mod walk;

pub use encode::encode_jpeg;

use std::borrow::Cow;

use libjpeg_turbo_rs::{
    ColorSpace, DecodeLimits, Decoder, PixelFormat, decompress_12bit_with_limits,
    precision::decompress_lossless_arbitrary,
};

use self::walk::{Frame, Kind, SCANS, walk};
use crate::{Format, Limits, Picture, PictureInfo, PixelError, exif, picture::Values};

/// How the colours of a picture of three components are converted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Colour {
    /// To red, green and blue, according to the coding in the file's markers (libjpeg's rule).
    Rgb,
    /// The components as they are coded, subsampled ones widened, nothing converted: for DICOM, where the
    /// photometric interpretation says what they mean.
    Stored,
}

pub(crate) fn probe(bytes: &[u8]) -> Result<PictureInfo, PixelError> {
    let (frame, _) = walk(bytes, true)?;
    Ok(exif::oriented(frame.info, frame.orientation))
}

pub(crate) fn decode(bytes: &[u8], limits: &Limits) -> Result<Picture, PixelError> {
    let (frame, end) = walk(bytes, false)?;
    if frame.info.bits != 8 || frame.kind == Kind::Lossless {
        let found = format!("{} bits, {:?}", frame.info.bits, frame.kind).to_lowercase();
        return Err(PixelError::unsupported(Format::Jpeg, found, "8 bits, sequential or progressive"));
    }
    let values = transform(&bytes[..end], &frame, limits, Colour::Rgb)?;
    exif::upright(Picture::plain(frame.info, Values::U8(values)), frame.orientation, limits)
}

/// The frame of a DICOM file, of one or three components (`[height, width, channels]`, row-major):
///
/// - by cosines, 8 bits, sequential or progressive: [`Values::U8`];
/// - by cosines, 12 bits, one component, sequential: [`Values::U16`];
/// - lossless, 2 to 16 bits, with restart markers or not, without subsampling: [`Values::U8`] up to 8 bits,
///   [`Values::U16`] above. The low bits that a point transform left out are 0.
pub(crate) fn decode_samples(
    bytes: &[u8],
    limits: &Limits,
    colour: Colour,
) -> Result<(PictureInfo, Values), PixelError> {
    let (frame, end) = walk(bytes, false)?;
    let bytes = &bytes[..end];
    let values = match (frame.kind, frame.info.bits) {
        (Kind::Lossless, _) => lossless(bytes, &frame, limits)?,
        (_, 12) => twelve(bytes, &frame, limits)?,
        _ => Values::U8(transform(bytes, &frame, limits, colour)?),
    };
    Ok((frame.info, values))
}

// JPEG by cosines, 8 bits.
fn transform(bytes: &[u8], frame: &Frame, limits: &Limits, colour: Colour) -> Result<Vec<u8>, PixelError> {
    let PictureInfo { height, width, channels, bits, .. } = frame.info;
    let format = match channels {
        1 => PixelFormat::Grayscale,
        3 => PixelFormat::Rgb,
        4 => {
            let found = "4 components (CMYK), whose colours depend on a printer's inks";
            return Err(PixelError::unsupported(Format::Jpeg, found, "1 (grey) or 3 (colour)"));
        }
        other => {
            let found = format!("{other} components");
            return Err(PixelError::unsupported(Format::Jpeg, found, "1 (grey) or 3 (colour)"));
        }
    };
    if bits != 8 {
        return Err(PixelError::unsupported(Format::Jpeg, format!("{bits} bits by cosines"), "8 bits"));
    }
    limits.check(height as u64, width as u64, channels as u64)?;
    // The samples of whole blocks, for each of them the result, the sample and its widened copies; where there
    // are several scans, its coefficient of two bytes in addition.
    frame.check(limits, if frame.scans > 1 { 5 } else { 3 })?;
    let allowed = DecodeLimits {
        max_scans: SCANS,
        max_memory: None,
        max_width: height.max(width),
        max_height: height.max(width),
        max_pixels: limits.pixels,
    };
    let bytes = match frame.has_partial_scan && frame.kind == Kind::Sequential {
        true => {
            // The coefficients of the groups, and the file once more.
            frame.check(limits, 7)?;
            Cow::Owned(recode::with_single_scans(bytes)?)
        }
        false => frame.with_plain_sampling(bytes),
    };
    let mut decoder = Decoder::new_with_limits(&bytes, allowed).map_err(damaged)?;
    decoder.set_output_format(format);
    // libjpeg's own default; it matters where a progressive file leaves its refinements out.
    decoder.set_block_smoothing(true);
    if colour == Colour::Stored && channels == 3 && decoder.jpeg_color_space() == ColorSpace::YCbCr {
        decoder.set_output_colorspace(ColorSpace::YCbCr);
    }
    let image = decoder.decode_image().map_err(damaged)?;
    whole(image.data, [image.height, image.width, channels], frame)
}

// JPEG by cosines, 12 bits.
fn twelve(bytes: &[u8], frame: &Frame, limits: &Limits) -> Result<Values, PixelError> {
    let PictureInfo { height, width, channels, .. } = frame.info;
    if channels != 1 || frame.kind != Kind::Sequential || frame.scans != 1 {
        let found = format!("{channels} components of 12 bits, {:?}", frame.kind).to_lowercase();
        return Err(PixelError::unsupported(Format::Jpeg, found, "1 component of 12 bits, sequential, in one scan"));
    }
    limits.check(height as u64, width as u64, 2)?;
    frame.check(limits, 6)?;
    let bytes = frame.with_plain_sampling(bytes);
    let allowed = DecodeLimits { max_scans: SCANS, ..DecodeLimits::default() };
    let image = decompress_12bit_with_limits(&bytes, &allowed).map_err(damaged)?;
    let data = image.data.into_iter().map(|value| value.max(0).cast_unsigned()).collect();
    Ok(Values::U16(whole(data, [image.height, image.width, image.num_components], frame)?))
}

fn lossless(bytes: &[u8], frame: &Frame, limits: &Limits) -> Result<Values, PixelError> {
    let PictureInfo { height, width, channels, bits, .. } = frame.info;
    let bytes = frame.with_plain_sampling(bytes);
    if !matches!(channels, 1 | 3) || frame.scans != 1 || !frame.is_plainly_sampled() {
        let found = format!("lossless JPEG of {channels} components in {} scans", frame.scans);
        return Err(PixelError::unsupported(Format::Jpeg, found, "1 or 3 components of one size, in one scan"));
    }
    // Planes of two bytes, their values interleaved, and the values once more.
    limits.check(height as u64, width as u64, channels as u64 * 6)?;
    let image = decompress_lossless_arbitrary(&bytes).map_err(damaged)?;
    let data = whole(image.data, [image.height, image.width, image.num_components], frame)?;
    if bits > 8 {
        return Ok(Values::U16(data));
    }
    let narrow: Result<Vec<u8>, _> = data.into_iter().map(u8::try_from).collect();
    narrow.map(Values::U8).map_err(|_| PixelError::damaged(Format::Jpeg, format!("a value of more than {bits} bits")))
}

fn whole<V>(data: Vec<V>, found: [usize; 3], frame: &Frame) -> Result<Vec<V>, PixelError> {
    let PictureInfo { height, width, channels, .. } = frame.info;
    if found != [height, width, channels] || data.len() != height * width * channels {
        let detail = format!("{} values were decoded for {height} x {width} x {channels}", data.len());
        return Err(PixelError::damaged(Format::Jpeg, detail));
    }
    Ok(data)
}

fn damaged(error: libjpeg_turbo_rs::JpegError) -> PixelError {
    PixelError::damaged(Format::Jpeg, error)
}

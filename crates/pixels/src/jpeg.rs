//! JPEG: `zune-jpeg` behind a walk over the segments.
//!
//! Decoders fill what is missing with grey and say nothing. The walk visits every segment up to the end
//! marker, so that a file that ends early is an error, and it gives size and kind before anything is
//! allocated.

use jpeg_decoder::PixelFormat;
use zune_jpeg::{
    JpegDecoder,
    zune_core::{bytestream::ZCursor, colorspace::ColorSpace, options::DecoderOptions},
};

use crate::{Format, Limits, Picture, PictureInfo, PixelError, picture::Values};

// Each scan visits every block: a progressive file of a few kilobytes with thousands of them takes minutes.
const SCANS: usize = 100;

/// What a frame header (SOF) says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Frame {
    pub(crate) info: PictureInfo,
    pub(crate) kind: Kind,
    // Whether there are restart markers, and the bits that the last scan left out.
    restarts: bool,
    point_transform: u8,
}

/// How the values are coded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Discrete cosines, one scan after the other.
    Sequential,
    /// Discrete cosines, refined by scans.
    Progressive,
    /// Predicted from neighbours, exact.
    Lossless,
}

pub(crate) fn probe(bytes: &[u8]) -> Result<PictureInfo, PixelError> {
    let (frame, _) = walk(bytes, true)?;
    Ok(frame.info)
}

pub(crate) fn decode(bytes: &[u8], limits: &Limits) -> Result<Picture, PixelError> {
    let (frame, end) = walk(bytes, false)?;
    let values = transform(&bytes[..end], frame, limits)?;
    Ok(Picture::plain(frame.info, Values::U8(values)))
}

/// The one grey frame of a DICOM file, of 8 bits by cosines or up to 16 without loss.
pub(crate) fn decode_grey(bytes: &[u8], limits: &Limits) -> Result<(PictureInfo, Values), PixelError> {
    let (frame, end) = walk(bytes, false)?;
    if frame.info.channels != 1 {
        let found = format!("a JPEG frame of {} components", frame.info.channels);
        return Err(PixelError::unsupported(Format::Dicom, found, "1 component"));
    }
    let bytes = &bytes[..end];
    let values = match frame.kind {
        Kind::Lossless => lossless(bytes, frame, limits)?,
        _ => Values::U8(transform(bytes, frame, limits)?),
    };
    Ok((frame.info, values))
}

// JPEG by cosines, 8 bits.
fn transform(bytes: &[u8], frame: Frame, limits: &Limits) -> Result<Vec<u8>, PixelError> {
    let PictureInfo { height, width, channels, bits } = frame.info;
    let out = match channels {
        1 => ColorSpace::Luma,
        3 => ColorSpace::RGB,
        other => {
            let found = format!("{other} components");
            return Err(PixelError::unsupported(Format::Jpeg, found, "1 (grey) or 3 (colour)"));
        }
    };
    if bits != 8 || frame.kind == Kind::Lossless {
        let found = format!("{bits} bits, {:?}", frame.kind).to_lowercase();
        return Err(PixelError::unsupported(Format::Jpeg, found, "8 bits, sequential or progressive"));
    }
    // A progressive picture is held as 16-bit coefficients until its last scan, beside the result; so are
    // the rows of a subsampled one.
    limits.check(height as u64, width as u64, channels as u64 * 4)?;
    let side = usize::try_from(limits.side).unwrap_or(usize::MAX);
    let options = DecoderOptions::default()
        .set_strict_mode(true)
        .set_max_width(side)
        .set_max_height(side)
        .jpeg_set_max_scans(SCANS)
        .jpeg_set_out_colorspace(out);
    let mut decoder = JpegDecoder::new_with_options(ZCursor::new(bytes), options);
    let values = decoder.decode().map_err(|error| PixelError::damaged(Format::Jpeg, error))?;
    if values.len() != height * width * channels {
        let detail = format!("{} values were decoded for {height} x {width} x {channels}", values.len());
        return Err(PixelError::damaged(Format::Jpeg, detail));
    }
    Ok(values)
}

fn lossless(bytes: &[u8], frame: Frame, limits: &Limits) -> Result<Values, PixelError> {
    let PictureInfo { height, width, bits, .. } = frame.info;
    // The decoder loses its place at restarts and shifts predictions with a point transform.
    if frame.restarts || frame.point_transform != 0 {
        let found = "lossless JPEG with restart markers or a point transform";
        return Err(PixelError::unsupported(Format::Jpeg, found, "lossless JPEG without"));
    }
    // The decoder holds differences of four bytes, values of two and their bytes twice.
    limits.check(height as u64, width as u64, 12)?;
    let mut decoder = jpeg_decoder::Decoder::new(bytes);
    decoder.set_max_decoding_buffer_size(limits.bytes_as_usize());
    let data = decoder.decode().map_err(|error| PixelError::damaged(Format::Jpeg, error))?;
    let values = match decoder.info().map(|info| info.pixel_format) {
        Some(PixelFormat::L8) => Values::U8(data),
        Some(PixelFormat::L16) => {
            Values::U16(data.chunks_exact(2).map(|pair| u16::from_ne_bytes([pair[0], pair[1]])).collect())
        }
        other => return Err(PixelError::damaged(Format::Jpeg, format!("decoded to {other:?}"))),
    };
    if values.len() != height * width {
        let detail = format!("{} values were decoded for {height} x {width} at {bits} bits", values.len());
        return Err(PixelError::damaged(Format::Jpeg, detail));
    }
    Ok(values)
}

// The frame header and the position behind the end marker; with `header_only` the walk ends at the frame
// header and the position means nothing.
fn walk(bytes: &[u8], header_only: bool) -> Result<(Frame, usize), PixelError> {
    let truncated = |what: &str| PixelError::truncated(Format::Jpeg, format!("the file ends {what}"));
    let damaged = |detail: String| PixelError::damaged(Format::Jpeg, detail);
    let mut position = 2;
    let mut frame: Option<Frame> = None;
    let mut restarts = false;
    let mut scans = 0;
    loop {
        match bytes.get(position) {
            Some(0xff) => {}
            Some(other) => return Err(damaged(format!("found byte {other:02x} at {position}, expected a marker"))),
            None => return Err(truncated("before its end marker")),
        }
        while bytes.get(position) == Some(&0xff) {
            position += 1;
        }
        let marker = *bytes.get(position).ok_or_else(|| truncated("inside a marker"))?;
        position += 1;
        match marker {
            0xd9 => {
                return match frame {
                    Some(frame) if scans > 0 => Ok((Frame { restarts, ..frame }, position)),
                    _ => Err(damaged("found the end marker before any pixel".to_owned())),
                };
            }
            0x00 | 0x01 | 0xd0..=0xd8 => {
                return Err(damaged(format!("found marker {marker:02x} at {position}, expected a segment")));
            }
            _ => {}
        }
        let length = bytes.get(position..position + 2).ok_or_else(|| truncated("inside a segment"))?;
        let length = usize::from(u16::from_be_bytes([length[0], length[1]]));
        if length < 2 {
            return Err(damaged(format!("found a segment of {length} bytes at {position}, expected at least 2")));
        }
        let segment = bytes.get(position + 2..position + length).ok_or_else(|| truncated("inside a segment"))?;
        position += length;
        match marker {
            0xc4 | 0xc8 | 0xcc => {}
            0xc0..=0xcf => {
                if frame.is_some() {
                    return Err(damaged("found a second frame, expected one".to_owned()));
                }
                let found = frame_header(marker, segment)?;
                if header_only {
                    return Ok((found, position));
                }
                frame = Some(found);
            }
            0xdd => restarts |= segment.iter().any(|&byte| byte != 0),
            0xda => {
                scans += 1;
                match &mut frame {
                    Some(frame) if scans <= SCANS => {
                        frame.point_transform = segment.last().map_or(0, |&byte| byte & 0x0f);
                    }
                    _ => {
                        let detail = format!("found scan {scans}, expected a frame and at most {SCANS} scans");
                        return Err(damaged(detail));
                    }
                }
                position = behind_scan(bytes, position).ok_or_else(|| truncated("inside its pixels"))?;
            }
            _ => {}
        }
    }
}

// The position of the marker that ends the entropy-coded bytes: 0xff, but neither stuffed nor a restart.
fn behind_scan(bytes: &[u8], start: usize) -> Option<usize> {
    let mut position = start;
    loop {
        position += bytes.get(position..)?.iter().position(|&byte| byte == 0xff)?;
        match bytes.get(position + 1)? {
            0x00 | 0xd0..=0xd7 => position += 2,
            0xff => position += 1,
            _ => return Some(position),
        }
    }
}

fn frame_header(marker: u8, segment: &[u8]) -> Result<Frame, PixelError> {
    let kind = match marker {
        0xc0 | 0xc1 => Kind::Sequential,
        0xc2 => Kind::Progressive,
        0xc3 => Kind::Lossless,
        other => {
            let found = format!("coding process SOF{}", other - 0xc0);
            let expected = "a baseline, extended, progressive or lossless process (SOF0 to SOF3)";
            return Err(PixelError::unsupported(Format::Jpeg, found, expected));
        }
    };
    let [bits, h1, h0, w1, w0, channels, components @ ..] = segment else {
        return Err(PixelError::damaged(Format::Jpeg, "the frame header is too short"));
    };
    let (height, width) = (u16::from_be_bytes([*h1, *h0]), u16::from_be_bytes([*w1, *w0]));
    if height == 0 || width == 0 || components.len() != 3 * usize::from(*channels) {
        let detail = format!("the frame header gives {height} x {width} pixels and {channels} components");
        return Err(PixelError::damaged(Format::Jpeg, detail));
    }
    if !(2..=16).contains(bits) {
        return Err(PixelError::damaged(Format::Jpeg, format!("the frame header gives {bits} bits")));
    }
    let info = PictureInfo {
        height: height.into(),
        width: width.into(),
        bits: u32::from(*bits),
        channels: usize::from(*channels),
    };
    Ok(Frame { info, kind, restarts: false, point_transform: 0 })
}

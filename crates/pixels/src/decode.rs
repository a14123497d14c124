//! From the bytes of a file to a [`Picture`].

use std::{fs::File, io::Read, path::Path};

use crate::{Format, Limits, Picture, PictureInfo, PixelError, dicom, jpeg, png};

// Enough for the header of most files; the rest is read where it is not.
const HEADER: u64 = 1 << 16;

/// The format that the first bytes name.
///
/// # Errors
/// [`PixelError::Empty`]; [`PixelError::UnknownFormat`] for anything but a PNG, a JPEG or a DICOM file with
/// its preamble of 128 bytes.
pub fn format(bytes: &[u8]) -> Result<Format, PixelError> {
    if bytes.is_empty() {
        Err(PixelError::Empty)
    } else if bytes.starts_with(b"\x89PNG\r\n\x1a\n") {
        Ok(Format::Png)
    } else if bytes.starts_with(b"\xff\xd8") {
        Ok(Format::Jpeg)
    } else if bytes.get(128..132) == Some(b"DICM") {
        Ok(Format::Dicom)
    } else {
        let found: Vec<String> = bytes.iter().take(8).map(|byte| format!("{byte:02x}")).collect();
        Err(PixelError::UnknownFormat { found: found.join(" ") })
    }
}

/// Decodes a PNG, JPEG or DICOM file.
///
/// - PNG: every depth and colour type, interlaced or not; every checksum is verified. A palette becomes
///   colour. Colour of 16 bits a channel stays at 16 bits (Pillow reduces it to 8).
/// - JPEG: baseline and progressive, 8 bits; colour is converted to red, green, blue. The inverse transforms
///   of two decoders may differ by one or two levels; see the crate's README for what was measured.
/// - DICOM: one frame, 8 to 16 bits; uncompressed, deflated, RLE, JPEG baseline, extended (8 bits) and
///   lossless. The transfer syntax is named where it is another.
///
/// # Errors
/// [`PixelError`] for an empty file, an unknown format, a picture beyond the limits (before memory is asked
/// for), a file that is truncated or damaged or of a kind that is not decoded here.
pub fn decode(bytes: &[u8], limits: &Limits) -> Result<Picture, PixelError> {
    match format(bytes)? {
        Format::Png => png::decode(bytes, limits),
        Format::Jpeg => jpeg::decode(bytes, limits),
        Format::Dicom => dicom::decode(bytes, limits),
    }
}

/// Size and depth from the header alone; the pixels may be damaged or missing.
///
/// # Errors
/// As [`decode`], for the header. The size is not compared with any limit.
pub fn probe(bytes: &[u8]) -> Result<PictureInfo, PixelError> {
    match format(bytes)? {
        Format::Png => png::probe(bytes),
        Format::Jpeg => jpeg::probe(bytes),
        Format::Dicom => dicom::probe(bytes),
    }
}

/// [`probe`] of a file, of which the beginning is read, and all of it only if the header is longer than 64 KiB.
///
/// # Errors
/// As [`probe`]; [`PixelError::Read`] if the file cannot be read.
pub fn probe_file(path: &Path) -> Result<PictureInfo, PixelError> {
    let unreadable = |error: std::io::Error| PixelError::Read { detail: error.to_string() };
    let mut file = File::open(path).map_err(unreadable)?;
    let mut bytes = Vec::new();
    file.by_ref().take(HEADER).read_to_end(&mut bytes).map_err(unreadable)?;
    match probe(&bytes) {
        Err(PixelError::Truncated { .. }) if bytes.len() as u64 == HEADER => {
            file.read_to_end(&mut bytes).map_err(unreadable)?;
            probe(&bytes)
        }
        result => result,
    }
}

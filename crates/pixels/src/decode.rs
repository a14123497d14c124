//! From the bytes of a file to a [`Picture`].

use std::{fs::File, io::Read, path::Path};

use crate::{Format, Limits, Picture, PictureInfo, PixelError, dicom, exif, jpeg, known, png, raster};

// Enough for the header of most files; the rest is read where it is not.
const HEADER: u64 = 1 << 16;

/// The format according to the first bytes.
///
/// # Errors
/// [`PixelError::Empty`]; [`PixelError::OtherFormat`] for a format that is known, but not read;
/// [`PixelError::UnknownFormat`] for anything else but a PNG, JPEG, BMP, TIFF or WebP file or a DICOM file
/// with its preamble of 128 bytes.
pub fn format(bytes: &[u8]) -> Result<Format, PixelError> {
    if bytes.is_empty() {
        Err(PixelError::Empty)
    } else if bytes.starts_with(b"\x89PNG\r\n\x1a\n") {
        Ok(Format::Png)
    } else if bytes.starts_with(b"\xff\xd8") {
        Ok(Format::Jpeg)
    } else if bytes.get(128..132) == Some(b"DICM") {
        // Before TIFF: a DICOM file's preamble may be that of a TIFF file.
        Ok(Format::Dicom)
    } else if dicom::begins_with_elements(bytes) {
        Ok(Format::Dicom)
    } else if bytes.starts_with(b"II*\0") || bytes.starts_with(b"MM\0*") {
        Ok(Format::Tiff)
    } else if bytes.starts_with(b"RIFF") && bytes.get(8..12) == Some(b"WEBP") {
        Ok(Format::WebP)
    } else if bytes.starts_with(b"BM") && bytes.get(14..18).is_some_and(|size| matches!(size, [12..=124, 0, 0, 0])) {
        Ok(Format::Bmp)
    } else if let Some(found) = known::name(bytes) {
        Err(PixelError::OtherFormat { found })
    } else {
        let found: Vec<String> = bytes.iter().take(8).map(|byte| format!("{byte:02x}")).collect();
        Err(PixelError::UnknownFormat { found: found.join(" ") })
    }
}

/// Decodes a PNG, JPEG, BMP, TIFF, WebP or DICOM file, turned upright by its EXIF orientation as Pillow's
/// `ImageOps.exif_transpose` turns it ([`Picture::orientation`] is the one that was undone).
///
/// - PNG: every depth and colour type, interlaced or not; every checksum is verified. A palette becomes
///   colour. Colour of 16 bits a channel stays at 16 bits (Pillow reduces it to 8). A transparent colour
///   (tRNS) is not a channel.
/// - JPEG: baseline and progressive, 8 bits; colour is converted to red, green, blue. The values are
///   libjpeg's, which are Pillow's.
/// - BMP, TIFF (one page, grey or colour of 8 or 16 bits, without JPEG inside), WebP without animation.
/// - DICOM: one frame, 1 to 16 bits, grey, RGB, YBR_FULL (which becomes red, green and blue) or PALETTE COLOR (whose
///   palette is applied); uncompressed, deflated, RLE, JPEG baseline, extended and lossless, JPEG-LS of one component, JPEG
///   2000. The transfer syntax is named where it is another.
///
/// # Errors
/// [`PixelError`] for an empty file, an unknown format, a picture beyond the limits (before memory is
/// allocated), a file that is truncated or damaged or of a kind that is not decoded here.
pub fn decode(bytes: &[u8], limits: &Limits) -> Result<Picture, PixelError> {
    match format(bytes)? {
        Format::Png => png::decode(bytes, limits),
        Format::Jpeg => jpeg::decode(bytes, limits),
        format @ (Format::Bmp | Format::Tiff | Format::WebP) => raster::decode(bytes, format, limits),
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
        format @ (Format::Bmp | Format::Tiff | Format::WebP) => raster::probe(bytes, format),
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
        // A TIFF's directory may lie at its end, and so may EXIF.
        _ if bytes.len() as u64 == HEADER && matches!(format(&bytes), Ok(Format::Tiff | Format::WebP)) => {
            file.read_to_end(&mut bytes).map_err(unreadable)?;
            probe(&bytes)
        }
        Err(PixelError::Truncated { .. }) if bytes.len() as u64 == HEADER => {
            file.read_to_end(&mut bytes).map_err(unreadable)?;
            probe(&bytes)
        }
        // A PNG's orientation may lie behind its pixels.
        Ok(info) if bytes.len() as u64 == HEADER && matches!(format(&bytes), Ok(Format::Png)) => {
            let [height, width] = info.stored();
            let orientation = png::orientation(&mut file);
            Ok(exif::oriented(PictureInfo { height, width, ..info }, orientation))
        }
        result => result,
    }
}

/// The part of the cache's key for a file's decoding, so that blocks are not found that an older version of
/// this crate decoded differently: `jpeg 2`, `png turned 6`. `None` for a PNG that is upright as it is stored,
/// whose decoding never changed, and for what cannot be read.
pub fn decoding(path: &Path) -> Option<String> {
    let mut bytes = Vec::new();
    File::open(path).ok()?.take(HEADER).read_to_end(&mut bytes).ok()?;
    match format(&bytes).ok()? {
        Format::Png => {
            let orientation = probe_file(path).ok()?.orientation;
            (orientation != 1).then(|| format!("png turned {orientation}"))
        }
        Format::Jpeg => Some("jpeg 2".to_owned()),
        Format::Bmp => Some("bmp 1".to_owned()),
        Format::Tiff => Some("tiff 1".to_owned()),
        Format::WebP => Some("webp 1".to_owned()),
        Format::Dicom => Some("dicom 2".to_owned()),
    }
}

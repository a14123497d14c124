//! JPEG-LS of one component, lossless or nearly so, by the crate `pure_jpegls`.

use crate::{Format, Limits, PixelError};

/// The frame header (SOF55) of a stream: bits, height, width, components.
fn header(bytes: &[u8]) -> Result<[usize; 4], PixelError> {
    let truncated = || PixelError::truncated(Format::Dicom, "the JPEG-LS stream ends before its frame header");
    let word = |at: usize| Some(usize::from(u16::from_be_bytes([*bytes.get(at)?, *bytes.get(at + 1)?])));
    let mut position = 2;
    loop {
        let marker = word(position).ok_or_else(truncated)?;
        let length = word(position + 2).ok_or_else(truncated)?;
        if marker == 0xfff7 {
            let byte = |at: usize| bytes.get(position + at).copied().map(usize::from).ok_or_else(truncated);
            let sides = [word(position + 5), word(position + 7)].map(|side| side.ok_or_else(truncated));
            let [height, width] = sides;
            return Ok([byte(4)?, height?, width?, byte(9)?]);
        }
        if marker < 0xff01 || length < 2 {
            return Err(PixelError::damaged(Format::Dicom, format!("found {marker:04x} in a JPEG-LS stream")));
        }
        position += 2 + length;
    }
}

/// Decodes a frame of `[height, width]` values of at most `bits` bits.
pub(super) fn decode(
    bytes: &[u8],
    [height, width]: [usize; 2],
    bits: u32,
    limits: &Limits,
) -> Result<Vec<u16>, PixelError> {
    let [precision, rows, columns, components] = header(bytes)?;
    if components != 1 {
        let found = format!("JPEG-LS of {components} components");
        return Err(PixelError::unsupported(Format::Dicom, found, "1 component"));
    }
    if [rows, columns] != [height, width] || precision > bits as usize {
        let detail =
            format!("the JPEG-LS frame is {rows} x {columns} of {precision} bits, the header says {height} x {width}");
        return Err(PixelError::damaged(Format::Dicom, detail));
    }
    limits.check(height as u64, width as u64, 6)?;
    let damaged = |detail: String| PixelError::damaged(Format::Dicom, detail);
    // Sides of 16 bits fit.
    let (values, ..) =
        jpegls::decode(bytes, width as u32, height as u32).map_err(|error| damaged(format!("JPEG-LS: {error}")))?;
    if values.len() != height * width {
        return Err(damaged(format!("{} values were decoded for {height} x {width}", values.len())));
    }
    Ok(values)
}

//! JPEG 2000, by `openjp2`, a port of OpenJPEG, through `jpeg2k`.
//!
//! The port is as unsafe as the original, so it gets only streams whose header (SIZ) fits the DICOM header and
//! the limits: size, components, depth, no subsampling, a number of tiles.

use jpeg2k::{DecodeParameters, Image};

use crate::{Format, Limits, PixelError};

// Tiles have a cost each; radiographs have one to some dozens.
const TILES: u64 = 4096;

/// What the image and tile size (SIZ) says.
struct Size {
    height: u64,
    width: u64,
    components: usize,
    bits: u32,
}

/// The codestream of a frame, which some programs leave in its JP2 container.
fn codestream(bytes: &[u8]) -> &[u8] {
    let mut rest = bytes;
    while let Some([a, b, c, d, kind @ ..]) = rest.get(..8) {
        let length = u32::from_be_bytes([*a, *b, *c, *d]) as usize;
        // The last box may leave its length out.
        let end = if length == 0 { rest.len() } else { length };
        match rest.split_at_checked(end) {
            Some((inside, _)) if kind == b"jp2c" => return &inside[8..],
            Some((_, behind)) if end >= 8 => rest = behind,
            _ => break,
        }
    }
    bytes
}

/// What the header of a codestream says.
fn size(bytes: &[u8]) -> Result<Size, PixelError> {
    let truncated = || PixelError::truncated(Format::Dicom, "the JPEG 2000 stream ends inside its header");
    let damaged = |detail: &str| PixelError::damaged(Format::Dicom, format!("JPEG 2000: {detail}"));
    if bytes.get(..4) != Some(&[0xff, 0x4f, 0xff, 0x51]) {
        return Err(damaged("no codestream at the beginning"));
    }
    let word = |at: usize| {
        let bytes = bytes.get(at..at + 4).ok_or_else(truncated)?;
        Ok::<u64, PixelError>(u64::from(u32::from_be_bytes([bytes[0], bytes[1], bytes[2], bytes[3]])))
    };
    let [right, bottom, left, top, tile_width, tile_height] =
        [word(8)?, word(12)?, word(16)?, word(20)?, word(24)?, word(28)?];
    let components = bytes.get(40..42).ok_or_else(truncated)?;
    let components = usize::from(u16::from_be_bytes([components[0], components[1]]));
    if right <= left || bottom <= top || tile_width == 0 || tile_height == 0 || !(1..=4).contains(&components) {
        return Err(damaged("a size of nothing, or too many components"));
    }
    if right.div_ceil(tile_width) * bottom.div_ceil(tile_height) > TILES {
        return Err(PixelError::unsupported(Format::Dicom, "JPEG 2000 of very many tiles", "at most 4096"));
    }
    let each = bytes.get(42..42 + 3 * components).ok_or_else(truncated)?;
    let depth = each[0];
    for component in each.chunks_exact(3) {
        if component != [depth, 1, 1] {
            let found = "JPEG 2000 with subsampled components or different depths";
            return Err(PixelError::unsupported(Format::Dicom, found, "components of one size and depth"));
        }
    }
    Ok(Size { height: bottom - top, width: right - left, components, bits: u32::from(depth & 0x7f) + 1 })
}

/// Decodes a frame of `[height, width, channels]` of at most `bits` bits: values as they are stored, signed ones
/// in two's complement.
pub(super) fn decode(
    bytes: &[u8],
    [height, width, channels]: [usize; 3],
    bits: u32,
    limits: &Limits,
) -> Result<Vec<u16>, PixelError> {
    let bytes = codestream(bytes);
    let size = size(bytes)?;
    let damaged = |detail: String| PixelError::damaged(Format::Dicom, format!("JPEG 2000: {detail}"));
    if [size.height, size.width] != [height as u64, width as u64] || size.components != channels || size.bits > bits {
        let Size { height: rows, width: columns, components, bits: depth, .. } = size;
        let found = format!("{rows} x {columns} x {components} of {depth} bits");
        return Err(damaged(format!(
            "the frame is {found}, the header says {height} x {width} x {channels} of {bits}"
        )));
    }
    // Planes of four bytes, twice while they are transformed, and the values.
    limits.check(height as u64, width as u64, channels as u64 * 12)?;
    let parameters = DecodeParameters::new().strict(true);
    let image = Image::from_bytes_with(bytes, parameters).map_err(|error| damaged(error.to_string()))?;
    let planes = image.components();
    let fits = |plane: &jpeg2k::ImageComponent| (plane.width(), plane.height()) == (width as u32, height as u32);
    if planes.len() != channels || !planes.iter().all(fits) {
        return Err(damaged(format!("{} components of another size were decoded", planes.len())));
    }
    let planes: Vec<&[i32]> = planes.iter().map(|plane| plane.data()).collect();
    let count = height * width;
    if planes.iter().any(|plane| plane.len() != count) {
        return Err(damaged("a component of another length was decoded".into()));
    }
    let values = (0..count).flat_map(|index| planes.iter().map(move |plane| plane[index] as u16));
    Ok(values.collect())
}

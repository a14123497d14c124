//! PNG: the `png` crate with every checksum verified.

use std::io::{self, Cursor};

use ::png::{BitDepth, DecodeOptions, Decoder, DecodingError, Transformations};

use crate::{Format, Limits, Picture, PictureInfo, PixelError, picture::Values};

pub(crate) fn probe(bytes: &[u8]) -> Result<PictureInfo, PixelError> {
    let mut decoder = decoder(bytes, &Limits::default());
    let info = decoder.read_header_info().map_err(error)?;
    // The palette has not been read yet, but stands for colour in any case.
    let channels = match info.color_type {
        ::png::ColorType::Indexed => 3,
        other => other.samples(),
    };
    let bits = if info.bit_depth == BitDepth::Sixteen { 16 } else { 8 };
    Ok(PictureInfo::upright([info.height as usize, info.width as usize], bits, channels))
}

pub(crate) fn decode(bytes: &[u8], limits: &Limits) -> Result<Picture, PixelError> {
    let mut decoder = decoder(bytes, limits);
    let header = decoder.read_header_info().map_err(error)?;
    let (height, width) = (u64::from(header.height), u64::from(header.width));
    // Depths below 8 are widened; a palette becomes colour. Transparency is left out where it is no channel.
    let bytes_per_value = if header.bit_depth == BitDepth::Sixteen { 2 } else { 1 };
    let channels = match header.color_type {
        ::png::ColorType::Indexed => 3,
        other => other.samples(),
    };
    // Values of 16 bits exist twice while their bytes are put in order.
    limits.check(height, width, channels as u64 * bytes_per_value * bytes_per_value)?;
    if header.color_type == ::png::ColorType::Indexed || bytes_per_value == 1 {
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

    let size = [frame.height as usize, frame.width as usize];
    let info = PictureInfo::upright(size, frame.bit_depth as u32, frame.color_type.samples());
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
    Ok(Picture::plain(info, values))
}

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

//! Grey pictures as JPEG files.

use crate::{Format, PixelError};
use libjpeg_turbo_rs::{Encoder, PixelFormat};

/// JPEG's sides have 16 bits.
const LONGEST: usize = 65_535;

/// The JPEG file of a grey picture of `height` x `width` values, row by row, at a quality of 1 to 100.
///
/// The bytes are those that Pillow writes with `Image.save(file, "JPEG", quality=quality)` in mode `L`, where it is
/// built with libjpeg-turbo: baseline, the standard Huffman tables, the accurate cosine transform, and a JFIF header
/// without a resolution. Pillow's default quality is 75. (It also carries a comment over from the file that a picture
/// was read from; there is none here.)
///
/// # Errors
/// [`PixelError::Setting`] for a quality out of range, a side of 0 or above 65535, or another number of values.
///
/// ```
/// use herring_pixels::{Limits, decode, encode_jpeg};
///
/// let file = encode_jpeg(&[7; 16 * 24], [16, 24], 75)?;
/// let picture = decode(&file, &Limits::default())?;
/// assert_eq!((picture.height(), picture.width(), picture.channels()), (16, 24, 1));
/// # Ok::<(), herring_pixels::PixelError>(())
/// ```
pub fn encode_jpeg(values: &[u8], [height, width]: [usize; 2], quality: u8) -> Result<Vec<u8>, PixelError> {
    if !(1..=100).contains(&quality) {
        return Err(PixelError::setting("quality", quality, "1 to 100"));
    }
    if let Some(side) = [height, width].into_iter().find(|side| !(1..=LONGEST).contains(side)) {
        return Err(PixelError::setting("side", side, format!("1 to {LONGEST}")));
    }
    if values.len() != height * width {
        return Err(PixelError::setting("values", values.len(), format!("{height} x {width} of them")));
    }
    // Divisors of 8 bits at the lowest qualities too, as Pillow asks for.
    let encoder = Encoder::new(values, width, height, PixelFormat::Grayscale).quality(quality).force_baseline(true);
    encoder.encode().map_err(|error| PixelError::damaged(Format::Jpeg, error))
}

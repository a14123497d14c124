//! DICOM's run-length coding (PS3.5, annex G): a segment of PackBits for each byte of a value.

use crate::{Format, PixelError};

const SEGMENTS: usize = 15;

/// Undoes the coding of one frame of `channels` planes of `plane` values of `bytes_per_value` bytes, the most
/// significant bytes first among the segments of a plane; gives little-endian values, the channels of a pixel
/// next to each other.
pub(super) fn decode(
    fragment: &[u8],
    plane: usize,
    channels: usize,
    bytes_per_value: usize,
) -> Result<Vec<u8>, PixelError> {
    let damaged = |detail: String| PixelError::damaged(Format::Dicom, detail);
    let word = |index: usize| {
        let bytes = fragment.get(4 * index..4 * index + 4)?;
        Some(u32::from_le_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]) as usize)
    };
    let header = || PixelError::truncated(Format::Dicom, "the RLE header");
    let segments = word(0).ok_or_else(header)?;
    let expected = channels * bytes_per_value;
    if segments != expected || segments > SEGMENTS {
        return Err(damaged(format!("found {segments} RLE segments, expected {expected}")));
    }
    let mut decoded = vec![0; plane * expected];
    for segment in 0..segments {
        let start = word(segment + 1).ok_or_else(header)?;
        let end = if segment + 1 < segments { word(segment + 2).ok_or_else(header)? } else { fragment.len() };
        let packed = fragment
            .get(start..end)
            .ok_or_else(|| damaged(format!("RLE segment {segment} lies at {start} to {end}")))?;
        let (channel, byte) = (segment / bytes_per_value, segment % bytes_per_value);
        let place = channel * bytes_per_value + bytes_per_value - 1 - byte;
        let mut targets = decoded.iter_mut().skip(place).step_by(expected);
        unpack(packed, plane, |byte| {
            if let Some(target) = targets.next() {
                *target = byte;
            }
        })?;
    }
    Ok(decoded)
}

// PackBits: a count of literal bytes, or of repetitions of one.
fn unpack(packed: &[u8], values: usize, mut emit: impl FnMut(u8)) -> Result<(), PixelError> {
    let short = || PixelError::truncated(Format::Dicom, "an RLE segment ends before its values do");
    let mut left = values;
    let mut rest = packed;
    while left > 0 {
        let (&control, behind) = rest.split_first().ok_or_else(short)?;
        rest = behind;
        let count = match control as i8 {
            // Does nothing, by the standard.
            i8::MIN => continue,
            literal @ 0.. => {
                let count = literal as usize + 1;
                let (bytes, behind) = rest.split_at_checked(count).ok_or_else(short)?;
                bytes.iter().take(left).for_each(|&byte| emit(byte));
                rest = behind;
                count
            }
            repeated => {
                let count = 1 + usize::from(repeated.unsigned_abs());
                let (&byte, behind) = rest.split_first().ok_or_else(short)?;
                (0..count.min(left)).for_each(|_| emit(byte));
                rest = behind;
                count
            }
        };
        left = left
            .checked_sub(count)
            .ok_or_else(|| PixelError::damaged(Format::Dicom, "an RLE segment holds more values than the picture"))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    // Two segments: the high bytes 1, 1, 1 as a run, the low bytes 7, 8, 9 as they are.
    fn frame() -> Vec<u8> {
        let mut bytes = Vec::new();
        for word in [2_u32, 64, 66] {
            bytes.extend(word.to_le_bytes());
        }
        bytes.resize(64, 0);
        bytes.extend([254, 1, 2, 7, 8, 9]);
        bytes
    }

    #[test]
    fn runs_and_literals_become_values() {
        assert_eq!(decode(&frame(), 3, 1, 2).unwrap(), [7, 1, 8, 1, 9, 1]);
    }

    #[test]
    fn planes_become_the_channels_of_a_pixel() {
        // Two segments of one byte a value: the planes 1, 1, 1 and 7, 8, 9.
        assert_eq!(decode(&frame(), 3, 2, 1).unwrap(), [1, 7, 1, 8, 1, 9]);
    }

    #[test]
    fn a_frame_that_ends_early_or_holds_too_much_is_refused() {
        let whole = frame();
        for length in 0..whole.len() {
            assert!(decode(&whole[..length], 3, 1, 2).is_err(), "{length} bytes");
        }
        assert!(decode(&whole, 2, 1, 2).is_err());
        assert!(decode(&whole, 4, 1, 2).is_err());
        assert!(decode(&whole, 3, 1, 1).is_err());
    }
}

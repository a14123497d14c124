//! The orientation of a picture from EXIF, and turning by it.
//!
//! EXIF is a TIFF structure: a header with the order of bytes and the place of a directory of entries. Of
//! these only Orientation (0x0112) is read. Damaged EXIF, or a value without a meaning, counts as no
//! orientation: EXIF describes a picture and is never a reason to refuse it.

use crate::{Limits, Picture, PictureInfo, PixelError, PixelNote, picture::Values};

const ORIENTATION: u16 = 0x0112;

/// A directory of a TIFF structure: its entries of one small number, and where the next directory is.
pub(crate) struct Directory {
    entries: Vec<(u16, u32)>,
    pub(crate) next: u32,
    /// The most bytes that an entry, or a strip or tile that it counts, claims to have.
    pub(crate) longest: u64,
}

// Bytes of a value, by the number of its type.
const SIZES: [u64; 13] = [0, 1, 1, 2, 4, 8, 1, 1, 2, 4, 8, 4, 8];
// Lengths of the strips and of the tiles of pixels.
const LENGTHS: [u16; 2] = [0x0117, 0x0145];

impl Directory {
    /// The first directory of a TIFF structure; `None` if there is none that can be read.
    pub(crate) fn first(tiff: &[u8]) -> Option<Self> {
        let little = match tiff.get(..4)? {
            b"II*\0" => true,
            b"MM\0*" => false,
            _ => return None,
        };
        let short = |at: usize| {
            let pair = tiff.get(at..at.checked_add(2)?)?.try_into().ok()?;
            Some(if little { u16::from_le_bytes(pair) } else { u16::from_be_bytes(pair) })
        };
        let long = |at: usize| {
            let four = tiff.get(at..at.checked_add(4)?)?.try_into().ok()?;
            Some(if little { u32::from_le_bytes(four) } else { u32::from_be_bytes(four) })
        };
        let start = usize::try_from(long(4)?).ok()?;
        let count = usize::from(short(start)?);
        let mut entries = Vec::new();
        let mut longest = 0;
        for index in 0..count {
            let at = start.checked_add(2 + 12 * index)?;
            let Some(tag) = short(at) else { break };
            let kind = short(at + 2);
            let values = u64::from(long(at + 4).unwrap_or(0));
            let size = kind.and_then(|kind| SIZES.get(usize::from(kind)).copied()).unwrap_or(0);
            let total = values * size;
            longest = longest.max(total);
            if LENGTHS.contains(&tag) && total <= tiff.len() as u64 {
                let begin =
                    if total <= 4 { Some(at + 8) } else { long(at + 8).and_then(|place| usize::try_from(place).ok()) };
                let length = |index: u64| {
                    let place = begin?.checked_add((index * size) as usize)?;
                    if kind == Some(3) { short(place).map(u64::from) } else { long(place).map(u64::from) }
                };
                longest = (0..values).filter_map(length).fold(longest, u64::max);
            }
            // Bytes, numbers of two bytes and of four; the others are not needed.
            let value = match kind {
                Some(1) => tiff.get(at + 8).map(|&byte| byte.into()),
                Some(3) => short(at + 8).map(u32::from),
                Some(4) => long(at + 8),
                _ => None,
            };
            entries.extend(value.map(|value| (tag, value)));
        }
        let next = start.checked_add(2 + 12 * count).and_then(long).unwrap_or(0);
        Some(Self { entries, next, longest })
    }

    /// The number of an entry, the first of several.
    pub(crate) fn number(&self, tag: u16) -> Option<u32> {
        self.entries.iter().find(|entry| entry.0 == tag).map(|entry| entry.1)
    }

    /// The orientation, 1 to 8; 1 where there is none with a meaning.
    pub(crate) fn orientation(&self) -> u8 {
        self.number(ORIENTATION)
            .and_then(|value| u8::try_from(value).ok())
            .filter(|value| (1..=8).contains(value))
            .unwrap_or(1)
    }
}

/// The orientation that an EXIF block gives, with or without the `Exif` marker of JPEG before it.
pub(crate) fn orientation(exif: &[u8]) -> u8 {
    let tiff = exif.strip_prefix(b"Exif\0\0").unwrap_or(exif);
    Directory::first(tiff).map_or(1, |directory| directory.orientation())
}

/// The header of a picture whose stored pixels have an orientation.
pub(crate) fn oriented(stored: PictureInfo, orientation: u8) -> PictureInfo {
    let [height, width] = if orientation >= 5 { [stored.width, stored.height] } else { [stored.height, stored.width] };
    PictureInfo { height, width, orientation, ..stored }
}

/// A picture of stored pixels, turned upright as Pillow's `ImageOps.exif_transpose` turns it.
pub(crate) fn upright(picture: Picture, orientation: u8, limits: &Limits) -> Result<Picture, PixelError> {
    if orientation == 1 {
        return Ok(picture);
    }
    let stored = [picture.height(), picture.width()];
    let each = picture.channels() * if matches!(picture.values, Values::U8(_)) { 1 } else { 2 };
    limits.check(stored[0] as u64, stored[1] as u64, 2 * each as u64)?;
    let values = match &picture.values {
        Values::U8(values) => Values::U8(turned(values, stored, picture.channels(), orientation)),
        Values::U16(values) => Values::U16(turned(values, stored, picture.channels(), orientation)),
        Values::I16(values) => Values::I16(turned(values, stored, picture.channels(), orientation)),
    };
    let mut notes = picture.notes;
    notes.push(PixelNote::Turned { orientation });
    Ok(Picture { info: oriented(picture.info, orientation), values, notes, ..picture })
}

/// The values of `[height, width, channels]` in the order in which viewers show them.
pub(crate) fn turned<V: Copy>(values: &[V], [height, width]: [usize; 2], channels: usize, orientation: u8) -> Vec<V> {
    let [rows, columns] = if orientation >= 5 { [width, height] } else { [height, width] };
    let mut result = Vec::with_capacity(values.len());
    for row in 0..rows {
        for column in 0..columns {
            let [from_row, from_column] = match orientation {
                2 => [row, width - 1 - column],
                3 => [height - 1 - row, width - 1 - column],
                4 => [height - 1 - row, column],
                5 => [column, row],
                6 => [height - 1 - column, row],
                7 => [height - 1 - column, width - 1 - row],
                8 => [column, width - 1 - row],
                _ => [row, column],
            };
            let start = (from_row * width + from_column) * channels;
            result.extend_from_slice(&values[start..start + channels]);
        }
    }
    result
}

#[cfg(test)]
mod tests {
    use super::*;

    // An EXIF block with one entry of two bytes.
    fn block(little: bool, value: u16) -> Vec<u8> {
        let two = |number: u16| if little { number.to_le_bytes() } else { number.to_be_bytes() };
        let four = |number: u32| if little { number.to_le_bytes() } else { number.to_be_bytes() };
        let mut bytes = if little { b"II".to_vec() } else { b"MM".to_vec() };
        bytes.extend(two(42));
        bytes.extend(four(8));
        bytes.extend(two(1));
        bytes.extend([two(ORIENTATION), two(3)].concat());
        bytes.extend(four(1));
        bytes.extend([two(value), two(0)].concat());
        bytes.extend(four(0));
        bytes
    }

    #[test]
    fn both_orders_of_bytes_are_read_and_what_has_no_meaning_is_1() {
        for little in [true, false] {
            for value in [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 256, 65_535] {
                let expected = if (1..=8).contains(&value) { value as u8 } else { 1 };
                let bytes = block(little, value);
                assert_eq!(orientation(&bytes), expected);
                assert_eq!(orientation(&[b"Exif\0\0", bytes.as_slice()].concat()), expected);
                for end in 0..bytes.len() {
                    let cut = orientation(&bytes[..end]);
                    assert!(cut == 1 || cut == expected, "{value} cut at {end}: {cut}");
                }
            }
        }
        assert_eq!(orientation(b""), 1);
        assert_eq!(orientation(b"II*\0\xff\xff\xff\xff"), 1);
    }

    #[test]
    fn all_eight_orientations_are_those_of_exif_transpose() {
        // 1 2 3 over 4 5 6, by Pillow 13's ImageOps.exif_transpose.
        let stored = [1, 2, 3, 4, 5, 6];
        let expected = [
            [1, 2, 3, 4, 5, 6],
            [3, 2, 1, 6, 5, 4],
            [6, 5, 4, 3, 2, 1],
            [4, 5, 6, 1, 2, 3],
            [1, 4, 2, 5, 3, 6],
            [4, 1, 5, 2, 6, 3],
            [6, 3, 5, 2, 4, 1],
            [3, 6, 2, 5, 1, 4],
        ];
        for (value, expected) in (1..).zip(expected) {
            assert_eq!(turned(&stored, [2, 3], 1, value), expected, "{value}");
        }
    }
}

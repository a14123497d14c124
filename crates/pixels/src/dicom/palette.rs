//! Colours by a palette (PALETTE COLOR; PS3.3, C.7.6.3.1.5), as pydicom's `apply_color_lut` has them.

use super::{elements::Header, table};
use crate::{Format, ModalityLut, PixelError};

/// The names of the tables in errors.
const NAMES: [&str; 3] = ["the red palette", "the green palette", "the blue palette"];

/// A table for each of red, green and blue.
#[derive(Debug)]
pub(super) struct Palette {
    tables: [ModalityLut; 3],
    bits: u32,
}

impl Palette {
    /// That of a header.
    pub(super) fn of(header: &Header<'_>, signed: bool) -> Result<Self, PixelError> {
        if header.segments && header.palette.iter().any(|[_, data]| data.is_none()) {
            return Err(PixelError::unsupported(
                Format::Dicom,
                "a palette coded in segments",
                "one that lists its colours",
            ));
        }
        let read = |colour: usize| match header.palette[colour] {
            [Some(descriptor), Some(data)] => table::read(NAMES[colour], [descriptor, data], header.big, signed),
            _ => Err(PixelError::damaged(Format::Dicom, format!("{} is missing", NAMES[colour]))),
        };
        let tables = [read(0)?, read(1)?, read(2)?];
        // Some files keep 16 bits under a descriptor that says 8.
        let bits = if tables.iter().all(|table| table.maximum() <= 255 && table.largest() <= 255) { 8 } else { 16 };
        Ok(Self { tables, bits })
    }

    /// Bits of a colour: 8 or 16.
    pub(super) fn bits(&self) -> u32 {
        self.bits
    }

    /// Red, green and blue of each of the stored values, next to each other.
    pub(super) fn colours(&self, stored: impl Iterator<Item = i32>) -> impl Iterator<Item = u16> {
        stored.flat_map(|value| self.tables.each_ref().map(|table| table.get(value)))
    }
}

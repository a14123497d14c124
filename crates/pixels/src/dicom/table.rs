//! Look-up tables: a descriptor of three words and the values (PS3.3, C.11.1.1 and C.7.6.3.1.5).

use crate::{Format, ModalityLut, PixelError};

/// The table of a descriptor (number of values, the stored value of the first, bits) and its data, which holds a word a
/// value, or a byte where it has 8 bits. `what` names it in errors.
pub(super) fn read(
    what: &str,
    [descriptor, data]: [&[u8]; 2],
    big: bool,
    signed: bool,
) -> Result<ModalityLut, PixelError> {
    let word = |bytes: &[u8]| match big {
        true => u16::from_be_bytes([bytes[0], bytes[1]]),
        false => u16::from_le_bytes([bytes[0], bytes[1]]),
    };
    let damaged = |detail: String| PixelError::damaged(Format::Dicom, detail);
    let [entries, first, bits] = match descriptor.chunks_exact(2).map(word).collect::<Vec<_>>()[..] {
        [entries, first, bits] => [entries, first, bits],
        _ => return Err(damaged(format!("the descriptor of {what} has {} bytes", descriptor.len()))),
    };
    let entries = if entries == 0 { 1 << 16 } else { usize::from(entries) };
    let values: Vec<u16> = if data.len() >= entries * 2 {
        data.chunks_exact(2).take(entries).map(word).collect()
    } else if data.len() >= entries && bits == 8 {
        data.iter().take(entries).map(|&byte| byte.into()).collect()
    } else {
        return Err(damaged(format!("{what} has {} bytes for {entries} values", data.len())));
    };
    let first = if signed { i32::from(first.cast_signed()) } else { i32::from(first) };
    let lut = ModalityLut::new(first, bits.into(), values);
    lut.ok_or_else(|| damaged(format!("{what} has {bits} bits, expected 8 to 16")))
}

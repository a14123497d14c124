//! One element of text from the beginning of a file, for tables that are written from many headers.

use std::{fs::File, io::Read, path::Path};

use dicom_core::Tag;

use super::{DataSet, HEADER, elements};
use crate::{Format, PixelError, format};

// Enough for the header of most files; the rest is read where it is not.
const BEGINNING: u64 = 1 << 16;

/// The text of one element of a DICOM file's header, for example `(0x0010, 0x0020)` for the patient's ID:
/// without the padding at its ends, `None` where the element is absent or empty. Elements within sequences
/// are ignored. 64 KiB are read, and the rest of the file only where the element may lie behind them.
///
/// # Errors
/// [`PixelError`] if the file cannot be read, is not a DICOM file, or is damaged before the element.
pub fn dicom_text(path: &Path, tag: (u16, u16)) -> Result<Option<String>, PixelError> {
    let unreadable = |error: std::io::Error| PixelError::Read { detail: error.to_string() };
    let mut file = File::open(path).map_err(unreadable)?;
    let mut bytes = Vec::new();
    file.by_ref().take(BEGINNING).read_to_end(&mut bytes).map_err(unreadable)?;
    match text(&bytes, tag) {
        Err(PixelError::Truncated { .. }) if bytes.len() as u64 == BEGINNING => {
            file.read_to_end(&mut bytes).map_err(unreadable)?;
            text(&bytes, tag)
        }
        result => result,
    }
}

/// The view of a radiograph, for example `PA` or `AP`: the text of ViewPosition (0018,5101).
///
/// # Errors
/// As [`dicom_text`].
pub fn view_position(path: &Path) -> Result<Option<String>, PixelError> {
    dicom_text(path, (0x0018, 0x5101))
}

fn text(bytes: &[u8], (group, element): (u16, u16)) -> Result<Option<String>, PixelError> {
    if format(bytes)? != Format::Dicom {
        return Err(PixelError::NotDicom);
    }
    let DataSet { body, parsed, .. } = DataSet::of(bytes, HEADER, true)?;
    elements::text_of(&body, parsed, Tag(group, element))
}

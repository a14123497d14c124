//! What a file of weights is, by its first bytes.

use std::fmt;

/// Bytes from which the kind of a file is known.
pub const START: usize = 512;

/// The kinds of files that are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FileKind {
    /// `torch.save` since PyTorch 1.6: a zip archive of a pickle and one stored file for each tensor.
    PytorchZip,
    /// `torch.save` before PyTorch 1.6: pickles, then the tensors' bytes.
    PytorchLegacy,
    /// `torch.save` before PyTorch 0.1.10: a tar archive.
    PytorchTar,
    /// Safetensors: a header in JSON, then the tensors' bytes.
    Safetensors,
    /// HDF5, of which Keras' VGG-16 is read.
    Hdf5,
}

impl fmt::Display for FileKind {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::PytorchZip => "PyTorch file (zip)",
            Self::PytorchLegacy => "PyTorch file (legacy)",
            Self::PytorchTar => "PyTorch file (tar)",
            Self::Safetensors => "safetensors file",
            Self::Hdf5 => "HDF5 file of Keras' VGG-16",
        })
    }
}

/// The number 0x1950a86a20f9469cfc6c, with which a legacy file begins, as a pickle writes it.
const LEGACY: [u8; 10] = [0x6c, 0xfc, 0x9c, 0x46, 0xf9, 0x20, 0x6a, 0xa8, 0x50, 0x19];

/// Where that number is at the latest: pickles of protocol 4 have a frame before it.
const LEGACY_WITHIN: usize = 32;

/// Where the magic of a tar archive is.
const TAR: usize = 257;

/// The longest header that the safetensors format allows.
const LONGEST_HEADER: u64 = 100_000_000;

impl FileKind {
    /// The kind of a file that begins with these bytes, at least [`START`] of them where it has so many.
    pub fn of(start: &[u8]) -> Option<Self> {
        let window = &start[..start.len().min(LEGACY_WITHIN)];
        if start.starts_with(b"PK\x03\x04") {
            Some(Self::PytorchZip)
        } else if start.starts_with(b"\x89HDF\r\n\x1a\n") {
            Some(Self::Hdf5)
        } else if start.first() == Some(&0x80) && window.windows(LEGACY.len()).any(|bytes| bytes == LEGACY) {
            Some(Self::PytorchLegacy)
        } else if start.get(TAR..TAR + 5) == Some(b"ustar") {
            Some(Self::PytorchTar)
        } else {
            let length = u64::from_le_bytes(*start.first_chunk::<8>()?);
            (length <= LONGEST_HEADER && start.get(8) == Some(&b'{')).then_some(Self::Safetensors)
        }
    }
}

/// How a file of no known kind begins, in words.
pub(crate) fn beginning(start: &[u8]) -> String {
    let first = &start[..start.len().min(16)];
    let text = first.iter().all(|byte| byte.is_ascii_graphic() || byte.is_ascii_whitespace());
    match (first, text) {
        ([], _) => "an empty file".to_owned(),
        (_, true) => format!("a text that begins with {:?}", String::from_utf8_lossy(first)),
        ([0x80, ..], _) => "a plain pickle, which holds no tensors".to_owned(),
        _ => {
            let bytes: Vec<String> = first.iter().map(|byte| format!("{byte:02x}")).collect();
            format!("a file that begins with the bytes {}", bytes.join(" "))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_beginning_is_said_in_words() {
        assert_eq!(beginning(b""), "an empty file");
        assert_eq!(beginning(b"<!DOCTYPE html>\n<html>"), "a text that begins with \"<!DOCTYPE html>\\n\"");
        assert_eq!(beginning(b"\x80\x04."), "a plain pickle, which holds no tensors");
        assert_eq!(beginning(b"\x00\xff"), "a file that begins with the bytes 00 ff");
    }

    #[test]
    fn a_header_of_safetensors_has_a_length_that_can_be() {
        assert_eq!(FileKind::of(b"\x02\0\0\0\0\0\0\0{}"), Some(FileKind::Safetensors));
        assert_eq!(FileKind::of(b"\x02\0\0\0\0\0\0\x01{}"), None);
        assert_eq!(FileKind::of(b"\x02\0\0\0\0\0\0"), None);
    }
}

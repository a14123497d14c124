//! IDX: the format of MNIST's files.
//!
//! A file begins with two bytes of 0, the code of its elements (8 for bytes, the only one read here) and the number of its
//! dimensions; then comes each dimension as a big-endian number of 32 bits, and then the elements, the last
//! dimension fastest. Where a file begins with gzip's two bytes, it is decompressed first.

use crate::DigitsError;
use flate2::read::GzDecoder;
use std::{fs, io::Read, path::Path};

/// An array of bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Idx {
    /// Its dimensions.
    pub shape: Vec<usize>,
    /// Its elements, the last dimension fastest.
    pub values: Vec<u8>,
}

/// Elements that a file may have; a compressed file of a few bytes could claim any number.
const MOST: u64 = 1 << 30;

const GZIP: [u8; 2] = [0x1f, 0x8b];

impl Idx {
    /// Reads a file with `dimensions` dimensions.
    ///
    /// # Errors
    /// [`DigitsError::File`] if it cannot be read, else as [`Self::parse`].
    pub fn read(path: &Path, dimensions: usize) -> Result<Self, DigitsError> {
        let bytes = fs::read(path).map_err(|source| DigitsError::File { path: path.to_owned(), source })?;
        Self::parse(&bytes, dimensions, path)
    }

    /// Parses a file's bytes; errors name `path`.
    ///
    /// # Errors
    /// [`DigitsError::Content`] if it is not a whole IDX file of bytes with `dimensions` dimensions, or if bytes follow.
    pub fn parse(bytes: &[u8], dimensions: usize, path: &Path) -> Result<Self, DigitsError> {
        if !bytes.starts_with(&GZIP) {
            return Self::plain(bytes, dimensions, path);
        }
        let mut whole = Vec::new();
        GzDecoder::new(bytes)
            .take(MOST + 1)
            .read_to_end(&mut whole)
            .map_err(|error| DigitsError::content(path, format!("{error}"), "a whole gzip file"))?;
        Self::plain(&whole, dimensions, path)
    }

    fn plain(bytes: &[u8], dimensions: usize, path: &Path) -> Result<Self, DigitsError> {
        let wrong = |found: String, expected: String| Err(DigitsError::content(path, found, expected));
        let Some((magic, rest)) = bytes.split_first_chunk::<4>() else {
            return wrong(format!("{} bytes", bytes.len()), "an IDX file".to_owned());
        };
        let expected = [0, 0, 8, u8::try_from(dimensions).unwrap_or(u8::MAX)];
        if *magic != expected {
            let number = |magic: [u8; 4]| u32::from_be_bytes(magic);
            return wrong(
                format!("the magic number {}", number(*magic)),
                format!("{}, of an IDX file of bytes with {dimensions} dimensions", number(expected)),
            );
        }
        let Some((sizes, values)) = rest.split_at_checked(4 * dimensions) else {
            return wrong(format!("{} bytes", bytes.len()), format!("at least {}", 4 + 4 * dimensions));
        };
        let shape: Vec<usize> =
            sizes.as_chunks::<4>().0.iter().map(|size| u32::from_be_bytes(*size) as usize).collect();
        let count = shape.iter().try_fold(1_u64, |count, size| count.checked_mul(*size as u64));
        match count.filter(|count| *count <= MOST) {
            Some(count) if count == values.len() as u64 => Ok(Self { shape, values: values.to_vec() }),
            Some(count) => {
                wrong(format!("{} elements after the header", values.len()), format!("{count}, by its shape {shape:?}"))
            }
            None => wrong(format!("the shape {shape:?}"), format!("at most {MOST} elements")),
        }
    }

    /// The bytes of a plain file.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = vec![0, 0, 8, self.shape.len() as u8];
        bytes.extend(self.shape.iter().flat_map(|size| (*size as u32).to_be_bytes()));
        bytes.extend_from_slice(&self.values);
        bytes
    }
}

//! The slices of a volume, one after the other.

use super::{Header, NiftiError};
use flate2::bufread::MultiGzDecoder;
use std::{
    fmt,
    fs::File,
    io::{BufRead, BufReader, ErrorKind, Read},
    path::Path,
};

/// Bytes behind the voxels that are read to reach the checksum of packed data; files rarely have any.
const MOST_BEHIND: u64 = 1 << 20;

/// Bytes that are read from a file at once.
const BUFFER: usize = 1 << 16;

/// A volume whose slices are read in order. It holds the bytes of one slice.
///
/// ```
/// use herring_volumes::nifti::Volume;
///
/// # let bytes = include_bytes!("../../tests/golden/plain.nii.gz").as_slice();
/// let mut volume = Volume::new(bytes)?;
/// assert_eq!(volume.header().shape, [7, 5, 4]);
/// let mut slice = vec![0.0; 7 * 5];
/// while let Some(number) = volume.next_slice(&mut slice)? {
///     println!("slice {number}: first voxel {}", slice[0]);
/// }
/// # Ok::<(), herring_volumes::NiftiError>(())
/// ```
pub struct Volume<R> {
    header: Header,
    input: Input<R>,
    next: usize,
    raw: Vec<u8>,
}

impl Volume<BufReader<File>> {
    /// Opens a file and reads its header.
    ///
    /// # Errors
    /// As [`Self::new`]; [`NiftiError::System`] if the file cannot be opened or is none.
    pub fn open(path: &Path) -> Result<Self, NiftiError> {
        let system = |error: std::io::Error| NiftiError::System(error.to_string());
        // Before it is opened: opening a pipe waits for a writer.
        if !std::fs::metadata(path).map_err(system)?.is_file() {
            return Err(NiftiError::System("found a folder, pipe or device, expected a file".to_owned()));
        }
        Self::new(BufReader::with_capacity(BUFFER, File::open(path).map_err(system)?))
    }
}

impl<R: BufRead> Volume<R> {
    /// Reads the header of a volume. Whether the data are packed with gzip is detected from their first two
    /// bytes.
    ///
    /// # Errors
    /// [`NiftiError`] says what is wrong with the header, or that it is of a kind that is not read.
    pub fn new(input: R) -> Result<Self, NiftiError> {
        let mut input = Input::new(input)?;
        let mut start = [0; 4];
        input.fill(&mut start, (4, "the size of a NIfTI header"))?;
        let (size, _) = Header::size_of(start)?;
        let mut bytes = vec![0; size];
        bytes[..4].copy_from_slice(&start);
        input.fill(&mut bytes[4..], (size as u64, "a NIfTI header"))?;
        let header = Header::parse(&bytes)?;
        Ok(Self { header, input, next: 0, raw: Vec::new() })
    }

    /// The file's header.
    pub fn header(&self) -> &Header {
        &self.header
    }

    /// Reads the next slice into `out`, which has the voxels of a slice: value `x + width * y` is at (x, y),
    /// where `width` is the length of the first axis. Returns its number, or `None` after the last slice, when
    /// the checksum of packed data has been verified.
    ///
    /// # Errors
    /// [`NiftiError::CutOff`] if the file ends too early; [`NiftiError::Gzip`] or [`NiftiError::NoChecksum`] if
    /// packed data are damaged; [`NiftiError::System`] if reading fails.
    ///
    /// # Panics
    /// If `out` is not of the size of a slice.
    pub fn next_slice(&mut self, out: &mut [f64]) -> Result<Option<usize>, NiftiError> {
        assert_eq!(out.len(), self.header.shape[0] * self.header.shape[1], "values of a slice");
        let Some(number) = self.advance()? else { return Ok(None) };
        self.header.voxels.decode(&self.raw, self.header.big_endian, out);
        if let Some([slope, intercept]) = self.header.scaling {
            // Two roundings, as NumPy has them.
            out.iter_mut().for_each(|value| *value = *value * slope + intercept);
        }
        Ok(Some(number))
    }

    /// Reads the next slice without converting its values.
    ///
    /// # Errors
    /// As [`Self::next_slice`].
    pub fn skip_slice(&mut self) -> Result<Option<usize>, NiftiError> {
        self.advance()
    }

    /// Reads the bytes of the next slice.
    fn advance(&mut self) -> Result<Option<usize>, NiftiError> {
        let [width, height, depth] = self.header.shape;
        if self.next == depth {
            self.input.finish()?;
            return Ok(None);
        }
        let expected = self.header.file_bytes();
        let what = || format!("{width} x {height} x {depth} voxels of {}", self.header.voxels);
        if self.next == 0 {
            self.input.skip_to(self.header.offset).map_err(|error| error.told(expected, what))?;
            self.raw.resize(self.header.slice_bytes(), 0);
        }
        self.input.read(&mut self.raw).map_err(|error| error.told(expected, what))?;
        self.next += 1;
        Ok(Some(self.next - 1))
    }
}

impl<R> fmt::Debug for Volume<R> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { header, next, input: _, raw: _ } = self;
        formatter.debug_struct("Volume").field("header", header).field("next", next).finish_non_exhaustive()
    }
}

/// Bytes, unpacked where they are packed, and how many were read.
struct Input<R> {
    bytes: Bytes<R>,
    read: u64,
}

#[allow(clippy::large_enum_variant, reason = "a reader has one")]
enum Bytes<R> {
    Plain(R),
    Packed(MultiGzDecoder<R>),
}

/// Why bytes cannot be read.
enum Stopped {
    /// The data end. How many bytes there are, and whether they are packed.
    Ended(u64, bool),
    Failed(NiftiError),
}

impl Stopped {
    fn told(self, expected: u64, what: impl Fn() -> String) -> NiftiError {
        match self {
            Self::Ended(found, packed) => NiftiError::CutOff { found, expected, what: what(), packed },
            Self::Failed(error) => error,
        }
    }
}

impl<R: BufRead> Input<R> {
    fn new(mut input: R) -> Result<Self, NiftiError> {
        let start = input.fill_buf().map_err(|error| NiftiError::System(error.to_string()))?;
        let packed = start.starts_with(&[0x1f, 0x8b]);
        let bytes = if packed { Bytes::Packed(MultiGzDecoder::new(input)) } else { Bytes::Plain(input) };
        Ok(Self { bytes, read: 0 })
    }

    /// Fills a buffer; the error names what is expected and its end in bytes from the beginning.
    fn fill(&mut self, out: &mut [u8], (expected, what): (u64, &str)) -> Result<(), NiftiError> {
        self.read(out).map_err(|error| error.told(expected, || what.to_owned()))
    }

    fn read(&mut self, out: &mut [u8]) -> Result<(), Stopped> {
        let mut done = 0;
        while done < out.len() {
            match self.some(&mut out[done..])? {
                0 => return Err(Stopped::Ended(self.read, self.is_packed())),
                bytes => done += bytes,
            }
        }
        Ok(())
    }

    /// Reads and drops what lies before `place`.
    fn skip_to(&mut self, place: u64) -> Result<(), Stopped> {
        let mut piece = [0; 4096];
        while self.read < place {
            let length = usize::try_from(place - self.read).unwrap_or(usize::MAX).min(piece.len());
            self.read(&mut piece[..length])?;
        }
        Ok(())
    }

    /// Reads packed data to their end, which verifies their checksum.
    fn finish(&mut self) -> Result<(), NiftiError> {
        let (mut piece, voxels) = ([0; 4096], self.read);
        while self.is_packed() && self.read - voxels < MOST_BEHIND {
            match self.some(&mut piece) {
                Ok(0) => break,
                Ok(_) => {}
                Err(Stopped::Ended(bytes, _)) => return Err(NiftiError::NoChecksum { bytes }),
                Err(Stopped::Failed(error)) => return Err(error),
            }
        }
        Ok(())
    }

    fn is_packed(&self) -> bool {
        matches!(self.bytes, Bytes::Packed(_))
    }

    /// Reads at least one byte, or none at the end.
    fn some(&mut self, out: &mut [u8]) -> Result<usize, Stopped> {
        loop {
            let read = match &mut self.bytes {
                Bytes::Plain(bytes) => bytes.read(out),
                Bytes::Packed(bytes) => bytes.read(out),
            };
            match read {
                Ok(bytes) => {
                    self.read += bytes as u64;
                    return Ok(bytes);
                }
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) if error.kind() == ErrorKind::UnexpectedEof => {
                    return Err(Stopped::Ended(self.read, self.is_packed()));
                }
                Err(error) if self.is_packed() && error.raw_os_error().is_none() => {
                    let message = error.to_string();
                    return Err(Stopped::Failed(NiftiError::Gzip { bytes: self.read, message }));
                }
                Err(error) => return Err(Stopped::Failed(NiftiError::System(error.to_string()))),
            }
        }
    }
}

//! The header: NIfTI-1 (348 bytes) and NIfTI-2 (540 bytes), in either byte order.

use super::{NiftiError, VoxelType};

/// Bytes of a NIfTI-1 header.
pub(crate) const NIFTI_1: usize = 348;
/// Bytes of a NIfTI-2 header.
pub(crate) const NIFTI_2: usize = 540;

/// More voxels in a slice than this are refused before memory is allocated.
const LARGEST_SLICE: u64 = 1 << 26;
/// More slices than this are refused; NIfTI-1 cannot have as many.
const MOST_SLICES: u64 = 1 << 20;

/// The header of a NIfTI file.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Header {
    /// Lengths of the three axes, in voxels; the first axis changes fastest in the file. Slices are cut across
    /// the third.
    pub shape: [usize; 3],
    /// How voxels are stored.
    pub voxels: VoxelType,
    /// Whether the most significant byte of a number comes first.
    pub big_endian: bool,
    /// Slope and intercept, unless they have no effect.
    pub scaling: Option<[f64; 2]>,
    /// Where in the unpacked file the voxels begin, in bytes.
    pub offset: u64,
}

impl Header {
    /// Bytes of a slice in the file.
    pub fn slice_bytes(&self) -> usize {
        self.shape[0] * self.shape[1] * self.voxels.bytes()
    }

    /// Bytes of the unpacked file up to the end of the voxels.
    pub fn file_bytes(&self) -> u64 {
        self.offset + self.slice_bytes() as u64 * self.shape[2] as u64
    }

    /// Whether the values are whole numbers: stored so, and not scaled.
    pub fn is_whole(&self) -> bool {
        self.voxels.is_whole() && self.scaling.is_none()
    }

    /// The size of a header that begins with these four bytes, and whether its numbers are big-endian.
    pub(crate) fn size_of(start: [u8; 4]) -> Result<(usize, bool), NiftiError> {
        for (value, big_endian) in [(i32::from_le_bytes(start), false), (i32::from_be_bytes(start), true)] {
            for size in [NIFTI_1, NIFTI_2] {
                if usize::try_from(value) == Ok(size) {
                    return Ok((size, big_endian));
                }
            }
        }
        Err(NiftiError::NotNifti {
            found: format!("{} (sizeof_hdr) in the first four bytes", i32::from_le_bytes(start)),
            expected: "348 for NIfTI-1 or 540 for NIfTI-2",
        })
    }

    /// Reads a header of the size that [`Self::size_of`] tells.
    pub(crate) fn parse(bytes: &[u8]) -> Result<Self, NiftiError> {
        let start = bytes.first_chunk().copied().unwrap_or_default();
        let (size, big_endian) = Self::size_of(start)?;
        let fields = Fields { bytes, big_endian };
        if size == NIFTI_1 { fields.nifti_1() } else { fields.nifti_2() }
    }
}

/// The bytes of a header, with their order.
struct Fields<'a> {
    bytes: &'a [u8],
    big_endian: bool,
}

impl Fields<'_> {
    fn nifti_1(&self) -> Result<Header, NiftiError> {
        self.magic(344, b"n+1\0", b"ni1\0")?;
        let dimensions = std::array::from_fn(|axis| i64::from(i16::from_le_bytes(self.take(40 + 2 * axis))));
        let scaling = [112, 116].map(|place| f64::from(f32::from_le_bytes(self.take(place))));
        let offset = f64::from(f32::from_le_bytes(self.take(108)));
        // A fraction is truncated, as nibabel does; NaN becomes 0 and is refused below.
        self.header(dimensions, i16::from_le_bytes(self.take(70)), scaling, offset as i64, NIFTI_1 as i64 + 4)
    }

    fn nifti_2(&self) -> Result<Header, NiftiError> {
        self.magic(4, b"n+2\0\r\n\x1a\n", b"ni2\0\r\n\x1a\n")?;
        let dimensions = std::array::from_fn(|axis| i64::from_le_bytes(self.take(16 + 8 * axis)));
        let scaling = [176, 184].map(|place| f64::from_le_bytes(self.take(place)));
        let offset = i64::from_le_bytes(self.take(168));
        self.header(dimensions, i16::from_le_bytes(self.take(12)), scaling, offset, NIFTI_2 as i64 + 4)
    }

    /// The bytes of a number, least significant first. Beyond the end it gives zeros; a header is always
    /// complete.
    fn take<const N: usize>(&self, place: usize) -> [u8; N] {
        let mut bytes: [u8; N] = self.bytes.get(place..).and_then(|rest| rest.first_chunk().copied()).unwrap_or([0; N]);
        if self.big_endian {
            bytes.reverse();
        }
        bytes
    }

    fn magic(&self, place: usize, single: &'static [u8], pair: &[u8]) -> Result<(), NiftiError> {
        let found = self.bytes.get(place..place + single.len()).unwrap_or_default();
        if found == single {
            return Ok(());
        }
        if found == pair {
            return Err(NiftiError::Unsupported {
                found: "a header whose voxels lie in another file (.hdr and .img)".to_owned(),
                expected: "one file with header and voxels (.nii or .nii.gz)",
            });
        }
        let found = format!("the magic \"{}\"", found.escape_ascii());
        Err(NiftiError::NotNifti { found, expected: "\"n+1\" or \"n+2\"" })
    }

    fn header(
        &self,
        dimensions: [i64; 8],
        datatype: i16,
        [slope, intercept]: [f64; 2],
        offset: i64,
        least_offset: i64,
    ) -> Result<Header, NiftiError> {
        let shape = shape(dimensions)?;
        let voxels = VoxelType::of_code(datatype).map_err(|found| NiftiError::Unsupported {
            found,
            expected: "whole numbers of 8 to 64 bits, or floating point of 32 or 64 bits",
        })?;
        // 0 means the usual offset. Any other offset before it would read the header as voxels.
        let offset = if offset == 0 { least_offset } else { offset };
        if offset < least_offset {
            return Err(NiftiError::Header {
                field: "vox_offset",
                found: offset.to_string(),
                expected: "at least 352 for NIfTI-1, 544 for NIfTI-2",
            });
        }
        let scaled = slope.is_finite() && slope != 0.0;
        if scaled && !intercept.is_finite() {
            return Err(NiftiError::Header {
                field: "scl_inter",
                found: intercept.to_string(),
                expected: "a finite number with a slope",
            });
        }
        let scaling = Some([slope, intercept]).filter(|pair| scaled && *pair != [1.0, 0.0]);
        Ok(Header { shape, voxels, big_endian: self.big_endian, scaling, offset: offset.unsigned_abs() })
    }
}

/// The three axes of a header's `dim`.
fn shape(dimensions: [i64; 8]) -> Result<[usize; 3], NiftiError> {
    let axes = usize::try_from(dimensions[0]).ok().filter(|axes| (1..=7).contains(axes));
    let Some(axes) = axes else {
        return Err(NiftiError::Header {
            field: "dim[0]",
            found: dimensions[0].to_string(),
            expected: "1 to 7, the number of axes",
        });
    };
    let lengths = &dimensions[1..=axes];
    if let Some(length) = lengths.iter().find(|length| **length < 1) {
        return Err(NiftiError::Header {
            field: "dim",
            found: length.to_string(),
            expected: "axes of at least 1 voxel",
        });
    }
    let all = lengths.iter().map(ToString::to_string).collect::<Vec<_>>().join(" x ");
    if axes < 3 || lengths[3..].iter().any(|length| *length != 1) {
        let found = format!("{axes} axes ({all})");
        return Err(NiftiError::Unsupported { found, expected: "one volume of 3 axes" });
    }
    let [width, height, depth] = [lengths[0], lengths[1], lengths[2]].map(i64::unsigned_abs);
    if width.saturating_mul(height) > LARGEST_SLICE || depth > MOST_SLICES {
        return Err(NiftiError::Unsupported {
            found: format!("{all} voxels"),
            expected: "at most 2^26 voxels a slice and 2^20 slices",
        });
    }
    Ok([width, height, depth].map(|length| length as usize))
}

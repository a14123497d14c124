//! NIfTI volumes, read slice by slice.
//!
//! A NIfTI file is a header of fixed size, optional extensions, and the voxels as one array in which the first
//! axis changes fastest; the whole is often packed with gzip. So the slices of the third axis follow each other,
//! and a [`Volume`] returns them one by one: for any size of the file, only one slice is in memory.
//!
//! | Module | What it holds |
//! |---|---|
//! | [`header`] | [`Header`]: shape, type, scaling, and where the voxels begin; NIfTI-1 and NIfTI-2 |
//! | [`voxel`] | [`VoxelType`]: the ten types of voxels that are read |
//! | [`volume`] | [`Volume`]: the slices, from a file or from bytes, packed or not |
//! | [`error`] | [`NiftiError`]: why a file is refused |
//!
//! Values are those that nibabel 5 gives (`numpy.asanyarray(image.dataobj)`): a slope of 0, NaN or infinity means
//! that the stored values are the values; otherwise a value is `stored * slope + intercept` in double precision.
//! (SimpleITK, which the authors of activmask2020 used, adds the intercept also where the slope is 0, and rounds
//! fractional slopes to single precision. None of the Decathlon's files that we know of has either.)
//!
//! Refused by name: pairs of files (`.hdr` and `.img`), other numbers of axes than three (further axes of length
//! 1 are ignored), complex, colour, one-bit and long-double voxels.

pub mod error;
pub mod header;
pub mod volume;
pub mod voxel;

pub use error::NiftiError;
pub use header::Header;
pub use volume::Volume;
pub use voxel::VoxelType;

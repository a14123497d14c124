//! Volumes as NIfTI-1 files, packed with gzip.

use crate::StandinError;
use flate2::{Compression, GzBuilder};
use std::{fs, io::Write, path::Path};

/// Voxels in the order of the file: the first axis changes fastest.
pub(crate) enum Voxels {
    U8(Vec<u8>),
    I16(Vec<i16>),
    F32(Vec<f32>),
}

/// Writes a volume of the given lengths of its axes and sizes of a voxel in millimetres. Equal arguments give equal
/// bytes: there is neither a name nor a time in the file.
pub(crate) fn write(path: &Path, shape: [u16; 3], spacing: [f32; 3], voxels: &Voxels) -> Result<(), StandinError> {
    let (datatype, bits, bytes): (i16, i16, Vec<u8>) = match voxels {
        Voxels::U8(values) => (2, 8, values.clone()),
        Voxels::I16(values) => (4, 16, values.iter().flat_map(|value| value.to_le_bytes()).collect()),
        Voxels::F32(values) => (16, 32, values.iter().flat_map(|value| value.to_le_bytes()).collect()),
    };
    let mut header = [0; 352];
    let mut put = |place: usize, bytes: &[u8]| header[place..place + bytes.len()].copy_from_slice(bytes);
    put(0, &348_i32.to_le_bytes()); // sizeof_hdr
    let [width, height, depth] = shape;
    for (axis, length) in [3, width, height, depth, 1, 1, 1, 1].into_iter().enumerate() {
        put(40 + 2 * axis, &length.to_le_bytes()); // dim
    }
    put(70, &datatype.to_le_bytes());
    put(72, &bits.to_le_bytes());
    let [across, down, between] = spacing;
    for (axis, length) in [1.0, across, down, between].into_iter().enumerate() {
        put(76 + 4 * axis, &length.to_le_bytes()); // pixdim
    }
    put(108, &352_f32.to_le_bytes()); // vox_offset
    put(112, &1_f32.to_le_bytes()); // scl_slope
    put(123, &[10]); // xyzt_units: millimetres and seconds
    put(254, &1_i16.to_le_bytes()); // sform_code: the rows below
    for (row, length) in spacing.into_iter().enumerate() {
        put(280 + 16 * row + 4 * row, &length.to_le_bytes()); // srow_x, srow_y, srow_z
    }
    put(344, b"n+1\0");
    let mut packed = GzBuilder::new().write(Vec::new(), Compression::default());
    let all = packed.write_all(&header).and_then(|()| packed.write_all(&bytes)).and_then(|()| packed.finish());
    all.and_then(|packed| fs::write(path, packed)).map_err(|source| StandinError::io(path, source))
}

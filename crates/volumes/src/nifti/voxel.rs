//! The types of voxels, and how their bytes become numbers.

use std::fmt;

/// How a voxel is stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum VoxelType {
    /// 8 bits, unsigned.
    U8,
    /// 8 bits, signed.
    I8,
    /// 16 bits, unsigned.
    U16,
    /// 16 bits, signed.
    I16,
    /// 32 bits, unsigned.
    U32,
    /// 32 bits, signed.
    I32,
    /// 64 bits, unsigned.
    U64,
    /// 64 bits, signed.
    I64,
    /// Single precision.
    F32,
    /// Double precision.
    F64,
}

impl VoxelType {
    /// The type that a header's `datatype` stands for, or the name of one that is not read.
    pub(crate) fn of_code(code: i16) -> Result<Self, String> {
        let refused = match code {
            2 => return Ok(Self::U8),
            256 => return Ok(Self::I8),
            512 => return Ok(Self::U16),
            4 => return Ok(Self::I16),
            768 => return Ok(Self::U32),
            8 => return Ok(Self::I32),
            1280 => return Ok(Self::U64),
            1024 => return Ok(Self::I64),
            16 => return Ok(Self::F32),
            64 => return Ok(Self::F64),
            1 => "one-bit voxels",
            32 | 1792 | 2048 => "complex voxels",
            128 | 2304 => "voxels in colour",
            1536 => "voxels of 128-bit floating point",
            _ => "voxels of an unknown type",
        };
        Err(format!("{refused} (datatype {code})"))
    }

    /// Bytes of a voxel.
    pub fn bytes(self) -> usize {
        match self {
            Self::U8 | Self::I8 => 1,
            Self::U16 | Self::I16 => 2,
            Self::U32 | Self::I32 | Self::F32 => 4,
            Self::U64 | Self::I64 | Self::F64 => 8,
        }
    }

    /// Whether stored values are whole numbers.
    pub fn is_whole(self) -> bool {
        !matches!(self, Self::F32 | Self::F64)
    }

    /// The stored numbers of `raw` in their order. Whole numbers beyond 2^53 are rounded, as NumPy does when it
    /// makes them `float64`.
    pub(crate) fn decode(self, raw: &[u8], big_endian: bool, out: &mut [f64]) {
        // One loop a type: the compiler makes vector code of each.
        macro_rules! each {
            ($type:ty, $convert:expr) => {{
                let numbers = raw.as_chunks::<{ size_of::<$type>() }>().0;
                let convert = $convert;
                if big_endian {
                    out.iter_mut().zip(numbers).for_each(|(out, bytes)| *out = convert(<$type>::from_be_bytes(*bytes)));
                } else {
                    out.iter_mut().zip(numbers).for_each(|(out, bytes)| *out = convert(<$type>::from_le_bytes(*bytes)));
                }
            }};
        }
        match self {
            Self::U8 => each!(u8, f64::from),
            Self::I8 => each!(i8, f64::from),
            Self::U16 => each!(u16, f64::from),
            Self::I16 => each!(i16, f64::from),
            Self::U32 => each!(u32, f64::from),
            Self::I32 => each!(i32, f64::from),
            Self::U64 => each!(u64, |value| value as f64),
            Self::I64 => each!(i64, |value| value as f64),
            Self::F32 => each!(f32, f64::from),
            Self::F64 => each!(f64, |value| value),
        }
    }
}

impl fmt::Display for VoxelType {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::U8 => "uint8",
            Self::I8 => "int8",
            Self::U16 => "uint16",
            Self::I16 => "int16",
            Self::U32 => "uint32",
            Self::I32 => "int32",
            Self::U64 => "uint64",
            Self::I64 => "int64",
            Self::F32 => "float32",
            Self::F64 => "float64",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decoded(voxels: VoxelType, raw: &[u8], big_endian: bool) -> Vec<f64> {
        let mut out = vec![f64::NAN; raw.len() / voxels.bytes()];
        voxels.decode(raw, big_endian, &mut out);
        out
    }

    #[test]
    fn every_type_in_both_byte_orders() {
        // Each pair of numbers is the type's least and greatest, or what fractions it keeps.
        let cases: [(VoxelType, Vec<[u8; 8]>, [f64; 2]); 10] = [
            (VoxelType::U8, vec![[0; 8], [255; 8]], [0., 255.]),
            (VoxelType::I8, vec![[128, 0, 0, 0, 0, 0, 0, 0], [127, 0, 0, 0, 0, 0, 0, 0]], [-128., 127.]),
            (VoxelType::U16, vec![[0; 8], [255; 8]], [0., 65_535.]),
            (VoxelType::I16, vec![[0, 128, 0, 0, 0, 0, 0, 0], [255, 127, 0, 0, 0, 0, 0, 0]], [-32_768., 32_767.]),
            (VoxelType::U32, vec![[0; 8], [255; 8]], [0., 4_294_967_295.]),
            (
                VoxelType::I32,
                vec![[0, 0, 0, 128, 0, 0, 0, 0], [255, 255, 255, 127, 0, 0, 0, 0]],
                [-2_147_483_648., 2_147_483_647.],
            ),
            (VoxelType::U64, vec![[0; 8], u64::MAX.to_le_bytes()], [0., 18_446_744_073_709_551_615.]),
            (VoxelType::I64, vec![i64::MIN.to_le_bytes(), 7_i64.to_le_bytes()], [-9_223_372_036_854_775_808., 7.]),
            (
                VoxelType::F32,
                [0.1_f32, -2.5]
                    .map(|value| {
                        let [a, b, c, d] = value.to_le_bytes();
                        [a, b, c, d, 0, 0, 0, 0]
                    })
                    .to_vec(),
                [f64::from(0.1_f32), -2.5],
            ),
            (VoxelType::F64, vec![0.1_f64.to_le_bytes(), (-2.5_f64).to_le_bytes()], [0.1, -2.5]),
        ];
        for (voxels, little, expected) in cases {
            let bytes = voxels.bytes();
            let raw: Vec<u8> = little.iter().flat_map(|each| each[..bytes].to_vec()).collect();
            assert_eq!(decoded(voxels, &raw, false), expected, "{voxels}");
            let raw: Vec<u8> =
                little.iter().flat_map(|each| each[..bytes].iter().rev().copied().collect::<Vec<_>>()).collect();
            assert_eq!(decoded(voxels, &raw, true), expected, "{voxels}");
        }
    }

    #[test]
    fn other_types_are_named() {
        assert_eq!(VoxelType::of_code(128).unwrap_err(), "voxels in colour (datatype 128)");
        assert_eq!(VoxelType::of_code(0).unwrap_err(), "voxels of an unknown type (datatype 0)");
    }
}

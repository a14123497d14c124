//! Padding and splitting by remainder with AVX-512: every vector is loaded under a mask, which makes the zeros around an
//! image, and permuted, which splits it.

use super::Layout;
use crate::simd::avx512::pair_of_four;
use std::arch::x86_64::{
    __m512, __m512i, __mmask16, _mm512_loadu_si512, _mm512_mask_storeu_ps, _mm512_maskz_loadu_ps,
    _mm512_permutex2var_ps, _mm512_setzero_ps, _mm512_shuffle_f32x4,
};

/// Floats of a vector.
const LANES: usize = 16;

/// Copies `plane`, an image of one channel that is `width` wide, into `copy`, which has this layout, if there is code for its
/// column stride.
///
/// # Panics
/// If `plane` does not consist of whole rows, or `copy` is not of the layout's length.
#[target_feature(enable = "avx512f")]
pub(super) fn pad(layout: &Layout, plane: &[f32], width: usize, copy: &mut [f32]) -> bool {
    match layout.stride[1] {
        1 => columns::<1>(layout, plane, width, copy),
        2 => columns::<2>(layout, plane, width, copy),
        4 => columns::<4>(layout, plane, width, copy),
        _ => return false,
    }
    true
}

#[inline]
#[target_feature(enable = "avx512f")]
fn columns<const STRIDE: usize>(layout: &Layout, plane: &[f32], width: usize, copy: &mut [f32]) {
    let [rows, columns] = layout.plane;
    let height = plane.len() / width;
    assert!(plane.len() == height * width && copy.len() == layout.channel() && layout.stride[1] == STRIDE);
    for first in (0..columns).step_by(LANES) {
        let count = LANES.min(columns - first);
        // The vectors that hold the source of these columns, and which of their floats exist.
        let starts: [isize; STRIDE] =
            std::array::from_fn(|vector| (first * STRIDE + vector * LANES) as isize - layout.before[1] as isize);
        let present = starts.map(|start| {
            let below = |end: isize| ((1u32 << end.clamp(0, LANES as isize)) - 1) as __mmask16;
            below(width as isize - start) & !below(-start)
        });
        let stored = ((1u32 << count) - 1) as __mmask16;
        for down in 0..layout.stride[0] {
            for at in 0..rows {
                let row = (at * layout.stride[0] + down).checked_sub(layout.before[0]).filter(|row| *row < height);
                let values = match row {
                    Some(row) => {
                        let source = plane[row * width..][..width].as_ptr();
                        let mut vectors = [_mm512_setzero_ps(); STRIDE];
                        for ((vector, start), present) in vectors.iter_mut().zip(starts).zip(present) {
                            // SAFETY: only floats are read whose place in the row is at least 0 and below `width`, which
                            // `present` was made from; the others are not touched.
                            *vector = unsafe { _mm512_maskz_loadu_ps(present, source.wrapping_offset(start)) };
                        }
                        deal(vectors)
                    }
                    None => [_mm512_setzero_ps(); STRIDE],
                };
                for (remainder, values) in values.into_iter().enumerate() {
                    let start = ((down * STRIDE + remainder) * rows + at) * columns + first;
                    let target = &mut copy[start..start + count];
                    // SAFETY: the slice has `count` floats, and as many are stored.
                    unsafe { _mm512_mask_storeu_ps(target.as_mut_ptr(), stored, values) };
                }
            }
        }
    }
}

/// The floats of consecutive vectors, by the remainder of their place modulo the number of vectors.
#[inline]
#[target_feature(enable = "avx512f")]
fn deal<const STRIDE: usize>(vectors: [__m512; STRIDE]) -> [__m512; STRIDE] {
    let mut dealt = vectors;
    match STRIDE {
        2 => {
            dealt[0] = _mm512_permutex2var_ps(vectors[0], every::<2>(0), vectors[1]);
            dealt[1] = _mm512_permutex2var_ps(vectors[0], every::<2>(1), vectors[1]);
        }
        4 => {
            for pair in 0..2 {
                // Eight floats of two remainders from the first two vectors, and from the last two.
                let index = pair_of_four(2 * pair);
                let low = _mm512_permutex2var_ps(vectors[0], index, vectors[1]);
                let high = _mm512_permutex2var_ps(vectors[2], index, vectors[3]);
                dealt[2 * pair as usize] = _mm512_shuffle_f32x4::<0b01_00_01_00>(low, high);
                dealt[2 * pair as usize + 1] = _mm512_shuffle_f32x4::<0b11_10_11_10>(low, high);
            }
        }
        _ => {}
    }
    dealt
}

/// Every `STRIDE`th float of two vectors, from `first` on.
#[inline]
#[target_feature(enable = "avx512f")]
fn every<const STRIDE: i32>(first: i32) -> __m512i {
    index(|lane| lane * STRIDE + first)
}

/// A vector of integers, by lane.
#[inline]
#[target_feature(enable = "avx512f")]
fn index(at: impl Fn(i32) -> i32) -> __m512i {
    let lanes: [i32; LANES] = std::array::from_fn(|lane| at(lane as i32));
    // SAFETY: the array has as many integers as the vector.
    unsafe { _mm512_loadu_si512(lanes.as_ptr().cast()) }
}

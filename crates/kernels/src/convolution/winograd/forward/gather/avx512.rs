//! Pixels of tiles by vectors under masks, out of the images themselves.

use super::super::super::{PATCH, TILE};
use super::{Patch, Run, WIDEST};
use crate::simd::prefetch;
use std::arch::x86_64::{
    __m512i, __mmask8, __mmask16, _mm256_mask_storeu_ps, _mm512_castps512_ps256, _mm512_extractf32x8_ps,
    _mm512_loadu_si512, _mm512_maskz_loadu_ps, _mm512_permutex2var_ps, _mm512_setzero_ps,
};

/// Floats of a vector.
const LANES: usize = 16;
/// Tiles whose pixels are read together: those of one tap fill half a vector.
const PIECE: usize = 8;

/// Collects the pixels of the tiles of a run from `plane`, its channel of its image and all that follows, with so many zeros
/// `before` the first row and column.
///
/// # Panics
/// If `plane` has fewer values than an image of this size, or the run does not fit into the patch.
#[inline]
#[target_feature(enable = "avx512f,avx512vl,avx512dq")]
pub(super) fn gather(plane: &[f32], size: [usize; 2], before: [isize; 2], run: &Run, patch: &mut Patch) {
    let [height, width] = size;
    // The same channel's neighbour after the next; the hardware prefetcher does not know that it comes.
    let ahead = 2 * height * width;
    assert!(plane.len() >= height * width && run.tile + run.length <= WIDEST);
    let top = (run.at[0] * TILE) as isize - before[0];
    // Two taps of eight tiles each: every fourth of 32 floats from the first on, and from the second on.
    let indices = [pair_of_four(0), pair_of_four(2)];
    for done in (0..run.length).step_by(PIECE) {
        let left = ((run.at[1] + done) * TILE) as isize - before[1];
        // Four taps lie among 32 floats; the last two are the first two of the tiles after them.
        let starts: [isize; 4] = [0, LANES, TILE, TILE + LANES].map(|offset| left + offset as isize);
        let present = starts.map(|start| {
            let below = |end: isize| ((1u32 << end.clamp(0, LANES as isize)) - 1) as __mmask16;
            below(width as isize - start) & !below(-start)
        });
        let stored = ((1u32 << PIECE.min(run.length - done)) - 1) as __mmask8;
        let tile = run.tile + done;
        for (tap, patch) in patch.as_chunks_mut::<PATCH>().0.iter_mut().enumerate() {
            let row = usize::try_from(top + tap as isize).ok().filter(|row| *row < height);
            let pairs = match row {
                Some(row) => {
                    let source = plane[row * width..][..width].as_ptr();
                    prefetch(plane, row * width + ahead + left.unsigned_abs());
                    let mut vectors = [_mm512_setzero_ps(); 4];
                    for ((vector, start), present) in vectors.iter_mut().zip(starts).zip(present) {
                        // SAFETY: only floats are read whose place in the row is at least 0 and below `width`, which
                        // `present` was made from; the others are not touched.
                        *vector = unsafe { _mm512_maskz_loadu_ps(present, source.wrapping_offset(start)) };
                    }
                    [
                        _mm512_permutex2var_ps(vectors[0], indices[0], vectors[1]),
                        _mm512_permutex2var_ps(vectors[0], indices[1], vectors[1]),
                        _mm512_permutex2var_ps(vectors[2], indices[0], vectors[3]),
                    ]
                }
                None => [_mm512_setzero_ps(); 3],
            };
            for (pair, patch) in pairs.into_iter().zip(patch.as_chunks_mut::<2>().0) {
                let halves = [_mm512_castps512_ps256(pair), _mm512_extractf32x8_ps::<1>(pair)];
                for (half, patch) in halves.into_iter().zip(patch) {
                    // SAFETY: as many floats are stored as there are tiles in this piece, which lie within the patch.
                    unsafe { _mm256_mask_storeu_ps(patch.as_mut_ptr().add(tile), stored, half) };
                }
            }
        }
    }
}

/// The floats of two vectors with remainder `first` modulo four, then those of the next remainder.
#[inline]
#[target_feature(enable = "avx512f")]
fn pair_of_four(first: i32) -> __m512i {
    let lanes: [i32; LANES] = std::array::from_fn(|lane| lane as i32 % 8 * 4 + first + lane as i32 / 8);
    // SAFETY: the array has as many integers as the vector.
    unsafe { _mm512_loadu_si512(lanes.as_ptr().cast()) }
}

//! Pixels of tiles by vectors under masks, out of the images themselves.

use super::super::super::{PATCH, TILE};
use super::{Images, Patch, Run, WIDEST};
use crate::simd::{avx512::pair_of_four, prefetch};
use std::arch::x86_64::{
    __mmask8, __mmask16, _mm256_mask_storeu_ps, _mm512_castps512_ps256, _mm512_extractf32x8_ps, _mm512_maskz_loadu_ps,
    _mm512_permutex2var_ps, _mm512_setzero_ps,
};

/// Floats of a vector.
const LANES: usize = 16;
/// Tiles whose pixels are read together: those of one tap fill half a vector.
const PIECE: usize = 8;

/// A part of a run.
pub(super) struct Piece {
    /// Which image.
    pub(super) image: usize,
    /// First tile within the panel.
    tile: usize,
    /// Row and column of the first pixel of the first tile; negative where it lies before the image.
    top: isize,
    left: isize,
    /// Which floats of the vectors lie in a row of the image. Four taps of all tiles lie among 32 floats; the last two are the
    /// first two of the tiles after them.
    present: [__mmask16; 4],
    /// Which tiles there are.
    stored: __mmask8,
}

/// Where, from the first pixel on, the vectors of [`Piece::present`] begin.
const STARTS: [isize; 4] = [0, LANES as isize, TILE as isize, (TILE + LANES) as isize];

impl Piece {
    /// The pieces of a run.
    ///
    /// # Panics
    /// If it does not fit into a panel.
    pub(super) fn of<'a>(images: &'a Images<'_>, run: &'a Run) -> impl Iterator<Item = Self> + 'a {
        assert!(run.tile + run.length <= WIDEST);
        let width = images.size[1] as isize;
        (0..run.length).step_by(PIECE).map(move |done| {
            let left = ((run.at[1] + done) * TILE) as isize - images.before[1];
            let present = STARTS.map(|start| {
                let below = |end: isize| ((1u32 << end.clamp(0, LANES as isize)) - 1) as __mmask16;
                below(width - left - start) & !below(-left - start)
            });
            Self {
                image: run.image,
                tile: run.tile + done,
                top: (run.at[0] * TILE) as isize - images.before[0],
                left,
                present,
                stored: ((1u32 << PIECE.min(run.length - done)) - 1) as __mmask8,
            }
        })
    }
}

/// Collects the pixels of a piece's tiles from `plane`, its channel of its image and all that follows.
///
/// # Panics
/// If `plane` has fewer values than an image of this size.
#[inline]
#[target_feature(enable = "avx512f,avx512vl,avx512dq")]
pub(super) fn gather(plane: &[f32], [height, width]: [usize; 2], piece: &Piece, patch: &mut Patch) {
    assert!(plane.len() >= height * width);
    // The same pixels in the channel after the next; the hardware prefetcher does not know that they come.
    let ahead = 2 * height * width + piece.left.unsigned_abs();
    // Two taps of eight tiles each: every fourth of 32 floats from the first on, and from the second on.
    let indices = [pair_of_four(0), pair_of_four(2)];
    for (tap, patch) in patch.as_chunks_mut::<PATCH>().0.iter_mut().enumerate() {
        let row = usize::try_from(piece.top + tap as isize).ok().filter(|row| *row < height);
        let pairs = match row {
            Some(row) => {
                let source = plane[row * width..].as_ptr().wrapping_offset(piece.left);
                prefetch(plane, row * width + ahead);
                let mut vectors = [_mm512_setzero_ps(); 4];
                for ((vector, start), present) in vectors.iter_mut().zip(STARTS).zip(piece.present) {
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
                unsafe { _mm256_mask_storeu_ps(patch.as_mut_ptr().wrapping_add(piece.tile), piece.stored, half) };
            }
        }
    }
}

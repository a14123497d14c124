//! The innermost loop: a register tile of a matrix product.
//!
//! The left operand comes in panels laid out `[depth][STRIDE]` and the right
//! one in panels `[depth][COLUMNS]`, so both are read in order. The accumulators are a
//! plain two-dimensional array; the compiler keeps all of it in registers (24
//! of the 32 vector registers of AVX-512 for a 12 x 32 tile).

use crate::simd::{Task, dispatch, multiply_add};

/// `out[r][c] = sum over d of left[d][r] * right[d][c]`, with the depth that
/// both panels share. Rows from `ROWS` to `STRIDE` of the left panel are
/// skipped, and columns from `USED` to `COLUMNS` of the right one.
///
/// A task of its own, so that it is compiled as a function of its own, and with
/// a result of exactly the size of the tile, stored as a whole: otherwise the
/// accumulators do not reliably stay in registers.
struct Tile<'a, const ROWS: usize, const STRIDE: usize, const USED: usize, const COLUMNS: usize, const FUSED: bool> {
    left: &'a [f32],
    right: &'a [f32],
    out: &'a mut [[f32; USED]; ROWS],
}

impl<const ROWS: usize, const STRIDE: usize, const USED: usize, const COLUMNS: usize, const FUSED: bool> Task
    for Tile<'_, ROWS, STRIDE, USED, COLUMNS, FUSED>
{
    type Output = ();

    #[inline(always)]
    fn run<const _R: usize, const _C: usize, const _F: bool>(self) {
        let mut sums = [[0.0f32; USED]; ROWS];
        let (left, _) = self.left.as_chunks::<STRIDE>();
        let (right, _) = self.right.as_chunks::<COLUMNS>();
        for (left, right) in left.iter().zip(right) {
            for row in 0..ROWS {
                for column in 0..USED {
                    sums[row][column] = multiply_add::<FUSED>(left[row], right[column], sums[row][column]);
                }
            }
        }
        *self.out = sums;
    }
}

/// [`Tile`] with the vectors written out.
///
/// The compiler makes the same of the code above for the full tile, but not for
/// every smaller one.
#[cfg(target_arch = "x86_64")]
mod avx512 {
    use std::arch::x86_64::{
        __m512, _mm512_fmadd_ps, _mm512_loadu_ps, _mm512_set1_ps, _mm512_setzero_ps, _mm512_storeu_ps,
    };

    /// Floats in a vector.
    pub(super) const LANES: usize = 16;

    /// As [`super::Tile`], with `VECTORS * LANES` columns used.
    #[inline(never)]
    #[target_feature(enable = "avx512f")]
    pub(super) fn tile<const ROWS: usize, const STRIDE: usize, const VECTORS: usize, const COLUMNS: usize>(
        left: &[f32],
        right: &[f32],
        out: &mut [[f32; COLUMNS]],
        accumulate: bool,
    ) {
        assert!(ROWS <= STRIDE && ROWS <= out.len() && VECTORS * LANES <= COLUMNS);
        let mut sums: [[__m512; VECTORS]; ROWS] = [[_mm512_setzero_ps(); VECTORS]; ROWS];
        if accumulate {
            for row in 0..ROWS {
                for vector in 0..VECTORS {
                    // SAFETY: the assertion keeps the read within the array.
                    sums[row][vector] = unsafe { _mm512_loadu_ps(out[row].as_ptr().add(vector * LANES)) };
                }
            }
        }
        let (left, _) = left.as_chunks::<STRIDE>();
        let (right, _) = right.as_chunks::<COLUMNS>();
        for (left, right) in left.iter().zip(right) {
            let mut vectors = [_mm512_setzero_ps(); VECTORS];
            for vector in 0..VECTORS {
                // SAFETY: the assertion keeps the read within the array.
                vectors[vector] = unsafe { _mm512_loadu_ps(right.as_ptr().add(vector * LANES)) };
            }
            for row in 0..ROWS {
                let value = _mm512_set1_ps(left[row]);
                for vector in 0..VECTORS {
                    sums[row][vector] = _mm512_fmadd_ps(value, vectors[vector], sums[row][vector]);
                }
            }
        }
        for row in 0..ROWS {
            for vector in 0..VECTORS {
                // SAFETY: the assertion keeps the write within the array.
                unsafe {
                    _mm512_storeu_ps(out[row].as_mut_ptr().add(vector * LANES), sums[row][vector]);
                }
            }
        }
    }
}

/// A tile that may be smaller than `out`.
#[inline(always)]
fn part<const PART: usize, const USED: usize, const ROWS: usize, const COLUMNS: usize, const FUSED: bool>(
    left: &[f32],
    right: &[f32],
    out: &mut [[f32; COLUMNS]; ROWS],
    accumulate: bool,
) {
    let mut part = [[0.0; USED]; PART];
    dispatch(Tile::<PART, ROWS, USED, COLUMNS, FUSED> { left, right, out: &mut part });
    for (out, part) in out.iter_mut().zip(&part) {
        if accumulate {
            for (out, part) in out.iter_mut().zip(part) {
                *out += part;
            }
        } else {
            out[..USED].copy_from_slice(part);
        }
    }
}

/// The product of two panels, of which `used` rows and columns matter: the last
/// panel of a matrix is seldom full. The rest of `out` is left undefined.
///
/// With `accumulate` the product is added to `out`.
#[inline(always)]
pub(crate) fn multiply<const ROWS: usize, const COLUMNS: usize, const FUSED: bool>(
    used: [usize; 2],
    left: &[f32],
    right: &[f32],
    out: &mut [[f32; COLUMNS]; ROWS],
    accumulate: bool,
) {
    const HALF: usize = 16;
    let [rows, columns] = used;
    let few = rows <= 4 && ROWS > 4;
    let narrow = columns <= HALF && COLUMNS > HALF;
    #[cfg(target_arch = "x86_64")]
    if COLUMNS == 2 * avx512::LANES && crate::simd::has_avx512() {
        // SAFETY: the feature was detected just above.
        unsafe {
            match (few, narrow) {
                (true, true) => avx512::tile::<4, ROWS, 1, COLUMNS>(left, right, out, accumulate),
                (false, true) => {
                    avx512::tile::<ROWS, ROWS, 1, COLUMNS>(left, right, out, accumulate);
                }
                (true, false) if rows == 1 => {
                    avx512::tile::<1, ROWS, 2, COLUMNS>(left, right, out, accumulate);
                }
                (true, false) => avx512::tile::<4, ROWS, 2, COLUMNS>(left, right, out, accumulate),
                (false, false) => {
                    avx512::tile::<ROWS, ROWS, 2, COLUMNS>(left, right, out, accumulate);
                }
            }
        }
        return;
    }
    if rows == 1 {
        part::<1, COLUMNS, ROWS, COLUMNS, FUSED>(left, right, out, accumulate);
    } else if few {
        part::<4, COLUMNS, ROWS, COLUMNS, FUSED>(left, right, out, accumulate);
    } else {
        part::<ROWS, COLUMNS, ROWS, COLUMNS, FUSED>(left, right, out, accumulate);
    }
}

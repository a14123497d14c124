//! The small linear maps of F(4x4, 3x3).
//!
//! Multiplying polynomials by evaluating both at six points, multiplying the
//! values and interpolating gives four outputs of a three-tap filter for six
//! multiplications instead of twelve, in two dimensions 36 instead of 144. The
//! points are 0, ±1/√2, ±√2 and infinity: the usual 0, ±1, ±2 loses several
//! times more accuracy in single precision, and these need no more operations.
//!
//! With `B`, `G`, `A` the maps of image tile, filter and result, a tile of the
//! output is `A' [(G g G') * (B' d B)] A`. Only the one-dimensional maps are
//! written here; [`both`] applies one along both axes.

use super::LANES;
use crate::convolution::epilogue::{Post, Unchanged};
use crate::simd::Lanes;
#[cfg(target_arch = "x86_64")]
use crate::simd::{avx2::Eight, avx512::Sixteen};

/// The point a = 1/√2; the other is 2a.
const A: f32 = std::f32::consts::FRAC_1_SQRT_2;
const B: f32 = std::f32::consts::SQRT_2;

/// A one-dimensional map from `FROM` to `TO` values.
pub(super) trait Map<const FROM: usize, const TO: usize> {
    fn apply<V: Lanes, const FUSED: bool>(values: [V; FROM]) -> [V; TO];
}

/// Six pixels of the image: `B'`.
pub(super) struct Image;

impl Map<6, 6> for Image {
    #[inline(always)]
    fn apply<V: Lanes, const FUSED: bool>(d: [V; 6]) -> [V; 6] {
        let even_a = V::all(-2.0).multiply_add::<FUSED>(d[2], d[4]);
        let odd_a = V::all(-2.0).multiply_add::<FUSED>(d[1], d[3]);
        let even_b = V::all(-0.5).multiply_add::<FUSED>(d[2], d[4]);
        let odd_b = V::all(-0.5).multiply_add::<FUSED>(d[1], d[3]);
        [
            V::all(-2.5).multiply_add::<FUSED>(d[2], d[0] + d[4]),
            V::all(A).multiply_add::<FUSED>(odd_a, even_a),
            V::all(-A).multiply_add::<FUSED>(odd_a, even_a),
            V::all(B).multiply_add::<FUSED>(odd_b, even_b),
            V::all(-B).multiply_add::<FUSED>(odd_b, even_b),
            V::all(-2.5).multiply_add::<FUSED>(d[3], d[1] + d[5]),
        ]
    }
}

/// Three taps of the filter: `G`.
pub(super) struct Filter;

impl Map<3, 6> for Filter {
    #[inline(always)]
    fn apply<V: Lanes, const FUSED: bool>(g: [V; 3]) -> [V; 6] {
        let even_a = V::all(-1.0 / 1.5) * V::all(0.5).multiply_add::<FUSED>(g[2], g[0]);
        let even_b = V::all(1.0 / 6.0) * V::all(2.0).multiply_add::<FUSED>(g[2], g[0]);
        [
            g[0],
            V::all(-A / 1.5).multiply_add::<FUSED>(g[1], even_a),
            V::all(A / 1.5).multiply_add::<FUSED>(g[1], even_a),
            V::all(B / 6.0).multiply_add::<FUSED>(g[1], even_b),
            V::all(-B / 6.0).multiply_add::<FUSED>(g[1], even_b),
            g[2],
        ]
    }
}

/// Four results from six products: `A'`.
pub(super) struct Result;

impl Map<6, 4> for Result {
    #[inline(always)]
    fn apply<V: Lanes, const FUSED: bool>(m: [V; 6]) -> [V; 4] {
        let sum_a = m[1] + m[2];
        let difference_a = m[1] - m[2];
        let sum_b = m[3] + m[4];
        let difference_b = m[3] - m[4];
        [
            m[0] + sum_a + sum_b,
            V::all(A).multiply_add::<FUSED>(difference_a, V::all(B) * difference_b),
            V::all(0.5).multiply_add::<FUSED>(sum_a, V::all(2.0) * sum_b),
            V::all(A * 0.5)
                .multiply_add::<FUSED>(difference_a, V::all(B * 2.0).multiply_add::<FUSED>(difference_b, m[5])),
        ]
    }
}

/// The transpose of [`Result`], for four output gradients: `A`.
pub(super) struct ResultGradient;

impl Map<4, 6> for ResultGradient {
    #[inline(always)]
    fn apply<V: Lanes, const FUSED: bool>(y: [V; 4]) -> [V; 6] {
        let even_a = V::all(0.5).multiply_add::<FUSED>(y[2], y[0]);
        let odd_a = V::all(0.5).multiply_add::<FUSED>(y[3], y[1]);
        let even_b = V::all(2.0).multiply_add::<FUSED>(y[2], y[0]);
        let odd_b = V::all(2.0).multiply_add::<FUSED>(y[3], y[1]);
        [
            y[0],
            V::all(A).multiply_add::<FUSED>(odd_a, even_a),
            V::all(-A).multiply_add::<FUSED>(odd_a, even_a),
            V::all(B).multiply_add::<FUSED>(odd_b, even_b),
            V::all(-B).multiply_add::<FUSED>(odd_b, even_b),
            y[3],
        ]
    }
}

/// The transpose of [`Filter`]: `G'`.
pub(super) struct FilterGradient;

impl Map<6, 3> for FilterGradient {
    #[inline(always)]
    fn apply<V: Lanes, const FUSED: bool>(m: [V; 6]) -> [V; 3] {
        let sum_a = m[1] + m[2];
        let difference_a = m[1] - m[2];
        let sum_b = m[3] + m[4];
        let difference_b = m[3] - m[4];
        [
            V::all(-1.0 / 1.5).multiply_add::<FUSED>(sum_a, V::all(1.0 / 6.0).multiply_add::<FUSED>(sum_b, m[0])),
            V::all(-A / 1.5).multiply_add::<FUSED>(difference_a, V::all(B / 6.0) * difference_b),
            V::all(-0.5 / 1.5).multiply_add::<FUSED>(sum_a, V::all(2.0 / 6.0).multiply_add::<FUSED>(sum_b, m[5])),
        ]
    }
}

/// Applies a map along columns and then along rows: `load(row, column)` gives
/// the values, `store(row, column, value)` takes the results.
#[inline(always)]
fn both<M: Map<FROM, TO>, V: Lanes, const FROM: usize, const TO: usize, const FUSED: bool>(
    load: impl Fn(usize, usize) -> V,
    mut store: impl FnMut(usize, usize, V),
) {
    let mut half = [[V::all(0.0); FROM]; TO];
    for column in 0..FROM {
        let mut values = [V::all(0.0); FROM];
        for row in 0..FROM {
            values[row] = load(row, column);
        }
        let values = M::apply::<V, FUSED>(values);
        for row in 0..TO {
            half[row][column] = values[row];
        }
    }
    for row in 0..TO {
        let values = M::apply::<V, FUSED>(half[row]);
        for column in 0..TO {
            store(row, column, values[column]);
        }
    }
}

/// Applies a map along both axes of [`LANES`] tiles, filters or channels side by side: `load(row, column)` gives their values,
/// `store(row, column, values)` takes the results.
#[inline(always)]
pub(super) fn side_by_side<'a, M: Map<FROM, TO>, const FROM: usize, const TO: usize, const FUSED: bool>(
    load: impl Fn(usize, usize) -> &'a [f32; LANES],
    store: impl FnMut(usize, usize, &[f32; LANES]),
) {
    side_by_side_then::<M, FROM, TO, FUSED>(load, Unchanged, store);
}

/// [`side_by_side`] with `post` applied to each result.
#[inline(always)]
pub(super) fn side_by_side_then<'a, M: Map<FROM, TO>, const FROM: usize, const TO: usize, const FUSED: bool>(
    load: impl Fn(usize, usize) -> &'a [f32; LANES],
    post: impl Post,
    mut store: impl FnMut(usize, usize, &[f32; LANES]),
) {
    #[cfg(target_arch = "x86_64")]
    if crate::simd::has_avx512() {
        let mut values = [0.0; LANES];
        both::<M, Sixteen, FROM, TO, FUSED>(
            // SAFETY: the processor has the instructions.
            |row, column| unsafe { Sixteen::load(load(row, column)) },
            |row, column, result| {
                post.of::<Sixteen, FUSED>(result).store(&mut values);
                store(row, column, &values);
            },
        );
        return;
    }
    let mut to = [[[0.0; LANES]; TO]; TO];
    #[cfg(target_arch = "x86_64")]
    let in_vectors = FUSED;
    #[cfg(not(target_arch = "x86_64"))]
    let in_vectors = false;
    if in_vectors {
        #[cfg(target_arch = "x86_64")]
        for half in 0..LANES / 8 {
            both::<M, Eight, FROM, TO, FUSED>(
                // SAFETY: on this architecture multiplications and additions are fused only with AVX2 and FMA.
                |row, column| unsafe { Eight::load(&load(row, column).as_chunks().0[half]) },
                |row, column, result| {
                    post.of::<Eight, FUSED>(result).store(&mut to[row][column].as_chunks_mut().0[half])
                },
            );
        }
    } else {
        let mut from = [[[0.0; LANES]; FROM]; FROM];
        for (row, from) in from.iter_mut().enumerate() {
            for (column, from) in from.iter_mut().enumerate() {
                *from = *load(row, column);
            }
        }
        // A number that is known at run time only, so that this stays a loop, which becomes vectors as a whole.
        for lane in 0..std::hint::black_box(LANES).min(LANES) {
            both::<M, f32, FROM, TO, FUSED>(
                |row, column| from[row][column][lane],
                |row, column, value| to[row][column][lane] = post.of::<f32, FUSED>(value),
            );
        }
    }
    for (row, to) in to.iter().enumerate() {
        for (column, to) in to.iter().enumerate() {
            store(row, column, to);
        }
    }
}

/// The [`LANES`] floats from `start` on.
///
/// # Panics
/// If there are fewer.
#[inline(always)]
pub(super) fn lanes_of(values: &[f32], start: usize) -> &[f32; LANES] {
    values[start..].first_chunk().expect("a vector lies within its operand")
}

/// Writes one vector, or what of it lies within a panel that is narrower.
#[inline(always)]
pub(super) fn put<const WIDTH: usize>(target: &mut [f32], at: usize, values: &[f32; LANES]) {
    // Of known length each, so that they are no calls.
    match WIDTH < LANES {
        true => target[at..][..WIDTH].copy_from_slice(&values[..WIDTH]),
        false => target[at..][..LANES].copy_from_slice(values),
    }
}

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

use crate::simd::multiply_add;

/// The point a = 1/√2; the other is 2a.
const A: f32 = std::f32::consts::FRAC_1_SQRT_2;
const B: f32 = std::f32::consts::SQRT_2;

/// A one-dimensional map from `FROM` to `TO` values.
pub(super) trait Map<const FROM: usize, const TO: usize> {
    fn apply<const FUSED: bool>(values: [f32; FROM]) -> [f32; TO];
}

/// Six pixels of the image: `B'`.
pub(super) struct Image;

impl Map<6, 6> for Image {
    #[inline(always)]
    fn apply<const FUSED: bool>(d: [f32; 6]) -> [f32; 6] {
        let even_a = multiply_add::<FUSED>(-2.0, d[2], d[4]);
        let odd_a = multiply_add::<FUSED>(-2.0, d[1], d[3]);
        let even_b = multiply_add::<FUSED>(-0.5, d[2], d[4]);
        let odd_b = multiply_add::<FUSED>(-0.5, d[1], d[3]);
        [
            multiply_add::<FUSED>(-2.5, d[2], d[0] + d[4]),
            multiply_add::<FUSED>(A, odd_a, even_a),
            multiply_add::<FUSED>(-A, odd_a, even_a),
            multiply_add::<FUSED>(B, odd_b, even_b),
            multiply_add::<FUSED>(-B, odd_b, even_b),
            multiply_add::<FUSED>(-2.5, d[3], d[1] + d[5]),
        ]
    }
}

/// Three taps of the filter: `G`.
pub(super) struct Filter;

impl Map<3, 6> for Filter {
    #[inline(always)]
    fn apply<const FUSED: bool>(g: [f32; 3]) -> [f32; 6] {
        let even_a = -1.0 / 1.5 * multiply_add::<FUSED>(0.5, g[2], g[0]);
        let even_b = 1.0 / 6.0 * multiply_add::<FUSED>(2.0, g[2], g[0]);
        [
            g[0],
            multiply_add::<FUSED>(-A / 1.5, g[1], even_a),
            multiply_add::<FUSED>(A / 1.5, g[1], even_a),
            multiply_add::<FUSED>(B / 6.0, g[1], even_b),
            multiply_add::<FUSED>(-B / 6.0, g[1], even_b),
            g[2],
        ]
    }
}

/// Four results from six products: `A'`.
pub(super) struct Result;

impl Map<6, 4> for Result {
    #[inline(always)]
    fn apply<const FUSED: bool>(m: [f32; 6]) -> [f32; 4] {
        let sum_a = m[1] + m[2];
        let difference_a = m[1] - m[2];
        let sum_b = m[3] + m[4];
        let difference_b = m[3] - m[4];
        [
            m[0] + sum_a + sum_b,
            multiply_add::<FUSED>(A, difference_a, B * difference_b),
            multiply_add::<FUSED>(0.5, sum_a, 2.0 * sum_b),
            multiply_add::<FUSED>(A * 0.5, difference_a, multiply_add::<FUSED>(B * 2.0, difference_b, m[5])),
        ]
    }
}

/// The transpose of [`Result`], for four output gradients: `A`.
pub(super) struct ResultGradient;

impl Map<4, 6> for ResultGradient {
    #[inline(always)]
    fn apply<const FUSED: bool>(y: [f32; 4]) -> [f32; 6] {
        let even_a = multiply_add::<FUSED>(0.5, y[2], y[0]);
        let odd_a = multiply_add::<FUSED>(0.5, y[3], y[1]);
        let even_b = multiply_add::<FUSED>(2.0, y[2], y[0]);
        let odd_b = multiply_add::<FUSED>(2.0, y[3], y[1]);
        [
            y[0],
            multiply_add::<FUSED>(A, odd_a, even_a),
            multiply_add::<FUSED>(-A, odd_a, even_a),
            multiply_add::<FUSED>(B, odd_b, even_b),
            multiply_add::<FUSED>(-B, odd_b, even_b),
            y[3],
        ]
    }
}

/// The transpose of [`Filter`]: `G'`.
pub(super) struct FilterGradient;

impl Map<6, 3> for FilterGradient {
    #[inline(always)]
    fn apply<const FUSED: bool>(m: [f32; 6]) -> [f32; 3] {
        let sum_a = m[1] + m[2];
        let difference_a = m[1] - m[2];
        let sum_b = m[3] + m[4];
        let difference_b = m[3] - m[4];
        [
            multiply_add::<FUSED>(-1.0 / 1.5, sum_a, multiply_add::<FUSED>(1.0 / 6.0, sum_b, m[0])),
            multiply_add::<FUSED>(-A / 1.5, difference_a, B / 6.0 * difference_b),
            multiply_add::<FUSED>(-0.5 / 1.5, sum_a, multiply_add::<FUSED>(2.0 / 6.0, sum_b, m[5])),
        ]
    }
}

/// Applies a map along columns and then along rows: `load(row, column)` gives
/// the values, `store(row, column, value)` takes the results.
///
/// This is scalar code on purpose: called in a loop over tiles whose number is
/// only known at run time, it is vectorised over the tiles as a whole.
#[inline(always)]
pub(super) fn both<M: Map<FROM, TO>, const FROM: usize, const TO: usize, const FUSED: bool>(
    load: impl Fn(usize, usize) -> f32,
    mut store: impl FnMut(usize, usize, f32),
) {
    let mut half = [[0.0; FROM]; TO];
    for column in 0..FROM {
        let mut values = [0.0; FROM];
        for row in 0..FROM {
            values[row] = load(row, column);
        }
        let values = M::apply::<FUSED>(values);
        for row in 0..TO {
            half[row][column] = values[row];
        }
    }
    for row in 0..TO {
        let values = M::apply::<FUSED>(half[row]);
        for column in 0..TO {
            store(row, column, values[column]);
        }
    }
}

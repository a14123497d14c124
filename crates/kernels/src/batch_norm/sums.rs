//! The sums over a channel's values that normalisation and its derivatives need, in vectors.

use crate::simd::Lanes;
#[cfg(target_arch = "x86_64")]
use crate::simd::avx512::Sixteen;

/// Values that are added up in single precision, in [`LANES`] sums, before they go to the total.
pub(super) const BLOCK: usize = 1024;
const LANES: usize = 16;

/// What one pair of values adds to each of some sums.
pub(super) trait Terms<const N: usize>: Copy {
    fn of<V: Lanes>(self, left: V, right: V) -> [V; N];
}

#[inline(always)]
pub(super) fn block_sums<const N: usize>(left: &[f32], right: &[f32], terms: impl Terms<N>) -> [f32; N] {
    let (left, left_rest) = left.as_chunks::<LANES>();
    let (right, right_rest) = right.as_chunks::<LANES>();
    let mut lanes = whole_lanes(left, right, terms);
    for (lane, (left, right)) in left_rest.iter().zip(right_rest).enumerate() {
        let terms = terms.of(*left, *right);
        for part in 0..N {
            lanes[part][lane] += terms[part];
        }
    }
    lanes.map(|mut lanes| {
        let mut width = LANES;
        while width > 1 {
            width /= 2;
            for lane in 0..width {
                lanes[lane] += lanes[lane + width];
            }
        }
        lanes[0]
    })
}

/// The sums in each lane.
#[inline(always)]
fn whole_lanes<const N: usize>(
    left: &[[f32; LANES]],
    right: &[[f32; LANES]],
    terms: impl Terms<N>,
) -> [[f32; LANES]; N] {
    let mut lanes = [[0.0f32; LANES]; N];
    #[cfg(target_arch = "x86_64")]
    if crate::simd::has_avx512() {
        // SAFETY: the processor has the instructions.
        let mut sums = [unsafe { Sixteen::zero() }; N];
        for (left, right) in left.iter().zip(right) {
            // SAFETY: as above.
            let terms = unsafe { terms.of(Sixteen::load(left), Sixteen::load(right)) };
            for (sum, term) in sums.iter_mut().zip(terms) {
                *sum = *sum + term;
            }
        }
        for (lanes, sum) in lanes.iter_mut().zip(sums) {
            sum.store(lanes);
        }
        return lanes;
    }
    for (left, right) in left.iter().zip(right) {
        for lane in 0..LANES {
            let terms = terms.of(left[lane], right[lane]);
            for part in 0..N {
                lanes[part][lane] += terms[part];
            }
        }
    }
    lanes
}

/// The value itself.
#[derive(Clone, Copy)]
pub(super) struct Plain;

impl Terms<1> for Plain {
    #[inline(always)]
    fn of<V: Lanes>(self, left: V, _: V) -> [V; 1] {
        [left]
    }
}

/// The distance to a number, and its square.
#[derive(Clone, Copy)]
pub(super) struct Distance {
    pub(super) from: f32,
}

impl Terms<2> for Distance {
    #[inline(always)]
    fn of<V: Lanes>(self, left: V, _: V) -> [V; 2] {
        let distance = left - V::all(self.from);
        [distance, distance * distance]
    }
}

/// The first value, and its product with the second, normalised.
#[derive(Clone, Copy)]
pub(super) struct WithNormalised {
    pub(super) mean: f32,
    pub(super) rstd: f32,
}

impl Terms<2> for WithNormalised {
    #[inline(always)]
    fn of<V: Lanes>(self, left: V, right: V) -> [V; 2] {
        let normalised = (right - V::all(self.mean)) * V::all(self.rstd);
        [left, left * normalised]
    }
}

/// A product.
#[derive(Clone, Copy)]
pub(super) struct Product;

impl Terms<1> for Product {
    #[inline(always)]
    fn of<V: Lanes>(self, left: V, right: V) -> [V; 1] {
        [left * right]
    }
}

/// The gradient that passes a rectifier behind a normalisation of `x`, and its product with the normalised value.
#[derive(Clone, Copy)]
pub(super) struct Passed<const RECTIFIED: bool> {
    pub(super) mean: f32,
    pub(super) rstd: f32,
    pub(super) scale: f32,
    pub(super) beta: f32,
}

impl<const RECTIFIED: bool> Passed<RECTIFIED> {
    /// What of `dy` passes.
    #[inline(always)]
    pub(super) fn gradient<V: Lanes>(self, dy: V, x: V) -> V {
        match RECTIFIED {
            // The same expression as in the forward pass, so that the sign is the same.
            true => {
                let distance = x - V::all(self.mean);
                dy.zero_where_not_positive(distance * V::all(self.scale) + V::all(self.beta))
            }
            false => dy,
        }
    }
}

impl<const RECTIFIED: bool> Terms<2> for Passed<RECTIFIED> {
    #[inline(always)]
    fn of<V: Lanes>(self, dy: V, x: V) -> [V; 2] {
        WithNormalised { mean: self.mean, rstd: self.rstd }.of(self.gradient(dy, x), x)
    }
}

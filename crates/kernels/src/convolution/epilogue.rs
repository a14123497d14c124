//! What becomes of a convolution's sums before they are written: a factor and a number of each channel, an addition of
//! another image, a rectifier. Passes over memory of their own would take as long as a convolution of few channels.

use crate::simd::Lanes;
#[cfg(target_arch = "x86_64")]
use crate::simd::avx512::Sixteen;

/// What becomes of each sum, in this order. The default leaves it as it is.
#[derive(Debug, Clone, Copy, Default)]
pub struct Epilogue<'a> {
    /// It is multiplied with its channel's, `[out_channels]`.
    pub factors: Option<&'a [f32]>,
    /// Its channel's is added, `[out_channels]`.
    pub numbers: Option<&'a [f32]>,
    /// That of the same place is added, `[batch, out_channels, output height, output width]`.
    pub summand: Option<&'a [f32]>,
    /// A sum that is not positive becomes 0. NaN stays NaN.
    pub rectified: bool,
}

/// The part of an [`Epilogue`] that is the same for all pixels of a channel.
#[derive(Clone, Copy)]
pub(super) struct OfChannel {
    factor: f32,
    number: f32,
    /// What is not above becomes this.
    floor: f32,
}

impl Epilogue<'_> {
    /// Panics if a slice has another length than it should.
    pub(super) fn check(&self, channels: usize, output: usize) {
        for (slice, length) in [(self.factors, channels), (self.numbers, channels), (self.summand, output)] {
            assert!(slice.is_none_or(|slice| slice.len() == length), "part of an epilogue of another length");
        }
    }

    /// Whether every sum stays as it is.
    pub(super) fn is_plain(&self) -> bool {
        self.factors.is_none() && self.numbers.is_none() && self.summand.is_none() && !self.rectified
    }

    /// What comes before the summand; with the rectifier where there is no summand.
    #[inline(always)]
    pub(super) fn of_channel(&self, channel: usize) -> OfChannel {
        OfChannel {
            factor: self.factors.map_or(1.0, |factors| factors[channel]),
            // Adding -0 changes nothing.
            number: self.numbers.map_or(-0.0, |numbers| numbers[channel]),
            floor: if self.rectified && self.summand.is_none() { 0.0 } else { f32::NEG_INFINITY },
        }
    }

    /// [`of_channel`](Self::of_channel) of the channels from `first` on; of the last one where there are no more.
    #[inline(always)]
    pub(super) fn of_channels<const COUNT: usize>(&self, first: usize, channels: usize) -> OfChannels<COUNT> {
        let each: [OfChannel; COUNT] = std::array::from_fn(|lane| self.of_channel((first + lane).min(channels - 1)));
        let floor = each.first().map_or(f32::NEG_INFINITY, |first| first.floor);
        OfChannels { factors: each.map(|one| one.factor), numbers: each.map(|one| one.number), floor }
    }

    /// Adds the summand's values, from this place on, to those of a row, and rectifies them.
    #[inline(always)]
    pub(super) fn add(&self, place: usize, row: &mut [f32]) {
        let Some(summand) = self.summand else {
            return;
        };
        let floor = if self.rectified { 0.0 } else { f32::NEG_INFINITY };
        let summand = &summand[place..][..row.len()];
        #[cfg(target_arch = "x86_64")]
        if crate::simd::has_avx512() {
            // SAFETY: the processor has the instructions.
            unsafe { avx512::add(summand, floor, row) };
            return;
        }
        for (value, summand) in row.iter_mut().zip(summand) {
            *value = (*value + summand).not_below(floor);
        }
    }
}

/// With vectors under masks: rows are short.
#[cfg(target_arch = "x86_64")]
mod avx512 {
    use crate::simd::avx512::below;
    use std::arch::x86_64::{
        _CMP_LE_OQ, _mm512_add_ps, _mm512_cmp_ps_mask, _mm512_mask_mov_ps, _mm512_mask_storeu_ps,
        _mm512_maskz_loadu_ps, _mm512_set1_ps,
    };

    /// Floats of a vector.
    const LANES: usize = 16;

    /// Adds `summand` to `row`; a sum that is not above `floor` becomes it.
    ///
    /// # Panics
    /// If they have different lengths.
    #[inline]
    #[target_feature(enable = "avx512f")]
    pub(super) fn add(summand: &[f32], floor: f32, row: &mut [f32]) {
        assert_eq!(summand.len(), row.len());
        let floor = _mm512_set1_ps(floor);
        for first in (0..row.len()).step_by(LANES) {
            let lanes = below(row.len() - first);
            // SAFETY: both slices have as many floats from `first` on as the mask admits.
            unsafe {
                let value = row.as_mut_ptr().add(first);
                let values = _mm512_maskz_loadu_ps(lanes, value);
                let sums = _mm512_add_ps(values, _mm512_maskz_loadu_ps(lanes, summand.as_ptr().add(first)));
                let low = _mm512_cmp_ps_mask::<_CMP_LE_OQ>(sums, floor);
                _mm512_mask_storeu_ps(value, lanes, _mm512_mask_mov_ps(sums, low, floor));
            }
        }
    }
}

/// What a value becomes.
pub(super) trait Post: Copy {
    fn of<V: Lanes, const FUSED: bool>(self, value: V) -> V;
}

/// Every value stays as it is.
#[derive(Clone, Copy)]
pub(super) struct Unchanged;

impl Post for Unchanged {
    #[inline(always)]
    fn of<V: Lanes, const FUSED: bool>(self, value: V) -> V {
        value
    }
}

impl Post for OfChannel {
    #[inline(always)]
    fn of<V: Lanes, const FUSED: bool>(self, value: V) -> V {
        value.multiply_add::<FUSED>(V::all(self.factor), V::all(self.number)).not_below(V::all(self.floor))
    }
}

/// [`OfChannel`] of several channels side by side.
pub(super) struct OfChannels<const COUNT: usize> {
    factors: [f32; COUNT],
    numbers: [f32; COUNT],
    floor: f32,
}

impl<const COUNT: usize> OfChannels<COUNT> {
    /// One sum of each channel with the channel's factor and number.
    #[inline(always)]
    pub(super) fn apply<const FUSED: bool>(&self, sums: &mut [f32; COUNT]) {
        let (sums, _) = sums.as_chunks_mut::<16>();
        let channels = self.factors.as_chunks::<16>().0.iter().zip(self.numbers.as_chunks::<16>().0);
        for (sums, (factors, numbers)) in sums.iter_mut().zip(channels) {
            #[cfg(target_arch = "x86_64")]
            if crate::simd::has_avx512() {
                // SAFETY: the processor has the instructions.
                let [sum, factor, number] = unsafe { [&*sums, factors, numbers].map(|values| Sixteen::load(values)) };
                sum.multiply_add::<FUSED>(factor, number).not_below(Sixteen::all(self.floor)).store(sums);
                continue;
            }
            for (sum, (factor, number)) in sums.iter_mut().zip(factors.iter().zip(numbers)) {
                *sum = sum.multiply_add::<FUSED>(*factor, *number).not_below(self.floor);
            }
        }
    }
}

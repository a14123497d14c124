//! What becomes of a convolution's sums before they are written: a factor and a number of each channel, an addition of
//! another image, a rectifier. Passes over memory of their own would take as long as a convolution of few channels.

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
            *value = not_below(floor, *value + summand);
        }
    }
}

/// With vectors under masks: rows are short.
#[cfg(target_arch = "x86_64")]
mod avx512 {
    use std::arch::x86_64::{
        __mmask16, _CMP_LE_OQ, _mm512_add_ps, _mm512_cmp_ps_mask, _mm512_mask_mov_ps, _mm512_mask_storeu_ps,
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
            let lanes = ((1_u32 << LANES.min(row.len() - first)) - 1) as __mmask16;
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

impl OfChannel {
    /// A sum with the channel's factor and number.
    #[inline(always)]
    pub(super) fn apply<const FUSED: bool>(self, sum: f32) -> f32 {
        not_below(self.floor, crate::simd::multiply_add::<FUSED>(sum, self.factor, self.number))
    }
}

/// The larger of both; NaN stays NaN.
#[inline(always)]
fn not_below(floor: f32, value: f32) -> f32 {
    if value <= floor { floor } else { value }
}

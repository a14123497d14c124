//! Windows of 2 x 2 that do not overlap.

use crate::simd::Task;

/// Two rows of planes, as far as there are pairs of columns.
struct Rows<'a> {
    top: &'a [f32],
    bottom: &'a [f32],
}

impl<'a> Rows<'a> {
    /// The pairs of rows of a plane.
    #[inline(always)]
    fn of(plane: &'a [f32], columns: usize) -> impl Iterator<Item = Self> {
        plane.chunks_exact(2 * columns).map(move |rows| {
            let (top, bottom) = rows.split_at(columns);
            let pairs = columns / 2 * 2;
            Self { top: &top[..pairs], bottom: &bottom[..pairs] }
        })
    }

    /// The windows.
    #[inline(always)]
    fn windows(&self) -> impl Iterator<Item = [f32; 4]> {
        let pairs = self.top.as_chunks::<2>().0.iter().zip(self.bottom.as_chunks::<2>().0);
        pairs.map(|(top, bottom)| [top[0], top[1], bottom[0], bottom[1]])
    }
}

/// Where the largest value of a window is, from 0 to 3.
///
/// The choices are selections between registers, not branches: which of four random values is
/// the largest cannot be predicted.
#[inline(always)]
fn choose(window: [f32; 4]) -> usize {
    let (mut largest, mut chosen) = (window[0], 0);
    for (place, value) in window.into_iter().enumerate().skip(1) {
        let replaces = value > largest || value.is_nan();
        largest = if replaces { value } else { largest };
        chosen = if replaces { place } else { chosen };
    }
    chosen
}

pub(super) struct GatherPairs<'a> {
    pub(super) size: [usize; 2],
    pub(super) chooser: &'a [f32],
    pub(super) values: &'a [f32],
    pub(super) output: &'a mut [f32],
}

impl Task for GatherPairs<'_> {
    type Output = ();

    #[inline(always)]
    fn run<const ROWS: usize, const COLUMNS: usize, const FUSED: bool>(self) {
        let [rows, columns] = self.size;
        let plane = rows * columns;
        let halved = self.output.chunks_exact_mut((rows / 2) * (columns / 2));
        for ((output, chooser), values) in
            halved.zip(self.chooser.chunks_exact(plane)).zip(self.values.chunks_exact(plane))
        {
            let inputs = Rows::of(chooser, columns).zip(Rows::of(values, columns));
            for (output, (chooser, values)) in output.chunks_exact_mut(columns / 2).zip(inputs) {
                gather_row(&chooser, &values, output);
            }
        }
    }
}

/// A row of windows.
#[inline(always)]
fn gather_row(chooser: &Rows<'_>, values: &Rows<'_>, output: &mut [f32]) {
    #[cfg(target_arch = "x86_64")]
    if crate::simd::has_avx512() {
        // SAFETY: the processor has the instructions.
        unsafe { avx512::gather(chooser, values, output) };
        return;
    }
    gather_one_by_one(chooser, values, output);
}

/// [`gather_row`] on any processor.
#[inline(always)]
fn gather_one_by_one(chooser: &Rows<'_>, values: &Rows<'_>, output: &mut [f32]) {
    for (output, (chooser, values)) in output.iter_mut().zip(chooser.windows().zip(values.windows())) {
        *output = values[choose(chooser)];
    }
}

pub(super) struct ScatterPairs<'a> {
    pub(super) size: [usize; 2],
    pub(super) chooser: &'a [f32],
    pub(super) values: &'a [f32],
    pub(super) output: &'a mut [f32],
}

impl Task for ScatterPairs<'_> {
    type Output = ();

    #[inline(always)]
    fn run<const ROWS: usize, const COLUMNS: usize, const FUSED: bool>(self) {
        let [rows, columns] = self.size;
        let plane = rows * columns;
        let halved = self.values.chunks_exact((rows / 2) * (columns / 2));
        for ((output, chooser), values) in
            self.output.chunks_exact_mut(plane).zip(self.chooser.chunks_exact(plane)).zip(halved)
        {
            let inputs = Rows::of(chooser, columns).zip(values.chunks_exact(columns / 2));
            let mut outputs = output.chunks_exact_mut(2 * columns);
            for (output, (chooser, values)) in outputs.by_ref().zip(inputs) {
                let (top, bottom) = output.split_at_mut(columns);
                let ((top, top_rest), (bottom, bottom_rest)) =
                    (top.split_at_mut(columns / 2 * 2), bottom.split_at_mut(columns / 2 * 2));
                scatter_row(&chooser, values, [top, bottom]);
                top_rest.fill(0.0);
                bottom_rest.fill(0.0);
            }
            outputs.into_remainder().fill(0.0);
        }
    }
}

/// A row of windows.
#[inline(always)]
fn scatter_row(chooser: &Rows<'_>, values: &[f32], output: [&mut [f32]; 2]) {
    #[cfg(target_arch = "x86_64")]
    if crate::simd::has_avx512() {
        // SAFETY: the processor has the instructions.
        unsafe { avx512::scatter(chooser, values, output) };
        return;
    }
    scatter_one_by_one(chooser, values, output);
}

/// [`scatter_row`] on any processor.
#[inline(always)]
fn scatter_one_by_one(chooser: &Rows<'_>, values: &[f32], mut output: [&mut [f32]; 2]) {
    for (pair, (window, value)) in chooser.windows().zip(values).enumerate() {
        let chosen = choose(window);
        for (row, output) in output.iter_mut().enumerate() {
            for column in 0..2 {
                output[2 * pair + column] = if 2 * row + column == chosen { *value } else { 0.0 };
            }
        }
    }
}

/// Sixteen windows at once, under masks where there are fewer.
#[cfg(target_arch = "x86_64")]
mod avx512 {
    use super::Rows;
    use crate::simd::avx512::below;
    use std::arch::x86_64::{
        __m512, __m512i, __mmask16, _CMP_GT_OQ, _CMP_UNORD_Q, _mm512_cmp_ps_mask, _mm512_loadu_si512,
        _mm512_mask_mov_ps, _mm512_mask_storeu_ps, _mm512_maskz_loadu_ps, _mm512_maskz_mov_ps, _mm512_permutex2var_ps,
        _mm512_setzero_ps,
    };

    /// Floats of a vector.
    const LANES: usize = 16;

    /// The four pixels of `count` windows from the window `first` on.
    #[inline]
    #[target_feature(enable = "avx512f")]
    fn windows(rows: &Rows<'_>, first: usize, count: usize) -> [__m512; 4] {
        let mut pixels = [[_mm512_setzero_ps(); 2]; 2];
        for (pixels, row) in pixels.iter_mut().zip([rows.top, rows.bottom]) {
            let row = &row[2 * first..2 * (first + count)];
            let start = row.as_ptr();
            // SAFETY: the masks admit the floats of the slice.
            let (low, high) = unsafe {
                (
                    _mm512_maskz_loadu_ps(below(row.len()), start),
                    _mm512_maskz_loadu_ps(below(row.len().saturating_sub(LANES)), start.wrapping_add(LANES)),
                )
            };
            pixels[0] = _mm512_permutex2var_ps(low, vector(&EVEN), high);
            pixels[1] = _mm512_permutex2var_ps(low, vector(&ODD), high);
        }
        let [[a, b], [c, d]] = pixels;
        [a, b, c, d]
    }

    /// Which windows the second to fourth pixel is chosen for, each until a later one is.
    #[inline]
    #[target_feature(enable = "avx512f")]
    fn replaces(window: [__m512; 4]) -> [__mmask16; 3] {
        let mut largest = window[0];
        let mut found = [0; 3];
        for (found, value) in found.iter_mut().zip(&window[1..]) {
            *found =
                _mm512_cmp_ps_mask::<_CMP_GT_OQ>(*value, largest) | _mm512_cmp_ps_mask::<_CMP_UNORD_Q>(*value, *value);
            largest = _mm512_mask_mov_ps(largest, *found, *value);
        }
        found
    }

    #[inline]
    #[target_feature(enable = "avx512f")]
    pub(super) fn gather(chooser: &Rows<'_>, values: &Rows<'_>, output: &mut [f32]) {
        for first in (0..output.len()).step_by(LANES) {
            let count = LANES.min(output.len() - first);
            let replaces = replaces(windows(chooser, first, count));
            let [mut chosen, others @ ..] = windows(values, first, count);
            for (replaces, other) in replaces.into_iter().zip(others) {
                chosen = _mm512_mask_mov_ps(chosen, replaces, other);
            }
            let output = &mut output[first..first + count];
            // SAFETY: the mask admits the floats of the slice.
            unsafe { _mm512_mask_storeu_ps(output.as_mut_ptr(), below(count), chosen) };
        }
    }

    #[inline]
    #[target_feature(enable = "avx512f")]
    pub(super) fn scatter(chooser: &Rows<'_>, values: &[f32], mut output: [&mut [f32]; 2]) {
        for first in (0..values.len()).step_by(LANES) {
            let count = LANES.min(values.len() - first);
            let [b, c, d] = replaces(windows(chooser, first, count));
            let chosen = [[!(b | c | d), b & !(c | d)], [c & !d, d]];
            let values = &values[first..first + count];
            // SAFETY: the mask admits the floats of the slice.
            let values = unsafe { _mm512_maskz_loadu_ps(below(count), values.as_ptr()) };
            for (output, chosen) in output.iter_mut().zip(chosen) {
                let left = _mm512_maskz_mov_ps(chosen[0], values);
                let right = _mm512_maskz_mov_ps(chosen[1], values);
                let low = _mm512_permutex2var_ps(left, vector(&FIRST_IN_TURNS), right);
                let high = _mm512_permutex2var_ps(left, vector(&LAST_IN_TURNS), right);
                let output = &mut output[2 * first..2 * (first + count)];
                let (start, length) = (output.as_mut_ptr(), output.len());
                // SAFETY: the masks admit the floats of the slice.
                unsafe {
                    _mm512_mask_storeu_ps(start, below(length), low);
                    _mm512_mask_storeu_ps(start.wrapping_add(LANES), below(length.saturating_sub(LANES)), high);
                }
            }
        }
    }

    /// Every other float of two vectors, from the first on, and from the second on.
    const EVEN: [i32; LANES] = [0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24, 26, 28, 30];
    const ODD: [i32; LANES] = [1, 3, 5, 7, 9, 11, 13, 15, 17, 19, 21, 23, 25, 27, 29, 31];
    /// The first and the last eight floats of two vectors in turns.
    const FIRST_IN_TURNS: [i32; LANES] = [0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23];
    const LAST_IN_TURNS: [i32; LANES] = [8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31];

    #[inline]
    #[target_feature(enable = "avx512f")]
    fn vector(lanes: &[i32; LANES]) -> __m512i {
        // SAFETY: the array has as many integers as the vector.
        unsafe { _mm512_loadu_si512(lanes.as_ptr().cast()) }
    }
}

#[cfg(all(test, target_arch = "x86_64"))]
mod tests {
    use super::*;

    #[test]
    fn sixteen_at_once_and_one_by_one_agree() {
        if !crate::simd::has_avx512() {
            return;
        }
        for count in 1..40_usize {
            // Few different values, so that many are equal, and some that are not numbers.
            let value = |index: usize| match index * 7 % 11 {
                10 => f32::NAN,
                value => (value / 3) as f32,
            };
            let plane: Vec<f32> = (0..4 * count).map(value).collect();
            let chooser = Rows { top: &plane[..2 * count], bottom: &plane[2 * count..] };
            let places: Vec<f32> = (0..4 * count).map(|index| index as f32 + 1.0).collect();
            let values = Rows { top: &places[..2 * count], bottom: &places[2 * count..] };
            let [mut fast, mut plain] = [f32::NAN; 2].map(|value| vec![value; count]);
            // SAFETY: the processor has the instructions.
            unsafe { avx512::gather(&chooser, &values, &mut fast) };
            gather_one_by_one(&chooser, &values, &mut plain);
            assert_eq!(fast, plain, "{count} windows");
            let [mut top, mut bottom, mut above, mut below] = [f32::NAN; 4].map(|value| vec![value; 2 * count]);
            // SAFETY: the processor has the instructions.
            unsafe { avx512::scatter(&chooser, &plain, [&mut top, &mut bottom]) };
            scatter_one_by_one(&chooser, &plain, [&mut above, &mut below]);
            assert_eq!([top, bottom], [above, below], "{count} windows");
        }
    }
}

//! Writes rows of a result into images.

/// So many floats with a step are written faster one by one.
const FEW: usize = 4;

/// Writes `sums`, or adds them, to every `step`th float of `target`, from the first on.
///
/// # Panics
/// If `target` is too short.
#[inline(always)]
pub(super) fn row(target: &mut [f32], step: usize, sums: &[f32], overwrite: bool) {
    #[cfg(target_arch = "x86_64")]
    if (step == 1 || (step == 2 && sums.len() > FEW)) && crate::simd::has_avx512() {
        // SAFETY: the feature was detected just above.
        unsafe {
            match step {
                1 => avx512::row::<1>(target, sums, overwrite),
                _ => avx512::row::<2>(target, sums, overwrite),
            }
        }
        return;
    }
    one_by_one(target, step, sums, overwrite);
}

/// [`row`] on any processor.
#[inline(always)]
fn one_by_one(target: &mut [f32], step: usize, sums: &[f32], overwrite: bool) {
    if step > 1 {
        for (index, sum) in sums.iter().enumerate() {
            let target = &mut target[index * step];
            *target = if overwrite { *sum } else { *target + *sum };
        }
        return;
    }
    let target = &mut target[..sums.len()];
    if overwrite {
        target.copy_from_slice(sums);
        return;
    }
    for (target, sum) in target.iter_mut().zip(sums) {
        *target += sum;
    }
}

/// With vectors, of which a mask says which floats are written: rows are short, and calls and loops of single floats took a
/// third of the time of a convolution with a stride.
#[cfg(target_arch = "x86_64")]
mod avx512 {
    use crate::simd::avx512::below;
    use std::arch::x86_64::{
        __mmask16, _mm512_add_ps, _mm512_loadu_si512, _mm512_mask_storeu_ps, _mm512_maskz_loadu_ps,
        _mm512_permutexvar_ps,
    };

    /// Floats of a vector.
    const LANES: usize = 16;

    #[inline]
    #[target_feature(enable = "avx512f")]
    pub(super) fn row<const STEP: usize>(target: &mut [f32], sums: &[f32], overwrite: bool) {
        let length = sums.len().checked_sub(1).map_or(0, |last| last * STEP + 1);
        let target = &mut target[..length];
        for first in (0..sums.len()).step_by(LANES) {
            let count = LANES.min(sums.len() - first);
            let source = sums[first..].as_ptr();
            // SAFETY: `below(count)` admits as many floats, which exist.
            let values = unsafe { _mm512_maskz_loadu_ps(below(count), source) };
            for part in 0..STEP {
                // Every `STEP`th lane of this part of the target, as far as there are sums.
                let lanes = every::<STEP>() & below((count * STEP).saturating_sub(part * LANES));
                if lanes == 0 {
                    break;
                }
                let spread = match STEP {
                    1 => values,
                    // SAFETY: the array has as many integers as the vector.
                    _ => _mm512_permutexvar_ps(unsafe { _mm512_loadu_si512(HALVES[part].as_ptr().cast()) }, values),
                };
                let target = target[first * STEP + part * LANES..].as_mut_ptr();
                // SAFETY: the mask admits every `STEP`th float up to the one of the last sum, all of them within `target`.
                unsafe {
                    let sum = match overwrite {
                        true => spread,
                        false => _mm512_add_ps(_mm512_maskz_loadu_ps(lanes, target), spread),
                    };
                    _mm512_mask_storeu_ps(target, lanes, sum);
                }
            }
        }
    }

    #[inline(always)]
    const fn every<const STEP: usize>() -> __mmask16 {
        if STEP == 1 { 0xffff } else { 0x5555 }
    }

    /// Which of the first and of the last eight lanes go to every second lane.
    const HALVES: [[i32; LANES]; 2] = [
        [0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 6, 7, 7],
        [8, 8, 9, 9, 10, 10, 11, 11, 12, 12, 13, 13, 14, 14, 15, 15],
    ];
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_ways_to_write_agree() {
        for step in 1..4 {
            for length in 0..40 {
                for overwrite in [false, true] {
                    let sums: Vec<f32> = (0..length).map(|value| value as f32 + 0.5).collect();
                    let least = length.max(1) * step - (step - 1).min(length * step);
                    for room in [least, least + 1, least + 20] {
                        let before: Vec<f32> = (0..room).map(|value| -(value as f32)).collect();
                        let [mut fast, mut plain] = [before.clone(), before];
                        row(&mut fast, step, &sums, overwrite);
                        one_by_one(&mut plain, step, &sums, overwrite);
                        assert_eq!(fast, plain, "step {step}, {length} sums, room for {room}, overwrite {overwrite}");
                    }
                }
            }
        }
    }
}

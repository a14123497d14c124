//! Transposes small blocks.
//!
//! Every kernel here has one operand whose memory order must be transposed for the register tile. Written as
//! loops, such copies cost more than the multiplications they serve; sixteen vectors are transposed in
//! registers.

/// Rows and columns of a block, at most.
pub(crate) const BLOCK: usize = 16;

/// Sets `target[column * stride + row]` to `source[rows[row] + column]`, for at most
/// [`BLOCK`] rows and columns.
#[inline(always)]
pub(crate) fn block(rows: &[usize], columns: usize, source: &[f32], target: &mut [f32], stride: usize) {
    #[cfg(target_arch = "x86_64")]
    if crate::simd::has_avx512() {
        // SAFETY: the feature was detected just above.
        unsafe { avx512::block(rows, columns, source, target, stride) };
        return;
    }
    #[cfg(target_arch = "x86_64")]
    if is_x86_feature_detected!("avx2") {
        for (index, rows) in rows.chunks(avx2::SIDE).enumerate() {
            let target = &mut target[index * avx2::SIDE..];
            let whole = columns / avx2::SIDE * avx2::SIDE;
            for column in (0..whole).step_by(avx2::SIDE) {
                // SAFETY: the feature was detected just above.
                unsafe { avx2::square(rows, &source[column..], &mut target[column * stride..], stride) };
            }
            one_by_one(rows, whole..columns, source, target, stride);
        }
        return;
    }
    one_by_one(rows, 0..columns, source, target, stride);
}

/// [`block`] for some columns, without vectors.
#[inline(always)]
fn one_by_one(rows: &[usize], columns: std::ops::Range<usize>, source: &[f32], target: &mut [f32], stride: usize) {
    for (row, &start) in rows.iter().enumerate() {
        for column in columns.clone() {
            target[column * stride + row] = source[start + column];
        }
    }
}

/// Sets `target[column * target_stride + row]` to `source[row * source_stride + column]`,
/// for `size` rows and columns.
#[inline(always)]
pub(crate) fn matrix(size: [usize; 2], source: &[f32], source_stride: usize, target: &mut [f32], target_stride: usize) {
    for row in (0..size[0]).step_by(BLOCK) {
        let rows: [usize; BLOCK] = std::array::from_fn(|index| (row + index) * source_stride);
        let rows = &rows[..BLOCK.min(size[0] - row)];
        for column in (0..size[1]).step_by(BLOCK) {
            block(
                rows,
                BLOCK.min(size[1] - column),
                &source[column..],
                &mut target[column * target_stride + row..],
                target_stride,
            );
        }
    }
}

#[cfg(target_arch = "x86_64")]
mod avx2 {
    use std::arch::x86_64::{
        __m256, _mm_storeu_ps, _mm256_castps256_ps128, _mm256_loadu_ps, _mm256_permute2f128_ps, _mm256_setzero_ps,
        _mm256_shuffle_ps, _mm256_storeu_ps, _mm256_unpackhi_ps, _mm256_unpacklo_ps,
    };

    /// Columns of a square, and at most as many rows.
    pub(super) const SIDE: usize = 8;

    /// As [`super::block`], for at most [`SIDE`] rows and exactly as many columns.
    #[inline(never)]
    #[target_feature(enable = "avx2")]
    pub(super) fn square(starts: &[usize], source: &[f32], target: &mut [f32], stride: usize) {
        let rows = starts.len();
        assert!((1..=SIDE).contains(&rows) && (SIDE - 1) * stride + rows <= target.len());
        let mut lines = [_mm256_setzero_ps(); SIDE];
        for (line, &start) in lines.iter_mut().zip(starts) {
            // SAFETY: the slice has as many floats as a vector.
            *line = unsafe { _mm256_loadu_ps(source[start..start + SIDE].as_ptr()) };
        }
        let turned = turn(lines);
        for (column, line) in turned.into_iter().enumerate() {
            let target = &mut target[column * stride..][..rows];
            match rows {
                // SAFETY: the slice has eight floats.
                SIDE => unsafe { _mm256_storeu_ps(target.as_mut_ptr(), line) },
                4..SIDE => {
                    // SAFETY: the slice has at least four floats.
                    unsafe { _mm_storeu_ps(target.as_mut_ptr(), _mm256_castps256_ps128(line)) };
                    target[4..].copy_from_slice(&floats(line)[4..rows]);
                }
                _ => target.copy_from_slice(&floats(line)[..rows]),
            }
        }
    }

    #[inline]
    #[target_feature(enable = "avx2")]
    fn floats(line: __m256) -> [f32; SIDE] {
        let mut floats = [0.0; SIDE];
        // SAFETY: the array has eight floats.
        unsafe { _mm256_storeu_ps(floats.as_mut_ptr(), line) };
        floats
    }

    /// Pairs of rows, then pairs of pairs, are interleaved within each half of the vectors; then the halves change places.
    #[inline]
    #[target_feature(enable = "avx2")]
    fn turn(lines: [__m256; SIDE]) -> [__m256; SIDE] {
        let mut fours = [_mm256_setzero_ps(); SIDE];
        for four in [0, 4] {
            let low = [0, 2].map(|row| _mm256_unpacklo_ps(lines[four + row], lines[four + row + 1]));
            let high = [0, 2].map(|row| _mm256_unpackhi_ps(lines[four + row], lines[four + row + 1]));
            fours[four] = _mm256_shuffle_ps::<0x44>(low[0], low[1]);
            fours[four + 1] = _mm256_shuffle_ps::<0xee>(low[0], low[1]);
            fours[four + 2] = _mm256_shuffle_ps::<0x44>(high[0], high[1]);
            fours[four + 3] = _mm256_shuffle_ps::<0xee>(high[0], high[1]);
        }
        let mut turned = fours;
        for column in 0..4 {
            turned[column] = _mm256_permute2f128_ps::<0x20>(fours[column], fours[column + 4]);
            turned[column + 4] = _mm256_permute2f128_ps::<0x31>(fours[column], fours[column + 4]);
        }
        turned
    }
}

#[cfg(target_arch = "x86_64")]
mod avx512 {
    use std::arch::x86_64::{
        __m512, _mm512_castpd_ps, _mm512_castps_pd, _mm512_mask_storeu_ps, _mm512_maskz_loadu_ps, _mm512_setzero_ps,
        _mm512_shuffle_f32x4, _mm512_unpackhi_pd, _mm512_unpackhi_ps, _mm512_unpacklo_pd, _mm512_unpacklo_ps,
    };

    use super::BLOCK;

    #[inline(never)]
    #[target_feature(enable = "avx512f")]
    pub(super) fn block(starts: &[usize], columns: usize, source: &[f32], target: &mut [f32], stride: usize) {
        let rows = starts.len();
        if rows == 0 || columns == 0 {
            return;
        }
        assert!(rows <= BLOCK && columns <= BLOCK && columns <= source.len());
        assert!((columns - 1) * stride + rows <= target.len());
        let within_row = u16::MAX >> (BLOCK - columns);
        let within_column = u16::MAX >> (BLOCK - rows);
        let mut lines = [_mm512_setzero_ps(); BLOCK];
        for row in 0..BLOCK {
            if row < rows {
                let start = starts[row];
                assert!(start <= source.len() - columns);
                // SAFETY: the mask admits `columns` floats, which the assertion keeps
                // within `source`.
                lines[row] = unsafe { _mm512_maskz_loadu_ps(within_row, source.as_ptr().add(start)) };
            }
        }
        // Pairs of rows, then pairs of pairs, are interleaved within each quarter of
        // the vectors; then the quarters change places.
        let mut pairs = [_mm512_setzero_ps(); BLOCK];
        for pair in 0..BLOCK / 2 {
            pairs[2 * pair] = _mm512_unpacklo_ps(lines[2 * pair], lines[2 * pair + 1]);
            pairs[2 * pair + 1] = _mm512_unpackhi_ps(lines[2 * pair], lines[2 * pair + 1]);
        }
        let mut fours = [_mm512_setzero_ps(); BLOCK];
        for four in (0..BLOCK).step_by(4) {
            fours[four] = low(pairs[four], pairs[four + 2]);
            fours[four + 1] = high(pairs[four], pairs[four + 2]);
            fours[four + 2] = low(pairs[four + 1], pairs[four + 3]);
            fours[four + 3] = high(pairs[four + 1], pairs[four + 3]);
        }
        let mut turned = [_mm512_setzero_ps(); BLOCK];
        for line in 0..4 {
            let even = _mm512_shuffle_f32x4::<0x88>(fours[line], fours[line + 4]);
            let odd = _mm512_shuffle_f32x4::<0xdd>(fours[line], fours[line + 4]);
            let even_below = _mm512_shuffle_f32x4::<0x88>(fours[line + 8], fours[line + 12]);
            let odd_below = _mm512_shuffle_f32x4::<0xdd>(fours[line + 8], fours[line + 12]);
            turned[line] = _mm512_shuffle_f32x4::<0x88>(even, even_below);
            turned[line + 4] = _mm512_shuffle_f32x4::<0x88>(odd, odd_below);
            turned[line + 8] = _mm512_shuffle_f32x4::<0xdd>(even, even_below);
            turned[line + 12] = _mm512_shuffle_f32x4::<0xdd>(odd, odd_below);
        }
        for (column, line) in turned.iter().enumerate() {
            if column < columns {
                // SAFETY: the mask admits `rows` floats of an existing column, which
                // the assertion keeps within `target`.
                unsafe {
                    _mm512_mask_storeu_ps(target.as_mut_ptr().add(column * stride), within_column, *line);
                }
            }
        }
    }

    #[inline]
    #[target_feature(enable = "avx512f")]
    fn low(a: __m512, b: __m512) -> __m512 {
        _mm512_castpd_ps(_mm512_unpacklo_pd(_mm512_castps_pd(a), _mm512_castps_pd(b)))
    }

    #[inline]
    #[target_feature(enable = "avx512f")]
    fn high(a: __m512, b: __m512) -> __m512 {
        _mm512_castpd_ps(_mm512_unpackhi_pd(_mm512_castps_pd(a), _mm512_castps_pd(b)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_block_size_is_transposed() {
        for rows in 0..=BLOCK {
            for columns in 0..=BLOCK {
                let source: Vec<f32> = (0..BLOCK * 20).map(|value| value as f32).collect();
                let mut target = vec![-1.0; BLOCK * 19];
                let starts: Vec<usize> = (0..rows).map(|row| row * 20).collect();
                block(&starts, columns, &source, &mut target, 19);
                for column in 0..BLOCK {
                    for row in 0..19 {
                        let expected = if row < rows && column < columns { source[row * 20 + column] } else { -1.0 };
                        assert_eq!(target[column * 19 + row], expected);
                    }
                }
            }
        }
    }
}

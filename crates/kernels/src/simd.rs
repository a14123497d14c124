//! Picks the instruction set once, at run time.
//!
//! A kernel is written once as a [`Task`]: ordinary safe code over fixed-size arrays, all of it
//! `#[inline(always)]`. [`dispatch`] instantiates the task inside functions that enable AVX-512, AVX2 or
//! nothing, and calls the best one that the processor has. Because everything is inlined into those
//! functions, the compiler vectorises the same source for each of them; no build flag is needed.

use std::ops::{Add, Mul, Sub};

/// Work that is compiled once for every instruction set.
///
/// `ROWS` x `COLUMNS` is the register tile that suits the set, and `FUSED` says
/// whether a fused multiply-add is one instruction there (elsewhere it would be
/// a call into the mathematics library).
pub(crate) trait Task {
    /// What the work returns.
    type Output;

    /// Does the work. Implementations must be `#[inline(always)]`.
    fn run<const ROWS: usize, const COLUMNS: usize, const FUSED: bool>(self) -> Self::Output;
}

/// `a * b + c`, fused where that is one instruction.
#[inline(always)]
pub(crate) fn multiply_add<const FUSED: bool>(a: f32, b: f32, c: f32) -> f32 {
    if FUSED { a.mul_add(b, c) } else { a * b + c }
}

/// Whether the processor has the parts of AVX-512 that [`dispatch`] uses.
#[cfg(target_arch = "x86_64")]
#[inline(always)]
pub(crate) fn has_avx512() -> bool {
    is_x86_feature_detected!("avx512f")
        && is_x86_feature_detected!("avx512vl")
        && is_x86_feature_detected!("avx512bw")
        && is_x86_feature_detected!("avx512dq")
        && is_x86_feature_detected!("fma")
}

/// The instruction set that the kernels use on this processor, for people to read.
pub fn instructions() -> &'static str {
    /// The register tile tells which of its instances [`dispatch`] chose.
    struct Name;
    impl Task for Name {
        type Output = &'static str;

        #[inline(always)]
        fn run<const ROWS: usize, const COLUMNS: usize, const FUSED: bool>(self) -> Self::Output {
            match COLUMNS {
                32 => "AVX-512",
                16 => "AVX2",
                12 => "NEON",
                _ => std::env::consts::ARCH,
            }
        }
    }
    dispatch(Name)
}

/// Runs `task` on the widest instruction set that this processor has.
#[cfg(target_arch = "x86_64")]
#[inline]
pub(crate) fn dispatch<T: Task>(task: T) -> T::Output {
    #[inline(never)]
    #[target_feature(enable = "avx512f,avx512vl,avx512bw,avx512dq,avx2,fma")]
    fn with_avx512<T: Task>(task: T) -> T::Output {
        task.run::<12, 32, true>()
    }
    #[inline(never)]
    #[target_feature(enable = "avx2,fma")]
    fn with_avx2<T: Task>(task: T) -> T::Output {
        task.run::<6, 16, true>()
    }
    if has_avx512() {
        // SAFETY: every feature that the function enables was detected above
        // (AVX2 is part of AVX-512F).
        unsafe { with_avx512(task) }
    } else if is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma") {
        // SAFETY: both features that the function enables were detected above.
        unsafe { with_avx2(task) }
    } else {
        task.run::<4, 8, false>()
    }
}

/// Runs `task` with what every processor of this architecture has.
#[cfg(not(target_arch = "x86_64"))]
#[inline]
pub(crate) fn dispatch<T: Task>(task: T) -> T::Output {
    // Thirty-two vector registers of four lanes hold an 8 x 12 tile.
    #[cfg(target_arch = "aarch64")]
    return task.run::<8, 12, true>();
    #[cfg(not(target_arch = "aarch64"))]
    return task.run::<4, 8, false>();
}

/// Asks for the cache line of `values[index]`, ahead of its use. There need not be such a value.
#[inline(always)]
pub(crate) fn prefetch(values: &[f32], index: usize) {
    #[cfg(target_arch = "x86_64")]
    {
        use std::arch::x86_64::{_MM_HINT_T0, _mm_prefetch};
        // SAFETY: prefetching has no effect that a program can observe, whatever the address.
        unsafe { _mm_prefetch::<_MM_HINT_T0>(values.as_ptr().wrapping_add(index).cast()) };
    }
    #[cfg(not(target_arch = "x86_64"))]
    let _ = (values, index);
}

/// A number, or a vector of them: what is written once for both.
///
/// The compiler makes vectors of loops over numbers, but not always of sums in several lanes or of long straight code.
pub(crate) trait Lanes: Copy + Add<Output = Self> + Sub<Output = Self> + Mul<Output = Self> {
    /// `value` in all lanes.
    fn all(value: f32) -> Self;
    /// `self * factor + number`, fused where that is one instruction.
    fn multiply_add<const FUSED: bool>(self, factor: Self, number: Self) -> Self;
    /// `self`, and 0 where `condition <= 0`.
    fn zero_where_not_positive(self, condition: Self) -> Self;
    /// `self`, and `floor` where it is not above it. NaN stays NaN.
    fn not_below(self, floor: Self) -> Self;
}

impl Lanes for f32 {
    #[inline(always)]
    fn all(value: f32) -> Self {
        value
    }

    #[inline(always)]
    fn multiply_add<const FUSED: bool>(self, factor: Self, number: Self) -> Self {
        multiply_add::<FUSED>(self, factor, number)
    }

    #[inline(always)]
    fn zero_where_not_positive(self, condition: Self) -> Self {
        if condition <= 0.0 { 0.0 } else { self }
    }

    #[inline(always)]
    fn not_below(self, floor: Self) -> Self {
        if self <= floor { floor } else { self }
    }
}

/// Sixteen numbers.
#[cfg(target_arch = "x86_64")]
pub(crate) mod avx512 {
    use super::Lanes;
    use std::arch::x86_64::{
        __m512, __m512i, __mmask16, _CMP_LE_OQ, _mm512_add_ps, _mm512_cmp_ps_mask, _mm512_fmadd_ps, _mm512_loadu_ps,
        _mm512_loadu_si512, _mm512_mask_mov_ps, _mm512_mul_ps, _mm512_set1_ps, _mm512_setzero_ps, _mm512_storeu_ps,
        _mm512_sub_ps,
    };
    use std::ops::{Add, Mul, Sub};

    /// The first `count` lanes; all of them where there are more.
    #[inline(always)]
    pub(crate) fn below(count: usize) -> __mmask16 {
        ((1_u32 << count.min(16)) - 1) as __mmask16
    }

    /// Where the floats of two vectors with remainder `first` modulo four are, then those of the next remainder.
    #[inline]
    #[target_feature(enable = "avx512f")]
    pub(crate) fn pair_of_four(first: i32) -> __m512i {
        let lanes: [i32; 16] = std::array::from_fn(|lane| lane as i32 % 8 * 4 + first + lane as i32 / 8);
        // SAFETY: the array has as many integers as the vector.
        unsafe { _mm512_loadu_si512(lanes.as_ptr().cast()) }
    }

    /// A vector. There are none where the processor lacks AVX-512: only [`load`](Self::load) and [`zero`](Self::zero) make the
    /// first one.
    #[derive(Clone, Copy)]
    pub(crate) struct Sixteen(__m512);

    impl Sixteen {
        /// Those of an array.
        ///
        /// # Safety
        /// The processor [has AVX-512](super::has_avx512).
        #[inline(always)]
        pub(crate) unsafe fn load(values: &[f32; 16]) -> Self {
            // SAFETY: the array has as many floats, and the caller says that there is the instruction.
            Self(unsafe { _mm512_loadu_ps(values.as_ptr()) })
        }

        /// Zeros.
        ///
        /// # Safety
        /// The processor [has AVX-512](super::has_avx512).
        #[inline(always)]
        pub(crate) unsafe fn zero() -> Self {
            // SAFETY: the caller says that there is the instruction.
            Self(unsafe { _mm512_setzero_ps() })
        }

        #[inline(always)]
        pub(crate) fn store(self, values: &mut [f32; 16]) {
            // SAFETY: the array has as many floats, and a vector exists only where the instruction does.
            unsafe { _mm512_storeu_ps(values.as_mut_ptr(), self.0) };
        }
    }

    impl Add for Sixteen {
        type Output = Self;

        #[inline(always)]
        fn add(self, other: Self) -> Self {
            // SAFETY: a vector exists only where the instruction does.
            Self(unsafe { _mm512_add_ps(self.0, other.0) })
        }
    }

    impl Sub for Sixteen {
        type Output = Self;

        #[inline(always)]
        fn sub(self, other: Self) -> Self {
            // SAFETY: a vector exists only where the instruction does.
            Self(unsafe { _mm512_sub_ps(self.0, other.0) })
        }
    }

    impl Mul for Sixteen {
        type Output = Self;

        #[inline(always)]
        fn mul(self, other: Self) -> Self {
            // SAFETY: a vector exists only where the instruction does.
            Self(unsafe { _mm512_mul_ps(self.0, other.0) })
        }
    }

    impl Lanes for Sixteen {
        #[inline(always)]
        fn all(value: f32) -> Self {
            // SAFETY: this is called for other vectors' sake, which exist only where the instruction does.
            Self(unsafe { _mm512_set1_ps(value) })
        }

        #[inline(always)]
        fn multiply_add<const FUSED: bool>(self, factor: Self, number: Self) -> Self {
            // SAFETY: a vector exists only where the instruction does.
            Self(unsafe { _mm512_fmadd_ps(self.0, factor.0, number.0) })
        }

        #[inline(always)]
        fn zero_where_not_positive(self, condition: Self) -> Self {
            // SAFETY: a vector exists only where the instructions do.
            unsafe {
                let zero = _mm512_setzero_ps();
                let not_positive = _mm512_cmp_ps_mask::<_CMP_LE_OQ>(condition.0, zero);
                Self(_mm512_mask_mov_ps(self.0, not_positive, zero))
            }
        }

        #[inline(always)]
        fn not_below(self, floor: Self) -> Self {
            // SAFETY: a vector exists only where the instructions do.
            unsafe { Self(_mm512_mask_mov_ps(self.0, _mm512_cmp_ps_mask::<_CMP_LE_OQ>(self.0, floor.0), floor.0)) }
        }
    }
}

/// Eight numbers.
#[cfg(target_arch = "x86_64")]
pub(crate) mod avx2 {
    use super::Lanes;
    use std::arch::x86_64::{
        __m256, _CMP_LE_OQ, _mm256_add_ps, _mm256_andnot_ps, _mm256_blendv_ps, _mm256_cmp_ps, _mm256_fmadd_ps,
        _mm256_loadu_ps, _mm256_mul_ps, _mm256_set1_ps, _mm256_setzero_ps, _mm256_storeu_ps, _mm256_sub_ps,
    };
    use std::ops::{Add, Mul, Sub};

    /// A vector. There are none where the processor lacks AVX2 with FMA: only [`load`](Self::load) makes the first one.
    #[derive(Clone, Copy)]
    pub(crate) struct Eight(__m256);

    impl Eight {
        /// Those of an array.
        ///
        /// # Safety
        /// The processor has AVX2 with FMA.
        #[inline(always)]
        pub(crate) unsafe fn load(values: &[f32; 8]) -> Self {
            // SAFETY: the array has as many floats, and the caller says that there is the instruction.
            Self(unsafe { _mm256_loadu_ps(values.as_ptr()) })
        }

        #[inline(always)]
        pub(crate) fn store(self, values: &mut [f32; 8]) {
            // SAFETY: the array has as many floats, and a vector exists only where the instruction does.
            unsafe { _mm256_storeu_ps(values.as_mut_ptr(), self.0) };
        }
    }

    impl Add for Eight {
        type Output = Self;

        #[inline(always)]
        fn add(self, other: Self) -> Self {
            // SAFETY: a vector exists only where the instruction does.
            Self(unsafe { _mm256_add_ps(self.0, other.0) })
        }
    }

    impl Sub for Eight {
        type Output = Self;

        #[inline(always)]
        fn sub(self, other: Self) -> Self {
            // SAFETY: a vector exists only where the instruction does.
            Self(unsafe { _mm256_sub_ps(self.0, other.0) })
        }
    }

    impl Mul for Eight {
        type Output = Self;

        #[inline(always)]
        fn mul(self, other: Self) -> Self {
            // SAFETY: a vector exists only where the instruction does.
            Self(unsafe { _mm256_mul_ps(self.0, other.0) })
        }
    }

    impl Lanes for Eight {
        #[inline(always)]
        fn all(value: f32) -> Self {
            // SAFETY: this is called for other vectors' sake, which exist only where the instruction does.
            Self(unsafe { _mm256_set1_ps(value) })
        }

        #[inline(always)]
        fn multiply_add<const FUSED: bool>(self, factor: Self, number: Self) -> Self {
            // SAFETY: a vector exists only where the instruction does.
            Self(unsafe { _mm256_fmadd_ps(self.0, factor.0, number.0) })
        }

        #[inline(always)]
        fn zero_where_not_positive(self, condition: Self) -> Self {
            // SAFETY: a vector exists only where the instructions do.
            unsafe {
                let not_positive = _mm256_cmp_ps::<_CMP_LE_OQ>(condition.0, _mm256_setzero_ps());
                Self(_mm256_andnot_ps(not_positive, self.0))
            }
        }

        #[inline(always)]
        fn not_below(self, floor: Self) -> Self {
            // SAFETY: a vector exists only where the instructions do.
            unsafe { Self(_mm256_blendv_ps(self.0, floor.0, _mm256_cmp_ps::<_CMP_LE_OQ>(self.0, floor.0))) }
        }
    }
}

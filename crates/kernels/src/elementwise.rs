//! Element by element: rectification, alone and fused with an addition.
//!
//! These are bound by memory, so each reads and writes every value once.

use rayon::prelude::*;

use crate::planes::PARALLEL_FROM;
use crate::simd::{Task, dispatch};

/// Floats in a piece of work.
const CHUNK: usize = 1 << 14;

/// `output = max(input, 0)`. NaN stays NaN, so that divergence is visible.
///
/// # Panics
/// If the lengths differ.
pub fn relu(input: &[f32], output: &mut [f32]) {
    binary(input, input, output, |value, _| if value <= 0.0 { 0.0 } else { value });
}

/// The gradient of [`relu`]: zero where `output <= 0`, else `output_gradient`.
///
/// `output` is what [`relu`] (or [`add_relu`]) returned. This is also its own derivative
/// with respect to `output_gradient`, and serves [`add_relu`] for both summands.
///
/// # Panics
/// If the lengths differ.
pub fn relu_backward(output: &[f32], output_gradient: &[f32], input_gradient: &mut [f32]) {
    binary(output, output_gradient, input_gradient, |value, gradient| if value <= 0.0 { 0.0 } else { gradient });
}

/// `output = max(left + right, 0)`.
///
/// # Panics
/// If the lengths differ.
pub fn add_relu(left: &[f32], right: &[f32], output: &mut [f32]) {
    binary(left, right, output, |left, right| {
        let sum = left + right;
        if sum <= 0.0 { 0.0 } else { sum }
    });
}

/// `output = left + right`.
///
/// # Panics
/// If the lengths differ.
pub fn add(left: &[f32], right: &[f32], output: &mut [f32]) {
    binary(left, right, output, |left, right| left + right);
}

/// `sum += summand`.
///
/// # Panics
/// If the lengths differ.
pub fn add_to(sum: &mut [f32], summand: &[f32]) {
    assert_eq!(sum.len(), summand.len(), "summands of different lengths");
    let pieces = |sum: &mut [f32], summand: &[f32]| dispatch(AddTo { sum, summand });
    if sum.len() < PARALLEL_FROM {
        return pieces(sum, summand);
    }
    sum.par_chunks_mut(CHUNK).zip(summand.par_chunks(CHUNK)).for_each(|(sum, summand)| pieces(sum, summand));
}

struct AddTo<'a> {
    sum: &'a mut [f32],
    summand: &'a [f32],
}

impl Task for AddTo<'_> {
    type Output = ();

    #[inline(always)]
    fn run<const ROWS: usize, const COLUMNS: usize, const FUSED: bool>(self) {
        for (sum, summand) in self.sum.iter_mut().zip(self.summand) {
            *sum += summand;
        }
    }
}

/// `output = running * (1 - share) + (newest * factor) * share`, each operation rounded by itself.
///
/// # Panics
/// If the lengths differ.
pub fn running_average(running: &[f32], newest: &[f32], [share, factor]: [f64; 2], output: &mut [f32]) {
    let [rest, share, factor] = [1.0 - share, share, factor].map(|number| number as f32);
    binary(running, newest, output, |running, newest| running * rest + newest * factor * share);
}

struct Binary<'a, F> {
    left: &'a [f32],
    right: &'a [f32],
    output: &'a mut [f32],
    function: F,
}

impl<F: Fn(f32, f32) -> f32> Task for Binary<'_, F> {
    type Output = ();

    #[inline(always)]
    fn run<const ROWS: usize, const COLUMNS: usize, const FUSED: bool>(self) {
        for ((output, left), right) in self.output.iter_mut().zip(self.left).zip(self.right) {
            *output = (self.function)(*left, *right);
        }
    }
}

fn binary<F: Fn(f32, f32) -> f32 + Copy + Send + Sync>(left: &[f32], right: &[f32], output: &mut [f32], function: F) {
    assert_eq!(left.len(), right.len(), "operands of different lengths");
    assert_eq!(left.len(), output.len(), "operand and result of different lengths");
    if output.len() < PARALLEL_FROM {
        dispatch(Binary { left, right, output, function });
        return;
    }
    output.par_chunks_mut(CHUNK).zip(left.par_chunks(CHUNK)).zip(right.par_chunks(CHUNK)).for_each(
        |((output, left), right)| {
            dispatch(Binary { left, right, output, function });
        },
    );
}

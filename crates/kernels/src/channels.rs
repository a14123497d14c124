//! One number a channel: added to every position of it, or summed over all of them. And one plane for all channels: their
//! sum, or repeated for each of them.
//!
//! [`sums`] is the gradient of [`add`] with respect to the numbers; [`over`] and [`repeat`] are each other's.

use rayon::prelude::*;

use crate::planes::{PARALLEL_FROM, channels_in_item, each_piece, parallel};
use crate::simd::{Task, dispatch};

/// Positions that are summed in single precision before the sum is taken to double.
const BLOCK: usize = 256;

/// `output[image, channel, position] = input[image, channel, position] + numbers[channel]`, for a
/// `shape` of `[batch, channels, positions]`.
///
/// # Panics
/// If the lengths do not fit.
pub fn add(shape: [usize; 3], input: &[f32], numbers: &[f32], output: &mut [f32]) {
    let [batch, channels, positions] = shape;
    assert_eq!(input.len(), batch * channels * positions, "input of another length than its shape");
    assert_eq!(input.len(), output.len(), "input and result of different lengths");
    assert_eq!(numbers.len(), channels, "not one number a channel");
    if input.is_empty() {
        return;
    }
    let run = |(plane, (output, input)): (usize, (&mut [f32], &[f32]))| {
        dispatch(Add { input, number: numbers[plane % channels], output });
    };
    if input.len() < PARALLEL_FROM {
        output.chunks_mut(positions).zip(input.chunks(positions)).enumerate().for_each(run);
    } else {
        let planes_in_item = (PARALLEL_FROM / 4).div_ceil(positions);
        output
            .par_chunks_mut(positions)
            .zip(input.par_chunks(positions))
            .enumerate()
            .with_min_len(planes_in_item)
            .for_each(run);
    }
}

/// `output[channel]` is the sum of `input[image, channel, position]` over images and positions, for a
/// `shape` of `[batch, channels, positions]`.
///
/// # Panics
/// If the lengths do not fit.
pub fn sums(shape: [usize; 3], input: &[f32], output: &mut [f32]) {
    let [batch, channels, positions] = shape;
    assert_eq!(input.len(), batch * channels * positions, "input of another length than its shape");
    assert_eq!(output.len(), channels, "not one sum a channel");
    let run = |(channel, output): (usize, &mut f32)| {
        *output = dispatch(Sum { shape, input, channel });
    };
    if parallel(shape) {
        output.par_iter_mut().enumerate().with_min_len(channels_in_item(shape)).for_each(run);
    } else {
        output.iter_mut().enumerate().for_each(run);
    }
}

/// `output[image, position]` is the sum of `input[image, channel, position]` over the channels, in their order, for a
/// `shape` of `[batch, channels, positions]`.
///
/// # Panics
/// If the lengths do not fit.
pub fn over(shape: [usize; 3], input: &[f32], output: &mut [f32]) {
    let [batch, channels, positions] = shape;
    assert_eq!(input.len(), batch * channels * positions, "input of another length than its shape");
    assert_eq!(output.len(), batch * positions, "not one sum a position");
    if input.is_empty() {
        output.fill(0.0);
        return;
    }
    each_piece([positions, channels * positions], output, input, |(output, input)| dispatch(Over { input, output }));
}

/// `output[image, channel, position] = input[image, position]`, for a `shape` of `[batch, channels, positions]`.
///
/// # Panics
/// If the lengths do not fit.
pub fn repeat(shape: [usize; 3], input: &[f32], output: &mut [f32]) {
    let [batch, channels, positions] = shape;
    assert_eq!(output.len(), batch * channels * positions, "result of another length than its shape");
    assert_eq!(input.len(), batch * positions, "not one value a position");
    if output.is_empty() {
        return;
    }
    each_piece([channels * positions, positions], output, input, |(output, input)| {
        output.chunks_exact_mut(positions).for_each(|plane| plane.copy_from_slice(input));
    });
}

/// The channels of one image, and their sum.
struct Over<'a> {
    input: &'a [f32],
    output: &'a mut [f32],
}

impl Task for Over<'_> {
    type Output = ();

    #[inline(always)]
    fn run<const ROWS: usize, const COLUMNS: usize, const FUSED: bool>(self) {
        let positions = self.output.len();
        self.output.copy_from_slice(&self.input[..positions]);
        for plane in self.input[positions..].chunks_exact(positions) {
            for (sum, value) in self.output.iter_mut().zip(plane) {
                *sum += *value;
            }
        }
    }
}

struct Add<'a> {
    input: &'a [f32],
    number: f32,
    output: &'a mut [f32],
}

impl Task for Add<'_> {
    type Output = ();

    #[inline(always)]
    fn run<const ROWS: usize, const COLUMNS: usize, const FUSED: bool>(self) {
        for (output, input) in self.output.iter_mut().zip(self.input) {
            *output = *input + self.number;
        }
    }
}

struct Sum<'a> {
    shape: [usize; 3],
    input: &'a [f32],
    channel: usize,
}

impl Task for Sum<'_> {
    type Output = f32;

    /// Sixteen sums side by side, so that the compiler may add vectors, and few enough values in each
    /// for single precision.
    #[inline(always)]
    fn run<const ROWS: usize, const COLUMNS: usize, const FUSED: bool>(self) -> f32 {
        let [_, channels, positions] = self.shape;
        let mut total = 0.0f64;
        for image in self.input.chunks_exact((channels * positions).max(1)) {
            let plane = &image[self.channel * positions..(self.channel + 1) * positions];
            for block in plane.chunks(BLOCK) {
                let (lanes, rest) = block.as_chunks::<16>();
                let mut sums = [0.0f32; 16];
                for values in lanes {
                    for (sum, value) in sums.iter_mut().zip(values) {
                        *sum += *value;
                    }
                }
                let rest: f32 = rest.iter().sum();
                total += f64::from(sums.iter().sum::<f32>() + rest);
            }
        }
        total as f32
    }
}

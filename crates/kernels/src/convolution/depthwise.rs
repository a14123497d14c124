//! Convolution of each channel with a kernel of its own, as a closed trio like that of full convolution.
//!
//! There is one product for each value that is read, so this is limited by memory and not by arithmetic: each tap of the
//! kernel is a scaled sum of rows, which the compiler vectorises for strides of 1. A plane (one channel of one image) is one
//! piece of work.

use super::Geometry;
use crate::{
    planes::PARALLEL_FROM,
    simd::{Task, dispatch, multiply_add},
};
use rayon::prelude::*;

/// Computes `output = conv(input, weight)`, channel by channel.
///
/// - `input`: `[batch, channels, height, width]`
/// - `weight`: `[channels, 1, kernel height, kernel width]`
/// - `output`: `[batch, channels, output height, output width]`, overwritten
///
/// # Panics
/// If `geometry` has other numbers of channels in and out, or a slice does not have the length that it asks for.
pub fn forward(geometry: &Geometry, input: &[f32], weight: &[f32], output: &mut [f32]) {
    check(geometry, input, weight, output);
    let (plane, taps) = (geometry.height * geometry.width, geometry.taps());
    let run = |index: usize, output: &mut [f32]| {
        let channel = index % geometry.in_channels;
        let (input, weight) = (&input[index * plane..][..plane], &weight[channel * taps..][..taps]);
        dispatch(Forward { geometry, input, weight, output });
    };
    for_each_plane(geometry.output_plane(), output, run);
}

/// Computes the gradient of a loss with respect to the input of [`forward`].
///
/// - `weight`: `[channels, 1, kernel height, kernel width]`
/// - `output_gradient`: `[batch, channels, output height, output width]`
/// - `input_gradient`: `[batch, channels, height, width]`, overwritten
///
/// # Panics
/// As [`forward`].
pub fn input_gradient(geometry: &Geometry, weight: &[f32], output_gradient: &[f32], input_gradient: &mut [f32]) {
    check(geometry, input_gradient, weight, output_gradient);
    let (plane, taps, outputs) = (geometry.height * geometry.width, geometry.taps(), geometry.output_plane());
    let run = |index: usize, gradient: &mut [f32]| {
        let channel = index % geometry.in_channels;
        let (output, weight) = (&output_gradient[index * outputs..][..outputs], &weight[channel * taps..][..taps]);
        dispatch(InputGradient { geometry, output, weight, gradient });
    };
    for_each_plane(plane, input_gradient, run);
}

/// Computes the gradient of a loss with respect to the weight of [`forward`].
///
/// - `input`: `[batch, channels, height, width]`
/// - `output_gradient`: `[batch, channels, output height, output width]`
/// - `weight_gradient`: `[channels, 1, kernel height, kernel width]`, overwritten
///
/// # Panics
/// As [`forward`].
pub fn weight_gradient(geometry: &Geometry, input: &[f32], output_gradient: &[f32], weight_gradient: &mut [f32]) {
    check(geometry, input, weight_gradient, output_gradient);
    let (plane, outputs) = (geometry.height * geometry.width, geometry.output_plane());
    let run = |channel: usize, gradient: &mut [f32]| {
        let mut sums = vec![0.0f64; gradient.len()];
        for image in 0..geometry.batch {
            let index = image * geometry.in_channels + channel;
            let (input, output) = (&input[index * plane..][..plane], &output_gradient[index * outputs..][..outputs]);
            dispatch(WeightGradient { geometry, input, output, sums: &mut sums });
        }
        gradient.iter_mut().zip(sums).for_each(|(gradient, sum)| *gradient = sum as f32);
    };
    let taps = geometry.taps();
    if input.len() < PARALLEL_FROM {
        weight_gradient.chunks_exact_mut(taps).enumerate().for_each(|(channel, gradient)| run(channel, gradient));
    } else {
        weight_gradient.par_chunks_exact_mut(taps).enumerate().for_each(|(channel, gradient)| run(channel, gradient));
    }
}

fn check(geometry: &Geometry, input: &[f32], weight: &[f32], output: &[f32]) {
    assert_eq!(geometry.in_channels, geometry.out_channels, "channels in and out of {geometry:?}");
    assert_eq!(input.len(), geometry.input_len(), "length of the input of {geometry:?}");
    assert_eq!(weight.len(), geometry.in_channels * geometry.taps(), "length of the weight of {geometry:?}");
    assert_eq!(output.len(), geometry.output_len(), "length of the output of {geometry:?}");
}

fn for_each_plane(length: usize, values: &mut [f32], run: impl Fn(usize, &mut [f32]) + Sync) {
    if length == 0 {
        return;
    }
    if values.len() < PARALLEL_FROM {
        values.chunks_exact_mut(length).enumerate().for_each(|(index, plane)| run(index, plane));
    } else {
        values.par_chunks_exact_mut(length).enumerate().for_each(|(index, plane)| run(index, plane));
    }
}

impl Geometry {
    /// Floats in one channel of an output image.
    fn output_plane(&self) -> usize {
        let [rows, columns] = self.output_size();
        rows * columns
    }

    /// The output positions along an axis at which tap `tap` of the kernel lies on the image, and the image's position at
    /// the first of them.
    #[inline(always)]
    fn overlap(&self, axis: usize, tap: usize, outputs: usize) -> (std::ops::Range<usize>, usize) {
        let (stride, padding) = (self.stride[axis], self.padding[axis]);
        let size = [self.height, self.width][axis];
        let first = padding.saturating_sub(tap).div_ceil(stride);
        let end = if size + padding > tap { (size + padding - tap).div_ceil(stride) } else { 0 };
        let end = end.min(outputs);
        let first = first.min(end);
        (first..end, (first * stride + tap).saturating_sub(padding))
    }

    /// Calls `visit(tap, output row's place, image row's place, length)` for every tap and row that overlap; places are
    /// those of the first value.
    #[inline(always)]
    fn each_row(&self, mut visit: impl FnMut(usize, usize, usize, usize)) {
        let [rows, columns] = self.output_size();
        for tall in 0..self.kernel[0] {
            let (outputs, image) = self.overlap(0, tall, rows);
            for wide in 0..self.kernel[1] {
                let (across, start) = self.overlap(1, wide, columns);
                if across.is_empty() {
                    continue;
                }
                for (index, row) in outputs.clone().enumerate() {
                    let from = (image + index * self.stride[0]) * self.width + start;
                    visit(tall * self.kernel[1] + wide, row * columns + across.start, from, across.len());
                }
            }
        }
    }
}

struct Forward<'a> {
    geometry: &'a Geometry,
    input: &'a [f32],
    weight: &'a [f32],
    output: &'a mut [f32],
}

impl Task for Forward<'_> {
    type Output = ();

    #[inline(always)]
    fn run<const ROWS: usize, const COLUMNS: usize, const FUSED: bool>(self) {
        let Self { geometry, input, weight, output } = self;
        let step = geometry.stride[1];
        output.fill(0.0);
        geometry.each_row(|tap, to, from, length| {
            let factor = weight[tap];
            let output = &mut output[to..to + length];
            if step == 1 {
                for (output, input) in output.iter_mut().zip(&input[from..from + length]) {
                    *output = multiply_add::<FUSED>(factor, *input, *output);
                }
            } else {
                for (output, input) in output.iter_mut().zip(input[from..].iter().step_by(step)) {
                    *output = multiply_add::<FUSED>(factor, *input, *output);
                }
            }
        });
    }
}

struct InputGradient<'a> {
    geometry: &'a Geometry,
    output: &'a [f32],
    weight: &'a [f32],
    gradient: &'a mut [f32],
}

impl Task for InputGradient<'_> {
    type Output = ();

    #[inline(always)]
    fn run<const ROWS: usize, const COLUMNS: usize, const FUSED: bool>(self) {
        let Self { geometry, output, weight, gradient } = self;
        let step = geometry.stride[1];
        gradient.fill(0.0);
        geometry.each_row(|tap, to, from, length| {
            let factor = weight[tap];
            let output = &output[to..to + length];
            if step == 1 {
                for (gradient, output) in gradient[from..from + length].iter_mut().zip(output) {
                    *gradient = multiply_add::<FUSED>(factor, *output, *gradient);
                }
            } else {
                for (gradient, output) in gradient[from..].iter_mut().step_by(step).zip(output) {
                    *gradient = multiply_add::<FUSED>(factor, *output, *gradient);
                }
            }
        });
    }
}

struct WeightGradient<'a> {
    geometry: &'a Geometry,
    input: &'a [f32],
    output: &'a [f32],
    sums: &'a mut [f64],
}

/// Sums that are kept apart within a row, so that they can be formed at once.
const LANES: usize = 16;

impl Task for WeightGradient<'_> {
    type Output = ();

    #[inline(always)]
    fn run<const ROWS: usize, const COLUMNS: usize, const FUSED: bool>(self) {
        let Self { geometry, input, output, sums } = self;
        let step = geometry.stride[1];
        geometry.each_row(|tap, to, from, length| {
            let output = &output[to..to + length];
            let mut lanes = [0.0f32; LANES];
            if step == 1 {
                let input = &input[from..from + length];
                let (inputs, rest) = input.as_chunks::<LANES>();
                let (outputs, rest_of_outputs) = output.as_chunks::<LANES>();
                for (input, output) in inputs.iter().zip(outputs) {
                    for lane in 0..LANES {
                        lanes[lane] = multiply_add::<FUSED>(input[lane], output[lane], lanes[lane]);
                    }
                }
                for (lane, (input, output)) in lanes.iter_mut().zip(rest.iter().zip(rest_of_outputs)) {
                    *lane = multiply_add::<FUSED>(*input, *output, *lane);
                }
            } else {
                for (place, (output, input)) in output.iter().zip(input[from..].iter().step_by(step)).enumerate() {
                    let lane = &mut lanes[place % LANES];
                    *lane = multiply_add::<FUSED>(*input, *output, *lane);
                }
            }
            sums[tap] += f64::from(lanes.iter().sum::<f32>());
        });
    }
}

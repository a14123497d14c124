//! One number a channel: added to every position of it or multiplied with it, or summed over all of them, or put in each. One plane
//! for all channels: their sum or that of products, or repeated for each of them, or multiplied with each of them. And some
//! channels among others: copied into them or out of them.
//!
//! [`sums`] is the gradient of [`add`] with respect to the numbers, [`products`] that of [`scale`]; [`sums`] and [`fill`] are each
//! other's, [`over`] and [`repeat`] are, and so are [`place`] and [`take`]; [`products_over`] and [`scale_by_planes`] are each other's in both factors.

use rayon::prelude::*;

use crate::planes::{PARALLEL_FROM, channels_in_item, each_piece, parallel};
use crate::simd::{Task, dispatch, multiply_add};

/// Positions that are summed in single precision before the sum is taken to double.
const BLOCK: usize = 256;

/// `output[image, channel, position] = input[image, channel, position] + numbers[channel]`, for a
/// `shape` of `[batch, channels, positions]`.
///
/// # Panics
/// If the lengths do not fit.
pub fn add(shape: [usize; 3], input: &[f32], numbers: &[f32], output: &mut [f32]) {
    by_plane(shape, input, numbers, output, |input, number, output| dispatch(Add { input, number, output }));
}

/// `output[image, channel, position] = input[image, channel, position] * numbers[channel]`, for a
/// `shape` of `[batch, channels, positions]`.
///
/// # Panics
/// If the lengths do not fit.
pub fn scale(shape: [usize; 3], input: &[f32], numbers: &[f32], output: &mut [f32]) {
    by_plane(shape, input, numbers, output, |input, number, output| dispatch(Scale { input, number, output }));
}

/// `output[image, channel, position] = input[image, channel, position] * factors[channel] + numbers[channel]`, for a
/// `shape` of `[batch, channels, positions]`.
///
/// # Panics
/// If the lengths do not fit.
pub fn affine(shape: [usize; 3], input: &[f32], factors: &[f32], numbers: &[f32], output: &mut [f32]) {
    assert_eq!(factors.len(), numbers.len(), "factors and numbers of different lengths");
    let pairs: Vec<[f32; 2]> = factors.iter().zip(numbers).map(|(factor, number)| [*factor, *number]).collect();
    by_plane(shape, input, &pairs, output, |input, pair, output| dispatch(Affine { input, pair, output }));
}

/// `output[image, channel, position] = numbers[channel]`, for a `shape` of `[batch, channels, positions]`.
///
/// # Panics
/// If the lengths do not fit.
pub fn fill(shape: [usize; 3], numbers: &[f32], output: &mut [f32]) {
    let [batch, channels, positions] = shape;
    assert_eq!(output.len(), batch * channels * positions, "result of another length than its shape");
    assert_eq!(numbers.len(), channels, "not one number a channel");
    if output.is_empty() {
        return;
    }
    let run = |(plane, output): (usize, &mut [f32])| output.fill(numbers[plane % channels]);
    if output.len() < PARALLEL_FROM {
        output.chunks_mut(positions).enumerate().for_each(run);
    } else {
        let planes_in_item = (PARALLEL_FROM / 4).div_ceil(positions);
        output.par_chunks_mut(positions).enumerate().with_min_len(planes_in_item).for_each(run);
    }
}

/// Runs `work` on each plane of `input`, the number of its channel, and its plane of `output`.
fn by_plane<N: Copy + Sync>(
    shape: [usize; 3],
    input: &[f32],
    numbers: &[N],
    output: &mut [f32],
    work: impl Fn(&[f32], N, &mut [f32]) + Sync + Send,
) {
    let [batch, channels, positions] = shape;
    assert_eq!(input.len(), batch * channels * positions, "input of another length than its shape");
    assert_eq!(input.len(), output.len(), "input and result of different lengths");
    assert_eq!(numbers.len(), channels, "not one number a channel");
    if input.is_empty() {
        return;
    }
    let run = |(plane, (output, input)): (usize, (&mut [f32], &[f32]))| {
        work(input, numbers[plane % channels], output);
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
    assert_eq!(input.len(), shape.iter().product::<usize>(), "input of another length than its shape");
    by_channel(shape, output, |channel| {
        let blocks = planes(shape, channel, input).flat_map(|plane| plane.chunks(BLOCK));
        dispatch(Sum { blocks })
    });
}

/// `output[channel]` is the sum of `left[image, channel, position] * right[image, channel, position]` over images and
/// positions, for a `shape` of `[batch, channels, positions]`.
///
/// # Panics
/// If the lengths do not fit.
pub fn products(shape: [usize; 3], left: &[f32], right: &[f32], output: &mut [f32]) {
    assert_eq!(left.len(), shape.iter().product::<usize>(), "left factors of another length than their shape");
    assert_eq!(left.len(), right.len(), "factors of different lengths");
    by_channel(shape, output, |channel| {
        let pairs = planes(shape, channel, left).zip(planes(shape, channel, right));
        let blocks = pairs.flat_map(|(left, right)| left.chunks(BLOCK).zip(right.chunks(BLOCK)));
        dispatch(Products { blocks })
    });
}

/// The plane of a channel in each image.
fn planes(shape: [usize; 3], channel: usize, values: &[f32]) -> impl Iterator<Item = &[f32]> {
    let [_, channels, positions] = shape;
    values.chunks_exact((channels * positions).max(1)).map(move |image| &image[channel * positions..][..positions])
}

/// Sets each of `output` to the number of its channel.
fn by_channel(shape: [usize; 3], output: &mut [f32], number: impl Fn(usize) -> f32 + Sync + Send) {
    assert_eq!(output.len(), shape[1], "not one sum a channel");
    let run = |(channel, output): (usize, &mut f32)| *output = number(channel);
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

/// `output[image, position]` is the sum of `left[image, channel, position] * right[image, channel, position]` over the
/// channels, in their order, for a `shape` of `[batch, channels, positions]`.
///
/// # Panics
/// If the lengths do not fit.
pub fn products_over(shape: [usize; 3], left: &[f32], right: &[f32], output: &mut [f32]) {
    let [batch, channels, positions] = shape;
    assert_eq!(left.len(), batch * channels * positions, "left factors of another length than their shape");
    assert_eq!(left.len(), right.len(), "factors of different lengths");
    assert_eq!(output.len(), batch * positions, "not one sum a position");
    output.fill(0.0);
    if left.is_empty() {
        return;
    }
    let image = channels * positions;
    let run = |(output, (left, right))| dispatch(ProductsOver { left, right, output });
    if left.len() < PARALLEL_FROM {
        output.chunks_mut(positions).zip(left.chunks(image).zip(right.chunks(image))).for_each(run);
    } else {
        output.par_chunks_mut(positions).zip(left.par_chunks(image).zip(right.par_chunks(image))).for_each(run);
    }
}

/// `output[image, channel, position] = input[image, channel, position] * numbers[image, position]`, for a `shape` of
/// `[batch, channels, positions]`.
///
/// # Panics
/// If the lengths do not fit.
pub fn scale_by_planes(shape: [usize; 3], input: &[f32], numbers: &[f32], output: &mut [f32]) {
    let [batch, channels, positions] = shape;
    assert_eq!(input.len(), batch * channels * positions, "input of another length than its shape");
    assert_eq!(input.len(), output.len(), "input and result of different lengths");
    assert_eq!(numbers.len(), batch * positions, "not one number a position");
    if input.is_empty() {
        return;
    }
    let image = channels * positions;
    let run = |(output, (input, numbers))| dispatch(ScaleByPlane { input, numbers, output });
    if input.len() < PARALLEL_FROM {
        output.chunks_mut(image).zip(input.chunks(image).zip(numbers.chunks(positions))).for_each(run);
    } else {
        output.par_chunks_mut(image).zip(input.par_chunks(image).zip(numbers.par_chunks(positions))).for_each(run);
    }
}

/// Writes `part` into the channels of `whole` that begin with `from`; the others keep their values.
///
/// `whole` has a `shape` of `[batch, channels, positions]`, `part` as many images of fewer channels.
///
/// # Panics
/// If the lengths do not fit or the part reaches beyond the last channel.
pub fn place(shape: [usize; 3], from: usize, part: &[f32], whole: &mut [f32]) {
    let Some([whole_image, part_image, start]) = images(shape, from, part.len(), whole.len()) else { return };
    each_piece([whole_image, part_image], whole, part, |(whole, part)| {
        whole[start..start + part_image].copy_from_slice(part);
    });
}

/// Writes the channels of `whole` that begin with `from` to `part`: as many as it has.
///
/// `whole` has a `shape` of `[batch, channels, positions]`, `part` as many images of fewer channels.
///
/// # Panics
/// If the lengths do not fit or the part reaches beyond the last channel.
pub fn take(shape: [usize; 3], from: usize, whole: &[f32], part: &mut [f32]) {
    let Some([whole_image, part_image, start]) = images(shape, from, part.len(), whole.len()) else { return };
    each_piece([part_image, whole_image], part, whole, |(part, whole)| {
        part.copy_from_slice(&whole[start..start + part_image]);
    });
}

/// Floats of an image of the whole and of its part, and those before the part; none where there is nothing to copy.
fn images(shape: [usize; 3], from: usize, part: usize, whole: usize) -> Option<[usize; 3]> {
    let [batch, channels, positions] = shape;
    assert_eq!(whole, batch * channels * positions, "a whole of another length than its shape");
    if part == 0 {
        return None;
    }
    assert!(batch > 0 && part.is_multiple_of(batch * positions), "{part} values are no channels of {batch} images");
    let part_image = part / batch;
    assert!(from * positions + part_image <= channels * positions, "a part beyond the last of {channels} channels");
    Some([channels * positions, part_image, from * positions])
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

/// The channels of one image in two tensors, and the sum of their products.
struct ProductsOver<'a> {
    left: &'a [f32],
    right: &'a [f32],
    output: &'a mut [f32],
}

impl Task for ProductsOver<'_> {
    type Output = ();

    #[inline(always)]
    fn run<const ROWS: usize, const COLUMNS: usize, const FUSED: bool>(self) {
        let positions = self.output.len();
        for (left, right) in self.left.chunks_exact(positions).zip(self.right.chunks_exact(positions)) {
            for (sum, (left, right)) in self.output.iter_mut().zip(left.iter().zip(right)) {
                *sum += *left * *right;
            }
        }
    }
}

/// The channels of one image, each of them multiplied with the same plane.
struct ScaleByPlane<'a> {
    input: &'a [f32],
    numbers: &'a [f32],
    output: &'a mut [f32],
}

impl Task for ScaleByPlane<'_> {
    type Output = ();

    #[inline(always)]
    fn run<const ROWS: usize, const COLUMNS: usize, const FUSED: bool>(self) {
        let positions = self.numbers.len();
        for (output, input) in self.output.chunks_exact_mut(positions).zip(self.input.chunks_exact(positions)) {
            for (output, (input, number)) in output.iter_mut().zip(input.iter().zip(self.numbers)) {
                *output = *input * *number;
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

struct Scale<'a> {
    input: &'a [f32],
    number: f32,
    output: &'a mut [f32],
}

impl Task for Scale<'_> {
    type Output = ();

    #[inline(always)]
    fn run<const ROWS: usize, const COLUMNS: usize, const FUSED: bool>(self) {
        for (output, input) in self.output.iter_mut().zip(self.input) {
            *output = *input * self.number;
        }
    }
}

struct Affine<'a> {
    input: &'a [f32],
    /// Factor and number.
    pair: [f32; 2],
    output: &'a mut [f32],
}

impl Task for Affine<'_> {
    type Output = ();

    #[inline(always)]
    fn run<const ROWS: usize, const COLUMNS: usize, const FUSED: bool>(self) {
        let [factor, number] = self.pair;
        for (output, input) in self.output.iter_mut().zip(self.input) {
            *output = multiply_add::<FUSED>(*input, factor, number);
        }
    }
}

/// The sum of values in blocks of at most [`BLOCK`].
struct Sum<I> {
    blocks: I,
}

impl<'a, I: Iterator<Item = &'a [f32]>> Task for Sum<I> {
    type Output = f32;

    /// Sixteen sums side by side, so that the compiler may add vectors, and few enough values in each
    /// for single precision.
    #[inline(always)]
    fn run<const ROWS: usize, const COLUMNS: usize, const FUSED: bool>(self) -> f32 {
        let mut total = 0.0f64;
        for block in self.blocks {
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
        total as f32
    }
}

/// The sum of products of pairs in blocks of at most [`BLOCK`], summed as in [`Sum`].
struct Products<I> {
    blocks: I,
}

impl<'a, I: Iterator<Item = (&'a [f32], &'a [f32])>> Task for Products<I> {
    type Output = f32;

    #[inline(always)]
    fn run<const ROWS: usize, const COLUMNS: usize, const FUSED: bool>(self) -> f32 {
        let mut total = 0.0f64;
        for (left, right) in self.blocks {
            let ((left, left_rest), (right, right_rest)) = (left.as_chunks::<16>(), right.as_chunks::<16>());
            let mut sums = [0.0f32; 16];
            for (left, right) in left.iter().zip(right) {
                for lane in 0..16 {
                    sums[lane] = multiply_add::<FUSED>(left[lane], right[lane], sums[lane]);
                }
            }
            let rest: f32 = left_rest.iter().zip(right_rest).map(|(left, right)| left * right).sum();
            total += f64::from(sums.iter().sum::<f32>() + rest);
        }
        total as f32
    }
}

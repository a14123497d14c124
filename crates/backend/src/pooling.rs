//! Pooling that can be differentiated any number of times.
//!
//! Burn 0.21's own pooling panics when it is differentiated twice. Averages over equal or adaptive
//! windows are products with constant matrices. A maximum over windows of 2 x 2 is a closed pair of
//! operations of its own ([`Kernels::gather_maxima`]); over any others it is a chain of pairwise
//! maxima.

use crate::{
    Kernels,
    composed::{unwrap, wrap},
    padding,
    resize::separable,
};
use burn::tensor::{Tensor, TensorData, backend::Backend};

/// The mean over rows and columns: `[batch, channels, height, width]` to `[batch, channels]`.
pub fn global_average<B: Backend>(input: Tensor<B, 4>) -> Tensor<B, 2> {
    let [batch, channels, height, width] = input.dims();
    input.reshape([batch, channels, height * width]).mean_dim(2).reshape([batch, channels])
}

/// Averages to `size` rows and columns; window `i` of `n` covers
/// `floor(i length / n) .. ceil((i + 1) length / n)`, as in PyTorch's `adaptive_avg_pool2d`.
///
/// With `size` larger than the input, windows repeat; with a divisor of it, it is average pooling
/// without overlap.
pub fn adaptive_average<B: Backend>(input: Tensor<B, 4>, size: [usize; 2]) -> Tensor<B, 4> {
    separable(input, size, |position, from, to| {
        let (start, end) = (position * from / to, ((position + 1) * from).div_ceil(to));
        let share = 1.0 / (end - start) as f64;
        (start..end).map(move |index| (index, share))
    })
}

/// The average over windows of `kernel` rows and columns that do not overlap, as PyTorch's
/// `avg_pool2d(input, kernel)`: `[batch, channels, height, width]` to
/// `[batch, channels, height / kernel, width / kernel]`, rounded down. Rows and columns that fill no
/// window are left out.
///
/// # Panics
/// Where `kernel` is 0 or larger than the image.
pub fn average<B: Backend>(input: Tensor<B, 4>, kernel: usize) -> Tensor<B, 4> {
    let [batch, channels, height, width] = input.dims();
    assert!((1..=height.min(width)).contains(&kernel), "averages over {kernel} x {kernel} of {height} x {width}");
    let [rows, columns] = [height / kernel, width / kernel];
    let (device, dtype) = (input.device(), input.dtype());
    // The rows of a window lie one after the other in memory, so one matrix sums rows and columns.
    let mut shares = vec![0.0f64; kernel * width * columns];
    for (index, share) in shares.iter_mut().enumerate() {
        let (position, window) = (index / columns, index % columns);
        if position % width / kernel == window {
            *share = 1.0 / (kernel * kernel) as f64;
        }
    }
    let data = TensorData::new(shares, [kernel * width, columns]).convert_dtype(dtype);
    let matrix = Tensor::<B, 2>::from_data(data, (&device, dtype));
    let filled = if rows * kernel < height { input.narrow(2, 0, rows * kernel) } else { input };
    filled.reshape([batch * channels * rows, kernel * width]).matmul(matrix).reshape([batch, channels, rows, columns])
}

/// The maximum over windows of 2 x 2 that do not overlap, as PyTorch's `max_pool2d(input, 2)`:
/// `[batch, channels, height, width]` to `[batch, channels, height / 2, width / 2]`, rounded down.
///
/// The gradient goes to the first of equal maxima in row-major order, and NaN is larger than any number; both
/// are as in PyTorch. Faster than [`maximum`] and closed under differentiation.
pub fn maximum_2x2<B: Kernels>(input: Tensor<B, 4>) -> Tensor<B, 4> {
    let input = unwrap(input);
    wrap(B::gather_maxima(input.clone(), input))
}

/// The largest of each pixel and its eight neighbours in `mask [batch, channels, height, width]`, of the same shape, as
/// PyTorch's `max_pool2d(mask, 3, 1, 1)`. It has no gradient.
pub fn dilate<B: Kernels>(mask: Tensor<B, 4>) -> Tensor<B, 4> {
    wrap(B::dilate(unwrap(mask)))
}

/// The maximum over windows of `kernel` rows and columns, with `margins` that never are the maximum.
///
/// The margins hold the smallest finite value, so a window must hold at least one pixel: `margins`
/// must be smaller than `kernel`.
///
/// # Panics
/// Where `margins` are not smaller than `kernel`, a stride is 0, or the kernel is larger than the
/// image with its margins.
pub fn maximum<B: Backend>(
    input: Tensor<B, 4>,
    kernel: [usize; 2],
    stride: [usize; 2],
    margins: [usize; 2],
) -> Tensor<B, 4> {
    let padded = padding::constant(input, margins.map(|margin| [margin; 2]), f32::MIN);
    let [batch, channels, height, width] = padded.dims();
    assert!(
        (0..2).all(|axis| margins[axis] < kernel[axis] && stride[axis] > 0),
        "margins {margins:?} of kernel {kernel:?}, stride {stride:?}"
    );
    assert!(kernel[0] <= height && kernel[1] <= width, "a kernel {kernel:?} over {height} x {width}");
    let out = [(height - kernel[0]) / stride[0] + 1, (width - kernel[1]) / stride[1] + 1];
    let window = |row: usize, column: usize| {
        let end = |start: usize, axis: usize| start + (out[axis] - 1) * stride[axis] + 1;
        padded.clone().slice([
            burn::tensor::Slice::from(0..batch),
            burn::tensor::Slice::from(0..channels),
            burn::tensor::Slice::new(row as isize, Some(end(row, 0) as isize), stride[0] as isize),
            burn::tensor::Slice::new(column as isize, Some(end(column, 1) as isize), stride[1] as isize),
        ])
    };
    let mut largest = window(0, 0);
    for row in 0..kernel[0] {
        for column in 0..kernel[1] {
            if (row, column) != (0, 0) {
                largest = largest.max_pair(window(row, column));
            }
        }
    }
    largest
}

//! Pooling that can be differentiated any number of times.
//!
//! Burn 0.21's own pooling panics when it is differentiated twice. Averages over equal or adaptive
//! windows are products with constant matrices. A maximum over windows is a closed pair of
//! operations of its own ([`Kernels::gather_maxima`]).

use crate::{
    Kernels, PoolOptions,
    composed::{unwrap, wrap},
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

/// The maximum over windows, as PyTorch's `max_pool2d`: `[batch, channels, height, width]` to
/// `[batch, channels, rows, columns]` with `(height + 2 padding - kernel) / stride + 1` rows, rounded down, and columns
/// likewise.
///
/// The gradient goes to the first of equal maxima in row-major order, and NaN is larger than any number; both
/// are as in PyTorch. Closed under differentiation.
///
/// # Panics
/// Where the padding is not smaller than the kernel, a stride is 0, or the kernel is larger than the image with its
/// padding.
pub fn maximum<B: Kernels>(input: Tensor<B, 4>, options: PoolOptions) -> Tensor<B, 4> {
    let [_, _, height, width] = input.dims();
    options.output_size([height, width]);
    let input = unwrap(input);
    wrap(B::gather_maxima(input.clone(), input, options))
}

/// The largest of each pixel and its eight neighbours in `mask [batch, channels, height, width]`, of the same shape, as
/// PyTorch's `max_pool2d(mask, 3, 1, 1)`. It has no gradient.
pub fn dilate<B: Kernels>(mask: Tensor<B, 4>) -> Tensor<B, 4> {
    wrap(B::dilate(unwrap(mask)))
}

//! Changing an image's size by constant matrices, so that it can be differentiated any number of
//! times. Burn 0.21's own interpolation panics when it is differentiated twice.

use crate::{
    Kernels,
    composed::{unwrap, wrap},
};
use burn::tensor::{Tensor, TensorData, backend::Backend};

/// The matrix `[to, from]` whose rows hold `weights(position, from, to)`.
fn matrix<B: Backend, W: IntoIterator<Item = (usize, f64)>>(
    like: &Tensor<B, 4>,
    [from, to]: [usize; 2],
    weights: impl Fn(usize, usize, usize) -> W,
) -> Tensor<B, 2> {
    let mut values = vec![0.0f64; to * from];
    for position in 0..to {
        for (index, weight) in weights(position, from, to) {
            values[position * from + index] += weight;
        }
    }
    let data = TensorData::new(values, [to, from]).convert_dtype(like.dtype());
    Tensor::from_data(data, (&like.device(), like.dtype()))
}

/// Multiplies the rows of `input [batch, channels, height, width]` by a matrix `[height', height]` and
/// its columns by one of `[width', width]`.
fn multiply<B: Backend>(input: Tensor<B, 4>, rows: Tensor<B, 2>, columns: Tensor<B, 2>) -> Tensor<B, 4> {
    let [batch, channels, height, width] = input.dims();
    let size = [rows.dims()[0], columns.dims()[0]];
    let widened = input.reshape([batch * channels * height, width]).matmul(columns.transpose()).reshape([
        batch * channels,
        height,
        size[1],
    ]);
    rows.unsqueeze::<3>()
        .expand([batch * channels, size[0], height])
        .matmul(widened)
        .reshape([batch, channels, size[0], size[1]])
}

/// Multiplies rows and columns of `input [batch, channels, height, width]` by matrices of constants.
///
/// `weights(position, from, to)` lists, for one output position, the input positions and their
/// weights.
pub(crate) fn separable<B: Backend, W: IntoIterator<Item = (usize, f64)>>(
    input: Tensor<B, 4>,
    size: [usize; 2],
    weights: impl Fn(usize, usize, usize) -> W,
) -> Tensor<B, 4> {
    let [_, _, height, width] = input.dims();
    let rows = matrix(&input, [height, size[0]], &weights);
    let columns = matrix(&input, [width, size[1]], &weights);
    multiply(input, rows, columns)
}

/// The transpose of [`separable`], from its output size back to `size`.
pub(crate) fn separable_transposed<B: Backend, W: IntoIterator<Item = (usize, f64)>>(
    input: Tensor<B, 4>,
    size: [usize; 2],
    weights: impl Fn(usize, usize, usize) -> W,
) -> Tensor<B, 4> {
    let [_, _, height, width] = input.dims();
    let rows = matrix(&input, [size[0], height], &weights).transpose();
    let columns = matrix(&input, [size[1], width], &weights).transpose();
    multiply(input, rows, columns)
}

/// Takes the nearest pixel, as PyTorch's `interpolate(mode='nearest')`: output position `i` of `n`
/// takes input position `floor(i length / n)`.
pub fn nearest<B: Backend>(input: Tensor<B, 4>, size: [usize; 2]) -> Tensor<B, 4> {
    separable(input, size, |position, from, to| [(position * from / to, 1.0)])
}

/// Interpolates linearly between pixel centres, as PyTorch's
/// `interpolate(mode='bilinear', align_corners=False)` without anti-aliasing.
pub fn bilinear<B: Backend>(input: Tensor<B, 4>, size: [usize; 2]) -> Tensor<B, 4> {
    separable(input, size, |position, from, to| {
        let centre = ((position as f64 + 0.5) * from as f64 / to as f64 - 0.5).max(0.0);
        let low = (centre.floor() as usize).min(from - 1);
        let high = (low + 1).min(from - 1);
        let share = centre - low as f64;
        [(low, 1.0 - share), (high, share)]
    })
}

/// Interpolates linearly with the outermost pixels of both sizes on each other, as PyTorch's
/// `interpolate(mode='bilinear', align_corners=True)`: output position `i` of `n` lies at
/// `i (length - 1) / (n - 1)` of the input; a single one lies at 0.
///
/// With its gradient ([`Kernels::resize_aligned_gradient`]) it is a closed pair.
pub fn bilinear_aligned<B: Kernels>(input: Tensor<B, 4>, size: [usize; 2]) -> Tensor<B, 4> {
    wrap(B::resize_aligned(unwrap(input), size))
}

/// The two input positions that one output position of [`bilinear_aligned`] lies between, and their
/// shares.
pub(crate) fn aligned_taps(position: usize, from: usize, to: usize) -> [(usize, f64); 2] {
    let place = if to > 1 { (position * (from - 1)) as f64 / (to - 1) as f64 } else { 0.0 };
    let low = (place.floor() as usize).min(from - 1);
    let share = place - low as f64;
    [(low, 1.0 - share), ((low + 1).min(from - 1), share)]
}

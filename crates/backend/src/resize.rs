//! Changing an image's size by constant matrices, so that it can be differentiated any number of
//! times. Burn 0.21's own interpolation panics when it is differentiated twice.

use burn::tensor::{Tensor, TensorData, backend::Backend};

/// Multiplies rows and columns of `input [batch, channels, height, width]` by matrices of constants.
///
/// `weights(position, from, to)` lists, for one output position, the input positions and their
/// weights.
pub(crate) fn separable<B: Backend>(
    input: Tensor<B, 4>,
    size: [usize; 2],
    weights: impl Fn(usize, usize, usize) -> Vec<(usize, f64)>,
) -> Tensor<B, 4> {
    let [batch, channels, height, width] = input.dims();
    let (device, dtype) = (input.device(), input.dtype());
    let matrix = |from: usize, to: usize| {
        let mut values = vec![0.0f64; to * from];
        for position in 0..to {
            for (index, weight) in weights(position, from, to) {
                values[position * from + index] += weight;
            }
        }
        Tensor::<B, 2>::from_data(TensorData::new(values, [to, from]).convert_dtype(dtype), (&device, dtype))
    };
    let columns = matrix(width, size[1]).transpose();
    let rows = matrix(height, size[0]);
    let widened =
        input.reshape([batch * channels * height, width]).matmul(columns).reshape([batch * channels, height, size[1]]);
    rows.unsqueeze::<3>()
        .expand([batch * channels, size[0], height])
        .matmul(widened)
        .reshape([batch, channels, size[0], size[1]])
}

/// Takes the nearest pixel, as PyTorch's `interpolate(mode='nearest')`: output position `i` of `n`
/// takes input position `floor(i length / n)`.
pub fn nearest<B: Backend>(input: Tensor<B, 4>, size: [usize; 2]) -> Tensor<B, 4> {
    separable(input, size, |position, from, to| vec![(position * from / to, 1.0)])
}

/// Interpolates linearly between pixel centres, as PyTorch's
/// `interpolate(mode='bilinear', align_corners=False)` without anti-aliasing.
pub fn bilinear<B: Backend>(input: Tensor<B, 4>, size: [usize; 2]) -> Tensor<B, 4> {
    separable(input, size, |position, from, to| {
        let centre = ((position as f64 + 0.5) * from as f64 / to as f64 - 0.5).max(0.0);
        let low = (centre.floor() as usize).min(from - 1);
        let high = (low + 1).min(from - 1);
        let share = centre - low as f64;
        vec![(low, 1.0 - share), (high, share)]
    })
}

//! Biases of one number a channel, as layers have them, or of one for each image and channel.
//!
//! Of the second kind are those of a pass in which each image scales all biases by a factor of its own
//! ([`gradient_with_biases`](crate::gradient_with_biases)): `[batch * channels]`, image by image.

use burn::tensor::{Tensor, backend::Backend};
use herring_backend::{Kernels, ops};

/// Adds a bias of `[channels]` or `[batch * channels]` to `input [batch, channels, height, width]`.
pub(super) fn add<B: Kernels>(input: Tensor<B, 4>, bias: Tensor<B, 1>) -> Tensor<B, 4> {
    let [numbers] = bias.dims();
    by_number(input, numbers, |input| ops::add_to_channels(input, bias))
}

/// Multiplies `input [batch, channels, height, width]` with `scale [channels]` and adds `bias - mean * scale`, both of
/// `[channels]` or of `[batch * channels]`.
pub(super) fn normalise<B: Kernels>(
    input: Tensor<B, 4>,
    scale: Tensor<B, 1>,
    mean: Tensor<B, 1>,
    bias: Tensor<B, 1>,
) -> Tensor<B, 4> {
    let ([channels], [numbers]) = (scale.dims(), bias.dims());
    let scale = match numbers {
        _ if numbers == channels => scale,
        _ => scale.reshape([1, channels]).expand([numbers / channels, channels]).reshape([numbers]),
    };
    let shift = bias - mean * scale.clone();
    by_number(input, numbers, |input| ops::affine_channels(input, scale, shift))
}

/// Adds a bias of `[outputs]` or `[batch * outputs]` to `input [batch, outputs]`.
pub(super) fn add_to_columns<B: Backend>(input: Tensor<B, 2>, bias: Tensor<B, 1>) -> Tensor<B, 2> {
    let ([_, outputs], [numbers]) = (input.dims(), bias.dims());
    input + bias.reshape([numbers / outputs, outputs])
}

/// Runs `operation`, which has so many numbers, with a channel for each of them: the input's own, or those of all images as
/// the channels of one.
fn by_number<B: Kernels>(
    input: Tensor<B, 4>,
    numbers: usize,
    operation: impl FnOnce(Tensor<B, 4>) -> Tensor<B, 4>,
) -> Tensor<B, 4> {
    let shape @ [_, channels, height, width] = input.dims();
    if numbers == channels {
        return operation(input);
    }
    operation(input.reshape([1, numbers, height, width])).reshape(shape)
}

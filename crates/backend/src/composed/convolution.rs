//! The closed trio on Burn's own convolutions.

use super::{unwrap, wrap};
use crate::{
    Kernels,
    operands::{ConvOptions, Epilogue},
    padding,
};
use burn::tensor::{
    Tensor, TensorMetadata,
    backend::Backend,
    ops::{ConvOptions as BurnOptions, ConvTransposeOptions, FloatTensor},
};

fn burn_options(options: ConvOptions) -> BurnOptions<2> {
    BurnOptions::new(options.stride, options.padding, [1, 1], options.groups)
}

pub(crate) fn forward<B: Backend>(
    input: FloatTensor<B>,
    weight: FloatTensor<B>,
    options: ConvOptions,
) -> FloatTensor<B> {
    B::conv2d(input, weight, None, burn_options(options))
}

/// A convolution and its epilogue, one operation after the other.
pub(crate) fn with<B: Kernels>(
    input: FloatTensor<B>,
    weight: FloatTensor<B>,
    options: ConvOptions,
    epilogue: Epilogue<B>,
) -> FloatTensor<B> {
    let sums = B::convolution(input, weight, options);
    let moved = match (epilogue.factors, epilogue.numbers) {
        (Some(factors), Some(numbers)) => B::affine_channels(sums, factors, numbers),
        (Some(factors), None) => B::scale_channels(sums, factors),
        (None, Some(numbers)) => B::add_to_channels(sums, numbers),
        (None, None) => sums,
    };
    match (epilogue.summand, epilogue.rectified) {
        (Some(summand), true) => B::add_rectify(moved, summand),
        (Some(summand), false) => B::float_add(moved, summand),
        (None, true) => B::rectify(moved),
        (None, false) => moved,
    }
}

pub(crate) fn input_gradient<B: Backend>(
    weight: FloatTensor<B>,
    output_gradient: FloatTensor<B>,
    size: [usize; 2],
    options: ConvOptions,
) -> FloatTensor<B> {
    let weight = pad_kernel_to_stride(wrap::<B, 4>(weight), options.stride);
    let [_, _, rows, columns] = weight.dims();
    let windows = output_gradient.shape();
    // Burn's transposed convolution makes an image as large as the windows reach; pixels beyond got no
    // gradient, and pixels added by the longer kernel are cut off.
    let reach = |axis: usize, kernel: usize| {
        ((windows[2 + axis] - 1) * options.stride[axis] + kernel).saturating_sub(2 * options.padding[axis])
    };
    let reach = [reach(0, rows), reach(1, columns)];
    let beyond = [size[0].saturating_sub(reach[0]), size[1].saturating_sub(reach[1])];
    let full = wrap::<B, 4>(B::conv_transpose2d(
        output_gradient,
        unwrap(weight),
        None,
        ConvTransposeOptions::new(options.stride, options.padding, beyond, [1, 1], options.groups),
    ));
    let [batch, channels, height, width] = full.dims();
    if [height, width] == size {
        return unwrap(full);
    }
    unwrap(full.slice([0..batch, 0..channels, 0..size[0], 0..size[1]]))
}

/// Zeros below and to the right of a kernel do not change a convolution, and every backend transposes a
/// kernel correctly that covers the stride.
fn pad_kernel_to_stride<B: Backend>(weight: Tensor<B, 4>, stride: [usize; 2]) -> Tensor<B, 4> {
    let [_, _, rows, columns] = weight.dims();
    let missing = [stride[0].saturating_sub(rows), stride[1].saturating_sub(columns)];
    padding::constant(weight, missing.map(|zeros| [0, zeros]), 0.0)
}

pub(crate) fn weight_gradient<B: Backend>(
    input: FloatTensor<B>,
    output_gradient: FloatTensor<B>,
    kernel: [usize; 2],
    options: ConvOptions,
) -> FloatTensor<B> {
    let (inputs, outputs) = (input.shape()[1], output_gradient.shape()[1]);
    let device = B::float_device(&input);
    // Burn reads no more than the shape of this tensor.
    let shape = [outputs, inputs / options.groups, kernel[0], kernel[1]];
    let shape = B::float_empty(shape.into(), &device, input.dtype().into());
    B::conv2d_weight_backward(input, shape, output_gradient, burn_options(options))
}

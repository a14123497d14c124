//! The operations of [`Kernels`] on [`Tensor`]s: what models are written with.

use crate::{
    composed::{unwrap, wrap},
    kernels::Kernels,
    operands::{BatchNormOutput, ConvOptions, Epilogue},
};
use burn::tensor::{Int, Tensor, backend::Backend};

/// Cross-correlates `input [batch, in, height, width]` with `weight [out, in, rows, columns]`.
pub fn convolution<B: Kernels>(input: Tensor<B, 4>, weight: Tensor<B, 4>, options: ConvOptions) -> Tensor<B, 4> {
    wrap(B::convolution(unwrap(input), unwrap(weight), options))
}

/// [`convolution`], then [`add_to_channels`] of a `bias [out]`, then [`rectify`] where `rectified`.
pub fn convolution_biased<B: Kernels>(
    input: Tensor<B, 4>,
    weight: Tensor<B, 4>,
    bias: Tensor<B, 1>,
    options: ConvOptions,
    rectified: bool,
) -> Tensor<B, 4> {
    let epilogue = Epilogue { numbers: Some(unwrap(bias)), rectified, ..Epilogue::default() };
    wrap(B::convolution_with(unwrap(input), unwrap(weight), options, epilogue))
}

/// [`convolution`], then [`affine_channels`] with `factors` and `numbers` of `[out]`, then the addition of `summand`, of the
/// result's shape, then [`rectify`] where `rectified`.
pub fn convolution_affine<B: Kernels>(
    input: Tensor<B, 4>,
    weight: Tensor<B, 4>,
    options: ConvOptions,
    [factors, numbers]: [Tensor<B, 1>; 2],
    summand: Option<Tensor<B, 4>>,
    rectified: bool,
) -> Tensor<B, 4> {
    let (factors, numbers) = (Some(unwrap(factors)), Some(unwrap(numbers)));
    let epilogue = Epilogue { factors, numbers, summand: summand.map(unwrap), rectified };
    wrap(B::convolution_with(unwrap(input), unwrap(weight), options, epilogue))
}

/// The gradient of [`convolution`] with respect to its input, whose rows and columns are `size`.
pub fn convolution_input_gradient<B: Kernels>(
    weight: Tensor<B, 4>,
    output_gradient: Tensor<B, 4>,
    size: [usize; 2],
    options: ConvOptions,
) -> Tensor<B, 4> {
    wrap(B::convolution_input_gradient(unwrap(weight), unwrap(output_gradient), size, options))
}

/// The gradient of [`convolution`] with respect to its weight, whose rows and columns are `kernel`.
pub fn convolution_weight_gradient<B: Kernels>(
    input: Tensor<B, 4>,
    output_gradient: Tensor<B, 4>,
    kernel: [usize; 2],
    options: ConvOptions,
) -> Tensor<B, 4> {
    wrap(B::convolution_weight_gradient(unwrap(input), unwrap(output_gradient), kernel, options))
}

/// A normalised batch with the statistics that normalised it.
#[derive(Debug, Clone)]
pub struct Normalised<B: Backend> {
    /// `[batch, channels, height, width]`.
    pub output: Tensor<B, 4>,
    /// Mean of the batch, `[channels]`; a constant to autodiff.
    pub mean: Tensor<B, 1>,
    /// Biased variance of the batch, `[channels]`; a constant to autodiff.
    pub variance: Tensor<B, 1>,
}

/// Training-mode batch normalisation of `input [batch, channels, height, width]` with `scale` and
/// `shift` of `[channels]`.
pub fn batch_norm<B: Kernels>(
    input: Tensor<B, 4>,
    scale: Tensor<B, 1>,
    shift: Tensor<B, 1>,
    epsilon: f64,
) -> Normalised<B> {
    normalised(B::batch_norm(unwrap(input), unwrap(scale), unwrap(shift), epsilon))
}

/// [`rectify`] of what [`batch_norm`] puts out.
pub fn batch_norm_rectified<B: Kernels>(
    input: Tensor<B, 4>,
    scale: Tensor<B, 1>,
    shift: Tensor<B, 1>,
    epsilon: f64,
) -> Normalised<B> {
    normalised(B::batch_norm_rectified(unwrap(input), unwrap(scale), unwrap(shift), epsilon))
}

/// [`convolution`] with `weight [out, in, rows, columns]` of what [`batch_norm_rectified`] makes of `input` with `scale` and
/// `shift`. The output is the convolution's. Nothing between the two is kept for the gradient: it is computed again.
pub fn batch_norm_rectified_convolution<B: Kernels>(
    input: Tensor<B, 4>,
    [scale, shift]: [Tensor<B, 1>; 2],
    epsilon: f64,
    weight: Tensor<B, 4>,
    options: ConvOptions,
) -> Normalised<B> {
    let parameters = [unwrap(scale), unwrap(shift)];
    normalised(B::batch_norm_rectified_convolution(unwrap(input), parameters, epsilon, unwrap(weight), options))
}

fn normalised<B: Kernels>(found: BatchNormOutput<B>) -> Normalised<B> {
    Normalised { output: wrap(found.output), mean: wrap(found.statistics.mean), variance: wrap(found.variance) }
}

/// `running * (1 - share) + newest * factor * share`, of equal shapes: a running average. A constant to autodiff.
pub fn running_average<B: Kernels, const D: usize>(
    running: Tensor<B, D>,
    newest: Tensor<B, D>,
    share: f64,
    factor: f64,
) -> Tensor<B, D> {
    wrap(B::running_average(unwrap(running), unwrap(newest), share, factor))
}

/// `max(input, 0)`.
pub fn rectify<B: Kernels, const D: usize>(input: Tensor<B, D>) -> Tensor<B, D> {
    wrap(B::rectify(unwrap(input)))
}

/// `max(left + right, 0)`, of equal shapes.
pub fn add_rectify<B: Kernels, const D: usize>(left: Tensor<B, D>, right: Tensor<B, D>) -> Tensor<B, D> {
    wrap(B::add_rectify(unwrap(left), unwrap(right)))
}

/// `min(max(input, 0), 6)`.
pub fn relu6<B: Kernels, const D: usize>(input: Tensor<B, D>) -> Tensor<B, D> {
    rectify(input.clone()) - rectify(input - 6.0)
}

/// `input` times its sigmoid (SiLU, swish).
pub fn silu<B: Kernels, const D: usize>(input: Tensor<B, D>) -> Tensor<B, D> {
    input.clone() * burn::tensor::activation::sigmoid(input)
}

/// `input [batch, channels, height, width]` with `numbers [channels]` added to every position: a
/// convolution's bias.
pub fn add_to_channels<B: Kernels>(input: Tensor<B, 4>, numbers: Tensor<B, 1>) -> Tensor<B, 4> {
    wrap(B::add_to_channels(unwrap(input), unwrap(numbers)))
}

/// `input [batch, channels, height, width]` with every position multiplied by the number of its channel,
/// `numbers [channels]`.
pub fn scale_channels<B: Kernels>(input: Tensor<B, 4>, numbers: Tensor<B, 1>) -> Tensor<B, 4> {
    wrap(B::scale_channels(unwrap(input), unwrap(numbers)))
}

/// Every position of `input [batch, channels, height, width]` multiplied by its channel's number of `factors [channels]`, and that
/// of `numbers [channels]` added.
pub fn affine_channels<B: Kernels>(input: Tensor<B, 4>, factors: Tensor<B, 1>, numbers: Tensor<B, 1>) -> Tensor<B, 4> {
    wrap(B::affine_channels(unwrap(input), unwrap(factors), unwrap(numbers)))
}

/// The sums over the channels of `input [batch, channels, height, width]`, `[batch, 1, height, width]`.
pub fn sum_over_channels<B: Kernels>(input: Tensor<B, 4>) -> Tensor<B, 4> {
    wrap(B::sum_over_channels(unwrap(input)))
}

/// [`Kernels::products_over_channels`], differentiable to any order.
pub fn products_over_channels<B: Kernels>(left: Tensor<B, 4>, right: Tensor<B, 4>) -> Tensor<B, 4> {
    wrap(B::products_over_channels(unwrap(left), unwrap(right)))
}

/// [`Kernels::squares_over_channels`], differentiable to any order.
pub fn squares_over_channels<B: Kernels>(input: Tensor<B, 4>) -> Tensor<B, 4> {
    wrap(B::squares_over_channels(unwrap(input)))
}

/// [`Kernels::scale_by_planes`], differentiable to any order.
pub fn scale_by_planes<B: Kernels>(input: Tensor<B, 4>, numbers: Tensor<B, 4>) -> Tensor<B, 4> {
    wrap(B::scale_by_planes(unwrap(input), unwrap(numbers)))
}

/// `left [batch, channels, height, width]` with the channels of `right` behind its own; the other sizes are equal.
pub fn concatenate_channels<B: Kernels>(left: Tensor<B, 4>, right: Tensor<B, 4>) -> Tensor<B, 4> {
    wrap(B::concatenate_channels(unwrap(left), unwrap(right)))
}

/// 1 at the class of each image and 0 elsewhere, `[batch, classes]` as `like`; `classes [batch]` holds numbers below the
/// columns of `like`.
pub fn one_hot<B: Backend>(classes: Tensor<B, 1, Int>, like: &Tensor<B, 2>) -> Tensor<B, 2> {
    let shape = like.dims();
    let all = Tensor::<B, 1, Int>::arange(0..shape[1] as i64, &like.device()).unsqueeze::<2>().expand(shape);
    all.equal(classes.unsqueeze_dim::<2>(1).expand(shape)).float().cast(like.dtype())
}

/// The sum of all entries, `[1]`, in an order that does not change from run to run.
///
/// Burn 0.21 sums a whole tensor on a GPU with atomic additions, whose order does; along one
/// dimension it does not.
pub fn total<B: Backend, const D: usize>(input: Tensor<B, D>) -> Tensor<B, 1> {
    input.reshape([1, -1]).sum_dim(1).reshape([1])
}

//! [`Kernels`](crate::Kernels) on `Autodiff<B>`, for every `B` that has them.
//!
//! Each operation is registered with its backward step, which calls operations of `B`. Where `B`
//! is itself an `Autodiff`, that step is tracked in turn; so one implementation serves every order.
//!
//! *Invariant:* a backward step uses nothing but operations of `B` that are themselves differentiable, and
//! computes no gradient that is not needed.

mod accumulate;
mod activation;
mod batch_norm;
mod channels;
mod convolution;
mod interpolation;
mod pooling;
mod register;

use crate::{
    Autodiff, Kernels, composed,
    operands::{
        AdamMoments, AdamSettings, BatchNormGradients, BatchNormOutput, BatchNormSecond, BatchNormStatistics,
        BatchNormWanted, ConvOptions, Epilogue, PoolOptions,
    },
};
use burn::backend::autodiff::checkpoint::strategy::CheckpointStrategy;
use burn::tensor::{backend::AutodiffBackend, ops::FloatTensor};

impl<B: Kernels, C: CheckpointStrategy> Kernels for Autodiff<B, C> {
    fn convolution(input: FloatTensor<Self>, weight: FloatTensor<Self>, options: ConvOptions) -> FloatTensor<Self> {
        convolution::forward::<B, C>(input, weight, options)
    }

    fn convolution_with(
        input: FloatTensor<Self>,
        weight: FloatTensor<Self>,
        options: ConvOptions,
        epilogue: Epilogue<Self>,
    ) -> FloatTensor<Self> {
        convolution::with::<B, C>(input, weight, options, epilogue)
    }

    fn convolution_input_gradient(
        weight: FloatTensor<Self>,
        output_gradient: FloatTensor<Self>,
        size: [usize; 2],
        options: ConvOptions,
    ) -> FloatTensor<Self> {
        convolution::input_gradient::<B, C>(weight, output_gradient, size, options)
    }

    fn convolution_weight_gradient(
        input: FloatTensor<Self>,
        output_gradient: FloatTensor<Self>,
        kernel: [usize; 2],
        options: ConvOptions,
    ) -> FloatTensor<Self> {
        convolution::weight_gradient::<B, C>(input, output_gradient, kernel, options)
    }

    fn batch_norm(
        input: FloatTensor<Self>,
        scale: FloatTensor<Self>,
        shift: FloatTensor<Self>,
        epsilon: f64,
    ) -> BatchNormOutput<Self> {
        batch_norm::forward::<B, C>(input, scale, shift, epsilon)
    }

    fn batch_norm_rectified(
        input: FloatTensor<Self>,
        scale: FloatTensor<Self>,
        shift: FloatTensor<Self>,
        epsilon: f64,
    ) -> BatchNormOutput<Self> {
        batch_norm::forward_rectified::<B, C>(input, scale, shift, epsilon)
    }

    fn batch_norm_rectified_convolution(
        input: FloatTensor<Self>,
        [scale, shift]: [FloatTensor<Self>; 2],
        epsilon: f64,
        weight: FloatTensor<Self>,
        options: ConvOptions,
    ) -> BatchNormOutput<Self> {
        batch_norm::forward_convolved::<B, C>([input, scale, shift, weight], epsilon, options)
    }

    fn batch_norm_gradients(
        input: FloatTensor<Self>,
        scale: FloatTensor<Self>,
        output_gradient: FloatTensor<Self>,
        statistics: BatchNormStatistics<Self>,
        wanted: BatchNormWanted,
    ) -> BatchNormGradients<Self> {
        batch_norm::gradients::<B, C>(input, scale, output_gradient, statistics, wanted)
    }

    fn batch_norm_second(
        input: FloatTensor<Self>,
        scale: FloatTensor<Self>,
        output_gradient: FloatTensor<Self>,
        statistics: BatchNormStatistics<Self>,
        cotangent: FloatTensor<Self>,
    ) -> BatchNormSecond<Self> {
        batch_norm::second::<B, C>(input, scale, output_gradient, statistics, cotangent)
    }

    fn rectify(input: FloatTensor<Self>) -> FloatTensor<Self> {
        activation::rectify::<B, C>(input)
    }

    fn rectify_gradient(output: FloatTensor<Self>, output_gradient: FloatTensor<Self>) -> FloatTensor<Self> {
        activation::rectify_gradient::<B, C>(output, output_gradient)
    }

    fn add_rectify(left: FloatTensor<Self>, right: FloatTensor<Self>) -> FloatTensor<Self> {
        activation::add_rectify::<B, C>(left, right)
    }

    fn add_to_channels(input: FloatTensor<Self>, numbers: FloatTensor<Self>) -> FloatTensor<Self> {
        channels::add::<B, C>(input, numbers)
    }

    fn channel_sums(input: FloatTensor<Self>) -> FloatTensor<Self> {
        channels::sums::<B, C>(input)
    }

    fn fill_channels(numbers: FloatTensor<Self>, shape: [usize; 4]) -> FloatTensor<Self> {
        channels::fill::<B, C>(numbers, shape)
    }

    fn scale_channels(input: FloatTensor<Self>, numbers: FloatTensor<Self>) -> FloatTensor<Self> {
        channels::scale::<B, C>(input, numbers)
    }

    fn affine_channels(
        input: FloatTensor<Self>,
        factors: FloatTensor<Self>,
        numbers: FloatTensor<Self>,
    ) -> FloatTensor<Self> {
        channels::affine::<B, C>(input, factors, numbers)
    }

    fn channel_products(left: FloatTensor<Self>, right: FloatTensor<Self>) -> FloatTensor<Self> {
        channels::products::<B, C>(left, right)
    }

    fn sum_over_channels(input: FloatTensor<Self>) -> FloatTensor<Self> {
        channels::over::<B, C>(input)
    }

    fn repeat_channels(input: FloatTensor<Self>, channels: usize) -> FloatTensor<Self> {
        channels::repeat::<B, C>(input, channels)
    }

    fn products_over_channels(left: FloatTensor<Self>, right: FloatTensor<Self>) -> FloatTensor<Self> {
        channels::products_over::<B, C>(left, right)
    }

    fn squares_over_channels(input: FloatTensor<Self>) -> FloatTensor<Self> {
        channels::squares_over::<B, C>(input)
    }

    fn scale_by_planes(input: FloatTensor<Self>, numbers: FloatTensor<Self>) -> FloatTensor<Self> {
        channels::scale_by_planes::<B, C>(input, numbers)
    }

    fn concatenate_channels(left: FloatTensor<Self>, right: FloatTensor<Self>) -> FloatTensor<Self> {
        channels::concatenate::<B, C>(left, right)
    }

    fn take_channels(input: FloatTensor<Self>, from: usize, count: usize) -> FloatTensor<Self> {
        channels::take::<B, C>(input, from, count)
    }

    fn place_channels(input: FloatTensor<Self>, from: usize, total: usize) -> FloatTensor<Self> {
        channels::place::<B, C>(input, from, total)
    }

    fn resize_aligned(input: FloatTensor<Self>, size: [usize; 2]) -> FloatTensor<Self> {
        interpolation::forward::<B, C>(input, size)
    }

    fn resize_aligned_gradient(output_gradient: FloatTensor<Self>, size: [usize; 2]) -> FloatTensor<Self> {
        interpolation::transposed::<B, C>(output_gradient, size)
    }

    fn gather_maxima(chooser: FloatTensor<Self>, values: FloatTensor<Self>, options: PoolOptions) -> FloatTensor<Self> {
        pooling::gather_maxima::<B, C>(chooser, values, options)
    }

    fn scatter_maxima(
        chooser: FloatTensor<Self>,
        values: FloatTensor<Self>,
        options: PoolOptions,
    ) -> FloatTensor<Self> {
        pooling::scatter_maxima::<B, C>(chooser, values, options)
    }

    fn dilate(mask: FloatTensor<Self>) -> FloatTensor<Self> {
        <Self as AutodiffBackend>::from_inner(B::dilate(mask.primitive))
    }

    fn running_average(
        running: FloatTensor<Self>,
        newest: FloatTensor<Self>,
        share: f64,
        factor: f64,
    ) -> FloatTensor<Self> {
        <Self as AutodiffBackend>::from_inner(B::running_average(running.primitive, newest.primitive, share, factor))
    }

    fn adam(
        parameter: FloatTensor<Self>,
        gradient: FloatTensor<Self>,
        moments: AdamMoments<Self>,
        settings: &AdamSettings,
        time: u64,
    ) -> (FloatTensor<Self>, AdamMoments<Self>) {
        composed::adam::step::<Self>(parameter, gradient, moments, settings, time)
    }
}

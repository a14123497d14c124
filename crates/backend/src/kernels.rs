//! The operations a backend offers beyond Burn's own.

use crate::{
    composed,
    operands::{
        AdamMoments, AdamParameter, AdamSettings, BatchNormGradients, BatchNormOutput, BatchNormSecond,
        BatchNormStatistics, BatchNormWanted, ConvOptions, Epilogue, PoolOptions,
    },
};
use burn::tensor::{backend::Backend, ops::FloatTensor};

/// A backend with the operations of this crate.
///
/// Every method has a default made of Burn's own operations, so a backend needs only an empty `impl`. The
/// defaults are correct where Burn is not: Burn 0.21's direct transposed convolution on GPUs returns zeros
/// where a kernel is smaller than the stride (each 1x1 shortcut of a ResNet); here the kernel is padded to
/// the stride first.
///
/// `Autodiff<B>` implements the trait for every `B` that does, which gives derivatives of any order. Tensors
/// are primitives; [`ops`](crate::ops) has the same on [`Tensor`](burn::tensor::Tensor)s.
///
/// # Panics
/// Methods panic when shapes do not fit, as Burn's own operations do.
pub trait Kernels: Backend {
    /// Whether optimisers move all parameters of a network at once, which saves launches, or one after the other, so that
    /// there is never more than one parameter twice in memory.
    const MOVES_PARAMETERS_TOGETHER: bool = false;

    /// For how many steps of training the results stay on the device before they are read: reading makes the host wait until the
    /// device has done all that it was given.
    const STEPS_BETWEEN_READS: usize = 1;

    /// Cross-correlates `input [batch, in, height, width]` with `weight [out, in, rows, columns]`.
    fn convolution(input: FloatTensor<Self>, weight: FloatTensor<Self>, options: ConvOptions) -> FloatTensor<Self> {
        composed::convolution::forward::<Self>(input, weight, options)
    }

    /// [`convolution`](Self::convolution) and what follows it, in one pass where the backend can: a factor and a number of each
    /// channel (a bias, normalisation with given statistics), the end of a residual block, a rectifier.
    fn convolution_with(
        input: FloatTensor<Self>,
        weight: FloatTensor<Self>,
        options: ConvOptions,
        epilogue: Epilogue<Self>,
    ) -> FloatTensor<Self> {
        composed::convolution::with::<Self>(input, weight, options, epilogue)
    }

    /// The gradient of [`convolution`](Self::convolution) with respect to its input, whose rows and columns
    /// are `size`.
    fn convolution_input_gradient(
        weight: FloatTensor<Self>,
        output_gradient: FloatTensor<Self>,
        size: [usize; 2],
        options: ConvOptions,
    ) -> FloatTensor<Self> {
        composed::convolution::input_gradient::<Self>(weight, output_gradient, size, options)
    }

    /// The gradient of [`convolution`](Self::convolution) with respect to its weight, whose rows and columns
    /// are `kernel`.
    fn convolution_weight_gradient(
        input: FloatTensor<Self>,
        output_gradient: FloatTensor<Self>,
        kernel: [usize; 2],
        options: ConvOptions,
    ) -> FloatTensor<Self> {
        composed::convolution::weight_gradient::<Self>(input, output_gradient, kernel, options)
    }

    /// Normalises each channel of `input [batch, channels, height, width]` by its own mean and
    /// biased variance, then scales and shifts it (`[channels]` each).
    fn batch_norm(
        input: FloatTensor<Self>,
        scale: FloatTensor<Self>,
        shift: FloatTensor<Self>,
        epsilon: f64,
    ) -> BatchNormOutput<Self> {
        composed::batch_norm::forward::<Self>(input, scale, shift, epsilon)
    }

    /// Gradients of [`batch_norm`](Self::batch_norm), which gave the `statistics`.
    fn batch_norm_gradients(
        input: FloatTensor<Self>,
        scale: FloatTensor<Self>,
        output_gradient: FloatTensor<Self>,
        statistics: BatchNormStatistics<Self>,
        wanted: BatchNormWanted,
    ) -> BatchNormGradients<Self> {
        composed::batch_norm::gradients::<Self>(input, scale, output_gradient, statistics, wanted)
    }

    /// [`batch_norm`](Self::batch_norm) with [`rectify`](Self::rectify) of its output, in one pass where the backend can.
    fn batch_norm_rectified(
        input: FloatTensor<Self>,
        scale: FloatTensor<Self>,
        shift: FloatTensor<Self>,
        epsilon: f64,
    ) -> BatchNormOutput<Self> {
        composed::batch_norm::forward_rectified::<Self>(input, scale, shift, epsilon)
    }

    /// [`convolution`](Self::convolution) with `weight` of what [`batch_norm_rectified`](Self::batch_norm_rectified) puts out. Its
    /// `output` is the convolution's.
    ///
    /// Autodiff does not keep what lies between the two and computes it again for the gradient, which takes a pass over memory
    /// and saves a tensor of the input's size.
    fn batch_norm_rectified_convolution(
        input: FloatTensor<Self>,
        [scale, shift]: [FloatTensor<Self>; 2],
        epsilon: f64,
        weight: FloatTensor<Self>,
        options: ConvOptions,
    ) -> BatchNormOutput<Self> {
        let found = Self::batch_norm_rectified(input, scale, shift, epsilon);
        BatchNormOutput { output: Self::convolution(found.output, weight, options), ..found }
    }

    /// Gradients of [`batch_norm_rectified`](Self::batch_norm_rectified) with this `shift [channels]`, which gave `output` and the
    /// `statistics`.
    fn batch_norm_rectified_gradients(
        input: FloatTensor<Self>,
        [scale, shift]: [FloatTensor<Self>; 2],
        output: FloatTensor<Self>,
        output_gradient: FloatTensor<Self>,
        statistics: BatchNormStatistics<Self>,
        wanted: BatchNormWanted,
    ) -> BatchNormGradients<Self> {
        let _ = shift;
        composed::batch_norm::gradients_rectified::<Self>(input, scale, output, output_gradient, statistics, wanted)
    }

    /// Gradients of the input gradient that [`batch_norm_gradients`](Self::batch_norm_gradients)
    /// gives, where `cotangent [batch, channels, height, width]` is the gradient of a loss with
    /// respect to it.
    fn batch_norm_second(
        input: FloatTensor<Self>,
        scale: FloatTensor<Self>,
        output_gradient: FloatTensor<Self>,
        statistics: BatchNormStatistics<Self>,
        cotangent: FloatTensor<Self>,
    ) -> BatchNormSecond<Self> {
        composed::batch_norm::second::<Self>(input, scale, output_gradient, statistics, cotangent)
    }

    /// `max(input, 0)`, of any shape.
    fn rectify(input: FloatTensor<Self>) -> FloatTensor<Self> {
        Self::relu(input)
    }

    /// `output_gradient` where `output > 0`, else 0: the gradient of [`rectify`](Self::rectify).
    fn rectify_gradient(output: FloatTensor<Self>, output_gradient: FloatTensor<Self>) -> FloatTensor<Self> {
        Self::relu_backward(output, output_gradient)
    }

    /// `max(left + right, 0)`, of equal shapes: the end of a residual block.
    fn add_rectify(left: FloatTensor<Self>, right: FloatTensor<Self>) -> FloatTensor<Self> {
        Self::rectify(Self::float_add(left, right))
    }

    /// `input [batch, channels, height, width]` with `numbers [channels]` added to every position: a
    /// convolution's bias.
    fn add_to_channels(input: FloatTensor<Self>, numbers: FloatTensor<Self>) -> FloatTensor<Self> {
        composed::channels::add::<Self>(input, numbers)
    }

    /// The sums over batch, rows and columns of `input [batch, channels, height, width]`, `[channels]`:
    /// the gradient of [`add_to_channels`](Self::add_to_channels) with respect to the numbers.
    fn channel_sums(input: FloatTensor<Self>) -> FloatTensor<Self> {
        composed::channels::sums::<Self>(input)
    }

    /// `numbers [channels]`, each at every position of its channel: `[batch, channels, height, width]`, which `shape` is. The transpose
    /// of [`channel_sums`](Self::channel_sums).
    fn fill_channels(numbers: FloatTensor<Self>, shape: [usize; 4]) -> FloatTensor<Self> {
        composed::channels::fill::<Self>(numbers, shape)
    }

    /// `input [batch, channels, height, width]` with every position multiplied by the number of its channel,
    /// `numbers [channels]`.
    fn scale_channels(input: FloatTensor<Self>, numbers: FloatTensor<Self>) -> FloatTensor<Self> {
        composed::channels::scale::<Self>(input, numbers)
    }

    /// [`scale_channels`](Self::scale_channels) by `factors [channels]` and then
    /// [`add_to_channels`](Self::add_to_channels) of `numbers [channels]`, in one pass: normalisation with given statistics.
    fn affine_channels(
        input: FloatTensor<Self>,
        factors: FloatTensor<Self>,
        numbers: FloatTensor<Self>,
    ) -> FloatTensor<Self> {
        Self::add_to_channels(Self::scale_channels(input, factors), numbers)
    }

    /// The sums over batch, rows and columns of `left * right`, both `[batch, channels, height, width]`: `[channels]`, the
    /// gradient of [`scale_channels`](Self::scale_channels) with respect to the numbers.
    fn channel_products(left: FloatTensor<Self>, right: FloatTensor<Self>) -> FloatTensor<Self> {
        composed::channels::products::<Self>(left, right)
    }

    /// The sums over the channels of `input [batch, channels, height, width]`, `[batch, 1, height, width]`.
    fn sum_over_channels(input: FloatTensor<Self>) -> FloatTensor<Self> {
        composed::channels::over::<Self>(input)
    }

    /// `input [batch, 1, height, width]` for each of so many channels, `[batch, channels, height, width]`: the transpose of
    /// [`sum_over_channels`](Self::sum_over_channels).
    fn repeat_channels(input: FloatTensor<Self>, channels: usize) -> FloatTensor<Self> {
        composed::channels::repeat::<Self>(input, channels)
    }

    /// The sums over the channels of `left * right`, both `[batch, channels, height, width]`: `[batch, 1, height, width]`.
    fn products_over_channels(left: FloatTensor<Self>, right: FloatTensor<Self>) -> FloatTensor<Self> {
        composed::channels::products_over::<Self>(left, right)
    }

    /// [`products_over_channels`](Self::products_over_channels) of `input` with itself.
    fn squares_over_channels(input: FloatTensor<Self>) -> FloatTensor<Self> {
        Self::products_over_channels(input.clone(), input)
    }

    /// `input [batch, channels, height, width]` with every channel multiplied by `numbers [batch, 1, height, width]`: the
    /// gradient of [`products_over_channels`](Self::products_over_channels) with respect to one of them, where `input` is the
    /// other.
    fn scale_by_planes(input: FloatTensor<Self>, numbers: FloatTensor<Self>) -> FloatTensor<Self> {
        composed::channels::scale_by_planes::<Self>(input, numbers)
    }

    /// `left [batch, channels, height, width]` with the channels of `right` behind its own; the other sizes are equal.
    fn concatenate_channels(left: FloatTensor<Self>, right: FloatTensor<Self>) -> FloatTensor<Self> {
        composed::channels::concatenate::<Self>(left, right)
    }

    /// `count` channels of `input [batch, channels, height, width]`, from the channel `from` on: the gradient of
    /// [`concatenate_channels`](Self::concatenate_channels).
    fn take_channels(input: FloatTensor<Self>, from: usize, count: usize) -> FloatTensor<Self> {
        composed::channels::take::<Self>(input, from, count)
    }

    /// `input [batch, channels, height, width]` as the channels from `from` on among `total`, zeros in the others: the
    /// transpose of [`take_channels`](Self::take_channels).
    fn place_channels(input: FloatTensor<Self>, from: usize, total: usize) -> FloatTensor<Self> {
        composed::channels::place::<Self>(input, from, total)
    }

    /// `input [batch, channels, height, width]` interpolated linearly to `size` rows and columns, the
    /// outermost pixels of both on each other.
    fn resize_aligned(input: FloatTensor<Self>, size: [usize; 2]) -> FloatTensor<Self> {
        composed::interpolation::forward::<Self>(input, size)
    }

    /// The transpose of [`resize_aligned`](Self::resize_aligned), which made `output_gradient`'s size of
    /// `size`: its gradient with respect to an input of `size` rows and columns.
    fn resize_aligned_gradient(output_gradient: FloatTensor<Self>, size: [usize; 2]) -> FloatTensor<Self> {
        composed::interpolation::transposed::<Self>(output_gradient, size)
    }

    /// From each window the entry of `values [batch, channels, height, width]` at the place of the window's largest entry
    /// of `chooser`, of the same shape: `[batch, channels, rows, columns]`.
    ///
    /// Of equal entries the first in row-major order counts, as in PyTorch. The chooser is a constant to
    /// autodiff; with the input in both places this is maximum pooling.
    fn gather_maxima(chooser: FloatTensor<Self>, values: FloatTensor<Self>, options: PoolOptions) -> FloatTensor<Self> {
        composed::pooling::gather_maxima::<Self>(chooser, values, options)
    }

    /// The transpose of [`gather_maxima`](Self::gather_maxima): each entry of
    /// `values [batch, channels, rows, columns]` is added at the place of its window's largest entry of
    /// `chooser [batch, channels, height, width]`; zeros elsewhere.
    fn scatter_maxima(
        chooser: FloatTensor<Self>,
        values: FloatTensor<Self>,
        options: PoolOptions,
    ) -> FloatTensor<Self> {
        composed::pooling::scatter_maxima::<Self>(chooser, values, options)
    }

    /// The largest of each pixel and its eight neighbours in `mask [batch, channels, height, width]`, of the same shape. A
    /// constant to autodiff: masks have no gradient.
    fn dilate(mask: FloatTensor<Self>) -> FloatTensor<Self> {
        composed::pooling::dilate::<Self>(mask)
    }

    /// `left + right`, of equal shapes: what gradients from several places amount to.
    fn sum(left: FloatTensor<Self>, right: FloatTensor<Self>) -> FloatTensor<Self> {
        Self::float_add(left, right)
    }

    /// `running * (1 - share) + newest * factor * share`, of equal shapes: a running average. A constant to autodiff.
    fn running_average(
        running: FloatTensor<Self>,
        newest: FloatTensor<Self>,
        share: f64,
        factor: f64,
    ) -> FloatTensor<Self> {
        composed::running_average::<Self>(running, newest, share, factor)
    }

    /// One step of Adam on one parameter (Kingma and Ba 2015; PyTorch's reading, where epsilon is
    /// added after the bias correction of the second moment). `time` counts from 1.
    fn adam(
        parameter: FloatTensor<Self>,
        gradient: FloatTensor<Self>,
        moments: AdamMoments<Self>,
        settings: &AdamSettings,
        time: u64,
    ) -> (FloatTensor<Self>, AdamMoments<Self>) {
        composed::adam::step::<Self>(parameter, gradient, moments, settings, time)
    }

    /// [`adam`](Self::adam) of several parameters, in their order: in few launches where launches cost time.
    fn adam_together(
        parameters: Vec<AdamParameter<Self>>,
        settings: &AdamSettings,
    ) -> Vec<(FloatTensor<Self>, AdamMoments<Self>)> {
        let step = |one: AdamParameter<Self>| Self::adam(one.parameter, one.gradient, one.moments, settings, one.time);
        parameters.into_iter().map(step).collect()
    }
}

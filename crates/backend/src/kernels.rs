//! The operations a backend offers beyond Burn's own.

use crate::{adam::AdamSettings, composed};
use burn::tensor::{backend::Backend, ops::FloatTensor};

/// Geometry of a two-dimensional convolution; the kernel's size is in the weight's shape.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ConvOptions {
    /// Rows and columns between neighbouring windows; at least 1.
    pub stride: [usize; 2],
    /// Zeros added on either side of the rows and of the columns.
    pub padding: [usize; 2],
}

/// What training-mode batch normalisation returns.
#[derive(Debug, Clone)]
pub struct BatchNormOutput<B: Backend> {
    /// The normalised, scaled and shifted batch, `[batch, channels, height, width]`.
    pub output: FloatTensor<B>,
    /// Biased variance of the batch, `[channels]`. A constant to autodiff.
    pub variance: FloatTensor<B>,
    /// The other statistics, constants to autodiff.
    pub statistics: BatchNormStatistics<B>,
}

/// What a batch was normalised with.
///
/// The operations that take one treat it as a function of the input it came from, and differentiate
/// it as such, although its tensors are constants.
#[derive(Debug, Clone)]
pub struct BatchNormStatistics<B: Backend> {
    /// Mean of the batch, `[channels]`.
    pub mean: FloatTensor<B>,
    /// `1 / sqrt(variance + epsilon)`, `[channels]`.
    pub reciprocal_deviation: FloatTensor<B>,
    /// What was added to the variance.
    pub epsilon: f64,
}

/// Which gradients of batch normalisation are needed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BatchNormWanted {
    /// The gradient of the input.
    pub input: bool,
    /// The gradients of scale and shift.
    pub parameters: bool,
}

/// Gradients of training-mode batch normalisation; at least the wanted ones are there.
#[derive(Debug, Clone)]
pub struct BatchNormGradients<B: Backend> {
    /// With respect to the input, `[batch, channels, height, width]`.
    pub input: Option<FloatTensor<B>>,
    /// With respect to scale and shift, `[channels]` each.
    pub parameters: Option<(FloatTensor<B>, FloatTensor<B>)>,
}

/// Gradients of batch normalisation's input gradient, seen as a function of three tensors.
#[derive(Debug, Clone)]
pub struct BatchNormSecond<B: Backend> {
    /// With respect to the input, `[batch, channels, height, width]`.
    pub input: FloatTensor<B>,
    /// With respect to the output's gradient, `[batch, channels, height, width]`.
    pub output_gradient: FloatTensor<B>,
    /// With respect to the scale, `[channels]`.
    pub scale: FloatTensor<B>,
}

/// Running means of the gradient and of its square, each of the parameter's shape.
#[derive(Debug, Clone)]
pub struct AdamMoments<B: Backend> {
    /// Running mean of the gradient.
    pub first: FloatTensor<B>,
    /// Running mean of the squared gradient.
    pub second: FloatTensor<B>,
}

/// A backend with the operations of this crate.
///
/// Every method has a default made of Burn's own operations, so a backend joins with an empty
/// `impl`. The defaults are right on backends where Burn is not: Burn 0.21's direct transposed
/// convolution on GPUs returns zeros where a kernel is smaller than the stride (each 1x1 shortcut
/// of a ResNet); here the kernel is padded to the stride first.
///
/// `Autodiff<B>` implements the trait for every `B` that does, whence derivatives of any order.
/// Tensors are primitives; [`ops`](crate::ops) has the same on [`Tensor`](burn::tensor::Tensor)s.
///
/// # Panics
/// Methods panic when shapes do not fit, as Burn's own operations do.
pub trait Kernels: Backend {
    /// Cross-correlates `input [batch, in, height, width]` with `weight [out, in, rows, columns]`.
    fn convolution(input: FloatTensor<Self>, weight: FloatTensor<Self>, options: ConvOptions) -> FloatTensor<Self> {
        composed::convolution::forward::<Self>(input, weight, options)
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

    /// From each 2 x 2 window (of stride 2; a last row or column without a partner is in none) the
    /// entry of `values [batch, channels, height, width]` at the place of the window's largest entry of
    /// `chooser`, of the same shape: `[batch, channels, height / 2, width / 2]`.
    ///
    /// Of equal entries the first in row-major order counts, as in PyTorch. The chooser is a constant to
    /// autodiff; with the input in both places this is maximum pooling.
    fn gather_maxima(chooser: FloatTensor<Self>, values: FloatTensor<Self>) -> FloatTensor<Self> {
        composed::pooling::gather_maxima::<Self>(chooser, values)
    }

    /// The transpose of [`gather_maxima`](Self::gather_maxima): each entry of
    /// `values [batch, channels, height / 2, width / 2]` at the place of its window's largest entry of
    /// `chooser [batch, channels, height, width]`, zeros elsewhere.
    fn scatter_maxima(chooser: FloatTensor<Self>, values: FloatTensor<Self>) -> FloatTensor<Self> {
        composed::pooling::scatter_maxima::<Self>(chooser, values)
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
}

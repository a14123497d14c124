//! The arguments and results of the operations of [`Kernels`](crate::Kernels) other than tensors.

use burn::tensor::{backend::Backend, ops::FloatTensor};

/// Geometry of a two-dimensional convolution; the kernel's size is in the weight's shape,
/// `[outputs, inputs / groups, rows, columns]`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ConvOptions {
    /// Rows and columns between neighbouring windows; at least 1.
    pub stride: [usize; 2],
    /// Zeros added on either side of the rows and of the columns.
    pub padding: [usize; 2],
    /// Parts of equal size that the channels are cut into: outputs of one part see inputs of the same part only. At least
    /// 1; as many as there are channels for a convolution of each channel alone.
    pub groups: usize,
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

/// The statistics that a batch was normalised with.
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

/// Gradients of training-mode batch normalisation; at least the requested ones are present.
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

/// Settings of Adam (Kingma and Ba 2015), without weight decay.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct AdamSettings {
    /// Step length.
    pub learning_rate: f64,
    /// Decay of the mean gradient, in `[0, 1)`.
    pub beta1: f64,
    /// Decay of the mean squared gradient, in `[0, 1)`.
    pub beta2: f64,
    /// Added to the denominator.
    pub epsilon: f64,
}

impl AdamSettings {
    /// PyTorch's defaults at a learning rate: betas 0.9 and 0.999, epsilon 1e-8.
    pub fn new(learning_rate: f64) -> Self {
        Self { learning_rate, beta1: 0.9, beta2: 0.999, epsilon: 1e-8 }
    }

    /// The factors that undo the zero start of the moments at step `time`, which counts from 1.
    pub(crate) fn corrections(&self, time: u64) -> Corrections {
        let exponent = time as f64;
        Corrections { first: 1.0 - self.beta1.powf(exponent), second_root: (1.0 - self.beta2.powf(exponent)).sqrt() }
    }
}

pub(crate) struct Corrections {
    pub(crate) first: f64,
    pub(crate) second_root: f64,
}

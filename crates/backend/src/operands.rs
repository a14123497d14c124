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

/// What follows a convolution, in this order; see [`Kernels::convolution_with`](crate::Kernels::convolution_with). The default
/// is nothing.
#[derive(Debug, Clone)]
pub struct Epilogue<B: Backend> {
    /// Every position is multiplied with its channel's, `[outputs]`.
    pub factors: Option<FloatTensor<B>>,
    /// Its channel's is added to every position, `[outputs]`.
    pub numbers: Option<FloatTensor<B>>,
    /// Added, of the result's shape.
    pub summand: Option<FloatTensor<B>>,
    /// Whether a rectifier is last.
    pub rectified: bool,
}

impl<B: Backend> Default for Epilogue<B> {
    fn default() -> Self {
        Self { factors: None, numbers: None, summand: None, rectified: false }
    }
}

/// Windows that a maximum is taken over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PoolOptions {
    /// Rows and columns of a window; more than the padding.
    pub kernel: [usize; 2],
    /// Rows and columns between neighbouring windows; at least 1.
    pub stride: [usize; 2],
    /// Rows and columns on either side that windows may reach over; a maximum is never there.
    pub padding: [usize; 2],
}

impl PoolOptions {
    /// Windows of 2 x 2 that do not overlap: PyTorch's `max_pool2d(input, 2)`.
    pub const PAIRS: Self = Self { kernel: [2; 2], stride: [2; 2], padding: [0; 2] };

    /// Every other window of 3 x 3, the first around the first pixel: PyTorch's `max_pool2d(input, 3, 2, 1)`.
    pub const STEM: Self = Self { kernel: [3; 2], stride: [2; 2], padding: [1; 2] };

    /// Rows and columns of the result for images of `size`.
    ///
    /// # Panics
    /// Where a kernel is within the padding or larger than the image with its padding, or a stride is 0.
    pub(crate) fn output_size(&self, size: [usize; 2]) -> [usize; 2] {
        [0, 1].map(|axis| {
            let (kernel, padded) = (self.kernel[axis], size[axis] + 2 * self.padding[axis]);
            let fits = self.padding[axis] < kernel && self.stride[axis] > 0 && kernel <= padded;
            assert!(fits, "{self:?} over {size:?}");
            (padded - kernel) / self.stride[axis] + 1
        })
    }
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

/// A parameter that [`Kernels::adam_together`](crate::Kernels::adam_together) moves.
#[derive(Debug, Clone)]
pub struct AdamParameter<B: Backend> {
    /// The parameter, of any shape.
    pub parameter: FloatTensor<B>,
    /// Its gradient, of the same shape.
    pub gradient: FloatTensor<B>,
    /// Its moments.
    pub moments: AdamMoments<B>,
    /// The number of this step of the parameter, from 1.
    pub time: u64,
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

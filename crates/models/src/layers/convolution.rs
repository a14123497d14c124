//! Convolution with and without bias.

use super::{BatchNorm, biases};
use crate::initialise::{self, Initialisation};
use burn::{
    module::{Module, Param},
    tensor::{Tensor, backend::Backend},
};
use herring_backend::{ConvOptions, Kernels, PoolOptions, ops, pooling};
use rand::Rng;

/// The configuration of a [`Convolution`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ConvolutionConfig {
    /// Channels of the input.
    pub inputs: usize,
    /// Channels of the output.
    pub outputs: usize,
    /// Rows and columns of the kernel.
    pub kernel: usize,
    /// Rows and columns between neighbouring windows.
    pub stride: usize,
    /// Zeros on each side.
    pub padding: usize,
    /// Parts of equal size that the channels are cut into, at least 1; as many as there are channels for a convolution of
    /// each channel alone.
    pub groups: usize,
    /// Whether the layer has a bias.
    pub bias: bool,
    /// How the weight is drawn; a bias is always drawn by PyTorch's default.
    pub initialisation: Initialisation,
}

/// A two-dimensional convolution.
#[derive(Module, Debug)]
pub struct Convolution<B: Backend> {
    /// `[outputs, inputs / groups, rows, columns]`.
    pub weight: Param<Tensor<B, 4>>,
    /// `[outputs]`.
    pub bias: Option<Param<Tensor<B, 1>>>,
    stride: usize,
    padding: usize,
    groups: usize,
    same: bool,
}

impl<B: Kernels> Convolution<B> {
    /// A square kernel without bias and with weights by [`initialise::kaiming_normal`]; `padding`
    /// zeros on each side.
    pub fn new(
        [inputs, outputs]: [usize; 2],
        kernel: usize,
        stride: usize,
        padding: usize,
        random: &mut impl Rng,
        device: &B::Device,
    ) -> Self {
        let initialisation = Initialisation::KaimingNormal;
        let config =
            ConvolutionConfig { inputs, outputs, kernel, stride, padding, groups: 1, bias: false, initialisation };
        Self::from_config(&config, random, device)
    }

    /// A square kernel; first the weight is drawn, then the bias.
    pub fn from_config(config: &ConvolutionConfig, random: &mut impl Rng, device: &B::Device) -> Self {
        let shape = [config.outputs, config.inputs / config.groups, config.kernel, config.kernel];
        let weight = initialise::parameter(config.initialisation.convolution(shape, random), shape, device);
        let bound = initialise::default_bound(shape[1..].iter().product());
        let bias = config.bias.then(|| {
            let values = initialise::uniform(config.outputs, bound, random);
            initialise::parameter(values, [config.outputs], device)
        });
        Self { weight, bias, stride: config.stride, padding: config.padding, groups: config.groups, same: false }
    }

    /// With TensorFlow's margins `SAME` in the place of the padding: as many zeros as an output of `length / stride` positions,
    /// rounded up, needs, half of them on each side, and an odd one below or right.
    #[must_use]
    pub fn with_same_margins(self) -> Self {
        Self { padding: 0, same: true, ..self }
    }

    /// Stride and padding; without the margins of [`with_same_margins`](Self::with_same_margins), which depend on the input.
    pub fn options(&self) -> ConvOptions {
        ConvOptions { stride: [self.stride; 2], padding: [self.padding; 2], groups: self.groups }
    }

    /// Weight and options of a convolution that is nothing else: without bias and without margins that depend on the input.
    pub(super) fn plain(&self) -> Option<(Tensor<B, 4>, ConvOptions)> {
        (self.bias.is_none() && !self.same).then(|| (self.weight.val(), self.options()))
    }

    /// `[batch, inputs, height, width]` to `[batch, outputs, height', width']`.
    pub fn forward(&self, input: Tensor<B, 4>) -> Tensor<B, 4> {
        self.run(input, false)
    }

    /// [`forward`](Self::forward) with a rectifier behind it, in fewer passes over memory.
    pub fn forward_rectified(&self, input: Tensor<B, 4>) -> Tensor<B, 4> {
        self.run(input, true)
    }

    fn run(&self, input: Tensor<B, 4>, rectified: bool) -> Tensor<B, 4> {
        let (input, options) = self.with_margins(input);
        let weight = self.weight.val();
        let output = match &self.bias {
            Some(bias) if bias.dims()[0] == weight.dims()[0] => {
                return ops::convolution_biased(input, weight, bias.val(), options, rectified);
            }
            _ => self.add_bias(ops::convolution(input, weight, options)),
        };
        if rectified { ops::rectify(output) } else { output }
    }

    /// A convolution without bias, normalised by the running statistics of `norm`, then perhaps a sum with another of the
    /// result's shape, then perhaps a rectifier.
    pub(crate) fn forward_evaluated(
        &self,
        input: Tensor<B, 4>,
        norm: &BatchNorm<B>,
        summand: Option<Tensor<B, 4>>,
        rectified: bool,
    ) -> Tensor<B, 4> {
        let (input, options) = self.with_margins(input);
        let weight = self.weight.val();
        if let (None, Some(affine)) = (&self.bias, norm.running_affine()) {
            return ops::convolution_affine(input, weight, options, affine, summand, rectified);
        }
        let normalised = norm.of_running(self.add_bias(ops::convolution(input, weight, options)));
        match (summand, rectified) {
            (Some(summand), true) => ops::add_rectify(normalised, summand),
            (Some(summand), false) => normalised + summand,
            (None, true) => ops::rectify(normalised),
            (None, false) => normalised,
        }
    }

    /// The maximum of [`forward`](Self::forward) over windows. The bias is added to the maxima, which has the same result and
    /// less work.
    pub fn forward_maximum(&self, input: Tensor<B, 4>, windows: PoolOptions) -> Tensor<B, 4> {
        let (input, options) = self.with_margins(input);
        self.add_bias(pooling::maximum(ops::convolution(input, self.weight.val(), options), windows))
    }

    /// The input with the odd rows and columns of its margins, and the options with the even ones.
    fn with_margins(&self, mut input: Tensor<B, 4>) -> (Tensor<B, 4>, ConvOptions) {
        let mut options = self.options();
        if !self.same {
            return (input, options);
        }
        let [_, _, rows, columns] = self.weight.dims();
        for (side, kernel) in [rows, columns].into_iter().enumerate() {
            let mut shape = input.dims();
            let (length, stride) = (shape[2 + side], self.stride);
            let margin = ((length.div_ceil(stride) - 1) * stride + kernel).saturating_sub(length);
            options.padding[side] = margin / 2;
            if margin % 2 == 1 {
                shape[2 + side] = 1;
                let zeros = Tensor::zeros(shape, (&input.device(), input.dtype()));
                input = Tensor::cat(vec![input, zeros], 2 + side);
            }
        }
        (input, options)
    }

    fn add_bias(&self, output: Tensor<B, 4>) -> Tensor<B, 4> {
        match &self.bias {
            Some(bias) => biases::add(output, bias.val()),
            None => output,
        }
    }
}

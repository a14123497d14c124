//! A convolution without bias followed by batch normalisation: `0` and `1` in torchvision's names.

use super::{BatchNorm, Convolution, ConvolutionConfig};
use crate::{
    initialise::Initialisation,
    trace::{BatchStatistics, Mode},
};
use burn::tensor::Tensor;
use herring_backend::Kernels;
use rand::Rng;

/// A convolution and its normalisation.
pub(crate) type ConvNorm<B> = (Convolution<B>, BatchNorm<B>);

/// Sizes of a [`ConvNorm`]; its kernel is square and its padding keeps the image's size at a stride of 1.
#[derive(Debug, Clone, Copy)]
pub(crate) struct ConvNormConfig {
    pub(crate) inputs: usize,
    pub(crate) outputs: usize,
    pub(crate) kernel: usize,
    pub(crate) stride: usize,
    pub(crate) groups: usize,
}

impl ConvNormConfig {
    /// Kernels of 1 x 1.
    pub(crate) fn pointwise(inputs: usize, outputs: usize) -> Self {
        Self { inputs, outputs, kernel: 1, stride: 1, groups: 1 }
    }

    /// A kernel for each channel.
    pub(crate) fn depthwise(channels: usize, kernel: usize, stride: usize) -> Self {
        Self { inputs: channels, outputs: channels, kernel, stride, groups: channels }
    }

    /// The layers, with weights Kaiming normal over the outputs.
    pub(crate) fn init<B: Kernels>(self, random: &mut impl Rng, device: &B::Device) -> ConvNorm<B> {
        let Self { inputs, outputs, kernel, stride, groups } = self;
        let (padding, bias, initialisation) = (kernel / 2, false, Initialisation::KaimingNormal);
        let config = ConvolutionConfig { inputs, outputs, kernel, stride, padding, groups, bias, initialisation };
        (Convolution::from_config(&config, random, device), BatchNorm::new(outputs, device))
    }
}

/// Applies both to `input`.
pub(crate) fn forward<B: Kernels>(
    (convolution, norm): &ConvNorm<B>,
    input: Tensor<B, 4>,
    mode: Mode,
    statistics: &mut Vec<BatchStatistics<B>>,
) -> Tensor<B, 4> {
    norm.forward(convolution.forward(input), mode, statistics)
}

/// Applies both to `input` and rectifies, in fewer passes over memory.
pub(crate) fn forward_rectified<B: Kernels>(
    convolution: &Convolution<B>,
    norm: &BatchNorm<B>,
    input: Tensor<B, 4>,
    mode: Mode,
    statistics: &mut Vec<BatchStatistics<B>>,
) -> Tensor<B, 4> {
    match mode {
        Mode::Train => norm.forward_rectified(convolution.forward(input), mode, statistics),
        Mode::Evaluate => convolution.forward_evaluated(input, norm, None, true),
    }
}

/// The layers with the next entry of what a pass measured.
pub(crate) fn absorb<B: Kernels>(
    (convolution, norm): ConvNorm<B>,
    statistics: &mut impl Iterator<Item = BatchStatistics<B>>,
) -> ConvNorm<B> {
    (convolution, norm.absorb_next(statistics))
}

/// `channels` times `percent / 100`, rounded to a multiple of 8 that is at least 8 and not below nine tenths of it, as
/// torchvision does.
pub(crate) fn scaled_channels(channels: usize, percent: usize) -> usize {
    let exact = (channels * percent) as f64 / 100.0;
    let rounded = (((exact + 4.0) as usize) / 8 * 8).max(8);
    if (rounded as f64) < 0.9 * exact { rounded + 8 } else { rounded }
}

//! EfficientNet-B0 (Tan and Le 2019) in torchvision's layout and names: inverted residuals with squeeze and excitation.
//!
//! `features.0` is a 3x3 convolution of stride 2; `features.1` to `7` are the stages of `STAGES`; `features.8` is a 1x1
//! convolution. The activation is SiLU. The taps are the outputs of `features` 2, 3, 5 and 8, the last ones at strides of 4,
//! 8, 16 and 32.
//!
//! Before the last layer is a dropout of 0.2. In training a block with a shortcut is left out for a share of the images
//! (stochastic depth), which grows from 0 at the first of n blocks to 0.2 (n - 1) / n at the last.

use crate::{
    first_convolution::FirstConvolution,
    initialise::Initialisation,
    layers::{
        Convolution, ConvolutionConfig, Dropout, Linear,
        conv_norm::{self, ConvNorm, ConvNormConfig, scaled_channels},
    },
    trace::{BatchStatistics, Classifier, Mode, Stackable, TapHook, Taps, Trace},
};
use burn::{
    module::Module,
    tensor::{Tensor, activation::sigmoid, backend::Backend},
};
use herring_backend::{Autodiff, Kernels, ops, pooling};
use rand::Rng;

/// Expansion of the channels, kernel, stride of the first block, and channels of the output of each stage.
const STAGES: [[usize; 4]; 7] =
    [[1, 3, 1, 16], [6, 3, 2, 24], [6, 5, 2, 40], [6, 3, 2, 80], [6, 5, 1, 112], [6, 5, 2, 192], [6, 3, 1, 320]];

/// Places of the taps among the features.
const TAPS: [usize; 4] = [2, 3, 5, 8];

/// Share of the features that are dropped in training.
const DROPOUT: f64 = 0.2;
/// Share of the images for which block n of n, counted from 0, would be left out in training; others in proportion.
const DEPTH: f64 = 0.2;

/// The configuration of an [`EfficientNet`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EfficientNetConfig {
    /// Channels of the images.
    pub channels: usize,
    /// Channels of the layers in percent of B0's, each rounded to a multiple of 8.
    pub percent: usize,
    /// Blocks of each stage.
    pub blocks: [usize; 7],
    /// Channels of the last convolution.
    pub last: usize,
    /// Classes.
    pub classes: usize,
}

impl EfficientNetConfig {
    /// EfficientNet-B0 for colour images.
    pub fn b0(classes: usize) -> Self {
        Self { channels: 3, percent: 100, blocks: [1, 2, 2, 3, 3, 4, 1], last: 1280, classes }
    }

    /// Length of a trace's pooled features.
    pub fn features(&self) -> usize {
        self.last
    }
}

/// Scales each channel by a number between 0 and 1 that depends on the means of all channels.
#[derive(Module, Debug)]
struct SqueezeExcitation<B: Backend> {
    fc1: Convolution<B>,
    fc2: Convolution<B>,
}

impl<B: Kernels> SqueezeExcitation<B> {
    fn new(channels: usize, squeezed: usize, random: &mut impl Rng, device: &B::Device) -> Self {
        let mut convolution = |inputs, outputs| {
            let (padding, bias, initialisation) = (0, true, Initialisation::PyTorchDefault);
            let config =
                ConvolutionConfig { inputs, outputs, kernel: 1, stride: 1, padding, groups: 1, bias, initialisation };
            Convolution::from_config(&config, random, device)
        };
        let fc1 = convolution(channels, squeezed);
        Self { fc1, fc2: convolution(squeezed, channels) }
    }

    fn forward(&self, input: Tensor<B, 4>) -> Tensor<B, 4> {
        let [batch, channels, _, _] = input.dims();
        let means = pooling::global_average(input.clone()).reshape([batch, channels, 1, 1]);
        input * sigmoid(self.fc2.forward(ops::silu(self.fc1.forward(means))))
    }
}

/// One entry of a block.
#[allow(clippy::large_enum_variant, reason = "a network has a few dozen of them")]
#[derive(Module, Debug)]
enum Part<B: Backend> {
    ConvNorm(ConvNorm<B>),
    Excitation(SqueezeExcitation<B>),
}

/// Expansion by a 1x1 convolution, a depthwise one, squeeze and excitation, and a 1x1 convolution without activation.
#[derive(Module, Debug)]
struct Block<B: Backend> {
    block: Vec<Part<B>>,
    shortcut: bool,
    depth: Dropout,
}

impl<B: Kernels> Block<B> {
    fn new(
        [inputs, outputs]: [usize; 2],
        [expansion, kernel, stride]: [usize; 3],
        depth: Dropout,
        random: &mut impl Rng,
        device: &B::Device,
    ) -> Self {
        let hidden = inputs * expansion;
        let mut block = Vec::with_capacity(4);
        if expansion != 1 {
            block.push(Part::ConvNorm(ConvNormConfig::pointwise(inputs, hidden).init(random, device)));
        }
        block.push(Part::ConvNorm(ConvNormConfig::depthwise(hidden, kernel, stride).init(random, device)));
        block.push(Part::Excitation(SqueezeExcitation::new(hidden, (inputs / 4).max(1), random, device)));
        block.push(Part::ConvNorm(ConvNormConfig::pointwise(hidden, outputs).init(random, device)));
        Self { block, shortcut: stride == 1 && inputs == outputs, depth }
    }

    fn forward(&self, input: Tensor<B, 4>, mode: Mode, statistics: &mut Vec<BatchStatistics<B>>) -> Tensor<B, 4> {
        let mut current = input.clone();
        for (place, part) in self.block.iter().enumerate() {
            current = match part {
                Part::ConvNorm(layers) => {
                    let normalised = conv_norm::forward(layers, current, mode, statistics);
                    if place + 1 == self.block.len() { normalised } else { ops::silu(normalised) }
                }
                Part::Excitation(excitation) => excitation.forward(current),
            };
        }
        if self.shortcut { self.depth.forward_images(current, mode) + input } else { current }
    }

    fn absorb(self, statistics: &mut impl Iterator<Item = BatchStatistics<B>>) -> Self {
        let mut part = |part| match part {
            Part::ConvNorm(layers) => Part::ConvNorm(conv_norm::absorb(layers, statistics)),
            Part::Excitation(excitation) => Part::Excitation(excitation),
        };
        Self { block: self.block.into_iter().map(&mut part).collect(), ..self }
    }
}

/// One entry of `features`.
#[allow(clippy::large_enum_variant, reason = "a network has nine of them")]
#[derive(Module, Debug)]
enum Feature<B: Backend> {
    ConvNorm(ConvNorm<B>),
    Stage(Vec<Block<B>>),
}

/// A network of inverted residuals with squeeze and excitation.
#[derive(Module, Debug)]
pub struct EfficientNet<B: Backend> {
    features: Vec<Feature<B>>,
    classifier: (Dropout, Linear<B>),
}

impl<B: Kernels> EfficientNet<B> {
    /// A network with weights drawn from `random`: convolutions Kaiming normal over the outputs, those of squeeze and
    /// excitation and the last layer by PyTorch's default.
    pub fn new(config: &EfficientNetConfig, random: &mut impl Rng, device: &B::Device) -> Self {
        let scaled = |channels| scaled_channels(channels, config.percent);
        let mut inputs = scaled(32);
        let stem = ConvNormConfig { inputs: config.channels, outputs: inputs, kernel: 3, stride: 2, groups: 1 };
        let mut features = vec![Feature::ConvNorm(stem.init(random, device))];
        let all: usize = config.blocks.iter().sum();
        let mut place = 0;
        for ([expansion, kernel, stride, outputs], count) in STAGES.into_iter().zip(config.blocks) {
            let mut stage = Vec::with_capacity(count);
            for block in 0..count {
                let stride = if block == 0 { stride } else { 1 };
                // The last layer's dropout has place 0.
                let depth = Dropout::new(DEPTH * place as f64 / all as f64, place as u64 + 1);
                place += 1;
                stage.push(Block::new([inputs, scaled(outputs)], [expansion, kernel, stride], depth, random, device));
                inputs = scaled(outputs);
            }
            features.push(Feature::Stage(stage));
        }
        features.push(Feature::ConvNorm(ConvNormConfig::pointwise(inputs, config.last).init(random, device)));
        Self {
            features,
            classifier: (Dropout::new(DROPOUT, 0), Linear::new(config.last, config.classes, random, device)),
        }
    }
}

impl<B: Kernels> Classifier<B> for EfficientNet<B> {
    fn trace_hooked(&self, images: Tensor<B, 4>, mode: Mode, hook: TapHook<'_, B>) -> Trace<B> {
        self.trace_after(self.first_convolution().forward(images), mode, hook)
    }

    fn with_noise(self, key: u64) -> Self {
        let feature = |feature| match feature {
            Feature::ConvNorm(layers) => Feature::ConvNorm(layers),
            Feature::Stage(blocks) => {
                let blocks = blocks.into_iter();
                Feature::Stage(
                    blocks.map(|block: Block<B>| Block { depth: block.depth.with_noise(key), ..block }).collect(),
                )
            }
        };
        let (dropout, last) = self.classifier;
        Self { features: self.features.into_iter().map(feature).collect(), classifier: (dropout.with_noise(key), last) }
    }

    fn absorb(self, statistics: Vec<BatchStatistics<B>>) -> Self {
        let mut statistics = statistics.into_iter();
        let mut feature = |feature| match feature {
            Feature::ConvNorm(layers) => Feature::ConvNorm(conv_norm::absorb(layers, &mut statistics)),
            Feature::Stage(blocks) => {
                Feature::Stage(blocks.into_iter().map(|block: Block<B>| block.absorb(&mut statistics)).collect())
            }
        };
        Self { features: self.features.into_iter().map(&mut feature).collect(), classifier: self.classifier }
    }
}

impl<B: Kernels> FirstConvolution<B> for EfficientNet<B> {
    fn first_convolution(&self) -> &Convolution<B> {
        match &self.features[0] {
            Feature::ConvNorm((convolution, _)) => convolution,
            Feature::Stage(_) => unreachable!("the first layer is a convolution"),
        }
    }

    fn trace_after(&self, first: Tensor<B, 4>, mode: Mode, hook: TapHook<'_, B>) -> Trace<B> {
        let (mut statistics, mut taps, mut current) = (Vec::new(), Taps::new(hook), first);
        for (place, feature) in self.features.iter().enumerate() {
            match feature {
                Feature::ConvNorm((_, norm)) if place == 0 => {
                    current = ops::silu(norm.forward(current, mode, &mut statistics));
                }
                Feature::ConvNorm(layers) => {
                    current = ops::silu(conv_norm::forward(layers, current, mode, &mut statistics));
                }
                Feature::Stage(blocks) => {
                    for block in blocks {
                        current = block.forward(current, mode, &mut statistics);
                    }
                }
            }
            if TAPS.contains(&place) {
                current = taps.show(current);
            }
        }
        let pooled = pooling::global_average(current);
        let (dropout, last) = &self.classifier;
        let logits = last.forward(dropout.forward(pooled.clone(), mode));
        Trace { statistics, ..Trace::with_taps(logits, pooled, taps.into_vec()) }
    }
}

impl<B: Kernels> Stackable<B> for EfficientNet<B> {
    type Lifted = EfficientNet<Autodiff<B>>;
}

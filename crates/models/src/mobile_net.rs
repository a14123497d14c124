//! MobileNetV2 (Sandler et al. 2018) in torchvision's layout and names: inverted residuals of depthwise convolutions.
//!
//! `features.0` is a 3x3 convolution of stride 2; `features.1` to `17` are the blocks of `STAGES`; `features.18` is a 1x1
//! convolution. All but the last convolution of a block are followed by a rectifier that ends at 6. The taps are the last
//! outputs at strides of 4, 8, 16 and 32: those of `features` 3, 6, 13 and 18.
//!
//! Before the last layer is a dropout of 0.2.

use crate::{
    first_convolution::FirstConvolution,
    layers::{
        BatchNorm, Convolution, Dropout, Linear,
        conv_norm::{self, ConvNorm, ConvNormConfig, scaled_channels},
    },
    trace::{BatchStatistics, Classifier, Mode, Stackable, TapHook, Taps, Trace},
};
use burn::{
    module::Module,
    tensor::{Tensor, backend::Backend},
};
use herring_backend::{Autodiff, Kernels, ops, pooling};
use rand::Rng;

/// Expansion of the channels, channels of the output, blocks and stride of the first block of each stage.
const STAGES: [[usize; 4]; 7] =
    [[1, 16, 1, 1], [6, 24, 2, 2], [6, 32, 3, 2], [6, 64, 4, 2], [6, 96, 3, 1], [6, 160, 3, 2], [6, 320, 1, 1]];

/// Places of the taps among the features.
const TAPS: [usize; 4] = [3, 6, 13, 18];

/// Share of the features that are dropped in training.
const DROPOUT: f64 = 0.2;

/// The configuration of a [`MobileNet`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MobileNetConfig {
    /// Channels of the images.
    pub channels: usize,
    /// Channels of the layers in percent of torchvision's, each rounded to a multiple of 8.
    pub percent: usize,
    /// Classes.
    pub classes: usize,
}

impl MobileNetConfig {
    /// Length of a trace's pooled features.
    pub fn features(&self) -> usize {
        scaled_channels(1280, self.percent.max(100))
    }
}

/// One entry of a block.
#[allow(clippy::large_enum_variant, reason = "a network has a few dozen of them")]
#[derive(Module, Debug)]
enum Part<B: Backend> {
    ConvNorm(ConvNorm<B>),
    Convolution(Convolution<B>),
    BatchNorm(BatchNorm<B>),
}

/// Expansion by a 1x1 convolution, a depthwise one, and a 1x1 convolution without rectifier.
#[derive(Module, Debug)]
struct InvertedResidual<B: Backend> {
    conv: Vec<Part<B>>,
    shortcut: bool,
}

impl<B: Kernels> InvertedResidual<B> {
    fn new(
        [inputs, outputs]: [usize; 2],
        [expansion, stride]: [usize; 2],
        random: &mut impl Rng,
        device: &B::Device,
    ) -> Self {
        let hidden = inputs * expansion;
        let mut conv = Vec::with_capacity(4);
        if expansion != 1 {
            conv.push(Part::ConvNorm(ConvNormConfig::pointwise(inputs, hidden).init(random, device)));
        }
        conv.push(Part::ConvNorm(ConvNormConfig::depthwise(hidden, 3, stride).init(random, device)));
        let (convolution, norm) = ConvNormConfig::pointwise(hidden, outputs).init(random, device);
        conv.extend([Part::Convolution(convolution), Part::BatchNorm(norm)]);
        Self { conv, shortcut: stride == 1 && inputs == outputs }
    }

    fn forward(&self, input: Tensor<B, 4>, mode: Mode, statistics: &mut Vec<BatchStatistics<B>>) -> Tensor<B, 4> {
        let mut current = input.clone();
        for part in &self.conv {
            current = match part {
                Part::ConvNorm(layers) => ops::relu6(conv_norm::forward(layers, current, mode, statistics)),
                Part::Convolution(convolution) => convolution.forward(current),
                Part::BatchNorm(norm) => norm.forward(current, mode, statistics),
            };
        }
        if self.shortcut { current + input } else { current }
    }

    fn absorb(self, statistics: &mut impl Iterator<Item = BatchStatistics<B>>) -> Self {
        let mut part = |part| match part {
            Part::ConvNorm(layers) => Part::ConvNorm(conv_norm::absorb(layers, statistics)),
            Part::Convolution(convolution) => Part::Convolution(convolution),
            Part::BatchNorm(norm) => Part::BatchNorm(norm.absorb_next(statistics)),
        };
        Self { conv: self.conv.into_iter().map(&mut part).collect(), shortcut: self.shortcut }
    }
}

/// One entry of `features`.
#[allow(clippy::large_enum_variant, reason = "a network has 19 of them")]
#[derive(Module, Debug)]
enum Feature<B: Backend> {
    ConvNorm(ConvNorm<B>),
    Block(InvertedResidual<B>),
}

/// A network of inverted residuals.
#[derive(Module, Debug)]
pub struct MobileNet<B: Backend> {
    features: Vec<Feature<B>>,
    classifier: (Dropout, Linear<B>),
}

impl<B: Kernels> MobileNet<B> {
    /// A network with weights drawn from `random`: convolutions Kaiming normal over the outputs, the last layer by
    /// PyTorch's default.
    pub fn new(config: &MobileNetConfig, random: &mut impl Rng, device: &B::Device) -> Self {
        let scaled = |channels| scaled_channels(channels, config.percent);
        let mut inputs = scaled(32);
        let stem = ConvNormConfig { inputs: config.channels, outputs: inputs, kernel: 3, stride: 2, groups: 1 };
        let mut features = vec![Feature::ConvNorm(stem.init(random, device))];
        for [expansion, outputs, blocks, stride] in STAGES {
            for block in 0..blocks {
                let stride = if block == 0 { stride } else { 1 };
                let block = InvertedResidual::new([inputs, scaled(outputs)], [expansion, stride], random, device);
                features.push(Feature::Block(block));
                inputs = scaled(outputs);
            }
        }
        let last = ConvNormConfig::pointwise(inputs, config.features());
        features.push(Feature::ConvNorm(last.init(random, device)));
        Self {
            features,
            classifier: (Dropout::new(DROPOUT, 0), Linear::new(config.features(), config.classes, random, device)),
        }
    }
}

impl<B: Kernels> Classifier<B> for MobileNet<B> {
    fn trace_hooked(&self, images: Tensor<B, 4>, mode: Mode, hook: TapHook<'_, B>) -> Trace<B> {
        self.trace_after(self.first_convolution().forward(images), mode, hook)
    }

    fn with_noise(self, key: u64) -> Self {
        let (dropout, last) = self.classifier;
        Self { classifier: (dropout.with_noise(key), last), ..self }
    }

    fn absorb(self, statistics: Vec<BatchStatistics<B>>) -> Self {
        let mut statistics = statistics.into_iter();
        let mut feature = |feature| match feature {
            Feature::ConvNorm(layers) => Feature::ConvNorm(conv_norm::absorb(layers, &mut statistics)),
            Feature::Block(block) => Feature::Block(block.absorb(&mut statistics)),
        };
        Self { features: self.features.into_iter().map(&mut feature).collect(), classifier: self.classifier }
    }
}

impl<B: Kernels> FirstConvolution<B> for MobileNet<B> {
    fn first_convolution(&self) -> &Convolution<B> {
        match &self.features[0] {
            Feature::ConvNorm((convolution, _)) => convolution,
            Feature::Block(_) => unreachable!("the first layer is a convolution"),
        }
    }

    fn trace_after(&self, first: Tensor<B, 4>, mode: Mode, hook: TapHook<'_, B>) -> Trace<B> {
        let (mut statistics, mut taps, mut current) = (Vec::new(), Taps::new(hook), first);
        for (place, feature) in self.features.iter().enumerate() {
            current = match feature {
                Feature::ConvNorm((_, norm)) if place == 0 => ops::relu6(norm.forward(current, mode, &mut statistics)),
                Feature::ConvNorm(layers) => ops::relu6(conv_norm::forward(layers, current, mode, &mut statistics)),
                Feature::Block(block) => block.forward(current, mode, &mut statistics),
            };
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

impl<B: Kernels> Stackable<B> for MobileNet<B> {
    type Lifted = MobileNet<Autodiff<B>>;
}

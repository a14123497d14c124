//! DenseNet (Huang et al. 2017) in torchvision's layout and names: each layer of a block sees the outputs of all layers
//! before it. DenseNet-121 has blocks of 6, 12, 24 and 16 layers, 64 channels after the stem and a growth of 32.
//!
//! | | |
//! |---|---|
//! | `features.conv0`, `norm0` | 7x7 of stride 2, normalisation, rectifier, 3x3 max-pool of stride 2 |
//! | `features.denseblock1` to `4` | layers of `norm1`, rectifier, `conv1` 1x1, `norm2`, rectifier, `conv2` 3x3 |
//! | `features.transition1` to `3` | `norm`, rectifier, `conv` 1x1 to half of the channels, averages over 2x2 |
//! | `features.norm5` | rectifier, mean over all pixels |
//! | `classifier` | |
//!
//! What a convolution reads (a normalisation and its rectifier) is not kept for the gradient but computed again, as in the
//! memory-efficient DenseNet (Pleiss et al. 2017).
//!
//! Which activations tap2024 penalises differs between its paper and its released code: [`DenseNetTaps`].

use crate::{
    first_convolution::FirstConvolution,
    initialise::Initialisation,
    layers::{BatchNorm, Convolution, ConvolutionConfig, Linear},
    trace::{BatchStatistics, Classifier, Mode, Stackable, TapHook, Taps, Trace},
};
use burn::{
    module::Module,
    tensor::{Tensor, backend::Backend},
};
use herring_backend::{Autodiff, Kernels, PoolOptions, ops, pooling};
use rand::Rng;

/// What a trace of a [`DenseNet`] holds as taps.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DenseNetTaps {
    /// The outputs of the three transitions, which no rectifier follows, and that of `norm5` after its rectifier: tap2024's
    /// released code.
    Transitions,
    /// The outputs of the four blocks: tap2024 as printed.
    Blocks,
}

/// The configuration of a [`DenseNet`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DenseNetConfig {
    /// Channels of the images.
    pub channels: usize,
    /// Channels after the stem; an even number.
    pub width: usize,
    /// Channels that each layer adds.
    pub growth: usize,
    /// Channels between the two convolutions of a layer, in growths; torchvision: 4.
    pub bottleneck: usize,
    /// Layers of each block.
    pub blocks: [usize; 4],
    /// Classes.
    pub classes: usize,
    /// What a trace holds as taps.
    pub taps: DenseNetTaps,
}

impl DenseNetConfig {
    /// DenseNet-121 for colour images.
    pub fn densenet_121(classes: usize, taps: DenseNetTaps) -> Self {
        Self { channels: 3, width: 64, growth: 32, bottleneck: 4, blocks: [6, 12, 24, 16], classes, taps }
    }

    /// Length of a trace's pooled features.
    pub fn features(&self) -> usize {
        let before = self.blocks[..3].iter().fold(self.width, |channels, layers| (channels + layers * self.growth) / 2);
        before + self.blocks[3] * self.growth
    }
}

/// A convolution without bias, Kaiming normal over the inputs as torchvision draws it here.
fn convolution<B: Kernels>(
    [inputs, outputs]: [usize; 2],
    [kernel, stride]: [usize; 2],
    random: &mut impl Rng,
    device: &B::Device,
) -> Convolution<B> {
    let (padding, initialisation) = (kernel / 2, Initialisation::KaimingNormalInputs);
    let config = ConvolutionConfig { inputs, outputs, kernel, stride, padding, groups: 1, bias: false, initialisation };
    Convolution::from_config(&config, random, device)
}

#[derive(Module, Debug)]
struct DenseLayer<B: Backend> {
    norm1: BatchNorm<B>,
    conv1: Convolution<B>,
    norm2: BatchNorm<B>,
    conv2: Convolution<B>,
}

#[derive(Module, Debug)]
struct DenseBlock<B: Backend> {
    /// `denselayer1`, `denselayer2`, ... in files: the underscore stands for the number.
    denselayer_: Vec<DenseLayer<B>>,
}

#[derive(Module, Debug)]
struct Transition<B: Backend> {
    norm: BatchNorm<B>,
    conv: Convolution<B>,
}

#[derive(Module, Debug)]
struct Features<B: Backend> {
    conv0: Convolution<B>,
    norm0: BatchNorm<B>,
    denseblock_: Vec<DenseBlock<B>>,
    transition_: Vec<Transition<B>>,
    norm5: BatchNorm<B>,
}

/// A densely connected network.
#[derive(Module, Debug)]
pub struct DenseNet<B: Backend> {
    features: Features<B>,
    classifier: Linear<B>,
    #[module(skip)]
    taps: DenseNetTaps,
}

impl<B: Kernels> DenseNet<B> {
    /// A network with weights drawn from `random`: convolutions Kaiming normal over the inputs, normalisations at scale 1
    /// and shift 0, the last layer by PyTorch's default.
    pub fn new(config: &DenseNetConfig, random: &mut impl Rng, device: &B::Device) -> Self {
        let conv0 = convolution([config.channels, config.width], [7, 2], random, device);
        let (mut channels, mut blocks, mut transitions) = (config.width, Vec::new(), Vec::new());
        for (index, layers) in config.blocks.into_iter().enumerate() {
            let mut block = Vec::with_capacity(layers);
            for _ in 0..layers {
                let between = config.bottleneck * config.growth;
                block.push(DenseLayer {
                    norm1: BatchNorm::new(channels, device),
                    conv1: convolution([channels, between], [1, 1], random, device),
                    norm2: BatchNorm::new(between, device),
                    conv2: convolution([between, config.growth], [3, 1], random, device),
                });
                channels += config.growth;
            }
            blocks.push(DenseBlock { denselayer_: block });
            if index + 1 < config.blocks.len() {
                let conv = convolution([channels, channels / 2], [1, 1], random, device);
                transitions.push(Transition { norm: BatchNorm::new(channels, device), conv });
                channels /= 2;
            }
        }
        let features = Features {
            conv0,
            norm0: BatchNorm::new(config.width, device),
            denseblock_: blocks,
            transition_: transitions,
            norm5: BatchNorm::new(channels, device),
        };
        Self { features, classifier: Linear::new(channels, config.classes, random, device), taps: config.taps }
    }
}

impl<B: Kernels> DenseLayer<B> {
    fn forward(&self, input: Tensor<B, 4>, mode: Mode, statistics: &mut Vec<BatchStatistics<B>>) -> Tensor<B, 4> {
        let between = self.norm1.forward_convolved(input, &self.conv1, mode, statistics);
        self.norm2.forward_convolved(between, &self.conv2, mode, statistics)
    }
}

impl<B: Kernels> Classifier<B> for DenseNet<B> {
    fn trace_hooked(&self, images: Tensor<B, 4>, mode: Mode, hook: TapHook<'_, B>) -> Trace<B> {
        self.trace_after(self.features.conv0.forward(images), mode, hook)
    }

    fn is_homogeneous(&self) -> bool {
        true
    }

    fn absorb(self, statistics: Vec<BatchStatistics<B>>) -> Self {
        let mut statistics = statistics.into_iter();
        let next = &mut statistics;
        let Features { conv0, norm0, denseblock_, transition_, norm5 } = self.features;
        let norm0 = norm0.absorb_next(next);
        let (mut blocks, mut transitions) = (Vec::new(), Vec::new());
        let mut left = transition_.into_iter();
        for block in denseblock_ {
            let layers = block.denselayer_.into_iter().map(|layer| DenseLayer {
                norm1: layer.norm1.absorb_next(next),
                norm2: layer.norm2.absorb_next(next),
                conv1: layer.conv1,
                conv2: layer.conv2,
            });
            blocks.push(DenseBlock { denselayer_: layers.collect() });
            if let Some(transition) = left.next() {
                transitions.push(Transition { norm: transition.norm.absorb_next(next), conv: transition.conv });
            }
        }
        let norm5 = norm5.absorb_next(next);
        let features = Features { conv0, norm0, denseblock_: blocks, transition_: transitions, norm5 };
        Self { features, classifier: self.classifier, taps: self.taps }
    }
}

impl<B: Kernels> FirstConvolution<B> for DenseNet<B> {
    fn first_convolution(&self) -> &Convolution<B> {
        &self.features.conv0
    }

    fn trace_after(&self, first: Tensor<B, 4>, mode: Mode, hook: TapHook<'_, B>) -> Trace<B> {
        let (features, mut statistics) = (&self.features, Vec::new());
        let mut taps = Taps::new(hook);
        let mut shown = |of: DenseNetTaps, current| if self.taps == of { taps.show(current) } else { current };
        let stem = features.norm0.forward_rectified(first, mode, &mut statistics);
        let mut current = pooling::maximum(stem, PoolOptions::STEM);
        for (index, block) in features.denseblock_.iter().enumerate() {
            for layer in &block.denselayer_ {
                let added = layer.forward(current.clone(), mode, &mut statistics);
                current = ops::concatenate_channels(current, added);
            }
            current = shown(DenseNetTaps::Blocks, current);
            if let Some(transition) = features.transition_.get(index) {
                let convolved = transition.norm.forward_convolved(current, &transition.conv, mode, &mut statistics);
                current = pooling::average(convolved, 2);
                current = shown(DenseNetTaps::Transitions, current);
            }
        }
        let last = features.norm5.forward_rectified(current, mode, &mut statistics);
        let pooled = pooling::global_average(shown(DenseNetTaps::Transitions, last));
        let logits = self.classifier.forward(pooled.clone());
        Trace { statistics, ..Trace::with_taps(logits, pooled, taps.into_vec()) }
    }
}

impl<B: Kernels> Stackable<B> for DenseNet<B> {
    type Lifted = DenseNet<Autodiff<B>>;
}

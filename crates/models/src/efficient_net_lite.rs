//! EfficientNet-Lite0 (Liu 2020): EfficientNet-B0 without squeeze and excitation, and with a rectifier that ends at 6 in the place
//! of SiLU.
//!
//! Layers and names are those of the files that were converted from TensorFlow's, without the underscores before each part:
//! `conv_stem` and `bn0`; the blocks of `STAGES` as `blocks.0` to `blocks.15`, each an expansion (`expand_conv`, `bn0`; not in
//! the first block), a depthwise convolution (`depthwise_conv`, `bn1`) and a projection (`project_conv`, `bn2`); `conv_head` and
//! `bn1`; `fc`. Also TensorFlow's are the margins, which have one row and column more below and right where they cannot be even,
//! and 0.001 that is added to each variance.
//!
//! The taps are the last outputs at strides of 4, 8 and 16, those of blocks 2, 4 and 10, and that of `conv_head` behind its
//! rectifier. Before the last layer is a dropout of 0.2. Stochastic depth is as in [`EfficientNet`](crate::EfficientNet).

use crate::{
    first_convolution::FirstConvolution,
    initialise::Initialisation,
    layers::{BatchNorm, Convolution, ConvolutionConfig, Dropout, Linear, conv_norm::scaled_channels},
    trace::{BatchStatistics, Classifier, Mode, Stackable, TapHook, Taps, Trace},
};
use burn::{
    module::Module,
    tensor::{Tensor, backend::Backend},
};
use herring_backend::{Autodiff, Kernels, ops, pooling};
use rand::Rng;

/// Expansion of the channels, kernel, stride of the first block, channels of the output, and blocks of each stage.
const STAGES: [[usize; 5]; 7] = [
    [1, 3, 1, 16, 1],
    [6, 3, 2, 24, 2],
    [6, 5, 2, 40, 2],
    [6, 3, 2, 80, 3],
    [6, 5, 1, 112, 3],
    [6, 5, 2, 192, 4],
    [6, 3, 1, 320, 1],
];

/// Blocks of all stages.
const BLOCKS: usize = 16;
/// Blocks whose outputs are taps.
const TAPS: [usize; 3] = [2, 4, 10];
/// Added to the variance.
const EPSILON: f64 = 1e-3;
/// Share of the features that are dropped in training.
const DROPOUT: f64 = 0.2;
/// Share of the images for which block n of n, counted from 0, would be left out in training; others in proportion.
const DEPTH: f64 = 0.2;

/// The configuration of an [`EfficientNetLite`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EfficientNetLiteConfig {
    /// Channels of the images.
    pub channels: usize,
    /// Channels of the layers in percent of Lite0's, each rounded to a multiple of 8.
    pub percent: usize,
    /// Channels of the last convolution.
    pub last: usize,
    /// Classes.
    pub classes: usize,
}

impl EfficientNetLiteConfig {
    /// EfficientNet-Lite0 for colour images.
    pub fn lite0(classes: usize) -> Self {
        Self { channels: 3, percent: 100, last: 1280, classes }
    }

    /// Length of a trace's pooled features.
    pub fn features(&self) -> usize {
        self.last
    }
}

/// A convolution without bias, with TensorFlow's margins.
fn convolution<B: Kernels>(
    [inputs, outputs]: [usize; 2],
    [kernel, stride]: [usize; 2],
    groups: usize,
    random: &mut impl Rng,
    device: &B::Device,
) -> Convolution<B> {
    let (padding, bias, initialisation) = (0, false, Initialisation::KaimingNormal);
    let config = ConvolutionConfig { inputs, outputs, kernel, stride, padding, groups, bias, initialisation };
    Convolution::from_config(&config, random, device).with_same_margins()
}

/// Expansion by a 1x1 convolution, a depthwise one, and a 1x1 convolution without rectifier.
#[derive(Module, Debug)]
struct Block<B: Backend> {
    expand_conv: Option<Convolution<B>>,
    bn0: Option<BatchNorm<B>>,
    depthwise_conv: Convolution<B>,
    bn1: BatchNorm<B>,
    project_conv: Convolution<B>,
    bn2: BatchNorm<B>,
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
        let norm = |channels| BatchNorm::new(channels, device).with_epsilon(EPSILON);
        let expands = expansion != 1;
        Self {
            expand_conv: expands.then(|| convolution([inputs, hidden], [1, 1], 1, random, device)),
            bn0: expands.then(|| norm(hidden)),
            depthwise_conv: convolution([hidden; 2], [kernel, stride], hidden, random, device),
            bn1: norm(hidden),
            project_conv: convolution([hidden, outputs], [1, 1], 1, random, device),
            bn2: norm(outputs),
            shortcut: stride == 1 && inputs == outputs,
            depth,
        }
    }

    fn forward(&self, input: Tensor<B, 4>, mode: Mode, statistics: &mut Vec<BatchStatistics<B>>) -> Tensor<B, 4> {
        let mut current = input.clone();
        if let (Some(convolution), Some(norm)) = (&self.expand_conv, &self.bn0) {
            current = ops::relu6(norm.forward(convolution.forward(current), mode, statistics));
        }
        let filtered = self.depthwise_conv.forward(current);
        let filtered = ops::relu6(self.bn1.forward(filtered, mode, statistics));
        let projected = self.bn2.forward(self.project_conv.forward(filtered), mode, statistics);
        if self.shortcut { self.depth.forward_images(projected, mode) + input } else { projected }
    }

    fn absorb(self, statistics: &mut impl Iterator<Item = BatchStatistics<B>>) -> Self {
        let bn0 = self.bn0.map(|norm| norm.absorb_next(statistics));
        let bn1 = self.bn1.absorb_next(statistics);
        Self { bn0, bn1, bn2: self.bn2.absorb_next(statistics), ..self }
    }
}

/// A network of inverted residuals without squeeze and excitation.
#[derive(Module, Debug)]
pub struct EfficientNetLite<B: Backend> {
    conv_stem: Convolution<B>,
    bn0: BatchNorm<B>,
    blocks: Vec<Block<B>>,
    conv_head: Convolution<B>,
    bn1: BatchNorm<B>,
    dropout: Dropout,
    fc: Linear<B>,
}

impl<B: Kernels> EfficientNetLite<B> {
    /// A network with weights drawn from `random`: convolutions Kaiming normal over the outputs, the last layer by
    /// PyTorch's default.
    pub fn new(config: &EfficientNetLiteConfig, random: &mut impl Rng, device: &B::Device) -> Self {
        let scaled = |channels| scaled_channels(channels, config.percent);
        let norm = |channels| BatchNorm::new(channels, device).with_epsilon(EPSILON);
        let mut inputs = scaled(32);
        let (conv_stem, bn0) = (convolution([config.channels, inputs], [3, 2], 1, random, device), norm(inputs));
        let mut blocks = Vec::with_capacity(BLOCKS);
        for [expansion, kernel, stride, outputs, count] in STAGES {
            for place in 0..count {
                let rate = DEPTH * blocks.len() as f64 / BLOCKS as f64;
                let depth = Dropout::new(rate, blocks.len() as u64 + 1);
                let stride = if place == 0 { stride } else { 1 };
                let sizes = [inputs, scaled(outputs)];
                blocks.push(Block::new(sizes, [expansion, kernel, stride], depth, random, device));
                inputs = scaled(outputs);
            }
        }
        Self {
            conv_stem,
            bn0,
            blocks,
            conv_head: convolution([inputs, config.last], [1, 1], 1, random, device),
            bn1: norm(config.last),
            dropout: Dropout::new(DROPOUT, 0),
            fc: Linear::new(config.last, config.classes, random, device),
        }
    }
}

impl<B: Kernels> Classifier<B> for EfficientNetLite<B> {
    fn trace_hooked(&self, images: Tensor<B, 4>, mode: Mode, hook: TapHook<'_, B>) -> Trace<B> {
        self.trace_after(self.conv_stem.forward(images), mode, hook)
    }

    fn with_noise(self, key: u64) -> Self {
        let blocks = self.blocks.into_iter();
        let blocks = blocks.map(|block: Block<B>| Block { depth: block.depth.with_noise(key), ..block }).collect();
        Self { blocks, dropout: self.dropout.with_noise(key), ..self }
    }

    fn absorb(self, statistics: Vec<BatchStatistics<B>>) -> Self {
        let mut statistics = statistics.into_iter();
        let bn0 = self.bn0.absorb_next(&mut statistics);
        let blocks = self.blocks.into_iter().map(|block: Block<B>| block.absorb(&mut statistics)).collect();
        Self { bn0, blocks, bn1: self.bn1.absorb_next(&mut statistics), ..self }
    }
}

impl<B: Kernels> FirstConvolution<B> for EfficientNetLite<B> {
    fn first_convolution(&self) -> &Convolution<B> {
        &self.conv_stem
    }

    fn trace_after(&self, first: Tensor<B, 4>, mode: Mode, hook: TapHook<'_, B>) -> Trace<B> {
        let (mut statistics, mut taps) = (Vec::new(), Taps::new(hook));
        let mut current = ops::relu6(self.bn0.forward(first, mode, &mut statistics));
        for (place, block) in self.blocks.iter().enumerate() {
            current = block.forward(current, mode, &mut statistics);
            if TAPS.contains(&place) {
                current = taps.show(current);
            }
        }
        current = taps.show(ops::relu6(self.bn1.forward(self.conv_head.forward(current), mode, &mut statistics)));
        let pooled = pooling::global_average(current);
        let logits = self.fc.forward(self.dropout.forward(pooled.clone(), mode));
        Trace { statistics, ..Trace::with_taps(logits, pooled, taps.into_vec()) }
    }
}

impl<B: Kernels> Stackable<B> for EfficientNetLite<B> {
    type Lifted = EfficientNetLite<Autodiff<B>>;
}

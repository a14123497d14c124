//! ResNet-18 and -34 (He et al. 2016), for small images or with the stem for ImageNet's. Three papers use them and differ
//! outside the blocks:
//!
//! | | iclr2021, section 3 | activmask2020 | tap2024, as torchvision |
//! |---|---|---|---|
//! | stem | 3x3 of stride 1 | 3x3 of stride 1 | 7x7 of stride 2, 3x3 max-pool of stride 2 |
//! | before the last layer | mean over all pixels | mean over windows of 4x4, flattened | mean over all pixels |
//! | convolutions' weights | Kaiming normal over the outputs | PyTorch's default | Kaiming normal over the outputs |
//! | layers compared in a block | outputs of both normalisations | output of the first, sum with the shortcut | |

use crate::{
    first_convolution::FirstConvolution,
    initialise::Initialisation,
    layers::{BatchNorm, Convolution, ConvolutionConfig, Linear, conv_norm},
    trace::{BatchStatistics, Classifier, Mode, Stackable, TapHook, Taps, Trace},
};
use burn::{
    module::Module,
    tensor::{Tensor, backend::Backend},
};
use herring_backend::{Autodiff, Kernels, PoolOptions, ops, pooling};
use rand::Rng;

/// How many blocks the four stages have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Depth {
    /// 2, 2, 2, 2.
    ResNet18,
    /// 3, 4, 6, 3.
    ResNet34,
}

impl Depth {
    /// Blocks of each stage.
    pub fn blocks(self) -> [usize; 4] {
        match self {
            Self::ResNet18 => [2, 2, 2, 2],
            Self::ResNet34 => [3, 4, 6, 3],
        }
    }
}

/// What comes before the first stage.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stem {
    /// A 3x3 convolution of stride 1, so that small images keep their resolution.
    Small,
    /// A 7x7 convolution of stride 2 and a 3x3 max-pool of stride 2, as for ImageNet.
    ImageNet,
}

/// How the last stage's output becomes one vector an image.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pooling {
    /// The mean over all pixels.
    Global,
    /// Means over windows of this many rows and columns, at least 1, that do not overlap, flattened channel
    /// by channel. Rows and columns that fill no window are left out.
    Window(usize),
}

/// What a [`Trace`] holds as the layers of a [`ResNet`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ResNetLayers {
    /// The outputs of the normalisations except those of shortcuts: one of the stem, two per block. Taps 0 to
    /// 4 of iclr2021's released code are among these; its experiments do not use them.
    Normalised,
    /// What the rectifiers are given: the output of the stem's normalisation, and of each block that
    /// of the first normalisation and the sum of the second with the shortcut.
    PreActivation,
}

/// The configuration of a [`ResNet`]; the default is iclr2021's for grey images of two classes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ResNetConfig {
    /// Blocks a stage.
    pub depth: Depth,
    /// What comes before the first stage.
    pub stem: Stem,
    /// Channels of the images.
    pub channels: usize,
    /// Channels of the stem and of the first stage; each further stage doubles them. The papers: 64.
    pub width: usize,
    /// Classes.
    pub classes: usize,
    /// Rows and columns of the images, on which the size of the last layer depends where the pooling
    /// is not global. At least 25 for windows of 4.
    pub side: usize,
    /// How the last stage's output becomes one vector an image.
    pub pooling: Pooling,
    /// How the convolutions' weights are drawn.
    pub initialisation: Initialisation,
    /// What a trace holds as layers.
    pub layers: ResNetLayers,
}

impl Default for ResNetConfig {
    fn default() -> Self {
        Self {
            depth: Depth::ResNet18,
            stem: Stem::Small,
            channels: 1,
            width: 64,
            classes: 2,
            side: 28,
            pooling: Pooling::Global,
            initialisation: Initialisation::KaimingNormal,
            layers: ResNetLayers::Normalised,
        }
    }
}

impl ResNetConfig {
    /// Length of a trace's pooled features.
    pub fn features(&self) -> usize {
        let channels = self.width << 3;
        match self.pooling {
            Pooling::Global => channels,
            Pooling::Window(size) => {
                // Each stride of 2 halves the side and rounds up.
                let strides = match self.stem {
                    Stem::Small => 3,
                    Stem::ImageNet => 5,
                };
                let cells = self.side.div_ceil(1 << strides) / size;
                channels * cells * cells
            }
        }
    }

    /// A convolution without bias.
    fn convolution(&self, [inputs, outputs]: [usize; 2], kernel: usize, stride: usize) -> ConvolutionConfig {
        let (padding, initialisation) = (kernel / 2, self.initialisation);
        ConvolutionConfig { inputs, outputs, kernel, stride, padding, groups: 1, bias: false, initialisation }
    }
}

/// Two 3x3 convolutions and a shortcut.
#[derive(Module, Debug)]
pub struct BasicBlock<B: Backend> {
    conv1: Convolution<B>,
    bn1: BatchNorm<B>,
    conv2: Convolution<B>,
    bn2: BatchNorm<B>,
    downsample: Option<(Convolution<B>, BatchNorm<B>)>,
}

impl<B: Kernels> BasicBlock<B> {
    fn new(
        config: &ResNetConfig,
        [inputs, outputs]: [usize; 2],
        stride: usize,
        random: &mut impl Rng,
        device: &B::Device,
    ) -> Self {
        let mut convolution = |channels: [usize; 2], kernel: usize, stride: usize| {
            Convolution::from_config(&config.convolution(channels, kernel, stride), random, device)
        };
        let conv1 = convolution([inputs, outputs], 3, stride);
        let conv2 = convolution([outputs, outputs], 3, 1);
        let downsample = (stride != 1 || inputs != outputs)
            .then(|| (convolution([inputs, outputs], 1, stride), BatchNorm::new(outputs, device)));
        Self { conv1, bn1: BatchNorm::new(outputs, device), conv2, bn2: BatchNorm::new(outputs, device), downsample }
    }

    /// The block's output; the layers that penalties compare are appended to `shown`.
    fn forward(
        &self,
        input: Tensor<B, 4>,
        mode: Mode,
        layers: ResNetLayers,
        shown: &mut Vec<Tensor<B, 4>>,
        statistics: &mut Vec<BatchStatistics<B>>,
    ) -> Tensor<B, 4> {
        let first = self.bn1.forward(self.conv1.forward(input.clone()), mode, statistics);
        shown.push(first.clone());
        let second = self.bn2.forward(self.conv2.forward(ops::rectify(first)), mode, statistics);
        let shortcut = match &self.downsample {
            Some((convolution, norm)) => norm.forward(convolution.forward(input), mode, statistics),
            None => input,
        };
        match layers {
            ResNetLayers::Normalised => {
                shown.push(second.clone());
                ops::add_rectify(second, shortcut)
            }
            ResNetLayers::PreActivation => {
                let sum = second + shortcut;
                shown.push(sum.clone());
                ops::rectify(sum)
            }
        }
    }

    /// The block's output alone.
    fn output(&self, input: Tensor<B, 4>, mode: Mode, statistics: &mut Vec<BatchStatistics<B>>) -> Tensor<B, 4> {
        let first = conv_norm::forward_rectified(&self.conv1, &self.bn1, input.clone(), mode, statistics);
        let shortcut = |statistics: &mut _| match &self.downsample {
            Some((convolution, norm)) if mode == Mode::Evaluate => {
                convolution.forward_evaluated(input, norm, None, false)
            }
            Some((convolution, norm)) => norm.forward(convolution.forward(input), mode, statistics),
            None => input,
        };
        match mode {
            Mode::Train => {
                let second = self.bn2.forward(self.conv2.forward(first), mode, statistics);
                ops::add_rectify(second, shortcut(statistics))
            }
            Mode::Evaluate => self.conv2.forward_evaluated(first, &self.bn2, Some(shortcut(statistics)), true),
        }
    }

    fn absorb(self, statistics: &mut impl Iterator<Item = BatchStatistics<B>>) -> Self {
        Self {
            bn1: self.bn1.absorb_next(statistics),
            bn2: self.bn2.absorb_next(statistics),
            downsample: self.downsample.map(|(convolution, norm)| (convolution, norm.absorb_next(statistics))),
            conv1: self.conv1,
            conv2: self.conv2,
        }
    }
}

/// A residual network.
#[derive(Module, Debug)]
pub struct ResNet<B: Backend> {
    conv1: Convolution<B>,
    bn1: BatchNorm<B>,
    layer1: Vec<BasicBlock<B>>,
    layer2: Vec<BasicBlock<B>>,
    layer3: Vec<BasicBlock<B>>,
    layer4: Vec<BasicBlock<B>>,
    fc: Linear<B>,
    #[module(skip)]
    stem: Stem,
    #[module(skip)]
    pooling: Pooling,
    #[module(skip)]
    layers: ResNetLayers,
}

impl<B: Kernels> ResNet<B> {
    /// A network with weights drawn from `random`: convolutions as `config` says, normalisations at
    /// scale 1 and shift 0, the last layer by PyTorch's default.
    pub fn new(config: &ResNetConfig, random: &mut impl Rng, device: &B::Device) -> Self {
        let width = config.width;
        let [kernel, stride] = match config.stem {
            Stem::Small => [3, 1],
            Stem::ImageNet => [7, 2],
        };
        let conv1 =
            Convolution::from_config(&config.convolution([config.channels, width], kernel, stride), random, device);
        let mut stage = |index: usize| {
            let inputs = if index == 0 { width } else { width << (index - 1) };
            let outputs = width << index;
            let stride = if index == 0 { 1 } else { 2 };
            (0..config.depth.blocks()[index])
                .map(|block| match block {
                    0 => BasicBlock::new(config, [inputs, outputs], stride, random, device),
                    _ => BasicBlock::new(config, [outputs, outputs], 1, random, device),
                })
                .collect()
        };
        let [layer1, layer2, layer3, layer4] = [stage(0), stage(1), stage(2), stage(3)];
        Self {
            conv1,
            bn1: BatchNorm::new(width, device),
            layer1,
            layer2,
            layer3,
            layer4,
            fc: Linear::new(config.features(), config.classes, random, device),
            stem: config.stem,
            pooling: config.pooling,
            layers: config.layers,
        }
    }
}

impl<B: Kernels> ResNet<B> {
    /// The pass behind the rectified stem, with `run` for each block.
    fn stages(
        &self,
        stem: Tensor<B, 4>,
        hook: TapHook<'_, B>,
        mut run: impl FnMut(&BasicBlock<B>, Tensor<B, 4>) -> Tensor<B, 4>,
    ) -> Trace<B> {
        let mut current = match self.stem {
            Stem::Small => stem,
            Stem::ImageNet => pooling::maximum(stem, PoolOptions::STEM),
        };
        let mut taps = Taps::new(hook);
        for stage in [&self.layer1, &self.layer2, &self.layer3, &self.layer4] {
            for block in stage {
                current = run(block, current);
            }
            current = taps.show(current);
        }
        let pooled = match self.pooling {
            Pooling::Global => pooling::global_average(current),
            Pooling::Window(size) => pooling::average(current, size).flatten(1, 3),
        };
        Trace { taps: taps.into_vec(), ..Trace::new(self.fc.forward(pooled.clone()), pooled) }
    }
}

impl<B: Kernels> Classifier<B> for ResNet<B> {
    fn trace_hooked(&self, images: Tensor<B, 4>, mode: Mode, hook: TapHook<'_, B>) -> Trace<B> {
        self.trace_after(self.conv1.forward(images), mode, hook)
    }

    fn outputs(&self, images: Tensor<B, 4>, mode: Mode) -> Trace<B> {
        let mut statistics = Vec::new();
        let stem = conv_norm::forward_rectified(&self.conv1, &self.bn1, images, mode, &mut statistics);
        let found = self.stages(stem, &mut |_, tap| tap, |block, input| block.output(input, mode, &mut statistics));
        Trace { statistics, ..found }
    }

    fn is_homogeneous(&self) -> bool {
        true
    }

    fn absorb(self, statistics: Vec<BatchStatistics<B>>) -> Self {
        let mut statistics = statistics.into_iter();
        let next = &mut statistics;
        let bn1 = self.bn1.absorb_next(next);
        let mut stage = |blocks: Vec<BasicBlock<B>>| blocks.into_iter().map(|block| block.absorb(next)).collect();
        Self {
            bn1,
            layer1: stage(self.layer1),
            layer2: stage(self.layer2),
            layer3: stage(self.layer3),
            layer4: stage(self.layer4),
            conv1: self.conv1,
            fc: self.fc,
            stem: self.stem,
            pooling: self.pooling,
            layers: self.layers,
        }
    }
}

impl<B: Kernels> FirstConvolution<B> for ResNet<B> {
    fn first_convolution(&self) -> &Convolution<B> {
        &self.conv1
    }

    fn trace_after(&self, first: Tensor<B, 4>, mode: Mode, hook: TapHook<'_, B>) -> Trace<B> {
        let mut statistics = Vec::new();
        let stem = self.bn1.forward(first, mode, &mut statistics);
        let mut layers = vec![stem.clone()];
        let found = self.stages(ops::rectify(stem), hook, |block, input| {
            block.forward(input, mode, self.layers, &mut layers, &mut statistics)
        });
        Trace { layers, statistics, ..found }
    }
}

impl<B: Kernels> Stackable<B> for ResNet<B> {
    type Lifted = ResNet<Autodiff<B>>;
}

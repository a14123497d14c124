//! ResNet-18 and -34 (He et al. 2016) as the paper changes them (iclr2021, section 3): the stem is
//! 3x3 with stride 1 and no max-pool, so that small images keep their resolution.

use crate::{
    layers::{BatchNorm, Convolution, Linear},
    trace::{BatchStatistics, Classifier, Mode, Stackable, Trace},
};
use burn::{
    module::Module,
    tensor::{Tensor, backend::Backend},
};
use herring_backend::{Autodiff, Kernels, ops, pooling};
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

/// What a [`ResNet`] is made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ResNetConfig {
    /// Blocks a stage.
    pub depth: Depth,
    /// Channels of the images.
    pub channels: usize,
    /// Channels of the stem and of the first stage; each further stage doubles them. The paper: 64.
    pub width: usize,
    /// Classes.
    pub classes: usize,
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

/// What a block shows: its output and the outputs of its two normalisations.
struct BlockTrace<B: Backend> {
    output: Tensor<B, 4>,
    normalised: [Tensor<B, 4>; 2],
}

impl<B: Kernels> BasicBlock<B> {
    fn new([inputs, outputs]: [usize; 2], stride: usize, random: &mut impl Rng, device: &B::Device) -> Self {
        let conv1 = Convolution::new([inputs, outputs], 3, stride, 1, random, device);
        let conv2 = Convolution::new([outputs, outputs], 3, 1, 1, random, device);
        let downsample = (stride != 1 || inputs != outputs).then(|| {
            (Convolution::new([inputs, outputs], 1, stride, 0, random, device), BatchNorm::new(outputs, device))
        });
        Self { conv1, bn1: BatchNorm::new(outputs, device), conv2, bn2: BatchNorm::new(outputs, device), downsample }
    }

    fn forward(&self, input: Tensor<B, 4>, mode: Mode, statistics: &mut Vec<BatchStatistics<B>>) -> BlockTrace<B> {
        let first = self.bn1.forward(self.conv1.forward(input.clone()), mode, statistics);
        let inside = ops::rectify(first.clone());
        let second = self.bn2.forward(self.conv2.forward(inside), mode, statistics);
        let shortcut = match &self.downsample {
            Some((convolution, norm)) => norm.forward(convolution.forward(input), mode, statistics),
            None => input,
        };
        BlockTrace { output: ops::add_rectify(second.clone(), shortcut), normalised: [first, second] }
    }

    fn absorb(self, statistics: &mut impl Iterator<Item = BatchStatistics<B>>) -> Self {
        Self {
            bn1: absorb_next(self.bn1, statistics),
            bn2: absorb_next(self.bn2, statistics),
            downsample: self.downsample.map(|(convolution, norm)| (convolution, absorb_next(norm, statistics))),
            conv1: self.conv1,
            conv2: self.conv2,
        }
    }
}

fn absorb_next<B: Kernels>(
    norm: BatchNorm<B>,
    statistics: &mut impl Iterator<Item = BatchStatistics<B>>,
) -> BatchNorm<B> {
    match statistics.next() {
        Some(next) => norm.absorb(next),
        None => norm,
    }
}

/// A residual network for small images.
#[derive(Module, Debug)]
pub struct ResNet<B: Backend> {
    conv1: Convolution<B>,
    bn1: BatchNorm<B>,
    layer1: Vec<BasicBlock<B>>,
    layer2: Vec<BasicBlock<B>>,
    layer3: Vec<BasicBlock<B>>,
    layer4: Vec<BasicBlock<B>>,
    fc: Linear<B>,
}

impl<B: Kernels> ResNet<B> {
    /// A network with weights drawn from `random`: convolutions by Kaiming's rule over their
    /// outputs, normalisations at scale 1 and shift 0, the last layer by PyTorch's default.
    pub fn new(config: &ResNetConfig, random: &mut impl Rng, device: &B::Device) -> Self {
        let width = config.width;
        let conv1 = Convolution::new([config.channels, width], 3, 1, 1, random, device);
        let mut stage = |index: usize| {
            let inputs = if index == 0 { width } else { width << (index - 1) };
            let outputs = width << index;
            let stride = if index == 0 { 1 } else { 2 };
            (0..config.depth.blocks()[index])
                .map(|block| match block {
                    0 => BasicBlock::new([inputs, outputs], stride, random, device),
                    _ => BasicBlock::new([outputs, outputs], 1, random, device),
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
            fc: Linear::new(width << 3, config.classes, random, device),
        }
    }
}

impl<B: Kernels> Classifier<B> for ResNet<B> {
    fn trace(&self, images: Tensor<B, 4>, mode: Mode) -> Trace<B> {
        let mut statistics = Vec::new();
        let stem = self.bn1.forward(self.conv1.forward(images), mode, &mut statistics);
        let mut current = ops::rectify(stem.clone());
        let mut layers = vec![stem];
        let mut taps = vec![current.clone()];
        for stage in [&self.layer1, &self.layer2, &self.layer3, &self.layer4] {
            for block in stage {
                let trace = block.forward(current, mode, &mut statistics);
                current = trace.output;
                layers.extend(trace.normalised);
            }
            taps.push(current.clone());
        }
        let pooled = pooling::global_average(current);
        Trace { logits: self.fc.forward(pooled.clone()), pooled, taps, layers, reconstruction: None, statistics }
    }

    fn absorb(self, statistics: Vec<BatchStatistics<B>>) -> Self {
        let mut statistics = statistics.into_iter();
        let next = &mut statistics;
        let bn1 = absorb_next(self.bn1, next);
        let mut stage = |blocks: Vec<BasicBlock<B>>| blocks.into_iter().map(|block| block.absorb(next)).collect();
        Self {
            bn1,
            layer1: stage(self.layer1),
            layer2: stage(self.layer2),
            layer3: stage(self.layer3),
            layer4: stage(self.layer4),
            conv1: self.conv1,
            fc: self.fc,
        }
    }
}

impl<B: Kernels> Stackable<B> for ResNet<B> {
    type Lifted = ResNet<Autodiff<B>>;
}

//! activmask2020's networks without normalisation: an encoder that classifies, alone (CNN), with a
//! decoder behind it (convolutional auto-encoder), or with a decoder that also sees the encoder's
//! blocks (UNet, Ronneberger et al. 2015).
//!
//! A block is two 3x3 convolutions, each with a bias and a rectifier. With `w` the width:
//!
//! | | sides | channels out |
//! |---|---|---|
//! | encoder, 2x2 max-pool between the blocks | `S`, `S/2`, `S/4`, `S/8` (rounded down) | `w`, `2w`, `4w`, `8w` |
//! | classifier on the flattened last block | | classes |
//! | decoder, bilinear up-sampling before each block | `S/4`, `S/2`, `S` | `4w`, `2w`, `w` |
//! | 1x1 convolution, and a sigmoid on synthetic data | `S` | those of the images |
//!
//! The layers of a trace are the outputs of the encoder's eight convolutions *after* their
//! rectifiers. The paper means those before; its released code stores them before, and then rectifies
//! them in place.

use crate::{
    first_convolution::FirstConvolution,
    initialise::Initialisation,
    layers::{Convolution, ConvolutionConfig, Linear, Placeholder},
    trace::{Classifier, Mode, Stackable, TapHook, Taps, Trace},
};
use burn::{
    module::Module,
    tensor::{Tensor, activation::sigmoid, backend::Backend},
};
use herring_backend::{Autodiff, Kernels, PoolOptions, ops, pooling, resize};
use rand::Rng;

/// Which parts a [`ConvNet`] has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ConvNetKind {
    /// The encoder and its classifier.
    Cnn,
    /// A decoder too, which sees the last block of the encoder.
    AutoEncoder,
    /// A decoder too, each block of which also sees the encoder's block of the same size.
    UNet,
}

/// The configuration of a [`ConvNet`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ConvNetConfig {
    /// Which parts it has.
    pub kind: ConvNetKind,
    /// Channels of the images.
    pub channels: usize,
    /// Channels of the first block; each further block of the encoder doubles them. The paper: 16 on
    /// synthetic, 64 on medical images.
    pub width: usize,
    /// Rows and columns of the images, at least 8.
    pub side: usize,
    /// Classes.
    pub classes: usize,
    /// Whether a decoder ends in a sigmoid; the paper: on synthetic images alone.
    pub sigmoid: bool,
}

impl ConvNetConfig {
    /// Length of a trace's pooled features.
    pub fn features(&self) -> usize {
        let side = self.side / 8;
        (self.width << 3) * side * side
    }
}

/// A convolution, a rectifier, a convolution, and a rectifier that is not a layer: `0.weight` and `2.weight`
/// are the names of the weights.
type Block<B> = (Convolution<B>, Placeholder, Convolution<B>);

/// A square convolution that keeps the image's size.
fn convolution<B: Kernels>(
    [inputs, outputs]: [usize; 2],
    kernel: usize,
    random: &mut impl Rng,
    device: &B::Device,
) -> Convolution<B> {
    let initialisation = Initialisation::PyTorchDefault;
    let (stride, padding) = (1, kernel / 2);
    let config = ConvolutionConfig { inputs, outputs, kernel, stride, padding, groups: 1, bias: true, initialisation };
    Convolution::from_config(&config, random, device)
}

fn block<B: Kernels>([inputs, outputs]: [usize; 2], random: &mut impl Rng, device: &B::Device) -> Block<B> {
    let first = convolution([inputs, outputs], 3, random, device);
    (first, Placeholder, convolution([outputs, outputs], 3, random, device))
}

/// The outputs of both convolutions of a block, rectified.
fn forward<B: Kernels>(block: &Block<B>, input: Tensor<B, 4>) -> [Tensor<B, 4>; 2] {
    let first = block.0.forward_rectified(input);
    let second = block.2.forward_rectified(first.clone());
    [first, second]
}

/// An encoder with a classifier and perhaps a decoder.
#[derive(Module, Debug)]
pub struct ConvNet<B: Backend> {
    down0: Block<B>,
    down1: Block<B>,
    down2: Block<B>,
    down3: Block<B>,
    fc: Linear<B>,
    up0: Option<Block<B>>,
    up1: Option<Block<B>>,
    up2: Option<Block<B>>,
    out: Option<Convolution<B>>,
    skips: bool,
    sigmoid: bool,
}

impl<B: Kernels> ConvNet<B> {
    /// A network with weights and biases drawn from `random` by PyTorch's default: the encoder, the
    /// classifier, the decoder, so that networks of one seed have equal encoders.
    pub fn new(config: &ConvNetConfig, random: &mut impl Rng, device: &B::Device) -> Self {
        let width = config.width;
        let down0 = block([config.channels, width], random, device);
        let down1 = block([width, 2 * width], random, device);
        let down2 = block([2 * width, 4 * width], random, device);
        let down3 = block([4 * width, 8 * width], random, device);
        let fc = Linear::new(config.features(), config.classes, random, device);
        let decodes = config.kind != ConvNetKind::Cnn;
        let skips = config.kind == ConvNetKind::UNet;
        // Channels of the block before, and those of the encoder's block of the same size.
        let mut up = |below: usize, beside: usize| {
            let inputs = if skips { below + beside } else { below };
            decodes.then(|| block([inputs, beside], random, device))
        };
        let [up0, up1, up2] = [up(8 * width, 4 * width), up(4 * width, 2 * width), up(2 * width, width)];
        let out = decodes.then(|| convolution([width, config.channels], 1, random, device));
        Self { down0, down1, down2, down3, fc, up0, up1, up2, out, skips, sigmoid: config.sigmoid }
    }

    /// A pass behind the first rectifier.
    fn whole(&self, first: Tensor<B, 4>, hook: TapHook<'_, B>) -> Trace<B> {
        let (trace, blocks) = self.encode(first, hook);
        Trace { reconstruction: self.decode(&blocks), ..trace }
    }

    /// The encoder and the classifier behind the first rectifier, and the outputs of the four blocks.
    fn encode(&self, first: Tensor<B, 4>, hook: TapHook<'_, B>) -> (Trace<B>, [Tensor<B, 4>; 4]) {
        let (mut layers, mut taps) = (Vec::with_capacity(8), Taps::new(hook));
        let mut show = |first: Tensor<B, 4>, second: Tensor<B, 4>| {
            let second = taps.show(second);
            layers.extend([first, second.clone()]);
            second
        };
        let second = self.down0.2.forward_rectified(first.clone());
        let down0 = show(first, second);
        let mut next = |block: &Block<B>, input: &Tensor<B, 4>| {
            let [first, second] = forward(block, pooling::maximum(input.clone(), PoolOptions::PAIRS));
            show(first, second)
        };
        let down1 = next(&self.down1, &down0);
        let down2 = next(&self.down2, &down1);
        let down3 = next(&self.down3, &down2);
        let pooled = down3.clone().flatten(1, 3);
        let logits = self.fc.forward(pooled.clone());
        let trace = Trace { taps: taps.into_vec(), layers, ..Trace::new(logits, pooled) };
        (trace, [down0, down1, down2, down3])
    }

    /// The reconstruction, `[batch, channels, height, width]`, from the outputs of the encoder's
    /// blocks; none without a decoder.
    fn decode(&self, blocks: &[Tensor<B, 4>; 4]) -> Option<Tensor<B, 4>> {
        let out = self.out.as_ref()?;
        let [down0, down1, down2, down3] = blocks;
        let mut current = down3.clone();
        for (up, beside) in [(&self.up0, down2), (&self.up1, down1), (&self.up2, down0)] {
            let [_, _, height, width] = beside.dims();
            current = resize::bilinear_aligned(current, [height, width]);
            if self.skips {
                current = ops::concatenate_channels(current, beside.clone());
            }
            [_, current] = forward(up.as_ref()?, current);
        }
        let drawn = out.forward(current);
        Some(if self.sigmoid { sigmoid(drawn) } else { drawn })
    }
}

impl<B: Kernels> Classifier<B> for ConvNet<B> {
    /// Without normalisation both modes are the same.
    fn trace_hooked(&self, images: Tensor<B, 4>, _: Mode, hook: TapHook<'_, B>) -> Trace<B> {
        self.whole(self.down0.0.forward_rectified(images), hook)
    }

    fn outputs(&self, images: Tensor<B, 4>, _: Mode) -> Trace<B> {
        let (trace, _) = self.encode(self.down0.0.forward_rectified(images), &mut |_, tap| tap);
        Trace { layers: Vec::new(), ..trace }
    }

    fn depends_on_mode(&self) -> bool {
        false
    }

    fn is_homogeneous(&self) -> bool {
        true
    }
}

impl<B: Kernels> FirstConvolution<B> for ConvNet<B> {
    fn first_convolution(&self) -> &Convolution<B> {
        &self.down0.0
    }

    fn trace_after(&self, first: Tensor<B, 4>, _: Mode, hook: TapHook<'_, B>) -> Trace<B> {
        self.whole(ops::rectify(first), hook)
    }
}

impl<B: Kernels> Stackable<B> for ConvNet<B> {
    type Lifted = ConvNet<Autodiff<B>>;
}

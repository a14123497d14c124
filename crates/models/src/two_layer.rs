//! tap2024's network for MNIST (its Figure 10): two 3x3 convolutions with bias, each followed by a rectifier and a 2x2
//! max-pool, and a linear layer on the flattened result.
//!
//! | | kernel | padding | side of the output, for 28 |
//! |---|---|---|---|
//! | `conv1`, pooled: tap 0 | 3 | 1 | 14 |
//! | `conv2`, pooled: tap 1 | 3 | 0 | 6 |
//! | `fc` | | | |

use crate::{
    first_convolution::FirstConvolution,
    initialise::Initialisation,
    layers::{Convolution, ConvolutionConfig, Linear},
    trace::{Classifier, Mode, Stackable, TapHook, Taps, Trace},
};
use burn::{
    module::Module,
    tensor::{Tensor, backend::Backend},
};
use herring_backend::{Autodiff, Kernels, PoolOptions, ops, pooling};
use rand::Rng;

/// The configuration of a [`TwoLayer`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TwoLayerConfig {
    /// Channels of the images.
    pub channels: usize,
    /// Channels of both convolutions; the paper: 100.
    pub width: usize,
    /// Rows and columns of the images, at least 8.
    pub side: usize,
    /// Classes.
    pub classes: usize,
}

impl TwoLayerConfig {
    /// Length of a trace's pooled features.
    pub fn features(&self) -> usize {
        let side = (self.side / 2 - 2) / 2;
        self.width * side * side
    }
}

/// Two convolutions and a linear layer.
#[derive(Module, Debug)]
pub struct TwoLayer<B: Backend> {
    conv1: Convolution<B>,
    conv2: Convolution<B>,
    fc: Linear<B>,
}

impl<B: Kernels> TwoLayer<B> {
    /// A network with weights and biases drawn from `random` by PyTorch's default.
    pub fn new(config: &TwoLayerConfig, random: &mut impl Rng, device: &B::Device) -> Self {
        let initialisation = Initialisation::PyTorchDefault;
        let mut convolution = |[inputs, outputs]: [usize; 2], padding: usize| {
            let config = ConvolutionConfig {
                inputs,
                outputs,
                kernel: 3,
                stride: 1,
                padding,
                groups: 1,
                bias: true,
                initialisation,
            };
            Convolution::from_config(&config, random, device)
        };
        let conv1 = convolution([config.channels, config.width], 1);
        let conv2 = convolution([config.width, config.width], 0);
        Self { conv1, conv2, fc: Linear::new(config.features(), config.classes, random, device) }
    }
}

impl<B: Kernels> Classifier<B> for TwoLayer<B> {
    /// Without normalisation both modes are the same.
    fn trace_hooked(&self, images: Tensor<B, 4>, mode: Mode, hook: TapHook<'_, B>) -> Trace<B> {
        self.trace_after(self.conv1.forward(images), mode, hook)
    }

    fn depends_on_mode(&self) -> bool {
        false
    }

    fn is_homogeneous(&self) -> bool {
        true
    }
}

impl<B: Kernels> FirstConvolution<B> for TwoLayer<B> {
    fn first_convolution(&self) -> &Convolution<B> {
        &self.conv1
    }

    fn trace_after(&self, first: Tensor<B, 4>, _: Mode, hook: TapHook<'_, B>) -> Trace<B> {
        // The largest value is the same before a rectifier as behind it, and the rectifier has a quarter of the work then.
        let mut taps = Taps::new(hook);
        let first = taps.show(ops::rectify(pooling::maximum(first, PoolOptions::PAIRS)));
        let second = taps.show(ops::rectify(self.conv2.forward_maximum(first, PoolOptions::PAIRS)));
        let pooled = second.flatten(1, 3);
        Trace::with_taps(self.fc.forward(pooled.clone()), pooled, taps.into_vec())
    }
}

impl<B: Kernels> Stackable<B> for TwoLayer<B> {
    type Lifted = TwoLayer<Autodiff<B>>;
}

//! VGG-16 without normalisation (Simonyan and Zisserman 2015), in torchvision's layout and names, with the classifier that
//! tap2024 puts in the place of ImageNet's: a hidden layer and the last one. With `w` the width (64 in torchvision):
//!
//! | `features` | 3x3 convolutions of so many channels | then a 2x2 max-pool: |
//! |---|---|---|
//! | 0, 2 | `w`, `w` | tap 0 |
//! | 5, 7 | `2w`, `2w` | tap 1 |
//! | 10, 12, 14 | `4w` each | tap 2 |
//! | 17, 19, 21 | `8w` each | tap 3 |
//! | 24, 26, 28 | `8w` each | tap 4 |
//!
//! Between `classifier.0` and `classifier.3` are a rectifier and a dropout of 0.5.

use crate::{
    first_convolution::FirstConvolution,
    initialise::{self, Initialisation},
    layers::{Convolution, ConvolutionConfig, Dropout, Linear, Placeholder},
    trace::{Classifier, Mode, Stackable, Trace},
};
use burn::{
    module::Module,
    tensor::{Tensor, backend::Backend},
};
use herring_backend::{Autodiff, Kernels, PoolOptions, ops, pooling};
use rand::Rng;

/// Share of the hidden layer's values that are dropped in training.
const DROPOUT: f64 = 0.5;

/// Convolutions of each stage, and their channels in widths.
const STAGES: [(usize, usize); 5] = [(2, 1), (2, 2), (3, 4), (3, 8), (3, 8)];

/// The configuration of a [`Vgg`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct VggConfig {
    /// Channels of the images.
    pub channels: usize,
    /// Channels of the first stage; torchvision: 64.
    pub width: usize,
    /// Units of the classifier's hidden layer; tap2024: 1024.
    pub hidden: usize,
    /// Rows and columns of the images, at least 32.
    pub side: usize,
    /// Classes.
    pub classes: usize,
}

impl VggConfig {
    /// Length of a trace's pooled features: units of the hidden layer.
    pub fn features(&self) -> usize {
        self.hidden
    }
}

/// One entry of `features`.
#[allow(clippy::large_enum_variant, reason = "a network has 31 of them")]
#[derive(Module, Debug)]
enum Layer<B: Backend> {
    Convolution(Convolution<B>),
    Rectifier(Placeholder),
    MaxPool(Placeholder),
}

/// Convolutions, pooling and two linear layers.
#[derive(Module, Debug)]
pub struct Vgg<B: Backend> {
    features: Vec<Layer<B>>,
    classifier: (Linear<B>, Placeholder, Dropout, Linear<B>),
}

impl<B: Kernels> Vgg<B> {
    /// A network with weights drawn from `random`: convolutions Kaiming normal over the outputs and biases 0, as
    /// torchvision's, linear layers by PyTorch's default.
    pub fn new(config: &VggConfig, random: &mut impl Rng, device: &B::Device) -> Self {
        let initialisation = Initialisation::KaimingNormal;
        let (mut features, mut inputs) = (Vec::new(), config.channels);
        for (convolutions, widths) in STAGES {
            for _ in 0..convolutions {
                let outputs = widths * config.width;
                let settings = ConvolutionConfig {
                    inputs,
                    outputs,
                    kernel: 3,
                    stride: 1,
                    padding: 1,
                    groups: 1,
                    bias: false,
                    initialisation,
                };
                let mut convolution = Convolution::from_config(&settings, random, device);
                convolution.bias = Some(initialise::parameter(vec![0.0; outputs], [outputs], device));
                features.extend([Layer::Convolution(convolution), Layer::Rectifier(Placeholder)]);
                inputs = outputs;
            }
            features.push(Layer::MaxPool(Placeholder));
        }
        let side = config.side >> STAGES.len();
        let hidden = Linear::new(inputs * side * side, config.hidden, random, device);
        let last = Linear::new(config.hidden, config.classes, random, device);
        Self { features, classifier: (hidden, Placeholder, Dropout::new(DROPOUT, 0), last) }
    }
}

impl<B: Kernels> Classifier<B> for Vgg<B> {
    /// Modes differ in dropout alone.
    fn trace(&self, images: Tensor<B, 4>, mode: Mode) -> Trace<B> {
        self.trace_after(self.first_convolution().forward(images), mode)
    }

    fn with_noise(self, key: u64) -> Self {
        let (hidden, rectifier, dropout, last) = self.classifier;
        Self { classifier: (hidden, rectifier, dropout.with_noise(key), last), ..self }
    }
}

impl<B: Kernels> FirstConvolution<B> for Vgg<B> {
    fn first_convolution(&self) -> &Convolution<B> {
        match &self.features[0] {
            Layer::Convolution(convolution) => convolution,
            Layer::Rectifier(_) | Layer::MaxPool(_) => unreachable!("the first layer is a convolution"),
        }
    }

    fn trace_after(&self, first: Tensor<B, 4>, mode: Mode) -> Trace<B> {
        let (mut current, mut taps) = (first, Vec::with_capacity(STAGES.len()));
        let mut layers = self.features[1..].iter().peekable();
        while let Some(layer) = layers.next() {
            let pooled_next = matches!(layers.peek(), Some(Layer::MaxPool(_)));
            current = match layer {
                Layer::Convolution(convolution) => convolution.forward(current),
                // The largest value is the same before a rectifier as behind it, and it has a quarter of the work there.
                Layer::Rectifier(_) if pooled_next => current,
                Layer::Rectifier(_) => ops::rectify(current),
                Layer::MaxPool(_) => ops::rectify(pooling::maximum(current, PoolOptions::PAIRS)),
            };
            if matches!(layer, Layer::MaxPool(_)) {
                taps.push(current.clone());
            }
        }
        let (hidden, _, dropout, last) = &self.classifier;
        let pooled = dropout.forward(ops::rectify(hidden.forward(current.flatten(1, 3))), mode);
        Trace::with_taps(last.forward(pooled.clone()), pooled, taps)
    }
}

impl<B: Kernels> Stackable<B> for Vgg<B> {
    type Lifted = Vgg<Autodiff<B>>;
}

//! VGG-16 without normalisation (Simonyan and Zisserman 2015), in torchvision's layout and names, with torchvision's
//! classifier of two hidden layers or with the one that tap2024 and heatmap-loss put in its place, which has one. With `w` the
//! width (64 in torchvision):
//!
//! | `features` | 3x3 convolutions of so many channels | then a 2x2 max-pool |
//! |---|---|---|
//! | 0, 2 | `w`, `w` | tap 0 |
//! | 5, 7 | `2w`, `2w` | tap 1 |
//! | 10, 12, 14 | `4w` each | tap 2 |
//! | 17, 19, 21 | `8w` each | tap 3 |
//! | 24, 26, 28 | `8w` each | tap 4 |
//!
//! A tap is the pool's output or the last convolution before it, rectified ([`VggTaps`]); in Keras' names the last of the
//! latter is `block5_conv3`.
//!
//! Behind each hidden layer, `classifier.0` and in torchvision's classifier `classifier.3`, are a rectifier and a dropout of
//! 0.5 or of nothing ([`VggHead`]); the last layer is `classifier.3` or `classifier.6`.

use crate::{
    first_convolution::FirstConvolution,
    initialise::{self, Initialisation},
    layers::{Convolution, ConvolutionConfig, Dropout, Linear, Placeholder},
    trace::{Classifier, Mode, Stackable, TapHook, Taps, Trace},
};
use burn::{
    module::Module,
    tensor::{Tensor, backend::Backend},
};
use herring_backend::{Autodiff, Kernels, PoolOptions, ops, pooling};
use rand::Rng;

/// Share of a hidden layer's values that is dropped in training, but for [`VggHead::Keras`].
const DROPOUT: f64 = 0.5;

/// Convolutions of each stage, and their channels in widths.
const STAGES: [(usize, usize); 5] = [(2, 1), (2, 2), (3, 4), (3, 8), (3, 8)];

/// What a trace of a [`Vgg`] holds as taps.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum VggTaps {
    /// The outputs of the five pools (tap2024).
    Pools,
    /// The last convolution of each stage after its rectifier, before the pool (heatmap-loss).
    Convolutions,
}

/// The classifier of a [`Vgg`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum VggHead {
    /// PyTorch's default weights, and a dropout of 0.5 before the last layer (tap2024).
    PyTorch,
    /// Keras' weights, He-uniform before the rectifier and Glorot-uniform in the last layer, biases 0; no dropout
    /// (heatmap-loss).
    Keras,
    /// torchvision's own, with two hidden layers and a dropout of 0.5 behind each; PyTorch's default weights, where torchvision
    /// draws them from a normal distribution.
    Torchvision,
}

/// The configuration of a [`Vgg`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct VggConfig {
    /// Channels of the images.
    pub channels: usize,
    /// Channels of the first stage; torchvision: 64.
    pub width: usize,
    /// Units of the classifier's hidden layers; tap2024: 1024, heatmap-loss: 100, torchvision: 4096.
    pub hidden: usize,
    /// Rows and columns of the images, each at least 32.
    pub size: [usize; 2],
    /// Classes.
    pub classes: usize,
    /// What a trace holds as taps.
    pub taps: VggTaps,
    /// The classifier.
    pub head: VggHead,
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

/// One entry of `classifier`.
#[allow(clippy::large_enum_variant, reason = "a network has at most seven of them")]
#[derive(Module, Debug)]
enum ClassifierLayer<B: Backend> {
    Linear(Linear<B>),
    Rectifier(Placeholder),
    Dropout(Dropout),
}

/// Convolutions, pooling and linear layers.
#[derive(Module, Debug)]
pub struct Vgg<B: Backend> {
    features: Vec<Layer<B>>,
    classifier: Vec<ClassifierLayer<B>>,
    #[module(skip)]
    taps: VggTaps,
}

impl<B: Kernels> Vgg<B> {
    /// A network with weights drawn from `random`: convolutions Kaiming normal over the outputs and biases 0, as
    /// torchvision's, linear layers as `config` says.
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
        let [rows, columns] = config.size.map(|length| length >> STAGES.len());
        let pooled = inputs * rows * columns;
        let hidden_layers = if config.head == VggHead::Torchvision { 2 } else { 1 };
        let (mut classifier, mut inputs) = (Vec::new(), pooled);
        for layer in 0..hidden_layers {
            let (linear, dropout) = match config.head {
                VggHead::PyTorch | VggHead::Torchvision => {
                    (Linear::new(inputs, config.hidden, random, device), DROPOUT)
                }
                VggHead::Keras => (Linear::he_uniform(inputs, config.hidden, random, device), 0.0),
            };
            classifier.extend([
                ClassifierLayer::Linear(linear),
                ClassifierLayer::Rectifier(Placeholder),
                ClassifierLayer::Dropout(Dropout::new(dropout, layer)),
            ]);
            inputs = config.hidden;
        }
        classifier.push(ClassifierLayer::Linear(match config.head {
            VggHead::PyTorch | VggHead::Torchvision => Linear::new(inputs, config.classes, random, device),
            VggHead::Keras => Linear::glorot_uniform(inputs, config.classes, random, device),
        }));
        Self { features, classifier, taps: config.taps }
    }
}

impl<B: Kernels> Classifier<B> for Vgg<B> {
    /// Modes differ in dropout alone.
    fn depends_on_mode(&self) -> bool {
        self.classifier.iter().any(|layer| matches!(layer, ClassifierLayer::Dropout(dropout) if dropout.rate() > 0.0))
    }

    fn trace_hooked(&self, images: Tensor<B, 4>, mode: Mode, hook: TapHook<'_, B>) -> Trace<B> {
        self.trace_after(self.first_convolution().forward(images), mode, hook)
    }

    fn is_homogeneous(&self) -> bool {
        true
    }

    fn with_noise(self, key: u64) -> Self {
        let keyed = |layer| match layer {
            ClassifierLayer::Dropout(dropout) => ClassifierLayer::Dropout(dropout.with_noise(key)),
            other => other,
        };
        Self { classifier: self.classifier.into_iter().map(keyed).collect(), ..self }
    }
}

impl<B: Kernels> FirstConvolution<B> for Vgg<B> {
    fn first_convolution(&self) -> &Convolution<B> {
        match &self.features[0] {
            Layer::Convolution(convolution) => convolution,
            Layer::Rectifier(_) | Layer::MaxPool(_) => unreachable!("the first layer is a convolution"),
        }
    }

    fn trace_after(&self, first: Tensor<B, 4>, mode: Mode, hook: TapHook<'_, B>) -> Trace<B> {
        let (mut current, mut taps) = (first, Taps::new(hook));
        let mut rest = &self.features[1..];
        while let [layer, behind @ ..] = rest {
            rest = behind;
            let pooled_next = matches!(behind, [Layer::MaxPool(_), ..]);
            current = match layer {
                Layer::Convolution(convolution)
                    if matches!(behind, [Layer::Rectifier(_), Layer::Convolution(_), ..]) =>
                {
                    rest = &behind[1..];
                    convolution.forward_rectified(current)
                }
                Layer::Convolution(convolution) => convolution.forward(current),
                Layer::Rectifier(_) if pooled_next && self.taps == VggTaps::Convolutions => {
                    taps.show(ops::rectify(current))
                }
                // The largest value is the same before a rectifier as behind it, and it has a quarter of the work there.
                Layer::Rectifier(_) if pooled_next => current,
                Layer::Rectifier(_) => ops::rectify(current),
                Layer::MaxPool(_) if self.taps == VggTaps::Convolutions => {
                    pooling::maximum(current, PoolOptions::PAIRS)
                }
                Layer::MaxPool(_) => taps.show(ops::rectify(pooling::maximum(current, PoolOptions::PAIRS))),
            };
        }
        let (mut pooled, mut current) = (None, current.flatten(1, 3));
        for (place, layer) in self.classifier.iter().enumerate() {
            if place + 1 == self.classifier.len() {
                pooled = Some(current.clone());
            }
            current = match layer {
                ClassifierLayer::Linear(linear) => linear.forward(current),
                ClassifierLayer::Rectifier(_) => ops::rectify(current),
                ClassifierLayer::Dropout(dropout) => dropout.forward(current, mode),
            };
        }
        Trace::with_taps(current.clone(), pooled.unwrap_or(current), taps.into_vec())
    }
}

impl<B: Kernels> Stackable<B> for Vgg<B> {
    type Lifted = Vgg<Autodiff<B>>;
}

//! One type for every architecture, chosen at run time.
//!
//! Code that is generic over the model is compiled once per type, and the training path is long and uses two levels of
//! autodiff. With an enum it is compiled for one type, independent of the number of architectures. Weights have the
//! names of the architecture inside: a network and the bare architecture write the same file.

use crate::{
    conv_net::{ConvNet, ConvNetConfig},
    dense_net::{DenseNet, DenseNetConfig},
    efficient_net::{EfficientNet, EfficientNetConfig},
    efficient_net_lite::{EfficientNetLite, EfficientNetLiteConfig},
    first_convolution::FirstConvolution,
    layers::Convolution,
    mobile_net::{MobileNet, MobileNetConfig},
    resnet::{ResNet, ResNetConfig},
    trace::{BatchStatistics, Classifier, Mode, Stackable, TapHook, Trace},
    two_layer::{TwoLayer, TwoLayerConfig},
    vgg::{Vgg, VggConfig},
};
use burn::{
    module::Module,
    tensor::{Tensor, backend::Backend},
};
use herring_backend::{Autodiff, Kernels};
use rand::Rng;

/// The configuration of a [`Network`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NetworkConfig {
    /// A residual network.
    ResNet(ResNetConfig),
    /// A network without normalisation, with or without a decoder.
    ConvNet(ConvNetConfig),
    /// tap2024's network for MNIST.
    TwoLayer(TwoLayerConfig),
    /// VGG-16.
    Vgg(VggConfig),
    /// A densely connected network.
    DenseNet(DenseNetConfig),
    /// MobileNetV2.
    MobileNet(MobileNetConfig),
    /// EfficientNet-B0.
    EfficientNet(EfficientNetConfig),
    /// EfficientNet-Lite0.
    EfficientNetLite(EfficientNetLiteConfig),
}

impl NetworkConfig {
    /// Length of a trace's pooled features.
    pub fn features(&self) -> usize {
        match self {
            Self::ResNet(config) => config.features(),
            Self::ConvNet(config) => config.features(),
            Self::TwoLayer(config) => config.features(),
            Self::Vgg(config) => config.features(),
            Self::DenseNet(config) => config.features(),
            Self::MobileNet(config) => config.features(),
            Self::EfficientNet(config) => config.features(),
            Self::EfficientNetLite(config) => config.features(),
        }
    }
}

/// A network of any architecture.
#[allow(clippy::large_enum_variant, reason = "there are few networks at a time, and Burn 0.21 has no modules in boxes")]
#[derive(Module, Debug)]
pub enum Network<B: Backend> {
    /// A residual network.
    ResNet(ResNet<B>),
    /// A network without normalisation, with or without a decoder.
    ConvNet(ConvNet<B>),
    /// tap2024's network for MNIST.
    TwoLayer(TwoLayer<B>),
    /// VGG-16.
    Vgg(Vgg<B>),
    /// A densely connected network.
    DenseNet(DenseNet<B>),
    /// MobileNetV2.
    MobileNet(MobileNet<B>),
    /// EfficientNet-B0.
    EfficientNet(EfficientNet<B>),
    /// EfficientNet-Lite0.
    EfficientNetLite(EfficientNetLite<B>),
}

impl<B: Kernels> Network<B> {
    /// A network with weights drawn from `random`, the same as those of the bare architecture.
    pub fn new(config: &NetworkConfig, random: &mut impl Rng, device: &B::Device) -> Self {
        match config {
            NetworkConfig::ResNet(config) => Self::ResNet(ResNet::new(config, random, device)),
            NetworkConfig::ConvNet(config) => Self::ConvNet(ConvNet::new(config, random, device)),
            NetworkConfig::TwoLayer(config) => Self::TwoLayer(TwoLayer::new(config, random, device)),
            NetworkConfig::Vgg(config) => Self::Vgg(Vgg::new(config, random, device)),
            NetworkConfig::DenseNet(config) => Self::DenseNet(DenseNet::new(config, random, device)),
            NetworkConfig::MobileNet(config) => Self::MobileNet(MobileNet::new(config, random, device)),
            NetworkConfig::EfficientNet(config) => Self::EfficientNet(EfficientNet::new(config, random, device)),
            NetworkConfig::EfficientNetLite(config) => {
                Self::EfficientNetLite(EfficientNetLite::new(config, random, device))
            }
        }
    }
}

impl<B: Kernels> Classifier<B> for Network<B> {
    fn trace_hooked(&self, images: Tensor<B, 4>, mode: Mode, hook: TapHook<'_, B>) -> Trace<B> {
        match self {
            Self::ResNet(network) => network.trace_hooked(images, mode, hook),
            Self::ConvNet(network) => network.trace_hooked(images, mode, hook),
            Self::TwoLayer(network) => network.trace_hooked(images, mode, hook),
            Self::Vgg(network) => network.trace_hooked(images, mode, hook),
            Self::DenseNet(network) => network.trace_hooked(images, mode, hook),
            Self::MobileNet(network) => network.trace_hooked(images, mode, hook),
            Self::EfficientNet(network) => network.trace_hooked(images, mode, hook),
            Self::EfficientNetLite(network) => network.trace_hooked(images, mode, hook),
        }
    }

    fn outputs(&self, images: Tensor<B, 4>, mode: Mode) -> Trace<B> {
        match self {
            Self::ResNet(network) => network.outputs(images, mode),
            Self::ConvNet(network) => network.outputs(images, mode),
            Self::TwoLayer(network) => network.outputs(images, mode),
            Self::Vgg(network) => network.outputs(images, mode),
            Self::DenseNet(network) => network.outputs(images, mode),
            Self::MobileNet(network) => network.outputs(images, mode),
            Self::EfficientNet(network) => network.outputs(images, mode),
            Self::EfficientNetLite(network) => network.outputs(images, mode),
        }
    }

    fn depends_on_mode(&self) -> bool {
        match self {
            Self::ResNet(network) => network.depends_on_mode(),
            Self::ConvNet(network) => network.depends_on_mode(),
            Self::TwoLayer(network) => network.depends_on_mode(),
            Self::Vgg(network) => network.depends_on_mode(),
            Self::DenseNet(network) => network.depends_on_mode(),
            Self::MobileNet(network) => network.depends_on_mode(),
            Self::EfficientNet(network) => network.depends_on_mode(),
            Self::EfficientNetLite(network) => network.depends_on_mode(),
        }
    }

    fn is_homogeneous(&self) -> bool {
        match self {
            Self::ResNet(network) => network.is_homogeneous(),
            Self::ConvNet(network) => network.is_homogeneous(),
            Self::TwoLayer(network) => network.is_homogeneous(),
            Self::Vgg(network) => network.is_homogeneous(),
            Self::DenseNet(network) => network.is_homogeneous(),
            Self::MobileNet(network) => network.is_homogeneous(),
            Self::EfficientNet(network) => network.is_homogeneous(),
            Self::EfficientNetLite(network) => network.is_homogeneous(),
        }
    }

    fn with_noise(self, key: u64) -> Self {
        match self {
            Self::Vgg(network) => Self::Vgg(network.with_noise(key)),
            Self::MobileNet(network) => Self::MobileNet(network.with_noise(key)),
            Self::EfficientNet(network) => Self::EfficientNet(network.with_noise(key)),
            Self::EfficientNetLite(network) => Self::EfficientNetLite(network.with_noise(key)),
            Self::ResNet(_) | Self::ConvNet(_) | Self::TwoLayer(_) | Self::DenseNet(_) => self,
        }
    }

    fn absorb(self, statistics: Vec<BatchStatistics<B>>) -> Self {
        match self {
            Self::ResNet(network) => Self::ResNet(network.absorb(statistics)),
            Self::DenseNet(network) => Self::DenseNet(network.absorb(statistics)),
            Self::MobileNet(network) => Self::MobileNet(network.absorb(statistics)),
            Self::EfficientNet(network) => Self::EfficientNet(network.absorb(statistics)),
            Self::EfficientNetLite(network) => Self::EfficientNetLite(network.absorb(statistics)),
            Self::ConvNet(_) | Self::TwoLayer(_) | Self::Vgg(_) => self,
        }
    }
}

impl<B: Kernels> FirstConvolution<B> for Network<B> {
    fn first_convolution(&self) -> &Convolution<B> {
        match self {
            Self::ResNet(network) => network.first_convolution(),
            Self::ConvNet(network) => network.first_convolution(),
            Self::TwoLayer(network) => network.first_convolution(),
            Self::Vgg(network) => network.first_convolution(),
            Self::DenseNet(network) => network.first_convolution(),
            Self::MobileNet(network) => network.first_convolution(),
            Self::EfficientNet(network) => network.first_convolution(),
            Self::EfficientNetLite(network) => network.first_convolution(),
        }
    }

    fn trace_after(&self, first: Tensor<B, 4>, mode: Mode, hook: TapHook<'_, B>) -> Trace<B> {
        match self {
            Self::ResNet(network) => network.trace_after(first, mode, hook),
            Self::ConvNet(network) => network.trace_after(first, mode, hook),
            Self::TwoLayer(network) => network.trace_after(first, mode, hook),
            Self::Vgg(network) => network.trace_after(first, mode, hook),
            Self::DenseNet(network) => network.trace_after(first, mode, hook),
            Self::MobileNet(network) => network.trace_after(first, mode, hook),
            Self::EfficientNet(network) => network.trace_after(first, mode, hook),
            Self::EfficientNetLite(network) => network.trace_after(first, mode, hook),
        }
    }
}

impl<B: Kernels> Stackable<B> for Network<B> {
    type Lifted = Network<Autodiff<B>>;
}

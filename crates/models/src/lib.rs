//! Image classifiers on any backend.
//!
//! A penalty uses a model only through its [`Trace`]: the logits and the other results of one forward pass.
//! So a penalty works with any [`Classifier`], including the user's own, and with [`Stackable`] ones to the
//! second order.
//!
//! - [`ResNet`]: ResNet-18 and -34 at any width, with a stem for small images (3x3, stride 1, no max-pool),
//!   as iclr2021 and activmask2020 have them, or with ImageNet's, as tap2024;
//! - [`Vgg`], [`DenseNet`], [`MobileNet`], [`EfficientNet`]: VGG-16, DenseNet-121, MobileNetV2 and
//!   EfficientNet-B0 in torchvision's layout and names; [`EfficientNetLite`] is EfficientNet-Lite0 in TensorFlow's;
//! - [`TwoLayer`]: tap2024's network for MNIST;
//! - [`ConvNet`]: activmask2020's CNN, convolutional auto-encoder and UNet;
//! - [`Network`]: any of these, chosen at run time;
//! - [`Discriminator`]: tells the features of whole images from those of masked ones;
//! - [`weights`]: safetensors files in torchvision's naming, both ways;
//! - [`input_gradient`], [`gradient_with_biases`] and [`parameter_influence`]: derivatives that can be penalised;
//! - [`Saved`]: modules, optimisers and counts by name, for checkpoints.
//!
//! *Invariants:* a forward pass changes nothing; the batch statistics of a training pass are in the trace,
//! and [`Classifier::absorb`] updates the running ones. Parameters are drawn from the caller's random stream
//! immediately, never lazily.

mod conv_net;
mod dense_net;
mod differentiate;
mod discriminator;
mod efficient_net;
mod efficient_net_lite;
mod first_convolution;
mod head;
mod homogeneous;
mod influence;
pub mod initialise;
pub mod layers;
mod mobile_net;
mod network;
mod resnet;
mod saved;
mod trace;
mod two_layer;
mod vgg;
pub mod weights;

pub use conv_net::{ConvNet, ConvNetConfig, ConvNetKind};
pub use dense_net::{DenseNet, DenseNetConfig, DenseNetTaps};
pub use differentiate::{Differentiated, input_gradient, input_gradient_of_outputs, tap_gradient};
pub use discriminator::{Discriminator, DiscriminatorConfig};
pub use efficient_net::{EfficientNet, EfficientNetConfig};
pub use efficient_net_lite::{EfficientNetLite, EfficientNetLiteConfig};
pub use first_convolution::FirstConvolution;
pub use head::{freeze_body, is_head};
pub use homogeneous::{GradientWithBiases, gradient_with_biases};
pub use influence::{Twice, parameter_influence};
pub use initialise::Initialisation;
pub use mobile_net::{MobileNet, MobileNetConfig};
pub use network::{Network, NetworkConfig};
pub use resnet::{BasicBlock, Depth, Pooling, ResNet, ResNetConfig, ResNetLayers, Stem};
pub use saved::Saved;
pub use trace::{BatchStatistics, Classifier, Mode, Stackable, TapHook, Trace};
pub use two_layer::{TwoLayer, TwoLayerConfig};
pub use vgg::{Vgg, VggConfig, VggHead, VggTaps};

#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;

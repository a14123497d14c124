//! Image classifiers on any backend.
//!
//! A penalty uses a model only through its [`Trace`]: the logits and the other results of one forward pass.
//! So a penalty works with any [`Classifier`], including the user's own, and with [`Stackable`] ones to the
//! second order.
//!
//! - [`ResNet`]: ResNet-18 and -34 with a stem for small images (3x3, stride 1, no max-pool), at any
//!   width, as iclr2021 and activmask2020 have them;
//! - [`ConvNet`]: activmask2020's CNN, convolutional auto-encoder and UNet;
//! - [`Network`]: any of these, chosen at run time;
//! - [`Discriminator`]: tells the features of whole images from those of masked ones;
//! - [`weights`]: safetensors files in torchvision's naming, both ways;
//! - [`Saved`]: modules, optimisers and counts by name, for checkpoints.
//!
//! *Invariants:* a forward pass changes nothing; the batch statistics of a training pass are in the trace,
//! and [`Classifier::absorb`] updates the running ones. Parameters are drawn from the caller's random stream
//! immediately, never lazily.

mod conv_net;
mod differentiate;
mod discriminator;
pub mod initialise;
pub mod layers;
mod network;
mod resnet;
mod saved;
mod trace;
pub mod weights;

pub use conv_net::{ConvNet, ConvNetConfig, ConvNetKind};
pub use differentiate::{Differentiated, input_gradient};
pub use discriminator::{Discriminator, DiscriminatorConfig};
pub use initialise::Initialisation;
pub use network::{Network, NetworkConfig};
pub use resnet::{BasicBlock, Depth, Pooling, ResNet, ResNetConfig, ResNetLayers};
pub use saved::Saved;
pub use trace::{BatchStatistics, Classifier, Mode, Stackable, Trace};

#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;

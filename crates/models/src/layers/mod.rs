//! Layers whose derivatives can be differentiated again, named and laid out as in torchvision.

mod batch_norm;
mod biases;
pub(crate) mod conv_norm;
mod convolution;
mod dropout;
mod linear;
mod placeholder;

pub use batch_norm::BatchNorm;
pub use convolution::{Convolution, ConvolutionConfig};
pub use dropout::Dropout;
pub use linear::Linear;
pub use placeholder::Placeholder;

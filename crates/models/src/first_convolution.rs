//! Networks that begin with a convolution of the images, which RBR's partial influence function needs (tap2024,
//! released code).

use crate::{
    layers::Convolution,
    trace::{Classifier, Mode, TapHook, Trace},
};
use burn::tensor::Tensor;
use herring_backend::Kernels;

/// A classifier whose first layer is a convolution of the images.
///
/// *Invariant:* `trace_hooked(images, mode, hook)` equals `trace_after(first_convolution().forward(images), mode, hook)`.
pub trait FirstConvolution<B: Kernels>: Classifier<B> {
    /// The first layer.
    fn first_convolution(&self) -> &Convolution<B>;

    /// The rest of a pass, from the first layer's output `[batch, channels, height, width]`, its bias included.
    fn trace_after(&self, first: Tensor<B, 4>, mode: Mode, hook: TapHook<'_, B>) -> Trace<B>;
}

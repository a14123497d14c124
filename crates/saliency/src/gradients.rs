//! Input gradients (Simonyan et al. 2014).

use burn::tensor::Tensor;
use herring_backend::Kernels;
use herring_models::{Mode, Stackable, input_gradient};

/// The gradient of the raw logit of `class` with respect to each image,
/// `[batch, channels, height, width]`, with the running statistics of normalisation layers.
///
/// Images do not touch each other in this mode, so one backward pass serves the whole batch. The
/// model must honour [`Mode::Evaluate`], which Burn's own normalisation and dropout do not (see
/// [`Classifier`](herring_models::Classifier)).
///
/// # Panics
/// Where the model has no such class.
pub fn input_gradients<B: Kernels, M: Stackable<B>>(model: &M, images: Tensor<B, 4>, class: usize) -> Tensor<B, 4> {
    let score = |trace: &herring_models::Trace<_>| trace.logits.clone().narrow(1, class, 1).sum_dim(0).reshape([1]);
    input_gradient(model, images, Mode::Evaluate, score).gradient
}

//! The gradient of a score with respect to the image or to a tap, itself differentiable.

use crate::trace::{Classifier, Mode, Stackable, Trace};
use burn::tensor::{Tensor, backend::Backend};
use herring_backend::{Autodiff, Kernels};

/// One forward pass and the gradient of one score of it.
#[derive(Debug, Clone)]
pub struct Differentiated<B: Backend> {
    /// Gradient of the score with respect to the images or to the tap, `[batch, channels, height, width]` as these.
    ///
    /// Where `B` is an autodiff backend it depends on the parameters and can be penalised.
    pub gradient: Tensor<B, 4>,
    /// The same pass, so that it serves the classification loss and every penalty that needs no
    /// other.
    pub trace: Trace<B>,
}

/// Runs `images [batch, channels, height, width]` through the model on one more level of autodiff
/// and differentiates `score`, a single number, with respect to them.
///
/// The gradient is exact: no finite difference and no truncated graph. In [`Mode::Train`] batch
/// statistics couple the images, as they do in the papers' code. A score that does not depend on
/// the images has a gradient of zeros.
pub fn input_gradient<B: Kernels, M: Stackable<B>>(
    model: &M,
    images: Tensor<B, 4>,
    mode: Mode,
    score: impl FnOnce(&Trace<Autodiff<B>>) -> Tensor<Autodiff<B>, 1>,
) -> Differentiated<B> {
    gradient_of_pass(model, images, |model, images| model.trace(images, mode), score)
}

/// [`input_gradient`] of a pass [without layers and reconstruction](Classifier::outputs).
pub fn input_gradient_of_outputs<B: Kernels, M: Stackable<B>>(
    model: &M,
    images: Tensor<B, 4>,
    mode: Mode,
    score: impl FnOnce(&Trace<Autodiff<B>>) -> Tensor<Autodiff<B>, 1>,
) -> Differentiated<B> {
    gradient_of_pass(model, images, |model, images| model.outputs(images, mode), score)
}

fn gradient_of_pass<B: Kernels, M: Stackable<B>>(
    model: &M,
    images: Tensor<B, 4>,
    pass: impl FnOnce(&M::Lifted, Tensor<Autodiff<B>, 4>) -> Trace<Autodiff<B>>,
    score: impl FnOnce(&Trace<Autodiff<B>>) -> Tensor<Autodiff<B>, 1>,
) -> Differentiated<B> {
    let images = Tensor::<Autodiff<B>, 4>::from_inner(images).require_grad();
    let trace = pass(&model.lift(), images.clone());
    let gradients = score(&trace).backward();
    let gradient = images.grad(&gradients).unwrap_or_else(|| images.clone().inner().zeros_like());
    Differentiated { gradient, trace: trace.inner() }
}

/// Runs `images [batch, channels, height, width]` through the model and differentiates `score`, a single number, with
/// respect to the activations of the tap at place `tap`, or of the last one: what class activation maps are made of. `None`
/// if the model shows no such tap.
///
/// Only what lies behind the tap is differentiated on one more level of autodiff, so that on an autodiff backend a penalty on
/// the gradient costs little. [`Trace::taps`] has the activations.
pub fn tap_gradient<B: Kernels, M: Stackable<B>>(
    model: &M,
    images: Tensor<B, 4>,
    mode: Mode,
    tap: Option<usize>,
    score: impl FnOnce(&Trace<Autodiff<B>>) -> Tensor<Autodiff<B>, 1>,
) -> Option<Differentiated<B>> {
    let mut tracked = None;
    let mut hook = |place: usize, activations: Tensor<Autodiff<B>, 4>| {
        if tap.is_some_and(|tap| tap != place) {
            return activations;
        }
        // Which one is the last is known after the pass: each is tracked in turn, and what lies behind the last one depends on
        // no other.
        let leaf = Tensor::from_inner(activations.inner()).require_grad();
        tracked = Some(leaf.clone());
        leaf
    };
    let trace = model.lift().trace_hooked(Tensor::from_inner(images), mode, &mut hook);
    let tracked = tracked?;
    let gradients = score(&trace).backward();
    let gradient = tracked.grad(&gradients).unwrap_or_else(|| tracked.clone().inner().zeros_like());
    Some(Differentiated { gradient, trace: trace.inner() })
}

//! Input gradients (Simonyan et al. 2014).

use crate::{
    error::SaliencyError,
    target::{self, Rows, Target},
};
use burn::tensor::Tensor;
use herring_backend::{Autodiff, Kernels};
use herring_models::{Mode, Stackable, Trace, input_gradient_of_outputs};

/// The gradient of the raw logit of `class` with respect to each image,
/// `[batch, channels, height, width]`, with the running statistics of normalisation layers.
///
/// Images are independent of each other in this mode, so one backward pass serves the whole batch. The model
/// must honour [`Mode::Evaluate`], which Burn's own normalisation and dropout do not (see
/// [`Classifier`](herring_models::Classifier)).
///
/// # Panics
/// Where the model has no such class.
pub fn input_gradients<B: Kernels, M: Stackable<B>>(model: &M, images: Tensor<B, 4>, class: usize) -> Tensor<B, 4> {
    let score = |trace: &Trace<_>| trace.logits.clone().narrow(1, class, 1).sum_dim(0).reshape([1]);
    input_gradient_of_outputs(model, images, Mode::Evaluate, score).gradient
}

/// [`input_gradients`] for a class of each image's own, with at most `batch` images going through the
/// model at once.
///
/// # Errors
/// `batch` is 0, there is another number of classes than of images, or the model lacks one of them.
pub fn input_gradients_of<'a, B: Kernels, M: Stackable<B>>(
    model: &M,
    images: Tensor<B, 4>,
    target: impl Into<Target<'a>>,
    batch: usize,
) -> Result<Tensor<B, 4>, SaliencyError> {
    target::check_batch(batch)?;
    let [count, ..] = images.dims();
    let classes = target.into().classes(count)?;
    let mut gradients = Vec::with_capacity(count.div_ceil(batch));
    for start in (0..count).step_by(batch) {
        let length = batch.min(count - start);
        let rows = Rows::of((start..start + length).collect(), &classes);
        gradients.push(gradients_of(model, images.clone().narrow(0, start, length), &rows)?);
    }
    Ok(if gradients.is_empty() { images } else { Tensor::cat(gradients, 0) })
}

/// One pass: the gradient of each row's logit with respect to its input.
pub(crate) fn gradients_of<B: Kernels, M: Stackable<B>>(
    model: &M,
    inputs: Tensor<B, 4>,
    rows: &Rows,
) -> Result<Tensor<B, 4>, SaliencyError> {
    let mut checked = Ok(());
    let score = |trace: &Trace<Autodiff<B>>| {
        // The pass completes in any case, and the error is returned after it.
        checked = rows.check(trace.logits.dims()[1]);
        rows.score(&trace.logits)
    };
    let gradient = input_gradient_of_outputs(model, inputs, Mode::Evaluate, score).gradient;
    checked.map(|()| gradient)
}

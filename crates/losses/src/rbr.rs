//! Right for better reasons (RBR; Shao et al. 2021) as tap2024's released code has it: the input gradient times an influence
//! function must vanish outside the mask.
//!
//! With `g` the gradient of `Σ_b Σ_k log p_k` in evaluation mode, its channels summed, and `o` 1 outside, the penalty is
//! `Σ (o g f)²` over the batch. The paper prints no formula for the influence `f`.
//!
//! The released influence is *partial*: of all parameters the first convolution's weight alone counts, and the gradient `G`
//! of the training-mode cross-entropy with respect to that convolution's output is a constant of the image, not of the
//! weights. The gradient with respect to the image of the sum of that weight's gradient is then the transposed convolution of
//! `G` with a kernel of ones, its channels summed.

use crate::{Batch, Contribution, Passes, Penalty, cross_entropy, log_softmax};
use burn::tensor::{Tensor, backend::AutodiffBackend};
use herring_backend::{Autodiff, Kernels, ops};
use herring_models::{FirstConvolution, Mode, Stackable, Trace};

/// Penalised product of input gradient and partial influence.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Rbr {
    /// Weight of the penalty.
    pub weight: f64,
}

/// The released code's influence of each pixel, `[batch, 1, height, width]`.
fn partial_influence<B, M>(model: &M, batch: &Batch<B>) -> Tensor<B, 4>
where
    B: AutodiffBackend + Kernels,
    M: Stackable<B, Lifted: FirstConvolution<Autodiff<B>>> + FirstConvolution<B>,
{
    let convolution = model.first_convolution();
    let first = Tensor::<Autodiff<B>, 4>::from_inner(convolution.forward(batch.images.clone())).require_grad();
    let logits = model.lift().trace_after(first.clone(), Mode::Train).logits;
    let gradients = cross_entropy(logits, Tensor::from_inner(batch.labels.clone())).backward();
    let gradient = first.grad(&gradients).unwrap_or_else(|| first.clone().inner().zeros_like());
    let [_, _, height, width] = batch.images.dims();
    let ones = convolution.weight.val().ones_like().detach();
    ops::convolution_input_gradient(ones, gradient, [height, width], convolution.options()).sum_dim(1)
}

impl<B, M> Penalty<B, M> for Rbr
where
    B: AutodiffBackend + Kernels,
    M: Stackable<B, Lifted: FirstConvolution<Autodiff<B>>> + FirstConvolution<B>,
{
    fn differentiates(&self) -> bool {
        true
    }

    fn mode(&self) -> Mode {
        Mode::Evaluate
    }

    /// `Σ_b Σ_k log p_k`.
    fn score(&self, trace: &Trace<Autodiff<B>>, _batch: &Batch<B>) -> Tensor<Autodiff<B>, 1> {
        ops::total(log_softmax(trace.logits.clone()))
    }

    fn penalty(&mut self, model: &M, passes: &Passes<B>, batch: &Batch<B>) -> Contribution<B> {
        let gradient = passes.gradient(batch).sum_dim(1);
        let outside = batch.outside() * gradient * partial_influence(model, batch);
        Contribution::new(ops::total(outside.clone() * outside) * self.weight)
    }
}

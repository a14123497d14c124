//! Right for better reasons (RBR; Shao et al. 2021) as tap2024's released code has it: the input gradient times an influence
//! function must vanish outside the mask.
//!
//! With `g` the gradient of `Σ_b Σ_k log p_k` in evaluation mode, its channels summed, and `o` 1 outside, the penalty is
//! `Σ (o g f)²` over the batch. The paper prints no formula for the influence `f`. Its code means the gradient with respect to
//! the image of the sum of all entries of `dL/dθ`, with `L` the task's loss and `θ` the parameters, channels summed:
//!
//! | | released code ([`RbrInfluence::Partial`]) | what it means to compute ([`RbrInfluence::Full`]) |
//! |---|---|---|
//! | parameters | the first convolution's weight alone | all |
//! | dependence on the image | the explicit one: the gradient `G` of `L` with respect to that convolution's output is a constant of the image, not of the weights | all of it |
//! | normalisation and dropout in `L` | training mode | evaluation mode |
//! | highest derivative of the network | second | third |
//!
//! The released code marks the images as differentiable only after the pass that `L` comes from, so all else is lost. The
//! partial influence is then the transposed convolution of `G` with a kernel of ones, its channels summed; the full one is
//! [`herring_models::parameter_influence`].

use crate::{Batch, Contribution, Passes, Penalty, Task, WithRespectTo, log_softmax};
use burn::tensor::{Tensor, backend::AutodiffBackend};
use herring_backend::{Autodiff, Kernels, ops};
use herring_models::{FirstConvolution, Mode, Stackable, Trace, parameter_influence};
use herring_protocol::RbrInfluence;

/// Penalised product of input gradient and influence.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Rbr {
    /// Weight of the penalty.
    pub weight: f64,
    /// Which influence function.
    pub influence: RbrInfluence,
}

/// The released code's influence of each pixel, `[batch, 1, height, width]`.
fn partial_influence<B, M>(model: &M, task: &Task, batch: &Batch<B>) -> Tensor<B, 4>
where
    B: AutodiffBackend + Kernels,
    M: Stackable<B, Lifted: FirstConvolution<Autodiff<B>>> + FirstConvolution<B>,
{
    let convolution = model.first_convolution();
    let first = Tensor::<Autodiff<B>, 4>::from_inner(convolution.forward(batch.images.clone())).require_grad();
    let logits = model.lift().trace_after(first.clone(), Mode::Train, &mut |_, tap| tap).logits;
    let gradients = task.loss(logits, Tensor::from_inner(batch.labels.clone())).backward();
    let gradient = first.grad(&gradients).unwrap_or_else(|| first.clone().inner().zeros_like());
    let [_, _, height, width] = batch.images.dims();
    let ones = convolution.weight.val().ones_like().detach();
    ops::sum_over_channels(ops::convolution_input_gradient(ones, gradient, [height, width], convolution.options()))
}

/// The influence of each pixel on the gradients of all parameters, `[batch, 1, height, width]`.
fn full_influence<B, M>(model: &M, task: &Task, batch: &Batch<B>) -> Tensor<B, 4>
where
    B: AutodiffBackend + Kernels,
    M: Stackable<B, Lifted: Stackable<Autodiff<B>>>,
{
    let labels = Tensor::from_inner(Tensor::from_inner(batch.labels.clone()));
    let loss = |trace: &Trace<_>| task.loss(trace.logits.clone(), labels);
    ops::sum_over_channels(parameter_influence(model, batch.images.clone(), Mode::Evaluate, loss))
}

impl<B, M> Penalty<B, M> for Rbr
where
    B: AutodiffBackend + Kernels,
    M: Stackable<B, Lifted: FirstConvolution<Autodiff<B>> + Stackable<Autodiff<B>>> + FirstConvolution<B>,
{
    fn differentiates(&self, _model: &M) -> Option<WithRespectTo> {
        Some(WithRespectTo::Images)
    }

    fn mode(&self) -> Mode {
        Mode::Evaluate
    }

    /// `Σ_b Σ_k log p_k`.
    fn score(&self, trace: &Trace<Autodiff<B>>, _batch: &Batch<B>) -> Tensor<Autodiff<B>, 1> {
        ops::total(log_softmax(trace.logits.clone()))
    }

    fn penalty(&mut self, model: &M, passes: &Passes<B>, batch: &Batch<B>) -> Contribution<B> {
        let gradient = ops::sum_over_channels(passes.gradient(batch));
        let influence = match self.influence {
            RbrInfluence::Partial => partial_influence(model, &passes.task, batch),
            RbrInfluence::Full => full_influence(model, &passes.task, batch),
        };
        let outside = batch.outside() * gradient * influence;
        Contribution::new(ops::total(outside.clone() * outside) * self.weight)
    }
}

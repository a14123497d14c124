//! Right for the right reasons (Ross et al. 2017; iclr2021, equation 4): the log-probabilities must
//! not depend on what lies outside the mask.
//!
//! With `g` the gradient of `Σ_b Σ_k log p_k` with respect to the images and `o` 1 outside:
//!
//! | | iclr2021's paper | its released code | tap2024's released code |
//! |---|---|---|---|
//! | [reading](RrrReading) | `Pixels` | `Pixels` | `Area` |
//! | penalty | `Σ (o g)²` over batch, channels and pixels; the square is printed inside the derivative | the same | `Σ (w o Σ_c g_c)²` over pixels, mean over the batch, with `w` the pixels of the image by those outside |
//! | log | `log p`: [`offset`](Rrr::offset) 0 | `log(p + 1e-11)` | `log p` |
//! | normalisation and dropout | training mode, so that `g` couples the images of a batch | the same | evaluation mode, in a pass of its own |
//!
//! tap2024 prints the squared gradient of the logits without weights; equation 4 there.
//!
//! # Two classes
//! Where `p` is the probability of the second class and `d` the difference of the logits, `Σ_k log p_k` has the slope `1 - 2p`
//! in `d`. So an image's penalty is `(1 - 2p)² q`, with `q` that of the gradient of `d` itself, and the derivative of the first
//! factor is a multiple of the derivative of `d`. In a [homogeneous](herring_models::Classifier::is_homogeneous) network `d` is
//! a sum of products with its own gradient ([`gradient_with_biases`]), so that one backward pass through that gradient is all
//! that the penalty's derivative takes: four products a layer in the place of six, with the same result.

use crate::{Batch, Contribution, Passes, Penalty, WithRespectTo, log_softmax};
use burn::tensor::{
    Tensor,
    activation::sigmoid,
    backend::{AutodiffBackend, Backend},
};
use herring_backend::{Autodiff, Kernels, ops};
use herring_models::{Mode, Stackable, Trace, gradient_with_biases, input_gradient_of_outputs};
use herring_protocol::RrrReading;

/// Penalised input gradient of the log-probabilities.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Rrr {
    /// Weight of the penalty.
    pub weight: f64,
    /// Added to a probability before its logarithm.
    pub offset: f64,
    /// How the gradient outside the mask becomes a number.
    pub reading: RrrReading,
}

/// `Σ_b Σ_k log p_k`, with `offset` added to each probability.
fn log_probabilities<B: AutodiffBackend + Kernels>(
    logits: Tensor<Autodiff<B>, 2>,
    offset: f64,
) -> Tensor<Autodiff<B>, 1> {
    let log_probabilities = log_softmax(logits);
    if offset == 0.0 {
        return ops::total(log_probabilities);
    }
    ops::total((log_probabilities.exp() + offset).log())
}

/// 1 outside the mask times the pixels of the image by those outside, `[batch, 1, height, width]`.
fn area_weights<B: AutodiffBackend + Kernels>(batch: &Batch<B>) -> Tensor<B, 4> {
    let outside = batch.outside();
    let [images, _, height, width] = outside.dims();
    // An image without an outside has no gradient there; its area must not be a divisor of 0.
    let area = outside.clone().reshape([images, height * width]).sum_dim(1).clamp_min(1.0);
    outside * area.recip().mul_scalar((height * width) as f64).reshape([images, 1, 1, 1])
}

/// The second logit less the first, of `logits [batch, 2]`: `[batch, 1]`.
fn difference<B: Backend>(logits: &Tensor<B, 2>) -> Tensor<B, 2> {
    logits.clone().narrow(1, 1, 1) - logits.clone().narrow(1, 0, 1)
}

/// The sum over each image of a tensor of `[batch, 1, height, width]`, `[batch]`.
fn image_sums<B: AutodiffBackend>(planes: Tensor<B, 4>) -> Tensor<B, 1> {
    let [images, _, height, width] = planes.dims();
    planes.reshape([images, height * width]).sum_dim(1).squeeze_dim(1)
}

/// The penalty of the reading `Area` of a homogeneous network of two classes, before its weight.
///
/// Its value is that of the penalty. Its derivative is made of that of the gradients, times numbers that are constants to it:
/// exact, but not to be differentiated again.
fn of_two_classes<B: AutodiffBackend + Kernels, M: Stackable<B>>(model: &M, batch: &Batch<B>) -> Tensor<B, 1> {
    let found = gradient_with_biases(model, batch.images.clone(), |trace| ops::total(difference(&trace.logits)));
    let (images, weights) = (found.images.dims()[0], area_weights(batch));
    let spread = |numbers: Tensor<B, 1>| numbers.reshape([images, 1, 1, 1]);

    let probability: Tensor<B, 1> = sigmoid(difference(&found.trace.logits.detach())).squeeze_dim(1);
    let slope = probability.clone() * -2.0 + 1.0;
    let slope_derivative = probability.clone() * (probability.neg() + 1.0) * -2.0;

    let gradient = ops::sum_over_channels(found.images.clone());
    let masked = gradient.clone().detach() * weights.clone();
    let squares = image_sums(masked.clone() * masked.clone());
    let value = ops::total(squares.clone() * slope.clone() * slope.clone());

    // The derivatives of `slope² q`: by the gradient of `d`, and by `d` itself, on which the slope depends.
    let by_gradient = masked * weights * spread(slope.clone() * slope.clone() * 2.0);
    let by_difference = squares * slope * slope_derivative * 2.0;
    let products = ops::products_over_channels(batch.images.clone(), found.images);
    let differences = image_sums(products) + found.biases;
    let derivative = ops::total(gradient * by_gradient) + ops::total(differences * by_difference);
    derivative.clone() - derivative.detach() + value
}

impl<B: AutodiffBackend + Kernels, M: Stackable<B>> Penalty<B, M> for Rrr {
    /// A pass in evaluation mode serves nothing else, so the penalty makes it itself.
    fn differentiates(&self, model: &M) -> Option<WithRespectTo> {
        let own_pass = self.reading == RrrReading::Area && model.depends_on_mode();
        (!own_pass).then_some(WithRespectTo::Images)
    }

    fn score(&self, trace: &Trace<Autodiff<B>>, _batch: &Batch<B>) -> Tensor<Autodiff<B>, 1> {
        log_probabilities(trace.logits.clone(), self.offset)
    }

    fn penalty(&mut self, model: &M, passes: &Passes<B>, batch: &Batch<B>) -> Contribution<B> {
        let [images, classes] = passes.images.logits.dims();
        let squares = |masked: Tensor<B, 4>| ops::total(masked.clone() * masked);
        Contribution::new(match self.reading {
            RrrReading::Pixels => squares(passes.gradient(batch) * batch.outside()) * self.weight,
            RrrReading::Area => {
                let share = self.weight / images as f64;
                let own_pass = passes.gradient.is_none();
                if own_pass && classes == 2 && self.offset == 0.0 && model.is_homogeneous() {
                    of_two_classes(model, batch) * share
                } else {
                    let gradient = passes.gradient.clone().unwrap_or_else(|| {
                        let score = |trace: &Trace<_>| log_probabilities(trace.logits.clone(), self.offset);
                        input_gradient_of_outputs(model, batch.images.clone(), Mode::Evaluate, score).gradient
                    });
                    squares(ops::sum_over_channels(gradient) * area_weights(batch)) * share
                }
            }
        })
    }
}

//! GradMask (Simpson et al. 2019; iclr2021, equation 5; activmask2020, equation 2): the contrast between the two logits must
//! not depend on what lies outside the mask.
//!
//! With `g` the gradient of `Σ_b |logit_0 - logit_1|` with respect to the images and `o` 1 outside:
//!
//! | | papers ([`GradientNorm::Image`]) | released codes ([`GradientNorm::Absolute`]) |
//! |---|---|---|
//! | norm | `‖o g‖₂` of each image, summed over the batch | `Σ |o g|` over batch, channels and pixels |
//!
//! For more than two classes, which the paper does not cover, the contrast is the sum of `|logit_k -
//! logit_l|` over all pairs of classes, which for two is the paper's.
//!
//! Batch normalisation is in training mode, so the gradient couples the images of a batch.

use crate::{Batch, Contribution, Passes, Penalty, WithRespectTo, norm};
use burn::tensor::{
    Tensor,
    backend::{AutodiffBackend, Backend},
};
use herring_backend::{Autodiff, Kernels, ops};
use herring_models::{Stackable, Trace};
use herring_protocol::GradientNorm;

/// Penalised input gradient of the logit contrast.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct GradMask {
    /// Weight of the penalty.
    pub weight: f64,
    /// Norm of the gradient outside the mask.
    pub norm: GradientNorm,
}

/// `Σ_b Σ_{k<l} |logit_k - logit_l|`, `[1]`, for `logits [batch, classes]` of at least two classes.
fn contrast<B: Backend>(logits: Tensor<B, 2>) -> Tensor<B, 1> {
    let classes = logits.dims()[1];
    let column = |index: usize| logits.clone().narrow(1, index, 1);
    let pairs = (0..classes).flat_map(|one| (one + 1..classes).map(move |other| (one, other)));
    let mut contrast = ops::total((column(0) - column(1)).abs());
    for (one, other) in pairs.skip(1) {
        contrast = contrast + ops::total((column(one) - column(other)).abs());
    }
    contrast
}

impl<B: AutodiffBackend + Kernels, M: Stackable<B>> Penalty<B, M> for GradMask {
    fn differentiates(&self, _model: &M) -> Option<WithRespectTo> {
        Some(WithRespectTo::Images)
    }

    fn score(&self, trace: &Trace<Autodiff<B>>, _batch: &Batch<B>) -> Tensor<Autodiff<B>, 1> {
        contrast(trace.logits.clone())
    }

    fn penalty(&mut self, _model: &M, passes: &Passes<B>, batch: &Batch<B>) -> Contribution<B> {
        let outside = passes.gradient(batch) * batch.outside();
        let penalty = match self.norm {
            GradientNorm::Image => ops::total(norm::rows(outside.flatten(1, 3))),
            GradientNorm::Absolute => ops::total(outside.abs()),
        };
        Contribution::new(penalty * self.weight)
    }
}

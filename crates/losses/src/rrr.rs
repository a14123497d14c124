//! Right for the right reasons (Ross et al. 2017; iclr2021, equation 4): the log-probabilities must
//! not depend on what lies outside the mask.
//!
//! With `g` the gradient of `Σ_b Σ_k log p_k` with respect to the images and `o` 1 outside, the
//! penalty is `Σ (o g)²` over batch, channels and pixels.
//!
//! | | paper | released code |
//! |---|---|---|
//! | square | printed inside the derivative; read as Ross et al. have it | on the masked gradient |
//! | log | `log p` | `log(p + 1e-11)` |
//!
//! Batch normalisation is in training mode, so the gradient couples the images of a batch.

use crate::{Batch, Objective, Penalty, Variant, log_softmax};
use burn::tensor::{
    Tensor,
    backend::{AutodiffBackend, Backend},
};
use herring_backend::{Kernels, ops};
use herring_models::{Mode, Stackable, input_gradient};

/// Penalised input gradient of the log-probabilities.
#[derive(Debug, Clone, Copy)]
pub struct Rrr {
    /// Weight of the penalty.
    pub weight: f64,
    /// Which reading.
    pub variant: Variant,
}

impl Rrr {
    /// `Σ_b Σ_k log p_k`, `[1]`, for `logits [batch, classes]`.
    fn score<B: Backend>(&self, logits: Tensor<B, 2>) -> Tensor<B, 1> {
        let log_probabilities = log_softmax(logits);
        match self.variant {
            Variant::Paper => ops::total(log_probabilities),
            Variant::Released => ops::total((log_probabilities.exp() + 1e-11).log()),
        }
    }
}

impl<B: AutodiffBackend + Kernels, M: Stackable<B>> Penalty<B, M> for Rrr {
    fn objective(&mut self, model: &M, batch: &Batch<B>) -> Objective<B> {
        let found = input_gradient(model, batch.images.clone(), Mode::Train, |trace| self.score(trace.logits.clone()));
        let outside = found.gradient * batch.outside();
        let penalty = ops::total(outside.clone() * outside) * self.weight;
        Objective { penalty: Some(penalty), ..Objective::new(found.trace.logits, found.trace.statistics) }
    }
}

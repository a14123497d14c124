//! Right for the right reasons (Ross et al. 2017; iclr2021, equation 4): the log-probabilities must
//! not depend on what lies outside the mask.
//!
//! With `g` the gradient of `Σ_b Σ_k log p_k` with respect to the images and `o` 1 outside, the
//! penalty is `Σ (o g)²` over batch, channels and pixels.
//!
//! | | paper | released code |
//! |---|---|---|
//! | square | printed inside the derivative; read as Ross et al. have it | on the masked gradient |
//! | log | `log p`: [`offset`](Rrr::offset) 0 | `log(p + 1e-11)` |
//!
//! Batch normalisation is in training mode, so the gradient couples the images of a batch.

use crate::{Batch, Contribution, Passes, Penalty, log_softmax};
use burn::tensor::{Tensor, backend::AutodiffBackend};
use herring_backend::{Autodiff, Kernels, ops};
use herring_models::{Stackable, Trace};

/// Penalised input gradient of the log-probabilities.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Rrr {
    /// Weight of the penalty.
    pub weight: f64,
    /// Added to a probability before its logarithm.
    pub offset: f64,
}

impl<B: AutodiffBackend + Kernels, M: Stackable<B>> Penalty<B, M> for Rrr {
    fn differentiates(&self) -> bool {
        true
    }

    /// `Σ_b Σ_k log p_k`.
    fn score(&self, trace: &Trace<Autodiff<B>>, _batch: &Batch<B>) -> Tensor<Autodiff<B>, 1> {
        let log_probabilities = log_softmax(trace.logits.clone());
        if self.offset == 0.0 {
            return ops::total(log_probabilities);
        }
        ops::total((log_probabilities.exp() + self.offset).log())
    }

    fn penalty(&mut self, _model: &M, passes: &Passes<B>, batch: &Batch<B>) -> Contribution<B> {
        let outside = passes.gradient(batch) * batch.outside();
        Contribution::new(ops::total(outside.clone() * outside) * self.weight)
    }
}

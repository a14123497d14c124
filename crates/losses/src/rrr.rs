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

use crate::{Batch, Contribution, Passes, Penalty, WithRespectTo, log_softmax};
use burn::tensor::{Tensor, backend::AutodiffBackend};
use herring_backend::{Autodiff, Kernels, ops};
use herring_models::{Mode, Stackable, Trace};
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

impl<B: AutodiffBackend + Kernels, M: Stackable<B>> Penalty<B, M> for Rrr {
    fn differentiates(&self) -> Option<WithRespectTo> {
        Some(WithRespectTo::Images)
    }

    fn mode(&self) -> Mode {
        match self.reading {
            RrrReading::Pixels => Mode::Train,
            RrrReading::Area => Mode::Evaluate,
        }
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
        let (outside, gradient) = (batch.outside(), passes.gradient(batch));
        let [images, _, height, width] = outside.dims();
        let (masked, share) = match self.reading {
            RrrReading::Pixels => (gradient * outside, 1.0),
            RrrReading::Area => {
                // An image without an outside has no gradient there; its area must not be a divisor of 0.
                let area = outside.clone().reshape([images, height * width]).sum_dim(1).clamp_min(1.0);
                let weights = area.recip().mul_scalar((height * width) as f64).reshape([images, 1, 1, 1]);
                (ops::sum_over_channels(gradient) * outside * weights, 1.0 / images as f64)
            }
        };
        Contribution::new(ops::total(masked.clone() * masked) * (self.weight * share))
    }
}

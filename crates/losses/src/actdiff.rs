//! Activation difference (iclr2021, equation 1): features of an image and of its masked version are
//! drawn together.
//!
//! | | paper | released code |
//! |---|---|---|
//! | weight | searched in `[1e-4, 10]` | never multiplied in: always 1 |
//! | distance | `‖f(x) - f(x')‖₂` | `‖f(x') - f(x) + 1e-6‖₂`, the constant in every component |
//! | batch | sum (here: mean, so that the weight does not depend on the batch) | mean |
//! | tap | pre-activation output of a layer that is not named | the pooled features; both readings here take them |
//! | order of the passes | not said | masked first, then whole |

use crate::{Batch, Objective, Penalty, Variant, norm};
use burn::tensor::{
    Tensor,
    backend::{AutodiffBackend, Backend},
};
use herring_backend::Kernels;
use herring_models::{Mode, Stackable};

/// Distance between the pooled features of an image and of its masked version.
#[derive(Debug, Clone, Copy)]
pub struct ActDiff {
    /// Weight of the penalty; without effect under [`Variant::Released`].
    pub weight: f64,
    /// Which reading.
    pub variant: Variant,
}

impl ActDiff {
    /// The penalty for features `[batch, features]` of whole and of masked images, `[1]`.
    pub fn penalty<B: Backend>(&self, whole: Tensor<B, 2>, masked: Tensor<B, 2>) -> Tensor<B, 1> {
        match self.variant {
            Variant::Paper => norm::rows(whole - masked).mean() * self.weight,
            Variant::Released => norm::rows(masked - whole + 1e-6).mean(),
        }
    }
}

impl<B: AutodiffBackend + Kernels, M: Stackable<B>> Penalty<B, M> for ActDiff {
    fn objective(&mut self, model: &M, batch: &Batch<B>) -> Objective<B> {
        let masked = model.trace(batch.masked.clone(), Mode::Train);
        let whole = model.trace(batch.images.clone(), Mode::Train);
        Objective {
            penalty: Some(self.penalty(whole.pooled, masked.pooled)),
            statistics: vec![masked.statistics, whole.statistics],
            ..Objective::new(whole.logits, Vec::new())
        }
    }
}

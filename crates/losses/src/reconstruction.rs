//! Reconstruction: a decoder gives the image back (activmask2020, section 3), or its version with the outside
//! permuted ("Reconstruct Masked").
//!
//! Paper and released code agree on the means over pixels and batch: binary cross-entropy on synthetic images,
//! squared error on medical ones. PyTorch stops a logarithm at -100; here it stops at the logarithm of 1e-38,
//! about -87, so that the number is not too small for any backend. Both limits are reached only where a sigmoid
//! is exactly 0 or 1.

use crate::{Batch, Contribution, Passes, Penalty};
use burn::tensor::{
    Tensor,
    backend::{AutodiffBackend, Backend},
};
use herring_backend::{Kernels, ops};
use herring_models::Stackable;
use herring_protocol::{ReconstructionLoss, ReconstructionTarget};

/// The smallest number whose logarithm is taken.
const SMALLEST: f64 = 1e-38;

/// Penalised difference between a reconstruction and its target.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Reconstruction {
    /// Weight of the penalty.
    pub weight: f64,
    /// How both are compared.
    pub loss: ReconstructionLoss,
    /// What is to be reconstructed.
    pub target: ReconstructionTarget,
}

impl Reconstruction {
    /// The unweighted loss, `[1]`, of two `[batch, channels, height, width]`; for the binary cross-entropy both
    /// lie in `[0, 1]`.
    pub fn between<B: Backend>(&self, reconstruction: Tensor<B, 4>, target: Tensor<B, 4>) -> Tensor<B, 1> {
        let count = reconstruction.shape().num_elements() as f64;
        let each = match self.loss {
            ReconstructionLoss::SquaredError => {
                let difference = reconstruction - target;
                difference.clone() * difference
            }
            ReconstructionLoss::BinaryCrossEntropy => {
                let log = |share: Tensor<B, 4>| share.clamp_min(SMALLEST).log();
                let rest = log(reconstruction.clone().neg() + 1.0) * (target.clone().neg() + 1.0);
                (log(reconstruction) * target + rest).neg()
            }
        };
        ops::total(each) / count
    }
}

impl<B: AutodiffBackend + Kernels, M: Stackable<B>> Penalty<B, M> for Reconstruction {
    /// False: it compares with the permuted images themselves, not with a pass over them.
    fn needs_masked(&self) -> bool {
        false
    }

    fn needs_layers(&self) -> bool {
        true
    }

    fn penalty(&mut self, _model: &M, passes: &Passes<B>, batch: &Batch<B>) -> Contribution<B> {
        let target = match self.target {
            ReconstructionTarget::Image => &batch.images,
            ReconstructionTarget::Permuted => &batch.masked,
        };
        Contribution::new(match &passes.images.reconstruction {
            Some(reconstruction) => self.between(reconstruction.clone(), target.clone()) * self.weight,
            // `RunSpec::check` refuses a specification with this penalty and a model without a decoder.
            None => Tensor::zeros([1], &target.device()),
        })
    }
}

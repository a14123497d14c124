//! The squared length of the parameters, as tap2024's released code adds it by hand: `0.5 Σ θ²` over all parameters, those of
//! normalisation layers and biases included. Running statistics are no parameters.
//!
//! Its gradient is `θ`, so with plain gradient descent it is weight decay; with Adam it is not, because the gradient passes
//! through the moments.

use crate::{Batch, Contribution, Passes, Penalty};
use burn::{
    module::{ModuleVisitor, Param},
    tensor::{
        Tensor,
        backend::{AutodiffBackend, Backend},
    },
};
use herring_backend::{Kernels, ops};
use herring_models::Stackable;

/// Penalised length of the parameters.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct L2 {
    /// Weight of the penalty.
    pub weight: f64,
}

/// `Σ θ²` of the trained parameters met so far, `[1]`.
struct SquaredLength<B: Backend> {
    total: Tensor<B, 1>,
}

impl<B: Backend> ModuleVisitor<B> for SquaredLength<B> {
    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<B, D>>) {
        let value = param.val();
        if value.is_require_grad() {
            self.total = self.total.clone() + ops::total(value.clone() * value);
        }
    }
}

impl<B: AutodiffBackend + Kernels, M: Stackable<B>> Penalty<B, M> for L2 {
    fn penalty(&mut self, model: &M, _passes: &Passes<B>, batch: &Batch<B>) -> Contribution<B> {
        let mut length = SquaredLength { total: Tensor::zeros([1], (&batch.images.device(), batch.images.dtype())) };
        model.visit(&mut length);
        Contribution::new(length.total * (0.5 * self.weight))
    }
}

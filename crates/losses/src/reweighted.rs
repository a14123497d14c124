//! Re-weighting: each group counts as if it had as many training images as the others (Sagawa et al. 2020, section 5).

use burn::tensor::{Tensor, TensorData, backend::Backend};
use herring_backend::ops;

/// The losses of a batch, weighted by the inverse shares of their groups.
///
/// With `n` training images, `n_g` of them in group `g`, and `m` groups, an image of group `g` has the weight
/// `w_g = n / (m n_g)`, and the loss of a batch of `b` images is
///
/// ```text
/// 1/b Σ_i w_g(i) l_i
/// ```
///
/// The mean of all weights is 1, and the loss of a batch that is drawn evenly from the training images is, in expectation, the
/// mean over the groups of their mean losses.
#[derive(Debug, Clone, PartialEq)]
pub struct Reweighted {
    weights: Vec<f64>,
}

impl Reweighted {
    /// Weights for groups of so many training images, each at least 1.
    pub fn new(counts: &[usize]) -> Self {
        let images: usize = counts.iter().sum();
        let weights = counts.iter().map(|&count| images as f64 / (counts.len() * count) as f64);
        Self { weights: weights.collect() }
    }

    /// `w_g`, the weight of an image of each group.
    pub fn weights(&self) -> &[f64] {
        &self.weights
    }

    pub(crate) fn loss<B: Backend>(&self, losses: Tensor<B, 1>, groups: &[usize]) -> Tensor<B, 1> {
        let (device, dtype, images) = (losses.device(), losses.dtype(), groups.len());
        let weights = groups.iter().map(|&group| self.weights[group] / images as f64).collect();
        let weights = TensorData::new::<f64, _>(weights, [images]).convert_dtype(dtype);
        ops::total(losses * Tensor::from_data(weights, (&device, dtype)))
    }
}

//! Cross-entropy.

use burn::tensor::{Int, Tensor, backend::Backend};

/// Logarithms of the class probabilities, `[batch, classes]`, stable for any logits.
pub fn log_softmax<B: Backend>(logits: Tensor<B, 2>) -> Tensor<B, 2> {
    let shifted = logits.clone() - logits.detach().max_dim(1);
    let total = shifted.clone().exp().sum_dim(1).log();
    shifted - total
}

/// Mean over the batch of `-log p(label)`, `[1]`, in nats.
pub fn cross_entropy<B: Backend>(logits: Tensor<B, 2>, labels: Tensor<B, 1, Int>) -> Tensor<B, 1> {
    log_softmax(logits).gather(1, labels.unsqueeze_dim(1)).mean().neg()
}

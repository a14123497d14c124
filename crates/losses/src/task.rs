//! The loss of the task itself, without any prior.

use crate::cross_entropy;
use burn::tensor::{Int, Tensor, backend::Backend};

/// A task loss.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Task {
    /// Mean cross-entropy of the softmax, in nats.
    #[default]
    CrossEntropy,
}

impl Task {
    /// The loss, `[1]`, of `logits [batch, classes]` for `labels [batch]`.
    pub fn loss<B: Backend>(self, logits: Tensor<B, 2>, labels: Tensor<B, 1, Int>) -> Tensor<B, 1> {
        match self {
            Self::CrossEntropy => cross_entropy(logits, labels),
        }
    }
}

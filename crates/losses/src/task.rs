//! The loss of the task itself, without any prior.

use crate::{
    cross_entropy, cross_entropy::label_log_probabilities, normalised_sigmoid_cross_entropy, sigmoid_squared_error,
    sigmoids, weighted_cross_entropy,
};
use burn::tensor::{Int, Tensor, backend::Backend};

/// A task loss.
#[derive(Debug, Clone, PartialEq)]
pub enum Task {
    /// Cross-entropy of the softmax, in nats.
    CrossEntropy {
        /// A weight above 0 for each class, with which the mean over the batch is weighted
        /// ([`weighted_cross_entropy`]); empty for the plain mean.
        class_weights: Vec<f64>,
    },
    /// Keras' categorical cross-entropy of sigmoids ([`normalised_sigmoid_cross_entropy`]).
    NormalisedSigmoids,
    /// The squared error of sigmoids ([`sigmoid_squared_error`]).
    SquaredError,
}

impl Default for Task {
    /// The mean cross-entropy.
    fn default() -> Self {
        Self::CrossEntropy { class_weights: Vec::new() }
    }
}

impl Task {
    /// The loss, `[1]`, of `logits [batch, classes]` for `labels [batch]`.
    ///
    /// # Panics
    /// Where there are class weights, but not as many as classes.
    pub fn loss<B: Backend>(&self, logits: Tensor<B, 2>, labels: Tensor<B, 1, Int>) -> Tensor<B, 1> {
        match self {
            Self::CrossEntropy { class_weights } if class_weights.is_empty() => cross_entropy(logits, labels),
            Self::CrossEntropy { class_weights } => weighted_cross_entropy(logits, labels, class_weights),
            Self::NormalisedSigmoids => normalised_sigmoid_cross_entropy(logits, labels),
            Self::SquaredError => sigmoid_squared_error(logits, labels),
        }
    }

    /// The loss of each image, `[batch]`, whose mean is the loss; class weights do not count in it.
    pub fn image_losses<B: Backend>(&self, logits: Tensor<B, 2>, labels: Tensor<B, 1, Int>) -> Tensor<B, 1> {
        let losses: Tensor<B, 2> = match self {
            Self::CrossEntropy { .. } => label_log_probabilities(logits, labels).neg(),
            Self::NormalisedSigmoids => sigmoids::label_log_shares(logits, labels).neg(),
            Self::SquaredError => sigmoids::squared_differences(logits, labels).mean_dim(1),
        };
        losses.squeeze_dim(1)
    }
}

//! Task losses on sigmoid outputs, one for each class (heatmap-loss, released code).

use burn::tensor::{Int, Tensor, activation::sigmoid, backend::Backend};
use herring_backend::ops;

/// How near to 0 and 1 Keras lets a probability come.
const EPSILON: f64 = 1e-7;

/// Keras' categorical cross-entropy of sigmoid outputs, mean over the batch, `[1]`, in nats: the sigmoids of an image are
/// divided by their sum and kept between 1e-7 and 1 - 1e-7, where the gradient ends, before the logarithm of the label's.
pub fn normalised_sigmoid_cross_entropy<B: Backend>(logits: Tensor<B, 2>, labels: Tensor<B, 1, Int>) -> Tensor<B, 1> {
    label_log_shares(logits, labels).mean().neg()
}

/// The squared difference of sigmoid outputs from the label's one-hot vector, mean over classes and batch, `[1]`.
pub fn sigmoid_squared_error<B: Backend>(logits: Tensor<B, 2>, labels: Tensor<B, 1, Int>) -> Tensor<B, 1> {
    squared_differences(logits, labels).mean()
}

/// The logarithm of the label's share of an image's sigmoids, `[batch, 1]`.
pub(crate) fn label_log_shares<B: Backend>(logits: Tensor<B, 2>, labels: Tensor<B, 1, Int>) -> Tensor<B, 2> {
    let outputs = sigmoid(logits);
    let shares = (outputs.clone() / outputs.sum_dim(1)).clamp(EPSILON, 1.0 - EPSILON);
    shares.log().gather(1, labels.unsqueeze_dim(1))
}

/// The squared difference of each sigmoid from the label's one-hot vector, `[batch, classes]`.
pub(crate) fn squared_differences<B: Backend>(logits: Tensor<B, 2>, labels: Tensor<B, 1, Int>) -> Tensor<B, 2> {
    let difference = ops::one_hot(labels, &logits) - sigmoid(logits);
    difference.clone() * difference
}

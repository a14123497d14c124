//! Cross-entropy, plain and weighted by class.

use burn::tensor::{Int, Tensor, TensorData, backend::Backend};
use herring_backend::ops;

/// Logarithms of the class probabilities, `[batch, classes]`, stable for any logits.
pub fn log_softmax<B: Backend>(logits: Tensor<B, 2>) -> Tensor<B, 2> {
    let shifted = logits.clone() - logits.detach().max_dim(1);
    let total = shifted.clone().exp().sum_dim(1).log();
    shifted - total
}

/// `log p(label)` of each image, `[batch, 1]`.
pub(crate) fn label_log_probabilities<B: Backend>(logits: Tensor<B, 2>, labels: Tensor<B, 1, Int>) -> Tensor<B, 2> {
    log_softmax(logits).gather(1, labels.unsqueeze_dim(1))
}

/// Mean over the batch of `-log p(label)`, `[1]`, in nats.
pub fn cross_entropy<B: Backend>(logits: Tensor<B, 2>, labels: Tensor<B, 1, Int>) -> Tensor<B, 1> {
    label_log_probabilities(logits, labels).mean().neg()
}

/// The mean over the batch of `-log p(label)` weighted by the labels' classes, `[1]`, in nats:
/// `-Σ_b w(label) log p(label) / Σ_b w(label)`, as PyTorch's `cross_entropy` with weights. So weights count only relative
/// to each other, and a batch of one class has the plain mean.
///
/// `class_weights` holds a weight above 0 for each class.
///
/// # Panics
/// Where there are not as many weights as classes.
pub fn weighted_cross_entropy<B: Backend>(
    logits: Tensor<B, 2>,
    labels: Tensor<B, 1, Int>,
    class_weights: &[f64],
) -> Tensor<B, 1> {
    let classes = logits.dims()[1];
    assert_eq!(class_weights.len(), classes, "{} class weights for {classes} classes", class_weights.len());
    let (device, dtype) = (logits.device(), logits.dtype());
    let weights = TensorData::new(class_weights.to_vec(), [classes]).convert_dtype(dtype);
    let weights = Tensor::<B, 1>::from_data(weights, (&device, dtype)).select(0, labels.clone());
    let weighted = label_log_probabilities(logits, labels).squeeze_dim::<1>(1) * weights.clone();
    ops::total(weighted).neg() / ops::total(weights)
}

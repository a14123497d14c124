//! One step of Adam from Burn's own operations.

use super::{unwrap, wrap};
use crate::operands::{AdamMoments, AdamSettings};
use burn::tensor::{Tensor, TensorMetadata, backend::Backend, ops::FloatTensor};

pub(crate) fn step<B: Backend>(
    parameter: FloatTensor<B>,
    gradient: FloatTensor<B>,
    moments: AdamMoments<B>,
    settings: &AdamSettings,
    time: u64,
) -> (FloatTensor<B>, AdamMoments<B>) {
    let shape = parameter.shape();
    let flat = |primitive: FloatTensor<B>| -> Tensor<B, 1> {
        let count = primitive.shape().num_elements();
        wrap(B::float_reshape(primitive, [count].into()))
    };
    let restore = |tensor: Tensor<B, 1>| B::float_reshape(unwrap(tensor), shape.clone());
    let gradient = flat(gradient);
    let first = flat(moments.first) * settings.beta1 + gradient.clone() * (1.0 - settings.beta1);
    let second = flat(moments.second) * settings.beta2 + gradient.clone() * gradient * (1.0 - settings.beta2);
    let corrections = settings.corrections(time);
    let denominator = second.clone().sqrt() / corrections.second_root + settings.epsilon;
    let moved = flat(parameter) - first.clone() / denominator * (settings.learning_rate / corrections.first);
    (restore(moved), AdamMoments { first: restore(first), second: restore(second) })
}

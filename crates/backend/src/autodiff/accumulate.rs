//! Gradients that reach a tensor from several places.
//!
//! Burn adds them with its own addition, which works on one thread on a processor. The gradients of a convolution's input (a
//! residual block) and of its weight (several passes) are the ones that are large; they are added by [`Kernels::sum`].

use crate::{Autodiff, Kernels};
use burn::{
    backend::autodiff::{grads::Gradients, ops::Ops},
    tensor::{backend::AutodiffBackend, ops::FloatTensor},
};

/// Gives the `parent`-th input of an operation `value` as its gradient, or adds it to the gradient that is there. An operation
/// without its state stands for its nodes, whose type has no public name.
pub(super) fn add<B: Kernels, const N: usize>(
    ops: &Ops<(), N>,
    parent: usize,
    gradients: &mut Gradients,
    value: FloatTensor<B>,
) {
    let Some(node) = &ops.parents[parent] else { return };
    let there = {
        let mut tensor = <Autodiff<B> as AutodiffBackend>::from_inner(value.clone());
        tensor.node = node.clone();
        gradients.remove::<B>(&tensor)
    };
    let sum = match there {
        Some(there) => B::sum(value, there),
        None => value,
    };
    gradients.register::<B>(node.id, sum);
}

/// [`add`] for both inputs of an operation, whose gradients `left` and `right` make of that of its output.
pub(super) fn both<B: Kernels>(
    ops: &Ops<(), 2>,
    gradients: &mut Gradients,
    left: impl FnOnce(FloatTensor<B>) -> FloatTensor<B>,
    right: impl FnOnce(FloatTensor<B>) -> FloatTensor<B>,
) {
    let gradient = gradients.consume::<B>(&ops.node);
    if ops.parents[0].is_some() {
        add::<B, 2>(ops, 0, gradients, left(gradient.clone()));
    }
    if ops.parents[1].is_some() {
        add::<B, 2>(ops, 1, gradients, right(gradient));
    }
}

/// An operation's nodes, and its state.
pub(super) fn parted<S, const N: usize>(ops: Ops<S, N>) -> (Ops<(), N>, S) {
    let Ops { parents, node, state } = ops;
    (Ops { parents, node, state: () }, state)
}

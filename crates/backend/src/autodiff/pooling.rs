//! Maximum pooling as a closed pair: taking values at the places of the maxima and putting them back there
//! are each other's transpose, and the choice of the places has no derivative.

use super::register::of_one;
use crate::{Autodiff, Kernels, operands::PoolOptions};
use burn::{
    backend::autodiff::{
        checkpoint::{base::Checkpointer, strategy::CheckpointStrategy},
        grads::Gradients,
        ops::{Backward, Ops, unary},
    },
    tensor::ops::FloatTensor,
};

#[derive(Debug)]
struct Gather;

impl<B: Kernels> Backward<B, 1> for Gather {
    type State = (FloatTensor<B>, PoolOptions);

    fn backward(self, ops: Ops<Self::State, 1>, gradients: &mut Gradients, _: &mut Checkpointer) {
        let (chooser, options) = ops.state;
        unary::<B, _>(ops.parents, ops.node, gradients, |gradient| B::scatter_maxima(chooser, gradient, options));
    }
}

pub(super) fn gather_maxima<B: Kernels, C: CheckpointStrategy>(
    chooser: FloatTensor<Autodiff<B, C>>,
    values: FloatTensor<Autodiff<B, C>>,
    options: PoolOptions,
) -> FloatTensor<Autodiff<B, C>> {
    let chooser = chooser.primitive;
    let state = (chooser.clone(), options);
    of_one::<B, C, _>(Gather, values, state, |values| B::gather_maxima(chooser, values, options))
}

#[derive(Debug)]
struct Scatter;

impl<B: Kernels> Backward<B, 1> for Scatter {
    type State = (FloatTensor<B>, PoolOptions);

    fn backward(self, ops: Ops<Self::State, 1>, gradients: &mut Gradients, _: &mut Checkpointer) {
        let (chooser, options) = ops.state;
        unary::<B, _>(ops.parents, ops.node, gradients, |cotangent| B::gather_maxima(chooser, cotangent, options));
    }
}

pub(super) fn scatter_maxima<B: Kernels, C: CheckpointStrategy>(
    chooser: FloatTensor<Autodiff<B, C>>,
    values: FloatTensor<Autodiff<B, C>>,
    options: PoolOptions,
) -> FloatTensor<Autodiff<B, C>> {
    let chooser = chooser.primitive;
    let state = (chooser.clone(), options);
    of_one::<B, C, _>(Scatter, values, state, |values| B::scatter_maxima(chooser, values, options))
}

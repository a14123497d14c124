//! Maximum pooling as a closed pair: taking values at the places of the maxima and putting them back there
//! are each other's transpose, and the choice of the places has no derivative.

use crate::{Autodiff, Kernels};
use burn::{
    backend::autodiff::{
        checkpoint::{base::Checkpointer, strategy::CheckpointStrategy},
        grads::Gradients,
        ops::{Backward, Ops, OpsKind, unary},
    },
    tensor::ops::FloatTensor,
};

/// Registers `operation`, which is linear in `values`; its state is the chooser.
fn register<B, C, O>(
    operation: O,
    chooser: FloatTensor<B>,
    values: FloatTensor<Autodiff<B, C>>,
    compute: impl FnOnce(FloatTensor<B>, FloatTensor<B>) -> FloatTensor<B>,
) -> FloatTensor<Autodiff<B, C>>
where
    B: Kernels,
    C: CheckpointStrategy,
    O: Backward<B, 1, State = FloatTensor<B>>,
{
    let prepared = operation.prepare::<C>([values.node.clone()]).compute_bound().stateful();
    match prepared {
        OpsKind::Tracked(prepared) => prepared.finish(chooser.clone(), compute(chooser, values.primitive)),
        OpsKind::UnTracked(prepared) => prepared.finish(compute(chooser, values.primitive)),
    }
}

#[derive(Debug)]
struct Gather;

impl<B: Kernels> Backward<B, 1> for Gather {
    type State = FloatTensor<B>;

    fn backward(self, ops: Ops<Self::State, 1>, gradients: &mut Gradients, _: &mut Checkpointer) {
        unary::<B, _>(ops.parents, ops.node, gradients, |gradient| B::scatter_maxima(ops.state, gradient));
    }
}

pub(super) fn gather_maxima<B: Kernels, C: CheckpointStrategy>(
    chooser: FloatTensor<Autodiff<B, C>>,
    values: FloatTensor<Autodiff<B, C>>,
) -> FloatTensor<Autodiff<B, C>> {
    register::<B, C, _>(Gather, chooser.primitive, values, B::gather_maxima)
}

#[derive(Debug)]
struct Scatter;

impl<B: Kernels> Backward<B, 1> for Scatter {
    type State = FloatTensor<B>;

    fn backward(self, ops: Ops<Self::State, 1>, gradients: &mut Gradients, _: &mut Checkpointer) {
        unary::<B, _>(ops.parents, ops.node, gradients, |cotangent| B::gather_maxima(ops.state, cotangent));
    }
}

pub(super) fn scatter_maxima<B: Kernels, C: CheckpointStrategy>(
    chooser: FloatTensor<Autodiff<B, C>>,
    values: FloatTensor<Autodiff<B, C>>,
) -> FloatTensor<Autodiff<B, C>> {
    register::<B, C, _>(Scatter, chooser.primitive, values, B::scatter_maxima)
}

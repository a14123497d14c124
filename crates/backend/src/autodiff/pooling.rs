//! Maximum pooling as a closed pair: taking values at the places of the maxima and putting them back there
//! are each other's transpose, and the choice of the places has no derivative.

use crate::{Autodiff, Kernels, operands::PoolOptions};
use burn::{
    backend::autodiff::{
        checkpoint::{base::Checkpointer, strategy::CheckpointStrategy},
        grads::Gradients,
        ops::{Backward, Ops, OpsKind, unary},
    },
    tensor::ops::FloatTensor,
};

/// Registers `operation`, which is linear in `values`; its state is the chooser and the windows.
fn register<B, C, O>(
    operation: O,
    chooser: FloatTensor<B>,
    values: FloatTensor<Autodiff<B, C>>,
    options: PoolOptions,
    compute: impl FnOnce(FloatTensor<B>, FloatTensor<B>, PoolOptions) -> FloatTensor<B>,
) -> FloatTensor<Autodiff<B, C>>
where
    B: Kernels,
    C: CheckpointStrategy,
    O: Backward<B, 1, State = (FloatTensor<B>, PoolOptions)>,
{
    let prepared = operation.prepare::<C>([values.node.clone()]).compute_bound().stateful();
    match prepared {
        OpsKind::Tracked(prepared) => {
            let state = (chooser.clone(), options);
            prepared.finish(state, compute(chooser, values.primitive, options))
        }
        OpsKind::UnTracked(prepared) => prepared.finish(compute(chooser, values.primitive, options)),
    }
}

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
    register::<B, C, _>(Gather, chooser.primitive, values, options, B::gather_maxima)
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
    register::<B, C, _>(Scatter, chooser.primitive, values, options, B::scatter_maxima)
}

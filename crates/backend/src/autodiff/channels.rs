//! Adding one number to every position of a channel, and the sum over them: each other's transpose.

use crate::{Autodiff, Kernels};
use burn::{
    backend::autodiff::{
        checkpoint::{base::Checkpointer, strategy::CheckpointStrategy},
        grads::Gradients,
        ops::{Backward, Ops, OpsKind, binary, unary},
    },
    tensor::{Shape, TensorMetadata, ops::FloatTensor},
};

#[derive(Debug)]
struct Add;

impl<B: Kernels> Backward<B, 2> for Add {
    type State = ();

    fn backward(self, ops: Ops<Self::State, 2>, gradients: &mut Gradients, _: &mut Checkpointer) {
        binary::<B, _, _>(ops.parents, ops.node, gradients, |gradient| gradient, B::channel_sums);
    }
}

pub(super) fn add<B: Kernels, C: CheckpointStrategy>(
    input: FloatTensor<Autodiff<B, C>>,
    numbers: FloatTensor<Autodiff<B, C>>,
) -> FloatTensor<Autodiff<B, C>> {
    let prepared = Add.prepare::<C>([input.node.clone(), numbers.node.clone()]).compute_bound().stateful();
    let output = B::add_to_channels(input.primitive, numbers.primitive);
    match prepared {
        OpsKind::Tracked(prepared) => prepared.finish((), output),
        OpsKind::UnTracked(prepared) => prepared.finish(output),
    }
}

#[derive(Debug)]
struct Sums;

impl<B: Kernels> Backward<B, 1> for Sums {
    type State = Shape;

    fn backward(self, ops: Ops<Self::State, 1>, gradients: &mut Gradients, _: &mut Checkpointer) {
        unary::<B, _>(ops.parents, ops.node, gradients, |cotangent| {
            let channels = ops.state[1];
            B::float_expand(B::float_reshape(cotangent, [1, channels, 1, 1].into()), ops.state)
        });
    }
}

pub(super) fn sums<B: Kernels, C: CheckpointStrategy>(
    input: FloatTensor<Autodiff<B, C>>,
) -> FloatTensor<Autodiff<B, C>> {
    let prepared = Sums.prepare::<C>([input.node.clone()]).compute_bound().stateful();
    let shape = input.primitive.shape();
    let output = B::channel_sums(input.primitive);
    match prepared {
        OpsKind::Tracked(prepared) => prepared.finish(shape, output),
        OpsKind::UnTracked(prepared) => prepared.finish(output),
    }
}

//! Adding one number to every position of a channel, and the sum over them: each other's transpose. So are the sum over
//! the channels and repeating a plane for each of them.

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

#[derive(Debug)]
struct Over;

impl<B: Kernels> Backward<B, 1> for Over {
    /// Channels.
    type State = usize;

    fn backward(self, ops: Ops<Self::State, 1>, gradients: &mut Gradients, _: &mut Checkpointer) {
        unary::<B, _>(ops.parents, ops.node, gradients, |cotangent| B::repeat_channels(cotangent, ops.state));
    }
}

pub(super) fn over<B: Kernels, C: CheckpointStrategy>(
    input: FloatTensor<Autodiff<B, C>>,
) -> FloatTensor<Autodiff<B, C>> {
    let prepared = Over.prepare::<C>([input.node.clone()]).compute_bound().stateful();
    let channels = input.primitive.shape()[1];
    let output = B::sum_over_channels(input.primitive);
    match prepared {
        OpsKind::Tracked(prepared) => prepared.finish(channels, output),
        OpsKind::UnTracked(prepared) => prepared.finish(output),
    }
}

#[derive(Debug)]
struct Repeat;

impl<B: Kernels> Backward<B, 1> for Repeat {
    type State = ();

    fn backward(self, ops: Ops<Self::State, 1>, gradients: &mut Gradients, _: &mut Checkpointer) {
        unary::<B, _>(ops.parents, ops.node, gradients, B::sum_over_channels);
    }
}

pub(super) fn repeat<B: Kernels, C: CheckpointStrategy>(
    input: FloatTensor<Autodiff<B, C>>,
    channels: usize,
) -> FloatTensor<Autodiff<B, C>> {
    let prepared = Repeat.prepare::<C>([input.node.clone()]).compute_bound().stateful();
    let output = B::repeat_channels(input.primitive, channels);
    match prepared {
        OpsKind::Tracked(prepared) => prepared.finish((), output),
        OpsKind::UnTracked(prepared) => prepared.finish(output),
    }
}

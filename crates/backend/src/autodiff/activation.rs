//! The rectifier and its gradient, a closed pair: both pass their input where the output is positive and zero
//! elsewhere, and the output's sign has no derivative.

use super::register::of_one;
use crate::{Autodiff, Kernels};
use burn::{
    backend::autodiff::{
        checkpoint::{base::Checkpointer, strategy::CheckpointStrategy},
        grads::Gradients,
        ops::{Backward, Ops, OpsKind, unary},
    },
    tensor::ops::FloatTensor,
};

#[derive(Debug)]
struct Rectify;

impl<B: Kernels> Backward<B, 1> for Rectify {
    type State = FloatTensor<B>;

    fn backward(self, ops: Ops<Self::State, 1>, gradients: &mut Gradients, _: &mut Checkpointer) {
        unary::<B, _>(ops.parents, ops.node, gradients, |gradient| B::rectify_gradient(ops.state, gradient));
    }
}

pub(super) fn rectify<B: Kernels, C: CheckpointStrategy>(
    input: FloatTensor<Autodiff<B, C>>,
) -> FloatTensor<Autodiff<B, C>> {
    let prepared = Rectify.prepare::<C>([input.node.clone()]).compute_bound().stateful();
    let output = B::rectify(input.primitive);
    match prepared {
        OpsKind::Tracked(prepared) => prepared.finish(output.clone(), output),
        OpsKind::UnTracked(prepared) => prepared.finish(output),
    }
}

#[derive(Debug)]
struct RectifyGradient;

impl<B: Kernels> Backward<B, 1> for RectifyGradient {
    type State = FloatTensor<B>;

    fn backward(self, ops: Ops<Self::State, 1>, gradients: &mut Gradients, _: &mut Checkpointer) {
        unary::<B, _>(ops.parents, ops.node, gradients, |cotangent| B::rectify_gradient(ops.state, cotangent));
    }
}

pub(super) fn rectify_gradient<B: Kernels, C: CheckpointStrategy>(
    output: FloatTensor<Autodiff<B, C>>,
    output_gradient: FloatTensor<Autodiff<B, C>>,
) -> FloatTensor<Autodiff<B, C>> {
    let output = output.primitive;
    of_one::<B, C, _>(RectifyGradient, output_gradient, output.clone(), |gradient| {
        B::rectify_gradient(output, gradient)
    })
}

#[derive(Debug)]
struct AddRectify;

impl<B: Kernels> Backward<B, 2> for AddRectify {
    type State = FloatTensor<B>;

    fn backward(self, ops: Ops<Self::State, 2>, gradients: &mut Gradients, _: &mut Checkpointer) {
        let gradient = B::rectify_gradient(ops.state, gradients.consume::<B>(&ops.node));
        for parent in ops.parents.into_iter().flatten() {
            gradients.register::<B>(parent.id, gradient.clone());
        }
    }
}

pub(super) fn add_rectify<B: Kernels, C: CheckpointStrategy>(
    left: FloatTensor<Autodiff<B, C>>,
    right: FloatTensor<Autodiff<B, C>>,
) -> FloatTensor<Autodiff<B, C>> {
    let prepared = AddRectify.prepare::<C>([left.node.clone(), right.node.clone()]).compute_bound().stateful();
    let output = B::add_rectify(left.primitive, right.primitive);
    match prepared {
        OpsKind::Tracked(prepared) => prepared.finish(output.clone(), output),
        OpsKind::UnTracked(prepared) => prepared.finish(output),
    }
}

//! Linear interpolation and its transpose, a closed pair.

use super::register::of_one;
use crate::{Autodiff, Kernels};
use burn::{
    backend::autodiff::{
        checkpoint::{base::Checkpointer, strategy::CheckpointStrategy},
        grads::Gradients,
        ops::{Backward, Ops, unary},
    },
    tensor::{TensorMetadata, ops::FloatTensor},
};

/// Rows and columns of the input.
type Size = [usize; 2];

fn plane(tensor: &impl TensorMetadata) -> Size {
    let shape = tensor.shape();
    [shape[2], shape[3]]
}

#[derive(Debug)]
struct Interpolate;

impl<B: Kernels> Backward<B, 1> for Interpolate {
    type State = Size;

    fn backward(self, ops: Ops<Self::State, 1>, gradients: &mut Gradients, _: &mut Checkpointer) {
        unary::<B, _>(ops.parents, ops.node, gradients, |gradient| B::resize_aligned_gradient(gradient, ops.state));
    }
}

pub(super) fn forward<B: Kernels, C: CheckpointStrategy>(
    input: FloatTensor<Autodiff<B, C>>,
    size: Size,
) -> FloatTensor<Autodiff<B, C>> {
    let state = plane(&input.primitive);
    of_one::<B, C, _>(Interpolate, input, state, |input| B::resize_aligned(input, size))
}

#[derive(Debug)]
struct Transposed;

impl<B: Kernels> Backward<B, 1> for Transposed {
    type State = Size;

    fn backward(self, ops: Ops<Self::State, 1>, gradients: &mut Gradients, _: &mut Checkpointer) {
        unary::<B, _>(ops.parents, ops.node, gradients, |cotangent| B::resize_aligned(cotangent, ops.state));
    }
}

pub(super) fn transposed<B: Kernels, C: CheckpointStrategy>(
    output_gradient: FloatTensor<Autodiff<B, C>>,
    size: Size,
) -> FloatTensor<Autodiff<B, C>> {
    let state = plane(&output_gradient.primitive);
    of_one::<B, C, _>(Transposed, output_gradient, state, |gradient| B::resize_aligned_gradient(gradient, size))
}

//! The closed trio: each derivative is one of the other two.

use super::register::{Factors, bilinear};
use crate::{Autodiff, Kernels, operands::ConvOptions};
use burn::{
    backend::autodiff::{
        checkpoint::{base::Checkpointer, strategy::CheckpointStrategy},
        grads::Gradients,
        ops::{Backward, Ops, binary},
    },
    tensor::{TensorMetadata, ops::FloatTensor},
};

/// Rows and columns of an image or a kernel.
fn plane(tensor: &impl TensorMetadata) -> [usize; 2] {
    let shape = tensor.shape();
    [shape[2], shape[3]]
}

#[derive(Debug)]
struct Convolution;

impl<B: Kernels> Backward<B, 2> for Convolution {
    type State = Factors<B, ConvOptions>;

    fn backward(self, ops: Ops<Self::State, 2>, gradients: &mut Gradients, _: &mut Checkpointer) {
        let (input, weight, options) = ops.state;
        let (size, kernel) = (plane(&input), plane(&weight));
        binary::<B, _, _>(
            ops.parents,
            ops.node,
            gradients,
            |gradient| B::convolution_input_gradient(weight, gradient, size, options),
            |gradient| B::convolution_weight_gradient(input, gradient, kernel, options),
        );
    }
}

pub(super) fn forward<B: Kernels, C: CheckpointStrategy>(
    input: FloatTensor<Autodiff<B, C>>,
    weight: FloatTensor<Autodiff<B, C>>,
    options: ConvOptions,
) -> FloatTensor<Autodiff<B, C>> {
    bilinear::<B, C, _, _>(Convolution, input, weight, options, |input, weight| B::convolution(input, weight, options))
}

#[derive(Debug)]
struct InputGradient;

impl<B: Kernels> Backward<B, 2> for InputGradient {
    type State = Factors<B, ConvOptions>;

    fn backward(self, ops: Ops<Self::State, 2>, gradients: &mut Gradients, _: &mut Checkpointer) {
        let (weight, output_gradient, options) = ops.state;
        let kernel = plane(&weight);
        binary::<B, _, _>(
            ops.parents,
            ops.node,
            gradients,
            |cotangent| B::convolution_weight_gradient(cotangent, output_gradient, kernel, options),
            |cotangent| B::convolution(cotangent, weight, options),
        );
    }
}

pub(super) fn input_gradient<B: Kernels, C: CheckpointStrategy>(
    weight: FloatTensor<Autodiff<B, C>>,
    output_gradient: FloatTensor<Autodiff<B, C>>,
    size: [usize; 2],
    options: ConvOptions,
) -> FloatTensor<Autodiff<B, C>> {
    bilinear::<B, C, _, _>(InputGradient, weight, output_gradient, options, |weight, output_gradient| {
        B::convolution_input_gradient(weight, output_gradient, size, options)
    })
}

#[derive(Debug)]
struct WeightGradient;

impl<B: Kernels> Backward<B, 2> for WeightGradient {
    type State = Factors<B, ConvOptions>;

    fn backward(self, ops: Ops<Self::State, 2>, gradients: &mut Gradients, _: &mut Checkpointer) {
        let (input, output_gradient, options) = ops.state;
        let size = plane(&input);
        binary::<B, _, _>(
            ops.parents,
            ops.node,
            gradients,
            |cotangent| B::convolution_input_gradient(cotangent, output_gradient, size, options),
            |cotangent| B::convolution(input, cotangent, options),
        );
    }
}

pub(super) fn weight_gradient<B: Kernels, C: CheckpointStrategy>(
    input: FloatTensor<Autodiff<B, C>>,
    output_gradient: FloatTensor<Autodiff<B, C>>,
    kernel: [usize; 2],
    options: ConvOptions,
) -> FloatTensor<Autodiff<B, C>> {
    bilinear::<B, C, _, _>(WeightGradient, input, output_gradient, options, |input, output_gradient| {
        B::convolution_weight_gradient(input, output_gradient, kernel, options)
    })
}

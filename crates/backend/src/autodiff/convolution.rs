//! The closed trio: each derivative is one of the other two. A bias and perhaps a rectifier behind a convolution are one
//! operation with it, whose derivatives are the trio's behind that of the rectifier.

use super::{
    accumulate::{add, both, parted},
    register::{Factors, bilinear},
};
use crate::{
    Autodiff, Kernels, composed,
    operands::{ConvOptions, Epilogue},
};
use burn::{
    backend::autodiff::{
        checkpoint::{base::Checkpointer, strategy::CheckpointStrategy},
        grads::Gradients,
        ops::{Backward, Ops, OpsKind},
    },
    tensor::{TensorMetadata, ops::FloatTensor},
};

/// Rows and columns of an image or a kernel.
pub(super) fn plane(tensor: &impl TensorMetadata) -> [usize; 2] {
    let shape = tensor.shape();
    [shape[2], shape[3]]
}

#[derive(Debug)]
struct Convolution;

impl<B: Kernels> Backward<B, 2> for Convolution {
    type State = Factors<B, ConvOptions>;

    fn backward(self, ops: Ops<Self::State, 2>, gradients: &mut Gradients, _: &mut Checkpointer) {
        let (ops, (input, weight, options)) = parted(ops);
        let (size, kernel) = (plane(&input), plane(&weight));
        both::<B>(
            &ops,
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
struct Biased;

impl<B: Kernels> Backward<B, 3> for Biased {
    /// Input and weight, and the output where it is rectified.
    type State = (Factors<B, ConvOptions>, Option<FloatTensor<B>>);

    fn backward(self, ops: Ops<Self::State, 3>, gradients: &mut Gradients, _: &mut Checkpointer) {
        let (ops, ((input, weight, options), rectified)) = parted(ops);
        let (size, kernel) = (plane(&input), plane(&weight));
        let gradient = gradients.consume::<B>(&ops.node);
        let gradient = match rectified {
            Some(output) => B::rectify_gradient(output, gradient),
            None => gradient,
        };
        let [input_wanted, weight_wanted, bias_wanted] = ops.parents.each_ref().map(Option::is_some);
        if bias_wanted {
            add::<B, 3>(&ops, 2, gradients, B::channel_sums(gradient.clone()));
        }
        if weight_wanted {
            let found = B::convolution_weight_gradient(input, gradient.clone(), kernel, options);
            add::<B, 3>(&ops, 1, gradients, found);
        }
        if input_wanted {
            add::<B, 3>(&ops, 0, gradients, B::convolution_input_gradient(weight, gradient, size, options));
        }
    }
}

pub(super) fn with<B: Kernels, C: CheckpointStrategy>(
    input: FloatTensor<Autodiff<B, C>>,
    weight: FloatTensor<Autodiff<B, C>>,
    options: ConvOptions,
    epilogue: Epilogue<Autodiff<B, C>>,
) -> FloatTensor<Autodiff<B, C>> {
    let (bias, rectified) = match epilogue {
        Epilogue { factors: None, numbers: Some(bias), summand: None, rectified } => (bias, rectified),
        _ => return composed::convolution::with::<Autodiff<B, C>>(input, weight, options, epilogue),
    };
    let nodes = [input.node.clone(), weight.node.clone(), bias.node.clone()];
    let prepared = Biased.prepare::<C>(nodes).compute_bound().stateful();
    let [input, weight] = [input.primitive, weight.primitive];
    let epilogue = Epilogue { numbers: Some(bias.primitive), rectified, ..Epilogue::default() };
    let output = B::convolution_with(input.clone(), weight.clone(), options, epilogue);
    match prepared {
        OpsKind::Tracked(prepared) => {
            prepared.finish(((input, weight, options), rectified.then(|| output.clone())), output)
        }
        OpsKind::UnTracked(prepared) => prepared.finish(output),
    }
}

#[derive(Debug)]
struct InputGradient;

impl<B: Kernels> Backward<B, 2> for InputGradient {
    type State = Factors<B, ConvOptions>;

    fn backward(self, ops: Ops<Self::State, 2>, gradients: &mut Gradients, _: &mut Checkpointer) {
        let (ops, (weight, output_gradient, options)) = parted(ops);
        let kernel = plane(&weight);
        both::<B>(
            &ops,
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
        let (ops, (input, output_gradient, options)) = parted(ops);
        let size = plane(&input);
        both::<B>(
            &ops,
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

//! Batch normalisation: the forward pass and the input gradient are registered operations with closed-form
//! derivatives; higher orders are composed from Burn's own operations.

use super::{
    accumulate::{add, parted},
    convolution::plane,
};
use crate::{
    Autodiff, Kernels, composed,
    operands::{
        BatchNormGradients, BatchNormOutput, BatchNormSecond, BatchNormStatistics, BatchNormWanted, ConvOptions,
    },
};
use burn::{
    backend::autodiff::{
        checkpoint::{base::Checkpointer, strategy::CheckpointStrategy},
        grads::Gradients,
        ops::{Backward, Ops, OpsKind},
    },
    tensor::{backend::AutodiffBackend, ops::FloatTensor},
};

/// What the first derivative needs: input, scale and statistics.
type Saved<B> = (FloatTensor<B>, FloatTensor<B>, BatchNormStatistics<B>);

fn constant<B: Kernels, C: CheckpointStrategy>(tensor: FloatTensor<B>) -> FloatTensor<Autodiff<B, C>> {
    <Autodiff<B, C> as AutodiffBackend>::from_inner(tensor)
}

fn inner<B: Kernels, C: CheckpointStrategy>(statistics: BatchNormStatistics<Autodiff<B, C>>) -> BatchNormStatistics<B> {
    BatchNormStatistics {
        mean: statistics.mean.primitive,
        reciprocal_deviation: statistics.reciprocal_deviation.primitive,
        epsilon: statistics.epsilon,
    }
}

#[derive(Debug)]
struct Normalise;

impl<B: Kernels> Backward<B, 3> for Normalise {
    type State = Saved<B>;

    fn backward(self, ops: Ops<Self::State, 3>, gradients: &mut Gradients, _: &mut Checkpointer) {
        differentiate::<B, _>(ops, gradients, |(input, scale, statistics), gradient, wanted| {
            B::batch_norm_gradients(input, scale, gradient, statistics, wanted)
        });
    }
}

/// Gives input, scale and shift their gradients: what `find` makes of what was saved and the output's gradient.
fn differentiate<B: Kernels, S>(
    ops: Ops<S, 3>,
    gradients: &mut Gradients,
    find: impl FnOnce(S, FloatTensor<B>, BatchNormWanted) -> BatchNormGradients<B>,
) {
    let gradient = gradients.consume::<B>(&ops.node);
    let [input, scale, shift] = &ops.parents;
    let wanted = BatchNormWanted { input: input.is_some(), parameters: scale.is_some() || shift.is_some() };
    let found = find(ops.state, gradient, wanted);
    let (scale, shift) = found.parameters.unzip();
    for (node, gradient) in ops.parents.into_iter().zip([found.input, scale, shift]) {
        if let (Some(node), Some(gradient)) = (node, gradient) {
            gradients.register::<B>(node.id, gradient);
        }
    }
}

pub(super) fn forward<B: Kernels, C: CheckpointStrategy>(
    input: FloatTensor<Autodiff<B, C>>,
    scale: FloatTensor<Autodiff<B, C>>,
    shift: FloatTensor<Autodiff<B, C>>,
    epsilon: f64,
) -> BatchNormOutput<Autodiff<B, C>> {
    let prepared =
        Normalise.prepare::<C>([input.node.clone(), scale.node.clone(), shift.node.clone()]).compute_bound().stateful();
    let (input, scale) = (input.primitive, scale.primitive);
    let found = B::batch_norm(input.clone(), scale.clone(), shift.primitive, epsilon);
    let output = match prepared {
        OpsKind::Tracked(prepared) => prepared.finish((input, scale, found.statistics.clone()), found.output),
        OpsKind::UnTracked(prepared) => prepared.finish(found.output),
    };
    found_output::<B, C>(output, found.variance, found.statistics)
}

/// A tracked output with statistics that are constants.
fn found_output<B: Kernels, C: CheckpointStrategy>(
    output: FloatTensor<Autodiff<B, C>>,
    variance: FloatTensor<B>,
    statistics: BatchNormStatistics<B>,
) -> BatchNormOutput<Autodiff<B, C>> {
    BatchNormOutput {
        output,
        variance: constant::<B, C>(variance),
        statistics: BatchNormStatistics {
            mean: constant::<B, C>(statistics.mean),
            reciprocal_deviation: constant::<B, C>(statistics.reciprocal_deviation),
            epsilon: statistics.epsilon,
        },
    }
}

/// Normalisation with a rectifier behind it. Its gradients are those of both, so that higher orders are theirs too.
#[derive(Debug)]
struct NormaliseRectify;

impl<B: Kernels> Backward<B, 3> for NormaliseRectify {
    /// What the normalisation saves, the shift, and the output.
    type State = (Saved<B>, FloatTensor<B>, FloatTensor<B>);

    fn backward(self, ops: Ops<Self::State, 3>, gradients: &mut Gradients, _: &mut Checkpointer) {
        differentiate::<B, _>(ops, gradients, |(saved, shift, output), gradient, wanted| {
            let (input, scale, statistics) = saved;
            B::batch_norm_rectified_gradients(input, [scale, shift], output, gradient, statistics, wanted)
        });
    }
}

pub(super) fn forward_rectified<B: Kernels, C: CheckpointStrategy>(
    input: FloatTensor<Autodiff<B, C>>,
    scale: FloatTensor<Autodiff<B, C>>,
    shift: FloatTensor<Autodiff<B, C>>,
    epsilon: f64,
) -> BatchNormOutput<Autodiff<B, C>> {
    let nodes = [input.node.clone(), scale.node.clone(), shift.node.clone()];
    let prepared = NormaliseRectify.prepare::<C>(nodes).compute_bound().stateful();
    let [input, scale, shift] = [input, scale, shift].map(|tensor| tensor.primitive);
    let found = B::batch_norm_rectified(input.clone(), scale.clone(), shift.clone(), epsilon);
    let output = match prepared {
        OpsKind::Tracked(prepared) => {
            let saved = (input, scale, found.statistics.clone());
            prepared.finish((saved, shift, found.output.clone()), found.output)
        }
        OpsKind::UnTracked(prepared) => prepared.finish(found.output),
    };
    found_output::<B, C>(output, found.variance, found.statistics)
}

/// Normalisation, a rectifier and a convolution. What the convolution reads is computed again for the gradient.
#[derive(Debug)]
struct NormaliseRectifyConvolve;

impl<B: Kernels> Backward<B, 4> for NormaliseRectifyConvolve {
    /// What the normalisation saves, the shift, the weight, and the convolution's options.
    type State = (Saved<B>, FloatTensor<B>, FloatTensor<B>, ConvOptions);

    fn backward(self, ops: Ops<Self::State, 4>, gradients: &mut Gradients, _: &mut Checkpointer) {
        let (ops, ((input, scale, statistics), shift, weight, options)) = parted(ops);
        let gradient = gradients.consume::<B>(&ops.node);
        let [input_wanted, scale_wanted, shift_wanted, weight_wanted] = ops.parents.each_ref().map(Option::is_some);
        let (size, kernel) = (plane(&input), plane(&weight));
        let between = B::batch_norm_rectified(input.clone(), scale.clone(), shift.clone(), statistics.epsilon).output;
        if weight_wanted {
            let found = B::convolution_weight_gradient(between.clone(), gradient.clone(), kernel, options);
            add::<B, 4>(&ops, 3, gradients, found);
        }
        let wanted = BatchNormWanted { input: input_wanted, parameters: scale_wanted || shift_wanted };
        if !(wanted.input || wanted.parameters) {
            return;
        }
        let gradient = B::convolution_input_gradient(weight, gradient, size, options);
        let found = B::batch_norm_rectified_gradients(input, [scale, shift], between, gradient, statistics, wanted);
        let (scale, shift) = found.parameters.unzip();
        for (parent, gradient) in [found.input, scale, shift].into_iter().enumerate() {
            if let Some(gradient) = gradient {
                add::<B, 4>(&ops, parent, gradients, gradient);
            }
        }
    }
}

pub(super) fn forward_convolved<B: Kernels, C: CheckpointStrategy>(
    tensors: [FloatTensor<Autodiff<B, C>>; 4],
    epsilon: f64,
    options: ConvOptions,
) -> BatchNormOutput<Autodiff<B, C>> {
    let nodes = tensors.each_ref().map(|tensor| tensor.node.clone());
    let prepared = NormaliseRectifyConvolve.prepare::<C>(nodes).compute_bound().stateful();
    let [input, scale, shift, weight] = tensors.map(|tensor| tensor.primitive);
    let parameters = [scale.clone(), shift.clone()];
    let found = B::batch_norm_rectified_convolution(input.clone(), parameters, epsilon, weight.clone(), options);
    let output = match prepared {
        OpsKind::Tracked(prepared) => {
            prepared.finish(((input, scale, found.statistics.clone()), shift, weight, options), found.output)
        }
        OpsKind::UnTracked(prepared) => prepared.finish(found.output),
    };
    found_output::<B, C>(output, found.variance, found.statistics)
}

#[derive(Debug)]
struct InputGradient;

impl<B: Kernels> Backward<B, 3> for InputGradient {
    type State = (Saved<B>, FloatTensor<B>);

    fn backward(self, ops: Ops<Self::State, 3>, gradients: &mut Gradients, _: &mut Checkpointer) {
        let ((input, scale, statistics), output_gradient) = ops.state;
        let cotangent = gradients.consume::<B>(&ops.node);
        let found = B::batch_norm_second(input, scale, output_gradient, statistics, cotangent);
        let found = [found.input, found.scale, found.output_gradient];
        for (parent, gradient) in ops.parents.into_iter().zip(found) {
            if let Some(node) = parent {
                gradients.register::<B>(node.id, gradient);
            }
        }
    }
}

pub(super) fn gradients<B: Kernels, C: CheckpointStrategy>(
    input: FloatTensor<Autodiff<B, C>>,
    scale: FloatTensor<Autodiff<B, C>>,
    output_gradient: FloatTensor<Autodiff<B, C>>,
    statistics: BatchNormStatistics<Autodiff<B, C>>,
    wanted: BatchNormWanted,
) -> BatchNormGradients<Autodiff<B, C>> {
    let parameters = wanted.parameters.then(|| {
        composed::batch_norm::gradients::<Autodiff<B, C>>(
            input.clone(),
            scale.clone(),
            output_gradient.clone(),
            composed::batch_norm::statistics::<Autodiff<B, C>>(input.clone(), statistics.epsilon),
            BatchNormWanted { input: false, parameters: true },
        )
    });
    BatchNormGradients {
        input: wanted.input.then(|| input_gradient::<B, C>(input, scale, output_gradient, statistics)),
        parameters: parameters.and_then(|found| found.parameters),
    }
}

fn input_gradient<B: Kernels, C: CheckpointStrategy>(
    input: FloatTensor<Autodiff<B, C>>,
    scale: FloatTensor<Autodiff<B, C>>,
    output_gradient: FloatTensor<Autodiff<B, C>>,
    statistics: BatchNormStatistics<Autodiff<B, C>>,
) -> FloatTensor<Autodiff<B, C>> {
    let prepared = InputGradient
        .prepare::<C>([input.node.clone(), scale.node.clone(), output_gradient.node.clone()])
        .compute_bound()
        .stateful();
    let saved = (input.primitive, scale.primitive, inner::<B, C>(statistics));
    let output_gradient = output_gradient.primitive;
    let value = B::batch_norm_gradients(
        saved.0.clone(),
        saved.1.clone(),
        output_gradient.clone(),
        saved.2.clone(),
        BatchNormWanted { input: true, parameters: false },
    )
    .input
    .expect("a gradient that was asked for is there");
    match prepared {
        OpsKind::Tracked(prepared) => prepared.finish((saved, output_gradient), value),
        OpsKind::UnTracked(prepared) => prepared.finish(value),
    }
}

pub(super) fn second<B: Kernels, C: CheckpointStrategy>(
    input: FloatTensor<Autodiff<B, C>>,
    scale: FloatTensor<Autodiff<B, C>>,
    output_gradient: FloatTensor<Autodiff<B, C>>,
    statistics: BatchNormStatistics<Autodiff<B, C>>,
    cotangent: FloatTensor<Autodiff<B, C>>,
) -> BatchNormSecond<Autodiff<B, C>> {
    let statistics = composed::batch_norm::statistics::<Autodiff<B, C>>(input.clone(), statistics.epsilon);
    composed::batch_norm::second::<Autodiff<B, C>>(input, scale, output_gradient, statistics, cotangent)
}

//! Batch normalisation: the forward pass and the input gradient are registered operations with closed-form
//! derivatives; higher orders are composed from Burn's own operations.

use crate::{
    Autodiff, Kernels, composed,
    operands::{BatchNormGradients, BatchNormOutput, BatchNormSecond, BatchNormStatistics, BatchNormWanted},
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
        let (input, scale, statistics) = ops.state;
        let gradient = gradients.consume::<B>(&ops.node);
        let [input_node, scale_node, shift_node] = ops.parents;
        let wanted =
            BatchNormWanted { input: input_node.is_some(), parameters: scale_node.is_some() || shift_node.is_some() };
        let found = B::batch_norm_gradients(input, scale, gradient, statistics, wanted);
        let (scale_gradient, shift_gradient) = found.parameters.unzip();
        let found = [(input_node, found.input), (scale_node, scale_gradient), (shift_node, shift_gradient)];
        for (node, gradient) in found {
            if let (Some(node), Some(gradient)) = (node, gradient) {
                gradients.register::<B>(node.id, gradient);
            }
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
    BatchNormOutput {
        output,
        variance: constant::<B, C>(found.variance),
        statistics: BatchNormStatistics {
            mean: constant::<B, C>(found.statistics.mean),
            reciprocal_deviation: constant::<B, C>(found.statistics.reciprocal_deviation),
            epsilon,
        },
    }
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

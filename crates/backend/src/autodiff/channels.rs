//! Adding one number to every position of a channel, and the sum over them, whose transpose puts it in each. Multiplying with one
//! number and the sum of products: the derivatives of each are given by the other. Each other's transpose are also the sum over
//! the channels and repeating a plane for each of them, and taking some channels and placing them among zeros. The sum of
//! products over the channels and multiplying with a plane are each other's derivatives.

use super::register::{Factors, bilinear, of_one};
use crate::{Autodiff, Kernels};
use burn::{
    backend::autodiff::{
        checkpoint::{base::Checkpointer, strategy::CheckpointStrategy},
        grads::Gradients,
        ops::{Backward, Ops, OpsKind, binary, unary},
    },
    tensor::{TensorMetadata, ops::FloatTensor},
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
    /// Shape of the input.
    type State = [usize; 4];

    fn backward(self, ops: Ops<Self::State, 1>, gradients: &mut Gradients, _: &mut Checkpointer) {
        unary::<B, _>(ops.parents, ops.node, gradients, |cotangent| B::fill_channels(cotangent, ops.state));
    }
}

pub(super) fn sums<B: Kernels, C: CheckpointStrategy>(
    input: FloatTensor<Autodiff<B, C>>,
) -> FloatTensor<Autodiff<B, C>> {
    let state = input.primitive.shape().dims();
    of_one::<B, C, _>(Sums, input, state, B::channel_sums)
}

#[derive(Debug)]
struct Fill;

impl<B: Kernels> Backward<B, 1> for Fill {
    type State = ();

    fn backward(self, ops: Ops<Self::State, 1>, gradients: &mut Gradients, _: &mut Checkpointer) {
        unary::<B, _>(ops.parents, ops.node, gradients, B::channel_sums);
    }
}

pub(super) fn fill<B: Kernels, C: CheckpointStrategy>(
    numbers: FloatTensor<Autodiff<B, C>>,
    shape: [usize; 4],
) -> FloatTensor<Autodiff<B, C>> {
    of_one::<B, C, _>(Fill, numbers, (), |numbers| B::fill_channels(numbers, shape))
}

#[derive(Debug)]
struct Scale;

impl<B: Kernels> Backward<B, 2> for Scale {
    /// Input and numbers.
    type State = Factors<B>;

    fn backward(self, ops: Ops<Self::State, 2>, gradients: &mut Gradients, _: &mut Checkpointer) {
        let (input, numbers, ()) = ops.state;
        binary::<B, _, _>(
            ops.parents,
            ops.node,
            gradients,
            |gradient| B::scale_channels(gradient, numbers),
            |gradient| B::channel_products(input, gradient),
        );
    }
}

pub(super) fn scale<B: Kernels, C: CheckpointStrategy>(
    input: FloatTensor<Autodiff<B, C>>,
    numbers: FloatTensor<Autodiff<B, C>>,
) -> FloatTensor<Autodiff<B, C>> {
    bilinear::<B, C, _, _>(Scale, input, numbers, (), B::scale_channels)
}

#[derive(Debug)]
struct Affine;

impl<B: Kernels> Backward<B, 3> for Affine {
    /// Input and factors.
    type State = [FloatTensor<B>; 2];

    fn backward(self, ops: Ops<Self::State, 3>, gradients: &mut Gradients, _: &mut Checkpointer) {
        let [input, factors] = ops.state;
        let gradient = gradients.consume::<B>(&ops.node);
        let [input_node, factors_node, numbers_node] = ops.parents;
        let found = [
            input_node.is_some().then(|| B::scale_channels(gradient.clone(), factors)),
            factors_node.is_some().then(|| B::channel_products(input, gradient.clone())),
            numbers_node.is_some().then(|| B::channel_sums(gradient)),
        ];
        for (node, gradient) in [input_node, factors_node, numbers_node].into_iter().zip(found) {
            if let (Some(node), Some(gradient)) = (node, gradient) {
                gradients.register::<B>(node.id, gradient);
            }
        }
    }
}

pub(super) fn affine<B: Kernels, C: CheckpointStrategy>(
    input: FloatTensor<Autodiff<B, C>>,
    factors: FloatTensor<Autodiff<B, C>>,
    numbers: FloatTensor<Autodiff<B, C>>,
) -> FloatTensor<Autodiff<B, C>> {
    let nodes = [input.node.clone(), factors.node.clone(), numbers.node.clone()];
    let prepared = Affine.prepare::<C>(nodes).compute_bound().stateful();
    let [input, factors] = [input.primitive, factors.primitive];
    let output = B::affine_channels(input.clone(), factors.clone(), numbers.primitive);
    match prepared {
        OpsKind::Tracked(prepared) => prepared.finish([input, factors], output),
        OpsKind::UnTracked(prepared) => prepared.finish(output),
    }
}

#[derive(Debug)]
struct Products;

impl<B: Kernels> Backward<B, 2> for Products {
    type State = Factors<B>;

    fn backward(self, ops: Ops<Self::State, 2>, gradients: &mut Gradients, _: &mut Checkpointer) {
        let (left, right, ()) = ops.state;
        binary::<B, _, _>(
            ops.parents,
            ops.node,
            gradients,
            |cotangent| B::scale_channels(right, cotangent),
            |cotangent| B::scale_channels(left, cotangent),
        );
    }
}

pub(super) fn products<B: Kernels, C: CheckpointStrategy>(
    left: FloatTensor<Autodiff<B, C>>,
    right: FloatTensor<Autodiff<B, C>>,
) -> FloatTensor<Autodiff<B, C>> {
    bilinear::<B, C, _, _>(Products, left, right, (), B::channel_products)
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
    let state = input.primitive.shape()[1];
    of_one::<B, C, _>(Over, input, state, B::sum_over_channels)
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
    of_one::<B, C, _>(Repeat, input, (), |input| B::repeat_channels(input, channels))
}

#[derive(Debug)]
struct ProductsOver;

impl<B: Kernels> Backward<B, 2> for ProductsOver {
    type State = Factors<B>;

    fn backward(self, ops: Ops<Self::State, 2>, gradients: &mut Gradients, _: &mut Checkpointer) {
        let (left, right, ()) = ops.state;
        binary::<B, _, _>(
            ops.parents,
            ops.node,
            gradients,
            |cotangent| B::scale_by_planes(right, cotangent),
            |cotangent| B::scale_by_planes(left, cotangent),
        );
    }
}

pub(super) fn products_over<B: Kernels, C: CheckpointStrategy>(
    left: FloatTensor<Autodiff<B, C>>,
    right: FloatTensor<Autodiff<B, C>>,
) -> FloatTensor<Autodiff<B, C>> {
    bilinear::<B, C, _, _>(ProductsOver, left, right, (), B::products_over_channels)
}

#[derive(Debug)]
struct SquaresOver;

impl<B: Kernels> Backward<B, 1> for SquaresOver {
    /// The input.
    type State = FloatTensor<B>;

    fn backward(self, ops: Ops<Self::State, 1>, gradients: &mut Gradients, _: &mut Checkpointer) {
        unary::<B, _>(ops.parents, ops.node, gradients, |cotangent| {
            B::scale_by_planes(ops.state, B::float_mul_scalar(cotangent, 2.0.into()))
        });
    }
}

pub(super) fn squares_over<B: Kernels, C: CheckpointStrategy>(
    input: FloatTensor<Autodiff<B, C>>,
) -> FloatTensor<Autodiff<B, C>> {
    let state = input.primitive.clone();
    of_one::<B, C, _>(SquaresOver, input, state, B::squares_over_channels)
}

#[derive(Debug)]
struct ScaleByPlanes;

impl<B: Kernels> Backward<B, 2> for ScaleByPlanes {
    /// Input and numbers.
    type State = Factors<B>;

    fn backward(self, ops: Ops<Self::State, 2>, gradients: &mut Gradients, _: &mut Checkpointer) {
        let (input, numbers, ()) = ops.state;
        binary::<B, _, _>(
            ops.parents,
            ops.node,
            gradients,
            |gradient| B::scale_by_planes(gradient, numbers),
            |gradient| B::products_over_channels(input, gradient),
        );
    }
}

pub(super) fn scale_by_planes<B: Kernels, C: CheckpointStrategy>(
    input: FloatTensor<Autodiff<B, C>>,
    numbers: FloatTensor<Autodiff<B, C>>,
) -> FloatTensor<Autodiff<B, C>> {
    bilinear::<B, C, _, _>(ScaleByPlanes, input, numbers, (), B::scale_by_planes)
}

#[derive(Debug)]
struct Concatenate;

impl<B: Kernels> Backward<B, 2> for Concatenate {
    /// Channels of both.
    type State = [usize; 2];

    fn backward(self, ops: Ops<Self::State, 2>, gradients: &mut Gradients, _: &mut Checkpointer) {
        let [left, right] = ops.state;
        binary::<B, _, _>(
            ops.parents,
            ops.node,
            gradients,
            |gradient| B::take_channels(gradient, 0, left),
            |gradient| B::take_channels(gradient, left, right),
        );
    }
}

pub(super) fn concatenate<B: Kernels, C: CheckpointStrategy>(
    left: FloatTensor<Autodiff<B, C>>,
    right: FloatTensor<Autodiff<B, C>>,
) -> FloatTensor<Autodiff<B, C>> {
    let prepared = Concatenate.prepare::<C>([left.node.clone(), right.node.clone()]).compute_bound().stateful();
    let channels = [left.primitive.shape()[1], right.primitive.shape()[1]];
    let output = B::concatenate_channels(left.primitive, right.primitive);
    match prepared {
        OpsKind::Tracked(prepared) => prepared.finish(channels, output),
        OpsKind::UnTracked(prepared) => prepared.finish(output),
    }
}

#[derive(Debug)]
struct Take;

impl<B: Kernels> Backward<B, 1> for Take {
    /// The first channel, and channels before it was taken.
    type State = [usize; 2];

    fn backward(self, ops: Ops<Self::State, 1>, gradients: &mut Gradients, _: &mut Checkpointer) {
        let [from, total] = ops.state;
        unary::<B, _>(ops.parents, ops.node, gradients, |cotangent| B::place_channels(cotangent, from, total));
    }
}

pub(super) fn take<B: Kernels, C: CheckpointStrategy>(
    input: FloatTensor<Autodiff<B, C>>,
    from: usize,
    count: usize,
) -> FloatTensor<Autodiff<B, C>> {
    let state = [from, input.primitive.shape()[1]];
    of_one::<B, C, _>(Take, input, state, |input| B::take_channels(input, from, count))
}

#[derive(Debug)]
struct Place;

impl<B: Kernels> Backward<B, 1> for Place {
    /// The first channel, and the count of those that were placed.
    type State = [usize; 2];

    fn backward(self, ops: Ops<Self::State, 1>, gradients: &mut Gradients, _: &mut Checkpointer) {
        let [from, count] = ops.state;
        unary::<B, _>(ops.parents, ops.node, gradients, |cotangent| B::take_channels(cotangent, from, count));
    }
}

pub(super) fn place<B: Kernels, C: CheckpointStrategy>(
    input: FloatTensor<Autodiff<B, C>>,
    from: usize,
    total: usize,
) -> FloatTensor<Autodiff<B, C>> {
    let state = [from, input.primitive.shape()[1]];
    of_one::<B, C, _>(Place, input, state, |input| B::place_channels(input, from, total))
}

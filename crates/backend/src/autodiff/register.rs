//! Putting an operation on the graph: what all of one tensor, and all that are linear in each of two, do alike.

use crate::{Autodiff, Kernels};
use burn::{
    backend::autodiff::{
        checkpoint::strategy::CheckpointStrategy,
        ops::{Backward, OpsKind},
    },
    tensor::ops::FloatTensor,
};
use std::fmt::Debug;

/// Both factors of an operation that is linear in each of them, and its settings.
pub(super) type Factors<B, S = ()> = (FloatTensor<B>, FloatTensor<B>, S);

/// Registers `operation` of one tensor, whose value is `compute` of it and whose `state` is all that its gradient needs: nothing of
/// the input where it is linear.
pub(super) fn of_one<B, C, O>(
    operation: O,
    input: FloatTensor<Autodiff<B, C>>,
    state: O::State,
    compute: impl FnOnce(FloatTensor<B>) -> FloatTensor<B>,
) -> FloatTensor<Autodiff<B, C>>
where
    B: Kernels,
    C: CheckpointStrategy,
    O: Backward<B, 1>,
{
    let prepared = operation.prepare::<C>([input.node.clone()]).compute_bound().stateful();
    let output = compute(input.primitive);
    match prepared {
        OpsKind::Tracked(prepared) => prepared.finish(state, output),
        OpsKind::UnTracked(prepared) => prepared.finish(output),
    }
}

/// Registers `operation`, whose value is `compute` of the two factors and whose state holds them.
pub(super) fn bilinear<B, C, O, S>(
    operation: O,
    left: FloatTensor<Autodiff<B, C>>,
    right: FloatTensor<Autodiff<B, C>>,
    settings: S,
    compute: impl FnOnce(FloatTensor<B>, FloatTensor<B>) -> FloatTensor<B>,
) -> FloatTensor<Autodiff<B, C>>
where
    B: Kernels,
    C: CheckpointStrategy,
    O: Backward<B, 2, State = Factors<B, S>>,
    S: Clone + Debug + Send + 'static,
{
    let prepared = operation.prepare::<C>([left.node.clone(), right.node.clone()]).compute_bound().stateful();
    let (left, right) = (left.primitive, right.primitive);
    match prepared {
        OpsKind::Tracked(prepared) => {
            let state = (left.clone(), right.clone(), settings);
            prepared.finish(state, compute(left, right))
        }
        OpsKind::UnTracked(prepared) => prepared.finish(compute(left, right)),
    }
}

//! Jacobian transfer (JT; Srinivas and Fleuret 2018) as tap2024's released code has it: the student must depend on the pixels
//! as the teacher does.
//!
//! With `g` the student's gradient of `Σ_b log p_b(label of b)` with respect to the images in evaluation mode, its channels
//! summed, `t` the teacher's and `N` the [normalisation by columns](crate::norm::columns), the penalty is the mean over the
//! batch of `‖N(g) - N(t)‖_F²`. The paper prints no formula of its own.

use crate::{
    Batch, Contribution, Passes, Penalty, TeacherNeeds, WithRespectTo, cross_entropy::label_log_probabilities, norm,
};
use burn::tensor::{Tensor, backend::AutodiffBackend};
use herring_backend::{Autodiff, Kernels, ops};
use herring_models::{Mode, Stackable, Trace};

/// Penalised distance from the teacher's input gradient.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct JacobianTransfer {
    /// Weight of the penalty.
    pub weight: f64,
}

impl<B: AutodiffBackend + Kernels, M: Stackable<B>> Penalty<B, M> for JacobianTransfer {
    fn differentiates(&self, _model: &M) -> Option<WithRespectTo> {
        Some(WithRespectTo::Images)
    }

    fn mode(&self) -> Mode {
        Mode::Evaluate
    }

    fn needs_teacher(&self) -> TeacherNeeds {
        TeacherNeeds { gradient: true, ..TeacherNeeds::NOTHING }
    }

    /// `Σ_b log p_b(label of b)`.
    fn score(&self, trace: &Trace<Autodiff<B>>, batch: &Batch<B>) -> Tensor<Autodiff<B>, 1> {
        ops::total(label_log_probabilities(trace.logits.clone(), Tensor::from_inner(batch.labels.clone())))
    }

    fn penalty(&mut self, _model: &M, passes: &Passes<B>, batch: &Batch<B>) -> Contribution<B> {
        let student = norm::columns(ops::sum_over_channels(passes.gradient(batch)));
        let difference = student - norm::columns(ops::sum_over_channels(batch.teacher_gradient()));
        let share = self.weight / batch.images.dims()[0] as f64;
        Contribution::new(ops::total(difference.clone() * difference) * share)
    }
}

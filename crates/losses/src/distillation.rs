//! Distillation (KD; Hinton et al. 2015) as tap2024's released code has it: the student's class probabilities must be the
//! teacher's.
//!
//! With `T` the temperature, `p` the softmax of the student's logits divided by `T` and `q` that of the teacher's, the penalty
//! is `T² / batch Σ_b Σ_k q_bk (log q_bk - log p_bk)`: the Kullback-Leibler divergence of `p` from `q`, in nats. The square of
//! the temperature makes up for gradients that shrink with it. tap2024 has `T = 1`.

use crate::{Batch, Contribution, Passes, Penalty, TeacherNeeds, log_softmax};
use burn::tensor::backend::AutodiffBackend;
use herring_backend::{Kernels, ops};
use herring_models::Stackable;

/// Penalised divergence from the teacher's class probabilities.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Distillation {
    /// Weight of the penalty.
    pub weight: f64,
    /// By which logits are divided, above 0.
    pub temperature: f64,
}

impl<B: AutodiffBackend + Kernels, M: Stackable<B>> Penalty<B, M> for Distillation {
    fn needs_teacher(&self) -> TeacherNeeds {
        TeacherNeeds { logits: true, ..TeacherNeeds::NOTHING }
    }

    fn penalty(&mut self, _model: &M, passes: &Passes<B>, batch: &Batch<B>) -> Contribution<B> {
        let student = log_softmax(passes.images.logits.clone() / self.temperature);
        let teacher = log_softmax(batch.teacher_logits() / self.temperature);
        let divergence = ops::total(teacher.clone().exp() * (teacher - student));
        let scale = self.temperature * self.temperature / batch.images.dims()[0] as f64;
        Contribution::new(divergence * (self.weight * scale))
    }
}

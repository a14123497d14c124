//! What a fixed teacher says of a batch, for penalties that make the student agree with it (tap2024, section on knowledge
//! transfer: attention transfer, Jacobian transfer, distillation).
//!
//! The teacher is a finished network in evaluation mode. It may be of another architecture than the student; what both must
//! share is the size of the images and the classes. Each penalty says which parts it uses ([`crate::Penalty::needs_teacher`]),
//! a [`crate::TrainingLoss`] their union, and [`TeacherPass::of`] computes those alone: one forward pass, and one backward pass
//! if the input gradient is among them.

use crate::cross_entropy::label_log_probabilities;
use burn::tensor::{Int, Tensor, backend::Backend};
use herring_backend::{Autodiff, Kernels, ops};
use herring_models::{Mode, Stackable, Trace, input_gradient_of_outputs};

/// Which parts of a teacher's pass are used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct TeacherNeeds {
    /// [`TeacherPass::logits`].
    pub logits: bool,
    /// [`TeacherPass::taps`].
    pub taps: bool,
    /// [`TeacherPass::gradient`].
    pub gradient: bool,
}

impl TeacherNeeds {
    /// No teacher at all.
    pub const NOTHING: Self = Self { logits: false, taps: false, gradient: false };

    /// Whether any part is used, so that there must be a teacher.
    pub fn any(self) -> bool {
        self != Self::NOTHING
    }

    /// The parts that either uses.
    #[must_use]
    pub fn union(self, other: Self) -> Self {
        Self {
            logits: self.logits || other.logits,
            taps: self.taps || other.taps,
            gradient: self.gradient || other.gradient,
        }
    }
}

/// A teacher's pass over [`Batch::images`](crate::Batch::images); constants to training. A part that was not asked for is
/// absent.
#[derive(Debug, Clone)]
pub struct TeacherPass<B: Backend> {
    /// Raw scores, `[batch, classes]`.
    pub logits: Option<Tensor<B, 2>>,
    /// Activations at several depths ([`Trace::taps`]), from the first to the last, `[batch, channels, height, width]` each.
    pub taps: Option<Vec<Tensor<B, 4>>>,
    /// Gradient of `Σ_b log p_b(label of b)` with respect to the images, `[batch, channels, height, width]`.
    pub gradient: Option<Tensor<B, 4>>,
}

impl<B: Kernels> TeacherPass<Autodiff<B>> {
    /// Runs `images [batch, channels, height, width]` of classes `labels [batch]` through the teacher in evaluation mode and
    /// keeps what is needed. The student is trained on `Autodiff<B>`, the teacher lives on the backend below.
    pub fn of<M: Stackable<B>>(
        teacher: &M,
        images: Tensor<Autodiff<B>, 4>,
        labels: Tensor<Autodiff<B>, 1, Int>,
        needs: TeacherNeeds,
    ) -> Self {
        let images = images.inner();
        let (trace, gradient) = if needs.gradient {
            let score = |trace: &Trace<_>| ops::total(label_log_probabilities(trace.logits.clone(), labels));
            let found = input_gradient_of_outputs(teacher, images, Mode::Evaluate, score);
            (found.trace, Some(Tensor::from_inner(found.gradient)))
        } else {
            (teacher.outputs(images, Mode::Evaluate), None)
        };
        Self {
            logits: needs.logits.then(|| Tensor::from_inner(trace.logits)),
            taps: needs.taps.then(|| trace.taps.into_iter().map(Tensor::from_inner).collect()),
            gradient,
        }
    }
}

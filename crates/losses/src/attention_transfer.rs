//! Attention transfer (AT; Zagoruyko and Komodakis 2017) as tap2024's released code has it: the student's activations must be
//! distributed over the image as the teacher's are.
//!
//! With `a_l = Σ_c tap_l` the channel sum of a tap, `N` the [normalisation by columns](crate::norm::columns) and `t` the
//! teacher's, the penalty is the sum over taps of the mean over the batch of `‖N(a_l) - N(t_l)‖_F`, not squared. The paper
//! prints no formula of its own.
//!
//! Where maps differ in size, the teacher's is brought to the size of the student's by taking the nearest pixel, before it is
//! normalised. Taps are paired from the first on; those that one network has more than the other are left out, so networks with
//! other numbers of taps are compared at other depths.

use crate::{Batch, Contribution, Passes, Penalty, TeacherNeeds, norm};
use burn::tensor::{Tensor, backend::AutodiffBackend};
use herring_backend::{Kernels, ops, resize};
use herring_models::Stackable;

/// Penalised distance from the teacher's activations. The taps are those of the networks
/// ([`herring_models::Trace::taps`]).
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct AttentionTransfer {
    /// Weight of the penalty.
    pub weight: f64,
}

impl<B: AutodiffBackend + Kernels, M: Stackable<B>> Penalty<B, M> for AttentionTransfer {
    fn needs_teacher(&self) -> TeacherNeeds {
        TeacherNeeds { taps: true, ..TeacherNeeds::NOTHING }
    }

    fn penalty(&mut self, _model: &M, passes: &Passes<B>, batch: &Batch<B>) -> Contribution<B> {
        let mut total = Tensor::zeros([1], (&batch.images.device(), batch.images.dtype()));
        for (student, teacher) in passes.images.taps.iter().zip(batch.teacher_taps()) {
            let [_, _, height, width] = student.dims();
            let mut teacher = ops::sum_over_channels(teacher.clone());
            if teacher.dims()[2..] != [height, width] {
                teacher = resize::nearest(teacher, [height, width]);
            }
            let difference = norm::columns(ops::sum_over_channels(student.clone())) - norm::columns(teacher);
            total = total + ops::total(norm::rows(difference.flatten(1, 3)));
        }
        Contribution::new(total * (self.weight / batch.images.dims()[0] as f64))
    }
}

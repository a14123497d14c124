//! What a penalty is given.

use crate::TeacherPass;
use burn::tensor::{Int, Tensor, backend::Backend};

/// A batch of images with their masks.
#[derive(Debug, Clone)]
pub struct Batch<B: Backend> {
    /// The images that are classified, `[batch, channels, height, width]`.
    pub images: Tensor<B, 4>,
    /// 1 inside the region of interest, `[batch, 1, height, width]`; a pixel is outside unless its
    /// value is exactly 1, so the soft edge of a resized mask counts as outside.
    pub inside: Tensor<B, 4>,
    /// The images with what lies outside permuted, `[batch, channels, height, width]`; used by penalties that
    /// compare both; best permuted anew for each presentation. Other penalties ignore it.
    pub masked: Tensor<B, 4>,
    /// Class of each image, `[batch]`.
    pub labels: Tensor<B, 1, Int>,
    /// Group of each image, counted from 0: its class and environment, for a loss [by groups](crate::Groups). Other losses
    /// ignore it; it may be empty for them.
    pub groups: Vec<usize>,
    /// What a teacher says of the images; present if any penalty [needs it](crate::TrainingLoss::needs_teacher).
    pub teacher: Option<TeacherPass<B>>,
}

impl<B: Backend> Batch<B> {
    /// 1 outside the region of interest and 0 inside, `[batch, 1, height, width]`.
    pub fn outside(&self) -> Tensor<B, 4> {
        self.inside.clone().equal_elem(1.0).bool_not().float().cast(self.images.dtype())
    }

    /// One part of the teacher's pass, for a penalty that said that it needs it.
    ///
    /// # Panics
    /// Where it is absent: a batch that lacks what [`needs_teacher`](crate::TrainingLoss::needs_teacher) says does not fit
    /// the loss, as tensors of other shapes do not.
    fn of_teacher<'a, T>(&'a self, part: &str, get: impl FnOnce(&'a TeacherPass<B>) -> Option<&'a T>) -> &'a T {
        let found = self.teacher.as_ref().and_then(get);
        found.unwrap_or_else(|| panic!("the batch lacks a teacher's {part}, which a penalty needs"))
    }

    pub(crate) fn teacher_logits(&self) -> Tensor<B, 2> {
        self.of_teacher("logits", |teacher| teacher.logits.as_ref()).clone()
    }

    pub(crate) fn teacher_taps(&self) -> &[Tensor<B, 4>] {
        self.of_teacher("taps", |teacher| teacher.taps.as_ref())
    }

    pub(crate) fn teacher_gradient(&self) -> Tensor<B, 4> {
        self.of_teacher("input gradient", |teacher| teacher.gradient.as_ref()).clone()
    }
}

//! The trait that all penalties share.

use crate::{Batch, Task, TeacherNeeds};
use burn::tensor::{
    Tensor,
    backend::{AutodiffBackend, Backend},
};
use herring_backend::{Autodiff, Kernels, ops};
use herring_models::{Mode, Saved, Stackable, Trace, weights::WeightsError};

/// What a penalty's [`score`](Penalty::score) is differentiated with respect to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WithRespectTo {
    /// The images.
    Images,
    /// The activations of the tap at this place ([`Trace::taps`]).
    Tap(usize),
}

/// The forward passes of one step, shared by all penalties.
#[derive(Debug, Clone)]
pub struct Passes<B: Backend> {
    /// The loss of the task, for a penalty that differentiates it; its mean over the batch, also in a loss by groups.
    pub task: Task,
    /// The pass over [`Batch::images`]; its layers and reconstruction are present if any penalty [needs
    /// them](Penalty::needs_layers).
    pub images: Trace<B>,
    /// The pass over [`Batch::masked`], made before the other; present if any penalty [needs
    /// it](Penalty::needs_masked).
    pub masked: Option<Trace<B>>,
    /// Gradient of the penalty's own [`score`](Penalty::score) with respect to the images or a tap, `[batch, channels,
    /// height, width]` as these; present if the penalty [differentiates](Penalty::differentiates).
    pub gradient: Option<Tensor<B, 4>>,
    /// The activations of the tap that the score is differentiated with respect to, of the pass of that gradient.
    pub differentiated: Option<Tensor<B, 4>>,
}

impl<B: Backend> Passes<B> {
    /// The pass over the masked images; that over the images where there is none, as for a penalty that did
    /// not ask for one.
    pub fn masked(&self) -> &Trace<B> {
        self.masked.as_ref().unwrap_or(&self.images)
    }

    /// The gradient of the penalty's score with respect to the images; zeros for a penalty that did not ask for one.
    pub fn gradient(&self, batch: &Batch<B>) -> Tensor<B, 4> {
        self.gradient.clone().unwrap_or_else(|| batch.images.zeros_like())
    }
}

/// What one penalty adds to a step.
#[derive(Debug, Clone)]
pub struct Contribution<B: Backend> {
    /// The penalty as it enters the loss, weight included, `[1]`.
    pub penalty: Tensor<B, 1>,
    /// Whether the model is to be updated with this batch.
    pub update: bool,
    /// The loss of an auxiliary network that was trained on the way, `[1]`, detached.
    pub auxiliary: Option<Tensor<B, 1>>,
    /// How many images of the batch contribute nothing because the penalty is not defined for them, `[1]`, detached.
    pub left_out: Option<Tensor<B, 1>>,
}

impl<B: Backend> Contribution<B> {
    /// A penalty on every batch and image without an auxiliary network.
    pub fn new(penalty: Tensor<B, 1>) -> Self {
        Self { penalty, update: true, auxiliary: None, left_out: None }
    }
}

/// A penalty under an attribution prior.
pub trait Penalty<B, M>
where
    B: AutodiffBackend + Kernels,
    M: Stackable<B>,
{
    /// Whether it uses the pass over [`Batch::masked`].
    fn needs_masked(&self) -> bool {
        false
    }

    /// Whether it uses the layers or the reconstruction of a pass ([`Trace::layers`], [`Trace::reconstruction`]). Passes have them
    /// only where a penalty does.
    fn needs_layers(&self) -> bool {
        false
    }

    /// With respect to what it differentiates its [`score`](Self::score), if it penalises such a gradient of this model and
    /// does not make a pass of its own for it.
    fn differentiates(&self, model: &M) -> Option<WithRespectTo> {
        let _ = model;
        None
    }

    /// The mode of the pass whose gradient it penalises. In [`Mode::Train`] that pass serves the rest of the loss as well;
    /// in [`Mode::Evaluate`] it is one of its own, except for a model whose modes are the same
    /// ([`Classifier::depends_on_mode`](herring_models::Classifier::depends_on_mode)).
    fn mode(&self) -> Mode {
        Mode::Train
    }

    /// Which parts of a teacher's pass it uses ([`Batch::teacher`]).
    fn needs_teacher(&self) -> TeacherNeeds {
        TeacherNeeds::NOTHING
    }

    /// The number whose gradient it penalises, `[1]`, from the pass over the images on one more level of
    /// autodiff. Asked only of a penalty that [differentiates](Self::differentiates).
    fn score(&self, trace: &Trace<Autodiff<B>>, batch: &Batch<B>) -> Tensor<Autodiff<B>, 1> {
        let _ = batch;
        ops::total(trace.logits.clone())
    }

    /// The penalty for one training batch. `model` is for penalties that make their own passes.
    fn penalty(&mut self, model: &M, passes: &Passes<B>, batch: &Batch<B>) -> Contribution<B>;

    /// Reports that the loss was evaluated on a batch that is not trained on. Only penalties that count
    /// evaluations use this.
    fn skipped_batch(&mut self) {}

    /// What it carries from one step to the next, for a checkpoint. Most penalties carry nothing.
    fn save(&self) -> Saved {
        Saved::default()
    }

    /// Restores what [`save`](Self::save) returned.
    ///
    /// # Errors
    /// If the saved state does not match a penalty of these settings.
    fn restore(&mut self, _saved: &Saved) -> Result<(), WeightsError> {
        Ok(())
    }
}

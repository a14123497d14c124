//! The whole training loss: the task's own loss plus weighted penalties that share their forward passes.
//!
//! A step makes one pass over the images and, if a penalty compares them with their permuted versions, one
//! over those before it, for any number of penalties. A penalty on input gradients makes the pass over the
//! images on one more level of autodiff, where it serves all other parts of the loss as well, and so does one on the
//! gradients of a tap; a second such penalty makes one of its own, because Burn frees a graph once it has been
//! differentiated.

use crate::{Batch, Groups, Passes, Penalty, Task, TeacherNeeds, WithRespectTo};
use burn::tensor::{
    Tensor,
    backend::{AutodiffBackend, Backend},
};
use herring_backend::Kernels;
use herring_models::{
    BatchStatistics, Mode, Saved, Stackable, Trace, input_gradient, input_gradient_of_outputs, tap_gradient,
    weights::WeightsError,
};

/// The outcome of one evaluation of a training loss.
#[derive(Debug, Clone)]
pub struct Objective<B: Backend> {
    /// Raw scores of the pass over the images, `[batch, classes]`.
    pub logits: Tensor<B, 2>,
    /// The loss of the task itself, `[1]`, by groups where the training loss has them.
    pub task: Tensor<B, 1>,
    /// The sum of the penalties as they enter the loss, weights included, `[1]`; absent without any.
    pub penalty: Option<Tensor<B, 1>>,
    /// What the normalisation layers measured, one entry a forward pass, in the order of the passes.
    pub statistics: Vec<Vec<BatchStatistics<B>>>,
    /// Whether the model is to be updated with this batch.
    pub update: bool,
    /// The loss of an auxiliary network that a penalty trained on the way, `[1]`, detached.
    pub auxiliary: Option<Tensor<B, 1>>,
    /// How many images of the batch a penalty is not defined for and leaves out, `[1]`, detached; absent where all penalties
    /// are defined for all images.
    pub left_out: Option<Tensor<B, 1>>,
}

impl<B: Backend> Objective<B> {
    /// The loss of the task plus the penalties, `[1]`: what is minimised.
    pub fn total(&self) -> Tensor<B, 1> {
        match &self.penalty {
            Some(penalty) => self.task.clone() + penalty.clone(),
            None => self.task.clone(),
        }
    }
}

/// Below which the state of the groups is saved; that of a penalty is saved below its place.
const GROUPS: &str = "groups.";

/// The loss of a task with any number of penalties.
///
/// ```text
/// TrainingLoss::new(Task::default()).with(GradMask { .. }).with(ActDiff { .. })
/// ```
pub struct TrainingLoss<B: AutodiffBackend, M> {
    task: Task,
    groups: Option<Groups<B>>,
    penalties: Vec<Box<dyn Penalty<B, M>>>,
}

impl<B, M> TrainingLoss<B, M>
where
    B: AutodiffBackend + Kernels,
    M: Stackable<B>,
{
    /// The loss of the task alone ("Classification" in the papers' tables).
    pub fn new(task: Task) -> Self {
        Self { task, groups: None, penalties: Vec::new() }
    }

    /// Puts the task's losses of the images together by their groups in place of by their mean.
    #[must_use]
    pub fn by_groups(self, groups: Groups<B>) -> Self {
        Self { groups: Some(groups), ..self }
    }

    /// Adds a penalty.
    #[must_use]
    pub fn with(self, penalty: impl Penalty<B, M> + 'static) -> Self {
        self.with_boxed(Box::new(penalty))
    }

    /// As [`with`](Self::with), for a penalty whose type is not known.
    #[must_use]
    pub fn with_boxed(mut self, penalty: Box<dyn Penalty<B, M>>) -> Self {
        self.penalties.push(penalty);
        self
    }

    /// Which parts of a teacher's pass [`Batch::teacher`] must hold for [`objective`](Self::objective).
    pub fn needs_teacher(&self) -> TeacherNeeds {
        self.penalties.iter().fold(TeacherNeeds::NOTHING, |needs, penalty| needs.union(penalty.needs_teacher()))
    }

    /// Makes the forward passes for one training batch, in training mode: first over the permuted images, if
    /// any penalty asks for them, then over the images.
    ///
    /// # Panics
    /// Where the batch lacks a part of the teacher's pass that a penalty [needs](Self::needs_teacher) or the groups that a
    /// loss [by groups](Self::by_groups) is made of, or the model the tap that a penalty differentiates with respect to.
    pub fn objective(&mut self, model: &M, batch: &Batch<B>) -> Objective<B> {
        let compares = self.penalties.iter().any(|penalty| penalty.needs_masked());
        let shows = self.penalties.iter().any(|penalty| penalty.needs_layers());
        let pass = |images: &Tensor<B, 4>| match shows {
            true => model.trace(images.clone(), Mode::Train),
            false => model.outputs(images.clone(), Mode::Train),
        };
        let masked = compares.then(|| pass(&batch.masked));
        let mut images: Option<Trace<B>> = None;
        let mut gradients = Vec::with_capacity(self.penalties.len());
        for penalty in &self.penalties {
            gradients.push(penalty.differentiates(model).map(|variable| {
                let score = |trace: &Trace<_>| penalty.score(trace, batch);
                let mode = if model.depends_on_mode() { penalty.mode() } else { Mode::Train };
                let input = batch.images.clone();
                let (found, activations) = match variable {
                    WithRespectTo::Images if shows => (input_gradient(model, input, mode, score), None),
                    WithRespectTo::Images => (input_gradient_of_outputs(model, input, mode, score), None),
                    WithRespectTo::Tap(tap) => {
                        let found = tap_gradient(model, input, mode, Some(tap), score)
                            .unwrap_or_else(|| panic!("the model shows no tap {tap}, which a penalty needs"));
                        let activations = found.trace.taps[tap].clone();
                        (found, Some(activations))
                    }
                };
                if mode == Mode::Train {
                    images.get_or_insert(found.trace);
                }
                (found.gradient, activations)
            }));
        }
        let images = images.unwrap_or_else(|| pass(&batch.images));
        let mut passes = Passes { task: self.task.clone(), images, masked, gradient: None, differentiated: None };
        let (mut total, mut update, mut auxiliary, mut left_out) = (None, true, None, None);
        for (penalty, gradient) in self.penalties.iter_mut().zip(gradients) {
            let (gradient, activations) = gradient.unzip();
            (passes.gradient, passes.differentiated) = (gradient, activations.flatten());
            let found = penalty.penalty(model, &passes, batch);
            total = Some(match total {
                Some(total) => total + found.penalty,
                None => found.penalty,
            });
            update &= found.update;
            auxiliary = found.auxiliary.or(auxiliary);
            left_out = found.left_out.or(left_out);
        }
        let Passes { images, masked, .. } = passes;
        let (logits, labels) = (images.logits.clone(), batch.labels.clone());
        Objective {
            task: match &mut self.groups {
                None => self.task.loss(logits, labels),
                Some(groups) => groups.loss(self.task.image_losses(logits, labels), &batch.groups),
            },
            logits: images.logits,
            penalty: total,
            statistics: masked.map(|trace| trace.statistics).into_iter().chain([images.statistics]).collect(),
            update,
            auxiliary,
            left_out,
        }
    }

    /// Reports that the loss was evaluated on a batch that is not trained on; see [`Penalty::skipped_batch`].
    pub fn skipped_batch(&mut self) {
        self.penalties.iter_mut().for_each(|penalty| penalty.skipped_batch());
    }

    /// What groups and penalties carry from one step to the next, for a checkpoint.
    pub fn save(&self) -> Saved {
        let mut saved = Saved::default();
        if let Some(groups) = &self.groups {
            saved.insert_below(GROUPS, groups.save());
        }
        for (place, penalty) in self.penalties.iter().enumerate() {
            saved.insert_below(&format!("{place}."), penalty.save());
        }
        saved
    }

    /// Restores what [`save`](Self::save) returned.
    ///
    /// # Errors
    /// If the saved state does not match these groups and penalties.
    pub fn restore(&mut self, saved: &Saved) -> Result<(), WeightsError> {
        if let Some(groups) = &mut self.groups {
            groups.restore(&saved.below(GROUPS))?;
        }
        let mut penalties = self.penalties.iter_mut().enumerate();
        penalties.try_for_each(|(place, penalty)| penalty.restore(&saved.below(&format!("{place}."))))
    }
}

//! What a penalty gives back, and the trait that all of them share.

use crate::{Batch, cross_entropy};
use burn::tensor::{
    Int, Tensor,
    backend::{AutodiffBackend, Backend},
};
use herring_backend::Kernels;
use herring_models::{BatchStatistics, Saved, Stackable, weights::WeightsError};

/// The outcome of one evaluation of a training loss.
#[derive(Debug, Clone)]
pub struct Objective<B: Backend> {
    /// Raw scores of the pass that is classified, `[batch, classes]`.
    pub logits: Tensor<B, 2>,
    /// The penalty as it enters the loss, weight included, `[1]`.
    pub penalty: Option<Tensor<B, 1>>,
    /// What the normalisation layers measured, one entry a forward pass, in the order of the passes.
    pub statistics: Vec<Vec<BatchStatistics<B>>>,
    /// Whether the model is to be updated with this batch.
    pub update: bool,
    /// The loss of an auxiliary network that the penalty trained on the way, `[1]`, detached.
    pub auxiliary: Option<Tensor<B, 1>>,
}

impl<B: Backend> Objective<B> {
    /// An objective of one pass without penalty.
    pub fn new(logits: Tensor<B, 2>, statistics: Vec<BatchStatistics<B>>) -> Self {
        Self { logits, penalty: None, statistics: vec![statistics], update: true, auxiliary: None }
    }

    /// Mean cross-entropy of the logits, `[1]`, in nats.
    pub fn cross_entropy(&self, labels: Tensor<B, 1, Int>) -> Tensor<B, 1> {
        cross_entropy(self.logits.clone(), labels)
    }

    /// Cross-entropy plus penalty, `[1]`: what is minimised.
    pub fn total(&self, labels: Tensor<B, 1, Int>) -> Tensor<B, 1> {
        let classification = self.cross_entropy(labels);
        match &self.penalty {
            Some(penalty) => classification + penalty.clone(),
            None => classification,
        }
    }
}

/// A training loss under an attribution prior.
pub trait Penalty<B, M>
where
    B: AutodiffBackend + Kernels,
    M: Stackable<B>,
{
    /// Makes the forward passes for one training batch, in training mode.
    fn objective(&mut self, model: &M, batch: &Batch<B>) -> Objective<B>;

    /// Tells that the loss was evaluated on a batch that is not trained on. Only a penalty that
    /// counts evaluations cares.
    fn passed_by(&mut self) {}

    /// What it carries from one step to the next, for a checkpoint. Most penalties carry nothing.
    fn save(&self) -> Saved {
        Saved::default()
    }

    /// Takes up what [`save`](Self::save) gave.
    ///
    /// # Errors
    /// It is not what a penalty of these settings carries.
    fn restore(&mut self, _saved: &Saved) -> Result<(), WeightsError> {
        Ok(())
    }
}

//! No prior: the baseline of every table ("Classification").

use crate::{Batch, Objective, Penalty};
use burn::tensor::backend::AutodiffBackend;
use herring_backend::Kernels;
use herring_models::{Mode, Stackable};

/// Cross-entropy alone.
#[derive(Debug, Clone, Copy, Default)]
pub struct Unpenalised;

impl<B: AutodiffBackend + Kernels, M: Stackable<B>> Penalty<B, M> for Unpenalised {
    fn objective(&mut self, model: &M, batch: &Batch<B>) -> Objective<B> {
        let trace = model.trace(batch.images.clone(), Mode::Train);
        Objective::new(trace.logits, trace.statistics)
    }
}

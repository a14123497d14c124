//! A model's logits on a whole set.

use crate::{data, scores};
use herring_backend::Kernels;
use herring_datasets::{batch::Batches, dataset::Dataset};
use herring_models::{Classifier, Mode};
use herring_protocol::{RunFailure, Scores};

/// Batches of `dataset` in stored order.
pub(crate) fn batches(dataset: &Dataset, batch_size: usize) -> Result<Batches<'_>, RunFailure> {
    Batches::sequential(dataset, batch_size).map_err(|error| RunFailure::Specification {
        field: "training.batch_size".to_owned(),
        found: error.to_string(),
        expected: "at least 1".to_owned(),
    })
}

/// Scores of `model` on `dataset`, with running statistics.
pub(crate) fn evaluate<B: Kernels, M: Classifier<B>>(
    model: &M,
    dataset: &Dataset,
    batch_size: usize,
    epoch: usize,
    device: &B::Device,
) -> Result<Scores, RunFailure> {
    let mut logits = Vec::with_capacity(dataset.len());
    let mut labels = Vec::with_capacity(dataset.len());
    for packed in batches(dataset, batch_size)? {
        let found = model.trace(data::images::<B>(&packed, device), Mode::Evaluate).logits;
        let values: Vec<f64> = found.into_data().iter::<f64>().collect();
        logits.extend(values.as_chunks::<2>().0);
        labels.extend_from_slice(packed.labels());
    }
    scores::scores(&logits, &labels, epoch)
}

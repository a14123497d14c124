//! A model's logits on a whole set.

use crate::{
    data,
    scores::{self, Scored},
};
use herring_backend::Kernels;
use herring_datasets::{
    DatasetError,
    batch::{Batch as Packed, Batches},
    dataset::Dataset,
};
use herring_models::{Classifier, Mode};
use herring_protocol::{AucKind, RunFailure, Scores, SpecError, TaskSpec};

/// Batches of `dataset` in stored order.
pub(crate) fn batches(dataset: &Dataset, batch_size: usize) -> Result<Batches<'_>, RunFailure> {
    Batches::sequential(dataset, batch_size).map_err(|error| wrong_batch_size(&error))
}

pub(crate) fn wrong_batch_size(error: &DatasetError) -> RunFailure {
    RunFailure::Specification(SpecError {
        field: "training.batch_size".to_owned(),
        found: error.to_string(),
        expected: "at least 1".to_owned(),
    })
}

/// How a set is scored.
pub(crate) struct Pass<'a> {
    /// Batch size.
    pub(crate) batch_size: usize,
    /// Whether the pixels outside the masks are set to zero.
    pub(crate) zeroed: bool,
    /// The epoch, from 1, for failures.
    pub(crate) epoch: usize,
    /// Which AUC the run uses.
    pub(crate) auc: AucKind,
    /// What the task minimises.
    pub(crate) task: &'a TaskSpec,
    /// Transforms a batch, by its number, before it is scored.
    pub(crate) augmented_batch: &'a dyn Fn(Packed, usize) -> Result<Packed, RunFailure>,
}

/// Scores of `model` on `dataset`, with running statistics.
pub(crate) fn evaluate<B: Kernels, M: Classifier<B>>(
    model: &M,
    dataset: &Dataset,
    pass: &Pass<'_>,
    device: &B::Device,
) -> Result<Scores, RunFailure> {
    let classes = dataset.classes();
    let mut logits: Vec<Vec<f64>> = Vec::with_capacity(dataset.len());
    let (mut labels, mut environments) = (Vec::with_capacity(dataset.len()), Vec::with_capacity(dataset.len()));
    for (number, packed) in batches(dataset, pass.batch_size)?.enumerate() {
        let packed = (pass.augmented_batch)(packed.map_err(data::unreadable)?, number)?;
        let found = model.outputs(data::evaluated::<B>(&packed, pass.zeroed, device), Mode::Evaluate).logits;
        let values: Vec<f64> = found.into_data().iter::<f64>().collect();
        logits.extend(values.chunks_exact(classes).map(<[f64]>::to_vec));
        labels.extend_from_slice(packed.labels());
        environments.extend_from_slice(packed.environments());
    }
    let set = Scored { logits: &logits, labels: &labels, environments: &environments, task: pass.task };
    scores::scores(&set, pass.auc, pass.epoch)
}

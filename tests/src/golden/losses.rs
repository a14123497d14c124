//! The stored losses, by their names in the files, and what they are here.

use burn::tensor::backend::AutodiffBackend;
use herring_backend::{Autodiff, Kernels};
use herring_losses::{
    ActDiff, AttentionTransfer, Batch, Distillation, GradMask, JacobianTransfer, Penalty, Rbr, Reconstruction, Rrr,
    Tap, Task, TrainingLoss,
};
use herring_models::{FirstConvolution, Stackable};
use herring_protocol::{
    ActDiffDistance::{self, Image, Position},
    ActDiffLayers::{self, All, Pooled},
    GradientNorm, RbrInfluence, ReconstructionLoss, ReconstructionTarget, RrrReading, TapReading,
};

/// The number whose derivative is stored under a name; none for a loss that does not exist here.
pub(super) fn training_loss<B, M>(name: &str) -> Option<TrainingLoss<B, M>>
where
    B: AutodiffBackend + Kernels,
    M: Stackable<B, Lifted: FirstConvolution<Autodiff<B>> + Stackable<Autodiff<B>>> + FirstConvolution<B>,
{
    let loss = TrainingLoss::new(Task::default());
    Some(match is_of_the_task(name) {
        true => loss,
        false => loss.with_boxed(penalty(name)?),
    })
}

/// Whether the stored loss is that of the task itself; the others are penalties without it.
pub(super) fn is_of_the_task(name: &str) -> bool {
    matches!(name, "cross_entropy" | "masked")
}

/// The batch that a loss is evaluated on: "masked" classifies the permuted images.
pub(super) fn batch_of<B: AutodiffBackend>(name: &str, batch: &Batch<B>) -> Batch<B> {
    match name {
        "masked" => Batch { images: batch.masked.clone(), ..batch.clone() },
        _ => batch.clone(),
    }
}

fn penalty<B, M>(name: &str) -> Option<Box<dyn Penalty<B, M>>>
where
    B: AutodiffBackend + Kernels,
    M: Stackable<B, Lifted: FirstConvolution<Autodiff<B>> + Stackable<Autodiff<B>>> + FirstConvolution<B>,
{
    use ReconstructionLoss::{BinaryCrossEntropy, SquaredError};
    Some(match name {
        "actdiff.paper" => actdiff(true, Pooled, Image, 0.0),
        "actdiff.released" => actdiff(false, Pooled, Image, 1e-6),
        "actdiff.activmask.paper" => actdiff(true, All, Image, 0.0),
        "actdiff.activmask" => actdiff(true, All, Position, 1e-6),
        "gradmask.paper" => Box::new(GradMask { weight: 1.0, norm: GradientNorm::Image }),
        "gradmask.released" | "gradmask.activmask" => Box::new(GradMask { weight: 1.0, norm: GradientNorm::Absolute }),
        "rrr.released" => Box::new(Rrr { weight: 1.0, offset: 1e-11, reading: RrrReading::Pixels }),
        "rrr.tap2024" => Box::new(Rrr { weight: 1.0, offset: 0.0, reading: RrrReading::Area }),
        "rbr.released" => Box::new(Rbr { weight: 1.0, influence: RbrInfluence::Partial }),
        "rbr.full_influence" => Box::new(Rbr { weight: 1.0, influence: RbrInfluence::Full }),
        "at" => Box::new(AttentionTransfer { weight: 1.0 }),
        "jt" => Box::new(JacobianTransfer { weight: 1.0 }),
        "kd" => Box::new(Distillation { weight: 1.0, temperature: 1.0 }),
        "tap.paper" => Box::new(Tap { weight: 1.0, reading: TapReading::Paper }),
        "tap.released" => Box::new(Tap { weight: 1.0, reading: TapReading::Released }),
        "reconstruction.bce" => reconstruction(BinaryCrossEntropy, ReconstructionTarget::Image),
        "reconstruction.masked.bce" => reconstruction(BinaryCrossEntropy, ReconstructionTarget::Permuted),
        "reconstruction.mse" => reconstruction(SquaredError, ReconstructionTarget::Image),
        _ => return None,
    })
}

fn actdiff<B, M>(
    weighted: bool,
    layers: ActDiffLayers,
    distance: ActDiffDistance,
    offset: f64,
) -> Box<dyn Penalty<B, M>>
where
    B: AutodiffBackend + Kernels,
    M: Stackable<B>,
{
    // The released code of iclr2021 never multiplies its weight in, whatever it is.
    let weight = if weighted { 1.0 } else { 0.25 };
    Box::new(ActDiff { weight, weighted, layers, distance, offset })
}

fn reconstruction<B, M>(loss: ReconstructionLoss, target: ReconstructionTarget) -> Box<dyn Penalty<B, M>>
where
    B: AutodiffBackend + Kernels,
    M: Stackable<B>,
{
    Box::new(Reconstruction { weight: 1.0, loss, target })
}

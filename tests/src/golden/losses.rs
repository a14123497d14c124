//! The stored losses, by their names in the files, and what they are here.

use burn::tensor::backend::AutodiffBackend;
use herring_backend::{Autodiff, Kernels};
use herring_losses::{
    ActDiff, AttentionTransfer, Batch, Distillation, GradMask, Heatmap, JacobianTransfer, Penalty, Rbr, Reconstruction,
    Rrr, Tap, Task, TrainingLoss,
};
use herring_models::{FirstConvolution, Stackable};
use herring_protocol::{
    ActDiffDistance::{self, Image, Position},
    ActDiffLayers::{self, All, Pooled},
    CamChannels, CamMode, CamName, GradientNorm, MaskResize, RbrInfluence, ReconstructionLoss, ReconstructionTarget,
    RrrReading, TapReading,
};

/// The number whose derivative is stored under a name, for a network with so many taps; none for a loss that does not exist
/// here. Files in which class activation maps are made in evaluation mode average the mask over the area of a cell.
pub(super) fn training_loss<B, M>(name: &str, (taps, evaluates): (usize, bool)) -> Option<TrainingLoss<B, M>>
where
    B: AutodiffBackend + Kernels,
    M: Stackable<B, Lifted: FirstConvolution<Autodiff<B>> + Stackable<Autodiff<B>>> + FirstConvolution<B>,
{
    let task = match name {
        "cce_keras" => Task::NormalisedSigmoids,
        "mse_sigmoid" => Task::SquaredError,
        _ => Task::default(),
    };
    let loss = TrainingLoss::new(task);
    Some(match is_of_the_task(name) {
        true => loss,
        false => loss.with_boxed(penalty(name, heatmap(taps.saturating_sub(1), evaluates))?),
    })
}

/// Whether the stored loss is that of the task itself; the others are penalties without it.
pub(super) fn is_of_the_task(name: &str) -> bool {
    matches!(name, "cross_entropy" | "masked" | "cce_keras" | "mse_sigmoid")
}

/// The batch that a loss is evaluated on: "masked" classifies the permuted images.
pub(super) fn batch_of<B: AutodiffBackend>(name: &str, batch: &Batch<B>) -> Batch<B> {
    match name {
        "masked" => Batch { images: batch.masked.clone(), ..batch.clone() },
        _ => batch.clone(),
    }
}

fn penalty<B, M>(name: &str, heatmap: Heatmap) -> Option<Box<dyn Penalty<B, M>>>
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
        "hirescam" => Box::new(heatmap),
        "gradcam" => Box::new(Heatmap { map: CamName::GradCam, channels: CamChannels::Sum, ..heatmap }),
        "tap.paper" => Box::new(Tap { weight: 1.0, reading: TapReading::Paper }),
        "tap.released" => Box::new(Tap { weight: 1.0, reading: TapReading::Released }),
        "reconstruction.bce" => reconstruction(BinaryCrossEntropy, ReconstructionTarget::Image),
        "reconstruction.masked.bce" => reconstruction(BinaryCrossEntropy, ReconstructionTarget::Permuted),
        "reconstruction.mse" => reconstruction(SquaredError, ReconstructionTarget::Image),
        _ => return None,
    })
}

fn heatmap(tap: usize, evaluates: bool) -> Heatmap {
    let released = Heatmap::released(tap);
    match evaluates {
        true => Heatmap { mask: MaskResize::Area, mode: CamMode::Evaluate, ..released },
        false => released,
    }
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

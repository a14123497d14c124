//! The training loss that a specification names.

use herring_backend::{Autodiff, Kernels};
use herring_losses::{
    ActDiff, Adversarial, AdversarialConfig, AttentionTransfer, Distillation, GradMask, GroupDro, GroupDroConfig,
    Groups, Heatmap, JacobianTransfer, L2, Penalty, Rbr, Reconstruction, Reweighted, Rrr, Tap, Task, TrainingLoss,
};
use herring_models::{Discriminator, DiscriminatorConfig, Network};
use herring_protocol::{GroupsSpec, ObjectiveSpec, PenaltySpec, TaskSpec};
use rand::Rng;

/// The training loss of a network on the level of autodiff that it is trained on.
pub(crate) type Loss<B> = TrainingLoss<Autodiff<B>, Network<Autodiff<B>>>;

/// The training loss for a network with `features` before its last layer and so many taps, on training images of which each
/// group has so many as `groups` says; `random` initialises a discriminator.
pub(crate) fn training_loss<B: Kernels>(
    spec: &ObjectiveSpec,
    (features, taps): (usize, usize),
    groups: &[usize],
    random: &mut impl Rng,
    device: &B::Device,
) -> Loss<B> {
    let task = match &spec.task {
        TaskSpec::CrossEntropy { class_weights } => Task::CrossEntropy { class_weights: class_weights.clone() },
        TaskSpec::NormalisedSigmoids => Task::NormalisedSigmoids,
        TaskSpec::SquaredError => Task::SquaredError,
    };
    let penalties = spec.penalties.iter().map(|penalty| boxed::<B>(penalty, (features, taps), random, device));
    let loss = penalties.fold(TrainingLoss::new(task), TrainingLoss::with_boxed);
    match spec.groups.as_ref().and_then(|spec| grouped(spec, groups, device)) {
        Some(groups) => loss.by_groups(groups),
        None => loss,
    }
}

/// How groups of so many training images count in the loss; none where they only count in the draw of the images.
fn grouped<B: Kernels>(spec: &GroupsSpec, counts: &[usize], device: &B::Device) -> Option<Groups<Autodiff<B>>> {
    match *spec {
        GroupsSpec::Reweighted => Some(Groups::Reweighted(Reweighted::new(counts))),
        GroupsSpec::Resampled => None,
        GroupsSpec::Robust { step, adjustment, draw: _ } => {
            Some(Groups::Robust(GroupDro::new(GroupDroConfig { step, adjustment }, counts, device)))
        }
    }
}

fn boxed<B: Kernels>(
    spec: &PenaltySpec,
    (features, taps): (usize, usize),
    random: &mut impl Rng,
    device: &B::Device,
) -> Box<dyn Penalty<Autodiff<B>, Network<Autodiff<B>>>> {
    match *spec {
        PenaltySpec::Actdiff { weight, weighted, layers, distance, offset } => {
            Box::new(ActDiff { weight, weighted, layers, distance, offset })
        }
        PenaltySpec::AttentionTransfer { weight } => Box::new(AttentionTransfer { weight }),
        PenaltySpec::Distillation { weight, temperature } => Box::new(Distillation { weight, temperature }),
        PenaltySpec::Gradmask { weight, norm } => Box::new(GradMask { weight, norm }),
        PenaltySpec::Heatmap { weight, map, tap, target, channels, scale, outside, mask, mode, without_heat } => {
            // A specification's tap is checked; without one it is the last.
            let tap = tap.unwrap_or(taps.saturating_sub(1));
            Box::new(Heatmap { weight, map, tap, target, channels, scale, outside, mask, mode, without_heat })
        }
        PenaltySpec::JacobianTransfer { weight } => Box::new(JacobianTransfer { weight }),
        PenaltySpec::L2 { weight } => Box::new(L2 { weight }),
        PenaltySpec::Rbr { weight, influence } => Box::new(Rbr { weight, influence }),
        PenaltySpec::Rrr { weight, offset, reading } => Box::new(Rrr { weight, offset, reading }),
        PenaltySpec::Tap { weight, reading } => Box::new(Tap { weight, reading }),
        PenaltySpec::Reconstruction { weight, loss, target } => Box::new(Reconstruction { weight, loss, target }),
        PenaltySpec::Adversarial { weight, released, learning_rate, every, hidden, layers } => {
            let config = DiscriminatorConfig { features, hidden, layers, spectral: true };
            let game = AdversarialConfig { weight, released, learning_rate, every };
            Box::new(Adversarial::<Autodiff<B>>::new(game, Discriminator::new(&config, random, device)))
        }
    }
}

//! `bench step`.

use crate::{arguments::BenchStep, failure::Failure, print};
use herring_experiments::Exit;
use herring_protocol::{
    ActDiffDistance, ActDiffLayers, GradientNorm, InitialisationName, ModelSpec, ObjectiveSpec, PenaltySpec,
    PoolingName, ResnetLayersName, RrrReading, StemName, TaskSpec, TrainingImages,
};
use herring_training::{Device, bench};

/// Weight of the penalties; it does not change what is computed.
const WEIGHT: f64 = 0.2;

pub(crate) fn step(arguments: &BenchStep) -> Result<Exit, Failure> {
    let device = Device::new(arguments.backend, arguments.device).map_err(Failure::device)?;
    let BenchStep { width, size, batch, steps, .. } = *arguments;
    for name in &arguments.methods {
        let model = ModelSpec::Resnet {
            depth: 18,
            stem: StemName::Small,
            width,
            pooling: PoolingName::Global,
            initialisation: InitialisationName::KaimingNormal,
            layers: ResnetLayersName::Normalised,
        };
        let objective = objective(name).map_err(|text| Failure { text, exit: Exit::BadInput })?;
        let settings = bench::Settings { model, objective, size, batch, steps };
        let milliseconds = bench::step(&device, &settings).map_err(Failure::device)?;
        print(&format!("{name} {milliseconds:.1} ms/step"))?;
    }
    Ok(Exit::Done)
}

/// The training loss with this name: `base` is the plain step with which others are compared; penalties are joined by
/// `+`.
fn objective(name: &str) -> Result<ObjectiveSpec, String> {
    let mut objective =
        ObjectiveSpec { images: TrainingImages::Whole, task: TaskSpec::cross_entropy(), penalties: Vec::new() };
    for part in name.split('+') {
        let penalty = match part {
            "base" => continue,
            "masked" => {
                objective.images = TrainingImages::Permuted;
                continue;
            }
            "actdiff" => PenaltySpec::Actdiff {
                weight: WEIGHT,
                weighted: true,
                layers: ActDiffLayers::Pooled,
                distance: ActDiffDistance::Image,
                offset: 1e-6,
            },
            "adversarial" => PenaltySpec::Adversarial {
                weight: WEIGHT,
                released: true,
                learning_rate: 1e-3,
                every: 1,
                hidden: 1024,
                layers: 3,
            },
            "gradmask" => PenaltySpec::Gradmask { weight: WEIGHT, norm: GradientNorm::Absolute },
            "rrr" => PenaltySpec::Rrr { weight: WEIGHT, offset: 1e-11, reading: RrrReading::Pixels },
            other => {
                let expected = "base, masked, actdiff, adversarial, gradmask, rrr, or several joined by +";
                return Err(format!("unknown method '{other}': expected one of {expected}"));
            }
        };
        objective.penalties.push(penalty);
    }
    Ok(objective)
}

pub(crate) fn method(text: &str) -> Result<String, String> {
    objective(text.trim()).map(|_| text.trim().to_owned())
}

/// Parses a size or a count of a step.
pub(crate) fn size(text: &str) -> Result<usize, String> {
    let range = 1..=1024;
    text.parse()
        .ok()
        .filter(|value| range.contains(value))
        .ok_or_else(|| format!("expected a whole number from {} to {}", range.start(), range.end()))
}

//! What can be timed: training losses by name, and an evaluation.

use herring_protocol::{
    ActDiffDistance, ActDiffLayers, CamChannels, CamMode, CamName, CamTarget, GradientNorm, HeatOutside, HeatScale,
    MaskResize, ObjectiveSpec, PenaltySpec, RbrInfluence, ReconstructionLoss, ReconstructionTarget, RrrReading,
    TapReading, TaskSpec, TrainingImages, WithoutHeat,
};
use herring_training::bench::Work;

/// Weight of the penalties; it does not change what is computed.
const WEIGHT: f64 = 0.2;

/// The name of an evaluation among those of training losses.
pub(crate) const EVALUATION: &str = "evaluation";

/// What has this name.
pub(crate) fn work(name: &str) -> Result<Work, String> {
    if name == EVALUATION { Ok(Work::Evaluation) } else { objective(name).map(Work::Step) }
}

/// Parses the name of what is timed.
pub(crate) fn method(text: &str) -> Result<String, String> {
    work(text.trim()).map(|_| text.trim().to_owned())
}

/// The training loss with this name: `base` is the plain step with which others are compared; penalties are joined by
/// `+`.
fn objective(name: &str) -> Result<ObjectiveSpec, String> {
    let mut objective = ObjectiveSpec::plain();
    for part in name.split('+') {
        let penalty = match part {
            "base" => continue,
            "masked" => {
                objective.images = TrainingImages::Permuted;
                continue;
            }
            "normalised-sigmoids" => {
                objective.task = TaskSpec::NormalisedSigmoids;
                continue;
            }
            "squared-error" => {
                objective.task = TaskSpec::SquaredError;
                continue;
            }
            "actdiff" => PenaltySpec::Actdiff {
                weight: WEIGHT,
                weighted: true,
                layers: ActDiffLayers::Pooled,
                distance: ActDiffDistance::Image,
                offset: 1e-6,
            },
            "actdiff-all" => PenaltySpec::Actdiff {
                weight: WEIGHT,
                weighted: true,
                layers: ActDiffLayers::All,
                distance: ActDiffDistance::Position,
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
            "heatmap" => PenaltySpec::Heatmap {
                weight: WEIGHT,
                map: CamName::Hirescam,
                tap: None,
                target: CamTarget::Predicted,
                channels: CamChannels::Mean,
                scale: HeatScale::Maximum,
                outside: HeatOutside::Mean,
                mask: MaskResize::Bilinear,
                mode: CamMode::Train,
                without_heat: WithoutHeat::Nothing,
            },
            "reconstruction" => PenaltySpec::Reconstruction {
                weight: WEIGHT,
                loss: ReconstructionLoss::BinaryCrossEntropy,
                target: ReconstructionTarget::Image,
            },
            "rrr" => PenaltySpec::Rrr { weight: WEIGHT, offset: 1e-11, reading: RrrReading::Pixels },
            "rrr-area" => PenaltySpec::Rrr { weight: WEIGHT, offset: 0.0, reading: RrrReading::Area },
            "rbr" => PenaltySpec::Rbr { weight: WEIGHT, influence: RbrInfluence::Partial },
            "rbr-full" => PenaltySpec::Rbr { weight: WEIGHT, influence: RbrInfluence::Full },
            "tap" => PenaltySpec::Tap { weight: WEIGHT, reading: TapReading::Released },
            other => {
                let expected = "base, masked, normalised-sigmoids, squared-error, actdiff, actdiff-all, adversarial, \
                                gradmask, heatmap, reconstruction, rrr, rrr-area, rbr, rbr-full, tap, several of them \
                                joined by +, or evaluation";
                return Err(format!("unknown method '{other}': expected one of {expected}"));
            }
        };
        objective.penalties.push(penalty);
    }
    Ok(objective)
}

//! `bench step`.

use crate::{
    arguments::BenchStep,
    failure::{Failure, bad_input},
    print,
};
use herring_experiments::Exit;
use herring_protocol::{
    ActDiffDistance, ActDiffLayers, CamChannels, CamMode, CamName, CamTarget, DenseNetTapsName, GradientNorm,
    HeatOutside, HeatScale, InitialisationName, MaskResize, ModelSpec, ObjectiveSpec, PenaltySpec, PoolingName,
    RbrInfluence, ResnetLayersName, RrrReading, StemName, TapReading, TaskSpec, TrainingImages, VggHeadName,
    VggTapsName, WithoutHeat,
};
use herring_training::{Device, bench};
use std::{fmt, str::FromStr};

/// Weight of the penalties; it does not change what is computed.
const WEIGHT: f64 = 0.2;

/// The default training losses of a paper.
const PAPERS: [(&str, &[&str]); 3] = [
    ("iclr2021", &["base", "actdiff", "gradmask", "rrr"]),
    ("tap2024", &["base", "rrr-area", "rbr", "tap"]),
    ("heatmap-loss", &["normalised-sigmoids", "squared-error", "squared-error+heatmap"]),
];

pub(crate) fn step(arguments: &BenchStep) -> Result<Exit, Failure> {
    let of_paper = PAPERS.iter().find(|(paper, _)| *paper == arguments.paper).map_or(&[][..], |(_, methods)| methods);
    let methods = match arguments.methods.is_empty() {
        true => of_paper.iter().map(|name| (*name).to_owned()).collect(),
        false => arguments.methods.clone(),
    };
    match &methods[..] {
        [only] => measure(arguments, only)?,
        // A process of its own for each, so that each has its own peak of memory.
        _ => methods.iter().try_for_each(|name| in_a_process(arguments, name))?,
    }
    Ok(Exit::Done)
}

fn measure(arguments: &BenchStep, name: &str) -> Result<(), Failure> {
    let device = Device::new(arguments.backend, arguments.device).map_err(Failure::device)?;
    let BenchStep { size: Size(size), batch, steps, .. } = *arguments;
    let (channels, model) = network(&arguments.model, arguments.width).map_err(bad_input)?;
    let objective = objective(name).map_err(bad_input)?;
    let settings = bench::Settings { model, objective, channels, size, batch, steps };
    let milliseconds = bench::step(&device, &settings).map_err(Failure::device)?;
    let memory = peak_memory().map_or_else(String::new, |mebibytes| format!(", {mebibytes} MiB at most"));
    print(&format!("{name} {milliseconds:.1} ms/step{memory}"))
}

/// Starts this program anew for one training loss.
fn in_a_process(arguments: &BenchStep, name: &str) -> Result<(), Failure> {
    let BenchStep { model, width, size, batch, steps, backend, device, .. } = arguments;
    let program = std::env::current_exe().map_err(Failure::device)?;
    let mut command = std::process::Command::new(program);
    command.args(["bench", "step", "--model", model, "--backend", backend.name(), name]);
    command.args(["--size", &size.to_string()]);
    for (option, value) in [("--batch", batch), ("--steps", steps), ("--device", device)] {
        command.args([option, &value.to_string()]);
    }
    command.args(width.map(|width| format!("--width={width}")));
    match command.status().map_err(Failure::device)?.success() {
        true => Ok(()),
        false => Err(Failure { text: format!("{name}: no measurement"), exit: Exit::Environment }),
    }
}

/// The most memory that this process had, in MiB, where the system tells.
fn peak_memory() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.split_whitespace().next()?.parse::<u64>().ok().map(|kibibytes| kibibytes / 1024)
}

/// Channels of the images, and the network with this name.
fn network(name: &str, width: Option<usize>) -> Result<(usize, ModelSpec), String> {
    let resnet = |stem| ModelSpec::Resnet {
        depth: 18,
        stem,
        width: width.unwrap_or(64),
        pooling: PoolingName::Global,
        initialisation: InitialisationName::KaimingNormal,
        layers: ResnetLayersName::Normalised,
    };
    Ok(match name {
        "resnet18-small" => (1, resnet(StemName::Small)),
        "resnet18" => (3, resnet(StemName::Imagenet)),
        "vgg16" => {
            let (taps, head) = (VggTapsName::Pools, VggHeadName::Pytorch);
            (3, ModelSpec::Vgg { width: width.unwrap_or(64), hidden: 1024, taps, head })
        }
        "vgg16-keras" => {
            let (taps, head) = (VggTapsName::Convolutions, VggHeadName::Keras);
            (3, ModelSpec::Vgg { width: width.unwrap_or(64), hidden: 100, taps, head })
        }
        "densenet121" => {
            let taps = DenseNetTapsName::Transitions;
            (3, ModelSpec::DenseNet { width: width.unwrap_or(64), growth: width.map_or(32, |width| width / 2), taps })
        }
        "mobilenet_v2" => (3, ModelSpec::MobileNet { percent: 100 }),
        "efficientnet_b0" => (3, ModelSpec::EfficientNet { percent: 100 }),
        "two-layer" => (1, ModelSpec::TwoLayer { width: width.unwrap_or(100) }),
        other => {
            let expected = "resnet18-small, resnet18, vgg16, vgg16-keras, densenet121, mobilenet_v2, efficientnet_b0, \
                            two-layer";
            return Err(format!("unknown network '{other}': expected one of {expected}"));
        }
    })
}

pub(crate) fn model(text: &str) -> Result<String, String> {
    network(text, None).map(|_| text.to_owned())
}

/// The training loss with this name: `base` is the plain step with which others are compared; penalties are joined by
/// `+`.
fn objective(name: &str) -> Result<ObjectiveSpec, String> {
    let mut objective = ObjectiveSpec {
        images: TrainingImages::Whole,
        task: TaskSpec::cross_entropy(),
        groups: None,
        penalties: Vec::new(),
    };
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
            "rrr" => PenaltySpec::Rrr { weight: WEIGHT, offset: 1e-11, reading: RrrReading::Pixels },
            "rrr-area" => PenaltySpec::Rrr { weight: WEIGHT, offset: 0.0, reading: RrrReading::Area },
            "rbr" => PenaltySpec::Rbr { weight: WEIGHT, influence: RbrInfluence::Partial },
            "rbr-full" => PenaltySpec::Rbr { weight: WEIGHT, influence: RbrInfluence::Full },
            "tap" => PenaltySpec::Tap { weight: WEIGHT, reading: TapReading::Released },
            other => {
                let expected = "base, masked, normalised-sigmoids, squared-error, actdiff, adversarial, gradmask, \
                                heatmap, rrr, rrr-area, rbr, rbr-full, tap, or several joined by +";
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

/// Rows and columns of images: `224`, or `105x135`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Size(pub(crate) [usize; 2]);

impl FromStr for Size {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text.split_once('x') {
            Some((rows, columns)) => Ok(Self([count(rows)?, count(columns)?])),
            None => count(text).map(|side| Self([side; 2])),
        }
    }
}

impl fmt::Display for Size {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [rows, columns] = self.0;
        write!(formatter, "{rows}x{columns}")
    }
}

/// Parses a count of a step.
pub(crate) fn count(text: &str) -> Result<usize, String> {
    let range = 1..=1024;
    text.parse()
        .ok()
        .filter(|value| range.contains(value))
        .ok_or_else(|| format!("expected a whole number from {} to {}", range.start(), range.end()))
}

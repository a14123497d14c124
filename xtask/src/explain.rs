//! `explain`: attribution maps of a trained network.

use crate::{
    arguments::{Explain, Missing},
    failure::{Failure, bad_input},
    images::{framing, resizing},
    print, say, signals,
};
use herring_experiments::Exit;
use herring_explain::{
    Architecture, BackendName, Device, ExplainError, ImageFile, Input, Progress, Request, Settings, TrainedNetwork,
    classes, explain, find_images,
};
use herring_protocol::{BackendKind, CardiacSpec, DataSpec, RunSpec, Statistics};
use herring_saliency::{Attribution, Baseline, ClassActivation, Deviation, IntegratedGradients, Occlusion, SmoothGrad};
use herring_weights::WeightsFile;
use indicatif::{ProgressBar, ProgressStyle};
use std::path::{Path, PathBuf};

const BAR: &str = "{bar:28.cyan} {pos}/{len} images, {elapsed} so far, {eta} left";

pub(crate) fn run(arguments: &Explain) -> Result<Exit, Failure> {
    let images = find_images(&arguments.images, arguments.masks.as_deref()).map_err(failure)?;
    let (network, input) = network(arguments)?;
    let network = match &arguments.labels {
        Some(path) => network.with_labels(path).map_err(failure)?,
        None => network,
    };
    let baseline = match arguments.baseline {
        Missing::Black => input.black_baseline(),
        Missing::Known(baseline) => baseline,
    };
    let methods =
        arguments.method.iter().map(|method| with_settings(*method, arguments, baseline, input.size)).collect();
    let settings = Settings {
        target: network.target(&arguments.target).map_err(failure)?,
        sign: arguments.sign,
        top_share: arguments.top_share,
        batch: arguments.batch,
        curve_steps: arguments.curves,
        deleted: baseline,
        randomised_images: arguments.randomise,
        randomised_stages: arguments.stages,
        seed: arguments.seed,
        tolerance: arguments.tolerance,
        page_images: arguments.page_images,
        ..Settings::new(methods)
    };
    let backend = match arguments.backend {
        BackendKind::Cpu => BackendName::Cpu,
        BackendKind::Cuda => BackendName::Cuda,
        BackendKind::Wgpu => BackendName::Wgpu,
    };
    let device = Device::new(backend, arguments.device).map_err(Failure::device)?;
    without_masks(&images, arguments.masks.as_deref());
    let stop = signals::stop()?;
    let bar = ProgressBar::new(images.len() as u64);
    bar.set_style(ProgressStyle::with_template(BAR).unwrap_or_else(|_| ProgressStyle::default_bar()));
    let mut progress = |step: Progress| match step {
        Progress::Done(count) => bar.inc(count as u64),
        Progress::Failed(failed) => {
            bar.suspend(|| say(&format!("left out: {}: {}", failed.path, failed.error)));
        }
    };
    let out = arguments.out.as_path();
    let request = Request { network: &network, input: &input, settings: &settings, images: &images, out };
    let summary = explain(&device, request, &stop, &mut progress);
    bar.finish_and_clear();
    let summary = summary.map_err(failure)?;
    let page = out.join("index.html");
    print(&format!("{} of {} images explained: {}", summary.explained, images.len(), page.display()))?;
    Ok(match (summary.stopped, summary.failures.is_empty()) {
        (true, _) => Exit::Interrupted,
        (false, true) => Exit::Done,
        (false, false) => Exit::SomeFailed,
    })
}

fn failure(error: ExplainError) -> Failure {
    if error.is_environment() { Failure::device(error) } else { bad_input(error) }
}

fn without_masks(images: &[ImageFile], masks: Option<&Path>) {
    let without = images.iter().filter(|image| image.mask.is_none()).count();
    if let Some(masks) = masks.filter(|_| without > 0) {
        say(&format!("note: {without} of {} images have no mask in {}", images.len(), masks.display()));
    }
}

/// A method with what the options say of it.
fn with_settings(method: Attribution, arguments: &Explain, baseline: Baseline, size: [usize; 2]) -> Attribution {
    match method {
        Attribution::Gradient | Attribution::InputTimesGradient => method,
        Attribution::IntegratedGradients(_) => {
            Attribution::IntegratedGradients(IntegratedGradients { steps: arguments.steps, baseline })
        }
        Attribution::SmoothGrad(_) => {
            let (samples, deviation) = (arguments.samples, Deviation::Range(arguments.noise));
            Attribution::SmoothGrad(SmoothGrad { samples, deviation, seed: arguments.seed })
        }
        Attribution::Occlusion(_) => {
            let window = arguments.window.unwrap_or_else(|| size[0].min(size[1]).div_ceil(14));
            let stride = arguments.stride.unwrap_or(window);
            Attribution::Occlusion(Occlusion { window, stride, baseline })
        }
        Attribution::ClassActivation(ClassActivation { method, .. }) => {
            Attribution::ClassActivation(ClassActivation { method, tap: arguments.tap })
        }
    }
}

/// The network of a run or of a file, and how its images are prepared.
fn network(arguments: &Explain) -> Result<(TrainedNetwork, Input), Failure> {
    let model = &arguments.model;
    let (weights, specification) = places(model);
    let file = herring_weights::read(&weights).map_err(|error| bad_input(format!("--model: {error}")))?;
    let (network, usual) = match specification {
        Some(path) if arguments.architecture.is_none() => of_run(&path, file)?,
        _ => {
            let side = arguments.size.unwrap_or(Input::imagenet().size[0]);
            let network = TrainedNetwork::of_file(file, arguments.architecture, side).map_err(failure)?;
            let usual = network.name.parse().map_or_else(|_| Input::imagenet(), Architecture::input);
            // A square for the size as 256 is for 224.
            (network, Input { resize: Some((side * 8).div_ceil(7)), size: [side; 2], ..usual })
        }
    };
    let (size, resize) = match (arguments.size, usual.resize) {
        // A run's images have no margin.
        (Some(side), resize) if resize == Some(usual.size[0]) => ([side; 2], Some(side)),
        (Some(side), _) => ([side; 2], Some((side * 8).div_ceil(7))),
        (None, resize) => (usual.size, resize),
    };
    let resize = arguments.resize.or(resize);
    let mean = arguments.mean.clone().unwrap_or(usual.mean);
    let deviation = arguments.std.clone().unwrap_or(usual.deviation);
    let input = Input { size, resize, maximum: arguments.maximum, mean, deviation, ..usual };
    input.check().map_err(bad_input)?;
    Ok((network, input))
}

/// The file of weights, and the specification of the run that it is of.
fn places(model: &Path) -> (PathBuf, Option<PathBuf>) {
    let weights = if model.is_dir() { model.join("weights.safetensors") } else { model.to_owned() };
    let specification = weights.with_file_name("config.json");
    let of_run = weights.file_name().is_some_and(|name| name == "weights.safetensors") && specification.is_file();
    (weights, of_run.then_some(specification))
}

fn of_run(path: &Path, file: WeightsFile) -> Result<(TrainedNetwork, Input), Failure> {
    let wrong = |error: &dyn std::fmt::Display| bad_input(format!("{}: {error}", path.display()));
    let text = std::fs::read(path).map_err(|error| wrong(&error))?;
    let spec: RunSpec = serde_json::from_slice(&text).map_err(|error| wrong(&error))?;
    let classes = classes(&file.tensors).unwrap_or(0);
    // A network is made for the images that it was trained on; maps are made of the size that the run made them of.
    let (trained, explained) = match (&spec.data, spec.data.stored_sides()) {
        (DataSpec::Cardiac(_), _) => (CardiacSpec::SIZE, CardiacSpec::SIZE),
        (_, [trained, explained]) => ([trained; 2], [explained; 2]),
    };
    let config = |channels| herring_training::network_config(&spec.model, [channels, trained[0], trained[1]], classes);
    let channels = [1, 3];
    let configs = channels.map(config);
    let network = TrainedNetwork::of_configs(&spec.method.to_string(), &configs, file).map_err(failure)?;
    let place = configs.iter().position(|config| *config == network.config).unwrap_or(0);
    let channels = channels[place];
    let images = match &spec.data {
        DataSpec::Images(images) => Some(images),
        _ => None,
    };
    let statistics = images.and_then(|images| images.normalisation.as_ref()).map(|of| of.statistics());
    let (mean, deviation) = match statistics.filter(|statistics| statistics.mean.len() == channels) {
        Some(Statistics { mean, deviation }) => {
            let single = |values: Vec<f64>| values.into_iter().map(|value| value as f32).collect();
            (single(mean), single(deviation))
        }
        None => (vec![0.0; channels], vec![1.0; channels]),
    };
    let own = Input { channels, mean, deviation, ..Input::grey(explained) };
    let input = match images {
        Some(images) => {
            let (range, crop) = framing(images.table);
            Input { range, crop, resampling: resizing(images.resize), ..own }
        }
        None => own,
    };
    Ok((network, input))
}

//! What is made of a batch of images, and what is collected over all of them: maps, scores, files, tables, the page.

use crate::{
    error::ExplainError,
    input::Ready,
    npy::npy,
    page::{self, Content, Shown},
    record::{
        Completeness, CurveRecord, FORMAT, Failed, ImageRecord, MapRecord, MethodSettings, MethodSummary,
        NetworkRecord, OverlapRecord, Prediction, Scores, SettingsRecord, StageRecord, csv,
    },
    request::{Progress, Request},
    settings::{Settings, TargetClass},
    view,
};
use burn::tensor::{Tensor, TensorData};
use herring_backend::Kernels;
use herring_models::{Classifier, Mode, Network};
use herring_saliency::{
    Attribution, ClassActivation, ClassActivations, CurveSettings, Perturbation, RandomisedStage, Smoothing, Target,
    attribute, class_activations, completeness_residual, heat, localise, perturbation_curves, points_at, randomised,
};
use herring_stats::summary::mean;
use rayon::prelude::*;
use std::{collections::BTreeMap, fs};

/// The maps of a method for a batch.
struct Maps<B: Kernels> {
    method: Attribution,
    /// `[batch, channels, height, width]`.
    tensor: Tensor<B, 4>,
    values: Vec<f32>,
    completeness: Option<Vec<Completeness>>,
    curves: Option<[Vec<CurveRecord>; 2]>,
}

/// What is collected over the images.
pub(crate) struct Results<'a> {
    request: Request<'a>,
    pub(crate) records: Vec<ImageRecord>,
    pub(crate) failures: Vec<Failed>,
    shown: Vec<Shown>,
    /// The stages of each method, one list for each batch.
    randomised: BTreeMap<&'static str, Vec<Vec<RandomisedStage>>>,
    /// Images that were compared with fresh weights.
    compared: usize,
}

impl<'a> Results<'a> {
    pub(crate) fn new(request: Request<'a>) -> Self {
        let (records, failures, shown) = (Vec::with_capacity(request.images.len()), Vec::new(), Vec::new());
        Self { request, records, failures, shown, randomised: BTreeMap::new(), compared: 0 }
    }

    pub(crate) fn fail(&mut self, number: usize, error: String, progress: &mut (dyn FnMut(Progress) + Send)) {
        let failed = Failed { path: self.path(number), error: error.lines().collect::<Vec<_>>().join(" ") };
        progress(Progress::Failed(failed.clone()));
        self.failures.push(failed);
    }

    fn path(&self, number: usize) -> String {
        self.request.images[number].path.display().to_string()
    }

    /// Explains a batch and writes its files.
    pub(crate) fn add<B: Kernels>(
        &mut self,
        (network, fresh): (&Network<B>, &Network<B>),
        numbers: &[usize],
        ready: &[Ready],
        device: &B::Device,
        progress: &mut (dyn FnMut(Progress) + Send),
    ) -> Result<(), ExplainError> {
        let Request { input, settings, .. } = self.request;
        let values: Vec<f32> = ready.iter().flat_map(|image| image.values.iter().copied()).collect();
        let shape = [ready.len(), input.channels, input.size[0], input.size[1]];
        let images = Tensor::<B, 4>::from_data(TensorData::new(values, shape), device);
        let passes = passes(network, &images, settings)?;
        let (logits, classes) = match passes.values().next() {
            Some(pass) => (pass.logits.clone(), pass.classes.clone()),
            None => {
                let logits = network.outputs(images.clone(), Mode::Evaluate).logits;
                let predicted =
                    logits.clone().argmax(1).into_data().iter::<i64>().map(|class| class as usize).collect();
                let classes = match settings.target {
                    TargetClass::Predicted => predicted,
                    TargetClass::Class(class) => vec![class; ready.len()],
                };
                (logits, classes)
            }
        };
        let logits: Vec<f64> = logits.into_data().iter().collect();
        let logits: Vec<&[f64]> = logits.chunks(self.request.network.classes.max(1)).collect();
        let mut maps = Vec::with_capacity(settings.methods.len());
        for method in &settings.methods {
            maps.push(self.maps(network, &images, &classes, method, &passes)?);
        }
        self.compare(network, fresh, &images, &classes)?;
        let page = settings.page_images.saturating_sub(self.shown.len());
        let made: Vec<_> = (0..ready.len())
            .into_par_iter()
            .map(|place| {
                let scored = (logits[place], classes[place]);
                self.write::<B>(numbers[place], place, &ready[place], scored, &maps, place < page)
            })
            .collect();
        for (number, made) in numbers.iter().zip(made) {
            match made? {
                Ok((record, shown)) => {
                    if let Some(shown) = shown
                        && self.shown.len() < settings.page_images
                    {
                        self.shown.push(Shown { record: self.records.len(), ..shown });
                    }
                    self.records.push(record);
                }
                Err(error) => self.fail(*number, error, progress),
            }
        }
        Ok(())
    }

    fn maps<B: Kernels>(
        &self,
        network: &Network<B>,
        images: &Tensor<B, 4>,
        classes: &[usize],
        method: &Attribution,
        passes: &BTreeMap<Option<usize>, ClassActivations<B>>,
    ) -> Result<Maps<B>, ExplainError> {
        let Settings { batch, sign, curve_steps, deleted, .. } = *self.request.settings;
        let [count, _, height, width] = images.dims();
        let pass = match method {
            Attribution::ClassActivation(ClassActivation { method, tap }) => passes.get(tap).map(|pass| (method, pass)),
            _ => None,
        };
        let tensor = match pass {
            Some((method, pass)) => heat(pass.map(*method), [height, width]),
            None => attribute(network, images.clone(), classes, method, batch)?,
        };
        let values: Vec<f32> = tensor.to_data().iter().collect();
        let completeness = match method.completes() {
            None => None,
            Some(baseline) => {
                let residuals = completeness_residual(network, images, classes, &tensor, baseline, batch)?;
                let sums = values.chunks((values.len() / count.max(1)).max(1));
                let sums = sums.map(|map| map.iter().map(|value| f64::from(*value)).sum::<f64>());
                let found = residuals
                    .iter()
                    .zip(sums)
                    .map(|(residual, sum)| Completeness { residual: *residual, difference: sum - residual });
                Some(found.collect())
            }
        };
        let finite = values.iter().all(|value| value.is_finite());
        let curves = match curve_steps.filter(|_| finite) {
            None => None,
            Some(steps) => {
                let pixels = height * width;
                let each = values.chunks((values.len() / count.max(1)).max(1));
                let viewed: Vec<f32> = each.flat_map(|map| sign.of(map, pixels)).collect();
                let viewed = TensorData::new(viewed, [count, 1, height, width]);
                let viewed = Tensor::<B, 4>::from_data(viewed, &images.device());
                let curve = |perturbation, baseline| -> Result<Vec<CurveRecord>, ExplainError> {
                    let settings = CurveSettings { steps, baseline };
                    let found = perturbation_curves(network, images, classes, &viewed, perturbation, settings, batch)?;
                    let record = |curve: herring_saliency::Curve| CurveRecord {
                        area: curve.area(),
                        probabilities: curve.probabilities,
                    };
                    Ok(found.into_iter().map(record).collect())
                };
                let blurred = CurveSettings::paper(Perturbation::Insertion).baseline;
                Some([curve(Perturbation::Deletion, deleted)?, curve(Perturbation::Insertion, blurred)?])
            }
        };
        Ok(Maps { method: *method, tensor, values, completeness, curves })
    }

    /// Compares the maps of the first images with those of fresh weights.
    fn compare<B: Kernels>(
        &mut self,
        network: &Network<B>,
        fresh: &Network<B>,
        images: &Tensor<B, 4>,
        classes: &[usize],
    ) -> Result<(), ExplainError> {
        let settings = self.request.settings;
        let count = settings.randomised_images.saturating_sub(self.compared).min(classes.len());
        if count == 0 {
            return Ok(());
        }
        let (images, classes) = (images.clone().narrow(0, 0, count), &classes[..count]);
        for method in &settings.methods {
            let stages = settings.randomised_stages;
            let found = randomised((network, fresh), &images, classes, method, stages, settings.batch)?;
            self.randomised.entry(method.name()).or_default().push(found);
        }
        self.compared += count;
        Ok(())
    }

    /// Writes the files of an image. The outer error ends the work, the inner one leaves the image out.
    #[allow(clippy::type_complexity, reason = "an image's record and what the page shows of it, or why there is none")]
    fn write<B: Kernels>(
        &self,
        number: usize,
        place: usize,
        ready: &Ready,
        (logits, class): (&[f64], usize),
        maps: &[Maps<B>],
        on_page: bool,
    ) -> Result<Result<(ImageRecord, Option<Shown>), String>, ExplainError> {
        let Request { settings, input, network, images, out } = self.request;
        let (size, pixels) = (input.size, input.size[0] * input.size[1]);
        let stem = images[number].path.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default();
        let name = format!("{number:05}-{}", plain(&stem));
        let mut records = Vec::with_capacity(maps.len());
        let mut overlays = Vec::new();
        let mut files = Vec::with_capacity(2 * maps.len());
        for Maps { method, tensor, values, completeness, curves } in maps {
            let [_, channels, height, width] = tensor.dims();
            let map = &values[place * channels * pixels..][..channels * pixels];
            let viewed = settings.sign.of(map, pixels);
            let clipped = method.smoothed();
            let colours = match view::overlay(&ready.shown, &viewed, settings.sign, settings.top_share, clipped) {
                Ok(colours) if viewed.iter().all(|value| value.is_finite()) => colours,
                _ => return Ok(Err(format!("the map of {method} holds a value that is not finite"))),
            };
            let overlap = match &ready.mask {
                Some(mask) if mask.iter().any(|value| *value != 0.0) && mask.iter().any(|value| *value != 1.0) => {
                    let smoothing = match method.smoothed() {
                        true => Smoothing::default(),
                        false => Smoothing { sigma: 0.0, ..Smoothing::default() },
                    };
                    let found = localise(&viewed, mask, size, smoothing)?;
                    let sizes: Vec<f32> = viewed.iter().map(|value| value.abs()).collect();
                    let pointing = points_at(&sizes, mask, size, settings.tolerance)?;
                    Some(OverlapRecord { iou: found.iou, iop: found.iop, iot: found.iot, pointing })
                }
                _ => None,
            };
            let png = view::png(&colours, size).map_err(|error| ExplainError::Device(error.to_string()))?;
            let file = file_name(method);
            let (map_file, overlay_file) = (format!("maps/{name}.{file}.npy"), format!("overlays/{name}.{file}.png"));
            files.push((out.join(&map_file), npy(&[channels, height, width], map)));
            files.push((out.join(&overlay_file), png.clone()));
            if on_page {
                overlays.push(png);
            }
            let curve = |which: usize| curves.as_ref().map(|curves| curves[which][place].clone());
            records.push(MapRecord {
                method: method.name(),
                map: map_file,
                overlay: overlay_file,
                completeness: completeness.as_ref().map(|found| found[place]),
                deletion: curve(0),
                insertion: curve(1),
                overlap,
            });
        }
        for (path, bytes) in files {
            fs::write(&path, bytes).map_err(|source| ExplainError::File { path, source })?;
        }
        let probabilities = softmax(logits);
        let prediction =
            |class: usize| Prediction { class, label: network.label(class), probability: probabilities[class] };
        let mut order: Vec<usize> = (0..logits.len()).collect();
        order.sort_by(|one, other| logits[*other].total_cmp(&logits[*one]));
        let record = ImageRecord {
            number,
            path: self.path(number),
            target: prediction(class),
            logit: logits[class],
            predicted: order.into_iter().take(3).map(prediction).collect(),
            maps: records,
        };
        let shown = match on_page {
            false => None,
            true => {
                let image = view::png(&ready.shown, size).map_err(|error| ExplainError::Device(error.to_string()))?;
                Some(Shown { record: 0, image, overlays, mask: ready.mask.clone() })
            }
        };
        Ok(Ok((record, shown)))
    }

    /// Writes tables and page.
    pub(crate) fn finish(&self, device: &str) -> Result<(), ExplainError> {
        let Request { network, input, settings, images, out } = self.request;
        let summary: Vec<MethodSummary> = settings
            .methods
            .iter()
            .map(|method| MethodSummary::of(method.name(), &self.records, self.stages(method.name())))
            .collect();
        let target = match settings.target {
            TargetClass::Predicted => "predicted".to_owned(),
            TargetClass::Class(class) => network.label(class),
        };
        let weights = network.tensors.path().display().to_string();
        let scores = Scores {
            format: FORMAT,
            network: NetworkRecord {
                name: &network.name,
                weights: weights.clone(),
                sha256: &network.sha256,
                classes: network.classes,
                device,
            },
            settings: SettingsRecord {
                methods: settings
                    .methods
                    .iter()
                    .map(|method| MethodSettings { name: method.name(), settings: method })
                    .collect(),
                target: target.clone(),
                sign: settings.sign.name(),
                top_share: settings.top_share,
                curve_steps: settings.curve_steps,
                deleted: settings.deleted,
                tolerance: settings.tolerance,
                seed: settings.seed,
                input,
            },
            summary: &summary,
            images: &self.records,
            failures: &self.failures,
        };
        let failed = |name: &str, source| ExplainError::File { path: out.join(name), source };
        let json = serde_json::to_vec_pretty(&scores).map_err(|error| failed("scores.json", error.into()))?;
        let rows = csv(&self.records).map_err(|error| failed("scores.csv", error.into()))?;
        let methods: Vec<&str> = settings.methods.iter().map(Attribution::name).collect();
        let content = Content {
            facts: vec![
                ("Network", format!("{}, {} classes", network.name, network.classes)),
                ("Weights", format!("{weights}, SHA-256 {}…", &network.sha256[..network.sha256.len().min(12)])),
                (
                    "Images",
                    format!("{} of {}, {} x {} pixels", self.records.len(), images.len(), input.size[0], input.size[1]),
                ),
                ("Methods", methods.join(", ")),
                ("Explained class", target),
                ("Values", format!("{}, channels summed", settings.sign)),
                ("Computed on", device.to_owned()),
            ],
            summary: &summary,
            records: &self.records,
            failures: &self.failures,
            shown: &self.shown,
            size: input.size,
            sign: settings.sign,
            curves: settings.methods.iter().filter_map(|method| self.mean_curves(method.name())).collect(),
        };
        let page = page::render(&content).into_bytes();
        for (name, bytes) in [("scores.json", json), ("scores.csv", rows), ("index.html", page)] {
            herring_files::replace(&out.join(name), &bytes).map_err(|source| failed(name, source))?;
        }
        herring_files::sync(out).map_err(|source| ExplainError::File { path: out.to_owned(), source })
    }

    /// The stages of a method, mean over the images.
    fn stages(&self, method: &str) -> Vec<StageRecord> {
        let Some(batches) = self.randomised.get(method) else { return Vec::new() };
        let Some(first) = batches.first() else { return Vec::new() };
        let record = |(place, stage): (usize, &RandomisedStage)| {
            let mean_of = |values: fn(&RandomisedStage) -> &[Option<f64>]| {
                let found: Vec<f64> =
                    batches.iter().flat_map(|stages| values(&stages[place]).iter().copied().flatten()).collect();
                mean(&found).ok()
            };
            let (signed, absolute) = (mean_of(|stage| &stage.signed), mean_of(|stage| &stage.absolute));
            StageRecord { layers: stage.layers, from: stage.name.clone(), signed, absolute }
        };
        first.iter().enumerate().map(record).collect()
    }

    fn mean_curves(&self, method: &'static str) -> Option<(&'static str, Vec<f64>, Vec<f64>)> {
        let maps = || self.records.iter().flat_map(|record| &record.maps).filter(|map| map.method == method);
        let mean_of = |curve: fn(&MapRecord) -> Option<&CurveRecord>| {
            let curves: Vec<&[f64]> = maps().filter_map(|map| Some(curve(map)?.probabilities.as_slice())).collect();
            let first = curves.first()?;
            Some(
                (0..first.len())
                    .map(|step| curves.iter().map(|curve| curve[step]).sum::<f64>() / curves.len() as f64)
                    .collect(),
            )
        };
        Some((method, mean_of(|map| map.deletion.as_ref())?, mean_of(|map| map.insertion.as_ref())?))
    }
}

/// One pass for each tap that a class activation map is made of; all maps of a tap share it, and its logits are those of the
/// images.
fn passes<B: Kernels>(
    network: &Network<B>,
    images: &Tensor<B, 4>,
    settings: &Settings,
) -> Result<BTreeMap<Option<usize>, ClassActivations<B>>, ExplainError> {
    let target = match settings.target {
        TargetClass::Predicted => None,
        TargetClass::Class(class) => Some(Target::All(class)),
    };
    let mut passes = BTreeMap::new();
    for method in &settings.methods {
        if let Attribution::ClassActivation(ClassActivation { tap, .. }) = method
            && !passes.contains_key(tap)
        {
            passes.insert(*tap, class_activations(network, images.clone(), target, *tap)?);
        }
    }
    Ok(passes)
}

fn softmax(logits: &[f64]) -> Vec<f64> {
    let most = logits.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let shares: Vec<f64> = logits.iter().map(|logit| (logit - most).exp()).collect();
    let total: f64 = shares.iter().sum();
    shares.into_iter().map(|share| share / total).collect()
}

/// A method in the name of a file.
fn file_name(method: &Attribution) -> String {
    method.name().replace("++", "-plus-plus")
}

/// What of a name is safe in any file system and in the address of a page.
fn plain(stem: &str) -> String {
    let safe =
        |letter: char| if letter.is_ascii_alphanumeric() || letter == '-' || letter == '_' { letter } else { '_' };
    stem.chars().map(safe).take(80).collect()
}

//! The checks of a specification, in one place: configurations run them before anything is planned, and
//! trainers run them again because a specification may come from elsewhere.

use crate::{
    AnnotationSpec, AttributionSpec, CardiacSpec, ChannelsName, CollectionName, CrossesSpec, DataSpec, DecoyName,
    DecoysSpec, GroupsSpec, ImagesSpec, ModelSpec, OptimiserSpec, PenaltySpec, ReconstructionLoss, RunSpec, Statistics,
    TableName, TrainingImages, VolumesSpec, WeightsSpec,
};

/// An invalid value of a specification. Its text is one line.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{field}: found {found}, expected {expected}")]
pub struct SpecError {
    /// The dotted field, for instance `selection.burn_in`.
    pub field: String,
    /// Its value.
    pub found: String,
    /// What it may be.
    pub expected: String,
}

/// Images that the authors' generator makes of each group of crosses.
const CROSSES_A_GROUP: usize = 512;

impl RunSpec {
    /// Checks ranges, and that the choices are compatible.
    ///
    /// # Errors
    /// The first invalid value.
    pub fn check(&self) -> Result<(), SpecError> {
        self.check_data()?;
        self.check_model()?;
        self.check_objective()?;
        self.check_teacher()?;
        self.check_training()?;
        self.check_evaluation()
    }

    fn check_data(&self) -> Result<(), SpecError> {
        match &self.data {
            DataSpec::Crosses(crosses) => check_crosses(crosses)?,
            DataSpec::Images(images) => check_images(images)?,
            DataSpec::Volumes(volumes) => check_volumes(volumes)?,
            DataSpec::Decoys(decoys) => check_decoys(decoys)?,
            DataSpec::Cardiac(cardiac) => check_cardiac(cardiac)?,
        }
        match self.annotations {
            AnnotationSpec::Given { fraction } => {
                check("annotations.fraction", fraction, "a fraction from 0 to 1", (0.0..=1.0).contains(&fraction))
            }
            AnnotationSpec::Teacher { tau, .. } | AnnotationSpec::Random { tau, .. } => {
                check("annotations.tau", tau, "a number from 0 to 1", (0.0..=1.0).contains(&tau))
            }
        }
    }

    fn check_teacher(&self) -> Result<(), SpecError> {
        let annotates = self.annotations.needs_teacher();
        let needed = annotates || self.objective.needs_teacher();
        let found = if self.teacher.is_some() { "one" } else { "none" };
        let expected = match (annotates, needed) {
            (true, _) => "one: the annotations are its attributions",
            (false, true) => "one: a penalty compares with it",
            (false, false) => "none: nothing uses it",
        };
        check("teacher", found, expected, self.teacher.is_some() == needed)?;
        self.teacher.as_ref().map_or(Ok(()), |teacher| self.check_network("teacher.model", &teacher.model))
    }

    fn check_model(&self) -> Result<(), SpecError> {
        if let WeightsSpec::File { name, sha256 } = &self.weights {
            check("weights.name", format!("'{name}'"), "the name of a file of weights", !name.is_empty())?;
            let digits = sha256.bytes().all(|digit| matches!(digit, b'0'..=b'9' | b'a'..=b'f'));
            let expected = "64 hexadecimal digits in lower case";
            check("weights.sha256", format!("'{sha256}'"), expected, digits && sha256.len() == 64)?;
        }
        self.check_network("model", &self.model)
    }

    fn check_network(&self, field: &str, model: &ModelSpec) -> Result<(), SpecError> {
        let below = |name: &str| format!("{field}.{name}");
        match *model {
            ModelSpec::Resnet { depth, .. } => check(&below("depth"), depth, "18 or 34", depth == 18 || depth == 34)?,
            ModelSpec::Vgg { hidden, .. } => count(&below("hidden"), hidden)?,
            ModelSpec::DenseNet { width, growth, .. } => {
                check(&below("width"), width, "an even number of channels", width.is_multiple_of(2))?;
                count(&below("growth"), growth)?;
            }
            ModelSpec::MobileNet { percent } | ModelSpec::EfficientNet { percent } => {
                check(&below("percent"), percent, "a percentage from 1 to 400", (1..=400).contains(&percent))?;
            }
            ModelSpec::ConvNet { .. } | ModelSpec::TwoLayer { .. } => {}
        }
        let width = model.width();
        check(&below("width"), width, "a number of channels from 1 to 1024", (1..=1024).contains(&width))?;
        let ([height, width], least) = (self.data.size(), model.least_side());
        let found = if height == width { format!("{height}") } else { format!("{height} x {width}") };
        let side = height.min(width);
        check(
            field,
            format!("images of {found} pixels"),
            &format!("at least {least} for this network"),
            side >= least,
        )?;
        let fits = height == width || model.takes_rectangles();
        check(field, format!("images of {found} pixels"), "as many rows as columns for this network", fits)?;
        if let DataSpec::Images(images) = &self.data {
            let expected = format!("{side}: this network's last layer fits images of one size");
            let fits = model.takes_any_side() || images.saliency_size == side;
            check("data.saliency_size", images.saliency_size, &expected, fits)?;
        }
        Ok(())
    }

    fn check_objective(&self) -> Result<(), SpecError> {
        for weight in self.objective.task.class_weights() {
            let allowed = *weight > 0.0 && weight.is_finite();
            check("objective.task.class_weights", weight, "finite numbers above 0, one for each class", allowed)?;
        }
        self.objective.groups.as_ref().map_or(Ok(()), |groups| self.check_groups(groups))?;
        let mut kinds: Vec<&str> = Vec::new();
        for penalty in &self.objective.penalties {
            let kind = penalty.kind();
            let field = |name: &str| format!("objective.penalties.{kind}.{name}");
            check(&format!("objective.penalties.{kind}"), "it twice", "each penalty once", !kinds.contains(&kind))?;
            // One order, so that equal objectives have equal identities.
            let last = kinds.last().copied().unwrap_or_default();
            let found = format!("it after {last}");
            check(
                &format!("objective.penalties.{kind}"),
                found,
                "penalties in the order of their kinds",
                last <= kind,
            )?;
            kinds.push(kind);
            let weight = penalty.weight();
            let allowed = weight >= 0.0 && weight.is_finite();
            check(&field("weight"), weight, "a finite number from 0 up", allowed)?;
            match penalty {
                PenaltySpec::Actdiff { offset, .. } | PenaltySpec::Rrr { offset, .. } => {
                    let allowed = (0.0..=1.0).contains(offset);
                    check(&field("offset"), *offset, "a number from 0 to 1", allowed)?;
                }
                PenaltySpec::Adversarial { learning_rate, every, hidden, layers, .. } => {
                    rate(&field("learning_rate"), *learning_rate)?;
                    let expected = "a number of loss evaluations from 1 to 1000";
                    check(&field("every"), *every, expected, (1..=1000).contains(every))?;
                    count(&field("hidden"), *hidden)?;
                    check(&field("layers"), *layers, "a number of layers from 1 to 16", (1..=16).contains(layers))?;
                }
                PenaltySpec::Reconstruction { loss, .. } => {
                    let expected = "no such penalty: the network has no decoder, so it reconstructs nothing";
                    check(&format!("objective.penalties.{kind}"), "it", expected, self.model.reconstructs())?;
                    if let ModelSpec::ConvNet { sigmoid, .. } = self.model {
                        let allowed = sigmoid || *loss != ReconstructionLoss::BinaryCrossEntropy;
                        let expected = "squared-error: the network's reconstruction has no sigmoid";
                        check(&field("loss"), loss, expected, allowed)?;
                    }
                }
                PenaltySpec::Heatmap { tap, .. } => self.check_tap(&field("tap"), *tap)?,
                PenaltySpec::Distillation { temperature, .. } => {
                    let allowed = *temperature > 0.0 && *temperature <= 1000.0;
                    check(&field("temperature"), *temperature, "a number above 0, at most 1000", allowed)?;
                }
                PenaltySpec::AttentionTransfer { .. }
                | PenaltySpec::Gradmask { .. }
                | PenaltySpec::JacobianTransfer { .. }
                | PenaltySpec::L2 { .. }
                | PenaltySpec::Rbr { .. }
                | PenaltySpec::Tap { .. } => {}
            }
        }
        let masked = self.objective.images != TrainingImages::Whole;
        let compares = self.objective.penalties.iter().any(PenaltySpec::needs_permuted_images);
        let expected = "whole: a penalty compares whole images with their permuted versions";
        check("objective.images", self.objective.images, expected, !(masked && compares))
    }

    fn check_groups(&self, groups: &GroupsSpec) -> Result<(), SpecError> {
        if let GroupsSpec::Robust { step, adjustment, .. } = *groups {
            let allowed = step > 0.0 && step <= 100.0;
            check("objective.groups.step", step, "a number above 0, at most 100", allowed)?;
            let allowed = adjustment >= 0.0 && adjustment.is_finite();
            check("objective.groups.adjustment", adjustment, "a finite number from 0 up", allowed)?;
        }
        let class_weights = self.objective.task.class_weights();
        let expected = "no class weights: the groups have weights of their own";
        let allowed = class_weights.is_empty() || !groups.weights_images();
        check("objective.task.class_weights", format!("{} numbers", class_weights.len()), expected, allowed)
    }

    /// A tap that the network has; `None` is its last one.
    fn check_tap(&self, field: &str, tap: Option<usize>) -> Result<(), SpecError> {
        let taps = self.model.taps();
        let allowed = tap.is_none_or(|tap| tap < taps);
        check(field, tap.unwrap_or_default(), &format!("one of this network's {taps} taps, from 0"), allowed)
    }

    fn check_training(&self) -> Result<(), SpecError> {
        rate("optimiser.learning_rate", self.optimiser.learning_rate())?;
        match self.optimiser {
            OptimiserSpec::Sgd { momentum, .. } => {
                let allowed = (0.0..1.0).contains(&momentum);
                check("optimiser.momentum", momentum, "a number from 0, below 1", allowed)?;
            }
            OptimiserSpec::Adam { epsilon, .. } => {
                let allowed = epsilon > 0.0 && epsilon <= 1.0;
                check("optimiser.epsilon", epsilon, "a number above 0, at most 1", allowed)?;
            }
        }
        count("training.epochs", self.training.epochs)?;
        count("training.batch_size", self.training.batch_size)?;
        let (burn_in, epochs) = (self.selection.burn_in(self.training.epochs), self.training.epochs);
        let found = format!("{burn_in} with {epochs} epochs");
        check("selection.burn_in", found, "an epoch that is reached", (1..=epochs).contains(&burn_in))?;
        self.selection.patience().map_or(Ok(()), |patience| count("selection.patience", patience))
    }

    fn check_evaluation(&self) -> Result<(), SpecError> {
        let evaluation = &self.evaluation;
        let sigma = evaluation.smoothing_sigma;
        let allowed = (0.0..=28.0).contains(&sigma);
        check("evaluation.smoothing_sigma", sigma, "a number of pixels from 0 to 28", allowed)?;
        let truncate = evaluation.smoothing_truncate;
        let expected = "a number of standard deviations above 0, at most 10";
        check("evaluation.smoothing_truncate", truncate, expected, truncate > 0.0 && truncate <= 10.0)?;
        count("evaluation.picture_samples", evaluation.picture_samples)?;
        if let DataSpec::Crosses(crosses) = &self.data {
            let found = format!("{} with {} test images", evaluation.picture_samples, crosses.test);
            let expected = "no more than the positive half of the test images";
            check("evaluation.picture_samples", found, expected, evaluation.picture_samples <= crosses.test / 2)?;
        }
        for (place, attribution) in evaluation.attributions.iter().enumerate() {
            let name = attribution.name();
            let again = evaluation.attributions[..place].iter().any(|earlier| earlier.name() == name);
            check(&format!("evaluation.attributions.{name}"), "it twice", "each attribution once", !again)?;
            let field = |setting: &str| format!("evaluation.attributions.{name}.{setting}");
            match *attribution {
                AttributionSpec::IntegratedGradients { steps } => {
                    check(&field("steps"), steps, "a number of points from 1 to 1000", (1..=1000).contains(&steps))?;
                }
                AttributionSpec::Occlusion { window } => {
                    let expected = "a number of pixels from 1 to 1024";
                    check(&field("window"), window, expected, (1..=1024).contains(&window))?;
                }
                AttributionSpec::GradCam { tap } | AttributionSpec::Hirescam { tap } => {
                    self.check_tap(&field("tap"), tap)?;
                }
            }
        }
        if let Some(quantile) = evaluation.decoy_quantile {
            let allowed = (0.0..1.0).contains(&quantile) && matches!(self.data, DataSpec::Decoys(_));
            let expected = "a number from 0, below 1, and images with decoys";
            check("evaluation.decoy_quantile", quantile, expected, allowed)?;
        }
        if let Some(heat) = evaluation.heat {
            self.check_tap("evaluation.heat.tap", heat.tap)?;
        }
        evaluation.attribution_limit.map_or(Ok(()), |limit| count("evaluation.attribution_limit", limit))
    }
}

fn check_crosses(crosses: &CrossesSpec) -> Result<(), SpecError> {
    for (field, size) in [("train", crosses.train), ("valid", crosses.valid), ("test", crosses.test)] {
        let expected = "an even number of images from 2 to 512";
        let allowed = size % 2 == 0 && (2..=CROSSES_A_GROUP).contains(&size);
        check(&format!("data.{field}"), size, expected, allowed)?;
    }
    let sigma = crosses.dilation_sigma;
    let allowed = (0.0..=28.0).contains(&sigma);
    check("data.dilation_sigma", sigma, "a number of pixels from 0 to 28", allowed)
}

fn check_images(images: &ImagesSpec) -> Result<(), SpecError> {
    side("size", images.size)?;
    side("saliency_size", images.saliency_size)?;
    let expected = "cardiomegaly, which stands for none, with another table than xray";
    let allowed = images.table == TableName::Xray || images.pathology.is_default();
    check("data.pathology", images.pathology, expected, allowed)?;
    if let Some(ratio) = images.ratio {
        check("data.ratio", ratio, "a share from 0 to 1", (0.0..=1.0).contains(&ratio))?;
    }
    let expected = "grey, with another table than own";
    let allowed = images.table == TableName::Own || images.channels == ChannelsName::Grey;
    check("data.channels", images.channels, expected, allowed)?;
    if let Some(normalisation) = &images.normalisation {
        check_normalisation(&normalisation.statistics(), images.channels)?;
    }
    limit("cell_limit", images.cell_limit)?;
    limit("saliency_limit", images.saliency_limit)
}

fn check_normalisation(statistics: &Statistics, channels: ChannelsName) -> Result<(), SpecError> {
    let Statistics { mean, deviation } = statistics;
    let (allowed, expected): (&[usize], _) = match channels {
        ChannelsName::Colour => (&[3], "3 numbers, for images in colour"),
        ChannelsName::Grey | ChannelsName::Luminance => (&[1, 3], "1 number, or 3 for three equal channels"),
    };
    for (field, values) in [("mean", mean), ("deviation", deviation)] {
        let field = format!("data.normalisation.{field}");
        check(&field, format!("{} numbers", values.len()), expected, allowed.contains(&values.len()))?;
        check(&field, format!("{values:?}"), "finite numbers", values.iter().all(|value| value.is_finite()))?;
    }
    let found = format!("{} of mean and {} of deviation", mean.len(), deviation.len());
    check("data.normalisation", found, "as many of both", mean.len() == deviation.len())?;
    let field = "data.normalisation.deviation";
    check(field, format!("{deviation:?}"), "numbers above 0", deviation.iter().all(|value| *value > 0.0))
}

fn check_volumes(volumes: &VolumesSpec) -> Result<(), SpecError> {
    for (field, slices) in [("train", volumes.train), ("valid", volumes.valid), ("test", volumes.test)] {
        let allowed = slices % 2 == 0 && (2..=100_000).contains(&slices);
        check(&format!("data.{field}"), slices, "an even number of slices from 2 to 100000", allowed)?;
    }
    side("train_size", volumes.train_size)?;
    side("size", volumes.size)?;
    let (found, least) = (volumes.train_size, volumes.size);
    check("data.train_size", found, &format!("at least data.size, which is {least}"), found >= least)?;
    let sigma = volumes.dilation_sigma;
    check("data.dilation_sigma", sigma, "a number of pixels from 0 to 128", (0.0..=128.0).contains(&sigma))?;
    limit("volumes_per_part", volumes.volumes_per_part)?;
    limit("saliency_limit", volumes.saliency_limit)
}

fn check_decoys(decoys: &DecoysSpec) -> Result<(), SpecError> {
    side("size", decoys.size)?;
    let patch = decoys.decoy == DecoyName::Patch;
    let (expected, digits) = match decoys.collection {
        CollectionName::MnistSample | CollectionName::Mnist => ("patch: only radiographs have texts and stripes", true),
        CollectionName::Pneumonia | CollectionName::Knee => ("text or stripe: only digits have patches", false),
    };
    check("data.decoy", decoys.decoy, expected, patch == digits)?;
    let found = if decoys.files.is_some() { "files" } else { "no files" };
    let expected =
        if decoys.collection.needs_files() { "files of the collection" } else { "none: the program has them" };
    check("data.files", found, expected, decoys.files.is_some() == decoys.collection.needs_files())?;
    let fraction = decoys.fraction;
    check("data.fraction", fraction, "a share above 0, at most 1", fraction > 0.0 && fraction <= 1.0)?;
    limit("class_limit", decoys.class_limit)?;
    limit("saliency_limit", decoys.saliency_limit)
}

fn check_cardiac(cardiac: &CardiacSpec) -> Result<(), SpecError> {
    for (field, images) in [("train", cardiac.train), ("valid", cardiac.valid), ("test", cardiac.test)] {
        let allowed = images % CardiacSpec::CLASSES == 0 && (CardiacSpec::CLASSES..=1_000_000).contains(&images);
        check(&format!("data.{field}"), images, "a multiple of 4 from 4 to 1000000 images", allowed)?;
    }
    limit("saliency_limit", cardiac.saliency_limit)
}

/// Rows and columns of images.
fn side(field: &str, found: usize) -> Result<(), SpecError> {
    check(&format!("data.{field}"), found, "a number of pixels from 8 to 1024", (8..=1024).contains(&found))
}

fn limit(field: &str, found: Option<usize>) -> Result<(), SpecError> {
    found.map_or(Ok(()), |found| count(&format!("data.{field}"), found))
}

fn check(field: &str, found: impl ToString, expected: &str, allowed: bool) -> Result<(), SpecError> {
    if allowed {
        return Ok(());
    }
    Err(SpecError { field: field.to_owned(), found: found.to_string(), expected: expected.to_owned() })
}

fn count(field: &str, found: usize) -> Result<(), SpecError> {
    check(field, found, "a number from 1 to 100000", (1..=100_000).contains(&found))
}

fn rate(field: &str, found: f64) -> Result<(), SpecError> {
    check(field, found, "a learning rate above 0, at most 1", found > 0.0 && found <= 1.0)
}

//! Training losses against stored values.
//!
//! A fixture is a safetensors file made with PyTorch in double precision: weights under `model.`
//! in torchvision's naming, images `x`, images with a permuted outside `x_shuffled`, masks `inside`,
//! labels `y`, and for each loss its value and the gradient of every parameter that has one. What
//! is stored is rounded to single precision, so an exact implementation agrees to about 1e-6, and
//! 1e-4 of the largest entry is asked for.

use burn::{
    module::{Module, ModuleVisitor, Param},
    tensor::{Int, Tensor, TensorData, backend::AutodiffBackend},
};
use herring_backend::{Autodiff, Job, Kernels};
use herring_losses::{
    ActDiff, Batch, DiscriminatorLoss, GradMask, Masked, Objective, Penalty, Rrr, Unpenalised, Variant,
};
use herring_models::{
    Classifier, Discriminator, DiscriminatorConfig, Mode, ResNet, ResNetConfig, input_gradient,
    weights::{self, NamedTensors, ParameterPath},
};
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use std::collections::BTreeMap;

/// Largest difference that passes, relative to the largest entry of the stored tensor.
pub const TOLERANCE: f64 = 1e-4;

pub(crate) type Gradients = BTreeMap<String, Vec<f32>>;

/// Compares every loss that a fixture holds and this workspace has; the output is what was compared
/// and what was passed over because it is not built here.
#[derive(Debug)]
pub struct GoldenLosses<'a>(pub &'a NamedTensors);

/// What a [`GoldenLosses`] did.
#[derive(Debug, Default)]
pub struct Report {
    /// `name: largest relative difference`, one a comparison.
    pub compared: Vec<(String, f64)>,
    /// Losses of the fixture that are not built here.
    pub passed_over: Vec<String>,
}

impl Report {
    /// The comparisons that are further off than [`TOLERANCE`].
    pub fn failures(&self) -> Vec<String> {
        self.compared
            .iter()
            .filter(|(_, difference)| difference.is_nan() || *difference > TOLERANCE)
            .map(|(name, difference)| format!("{name}: off by {difference:.2e}"))
            .collect()
    }

    pub(crate) fn compare(&mut self, name: &str, found: &[f32], expected: &[f32]) {
        assert_eq!(found.len(), expected.len(), "{name}: another number of values");
        let largest = expected.iter().fold(0.0f64, |most, value| most.max(f64::from(value.abs())));
        let furthest = found
            .iter()
            .zip(expected)
            .map(|(found, expected)| f64::from(found - expected).abs())
            .fold(0.0, |most: f64, value| if value.is_nan() { f64::NAN } else { most.max(value) });
        self.compared.push((name.to_owned(), furthest / largest.max(1e-12)));
    }
}

pub(crate) fn tensor<B: Kernels, const D: usize>(
    fixture: &NamedTensors,
    name: &str,
    device: &B::Device,
) -> Tensor<B, D> {
    let (shape, values) = fixture.get(name).unwrap_or_else(|error| panic!("{error}"));
    Tensor::from_data(TensorData::new(values.to_vec(), shape.to_vec()), device)
}

pub(crate) fn values<B: Kernels, const D: usize>(tensor: Tensor<B, D>) -> Vec<f32> {
    tensor.into_data().iter().collect()
}

/// The gradient of every parameter by its path.
pub(crate) fn gradients_by_path<A: AutodiffBackend, M: Module<A>>(module: &M, gradients: &A::Gradients) -> Gradients {
    struct Collect<'a, A: AutodiffBackend> {
        path: ParameterPath,
        gradients: &'a A::Gradients,
        found: Gradients,
    }
    impl<A: AutodiffBackend> ModuleVisitor<A> for Collect<'_, A> {
        fn enter_module(&mut self, name: &str, container: &str) {
            self.path.enter(name, container);
        }
        fn exit_module(&mut self, name: &str, container: &str) {
            self.path.exit(name, container);
        }
        fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<A, D>>) {
            if let Some(gradient) = param.val().grad(self.gradients) {
                self.found.insert(self.path.name(), gradient.into_data().iter().collect());
            }
        }
    }
    let mut collect = Collect { path: ParameterPath::default(), gradients, found: BTreeMap::new() };
    module.visit(&mut collect);
    collect.found
}

impl Job for GoldenLosses<'_> {
    type Output = Report;

    fn run<B: Kernels>(self, device: &B::Device) -> Report {
        Comparison::<B>::new(self.0, device).run()
    }
}

struct Comparison<'a, B: Kernels> {
    fixture: &'a NamedTensors,
    device: B::Device,
    model: ResNet<Autodiff<B>>,
    batch: Batch<Autodiff<B>>,
    report: Report,
}

impl<'a, B: Kernels> Comparison<'a, B> {
    fn new(fixture: &'a NamedTensors, device: &B::Device) -> Self {
        let (shape, _) = fixture.get("model.conv1.weight").unwrap_or_else(|error| panic!("{error}"));
        let config = ResNetConfig { channels: shape[1], width: shape[0], ..ResNetConfig::default() };
        let fresh = ResNet::new(&config, &mut ChaCha8Rng::seed_from_u64(0), device);
        let model = weights::load(fresh, &fixture.below("model.")).unwrap_or_else(|error| panic!("{error}"));
        let (_, labels) = fixture.get("y").unwrap_or_else(|error| panic!("{error}"));
        let labels: Vec<i32> = labels.iter().map(|label| *label as i32).collect();
        let count = labels.len();
        let batch = Batch {
            images: tensor(fixture, "x", device),
            inside: tensor(fixture, "inside", device),
            masked: tensor(fixture, "x_shuffled", device),
            labels: Tensor::<Autodiff<B>, 1, Int>::from_data(TensorData::new(labels, [count]), device),
        };
        Self { fixture, device: device.clone(), model, batch, report: Report::default() }
    }

    fn expected(&self, name: &str) -> &'a [f32] {
        self.fixture.get(name).unwrap_or_else(|error| panic!("{error}")).1
    }

    /// Compares a loss of one number and the gradients of the model.
    fn loss(&mut self, name: &str, loss: Tensor<Autodiff<B>, 1>) {
        self.report.compare(&format!("{name}.value"), &values(loss.clone()), self.expected(&format!("{name}.value")));
        let found = gradients_by_path::<Autodiff<B>, _>(&self.model, &loss.backward());
        let prefix = format!("{name}.grad.");
        for parameter in self.fixture.below(&prefix).names() {
            let full = format!("{prefix}{parameter}");
            match found.get(parameter) {
                Some(gradient) => self.report.compare(&full, gradient, self.expected(&full)),
                None => panic!("{full}: no gradient reaches this parameter"),
            }
        }
    }

    fn penalty(&mut self, name: &str, mut penalty: impl Penalty<Autodiff<B>, ResNet<Autodiff<B>>>) {
        if self.fixture.get(&format!("{name}.value")).is_err() {
            return;
        }
        let Objective { penalty, .. } = penalty.objective(&self.model, &self.batch);
        self.loss(name, penalty.unwrap_or_else(|| panic!("{name} has no penalty")));
    }

    fn run(mut self) -> Report {
        self.forward_passes();
        let objective = Unpenalised.objective(&self.model, &self.batch);
        self.loss("cross_entropy", objective.total(self.batch.labels.clone()));
        for variant in [Variant::Paper, Variant::Released] {
            self.penalty(&format!("actdiff.{variant}"), ActDiff { weight: 1.0, variant });
            self.penalty(&format!("gradmask.{variant}"), GradMask { weight: 1.0, variant });
        }
        self.penalty("rrr.released", Rrr { weight: 1.0, variant: Variant::Released });
        self.adversarial();
        self.masked_is_cross_entropy_of_the_masked_images();
        self.name_what_was_passed_over();
        self.report
    }

    fn forward_passes(&mut self) {
        let images = self.batch.images.clone();
        let train = self.model.trace(images.clone(), Mode::Train);
        self.report.compare("logits.train", &values(train.logits), self.expected("logits.train"));
        self.report.compare("pooled.train", &values(train.pooled), self.expected("pooled.train"));
        let absorbed = self.model.clone().absorb(train.statistics);
        let bytes = weights::to_bytes(&absorbed).unwrap_or_else(|error| panic!("{error}"));
        let saved = NamedTensors::from_bytes(&bytes).unwrap_or_else(|error| panic!("{error}"));
        for name in self.fixture.below("after_one_train_forward.").names() {
            let (_, found) = saved.get(name).unwrap_or_else(|error| panic!("{error}"));
            let full = format!("after_one_train_forward.{name}");
            self.report.compare(&full, found, self.expected(&full));
        }
        let evaluated = self.model.trace(images.clone(), Mode::Evaluate);
        self.report.compare("logits.eval", &values(evaluated.logits), self.expected("logits.eval"));
        let saliency =
            input_gradient(&self.model, images, Mode::Evaluate, |trace| trace.logits.clone().narrow(1, 1, 1).sum());
        self.report.compare("saliency.eval", &values(saliency.gradient), self.expected("saliency.eval"));
    }

    /// The fixture's discriminator has no spectral normalisation, and its layers are numbered as in
    /// a sequence with rectifiers between them.
    fn adversarial(&mut self) {
        let stored = self.fixture.below("discriminator.");
        let (shape, _) = stored.get("0.weight").unwrap_or_else(|error| panic!("{error}"));
        let config = DiscriminatorConfig { features: shape[1], hidden: shape[0], layers: 2, spectral: false };
        let fresh = Discriminator::new(&config, &mut ChaCha8Rng::seed_from_u64(0), &self.device);
        let stored = stored.renamed(|name| match name.split_once('.') {
            Some(("4", rest)) => format!("output.{rest}"),
            Some((index, rest)) => format!("hidden.{}.{rest}", index.parse::<usize>().unwrap_or(0) / 2),
            None => name.to_owned(),
        });
        let discriminator: Discriminator<Autodiff<B>> =
            weights::load(fresh, &stored).unwrap_or_else(|error| panic!("{error}"));
        let masked = self.model.trace(self.batch.masked.clone(), Mode::Train).pooled;
        let whole = self.model.trace(self.batch.images.clone(), Mode::Train).pooled;
        let loss = DiscriminatorLoss(Variant::Released);
        let judged = |features| discriminator.forward(features);
        self.loss("adversarial.encoder", loss.encoder(judged(whole.clone()), judged(masked.clone())));
        let value = loss.discriminator(judged(whole), judged(masked));
        let name = "adversarial.discriminator.value";
        self.report.compare(name, &values(value), self.expected(name));
    }

    fn masked_is_cross_entropy_of_the_masked_images(&mut self) {
        let labels = self.batch.labels.clone();
        let masked = Masked.objective(&self.model, &self.batch).total(labels.clone());
        let swapped = Batch { images: self.batch.masked.clone(), ..self.batch.clone() };
        let direct = Unpenalised.objective(&self.model, &swapped).total(labels);
        self.report.compare("masked", &values(masked), &values(direct));
    }

    fn name_what_was_passed_over(&mut self) {
        let compared: Vec<_> = self.report.compared.iter().map(|(name, _)| name.clone()).collect();
        self.report.passed_over = self
            .fixture
            .names()
            .filter_map(|name| name.strip_suffix(".value"))
            .filter(|name| !compared.contains(&format!("{name}.value")))
            .map(str::to_owned)
            .collect();
    }
}

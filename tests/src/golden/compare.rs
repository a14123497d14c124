//! Computes what a fixture holds.

use super::{
    fixture::Fixture,
    gradients_by_path, losses,
    report::{Report, largest_entry},
    values,
};
use burn::{
    module::{Module, ModuleMapper, Param},
    tensor::{DType, Tensor, backend::Backend},
};
use herring_backend::{Autodiff, Job, Kernels, ops};
use herring_losses::{Batch, DiscriminatorLoss, TeacherNeeds, TeacherPass};
use herring_models::{
    Classifier, Discriminator, DiscriminatorConfig, Mode, Network, NetworkConfig, input_gradient,
    weights::{self, NamedTensors},
};
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;

/// Compares everything that a fixture holds and that exists here.
#[derive(Debug)]
pub struct Comparison<'a> {
    /// What is compared.
    pub fixture: &'a Fixture,
    /// What its network is made of.
    pub network: NetworkConfig,
    /// Whether the device computes in double precision too. Without it, losses that need it are passed over.
    pub double: bool,
}

impl Job for Comparison<'_> {
    type Output = Report;

    fn run<B: Kernels>(self, device: &B::Device) -> Report {
        let fixture = self.fixture;
        let model_of = |network: &NetworkConfig| {
            let fresh = Network::new(network, &mut ChaCha8Rng::seed_from_u64(0), device);
            weights::load(fresh, &fixture.tensors.below("model.")).unwrap_or_else(|error| panic!("{error}"))
        };
        let (model, batch, report) =
            (model_of(&self.network), fixture.batch(device), Report::new(&fixture.architecture));
        let mut comparing =
            Comparing::<B> { fixture, network: self.network, device: device.clone(), model, batch, taps: 0, report };
        comparing.forward_passes();
        if fixture.has("saliency.eval") {
            comparing.saliency();
        }
        comparing.running_statistics();
        for loss in fixture.losses() {
            comparing.model = model_of(&fixture.network_of(loss, self.network));
            match fixture.precision_of(loss) {
                DType::F64 if !self.double => {
                    comparing.report.passed_over.push(format!("{loss} (in single precision)"))
                }
                precision => comparing.loss(loss, precision),
            }
        }
        comparing.report
    }
}

/// Brings the parameters of a module to a precision; they stay leaves.
struct Cast(DType);

impl<B: Backend> ModuleMapper<B> for Cast {
    fn map_float<const D: usize>(&mut self, param: Param<Tensor<B, D>>) -> Param<Tensor<B, D>> {
        let (id, value, mapper) = param.consume();
        let trained = value.is_require_grad();
        Param::from_mapped_value(id, value.cast(self.0).detach().set_require_grad(trained), mapper)
    }
}

struct Comparing<'a, B: Kernels> {
    fixture: &'a Fixture,
    network: NetworkConfig,
    device: B::Device,
    model: Network<Autodiff<B>>,
    batch: Batch<Autodiff<B>>,
    taps: usize,
    report: Report,
}

impl<B: Kernels> Comparing<'_, B> {
    fn compare<const D: usize>(&mut self, name: &str, found: Tensor<Autodiff<B>, D>) {
        assert_eq!(found.dims().as_slice(), self.fixture.shape(name), "{name}: another shape");
        self.report.compare(name, &values(found), self.fixture.expected(name));
    }

    fn forward_passes(&mut self) {
        let images = self.batch.images.clone();
        let train = self.model.trace(images.clone(), Mode::Train);
        self.taps = train.taps.len();
        self.compare("logits.train", train.logits);
        if self.fixture.has("pooled.train") {
            self.compare("pooled.train", train.pooled);
        }
        let stored = self.fixture.tensors.names().filter(|name| name.starts_with("tap") && name.ends_with(".train"));
        let stored = stored.count();
        if stored > 0 {
            let mut layers = if self.fixture.stores_taps() { train.taps } else { train.layers };
            if self.fixture.stores_last_tap_only() {
                layers.drain(..layers.len() - 1);
            }
            assert_eq!(layers.len(), stored, "another number of layers");
            for (index, layer) in layers.into_iter().enumerate() {
                self.compare(&format!("tap{index}.train"), layer);
            }
        }
        match train.reconstruction {
            Some(reconstruction) => self.compare("reconstruction.train", reconstruction),
            None => assert!(!self.fixture.has("reconstruction.train"), "the network reconstructs nothing"),
        }
        let evaluated = self.model.trace(images, Mode::Evaluate);
        self.compare("logits.eval", evaluated.logits);
    }

    fn saliency(&mut self) {
        let images = self.batch.images.clone();
        let score = |trace: &herring_models::Trace<_>| ops::total(trace.logits.clone().narrow(1, 1, 1));
        let saliency = input_gradient(&self.model, images, Mode::Evaluate, score);
        self.compare("saliency.eval", saliency.gradient);
    }

    fn running_statistics(&mut self) {
        let statistics = self.model.trace(self.batch.images.clone(), Mode::Train).statistics;
        let absorbed = NamedTensors::of::<Autodiff<B>, _>(&self.model.clone().absorb(statistics));
        for name in self.fixture.tensors.below("after_one_train_forward.").names() {
            let (_, found) = absorbed.get(name).unwrap_or_else(|error| panic!("{error}"));
            let full = format!("after_one_train_forward.{name}");
            self.report.compare(&full, found, self.fixture.expected(&full));
        }
    }

    /// Compares the loss of that name, or notes that it does not exist here.
    fn loss(&mut self, name: &str, precision: DType) {
        match name {
            "adversarial.encoder" | "adversarial.discriminator" => self.adversarial(name),
            _ => {
                let Some(mut loss) = losses::training_loss(name, (self.taps, self.fixture.evaluates_maps())) else {
                    self.report.passed_over.push(name.to_owned());
                    return;
                };
                let mut batch = losses::batch_of(name, &self.batch);
                batch.images = batch.images.cast(precision);
                batch.masked = batch.masked.cast(precision);
                self.model = self.model.clone().map(&mut Cast(precision));
                let needs = loss.needs_teacher();
                batch.teacher = needs.any().then(|| self.teacher(batch.images.clone(), needs));
                let objective = loss.objective(&self.model, &batch);
                let value = match losses::is_of_the_task(name) {
                    true => objective.task,
                    false => objective.penalty.unwrap_or_else(|| panic!("{name} has no penalty")),
                };
                self.derivatives(name, value);
            }
        }
        self.report.losses.push(name.to_owned());
    }

    /// What the fixture's teacher says of the images. It is of the student's architecture.
    fn teacher(&self, images: Tensor<Autodiff<B>, 4>, needs: TeacherNeeds) -> TeacherPass<Autodiff<B>> {
        let fresh = Network::<B>::new(&self.network, &mut ChaCha8Rng::seed_from_u64(1), &self.device);
        let stored = self.fixture.tensors.below("teacher.");
        let teacher = weights::load(fresh, &stored).unwrap_or_else(|error| panic!("{error}"));
        let teacher = teacher.map(&mut Cast(images.dtype()));
        TeacherPass::of(&teacher, images, self.batch.labels.clone(), needs)
    }

    /// Compares a loss of one number and the gradients of the model. A parameter of which no gradient is
    /// stored must have none here, or one of zeros.
    fn derivatives(&mut self, name: &str, loss: Tensor<Autodiff<B>, 1>) {
        self.compare(&format!("{name}.value"), loss.clone());
        if !self.fixture.has_true_gradients(name) {
            self.report.values_only.push(name.to_owned());
            return;
        }
        let found = gradients_by_path::<Autodiff<B>, _>(&self.model, &loss.backward());
        let expected = self.fixture.tensors.below(&format!("{name}.grad."));
        let mut largest = 0.0f64;
        for parameter in expected.names() {
            largest = largest.max(expected.get(parameter).map_or(0.0, |(_, values)| largest_entry(values)));
            assert!(found.contains_key(parameter), "{name}: no gradient reaches {parameter}");
        }
        for (parameter, gradient) in found {
            match expected.get(&parameter) {
                Ok((_, expected)) => {
                    self.report.compare_among(&format!("{name}.grad.{parameter}"), &gradient, expected, largest);
                }
                Err(_) => assert!(gradient.iter().all(|value| *value == 0.0), "{name}: {parameter} has a gradient"),
            }
        }
    }

    /// The fixture's discriminator has no spectral normalisation, and its layers are numbered as in a
    /// sequence with rectifiers between them.
    fn adversarial(&mut self, name: &str) {
        let config = DiscriminatorConfig {
            features: self.fixture.shape("discriminator.0.weight")[1],
            hidden: self.fixture.shape("discriminator.0.weight")[0],
            layers: 2,
            spectral: false,
        };
        let fresh = Discriminator::new(&config, &mut ChaCha8Rng::seed_from_u64(0), &self.device);
        let stored = self.fixture.tensors.below("discriminator.").renamed(|name| match name.split_once('.') {
            Some(("4", rest)) => format!("output.{rest}"),
            Some((index, rest)) => format!("hidden.{}.{rest}", index.parse::<usize>().unwrap_or(0) / 2),
            None => name.to_owned(),
        });
        let discriminator: Discriminator<Autodiff<B>> =
            weights::load(fresh, &stored).unwrap_or_else(|error| panic!("{error}"));
        let masked = self.model.trace(self.batch.masked.clone(), Mode::Train).pooled;
        let whole = self.model.trace(self.batch.images.clone(), Mode::Train).pooled;
        let (whole, masked) = (discriminator.forward(whole), discriminator.forward(masked));
        let loss = DiscriminatorLoss { released: true };
        match name {
            "adversarial.encoder" => self.derivatives(name, loss.encoder(whole, masked)),
            _ => self.compare(&format!("{name}.value"), loss.discriminator(whole, masked)),
        }
    }
}

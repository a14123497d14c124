//! The architectures of activmask2020 against stored values.
//!
//! A fixture is a safetensors file made with PyTorch in double precision: weights under `model.`,
//! images `x`, masks `inside`, labels `y`; the logits of both modes, the layers `tap0.train`,
//! `tap1.train`, ... and the reconstruction of a pass in training mode; and for each loss its value
//! and the gradient of every parameter where that is not zero. A parameter of which no gradient is
//! stored must have none here, or one of zeros.

use crate::golden::{Report, gradients_by_path, tensor, values};
use burn::tensor::{Int, Tensor, TensorData};
use herring_backend::{Autodiff, Job, Kernels, ops};
use herring_losses::cross_entropy;
use herring_models::{
    Classifier, ConvNetConfig, ConvNetKind, Depth, Initialisation, Mode, Network, NetworkConfig, Pooling, ResNetConfig,
    ResNetLayers, input_gradient,
    weights::{self, NamedTensors},
};
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;

/// The fixtures in `golden/`, each with what its network is made of.
pub const MODELS: [(&str, NetworkConfig); 4] = [
    ("model_activmask_cnn_s1_seed5.safetensors", conv_net(ConvNetKind::Cnn, 28, true)),
    ("model_activmask_autoencoder_s1_seed5.safetensors", conv_net(ConvNetKind::AutoEncoder, 28, true)),
    // A side that is no multiple of 8, so that a row and a column are in no window.
    ("model_activmask_unet_s1_seed5.safetensors", conv_net(ConvNetKind::UNet, 36, false)),
    (
        "model_activmask_resnet_s1_seed5.safetensors",
        NetworkConfig::ResNet(ResNetConfig {
            depth: Depth::ResNet18,
            channels: 1,
            width: 4,
            classes: 2,
            side: 28,
            pooling: Pooling::Window(4),
            initialisation: Initialisation::PyTorchDefault,
            layers: ResNetLayers::PreActivation,
        }),
    ),
];

const fn conv_net(kind: ConvNetKind, side: usize, sigmoid: bool) -> NetworkConfig {
    NetworkConfig::ConvNet(ConvNetConfig { kind, channels: 1, width: 4, side, classes: 2, sigmoid })
}

/// Compares one architecture with its fixture.
#[derive(Debug)]
pub struct GoldenModel<'a> {
    /// What the network is made of.
    pub config: &'a NetworkConfig,
    /// What it is compared with.
    pub fixture: &'a NamedTensors,
}

impl Job for GoldenModel<'_> {
    type Output = Report;

    fn run<B: Kernels>(self, device: &B::Device) -> Report {
        let fixture = self.fixture;
        let fresh = Network::new(self.config, &mut ChaCha8Rng::seed_from_u64(0), device);
        let model = weights::load(fresh, &fixture.below("model.")).unwrap_or_else(|error| panic!("{error}"));
        let images = tensor(fixture, "x", device);
        let mut comparison = Comparison::<B> { fixture, model, images, report: Report::default() };
        comparison.forward_passes();
        comparison.cross_entropy(device);
        comparison.gradmask(device);
        comparison.report
    }
}

struct Comparison<'a, B: Kernels> {
    fixture: &'a NamedTensors,
    model: Network<Autodiff<B>>,
    images: Tensor<Autodiff<B>, 4>,
    report: Report,
}

impl<B: Kernels> Comparison<'_, B> {
    fn compare<const D: usize>(&mut self, name: &str, found: Tensor<Autodiff<B>, D>) {
        let (shape, expected) = self.fixture.get(name).unwrap_or_else(|error| panic!("{error}"));
        assert_eq!(found.dims().as_slice(), shape, "{name}: another shape");
        self.report.compare(name, &values(found), expected);
    }

    fn forward_passes(&mut self) {
        let train = self.model.trace(self.images.clone(), Mode::Train);
        self.compare("logits.train", train.logits);
        let stored = self.fixture.names().filter(|name| name.starts_with("tap")).count();
        assert_eq!(train.layers.len(), stored, "another number of layers");
        for (index, layer) in train.layers.into_iter().enumerate() {
            self.compare(&format!("tap{index}.train"), layer);
        }
        match train.reconstruction {
            Some(reconstruction) => self.compare("reconstruction.train", reconstruction),
            None => assert!(self.fixture.get("reconstruction.train").is_err(), "the network draws nothing"),
        }
        let evaluated = self.model.trace(self.images.clone(), Mode::Evaluate);
        self.compare("logits.eval", evaluated.logits);
    }

    fn cross_entropy(&mut self, device: &B::Device) {
        let (_, labels) = self.fixture.get("y").unwrap_or_else(|error| panic!("{error}"));
        let labels: Vec<i32> = labels.iter().map(|label| *label as i32).collect();
        let count = labels.len();
        let labels = Tensor::<Autodiff<B>, 1, Int>::from_data(TensorData::new(labels, [count]), device);
        let logits = self.model.trace(self.images.clone(), Mode::Train).logits;
        self.loss("cross_entropy", cross_entropy(logits, labels));
    }

    /// `Σ |o g|` with `g` the gradient of `Σ_b |logit_0 - logit_1|` with respect to the images and
    /// `o` 1 outside; its gradients are second derivatives.
    fn gradmask(&mut self, device: &B::Device) {
        let found = input_gradient(&self.model, self.images.clone(), Mode::Train, |trace| {
            let column = |index: usize| trace.logits.clone().narrow(1, index, 1);
            ops::total((column(0) - column(1)).abs())
        });
        self.compare("logits.train", found.trace.logits);
        let outside = tensor::<Autodiff<B>, 4>(self.fixture, "inside", device).neg() + 1.0;
        self.loss("gradmask.activmask", ops::total((found.gradient * outside).abs()));
    }

    /// Compares a loss of one number and the gradients of the model.
    fn loss(&mut self, name: &str, loss: Tensor<Autodiff<B>, 1>) {
        self.compare(&format!("{name}.value"), loss.clone());
        let found = gradients_by_path::<Autodiff<B>, _>(&self.model, &loss.backward());
        let expected = self.fixture.below(&format!("{name}.grad."));
        for parameter in expected.names() {
            assert!(found.contains_key(parameter), "{name}: no gradient reaches {parameter}");
        }
        for (parameter, gradient) in found {
            match expected.get(&parameter) {
                Ok((_, expected)) => {
                    self.report.compare(&format!("{name}.grad.{parameter}"), &gradient, expected);
                }
                Err(_) => assert!(gradient.iter().all(|value| *value == 0.0), "{name}: {parameter} has a gradient"),
            }
        }
    }
}

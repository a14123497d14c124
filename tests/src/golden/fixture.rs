//! The files of stored values.
//!
//! | | `losses_*.safetensors` | `model_<architecture>_s<scale>_seed<seed>.safetensors` |
//! |---|---|---|
//! | network | iclr2021's ResNet-18 | the one of that name |
//! | `model.` | weights in torchvision's naming | the same, or the names of [`herring_models`] |
//! | `x`, `y`, `inside` | images, classes, masks | the same |
//! | a teacher of the same architecture | `teacher.` | – |
//! | images with a permuted outside | `x_shuffled` | `x_other` |
//! | forward passes | `logits.train`, `logits.eval`, `pooled.train`, `saliency.eval`, `after_one_train_forward.` | `logits.train`, `logits.eval`, `tap0.train`, ..., `reconstruction.train` |
//! | losses | `<loss>.value`, `<loss>.grad.<parameter>` | the same, without gradients of zeros |

use burn::tensor::{DType, Int, Tensor, TensorData};
use herring_backend::{Autodiff, Kernels};
use herring_losses::Batch;
use herring_models::{
    ConvNetConfig, ConvNetKind, DenseNetConfig, DenseNetTaps, EfficientNetConfig, Initialisation, MobileNetConfig,
    NetworkConfig, Pooling, ResNetConfig, ResNetLayers, Stem, TwoLayerConfig, VggConfig, VggHead, VggTaps,
    weights::{self, NamedTensors, WeightsError},
};
use std::path::{Path, PathBuf};

/// Losses of a file whose stored gradients single precision misses, because they lie on a corner. In the first the input of a
/// rectifier is so close to 0 that it is rounded to the other side: PyTorch in single precision is off by up to 0.11 there, in
/// its value by 4e-4. In the second two values of a pooling window are equal, so that rounding decides which of them has the
/// gradient.
const ON_A_CORNER: [(&str, &[&str]); 2] = [
    ("losses_w4_s24_seed7.safetensors", &["jt"]),
    ("model_heatmap_vgg16_s1_seed5.safetensors", &["cross_entropy", "hirescam", "gradcam", "mse_sigmoid", "cce_keras"]),
];

/// One file of stored values.
#[derive(Debug)]
pub struct Fixture {
    /// Where it was read from.
    pub path: PathBuf,
    /// The name of its network, for instance `iclr2021_resnet` or `activmask_unet`.
    pub architecture: String,
    /// What it holds.
    pub(super) tensors: NamedTensors,
    /// Whether the running statistics of normalisations stayed as they were between the passes of one loss: its header
    /// says `"running_statistics": "kept"`.
    ///
    /// PyTorch's evaluation-mode normalisation keeps references to its running statistics for the second derivative, and
    /// a training-mode pass in between changes them in place. The stored gradient is then not that of the stored value:
    /// for `rbr.released` on a ResNet it is off by up to 5 % from finite differences of that value.
    pub(super) kept_statistics: bool,
}

impl Fixture {
    /// The architecture that a file name stands for; none for files of another kind.
    pub fn architecture_of(path: &Path) -> Option<String> {
        let name = path.file_name()?.to_str()?.strip_suffix(".safetensors")?;
        if name.starts_with("losses_") {
            return Some("iclr2021_resnet".to_owned());
        }
        let (name, _) = name.strip_prefix("model_")?.rsplit_once("_seed")?;
        Some(name.rsplit_once("_s")?.0.to_owned())
    }

    /// Reads a file.
    ///
    /// # Errors
    /// The file cannot be read or is damaged.
    ///
    /// # Panics
    /// The file's name is not that of a fixture.
    pub fn read(path: &Path) -> Result<Self, WeightsError> {
        let architecture = Self::architecture_of(path)
            .unwrap_or_else(|| panic!("{}: expected losses_*.safetensors or model_*.safetensors", path.display()));
        let mut tensors = NamedTensors::read(path)?;
        if architecture == "heatmap_vgg16" {
            // Ours has a dropout of nothing before its last layer.
            tensors = tensors.renamed(|name| name.replace("classifier.2.", "classifier.3."));
        }
        let bytes = std::fs::read(path).map_err(|source| WeightsError::Read { path: path.to_owned(), source })?;
        let header = weights::metadata(&bytes, "meta")?.unwrap_or_default();
        let kept_statistics = header.contains(r#""running_statistics": "kept""#);
        Ok(Self { path: path.to_owned(), architecture, tensors, kept_statistics })
    }

    /// What its network is made of, read from the shapes of its tensors; none for an architecture that does
    /// not exist here.
    pub fn network(&self) -> Option<NetworkConfig> {
        let classes = self.shape("logits.eval")[1];
        let side = self.shape("x")[3];
        let stem = |weight: &str| (self.shape(weight)[1], self.shape(weight)[0]);
        let residual = || {
            let (channels, width) = stem("model.conv1.weight");
            ResNetConfig { channels, width, classes, side, ..ResNetConfig::default() }
        };
        // The paper reconstructs with a sigmoid wherever it takes the binary cross-entropy.
        let sigmoid = self.tensors.get("reconstruction.bce.value").is_ok();
        let convolutional = |kind| {
            let (channels, width) = stem("model.down0.0.weight");
            NetworkConfig::ConvNet(ConvNetConfig { kind, channels, width, side, classes, sigmoid })
        };
        match self.architecture.as_str() {
            "iclr2021_resnet" => Some(NetworkConfig::ResNet(residual())),
            "activmask_resnet" => Some(NetworkConfig::ResNet(ResNetConfig {
                pooling: Pooling::Window(4),
                initialisation: Initialisation::PyTorchDefault,
                layers: ResNetLayers::PreActivation,
                ..residual()
            })),
            "activmask_cnn" => Some(convolutional(ConvNetKind::Cnn)),
            "activmask_autoencoder" => Some(convolutional(ConvNetKind::AutoEncoder)),
            "activmask_unet" => Some(convolutional(ConvNetKind::UNet)),
            "resnet18_imagenet" => Some(NetworkConfig::ResNet(ResNetConfig { stem: Stem::ImageNet, ..residual() })),
            "two_layer" => {
                let (channels, width) = stem("model.conv1.weight");
                Some(NetworkConfig::TwoLayer(TwoLayerConfig { channels, width, side, classes }))
            }
            "vgg16" => {
                let (channels, width) = stem("model.features.0.weight");
                let hidden = self.shape("model.classifier.0.weight")[0];
                let (size, taps, head) = ([side; 2], VggTaps::Pools, VggHead::PyTorch);
                Some(NetworkConfig::Vgg(VggConfig { channels, width, hidden, size, classes, taps, head }))
            }
            "heatmap_vgg16" => {
                let (channels, width) = stem("model.features.0.weight");
                let hidden = self.shape("model.classifier.0.weight")[0];
                let size = [self.shape("x")[2], side];
                let (taps, head) = (VggTaps::Convolutions, VggHead::Keras);
                Some(NetworkConfig::Vgg(VggConfig { channels, width, hidden, size, classes, taps, head }))
            }
            "mobilenet_v2" => {
                let channels = self.shape("model.features.0.0.weight")[1];
                Some(NetworkConfig::MobileNet(MobileNetConfig { channels, percent: 10, classes }))
            }
            "efficientnet_b0" => Some(NetworkConfig::EfficientNet(self.efficient_net())),
            "densenet" => Some(NetworkConfig::DenseNet(self.dense_net(DenseNetTaps::Transitions))),
            _ => None,
        }
    }

    /// The configuration of an EfficientNet of a tenth of B0's channels.
    fn efficient_net(&self) -> EfficientNetConfig {
        let blocks = [1, 2, 3, 4, 5, 6, 7].map(|stage| {
            let stored = |block: &usize| self.has(&format!("model.features.{stage}.{block}.block.0.0.weight"));
            (0..).take_while(stored).count()
        });
        EfficientNetConfig {
            channels: self.shape("model.features.0.0.weight")[1],
            percent: 10,
            blocks,
            last: self.shape("model.features.8.0.weight")[0],
            classes: self.shape("logits.eval")[1],
        }
    }

    /// The configuration of a DenseNet with these taps, read from the shapes of its tensors.
    fn dense_net(&self, taps: DenseNetTaps) -> DenseNetConfig {
        let shape = |name: &str| self.shape(&format!("model.features.{name}.weight"));
        let layers = |block: usize| {
            let stored =
                |layer: &usize| self.has(&format!("model.features.denseblock{block}.denselayer{layer}.conv1.weight"));
            (1..).take_while(stored).count()
        };
        let growth = shape("denseblock1.denselayer1.conv2")[0];
        DenseNetConfig {
            channels: shape("conv0")[1],
            width: shape("conv0")[0],
            growth,
            bottleneck: shape("denseblock1.denselayer1.conv1")[0] / growth,
            blocks: [1, 2, 3, 4].map(layers),
            classes: self.shape("logits.eval")[1],
            taps,
        }
    }

    /// What its network is made of for one of its losses: tap2024 penalises other activations of a DenseNet as printed than
    /// as released.
    pub(super) fn network_of(&self, loss: &str, network: NetworkConfig) -> NetworkConfig {
        match (loss, network) {
            ("tap.paper", NetworkConfig::DenseNet(_)) => NetworkConfig::DenseNet(self.dense_net(DenseNetTaps::Blocks)),
            (_, network) => network,
        }
    }

    /// Whether the stored gradients of a loss are those of its stored value.
    pub(super) fn has_true_gradients(&self, loss: &str) -> bool {
        let normalises = self.tensors.names().any(|name| name.ends_with("running_mean"));
        loss != "rbr.released" || !normalises || self.kept_statistics
    }

    /// The precision in which a loss can be compared with what is stored.
    pub(super) fn precision_of(&self, loss: &str) -> DType {
        let file = self.path.file_name().unwrap_or_default();
        match ON_A_CORNER.iter().any(|(name, of)| file == *name && of.contains(&loss)) {
            true => DType::F64,
            false => DType::F32,
        }
    }

    /// Whether the stored activations are a trace's taps; those of the other fixtures are its layers.
    pub(super) fn stores_taps(&self) -> bool {
        !self.architecture.starts_with("activmask_")
    }

    /// Whether class activation maps are made in evaluation mode.
    pub(super) fn evaluates_maps(&self) -> bool {
        self.architecture == "iclr2021_resnet"
    }

    /// Whether of the taps the last one alone is stored.
    pub(super) fn stores_last_tap_only(&self) -> bool {
        self.architecture == "heatmap_vgg16"
    }

    /// The images with masks, labels and permuted versions.
    pub(super) fn batch<B: Kernels>(&self, device: &B::Device) -> Batch<Autodiff<B>> {
        let labels: Vec<i32> = self.expected("y").iter().map(|label| *label as i32).collect();
        let count = labels.len();
        let permuted = if self.has("x_other") { "x_other" } else { "x_shuffled" };
        Batch {
            images: self.tensor("x", device),
            inside: self.tensor("inside", device),
            masked: self.tensor(permuted, device),
            labels: Tensor::<Autodiff<B>, 1, Int>::from_data(TensorData::new(labels, [count]), device),
            groups: vec![],
            teacher: None,
        }
    }

    /// The losses that it holds values of.
    pub(super) fn losses(&self) -> Vec<&str> {
        self.tensors.names().filter_map(|name| name.strip_suffix(".value")).collect()
    }

    pub(super) fn has(&self, name: &str) -> bool {
        self.tensors.get(name).is_ok()
    }

    pub(super) fn shape(&self, name: &str) -> &[usize] {
        self.get(name).0
    }

    pub(super) fn expected(&self, name: &str) -> &[f32] {
        self.get(name).1
    }

    pub(super) fn tensor<B: Kernels, const D: usize>(&self, name: &str, device: &B::Device) -> Tensor<B, D> {
        let (shape, values) = self.get(name);
        Tensor::from_data(TensorData::new(values.to_vec(), shape.to_vec()), device)
    }

    fn get(&self, name: &str) -> (&[usize], &[f32]) {
        self.tensors.get(name).unwrap_or_else(|error| panic!("{}: {error}", self.path.display()))
    }
}

//! The files of stored values.
//!
//! | | `losses_*.safetensors` | `model_<architecture>_s<scale>_seed<seed>.safetensors` |
//! |---|---|---|
//! | network | iclr2021's ResNet-18 | the one of that name |
//! | `model.` | weights in torchvision's naming | the same, or the names of [`herring_models`] |
//! | `x`, `y`, `inside` | images, classes, masks | the same |
//! | images with a permuted outside | `x_shuffled` | `x_other` |
//! | forward passes | `logits.train`, `logits.eval`, `pooled.train`, `saliency.eval`, `after_one_train_forward.` | `logits.train`, `logits.eval`, `tap0.train`, ..., `reconstruction.train` |
//! | losses | `<loss>.value`, `<loss>.grad.<parameter>` | the same, without gradients of zeros |

use burn::tensor::{Int, Tensor, TensorData};
use herring_backend::{Autodiff, Kernels};
use herring_losses::Batch;
use herring_models::{
    ConvNetConfig, ConvNetKind, Initialisation, NetworkConfig, Pooling, ResNetConfig, ResNetLayers,
    weights::{NamedTensors, WeightsError},
};
use std::path::{Path, PathBuf};

/// One file of stored values.
#[derive(Debug)]
pub struct Fixture {
    /// Where it was read from.
    pub path: PathBuf,
    /// The name of its network, for instance `iclr2021_resnet` or `activmask_unet`.
    pub architecture: String,
    /// What it holds.
    pub(super) tensors: NamedTensors,
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
        Ok(Self { path: path.to_owned(), architecture, tensors: NamedTensors::read(path)? })
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
            _ => None,
        }
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

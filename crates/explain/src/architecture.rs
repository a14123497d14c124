//! The architectures of files of weights, and how their images are prepared.

use crate::input::Input;
use herring_models::{
    DenseNetConfig, DenseNetTaps, Depth, EfficientNetConfig, EfficientNetLiteConfig, MobileNetConfig, NetworkConfig,
    ResNetConfig, Stem, VggConfig, VggHead, VggTaps, is_head, weights::NamedTensors,
};
use std::{fmt, str::FromStr};

/// An architecture whose weights come as a file: torchvision's names, and those of EfficientNet-Lite0.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Architecture {
    /// ResNet-18 with ImageNet's stem.
    ResNet18,
    /// ResNet-34 with ImageNet's stem.
    ResNet34,
    /// VGG-16 with torchvision's classifier of three layers, or with one of two, as the papers here have it.
    Vgg16,
    /// DenseNet-121.
    DenseNet121,
    /// MobileNetV2.
    MobileNetV2,
    /// EfficientNet-B0.
    EfficientNetB0,
    /// EfficientNet-Lite0.
    EfficientNetLite0,
}

impl Architecture {
    /// All of them.
    pub const ALL: [Self; 7] = [
        Self::ResNet18,
        Self::ResNet34,
        Self::Vgg16,
        Self::DenseNet121,
        Self::MobileNetV2,
        Self::EfficientNetB0,
        Self::EfficientNetLite0,
    ];

    /// Its name: what [`FromStr`] reads.
    pub fn name(self) -> &'static str {
        match self {
            Self::ResNet18 => "resnet18",
            Self::ResNet34 => "resnet34",
            Self::Vgg16 => "vgg16",
            Self::DenseNet121 => "densenet121",
            Self::MobileNetV2 => "mobilenet-v2",
            Self::EfficientNetB0 => "efficientnet-b0",
            Self::EfficientNetLite0 => "efficientnet-lite0",
        }
    }

    /// The names of all.
    pub fn names() -> Vec<&'static str> {
        Self::ALL.iter().map(|architecture| architecture.name()).collect()
    }

    /// The architecture that has tensors of such names, if there is one.
    pub fn of(tensors: &NamedTensors) -> Option<Self> {
        let has = |name: &str| tensors.get(name).is_ok();
        [
            (Self::ResNet34, "layer3.5.conv1.weight"),
            (Self::ResNet18, "layer4.1.conv2.weight"),
            (Self::DenseNet121, "features.denseblock4.denselayer16.conv2.weight"),
            (Self::MobileNetV2, "features.18.0.weight"),
            (Self::EfficientNetB0, "features.7.0.block.3.0.weight"),
            (Self::EfficientNetLite0, "blocks.15.project_conv.weight"),
            (Self::Vgg16, "features.28.weight"),
        ]
        .into_iter()
        .find_map(|(architecture, name)| has(name).then_some(architecture))
    }

    /// The network of a file with these tensors: channels and classes are the file's. Images are of `size` pixels a side, which
    /// only VGG depends on.
    pub fn config(self, tensors: &NamedTensors, size: usize) -> NetworkConfig {
        let shape = |name: &str| tensors.get(name).map(|(shape, _)| shape.to_vec()).unwrap_or_default();
        let has = |name: &str| tensors.get(name).is_ok();
        let channels = |name: &str| shape(name).get(1).copied().unwrap_or(3);
        let classes = classes(tensors).unwrap_or(1000);
        match self {
            Self::ResNet18 | Self::ResNet34 => NetworkConfig::ResNet(ResNetConfig {
                depth: if self == Self::ResNet18 { Depth::ResNet18 } else { Depth::ResNet34 },
                stem: Stem::ImageNet,
                channels: channels("conv1.weight"),
                classes,
                ..ResNetConfig::default()
            }),
            Self::Vgg16 => NetworkConfig::Vgg(VggConfig {
                channels: channels("features.0.weight"),
                width: shape("features.0.weight").first().copied().unwrap_or(64),
                hidden: shape("classifier.0.weight").first().copied().unwrap_or(4096),
                size: [size; 2],
                classes,
                taps: VggTaps::Convolutions,
                head: if has("classifier.6.weight") { VggHead::Torchvision } else { VggHead::PyTorch },
            }),
            Self::DenseNet121 => {
                let known = DenseNetConfig::densenet_121(classes, DenseNetTaps::Blocks);
                NetworkConfig::DenseNet(DenseNetConfig { channels: channels("features.conv0.weight"), ..known })
            }
            Self::MobileNetV2 => {
                let channels = channels("features.0.0.weight");
                NetworkConfig::MobileNet(MobileNetConfig { channels, percent: 100, classes })
            }
            Self::EfficientNetB0 => {
                let channels = channels("features.0.0.weight");
                NetworkConfig::EfficientNet(EfficientNetConfig { channels, ..EfficientNetConfig::b0(classes) })
            }
            Self::EfficientNetLite0 => {
                let channels = channels("conv_stem.weight");
                NetworkConfig::EfficientNetLite(EfficientNetLiteConfig {
                    channels,
                    ..EfficientNetLiteConfig::lite0(classes)
                })
            }
        }
    }

    /// How its authors prepare images for networks that were trained on ImageNet.
    pub fn input(self) -> Input {
        match self {
            Self::EfficientNetLite0 => {
                Input { mean: vec![127.0 / 255.0; 3], deviation: vec![128.0 / 255.0; 3], ..Input::imagenet() }
            }
            _ => Input::imagenet(),
        }
    }
}

impl fmt::Display for Architecture {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name())
    }
}

impl FromStr for Architecture {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, String> {
        Self::ALL
            .into_iter()
            .find(|architecture| architecture.name() == name)
            .ok_or_else(|| format!("expected one of {}", Self::names().join(", ")))
    }
}

/// The classes of a file: the values of its last layer's bias, the last of the head in the order of names.
pub fn classes(tensors: &NamedTensors) -> Option<usize> {
    let bias = tensors.names().filter(|name| is_head(name) && name.ends_with(".bias")).last()?;
    tensors.get(bias).ok().map(|(_, values)| values.len())
}

#[cfg(test)]
mod tests {
    use super::*;
    use herring_backend::Cpu;
    use herring_models::Network;
    use rand::SeedableRng;

    #[test]
    fn a_file_is_known_by_its_names_and_makes_the_same_network() {
        let random = || rand_chacha::ChaCha8Rng::seed_from_u64(1);
        for architecture in [Architecture::ResNet18, Architecture::MobileNetV2, Architecture::EfficientNetLite0] {
            let config = architecture.config(&NamedTensors::default(), 32);
            let tensors = NamedTensors::of(&Network::<Cpu>::new(&config, &mut random(), &Default::default()));
            assert_eq!(Architecture::of(&tensors), Some(architecture));
            assert_eq!(classes(&tensors), Some(1000));
            assert_eq!(architecture.config(&tensors, 32), config);
            assert_eq!(architecture.name().parse(), Ok(architecture));
        }
        for head in [VggHead::PyTorch, VggHead::Torchvision] {
            let (taps, hidden) = (VggTaps::Convolutions, 7);
            let config = VggConfig { channels: 3, width: 2, hidden, size: [32; 2], classes: 5, taps, head };
            let config = NetworkConfig::Vgg(config);
            let tensors = NamedTensors::of(&Network::<Cpu>::new(&config, &mut random(), &Default::default()));
            assert_eq!(Architecture::of(&tensors), Some(Architecture::Vgg16));
            assert_eq!(Architecture::Vgg16.config(&tensors, 32), config);
        }
        assert_eq!(Architecture::of(&NamedTensors::default()), None);
        assert!("resnet".parse::<Architecture>().unwrap_err().contains("resnet18, resnet34"));
    }
}

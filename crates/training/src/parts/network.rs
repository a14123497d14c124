//! The network that a specification names.

use herring_models::{
    ConvNetConfig, ConvNetKind, DenseNetConfig, DenseNetTaps, Depth, EfficientNetConfig, Initialisation,
    MobileNetConfig, NetworkConfig, Pooling, ResNetConfig, ResNetLayers, Stem, TwoLayerConfig, VggConfig, VggHead,
    VggTaps,
};
use herring_protocol::{
    ConvNetKindName, DenseNetTapsName, InitialisationName, ModelSpec, PoolingName, ResnetLayersName, StemName,
    VggHeadName, VggTapsName,
};

/// The positions along one side of the windows that activmask2020's residual network averages over.
const WINDOW: usize = 4;

/// The network for images `[channels, height, width]` of `classes` classes. A specification whose network takes no rectangles
/// has none.
pub fn network(spec: &ModelSpec, [channels, side, columns]: [usize; 3], classes: usize) -> NetworkConfig {
    match *spec {
        ModelSpec::Resnet { depth, stem, width, pooling, initialisation, layers } => {
            NetworkConfig::ResNet(ResNetConfig {
                depth: if depth == 34 { Depth::ResNet34 } else { Depth::ResNet18 },
                stem: match stem {
                    StemName::Small => Stem::Small,
                    StemName::Imagenet => Stem::ImageNet,
                },
                channels,
                width,
                classes,
                pooling: match pooling {
                    PoolingName::Global => Pooling::Global,
                    PoolingName::Window => Pooling::Window(WINDOW),
                },
                side,
                initialisation: match initialisation {
                    InitialisationName::KaimingNormal => Initialisation::KaimingNormal,
                    InitialisationName::PytorchDefault => Initialisation::PyTorchDefault,
                },
                layers: match layers {
                    ResnetLayersName::Normalised => ResNetLayers::Normalised,
                    ResnetLayersName::PreActivation => ResNetLayers::PreActivation,
                },
            })
        }
        ModelSpec::ConvNet { kind, width, sigmoid } => NetworkConfig::ConvNet(ConvNetConfig {
            kind: match kind {
                ConvNetKindName::Cnn => ConvNetKind::Cnn,
                ConvNetKindName::AutoEncoder => ConvNetKind::AutoEncoder,
                ConvNetKindName::Unet => ConvNetKind::UNet,
            },
            channels,
            width,
            side,
            classes,
            sigmoid,
        }),
        ModelSpec::TwoLayer { width } => NetworkConfig::TwoLayer(TwoLayerConfig { channels, width, side, classes }),
        ModelSpec::Vgg { width, hidden, taps, head } => NetworkConfig::Vgg(VggConfig {
            channels,
            width,
            hidden,
            size: [side, columns],
            classes,
            taps: match taps {
                VggTapsName::Pools => VggTaps::Pools,
                VggTapsName::Convolutions => VggTaps::Convolutions,
            },
            head: match head {
                VggHeadName::Pytorch => VggHead::PyTorch,
                VggHeadName::Keras => VggHead::Keras,
            },
        }),
        ModelSpec::MobileNet { percent } => NetworkConfig::MobileNet(MobileNetConfig { channels, percent, classes }),
        ModelSpec::EfficientNet { percent } => {
            let known = EfficientNetConfig::b0(classes);
            NetworkConfig::EfficientNet(EfficientNetConfig { channels, percent, ..known })
        }
        ModelSpec::DenseNet { width, growth, taps } => {
            let taps = match taps {
                DenseNetTapsName::Transitions => DenseNetTaps::Transitions,
                DenseNetTapsName::Blocks => DenseNetTaps::Blocks,
            };
            let known = DenseNetConfig::densenet_121(classes, taps);
            NetworkConfig::DenseNet(DenseNetConfig { channels, width, growth, ..known })
        }
    }
}

//! The network that a specification names.

use herring_backend::Kernels;
use herring_models::{
    ConvNetConfig, ConvNetKind, Depth, Initialisation, Network, NetworkConfig, Pooling, ResNetConfig,
};
use herring_protocol::{ConvNetKindName, InitialisationName, ModelSpec, PoolingName};
use rand::Rng;

/// The positions along one side of the windows that activmask2020's residual network averages over.
const WINDOW: usize = 4;

/// A network for images `[channels, side, side]` of `classes` classes, its weights drawn from `random`.
pub(crate) fn network<B: Kernels>(
    spec: &ModelSpec,
    ([channels, side, _], classes): ([usize; 3], usize),
    random: &mut impl Rng,
    device: &B::Device,
) -> Network<B> {
    let config = match *spec {
        ModelSpec::Resnet { depth, width, pooling, initialisation } => NetworkConfig::ResNet(ResNetConfig {
            depth: if depth == 34 { Depth::ResNet34 } else { Depth::ResNet18 },
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
        }),
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
    };
    Network::new(&config, random, device)
}

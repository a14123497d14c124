//! The networks that can be timed.

use super::Size;
use herring_protocol::{
    ConvNetKindName, DenseNetTapsName, InitialisationName, ModelSpec, PoolingName, ResnetLayersName, StemName,
    VggHeadName, VggTapsName,
};

/// Channels of the images, and the network with this name.
pub(crate) fn network(name: &str, width: Option<usize>) -> Result<(usize, ModelSpec), String> {
    let resnet = |stem| ModelSpec::Resnet {
        depth: 18,
        stem,
        width: width.unwrap_or(64),
        pooling: PoolingName::Global,
        initialisation: InitialisationName::KaimingNormal,
        layers: ResnetLayersName::Normalised,
    };
    let conv_net = |kind| (1, ModelSpec::ConvNet { kind, width: width.unwrap_or(16), sigmoid: true });
    Ok(match name {
        "resnet18-small" => (1, resnet(StemName::Small)),
        "resnet18" => (3, resnet(StemName::Imagenet)),
        "vgg16" => {
            let (taps, head) = (VggTapsName::Pools, VggHeadName::Pytorch);
            (3, ModelSpec::Vgg { width: width.unwrap_or(64), hidden: 1024, taps, head })
        }
        "vgg16-keras" => {
            let (taps, head) = (VggTapsName::Convolutions, VggHeadName::Keras);
            (3, ModelSpec::Vgg { width: width.unwrap_or(64), hidden: 100, taps, head })
        }
        "densenet121" => {
            let taps = DenseNetTapsName::Transitions;
            (3, ModelSpec::DenseNet { width: width.unwrap_or(64), growth: width.map_or(32, |width| width / 2), taps })
        }
        "mobilenet_v2" => (3, ModelSpec::MobileNet { percent: 100 }),
        "efficientnet_b0" => (3, ModelSpec::EfficientNet { percent: 100 }),
        "two-layer" => (1, ModelSpec::TwoLayer { width: width.unwrap_or(100) }),
        "cnn" => conv_net(ConvNetKindName::Cnn),
        "autoencoder" => conv_net(ConvNetKindName::AutoEncoder),
        "unet" => conv_net(ConvNetKindName::Unet),
        other => {
            let expected = "resnet18-small, resnet18, vgg16, vgg16-keras, densenet121, mobilenet_v2, efficientnet_b0, \
                            two-layer, cnn, autoencoder, unet";
            return Err(format!("unknown network '{other}': expected one of {expected}"));
        }
    })
}

/// Parses the name of a network.
pub(crate) fn model(text: &str) -> Result<String, String> {
    network(text, None).map(|_| text.to_owned())
}

/// Whether images of this size go through the network.
pub(crate) fn fits(model: &ModelSpec, size: Size) -> Result<(), String> {
    let Size([rows, columns]) = size;
    let least = model.least_side();
    if rows.min(columns) < least {
        return Err(format!("size: found {size}, expected at least {least} rows and columns for this network"));
    }
    if rows != columns && !model.takes_rectangles() {
        return Err(format!("size: found {size}, expected as many rows as columns for this network"));
    }
    Ok(())
}

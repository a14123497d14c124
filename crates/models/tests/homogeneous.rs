//! Logits of homogeneous networks are what their gradients with respect to images and biases say.
#![allow(clippy::unwrap_used, reason = "a test that fails here says where")]

use burn::{
    module::{Module, ModuleMapper, Param},
    tensor::{Distribution, Int, Tensor, backend::Backend},
};
use herring_backend::{Autodiff, Cpu};
use herring_models::{
    Classifier, ConvNetConfig, ConvNetKind, DenseNetConfig, DenseNetTaps, EfficientNetConfig, EfficientNetLiteConfig,
    MobileNetConfig, Mode, Network, NetworkConfig, Pooling, ResNetConfig, Stem, TwoLayerConfig, VggConfig, VggHead,
    VggTaps, gradient_with_biases,
};
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;

/// Moves biases, scales and running statistics away from where an untrained network has them.
struct Move;

impl<B: Backend> ModuleMapper<B> for Move {
    fn map_float<const D: usize>(&mut self, param: Param<Tensor<B, D>>) -> Param<Tensor<B, D>> {
        if D != 1 {
            return param;
        }
        param.map(|value| {
            let places = Tensor::<B, 1, Int>::arange(0..value.dims()[0] as i64, &value.device()).float();
            let waves = (places * 1.7 + 0.4).sin() * 0.3;
            (value.clone() + waves.reshape(value.shape())).detach().set_require_grad(value.is_require_grad())
        })
    }
}

fn network<B: herring_backend::Kernels>(config: &NetworkConfig) -> Network<B> {
    Network::new(config, &mut ChaCha8Rng::seed_from_u64(3), &Default::default()).map(&mut Move)
}

fn resnet(stem: Stem, pooling: Pooling) -> NetworkConfig {
    NetworkConfig::ResNet(ResNetConfig { stem, pooling, width: 2, classes: 3, side: 64, ..ResNetConfig::default() })
}

fn homogeneous() -> [(NetworkConfig, [usize; 2]); 7] {
    let unet = ConvNetConfig { kind: ConvNetKind::UNet, channels: 1, width: 2, side: 20, classes: 3, sigmoid: true };
    let vgg = VggConfig {
        channels: 3,
        width: 2,
        hidden: 5,
        size: [40; 2],
        classes: 3,
        taps: VggTaps::Pools,
        head: VggHead::PyTorch,
    };
    let dense = DenseNetConfig {
        channels: 3,
        width: 4,
        growth: 2,
        bottleneck: 2,
        blocks: [2, 1, 1, 2],
        classes: 3,
        taps: DenseNetTaps::Transitions,
    };
    [
        (resnet(Stem::Small, Pooling::Global), [1, 64]),
        (resnet(Stem::Small, Pooling::Window(4)), [1, 64]),
        (resnet(Stem::ImageNet, Pooling::Global), [1, 64]),
        (NetworkConfig::ConvNet(unet), [1, 20]),
        (NetworkConfig::TwoLayer(TwoLayerConfig { channels: 1, width: 3, side: 28, classes: 3 }), [1, 28]),
        (NetworkConfig::Vgg(vgg), [3, 40]),
        (NetworkConfig::DenseNet(dense), [3, 64]),
    ]
}

fn values<B: Backend, const D: usize>(tensor: Tensor<B, D>) -> Vec<f64> {
    tensor.into_data().iter().collect()
}

#[test]
fn products_with_the_gradients_amount_to_the_logits() {
    for (config, [channels, side]) in homogeneous() {
        let network = network::<Cpu>(&config);
        assert!(network.is_homogeneous(), "{config:?}");
        let device = Default::default();
        let images = Tensor::<Cpu, 4>::random([2, channels, side, side], Distribution::Uniform(0.0, 1.0), &device);
        let weights = [0.3, -1.1, 0.7];
        let row = |device| Tensor::<Autodiff<Cpu>, 1>::from_floats(weights, device).reshape([1, 3]);
        let found = gradient_with_biases(&network, images.clone(), |trace| (trace.logits.clone() * row(&device)).sum());
        let plain = values(network.trace(images.clone(), Mode::Evaluate).logits);
        let products = values((images * found.images).reshape([2, channels * side * side]).sum_dim(1));
        let biases = values(found.biases);
        assert_eq!(values(found.trace.logits), plain, "{config:?}");
        for image in 0..2 {
            let expected: f64 = plain[image * 3..][..3].iter().zip(weights).map(|(logit, weight)| logit * weight).sum();
            let said = products[image] + biases[image];
            assert!(
                (said - expected).abs() < 2e-5 * expected.abs().max(1.0),
                "{config:?}: {said}, expected {expected}"
            );
            assert!(biases[image].abs() > 1e-4, "{config:?}: the biases have no part in it");
        }
    }
}

#[test]
fn networks_with_other_activations_do_not_say_that_they_are_homogeneous() {
    let others = [
        NetworkConfig::MobileNet(MobileNetConfig { channels: 3, percent: 10, classes: 4 }),
        NetworkConfig::EfficientNet(EfficientNetConfig { percent: 10, ..EfficientNetConfig::b0(4) }),
        NetworkConfig::EfficientNetLite(EfficientNetLiteConfig { channels: 3, percent: 10, last: 16, classes: 4 }),
    ];
    for config in others {
        assert!(!network::<Cpu>(&config).is_homogeneous(), "{config:?}");
    }
}

//! A network of any architecture is that architecture: the same weights, names and files.
#![allow(clippy::unwrap_used, reason = "a test that fails here says where")]

use burn::tensor::{Tensor, TensorData};
use herring_backend::{Adam, AdamSettings, Autodiff, Cpu, Optimiser, Sgd, SgdSettings};
use herring_models::{
    Classifier, ConvNet, ConvNetConfig, ConvNetKind, DenseNetConfig, DenseNetTaps, Depth, EfficientNetConfig,
    Initialisation, MobileNetConfig, Mode, Network, NetworkConfig, Pooling, ResNet, ResNetConfig, ResNetLayers, Saved,
    Stem, Trace, TwoLayerConfig, VggConfig, VggHead, VggTaps, input_gradient, is_head,
    layers::Linear,
    weights::{self, NamedTensors},
};
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;

const RESNET: ResNetConfig = ResNetConfig {
    stem: Stem::Small,
    depth: Depth::ResNet18,
    channels: 1,
    width: 2,
    classes: 2,
    side: 28,
    pooling: Pooling::Global,
    initialisation: Initialisation::KaimingNormal,
    layers: ResNetLayers::Normalised,
};

const UNET: ConvNetConfig =
    ConvNetConfig { kind: ConvNetKind::UNet, channels: 3, width: 2, side: 20, classes: 4, sigmoid: true };

const TWO_LAYER: TwoLayerConfig = TwoLayerConfig { channels: 1, width: 3, side: 28, classes: 10 };

const VGG: VggConfig = VggConfig {
    channels: 3,
    width: 2,
    hidden: 5,
    size: [70; 2],
    classes: 4,
    taps: VggTaps::Pools,
    head: VggHead::PyTorch,
};

const DENSE_NET: DenseNetConfig = DenseNetConfig {
    channels: 3,
    width: 4,
    growth: 2,
    bottleneck: 2,
    blocks: [2, 1, 1, 2],
    classes: 4,
    taps: DenseNetTaps::Transitions,
};

fn random() -> ChaCha8Rng {
    ChaCha8Rng::seed_from_u64(3)
}

fn network(config: NetworkConfig) -> Network<Cpu> {
    Network::new(&config, &mut random(), &Default::default())
}

#[test]
fn a_network_writes_the_file_of_the_architecture_in_it() {
    let bare = ResNet::<Cpu>::new(&RESNET, &mut random(), &Default::default());
    let bytes = weights::to_bytes(&bare).unwrap();
    assert_eq!(weights::to_bytes(&network(NetworkConfig::ResNet(RESNET))).unwrap(), bytes);
    let bare = ConvNet::<Cpu>::new(&UNET, &mut random(), &Default::default());
    let bytes = weights::to_bytes(&bare).unwrap();
    assert_eq!(weights::to_bytes(&network(NetworkConfig::ConvNet(UNET))).unwrap(), bytes);
}

#[test]
fn a_network_reads_the_file_of_the_architecture_in_it() {
    let bare = ConvNet::<Cpu>::new(&UNET, &mut ChaCha8Rng::seed_from_u64(4), &Default::default());
    let bytes = weights::to_bytes(&bare).unwrap();
    let loaded = weights::load(network(NetworkConfig::ConvNet(UNET)), &NamedTensors::from_bytes(&bytes).unwrap());
    assert_eq!(weights::to_bytes(&loaded.unwrap()).unwrap(), bytes);
    let refused = weights::load(network(NetworkConfig::ResNet(RESNET)), &NamedTensors::from_bytes(&bytes).unwrap());
    assert!(refused.is_err(), "another architecture's weights");
}

#[test]
fn an_optimiser_s_moments_have_the_names_of_the_architecture_too() {
    let config = NetworkConfig::ResNet(RESNET);
    let network = Network::<Autodiff<Cpu>>::new(&config, &mut random(), &Default::default());
    let images = Tensor::ones([2, 1, 28, 28], &Default::default());
    let mut gradients = network.trace(images, Mode::Train).logits.sum().backward();
    let mut optimiser = Adam::new(AdamSettings::new(0.1));
    let network = optimiser.step::<Autodiff<Cpu>, _>(network, &mut gradients);
    let saved = Saved::optimiser::<Autodiff<Cpu>, _>(&optimiser, &network);
    assert!(saved.counts.contains_key("layer1.0.conv1.weight"), "{:?}", saved.counts.keys().next());
    let mut again = Adam::new(AdamSettings::new(0.1));
    saved.restore_optimiser::<Autodiff<Cpu>, _>(&mut again, &network).unwrap();
}

/// Of a real DenseNet-121 and VGG-16 as torchvision writes them.
#[test]
fn parameters_have_torchvision_s_names_and_shapes() {
    let named = |config| NamedTensors::of::<Cpu, _>(&network(config));
    let taps = DenseNetTaps::Blocks;
    let dense =
        named(NetworkConfig::DenseNet(DenseNetConfig { width: 2, growth: 1, ..DenseNetConfig::densenet_121(3, taps) }));
    for (name, shape) in [
        ("features.conv0.weight", vec![2, 3, 7, 7]),
        ("features.denseblock1.denselayer1.norm1.running_mean", vec![2]),
        ("features.denseblock4.denselayer16.conv2.weight", vec![1, 4, 3, 3]),
        ("features.transition3.conv.weight", vec![16, 32, 1, 1]),
        ("features.norm5.bias", vec![32]),
        ("classifier.weight", vec![3, 32]),
    ] {
        assert_eq!(dense.get(name).unwrap().0, shape, "{name}");
    }
    // As many as torchvision's DenseNet-121 has without counters: 120 convolutions, 121 normalisations, a classifier.
    assert_eq!(dense.names().count(), 120 + 4 * 121 + 2);
    let mobile = named(NetworkConfig::MobileNet(MobileNetConfig { channels: 3, percent: 100, classes: 1000 }));
    let efficient = named(NetworkConfig::EfficientNet(EfficientNetConfig::b0(1000)));
    let numbers = |tensors: &NamedTensors| -> usize {
        let trained = tensors.names().filter(|name| !name.contains("running"));
        trained.map(|name| tensors.get(name).unwrap().1.len()).sum()
    };
    // As torchvision states them for mobilenet_v2 and efficientnet_b0.
    assert_eq!([numbers(&mobile), numbers(&efficient)], [3_504_872, 5_288_548]);
    let vgg = named(NetworkConfig::Vgg(VGG));
    let names: Vec<&str> = vgg.names().filter(|name| name.ends_with("weight")).collect();
    let convolutions = [0, 10, 12, 14, 17, 19, 2, 21, 24, 26, 28, 5, 7].map(|index| format!("features.{index}.weight"));
    let linear = ["classifier.0.weight".to_owned(), "classifier.3.weight".to_owned()];
    assert_eq!(names, linear.iter().chain(&convolutions).collect::<Vec<_>>());
}

#[test]
fn shapes_follow_from_the_configuration() {
    let windows = ResNetConfig { pooling: Pooling::Window(4), side: 100, channels: 3, ..RESNET };
    let cases = [
        (NetworkConfig::ResNet(RESNET), [1, 28], None, 17),
        // 100, 50, 25, 13 rows and columns; three windows of four fit.
        (NetworkConfig::ResNet(windows), [3, 100], None, 17),
        (NetworkConfig::ConvNet(UNET), [3, 20], Some([2, 3, 20, 20]), 8),
        (
            NetworkConfig::ConvNet(ConvNetConfig { kind: ConvNetKind::AutoEncoder, ..UNET }),
            [3, 20],
            Some([2, 3, 20, 20]),
            8,
        ),
        (NetworkConfig::ConvNet(ConvNetConfig { kind: ConvNetKind::Cnn, ..UNET }), [3, 20], None, 8),
        (NetworkConfig::ResNet(ResNetConfig { stem: Stem::ImageNet, ..RESNET }), [1, 64], None, 17),
        (NetworkConfig::TwoLayer(TWO_LAYER), [1, 28], None, 2),
        (NetworkConfig::Vgg(VGG), [3, 70], None, 5),
        (NetworkConfig::DenseNet(DENSE_NET), [3, 64], None, 4),
        (NetworkConfig::MobileNet(MobileNetConfig { channels: 3, percent: 10, classes: 4 }), [3, 64], None, 4),
        (
            NetworkConfig::EfficientNet(EfficientNetConfig { percent: 10, ..EfficientNetConfig::b0(4) }),
            [3, 64],
            None,
            4,
        ),
    ];
    for (config, [channels, side], drawn, layers) in cases {
        let images = Tensor::<Cpu, 4>::ones([2, channels, side, side], &Default::default());
        let trace = network(config).trace(images, Mode::Train);
        assert_eq!(trace.pooled.dims(), [2, config.features()], "{config:?}");
        assert_eq!(trace.reconstruction.map(|images| images.dims()), drawn, "{config:?}");
        assert_eq!(trace.layers.len(), layers, "{config:?}");
    }
    assert_eq!(windows.features(), 2 * 8 * 9);
}

/// Fused operations have the values of those that they stand for, to the last bit.
#[test]
fn outputs_are_what_a_trace_has_besides_layers() {
    let windows = ResNetConfig { pooling: Pooling::Window(4), side: 100, channels: 3, width: 12, ..RESNET };
    let sums = ResNetConfig { layers: ResNetLayers::PreActivation, stem: Stem::ImageNet, ..RESNET };
    let cases = [
        (NetworkConfig::ResNet(windows), [3, 100]),
        (NetworkConfig::ResNet(sums), [1, 64]),
        (NetworkConfig::ConvNet(ConvNetConfig { width: 9, ..UNET }), [3, 20]),
        (NetworkConfig::ConvNet(ConvNetConfig { kind: ConvNetKind::Cnn, ..UNET }), [3, 20]),
        (NetworkConfig::TwoLayer(TWO_LAYER), [1, 28]),
        (NetworkConfig::Vgg(VGG), [3, 70]),
        (NetworkConfig::Vgg(VggConfig { taps: VggTaps::Convolutions, ..VGG }), [3, 70]),
        (NetworkConfig::DenseNet(DENSE_NET), [3, 64]),
    ];
    for (config, [channels, side]) in cases {
        let network = network(config);
        let images = (0..2 * channels * side * side).map(|index| (index * 7 % 23) as f32 / 11.0 - 1.0);
        let data = TensorData::new(images.collect::<Vec<f32>>(), [2, channels, side, side]);
        let images = Tensor::<Cpu, 4>::from_data(data, &Default::default());
        for mode in [Mode::Train, Mode::Evaluate] {
            let (trace, outputs) = (network.trace(images.clone(), mode), network.outputs(images.clone(), mode));
            let of_matrices = |trace: &Trace<Cpu>| [&trace.logits, &trace.pooled].map(|found| found.to_data());
            assert_eq!(of_matrices(&trace), of_matrices(&outputs), "{config:?}, {mode:?}");
            let taps = |trace: Trace<Cpu>| trace.taps.into_iter().map(Tensor::into_data).collect::<Vec<_>>();
            let measured = |trace: &Trace<Cpu>| -> Vec<_> {
                trace.statistics.iter().map(|one| (one.mean.to_data(), one.variance.to_data(), one.count)).collect()
            };
            assert_eq!(measured(&trace), measured(&outputs), "{config:?}, {mode:?}");
            assert_eq!(taps(trace), taps(outputs), "{config:?}, {mode:?}");
        }
    }
}

#[test]
fn one_pass_gives_the_gradient_and_all_that_a_trace_shows() {
    let config = NetworkConfig::ConvNet(UNET);
    let network = Network::<Autodiff<Cpu>>::new(&config, &mut random(), &Default::default());
    let images = Tensor::<Autodiff<Cpu>, 4>::ones([2, 3, 20, 20], &Default::default());
    let plain = network.trace(images.clone(), Mode::Train);
    let found = input_gradient(&network, images, Mode::Train, |trace| trace.logits.clone().sum()).trace;
    let same = |left: Tensor<Autodiff<Cpu>, 4>, right: Tensor<Autodiff<Cpu>, 4>| {
        assert_eq!(left.into_data(), right.into_data());
    };
    same(found.reconstruction.clone().unwrap(), plain.reconstruction.unwrap());
    for (left, right) in found.layers.into_iter().zip(plain.layers) {
        same(left, right);
    }
    // The trace on the level below still depends on the parameters, the decoder's too.
    let mut gradients = found.reconstruction.unwrap().sum().backward();
    let mut optimiser = Adam::new(AdamSettings::new(0.1));
    let network = optimiser.step::<Autodiff<Cpu>, _>(network, &mut gradients);
    assert!(Saved::optimiser::<Autodiff<Cpu>, _>(&optimiser, &network).counts.contains_key("up0.2.bias"));
}

/// `torch.optim.SGD(lr=0.1, momentum=0.9)` on the loss `sum(w^2) / 2`: the gradient is the weight itself.
#[test]
fn momentum_carries_a_share_of_the_last_step_on() {
    let device = Default::default();
    let linear = Linear::<Autodiff<Cpu>>::new(1, 1, &mut random(), &device);
    let weight = |linear: &Linear<Autodiff<Cpu>>| linear.weight.val().into_data().iter::<f64>().next().unwrap();
    let mut optimiser = Sgd::new(SgdSettings { learning_rate: 0.1, momentum: 0.9 });
    let start = weight(&linear);
    let (mut expected, mut velocity) = (start, 0.0);
    let mut current = linear;
    for _ in 0..4 {
        let weights = current.weight.val();
        let mut gradients = ((weights.clone() * weights).sum() / 2.0).backward();
        current = optimiser.step::<Autodiff<Cpu>, _>(current, &mut gradients);
        velocity = 0.9 * velocity + expected;
        expected -= 0.1 * velocity;
        assert!((weight(&current) - expected).abs() < 1e-6 * start.abs(), "{} {expected}", weight(&current));
    }
    // The velocity goes into a checkpoint, and a step from there is the same.
    let saved = Saved::optimiser::<Autodiff<Cpu>, _>(&optimiser, &current);
    assert_eq!(saved.counts.get("weight"), Some(&4));
    let mut again = Sgd::new(SgdSettings { learning_rate: 0.1, momentum: 0.9 });
    saved.restore_optimiser::<Autodiff<Cpu>, _>(&mut again, &current).unwrap();
    let stepped = |optimiser: &mut Sgd<Cpu>| {
        let weights = current.weight.val();
        let mut gradients = ((weights.clone() * weights).sum() / 2.0).backward();
        weight(&optimiser.step::<Autodiff<Cpu>, _>(current.clone(), &mut gradients))
    };
    assert_eq!(stepped(&mut optimiser), stepped(&mut again));
}

#[test]
fn torchvisions_classifier_of_vgg_has_two_hidden_layers() {
    let config = VggConfig { head: VggHead::Torchvision, ..VGG };
    let network = network(NetworkConfig::Vgg(config));
    let tensors = NamedTensors::of(&network);
    let head = tensors.names().filter(|name| is_head(name)).map(|name| (name, tensors.get(name).unwrap().0));
    assert_eq!(
        head.collect::<Vec<_>>(),
        [
            ("classifier.0.bias", &[5][..]),
            ("classifier.0.weight", &[5, 64]),
            ("classifier.3.bias", &[5]),
            ("classifier.3.weight", &[5, 5]),
            ("classifier.6.bias", &[4]),
            ("classifier.6.weight", &[4, 5]),
        ]
    );
    let trace = network.trace(Tensor::ones([2, 3, 70, 70], &Default::default()), Mode::Evaluate);
    assert_eq!((trace.logits.dims(), trace.pooled.dims()), ([2, 4], [2, 5]));
}

/// Dropout acts in training with a key alone; the key decides it.
#[test]
fn a_key_decides_what_a_network_drops() {
    let config = NetworkConfig::Vgg(VggConfig {
        channels: 1,
        width: 2,
        hidden: 16,
        size: [32; 2],
        classes: 3,
        taps: VggTaps::Pools,
        head: VggHead::PyTorch,
    });
    let vgg = network(config);
    let images = || Tensor::<Cpu, 4>::ones([2, 1, 32, 32], &Default::default());
    let logits =
        |network: &Network<Cpu>, mode| network.trace(images(), mode).logits.into_data().to_vec::<f32>().unwrap();
    let plain = logits(&vgg, Mode::Evaluate);
    assert_eq!(logits(&vgg, Mode::Train), plain, "without a key nothing is dropped");
    let [one, other] = [1, 2].map(|key| vgg.clone().with_noise(key));
    assert_eq!(logits(&one, Mode::Evaluate), plain);
    assert_ne!(logits(&one, Mode::Train), plain);
    assert_eq!(logits(&one, Mode::Train), logits(&one, Mode::Train), "a pass changes nothing");
    assert_ne!(logits(&one, Mode::Train), logits(&other, Mode::Train));
    assert_eq!(logits(&one.with_noise(2), Mode::Train), logits(&other, Mode::Train));
    let b0 = NetworkConfig::EfficientNet(EfficientNetConfig { channels: 1, percent: 10, ..EfficientNetConfig::b0(3) });
    let b0 = network(b0);
    assert_ne!(logits(&b0.clone().with_noise(1), Mode::Train), logits(&b0.with_noise(2), Mode::Train));
}

//! Networks that start from files.
#![allow(clippy::unwrap_used, reason = "a test that fails here says where")]

mod common;

use common::{all, fixture, network, two_layer};
use herring_backend::Cpu;
use herring_models::{
    DenseNet, DenseNetConfig, DenseNetTaps, Depth, Initialisation, Network, NetworkConfig, ResNet, ResNetConfig, Stem,
    Vgg, VggConfig, VggHead, VggTaps, weights::NamedTensors,
};
use herring_weights::{WeightsError, fit, read};
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;

fn random() -> ChaCha8Rng {
    ChaCha8Rng::seed_from_u64(7)
}

/// The tensors of a module without those that `leave_out` names, with the value 0.5 everywhere.
fn halves(own: &NamedTensors, leave_out: impl Fn(&str) -> bool) -> NamedTensors {
    let mut halves = NamedTensors::default();
    for name in own.names().filter(|name| !leave_out(name)) {
        let (shape, values) = own.get(name).unwrap();
        halves.insert(name.to_owned(), shape.to_vec(), vec![0.5; values.len()]);
    }
    halves
}

#[test]
fn a_network_takes_over_all_of_a_file() {
    let file = read(&fixture("two-layer.pth")).unwrap();
    let fitted = fit(network(3, 5), &file.tensors).unwrap();
    assert_eq!(all(&NamedTensors::of(&fitted.network)), all(&two_layer()));
    assert_eq!((fitted.random.len(), fitted.unused.len(), fitted.note()), (0, 0, None));
}

#[test]
fn a_head_that_does_not_fit_stays_random() {
    let file = read(&fixture("two-layer.pth")).unwrap();
    let fitted = fit(network(3, 2), &file.tensors).unwrap();
    let (own, fitted_tensors) = (NamedTensors::of(&network(3, 2)), NamedTensors::of(&fitted.network));
    for name in ["fc.weight", "fc.bias"] {
        assert_eq!(fitted_tensors.get(name).unwrap(), own.get(name).unwrap());
    }
    assert_eq!(fitted_tensors.get("conv2.bias").unwrap(), two_layer().get("conv2.bias").unwrap());
    assert_eq!(fitted.random, ["fc.bias", "fc.weight"]);
    assert_eq!(fitted.unused, ["fc.bias", "fc.weight"]);
    let note = "random weights, since the file's do not fit: fc.bias, fc.weight";
    assert_eq!(fitted.note().as_deref(), Some(note));
}

#[test]
fn a_body_that_does_not_fit_is_an_error_with_names_and_shapes() {
    let text = |error: WeightsError| {
        let text = error.to_string();
        assert_eq!(text.lines().count(), 1, "{text}");
        text
    };
    let mut tensors = halves(&NamedTensors::of(&network(3, 5)), |name| name == "conv2.bias");
    let missing = text(fit(network(3, 5), &tensors).unwrap_err());
    assert!(missing.ends_with("the tensor 'conv2.bias' is missing, expected it with shape [2]"), "{missing}");
    tensors.insert("conv2.bias".to_owned(), vec![4], vec![0.0; 4]);
    let shape = text(fit(network(3, 5), &tensors).unwrap_err());
    assert!(shape.ends_with("the tensor 'conv2.bias' has shape [4], expected [2]"), "{shape}");
    tensors.insert("conv2.bias".to_owned(), vec![2], vec![0.0; 2]);
    tensors.insert("conv3.bias".to_owned(), vec![2], vec![0.0; 2]);
    let unknown = text(fit(network(3, 5), &tensors).unwrap_err());
    assert!(unknown.ends_with("the tensor 'conv3.bias' with shape [2] belongs to no parameter of this network"));
    let counter = tensors.renamed(|name| name.replace("conv3.bias", "bn.num_batches_tracked"));
    assert!(fit(network(3, 5), &counter).is_ok());
}

#[test]
fn colour_weights_are_not_summed_for_grey_images() {
    let file = read(&fixture("two-layer.pth")).unwrap();
    let error = fit(network(1, 5), &file.tensors).unwrap_err();
    let WeightsError::Channels { name, found, .. } = &error else { unreachable!("{error}") };
    assert_eq!((name.as_str(), *found), ("conv1.weight", 3));
    assert!(error.to_string().ends_with("give the network images of 3 channels"), "{error}");
}

#[test]
fn keras_vgg_is_the_body_of_a_vgg() {
    let config = VggConfig {
        channels: 3,
        width: 1,
        hidden: 4,
        size: [32; 2],
        classes: 2,
        taps: VggTaps::Pools,
        head: VggHead::PyTorch,
    };
    let network = Vgg::<Cpu>::new(&config, &mut random(), &Default::default());
    let file = read(&fixture("keras.h5")).unwrap();
    let fitted = fit(network, &file.tensors).unwrap();
    let heads = ["classifier.0.bias", "classifier.0.weight", "classifier.3.bias", "classifier.3.weight"];
    assert_eq!(fitted.random, heads);
    assert!(fitted.unused.is_empty());
    let tensors = NamedTensors::of(&fitted.network);
    let body = all(&tensors).into_iter().filter(|(name, ..)| name.starts_with("features"));
    assert_eq!(body.collect::<Vec<_>>(), all(&file.tensors));
}

/// Three layers in torchvision's classifier, two in the protocol's: replaced as a whole, though the names overlap.
#[test]
fn a_classifier_of_other_layers_is_replaced_as_a_whole() {
    let config = VggConfig {
        channels: 3,
        width: 1,
        hidden: 4,
        size: [32; 2],
        classes: 2,
        taps: VggTaps::Pools,
        head: VggHead::PyTorch,
    };
    let network = Vgg::<Cpu>::new(&config, &mut random(), &Default::default());
    let mut tensors = halves(&NamedTensors::of(&network), |name| name == "classifier.3.weight");
    tensors.insert("classifier.3.weight".to_owned(), vec![4, 4], vec![0.5; 16]);
    tensors.insert("classifier.6.weight".to_owned(), vec![1000, 4], vec![0.5; 4000]);
    let own = NamedTensors::of(&network);
    let fitted = fit(network, &tensors).unwrap();
    assert_eq!((fitted.random.len(), fitted.unused.len()), (4, 5));
    let kept = NamedTensors::of(&fitted.network);
    assert_eq!(kept.get("classifier.0.weight").unwrap(), own.get("classifier.0.weight").unwrap());
}

#[test]
fn old_names_of_densenet_fit() {
    let taps = DenseNetTaps::Transitions;
    let config =
        DenseNetConfig { channels: 3, width: 2, growth: 1, blocks: [1, 2, 1, 1], bottleneck: 1, classes: 2, taps };
    let network = DenseNet::<Cpu>::new(&config, &mut random(), &Default::default());
    let old = halves(&NamedTensors::of(&network), |_| false).renamed(|name| {
        let inside = name.contains("denselayer");
        ["norm1", "norm2", "conv1", "conv2"]
            .iter()
            .filter(|_| inside)
            .fold(name.to_owned(), |name, part| name.replace(part, &format!("{}.{}", &part[..4], &part[4..])))
    });
    assert!(old.get("features.denseblock2.denselayer2.norm.1.running_mean").is_ok());
    let path = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(path.path(), old.to_bytes(None).unwrap()).unwrap();
    let fitted = fit(network, &read(path.path()).unwrap().tensors).unwrap();
    assert!(fitted.random.is_empty());
    assert!(
        all(&NamedTensors::of(&fitted.network)).iter().all(|(_, _, values)| values.iter().all(|value| *value == 0.5))
    );
}

/// The head of each architecture is found, through the type that a run trains.
#[test]
fn every_architecture_has_a_head() {
    let resnet = ResNetConfig {
        depth: Depth::ResNet18,
        stem: Stem::ImageNet,
        channels: 3,
        width: 2,
        initialisation: Initialisation::KaimingNormal,
        ..ResNetConfig::default()
    };
    let mobile = herring_models::MobileNetConfig { channels: 3, percent: 10, classes: 2 };
    let efficient = herring_models::EfficientNetConfig {
        percent: 10,
        blocks: [1; 7],
        last: 8,
        ..herring_models::EfficientNetConfig::b0(2)
    };
    let cases = [
        (NetworkConfig::ResNet(resnet), vec!["fc.bias", "fc.weight"]),
        (NetworkConfig::MobileNet(mobile), vec!["classifier.1.bias", "classifier.1.weight"]),
        (NetworkConfig::EfficientNet(efficient), vec!["classifier.1.bias", "classifier.1.weight"]),
    ];
    for (config, head) in cases {
        let network = Network::<Cpu>::new(&config, &mut random(), &Default::default());
        let tensors =
            halves(&NamedTensors::of(&network), |name| name.starts_with("fc.") || name.starts_with("classifier."));
        let fitted = fit(network, &tensors).unwrap();
        assert_eq!(fitted.random, head);
        let body = all(&NamedTensors::of(&fitted.network));
        let body = body.iter().filter(|(name, ..)| !head.contains(&name.as_str()));
        assert!(body.flat_map(|(_, _, values)| values).all(|value| *value == 0.5));
    }
    let bare = ResNet::<Cpu>::new(&resnet, &mut random(), &Default::default());
    assert!(fit(bare, &NamedTensors::default()).is_err());
}

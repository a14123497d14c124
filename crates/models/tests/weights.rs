//! Weights survive the way to a file and back, and damage is named.
#![allow(clippy::unwrap_used, reason = "a test that fails here says where")]

use burn::tensor::Tensor;
use herring_backend::Cpu;
use herring_models::{
    Classifier, Depth, Mode, ResNet, ResNetConfig,
    weights::{self, NamedTensors, WeightsError},
};
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;

fn network(depth: Depth, width: usize, seed: u64) -> ResNet<Cpu> {
    let config = ResNetConfig { depth, width, ..ResNetConfig::default() };
    ResNet::new(&config, &mut ChaCha8Rng::seed_from_u64(seed), &Default::default())
}

fn logits(model: &ResNet<Cpu>) -> Vec<f32> {
    let images = Tensor::ones([2, 1, 9, 9], &Default::default());
    model.trace(images, Mode::Evaluate).logits.into_data().iter().collect()
}

#[test]
fn what_is_saved_is_loaded() {
    for depth in [Depth::ResNet18, Depth::ResNet34] {
        let saved = network(depth, 2, 1);
        let bytes = weights::to_bytes(&saved).unwrap();
        let loaded = weights::load(network(depth, 2, 2), &NamedTensors::from_bytes(&bytes).unwrap()).unwrap();
        assert_eq!(logits(&saved), logits(&loaded));
        assert_eq!(weights::to_bytes(&loaded).unwrap(), bytes);
    }
}

#[test]
fn names_and_shapes_are_torchvision_s() {
    let bytes = weights::to_bytes(&network(Depth::ResNet18, 4, 1)).unwrap();
    let tensors = NamedTensors::from_bytes(&bytes).unwrap();
    let shape = |name: &str| tensors.get(name).unwrap().0.to_vec();
    assert_eq!(shape("conv1.weight"), [4, 1, 3, 3]);
    assert_eq!(shape("bn1.running_var"), [4]);
    assert_eq!(shape("layer1.0.conv1.weight"), [4, 4, 3, 3]);
    assert_eq!(shape("layer2.0.downsample.0.weight"), [8, 4, 1, 1]);
    assert_eq!(shape("layer4.1.bn2.bias"), [32]);
    assert_eq!(shape("fc.weight"), [2, 32]);
    assert_eq!(tensors.names().count(), 102, "torchvision's 122 names less 20 counters");
}

#[test]
fn a_truncated_file_is_an_error_wherever_it_ends() {
    let bytes = weights::to_bytes(&network(Depth::ResNet18, 1, 1)).unwrap();
    for part in 0..64 {
        let end = bytes.len() * part / 64;
        let error = NamedTensors::from_bytes(&bytes[..end]).unwrap_err();
        assert!(matches!(error, WeightsError::Format { .. }), "cut at {end}: {error}");
    }
}

#[test]
fn a_file_that_does_not_exist_is_named() {
    let error = NamedTensors::read("no/such/file.safetensors".as_ref()).unwrap_err();
    assert!(error.to_string().starts_with("no/such/file.safetensors: "), "{error}");
}

#[test]
fn another_network_s_weights_are_refused() {
    let narrow = NamedTensors::from_bytes(&weights::to_bytes(&network(Depth::ResNet18, 1, 1)).unwrap()).unwrap();
    let error = weights::load(network(Depth::ResNet18, 2, 1), &narrow).unwrap_err();
    assert!(matches!(error, WeightsError::Shape { .. }), "{error}");
    let error = weights::load(network(Depth::ResNet34, 1, 1), &narrow).unwrap_err();
    assert!(matches!(&error, WeightsError::Missing { name, .. } if name.starts_with("layer")), "{error}");
    let deep = NamedTensors::from_bytes(&weights::to_bytes(&network(Depth::ResNet34, 1, 1)).unwrap()).unwrap();
    let error = weights::load(network(Depth::ResNet18, 1, 1), &deep).unwrap_err();
    assert!(matches!(error, WeightsError::Unexpected { .. }), "{error}");
}

#[test]
fn pytorch_s_counters_are_passed_over() {
    let bytes = weights::to_bytes(&network(Depth::ResNet18, 1, 1)).unwrap();
    let tensors = NamedTensors::from_bytes(&bytes).unwrap();
    let renamed = tensors.renamed(|name| match name {
        "fc.bias" => "fc.num_batches_tracked".to_owned(),
        other => other.to_owned(),
    });
    let error = weights::load(network(Depth::ResNet18, 1, 1), &renamed).unwrap_err();
    assert!(matches!(error, WeightsError::Missing { name, .. } if name == "fc.bias"));
}

/// The experiments' numbers depend on these draws, so they are the same from release to release.
#[test]
fn the_default_network_of_a_seed_stays_what_it_was() {
    let tensors = NamedTensors::of(&network(Depth::ResNet18, 8, 1));
    let last = |name: &str| *tensors.get(name).unwrap().1.last().unwrap();
    assert_eq!(last("conv1.weight"), -0.099_929_6);
    assert_eq!(last("layer4.1.conv2.weight"), 0.110_139_81);
    assert_eq!(last("fc.bias"), -0.027_606_606);
}

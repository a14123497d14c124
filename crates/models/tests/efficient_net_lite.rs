//! EfficientNet-Lite0 against PyTorch.
#![allow(clippy::unwrap_used, reason = "a test that fails here says where")]

use burn::tensor::{Tensor, TensorData};
use herring_backend::Cpu;
use herring_models::{
    Classifier, EfficientNetLite, EfficientNetLiteConfig, Mode, Network, NetworkConfig, input_gradient,
    weights::{self, NamedTensors},
};
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;

/// Largest difference from PyTorch's doubles that passes, relative to the largest value.
const TOLERANCE: f32 = 2e-5;

fn assert_close(name: &str, found: &[f32], expected: &[f32]) {
    assert_eq!(found.len(), expected.len(), "{name}");
    let largest = expected.iter().fold(0.0f32, |largest, value| largest.max(value.abs()));
    for (found, expected) in found.iter().zip(expected) {
        assert!((found - expected).abs() <= TOLERANCE * largest, "{name}: {found} instead of {expected}");
    }
}

fn values<const D: usize>(tensor: Tensor<Cpu, D>) -> Vec<f32> {
    tensor.into_data().iter().collect()
}

#[test]
fn logits_and_input_gradients_are_pytorch_s_also_where_margins_are_odd() {
    let stored = NamedTensors::from_bytes(include_bytes!("golden/efficient_net_lite.safetensors")).unwrap();
    let config = EfficientNetLiteConfig { channels: 3, percent: 10, last: 24, classes: 5 };
    let fresh = EfficientNetLite::<Cpu>::new(&config, &mut ChaCha8Rng::seed_from_u64(1), &Default::default());
    let model = weights::load(fresh, &stored.below("model.")).unwrap();
    for name in ["even", "odd"] {
        let (shape, images) = stored.get(&format!("{name}.images")).unwrap();
        let images = Tensor::<Cpu, 4>::from_data(TensorData::new(images.to_vec(), shape.to_vec()), &Default::default());
        let score = |trace: &herring_models::Trace<_>| trace.logits.clone().narrow(1, 0, 1).sum_dim(0).reshape([1]);
        let found = input_gradient(&model, images, Mode::Evaluate, score);
        assert_close("logits", &values(found.trace.logits), stored.get(&format!("{name}.logits")).unwrap().1);
        assert_close("gradient", &values(found.gradient), stored.get(&format!("{name}.gradient")).unwrap().1);
        let strides: Vec<usize> = found.trace.taps.iter().map(|tap| shape[2].div_ceil(tap.dims()[2])).collect();
        assert_eq!((strides.len(), found.trace.taps[3].dims()[1]), (4, 24), "{strides:?}");
    }
}

#[test]
fn a_batch_moves_every_running_statistic() {
    let config =
        NetworkConfig::EfficientNetLite(EfficientNetLiteConfig { percent: 10, last: 16, channels: 1, classes: 2 });
    let network = Network::<Cpu>::new(&config, &mut ChaCha8Rng::seed_from_u64(1), &Default::default());
    let images = Tensor::<Cpu, 4>::ones([2, 1, 33, 40], &Default::default()) * 0.3;
    let trace = network.trace(images, Mode::Train);
    assert_eq!(trace.statistics.len(), 1 + 2 + 15 * 3 + 1);
    let before = NamedTensors::of(&network);
    let after = NamedTensors::of(&network.absorb(trace.statistics));
    for name in before.names().filter(|name| name.ends_with("running_var")) {
        assert_ne!(before.get(name).unwrap().1, after.get(name).unwrap().1, "{name}");
    }
}

#[test]
fn names_are_those_of_the_converted_files() {
    let config = EfficientNetLiteConfig::lite0(1000);
    let network = EfficientNetLite::<Cpu>::new(&config, &mut ChaCha8Rng::seed_from_u64(1), &Default::default());
    let tensors = NamedTensors::of(&network);
    // 296 tensors of the file without its 49 counters.
    assert_eq!(tensors.names().count(), 247);
    for (name, shape) in [
        ("conv_stem.weight", vec![32, 3, 3, 3]),
        ("blocks.0.depthwise_conv.weight", vec![32, 1, 3, 3]),
        ("blocks.15.project_conv.weight", vec![320, 1152, 1, 1]),
        ("conv_head.weight", vec![1280, 320, 1, 1]),
        ("fc.weight", vec![1000, 1280]),
    ] {
        assert_eq!(tensors.get(name).unwrap().0, shape, "{name}");
    }
}

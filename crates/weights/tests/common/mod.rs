//! The committed files, and small networks.
#![allow(dead_code, clippy::unwrap_used, reason = "each test uses a part; a test that fails here says where")]

use herring_backend::Cpu;
use herring_models::{TwoLayer, TwoLayerConfig, weights::NamedTensors};
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use std::path::PathBuf;

/// A committed file.
pub(crate) fn fixture(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures").join(name)
}

/// Names and shapes of the two-layer network in the files, in the order in which their values were counted.
pub(crate) const TWO_LAYER: [(&str, &[usize]); 6] = [
    ("conv1.weight", &[2, 3, 3, 3]),
    ("conv1.bias", &[2]),
    ("conv2.weight", &[2, 2, 3, 3]),
    ("conv2.bias", &[2]),
    ("fc.weight", &[5, 2]),
    ("fc.bias", &[5]),
];

/// `k + i / 64` for the elements `i` of tensor `k`.
pub(crate) fn values(k: usize, shape: &[usize]) -> Vec<f32> {
    (0..shape.iter().product()).map(|i: usize| k as f32 + i as f32 / 64.0).collect()
}

/// The two-layer network's tensors as the files hold them.
pub(crate) fn two_layer() -> NamedTensors {
    let mut tensors = NamedTensors::default();
    for (k, (name, shape)) in TWO_LAYER.into_iter().enumerate() {
        tensors.insert(name.to_owned(), shape.to_vec(), values(k, shape));
    }
    tensors
}

/// A two-layer network for images of 8 pixels with random weights.
pub(crate) fn network(channels: usize, classes: usize) -> TwoLayer<Cpu> {
    let config = TwoLayerConfig { channels, width: 2, side: 8, classes };
    TwoLayer::new(&config, &mut ChaCha8Rng::seed_from_u64(1), &Default::default())
}

/// All tensors, to compare.
pub(crate) fn all(tensors: &NamedTensors) -> Vec<(String, Vec<usize>, Vec<f32>)> {
    let of = |name: &str| tensors.get(name).map(|(shape, values)| (name.to_owned(), shape.to_vec(), values.to_vec()));
    tensors.names().map(|name| of(name).unwrap()).collect()
}

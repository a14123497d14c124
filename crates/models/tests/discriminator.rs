//! Spectral normalisation divides by the largest singular value.
#![allow(clippy::unwrap_used, reason = "a test that fails here says where")]

use burn::tensor::Tensor;
use herring_backend::{Autodiff, Cpu};
use herring_models::{
    Discriminator, DiscriminatorConfig,
    weights::{self, NamedTensors},
};
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;

type A = Autodiff<Cpu>;

fn discriminator(spectral: bool) -> Discriminator<A> {
    let config = DiscriminatorConfig { features: 3, hidden: 3, layers: 1, spectral };
    Discriminator::new(&config, &mut ChaCha8Rng::seed_from_u64(4), &Default::default())
}

fn answer(discriminator: &Discriminator<A>, features: [[f32; 3]; 1]) -> f32 {
    discriminator.forward(Tensor::from_floats(features, &Default::default())).into_scalar()
}

#[test]
fn power_iterations_find_the_largest_singular_value() {
    // A diagonal weight, whose singular values are its entries; no biases; the output sums.
    let saved = NamedTensors::from_bytes(&weights::to_bytes(&discriminator(true)).unwrap()).unwrap();
    let values = |name: &str| -> Vec<f32> {
        match name {
            "hidden.0.weight" => vec![4.0, 0.0, 0.0, 0.0, 2.0, 0.0, 0.0, 0.0, 1.0],
            "output.weight" => vec![1.0; 3],
            "hidden.0.bias" => vec![0.0; 3],
            "output.bias" => vec![0.0],
            other => saved.get(other).unwrap().1.to_vec(),
        }
    };
    let chosen = saved.with_values(values);
    let mut discriminator = weights::load(discriminator(true), &chosen).unwrap();
    for _ in 0..30 {
        discriminator = discriminator.iterate();
    }
    let found = answer(&discriminator, [[1.0, 1.0, 1.0]]);
    assert!((found - 7.0 / 4.0).abs() < 1e-5, "{found}");
}

#[test]
fn without_spectral_normalisation_iterating_changes_nothing() {
    let plain = discriminator(false);
    let before = answer(&plain, [[0.3, -1.0, 2.0]]);
    assert_eq!(before, answer(&plain.iterate(), [[0.3, -1.0, 2.0]]));
}

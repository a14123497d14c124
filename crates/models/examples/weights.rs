//! Writes a network as a safetensors file with torchvision's names, and reads it back.
//!
//! `cargo run --release -p herring-models --example weights -- /tmp/resnet.safetensors`

use burn::tensor::Tensor;
use herring_backend::Cpu;
use herring_models::{
    Classifier, Depth, Mode, ResNet, ResNetConfig,
    weights::{self, NamedTensors},
};
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use std::{error::Error, path::PathBuf};

fn main() -> Result<(), Box<dyn Error>> {
    let path =
        std::env::args_os().nth(1).map_or_else(|| std::env::temp_dir().join("resnet.safetensors"), PathBuf::from);
    let device = Default::default();
    let config = ResNetConfig { depth: Depth::ResNet18, width: 8, ..ResNetConfig::default() };
    let fresh = |seed| ResNet::<Cpu>::new(&config, &mut ChaCha8Rng::seed_from_u64(seed), &device);

    let saved = fresh(1);
    std::fs::write(&path, weights::to_bytes(&saved)?)?;
    let tensors = NamedTensors::read(&path)?;
    for name in tensors.names().take(4) {
        println!("{name}: {:?}", tensors.get(name)?.0);
    }
    let loaded = weights::load(fresh(2), &tensors)?;

    let images = Tensor::ones([2, 1, 28, 28], &device);
    let logits = |model: &ResNet<Cpu>| model.trace(images.clone(), Mode::Evaluate).logits;
    println!("largest difference of the logits: {}", (logits(&saved) - logits(&loaded)).abs().max().into_scalar());
    Ok(())
}

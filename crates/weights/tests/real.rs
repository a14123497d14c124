//! Real files, where there are any: `HERRING_WEIGHTS=FOLDER cargo test --release -p herring-weights --test real`.
//!
//! The folder may hold any of the known files, and files of torchvision's networks written by `torch.save` under the names
//! `NETWORK-zip.pth`, `NETWORK-legacy.pth` and `NETWORK-half.pth`.
#![allow(clippy::unwrap_used, reason = "a test that fails here says where")]

mod common;

use common::all;
use herring_backend::Cpu;
use herring_models::{
    DenseNetConfig, DenseNetTaps, EfficientNetConfig, EfficientNetLiteConfig, MobileNetConfig, Network, NetworkConfig,
    ResNetConfig, Stem, VggConfig, VggHead, VggTaps, weights::NamedTensors,
};
use herring_weights::{KnownState, fit, inspect, read};
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use std::path::PathBuf;

fn folder() -> Option<PathBuf> {
    std::env::var_os("HERRING_WEIGHTS").map(PathBuf::from)
}

/// torchvision's network of that name, for colour images and two classes.
fn config(name: &str) -> Option<NetworkConfig> {
    let taps = DenseNetTaps::Transitions;
    Some(match name {
        "resnet18" => {
            NetworkConfig::ResNet(ResNetConfig { stem: Stem::ImageNet, channels: 3, ..ResNetConfig::default() })
        }
        "vgg16" => NetworkConfig::Vgg(VggConfig {
            channels: 3,
            width: 64,
            hidden: 16,
            size: [224; 2],
            classes: 2,
            taps: VggTaps::Pools,
            head: VggHead::PyTorch,
        }),
        "densenet121" => NetworkConfig::DenseNet(DenseNetConfig::densenet_121(2, taps)),
        "mobilenet_v2" => NetworkConfig::MobileNet(MobileNetConfig { channels: 3, percent: 100, classes: 2 }),
        "efficientnet_b0" => NetworkConfig::EfficientNet(EfficientNetConfig::b0(2)),
        "efficientnet_lite0" => NetworkConfig::EfficientNetLite(EfficientNetLiteConfig::lite0(2)),
        _ => return None,
    })
}

/// Reads the file into its network and returns the tensors of the body.
fn body(name: &str, path: &std::path::Path) -> Vec<(String, Vec<usize>, Vec<f32>)> {
    let network = Network::<Cpu>::new(&config(name).unwrap(), &mut ChaCha8Rng::seed_from_u64(1), &Default::default());
    let file = read(path).unwrap();
    let fitted = fit(network, &file.tensors).unwrap();
    assert!(!fitted.random.is_empty());
    let tensors = all(&NamedTensors::of(&fitted.network));
    let of_body = |name: &str| !fitted.random.iter().any(|random| random == name);
    let body: Vec<_> = tensors.into_iter().filter(|(name, ..)| of_body(name)).collect();
    for (name, shape, values) in &body {
        assert_eq!(file.tensors.get(name).unwrap(), (shape.as_slice(), values.as_slice()));
    }
    println!("{}: {} tensors", path.display(), body.len());
    body
}

#[test]
fn known_files_fit_their_networks() {
    let Some(folder) = folder() else { return };
    for (known, state) in inspect(&folder).unwrap().known {
        if let (KnownState::Right { path }, Some(_)) = (state, config(&known.architecture)) {
            body(&known.architecture, &path);
        }
    }
}

#[test]
fn what_torch_saves_is_the_same_in_every_container() {
    let Some(folder) = folder() else { return };
    for name in ["resnet18", "vgg16", "densenet121", "mobilenet_v2", "efficientnet_b0"] {
        let path = |container: &str| Some(folder.join(format!("{name}-{container}.pth"))).filter(|path| path.exists());
        let Some(zip) = path("zip") else { continue };
        let first = body(name, &zip);
        for container in ["legacy", "old", "safe"] {
            if let Some(path) = path(container) {
                assert!(first == body(name, &path), "{name}-{container}");
            }
        }
        if let Some(path) = path("half") {
            for ((name, _, whole), (_, _, half)) in first.iter().zip(body(name, &path)) {
                let near = |(whole, half): (&f32, &f32)| (whole - half).abs() <= whole.abs() / 1024.0 + 1e-7;
                assert!(whole.iter().zip(&half).all(near), "{name}");
            }
        }
    }
}

/// Keras' file and the same network as safetensors in torchvision's names.
#[test]
fn keras_vgg_is_the_same_network() {
    let Some(folder) = folder() else { return };
    let keras = folder.join("vgg16_weights_tf_dim_ordering_tf_kernels_notop.h5");
    let same = folder.join("vgg16-keras-notop.safetensors");
    if keras.exists() && same.exists() {
        assert!(body("vgg16", &keras) == body("vgg16", &same));
    }
}

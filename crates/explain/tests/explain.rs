//! A file of weights in torchvision's names, explained without the command: colour images, masks, stopping.
#![allow(clippy::unwrap_used, reason = "a test that fails here says where")]

use herring_backend::Cpu;
use herring_explain::{
    Architecture, BackendName, Device, ExplainError, ImageFile, Input, Progress, Request, Settings, TargetClass,
    TrainedNetwork, explain, find_images,
};
use herring_models::{MobileNetConfig, Network, NetworkConfig, weights};
use herring_saliency::Attribution;
use image::{Rgb, RgbImage};
use rand::SeedableRng;
use std::{path::Path, sync::atomic::AtomicBool};

/// Random weights of a MobileNetV2 of five classes, as a file.
fn model(folder: &Path) -> TrainedNetwork {
    let config = NetworkConfig::MobileNet(MobileNetConfig { channels: 3, percent: 100, classes: 5 });
    let mut random = rand_chacha::ChaCha8Rng::seed_from_u64(3);
    let network = Network::<Cpu>::new(&config, &mut random, &Default::default());
    let path = folder.join("mobilenet.safetensors");
    std::fs::write(&path, weights::to_bytes(&network).unwrap()).unwrap();
    TrainedNetwork::of_file(herring_weights::read(&path).unwrap(), None, 32).unwrap()
}

fn images(folder: &Path, count: u32) -> Vec<ImageFile> {
    let images = folder.join("images");
    std::fs::create_dir(&images).unwrap();
    for number in 0..count {
        let colour = |x: u32, y: u32| Rgb([(x * 5 + number * 40) as u8, (y * 5) as u8, (x * y) as u8]);
        RgbImage::from_fn(48, 40, colour).save(images.join(format!("{number}.png"))).unwrap();
    }
    find_images(&[images], None).unwrap()
}

fn input() -> Input {
    Input { resize: Some(36), size: [32; 2], ..Architecture::MobileNetV2.input() }
}

#[test]
fn colour_images_are_explained_and_a_stop_keeps_what_is_done() {
    let folder = tempfile::tempdir().unwrap();
    let (network, images, input) = (model(folder.path()), images(folder.path(), 5), input());
    assert_eq!((network.name.as_str(), network.classes), ("mobilenet-v2", 5));
    let settings = Settings {
        target: TargetClass::Class(4),
        batch: 2,
        ..Settings::new(["grad-cam++", "input-x-gradient"].map(|name| name.parse::<Attribution>().unwrap()).to_vec())
    };
    let device = Device::new(BackendName::Cpu, 0).unwrap();
    let out = folder.path().join("whole");
    let request = Request { network: &network, input: &input, settings: &settings, images: &images, out: &out };
    let mut done = 0;
    let mut count = |progress: Progress| match progress {
        Progress::Done(count) => done += count,
        Progress::Failed(failed) => panic!("{failed:?}"),
    };
    let summary = explain(&device, request, &AtomicBool::new(false), &mut count).unwrap();
    assert_eq!((summary.explained, summary.stopped, done), (5, false, 5));
    let map = std::fs::read(out.join("maps/00004-4.input-x-gradient.npy")).unwrap();
    assert_eq!(map.len(), 128 + 4 * 3 * 32 * 32);
    let map = std::fs::read(out.join("maps/00004-4.grad-cam-plus-plus.npy")).unwrap();
    assert_eq!(map.len(), 128 + 4 * 32 * 32);

    let stop = AtomicBool::new(false);
    let out = folder.path().join("stopped");
    let mut stop_now = |_| stop.store(true, std::sync::atomic::Ordering::Relaxed);
    let summary = explain(&device, Request { out: &out, ..request }, &stop, &mut stop_now).unwrap();
    assert!(summary.stopped && (2..5).contains(&summary.explained), "{summary:?}");
    assert!(out.join("index.html").is_file());
}

#[test]
fn a_network_without_its_head_and_a_class_beyond_the_last_are_refused_before_anything_is_written() {
    let folder = tempfile::tempdir().unwrap();
    let (network, images, input) = (model(folder.path()), images(folder.path(), 1), input());
    let settings = Settings::new(vec![Attribution::Gradient]);
    let device = Device::new(BackendName::Cpu, 0).unwrap();
    let out = folder.path().join("out");
    let refuse = |network: &TrainedNetwork, settings: &Settings| {
        let request = Request { network, input: &input, settings, images: &images, out: &out };
        explain(&device, request, &AtomicBool::new(false), &mut |_| ()).unwrap_err()
    };
    let other = NetworkConfig::MobileNet(MobileNetConfig { channels: 3, percent: 100, classes: 6 });
    let error = refuse(&TrainedNetwork { config: other, ..network.clone() }, &settings);
    assert!(matches!(&error, ExplainError::Head { lacking, .. } if lacking.len() == 2), "{error}");
    let beyond = Settings { target: TargetClass::Class(5), ..settings };
    assert_eq!(
        refuse(&network, &beyond).to_string(),
        "target: found '5', expected 'predicted', a class from 0 to 4 or one of the labels"
    );
    assert!(!out.exists());
}

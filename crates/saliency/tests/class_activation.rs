//! Class activation maps against Captum and pytorch-grad-cam, whatever the batch, and what is refused.
#![allow(clippy::unwrap_used, reason = "a test that fails here says where")]

use burn::tensor::{Tensor, TensorData};
use herring_backend::Cpu;
use herring_models::{
    Classifier, Mode, Trace, TwoLayer, TwoLayerConfig, tap_gradient,
    weights::{self, NamedTensors},
};
use herring_saliency::{
    Attribution, Cam, ClassActivation, SaliencyError, Target, attribute, class_activation, class_activations,
};
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;

/// The class of each stored image.
const EACH: [usize; 3] = [2, 0, 1];

/// Largest difference from the libraries' doubles that passes, relative to the largest value of a map.
const TOLERANCE: f32 = 2e-5;

fn stored() -> NamedTensors {
    NamedTensors::from_bytes(include_bytes!("golden/class_activations.safetensors")).unwrap()
}

fn network(stored: &NamedTensors) -> TwoLayer<Cpu> {
    let config = TwoLayerConfig { channels: 1, width: 6, side: 20, classes: 3 };
    let fresh = TwoLayer::new(&config, &mut ChaCha8Rng::seed_from_u64(1), &Default::default());
    weights::load(fresh, &stored.below("model.")).unwrap()
}

fn images(stored: &NamedTensors) -> Tensor<Cpu, 4> {
    let (shape, values) = stored.get("images").unwrap();
    Tensor::from_data(TensorData::new(values.to_vec(), shape.to_vec()), &Default::default())
}

fn values<const D: usize>(tensor: Tensor<Cpu, D>) -> Vec<f32> {
    tensor.into_data().iter().collect()
}

fn assert_close(name: &str, found: &[f32], expected: &[f32]) {
    assert_eq!(found.len(), expected.len(), "{name}");
    let largest = expected.iter().fold(0.0f32, |largest, value| largest.max(value.abs()));
    for (found, expected) in found.iter().zip(expected) {
        assert!((found - expected).abs() <= TOLERANCE * largest, "{name}: {found} instead of {expected}");
    }
}

#[test]
fn maps_are_those_of_captum_and_pytorch_grad_cam() {
    let stored = stored();
    let (model, images) = (network(&stored), images(&stored));
    let mut compared = 0;
    for tap in 0..2 {
        let found = class_activations(&model, images.clone(), Some(Target::Each(&EACH)), Some(tap)).unwrap();
        assert_close("logits", &values(found.logits.clone()), stored.get("logits").unwrap().1);
        for (name, method) in [
            ("captum.grad_cam", Cam::GradCam),
            ("captum.hirescam", Cam::HiResCam),
            ("captum.activation", Cam::Activation),
            ("pytorch_grad_cam.grad_cam", Cam::GradCam),
            ("pytorch_grad_cam.hirescam", Cam::HiResCam),
            ("pytorch_grad_cam.grad_cam_plus_plus", Cam::GradCamPlusPlus),
        ] {
            let name = format!("tap{tap}.{name}");
            assert_close(&name, &values(found.map(method)), stored.get(&name).unwrap().1);
            compared += 1;
        }
    }
    assert_eq!(compared, 12);
}

#[test]
fn heat_in_the_size_of_the_image_is_what_pytorch_grad_cam_shows_from_0_to_1() {
    let stored = stored();
    let (model, images) = (network(&stored), images(&stored));
    for tap in 0..2 {
        for (name, method) in
            [("grad_cam", Cam::GradCam), ("hirescam", Cam::HiResCam), ("grad_cam_plus_plus", Cam::GradCamPlusPlus)]
        {
            let name = format!("tap{tap}.pytorch_grad_cam.{name}.shown");
            let settings = ClassActivation { method, tap: Some(tap) };
            let found = values(class_activation(&model, images.clone(), &EACH, settings, 2).unwrap());
            let (shape, shown) = stored.get(&name).unwrap();
            let pixels: usize = shape[2..].iter().product();
            for (image, (found, shown)) in found.chunks(pixels).zip(shown.chunks(pixels)).enumerate() {
                let (least, largest) = found
                    .iter()
                    .fold((f32::MAX, 0.0f32), |(least, largest), value| (least.min(*value), largest.max(*value)));
                // A map without a positive cell stays 0, here as there.
                let range = if largest > least { largest - least } else { 1.0 };
                let scaled: Vec<f32> = found.iter().map(|value| (value - least) / range).collect();
                // OpenCV enlarges in single precision with rounded shares.
                for (found, shown) in scaled.iter().zip(shown) {
                    assert!((found - shown).abs() < 1e-4, "{name}, image {image}: {found} instead of {shown}");
                }
            }
        }
    }
}

#[test]
fn batches_and_the_last_tap_change_nothing() {
    let stored = stored();
    let (model, images) = (network(&stored), images(&stored));
    let of = |tap, batch| {
        let settings = ClassActivation { method: Cam::GradCam, tap };
        values(class_activation(&model, images.clone(), &EACH, settings, batch).unwrap())
    };
    assert_eq!(of(Some(1), 3), of(Some(1), 1));
    assert_eq!(of(None, 2), of(Some(1), 2));
    let behind = Attribution::ClassActivation(ClassActivation { method: Cam::GradCam, tap: None });
    let found = attribute(&model, images.clone(), &EACH, &behind, 2).unwrap();
    assert_eq!((found.dims(), values(found)), ([3, 1, 20, 20], of(None, 2)));
    assert!(!behind.smoothed() && behind.check().is_ok());
}

#[test]
fn without_a_target_the_predicted_class_is_explained() {
    let stored = stored();
    let (model, images) = (network(&stored), images(&stored));
    let found = class_activations(&model, images.clone(), None, None).unwrap();
    let rows: Vec<f32> = values(found.logits.clone());
    let predicted: Vec<usize> =
        rows.chunks(3).map(|row| (0..3).max_by(|&one, &other| row[one].total_cmp(&row[other])).unwrap()).collect();
    assert_eq!(found.classes, predicted);
    let given = class_activations(&model, images, Some(Target::Each(&predicted)), None).unwrap();
    assert_eq!(values(found.gradient), values(given.gradient));
}

#[test]
fn what_lies_before_a_tap_does_not_matter_to_its_gradient() {
    let stored = stored();
    let (model, images) = (network(&stored), images(&stored));
    let score = |trace: &Trace<_>| trace.logits.clone().narrow(1, 0, 1).sum_dim(0).reshape([1]);
    let found = tap_gradient(&model, images.clone(), Mode::Evaluate, Some(1), score).unwrap();
    // The last layer is linear in the last tap: its gradient is the weights of the class.
    let weights = stored.get("model.fc.weight").unwrap().1;
    let size = weights.len() / 3;
    for image in values(found.gradient).chunks(size) {
        assert_eq!(image, &weights[..size]);
    }
    let plain = model.trace(images, Mode::Evaluate);
    assert_eq!(values(found.trace.logits), values(plain.logits));
}

#[test]
fn missing_taps_and_classes_are_told_in_one_line() {
    let stored = stored();
    let (model, images) = (network(&stored), images(&stored));
    let refused = |target: Option<Target<'_>>, tap| {
        let error: SaliencyError = class_activations(&model, images.clone(), target, tap).unwrap_err();
        error.to_string()
    };
    assert_eq!(refused(None, Some(2)), "tap: found 2, expected one of the model's 2 taps, from 0");
    assert_eq!(
        refused(Some(Target::All(3)), None),
        "target of image 0: found class 3, expected less than the model's 3 classes"
    );
    assert_eq!(refused(Some(Target::Each(&[0])), None), "target: found classes for 1 images, expected 3");
    let settings = ClassActivation { method: Cam::HiResCam, tap: None };
    let error = class_activation(&model, images, &EACH, settings, 0).unwrap_err().to_string();
    assert_eq!(error, "batch: found 0, expected at least 1 image");
}

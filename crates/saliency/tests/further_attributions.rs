//! Further attributions, baselines, curves and the check by fresh parameters: against Captum, SciPy and NumPy, and closed forms.
#![allow(clippy::unwrap_used, reason = "a test that fails here says where")]

use burn::{
    module::{Module, Param},
    tensor::{Tensor, TensorData, backend::Backend},
};
use herring_backend::{Autodiff, Cpu, Kernels};
use herring_models::{
    Classifier, Depth, Mode, ResNet, ResNetConfig, Stackable, TapHook, Trace,
    weights::{self, NamedTensors},
};
use herring_saliency::{
    Attribution, Baseline, CurveSettings, Deviation, IntegratedGradients, Occlusion, Perturbation, SaliencyError,
    SmoothGrad, attribute, completeness_residual, perturbation_curves, randomised, smooth_grad, smooth_grad_with,
};
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;

/// Largest difference from the libraries' doubles that passes, relative to the largest value.
const TOLERANCE: f64 = 2e-5;
/// The class of each stored image.
const EACH: [usize; 4] = [1, 0, 0, 1];

fn stored() -> NamedTensors {
    NamedTensors::from_bytes(include_bytes!("golden/attributions.safetensors")).unwrap()
}

fn further() -> NamedTensors {
    NamedTensors::from_bytes(include_bytes!("golden/further_attributions.safetensors")).unwrap()
}

fn fresh(seed: u64) -> ResNet<Cpu> {
    let config = ResNetConfig { depth: Depth::ResNet18, width: 4, ..ResNetConfig::default() };
    ResNet::new(&config, &mut ChaCha8Rng::seed_from_u64(seed), &Default::default())
}

/// The stored network and images.
fn network() -> (ResNet<Cpu>, Tensor<Cpu, 4>) {
    let stored = stored();
    let (shape, values) = stored.get("images").unwrap();
    let images = Tensor::from_data(TensorData::new(values.to_vec(), shape.to_vec()), &Default::default());
    (weights::load(fresh(1), &stored.below("model.")).unwrap(), images)
}

fn values<B: Backend, const D: usize>(tensor: Tensor<B, D>) -> Vec<f32> {
    tensor.into_data().iter().collect()
}

fn assert_close(name: &str, found: &[f32], expected: &[f32]) {
    assert_eq!(found.len(), expected.len(), "{name}");
    let largest = expected.iter().fold(0.0f64, |largest, value| largest.max(f64::from(value.abs())));
    for (found, expected) in found.iter().zip(expected) {
        let off = f64::from((found - expected).abs());
        assert!(off <= TOLERANCE * largest, "{name}: {found} instead of {expected}");
    }
}

#[test]
fn agrees_with_captum() {
    let (further, (model, images)) = (further(), network());
    let expected = |name: &str| further.get(name).unwrap().1.to_vec();
    let map = |attribution: Attribution| values(attribute(&model, images.clone(), &EACH, &attribution, 9).unwrap());
    assert_close("input x gradient", &map(Attribution::InputTimesGradient), &expected("input_x_gradient"));
    let baselines =
        [("value", Baseline::Value(0.3)), ("mean", Baseline::Mean), ("blurred", Baseline::Blurred { sigma: 2.0 })];
    for (name, baseline) in baselines {
        let attribution = Attribution::IntegratedGradients(IntegratedGradients { steps: 5, baseline });
        let maps = attribute(&model, images.clone(), &EACH, &attribution, 7).unwrap();
        let residuals = completeness_residual(&model, &images, &EACH, &maps, baseline, 3).unwrap();
        for (found, expected) in residuals.iter().zip(expected(&format!("integrated_gradients.{name}.delta"))) {
            assert!((found - f64::from(expected)).abs() < 1e-5, "{name}: {found} {expected}");
        }
        assert_close(name, &values(maps), &expected(&format!("integrated_gradients.{name}")));
        let occlusion = Attribution::Occlusion(Occlusion { window: 7, stride: 3, baseline });
        assert_close(name, &map(occlusion), &expected(&format!("occlusion.{name}")));
    }
}

#[test]
fn smooth_grad_is_captum_s_with_its_noise_whatever_the_batch() {
    let (further, (model, images)) = (further(), network());
    let (shape, noise) = further.get("smoothgrad.noise").unwrap();
    let (samples, size) = (shape[1], 24 * 24);
    let of = |image: usize, sample: usize| noise[(image * samples + sample) * size..][..size].to_vec();
    for batch in [1, 5, 100] {
        let found = smooth_grad_with(&model, images.clone(), &EACH, samples, of, batch).unwrap();
        assert_close("smoothgrad", &values(found), further.get("smoothgrad").unwrap().1);
    }
}

#[test]
fn smooth_grad_of_an_image_depends_on_seed_and_deviation_and_not_on_its_neighbours() {
    let (model, images) = network();
    let settings = SmoothGrad { samples: 3, deviation: Deviation::Range(0.1), seed: 4 };
    let map = |images: &Tensor<Cpu, 4>, classes: &[usize], settings, batch| {
        values(smooth_grad(&model, images.clone(), classes, settings, batch).unwrap())
    };
    let all = map(&images, &EACH, settings, 5);
    let third = images.clone().narrow(0, 2, 1);
    assert_close("alone", &map(&third, &EACH[2..3], settings, 1), &all[2 * 576..3 * 576]);
    assert_ne!(map(&images, &EACH, SmoothGrad { seed: 5, ..settings }, 5), all);
    // Without noise it is the gradient.
    let still = SmoothGrad { deviation: Deviation::Absolute(0.0), ..settings };
    let gradient = values(attribute(&model, images.clone(), &EACH, &Attribution::Gradient, 8).unwrap());
    assert_close("without noise", &map(&images, &EACH, still, 5), &gradient);
    // The range of an image scales its noise.
    let values_of = values(third.clone());
    let range = values_of.iter().copied().fold(f32::MIN, f32::max) - values_of.iter().copied().fold(f32::MAX, f32::min);
    let absolute = SmoothGrad { deviation: Deviation::Absolute(0.1 * range), ..settings };
    assert_close("range", &map(&third, &EACH[2..3], absolute, 2), &all[2 * 576..3 * 576]);
}

#[test]
fn curves_are_those_of_petsiuk_et_al() {
    let (further, (model, images)) = (further(), network());
    let stored = stored();
    let (shape, gradient) = stored.get("gradient.each").unwrap();
    let maps = Tensor::<Cpu, 4>::from_data(TensorData::new(gradient.to_vec(), shape.to_vec()), &Default::default());
    for (name, perturbation, baseline) in [
        ("deletion", Perturbation::Deletion, Baseline::Zero),
        ("insertion", Perturbation::Insertion, Baseline::Blurred { sigma: 2.0 }),
    ] {
        for batch in [4, 64] {
            let settings = CurveSettings { steps: 12, baseline };
            let curves = perturbation_curves(&model, &images, &EACH, &maps, perturbation, settings, batch).unwrap();
            let found: Vec<f32> =
                curves.iter().flat_map(|curve| curve.probabilities.iter().map(|value| *value as f32)).collect();
            assert_close(name, &found, further.get(name).unwrap().1);
            let areas: Vec<f32> = curves.iter().map(|curve| curve.area() as f32).collect();
            assert_close(name, &areas, further.get(&format!("{name}.area")).unwrap().1);
        }
    }
}

/// Logits that are weighted sums over pixels, behind a layer that changes nothing when it is fresh.
#[derive(Module, Debug)]
struct Linear<B: Backend> {
    /// `[pixels, classes]`.
    weight: Param<Tensor<B, 2>>,
}

impl<B: Kernels> Classifier<B> for Linear<B> {
    fn trace_hooked(&self, images: Tensor<B, 4>, _: Mode, _: TapHook<'_, B>) -> Trace<B> {
        let values = images.flatten::<2>(1, 3);
        Trace::new(values.clone().matmul(self.weight.val()), values)
    }
}

impl<B: Kernels> Stackable<B> for Linear<B> {
    type Lifted = Linear<Autodiff<B>>;
}

fn linear(weight: Vec<f32>) -> Linear<Cpu> {
    let pixels = weight.len() / 2;
    let weight = Tensor::from_data(TensorData::new(weight, [pixels, 2]), &Default::default());
    Linear { weight: Param::from_tensor(weight) }
}

#[test]
fn a_better_order_has_a_smaller_area_under_deletion_and_a_larger_one_under_insertion() {
    // Class 1 is seen by the first two pixels, the first one more.
    let model = linear(vec![0.0, 4.0, 0.0, 2.0, 0.0, 0.0, 0.0, 0.0]);
    let ones = Tensor::<Cpu, 4>::ones([1, 1, 2, 2], &Default::default());
    let area = |map: [f32; 4], perturbation| {
        let map = Tensor::from_data(TensorData::new(map.to_vec(), [1, 1, 2, 2]), &Default::default());
        let settings = CurveSettings { steps: 4, baseline: Baseline::Zero };
        perturbation_curves(&model, &ones, 1, &map, perturbation, settings, 3).unwrap()[0].area()
    };
    let (good, bad) = ([4.0, 2.0, 0.0, 0.0], [0.0, 0.0, 2.0, 4.0]);
    assert!(area(good, Perturbation::Deletion) < area(bad, Perturbation::Deletion) - 0.1);
    assert!(area(good, Perturbation::Insertion) > area(bad, Perturbation::Insertion) + 0.1);
    let all = 1.0 / (1.0 + (-6.0f64).exp());
    let settings = CurveSettings { steps: 1, baseline: Baseline::Zero };
    let ends = perturbation_curves(&model, &ones, 1, &ones, Perturbation::Deletion, settings, 1).unwrap();
    assert!((ends[0].probabilities[0] - all).abs() < 1e-6 && (ends[0].probabilities[1] - 0.5).abs() < 1e-12);
}

#[test]
fn maps_lose_the_trained_model_as_its_layers_become_fresh() {
    let (model, images) = network();
    let stages = randomised((&model, &fresh(9)), &images, &EACH, &Attribution::Gradient, 4, 8).unwrap();
    assert_eq!(stages.len(), 4);
    assert_eq!((stages[0].layers, stages[0].name.as_str()), (1, "fc"));
    assert_eq!(stages[3].name, "conv1");
    let last = stages[3].absolute.iter().map(|found| found.unwrap()).sum::<f64>() / 4.0;
    assert!(last.abs() < 0.4, "{last}");
    // The same weights: the same maps.
    let stages = randomised((&model, &model), &images, &EACH, &Attribution::Gradient, 2, 8).unwrap();
    assert!(stages.iter().all(|stage| stage.signed.iter().all(|found| found.unwrap() > 0.999_999)));
}

#[test]
fn a_map_that_shows_the_image_alone_is_found_out() {
    // The gradient of a linear model is its weight; times the image, it is nearly the image where weights are nearly equal.
    let trained = linear(vec![1.0, 1.01, 1.0, 1.0, 1.0, 0.99, 1.0, 1.02]);
    let fresh = linear(vec![1.0, 0.5, 1.0, 0.52, 1.0, 0.51, 1.0, 0.49]);
    let image = TensorData::new(vec![1.0f32, 5.0, 2.0, 3.0], [1, 1, 2, 2]);
    let image = Tensor::<Cpu, 4>::from_data(image, &Default::default());
    let alike =
        |attribution| randomised((&trained, &fresh), &image, 1, &attribution, 3, 8).unwrap()[0].signed[0].unwrap();
    assert!(alike(Attribution::InputTimesGradient) > 0.999);
    assert!(alike(Attribution::Gradient) < 0.5);
}

#[test]
fn what_is_wrong_is_named() {
    let (model, images) = network();
    let curve = |steps, baseline, maps: &Tensor<Cpu, 4>| {
        let settings = CurveSettings { steps, baseline };
        perturbation_curves(&model, &images, 1, maps, Perturbation::Deletion, settings, 8).unwrap_err().to_string()
    };
    assert_eq!(curve(0, Baseline::Zero, &images), "curve.steps: found 0, expected a number of steps from 1 to 10000");
    let colour = curve(2, Baseline::Colour([0.0; 3]), &images);
    assert_eq!(colour, "channels: found 1, expected images of 3 channels, for a baseline of three numbers");
    let small = Tensor::zeros([4, 1, 5, 5], &Default::default());
    assert!(curve(2, Baseline::Zero, &small).starts_with("attribution: found the shape [4, 1, 5, 5]"));
    let noise = smooth_grad_with(&model, images.clone(), 1, 2, |_, _| vec![0.0; 3], 8);
    assert_eq!(noise.unwrap_err(), SaliencyError::Size { what: "noise", found: 3, expected: 576 });
    let settings = SmoothGrad { deviation: Deviation::Range(-1.0), ..SmoothGrad::default() };
    let wrong = smooth_grad(&model, images.clone(), 1, settings, 8).unwrap_err().to_string();
    assert_eq!(wrong, "smoothgrad.deviation: found -1, expected a finite number from 0 up");
    let other = ResNet::<Cpu>::new(
        &ResNetConfig { depth: Depth::ResNet18, width: 2, ..ResNetConfig::default() },
        &mut ChaCha8Rng::seed_from_u64(1),
        &Default::default(),
    );
    let wrong = randomised((&model, &other), &images, 1, &Attribution::Gradient, 1, 8).unwrap_err().to_string();
    assert!(wrong.starts_with("the fresh model: found ") && wrong.contains("shape"), "{wrong}");
    assert!(randomised((&model, &model), &images, 1, &Attribution::Gradient, 0, 8).is_err());
}

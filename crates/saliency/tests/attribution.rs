//! Attributions against Captum, against closed forms, and whatever the batch.
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
    Attribution, Baseline, IntegratedGradients, Occlusion, SaliencyError, Target, attribute, completeness_residual,
    input_gradients, input_gradients_of, integrated_gradients, occlusion,
};
use proptest::prelude::*;
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use serde::Deserialize;

/// Largest difference from Captum's doubles that passes, relative to the largest attribution. The
/// stored values are rounded to single precision, in which the model here computes; `make_attributions.py`
/// has chosen images for which that precision is enough.
const TOLERANCE: f64 = 2e-5;

/// The class of each image in the values that are stored under `.each` and for 3 steps and 5 x 5.
const EACH: [usize; 4] = [1, 0, 0, 1];

fn fixture() -> NamedTensors {
    NamedTensors::from_bytes(include_bytes!("golden/attributions.safetensors")).unwrap()
}

fn tensor(fixture: &NamedTensors, name: &str) -> Tensor<Cpu, 4> {
    let (shape, values) = fixture.get(name).unwrap();
    Tensor::from_data(TensorData::new(values.to_vec(), shape.to_vec()), &Default::default())
}

fn network(fixture: &NamedTensors) -> ResNet<Cpu> {
    let config = ResNetConfig { depth: Depth::ResNet18, width: 4, ..ResNetConfig::default() };
    let fresh = ResNet::new(&config, &mut ChaCha8Rng::seed_from_u64(1), &Default::default());
    weights::load(fresh, &fixture.below("model.")).unwrap()
}

fn values<B: Backend, const D: usize>(tensor: Tensor<B, D>) -> Vec<f32> {
    tensor.into_data().iter().collect()
}

/// Largest difference, relative to the largest expected value.
fn difference(found: &[f32], expected: &[f32]) -> f64 {
    assert_eq!(found.len(), expected.len());
    let largest = |values: &mut dyn Iterator<Item = f64>| {
        // `f64::max` would pass over a value that is none.
        values.fold(0.0, |largest: f64, value| if value <= largest { largest } else { value })
    };
    let off = largest(&mut found.iter().zip(expected).map(|(found, expected)| f64::from((found - expected).abs())));
    off / largest(&mut expected.iter().map(|value| f64::from(value.abs())))
}

/// All three maps, with the settings that tests use on small images.
const MAPS: [Attribution; 3] = [
    Attribution::Gradient,
    Attribution::IntegratedGradients(IntegratedGradients::from_zero(7)),
    Attribution::Occlusion(Occlusion { window: 3, stride: 2, baseline: Baseline::Zero }),
];

#[test]
fn the_model_is_captum_s() {
    let fixture = fixture();
    let logits = network(&fixture).trace(tensor(&fixture, "images"), Mode::Evaluate).logits;
    let off = difference(&values(logits), fixture.get("logits").unwrap().1);
    assert!(off < TOLERANCE, "{off}");
}

#[test]
fn agrees_with_captum() {
    let fixture = fixture();
    let model = network(&fixture);
    let steps = |steps| Attribution::IntegratedGradients(IntegratedGradients::from_zero(steps));
    let window = |window, stride| Attribution::Occlusion(Occlusion { window, stride, baseline: Baseline::Zero });
    let each = Target::Each(&EACH);
    let cases = [
        ("gradient.each", Attribution::Gradient, each),
        ("integrated_gradients.200", steps(200), Target::All(1)),
        ("integrated_gradients.3", steps(3), each),
        ("occlusion.2.2", window(2, 2), Target::All(1)),
        // 24 pixels hold neither windows of 5 nor steps of 3 after the first 7 evenly.
        ("occlusion.5.5", window(5, 5), each),
        ("occlusion.7.3", window(7, 3), Target::All(1)),
    ];
    for (name, attribution, target) in cases {
        let found = attribute(&model, tensor(&fixture, "images"), target, &attribution, 64).unwrap();
        let off = difference(&values(found), fixture.get(name).unwrap().1);
        println!("{name}: {off:.1e} of the largest");
        assert!(off < TOLERANCE, "{name}: {off:.1e}");
    }
}

#[test]
fn the_residual_is_captum_s_convergence_delta() {
    let fixture = fixture();
    let model = network(&fixture);
    let images = tensor(&fixture, "images");
    for (steps, target) in [(200, Target::All(1)), (3, Target::Each(&EACH))] {
        let maps =
            integrated_gradients(&model, images.clone(), target, IntegratedGradients::from_zero(steps), 64).unwrap();
        let found = completeness_residual(&model, &images, target, &maps, Baseline::Zero, 3).unwrap();
        let expected = fixture.get(&format!("integrated_gradients.{steps}.delta")).unwrap().1;
        assert_eq!(found.len(), expected.len());
        for (found, expected) in found.iter().zip(expected) {
            assert!((found - f64::from(*expected)).abs() < 1e-5, "{steps} steps: {found} {expected}");
        }
    }
}

#[derive(Deserialize)]
struct Rule {
    points: usize,
    nodes: Vec<f64>,
    weights: Vec<f64>,
}

#[test]
fn the_path_is_numpy_s_gauss_legendre_rule() {
    let rules: Vec<Rule> = serde_json::from_str(include_str!("golden/quadrature.json")).unwrap();
    assert_eq!(rules.iter().map(|rule| rule.points).collect::<Vec<_>>(), [1, 2, 5, 50, 200]);
    for rule in rules {
        let path = IntegratedGradients::from_zero(rule.points).path().unwrap();
        assert_eq!([path.len(), rule.nodes.len()], [rule.points; 2]);
        for (point, (node, weight)) in path.iter().zip(rule.nodes.iter().zip(&rule.weights)) {
            let off = [2.0 * point.share - 1.0 - node, 2.0 * point.weight - weight];
            assert!(off.iter().all(|off| off.abs() < 1e-14), "{} points at {node}: {off:?}", rule.points);
        }
    }
}

#[test]
fn any_number_of_steps_integrates_powers_exactly() {
    for steps in (1..=64).chain([199, 1000, 10_000]) {
        let path = IntegratedGradients::from_zero(steps).path().unwrap();
        assert!(path.windows(2).all(|pair| pair[0].share < pair[1].share), "{steps}");
        assert!(path.iter().all(|point| 0.0 < point.share && point.share < 1.0 && point.weight > 0.0), "{steps}");
        for power in [0, 1, 2 * steps - 1] {
            let power = i32::try_from(power).unwrap();
            let integral: f64 = path.iter().map(|point| point.weight * point.share.powi(power)).sum();
            let expected = 1.0 / f64::from(power + 1);
            assert!(
                (integral - expected).abs() < 1e-12 * expected.max(1e-2),
                "{steps}, {power}: {integral} {expected}"
            );
        }
    }
}

/// Logits that are sums over pixels of `weight` times the pixel's power.
#[derive(Module, Debug)]
struct Sums<B: Backend> {
    /// `[values of an image, classes]`.
    weight: Param<Tensor<B, 2>>,
    power: i32,
}

impl<B: Kernels> Classifier<B> for Sums<B> {
    fn trace_hooked(&self, images: Tensor<B, 4>, _: Mode, _: TapHook<'_, B>) -> Trace<B> {
        let values = images.flatten::<2>(1, 3);
        let powers = (1..self.power).fold(values.clone(), |product, _| product * values.clone());
        Trace::new(powers.clone().matmul(self.weight.val()), powers)
    }
}

impl<B: Kernels> Stackable<B> for Sums<B> {
    type Lifted = Sums<Autodiff<B>>;
}

const CLASSES: usize = 3;

/// Numbers without a pattern, in `[-1, 1)`.
fn numbers(count: usize, seed: u32) -> Vec<f32> {
    let mix = |index: u32| (index.wrapping_add(seed).wrapping_mul(2_654_435_761) >> 9) as f32 / (1 << 22) as f32 - 1.0;
    (0..u32::try_from(count).unwrap()).map(mix).collect()
}

/// A model, its weight of `(value of an image, class)`, and images with their values.
fn sums(shape: [usize; 4], power: i32, seed: u32) -> (Sums<Cpu>, Vec<f32>, Tensor<Cpu, 4>, Vec<f32>) {
    let size: usize = shape[1..].iter().product();
    let (weight, pixels) = (numbers(size * CLASSES, seed), numbers(shape[0] * size, seed + 77));
    let device = Default::default();
    let data = TensorData::new(weight.clone(), [size, CLASSES]);
    let model = Sums { weight: Param::from_tensor(Tensor::from_data(data, &device)), power };
    (model, weight, Tensor::from_data(TensorData::new(pixels.clone(), shape), &device), pixels)
}

/// Weight times power of each pixel for its image's class.
fn terms(weight: &[f32], pixels: &[f32], size: usize, classes: &[usize], power: i32) -> Vec<f32> {
    let term = |index: usize| weight[index % size * CLASSES + classes[index / size]] * pixels[index].powi(power);
    (0..pixels.len()).map(term).collect()
}

#[test]
fn integrated_gradients_of_a_sum_over_pixels_are_its_terms() {
    let (shape, classes) = ([4, 2, 5, 3], [2, 0, 1, 2]);
    // n points integrate the slope of a power up to 2 n exactly.
    for (power, steps) in [(1, 1), (2, 1), (3, 2), (4, 2), (5, 3)] {
        let (model, weight, images, pixels) = sums(shape, power, 5);
        let settings = IntegratedGradients::from_zero(steps);
        let found = integrated_gradients(&model, images.clone(), &classes, settings, 3).unwrap();
        let residuals = completeness_residual(&model, &images, &classes, &found, Baseline::Zero, 3).unwrap();
        assert!(residuals.iter().all(|residual| residual.abs() < 1e-5), "power {power}: {residuals:?}");
        let off = difference(&values(found), &terms(&weight, &pixels, 30, &classes, power));
        assert!(off < 1e-5, "power {power}: {off}");
    }
}

#[test]
fn too_few_steps_show_in_the_residual() {
    let (model, weight, images, pixels) = sums([1, 1, 3, 3], 3, 9);
    let found = integrated_gradients(&model, images.clone(), 0, IntegratedGradients::from_zero(1), 8).unwrap();
    let residual = completeness_residual(&model, &images, 0, &found, Baseline::Zero, 8).unwrap()[0];
    // The slope 3 x^2 at half the way gives 3/4 x^2 instead of x^2.
    let expected = -0.25 * terms(&weight, &pixels, 9, &[0], 3).iter().sum::<f32>();
    assert!((residual - f64::from(expected)).abs() < 1e-6, "{residual} {expected}");
    assert!(residual.abs() > 1e-3);
}

/// Occlusion of a sum over pixels: each window carries the sum of its terms in all channels.
fn expected_occlusion(terms: &[f32], [count, channels, height, width]: [usize; 4], settings: Occlusion) -> Vec<f32> {
    // From the definition, pixel by pixel: the windows that hold it begin at multiples of the stride.
    let starts = |length: usize| -> Vec<usize> {
        let mut starts = vec![0];
        while starts.last().unwrap() + settings.window < length {
            starts.push(starts.last().unwrap() + settings.stride);
        }
        starts
    };
    let holding = |at: usize, length: usize| -> Vec<(usize, usize)> {
        let ranges = starts(length).into_iter().map(|start| (start, (start + settings.window).min(length)));
        ranges.filter(|(start, end)| (*start..*end).contains(&at)).collect()
    };
    let mut expected = Vec::new();
    for index in 0..count * channels * height * width {
        let (image, row, column) = (index / (channels * height * width), index / width % height, index % width);
        let (mut sum, mut windows) = (0.0, 0);
        for (top, bottom) in holding(row, height) {
            for (left, right) in holding(column, width) {
                windows += 1;
                for channel in 0..channels {
                    for y in top..bottom {
                        let line = ((image * channels + channel) * height + y) * width;
                        sum += terms[line + left..line + right].iter().sum::<f32>();
                    }
                }
            }
        }
        expected.push(sum / windows as f32);
    }
    expected
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn occlusion_of_a_sum_over_pixels_is_the_sum_over_the_window(
        (height, width, window, stride) in (1_usize..9, 1_usize..9)
            .prop_flat_map(|(height, width)| (Just(height), Just(width), 1..=height.min(width)))
            .prop_flat_map(|(height, width, window)| (Just(height), Just(width), Just(window), 1..=window)),
        channels in 1_usize..3,
        batch in 1_usize..40,
        seed in any::<u16>(),
    ) {
        let (shape, classes, settings) = ([2, channels, height, width], [1, 2], Occlusion { window, stride, baseline: Baseline::Zero });
        let (model, weight, images, pixels) = sums(shape, 2, seed.into());
        let found = values(occlusion(&model, images, &classes, settings, batch).unwrap());
        let terms = terms(&weight, &pixels, channels * height * width, &classes, 2);
        let expected = expected_occlusion(&terms, shape, settings);
        for (found, expected) in found.iter().zip(&expected) {
            prop_assert!((found - expected).abs() < 1e-4, "{found} {expected}");
        }
        prop_assert_eq!(found.len(), expected.len());
    }

    #[test]
    fn windows_cover_every_pixel_and_stay_inside(
        height in 1_usize..40, width in 1_usize..40, window in 1_usize..40, stride in 1_usize..40,
    ) {
        let settings = Occlusion { window, stride, baseline: Baseline::Zero };
        let Ok(windows) = settings.windows([height, width]) else {
            prop_assert!(stride > window || window > height.min(width));
            return Ok(());
        };
        let mut covered = vec![0; height * width];
        for [rows, columns] in windows {
            prop_assert!(rows.start < rows.end && rows.end <= height && columns.start < columns.end);
            prop_assert!(columns.end <= width);
            for row in rows {
                columns.clone().for_each(|column| covered[row * width + column] += 1);
            }
        }
        prop_assert!(covered.iter().all(|times| *times > 0));
        prop_assert!(stride < window || covered.iter().all(|times| *times == 1));
    }
}

#[test]
fn the_paper_s_windows() {
    let windows = Occlusion::tiles(15).windows([224, 224]).unwrap();
    assert_eq!(windows.len(), 15 * 15);
    assert_eq!(windows[0], [0..15, 0..15]);
    assert_eq!(windows[224], [210..224, 210..224]);
    assert_eq!(Occlusion::tiles(2).windows([28, 28]).unwrap().len(), 14 * 14);
    assert_eq!(IntegratedGradients::default().steps, 200);
}

#[test]
fn values_do_not_depend_on_the_batch() {
    let fixture = fixture();
    let model = network(&fixture);
    let images = tensor(&fixture, "images");
    for attribution in MAPS {
        let maps = |batch| values(attribute(&model, images.clone(), &EACH, &attribution, batch).unwrap());
        let one = maps(1);
        for batch in [3, 64, 100_000] {
            let off = difference(&maps(batch), &one);
            assert!(off < 1e-5, "{attribution:?}, {batch} at once: {off}");
        }
    }
}

#[test]
fn an_image_s_map_does_not_depend_on_its_neighbours_or_on_how_its_class_is_given() {
    let fixture = fixture();
    let model = network(&fixture);
    let images = tensor(&fixture, "images");
    for attribution in MAPS {
        let each = attribute(&model, images.clone(), &EACH.to_vec(), &attribution, 5).unwrap();
        for (index, class) in EACH.into_iter().enumerate() {
            let alone = images.clone().narrow(0, index, 1);
            let alone = attribute(&model, alone, class, &attribution, 5).unwrap();
            let off = difference(&values(each.clone().narrow(0, index, 1)), &values(alone));
            assert!(off < 1e-5, "{attribution:?}, image {index}: {off}");
        }
    }
}

#[test]
fn both_forms_of_input_gradients_agree() {
    let fixture = fixture();
    let model = network(&fixture);
    let images = tensor(&fixture, "images");
    for class in [0, 1] {
        let whole = values(input_gradients(&model, images.clone(), class));
        let parts = values(input_gradients_of(&model, images.clone(), class, 3).unwrap());
        let off = difference(&parts, &whole);
        assert!(off < 1e-5, "{off}");
    }
}

#[test]
fn a_gradient_predicts_a_small_step() {
    let fixture = fixture();
    let model = network(&fixture);
    let images = tensor(&fixture, "images");
    let gradient = input_gradients_of(&model, images.clone(), &EACH, 2).unwrap();
    // Along the gradient, the logit climbs by the gradient's square.
    let step = 1e-3;
    let logits = |images| values(model.trace(images, Mode::Evaluate).logits);
    let forth = logits(images.clone() + gradient.clone() * step);
    let back = logits(images - gradient.clone() * step);
    for (image, class) in EACH.into_iter().enumerate() {
        let square: f32 = values(gradient.clone().narrow(0, image, 1)).iter().map(|value| value * value).sum();
        let slope = (forth[image * 2 + class] - back[image * 2 + class]) / (2.0 * step);
        assert!((slope - square).abs() < 0.02 * square, "image {image}: {slope} {square}");
    }
}

#[test]
fn no_images_have_no_maps() {
    let (model, ..) = sums([1, 1, 4, 4], 1, 1);
    for attribution in MAPS {
        let none = Tensor::zeros([0, 1, 4, 4], &Default::default());
        let maps = attribute(&model, none.clone(), 1, &attribution, 4).unwrap();
        assert_eq!(maps.dims(), [0, 1, 4, 4]);
        assert_eq!(completeness_residual(&model, &none, 1, &maps, Baseline::Zero, 4).unwrap(), Vec::<f64>::new());
    }
}

#[test]
fn what_is_wrong_is_named() {
    let (model, _, images, _) = sums([2, 1, 4, 5], 1, 1);
    let wrong = |target: Target<'_>, attribution: Attribution, batch| {
        attribute(&model, images.clone(), target, &attribution, batch).unwrap_err().to_string()
    };
    for attribution in MAPS {
        assert_eq!(wrong(Target::All(1), attribution, 0), "batch: found 0, expected at least 1 image");
        let class = wrong(Target::Each(&[2, 3]), attribution, 1);
        assert_eq!(class, "target of image 1: found class 3, expected less than the model's 3 classes");
        let missing = wrong(Target::Each(&[1]), attribution, 1);
        assert_eq!(missing, "target: found classes for 1 images, expected 2");
    }
    for steps in [0, 10_001] {
        let settings = Attribution::IntegratedGradients(IntegratedGradients::from_zero(steps));
        let expected = format!("integrated_gradients.steps: found {steps}, expected a number of steps from 1 to 10000");
        assert_eq!(wrong(Target::All(1), settings, 1), expected);
        assert_eq!(settings.check().unwrap_err().to_string(), expected);
    }
    for (window, stride, expected) in [
        (0, 0, "occlusion.window: found 0, expected at least 1 pixel"),
        (2, 0, "occlusion.stride: found 0, expected from 1 pixel to the window's, so that no pixel is left out"),
        (2, 3, "occlusion.stride: found 3, expected from 1 pixel to the window's, so that no pixel is left out"),
        (5, 5, "occlusion.window: found 5, expected at most the images' 4 rows and 5 columns"),
    ] {
        assert_eq!(
            wrong(Target::All(1), Attribution::Occlusion(Occlusion { window, stride, baseline: Baseline::Zero }), 1),
            expected
        );
    }
    let shape =
        completeness_residual(&model, &images, 1, &Tensor::zeros([2, 1, 5, 4], &Default::default()), Baseline::Zero, 1);
    assert_eq!(shape, Err(SaliencyError::Shape { found: [2, 1, 5, 4], expected: [2, 1, 4, 5] }));
}

#[test]
fn only_occlusion_is_left_unsmoothed() {
    assert_eq!(MAPS.map(|attribution| attribution.smoothed()), [true, true, false]);
}

//! The heat-map loss in all readings, on a network whose class activation maps are known.
#![allow(clippy::unwrap_used, reason = "a test that fails here says where")]

use burn::{
    module::{Module, Param},
    tensor::{Int, Tensor, TensorData, backend::Backend},
};
use herring_backend::{Autodiff, Cpu, Kernels};
use herring_losses::{Batch, Contribution, Heatmap, Passes, Penalty, Task, TrainingLoss};
use herring_models::{Classifier, Mode, Stackable, TapHook, Trace};
use herring_protocol::{CamChannels, CamName, CamTarget, HeatOutside, HeatScale, WithoutHeat};

type B = Autodiff<Cpu>;

/// Logits that are sums of the weights of a class times the only tap, which is the image: the gradient of a logit with respect
/// to the tap is the weights.
#[derive(Module, Debug)]
struct Linear<B: Backend> {
    /// `[classes, values of an image]`.
    weight: Param<Tensor<B, 2>>,
}

impl<B: Kernels> Classifier<B> for Linear<B> {
    fn trace_hooked(&self, images: Tensor<B, 4>, _: Mode, hook: TapHook<'_, B>) -> Trace<B> {
        let tap = hook(0, images);
        let pooled = tap.clone().flatten::<2>(1, 3);
        let logits = pooled.clone().matmul(self.weight.val().transpose());
        Trace { taps: vec![tap], ..Trace::new(logits, pooled) }
    }
}

impl<B: Kernels> Stackable<B> for Linear<B> {
    type Lifted = Linear<Autodiff<B>>;
}

/// Two channels of two by two positions; class 0 has the larger logit on all images but the last.
const IMAGES: [[f32; 8]; 3] = [
    [4.0, 1.0, 0.0, 2.0, 1.0, 0.0, 3.0, 0.0],
    [1.0, 0.0, 2.0, 0.0, 0.0, 1.0, 1.0, 5.0],
    [-1.0, -2.0, 0.0, 0.0, 0.0, -1.0, 0.0, -1.0],
];
const WEIGHTS: [[f32; 8]; 2] = [[1.0, 1.0, 1.0, 1.0, 2.0, -1.0, 1.0, 0.5], [0.1, 0.1, 0.1, -0.1, 0.1, 0.1, 0.1, 0.1]];
const INSIDE: [f32; 4] = [1.0, 0.0, 0.0, 1.0];

fn model() -> Linear<B> {
    let values: Vec<f32> = WEIGHTS.concat();
    let weight = Tensor::<B, 2>::from_data(TensorData::new(values, [2, 8]), &Default::default());
    Linear { weight: Param::from_tensor(weight) }
}

fn batch(images: &[[f32; 8]], labels: &[i32]) -> Batch<B> {
    let device = Default::default();
    let count = images.len();
    let tensor = |channels, values: Vec<f32>| {
        Tensor::<B, 4>::from_data(TensorData::new(values, [count, channels, 2, 2]), &device)
    };
    Batch {
        images: tensor(2, images.concat()),
        masked: tensor(2, images.concat()),
        inside: tensor(1, INSIDE.repeat(count)),
        labels: Tensor::<B, 1, Int>::from_data(TensorData::new(labels.to_vec(), [count]), &device),
        groups: vec![],
        teacher: None,
    }
}

fn number(tensor: Tensor<B, 1>) -> f32 {
    tensor.into_scalar()
}

/// The penalty and how many images it leaves out.
fn penalty(settings: Heatmap, images: &[[f32; 8]], labels: &[i32]) -> (f32, f32) {
    let objective = TrainingLoss::new(Task::default()).with(settings).objective(&model(), &batch(images, labels));
    (number(objective.penalty.unwrap()), number(objective.left_out.unwrap()))
}

/// The map of an image for a class, before its positive part is taken.
fn map(image: &[f32; 8], class: usize, kind: CamName) -> [f32; 4] {
    let weight = &WEIGHTS[class];
    std::array::from_fn(|cell| {
        (0..2)
            .map(|channel| {
                let place = 4 * channel + cell;
                let gradient = match kind {
                    CamName::Hirescam => weight[place],
                    CamName::GradCam => weight[4 * channel..4 * channel + 4].iter().sum::<f32>() / 4.0,
                };
                gradient * image[place]
            })
            .sum()
    })
}

/// What an image contributes, from the definition.
fn expected(settings: &Heatmap, image: &[f32; 8], class: usize) -> f32 {
    let channels = if settings.channels == CamChannels::Mean { 2.0 } else { 1.0 };
    let heat = map(image, class, settings.map).map(|value| value.max(0.0) / channels);
    let scale = match settings.scale {
        HeatScale::Maximum => heat.iter().copied().fold(0.0, f32::max),
        HeatScale::Sum => heat.iter().sum(),
        HeatScale::None => 1.0,
    };
    let heat = heat.map(|value| value / scale);
    let outside: f32 = heat.iter().zip(INSIDE).map(|(heat, inside)| heat * (1.0 - inside)).sum();
    let inside: f32 = heat.iter().zip(INSIDE).map(|(heat, inside)| heat * inside).sum();
    match settings.outside {
        HeatOutside::Sum => outside,
        HeatOutside::Mean => outside / 4.0,
        HeatOutside::Dice => 1.0 - 2.0 * inside / (heat.iter().sum::<f32>() + INSIDE.iter().sum::<f32>()),
    }
}

#[test]
fn every_reading_is_its_definition() {
    for map in [CamName::GradCam, CamName::Hirescam] {
        for channels in [CamChannels::Mean, CamChannels::Sum] {
            for scale in [HeatScale::Maximum, HeatScale::Sum, HeatScale::None] {
                for outside in [HeatOutside::Mean, HeatOutside::Sum, HeatOutside::Dice] {
                    let settings = Heatmap { weight: 2.0, map, channels, scale, outside, ..Heatmap::released(0) };
                    let (found, left_out) = penalty(settings, &IMAGES[..2], &[1, 1]);
                    let by_image = IMAGES[..2].iter().map(|image| expected(&settings, image, 0));
                    let mean = 2.0 * by_image.sum::<f32>() / 2.0;
                    assert!((found - mean).abs() < 1e-5, "{settings:?}: {found} instead of {mean}");
                    assert_eq!(left_out, 0.0);
                }
            }
        }
    }
}

#[test]
fn the_map_is_of_the_predicted_class_or_of_the_label() {
    let predicted = Heatmap::released(0);
    let of_label = Heatmap { target: CamTarget::Label, ..predicted };
    let image = &IMAGES[..1];
    assert!((penalty(predicted, image, &[1]).0 - expected(&predicted, &image[0], 0)).abs() < 1e-6);
    assert!((penalty(of_label, image, &[1]).0 - expected(&of_label, &image[0], 1)).abs() < 1e-6);
    assert_ne!(penalty(predicted, image, &[1]).0, penalty(of_label, image, &[1]).0);
}

#[test]
fn a_map_without_a_positive_cell_contributes_nothing_and_is_counted() {
    for outside in [HeatOutside::Mean, HeatOutside::Sum, HeatOutside::Dice] {
        let settings = Heatmap { target: CamTarget::Label, outside, ..Heatmap::released(0) };
        // The last image has negative products alone.
        assert!(map(&IMAGES[2], 0, CamName::Hirescam).iter().all(|value| *value <= 0.0));
        let (found, left_out) = penalty(settings, &IMAGES, &[0, 0, 0]);
        let mean = IMAGES[..2].iter().map(|image| expected(&settings, image, 0)).sum::<f32>() / 3.0;
        assert!((found - mean).abs() < 1e-6, "{found} instead of {mean}");
        assert_eq!(left_out, 1.0);
        let objective =
            TrainingLoss::new(Task::default()).with(settings).objective(&model(), &batch(&IMAGES, &[0, 0, 0]));
        let model = model();
        let gradients = objective.total().backward();
        if let Some(gradient) = model.weight.val().grad(&gradients) {
            assert!(gradient.into_data().iter::<f32>().all(f32::is_finite));
        }
    }
    // Without activations the largest cell is 0, by which the released code divides.
    let nothing = Heatmap { without_heat: WithoutHeat::NotANumber, ..Heatmap::released(0) };
    assert!(penalty(nothing, &[[0.0; 8]], &[0]).0.is_nan());
    assert_eq!(penalty(Heatmap::released(0), &[[0.0; 8]], &[0]), (0.0, 1.0));
}

#[test]
fn a_mask_without_any_heart_leaves_all_heat_outside() {
    let settings = Heatmap { outside: HeatOutside::Sum, scale: HeatScale::Sum, ..Heatmap::released(0) };
    let mut empty = batch(&IMAGES[..1], &[0]);
    empty.inside = empty.inside.zeros_like();
    let of = |settings: Heatmap| {
        let objective = TrainingLoss::new(Task::default()).with(settings).objective(&model(), &empty);
        number(objective.penalty.unwrap())
    };
    assert!((of(settings) - 1.0).abs() < 1e-6);
    assert!((of(Heatmap { outside: HeatOutside::Dice, ..settings }) - 1.0).abs() < 1e-6);
}

#[test]
fn the_gradient_is_that_of_finite_differences() {
    let settings = Heatmap { weight: 1.0, scale: HeatScale::Sum, outside: HeatOutside::Sum, ..Heatmap::released(0) };
    let batch = batch(&IMAGES[..2], &[0, 0]);
    let value = |model: &Linear<B>| {
        let mut loss = TrainingLoss::new(Task::default()).with(settings);
        loss.objective(model, &batch).penalty.unwrap()
    };
    let base = model();
    let gradients = value(&base).backward();
    let exact: Vec<f32> = base.weight.val().grad(&gradients).unwrap().into_data().iter().collect();
    let step = 1e-2f32;
    for place in 0..8 {
        let moved = |by: f32| {
            let mut values = WEIGHTS.concat();
            values[place] += by;
            let weight = Tensor::<B, 2>::from_data(TensorData::new(values, [2, 8]), &Default::default());
            number(value(&Linear { weight: Param::from_tensor(weight) }))
        };
        let slope = (moved(step) - moved(-step)) / (2.0 * step);
        assert!((slope - exact[place]).abs() < 1e-3, "{place}: {slope} and {}", exact[place]);
    }
}

#[test]
#[should_panic(expected = "the model shows no tap 1, which a penalty needs")]
fn a_tap_that_is_not_there_is_named() {
    penalty(Heatmap::released(1), &IMAGES, &[0, 0, 0]);
}

/// A penalty is an object that others may wrap; this one only counts.
#[test]
fn a_contribution_says_what_it_left_out() {
    let plain = Contribution::<B>::new(Tensor::zeros([1], &Default::default()));
    assert!(plain.left_out.is_none() && plain.update);
    let mut heatmap = Heatmap::released(0);
    let model = model();
    let batch = batch(&IMAGES[..1], &[0]);
    let trace = model.trace(batch.images.clone(), Mode::Train);
    // Without a gradient there is no heat.
    let passes = Passes { task: Task::default(), images: trace, masked: None, gradient: None, differentiated: None };
    let found = Penalty::<B, Linear<B>>::penalty(&mut heatmap, &model, &passes, &batch);
    assert_eq!((number(found.penalty), number(found.left_out.unwrap())), (0.0, 1.0));
}

//! The loss of the task with class weights, and the length of the parameters, against plain loops.
#![allow(clippy::unwrap_used, reason = "a test that fails here says where")]

use burn::tensor::{Distribution, Int, Tensor};
use herring_backend::{Autodiff, Cpu};
use herring_losses::{Batch, L2, Task, TrainingLoss, cross_entropy, weighted_cross_entropy};
use herring_models::{
    FirstConvolution, Network, NetworkConfig, ResNetConfig,
    weights::{self, NamedTensors},
};
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;

type B = Autodiff<Cpu>;

fn number(tensor: Tensor<B, 1>) -> f64 {
    f64::from(tensor.into_scalar())
}

#[test]
fn class_weights_weight_the_mean() {
    let device = Default::default();
    let rows = [[0.3, -1.2, 2.0], [1.5, 0.1, -0.4], [0.0, 0.7, 0.2], [-2.0, 1.0, 0.5]];
    let (labels, class_weights) = ([2, 0, 0, 1], [0.7421, 0.2579, 2.0]);
    let logits = Tensor::<B, 2>::from_floats(rows, &device).require_grad();
    let classes = Tensor::<B, 1, Int>::from_ints(labels, &device);
    let (mut total, mut weight_of_all) = (0.0, 0.0);
    for (row, label) in rows.iter().zip(labels) {
        let sum: f64 = row.iter().map(|value: &f64| value.exp()).sum();
        total -= class_weights[label as usize] * (row[label as usize].exp() / sum).ln();
        weight_of_all += class_weights[label as usize];
    }
    let task = Task::CrossEntropy { class_weights: class_weights.to_vec() };
    let found = task.loss(logits.clone(), classes.clone());
    assert!((number(found.clone()) - total / weight_of_all).abs() < 1e-6);
    // The gradient of a row is its weight's share times probabilities minus one-hot.
    let gradient: Vec<f32> = logits.grad(&found.backward()).unwrap().into_data().into_vec().unwrap();
    for (place, found) in gradient.into_iter().enumerate() {
        let (row, label) = (rows[place / 3], labels[place / 3] as usize);
        let sum: f64 = row.iter().map(|value: &f64| value.exp()).sum();
        let share = class_weights[label] / weight_of_all;
        let expected = share * (row[place % 3].exp() / sum - f64::from(u8::from(place % 3 == label)));
        assert!((f64::from(found) - expected).abs() < 1e-6, "{place}: {found} instead of {expected}");
    }
}

#[test]
fn equal_class_weights_of_any_size_are_the_plain_mean() {
    let device = Default::default();
    let logits = Tensor::<B, 2>::random([6, 2], Distribution::Normal(0.0, 2.0), &device);
    let labels = Tensor::<B, 1, Int>::from_ints([0, 1, 1, 0, 1, 1], &device);
    let plain = number(cross_entropy(logits.clone(), labels.clone()));
    assert_eq!(number(Task::default().loss(logits.clone(), labels.clone())), plain);
    for weight in [0.5, 7.0] {
        let weighted = number(weighted_cross_entropy(logits.clone(), labels.clone(), &[weight; 2]));
        assert!((weighted - plain).abs() < 1e-6, "{weighted} instead of {plain}");
    }
}

#[test]
fn l2_is_half_the_squared_length_of_the_parameters_and_its_gradient_is_they() {
    let device = Default::default();
    let config = ResNetConfig { channels: 1, width: 2, classes: 2, side: 8, ..ResNetConfig::default() };
    let fresh: Network<B> = Network::new(&NetworkConfig::ResNet(config), &mut ChaCha8Rng::seed_from_u64(4), &device);
    let images = Tensor::<B, 4>::ones([2, 1, 8, 8], &device);
    let labels = Tensor::<B, 1, Int>::from_ints([0, 1], &device);
    let batch = Batch { masked: images.clone(), inside: images.clone(), images, labels, groups: vec![], teacher: None };
    let stored = NamedTensors::of::<B, _>(&fresh);
    let model = weights::load(fresh, &stored).unwrap();
    let trained: Vec<f64> = stored
        .names()
        .filter(|name| !name.contains("running"))
        .flat_map(|name| stored.get(name).unwrap().1.iter().map(|value| f64::from(*value)))
        .collect();
    let expected = 0.5 * 0.01 * trained.iter().map(|value| value * value).sum::<f64>();
    let mut loss = TrainingLoss::new(Task::default()).with(L2 { weight: 0.01 });
    let penalty = loss.objective(&model, &batch).penalty.unwrap();
    let found = number(penalty.clone());
    assert!((found - expected).abs() < 1e-5 * expected, "{found} instead of {expected}");
    let gradients = penalty.backward();
    let weight = model.first_convolution().weight.val();
    let gradient = weight.grad(&gradients).unwrap();
    let difference = (gradient - weight.inner() * 0.01).abs().max().into_scalar();
    assert!(difference < 1e-8, "{difference}");
}

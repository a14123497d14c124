//! Losses by groups: worked by hand, and against NumPy and PyTorch (`golden/make_groups.py`).
#![allow(clippy::unwrap_used, reason = "a test that fails here says where")]

use burn::tensor::{Distribution, Int, Tensor};
use herring_backend::{Autodiff, Cpu};
use herring_losses::{Batch, GroupDro, GroupDroConfig, Groups, L2, Reweighted, Task, TrainingLoss};
use herring_models::{Network, NetworkConfig, ResNetConfig, Saved};
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use std::f64::consts::LN_2;

type B = Autodiff<Cpu>;

/// Training images of each group.
const COUNTS: [usize; 3] = [6, 3, 1];

/// The groups of three batches, and the powers of 2 whose logarithms are the losses of their images.
const STEPS: [(&[usize], &[f64]); 3] =
    [(&[0, 0, 1], &[0.0, 2.0, 2.0]), (&[2, 0], &[3.0, 0.0]), (&[1, 2, 0], &[1.0, 0.0, 2.0])];

fn robust(step: f64, adjustment: f64) -> Groups<B> {
    Groups::Robust(GroupDro::new(GroupDroConfig { step, adjustment }, &COUNTS, &Default::default()))
}

fn weights(groups: &Groups<B>) -> Vec<f64> {
    match groups {
        Groups::Robust(robust) => robust.weights(),
        Groups::Reweighted(_) => panic!("it has no weights that change"),
    }
}

fn vector(values: &[f64]) -> Tensor<B, 1> {
    Tensor::from_floats(values, &Default::default())
}

fn number(tensor: Tensor<B, 1>) -> f64 {
    f64::from(tensor.into_scalar())
}

fn near(found: &[f64], expected: &[f64]) {
    assert_eq!(found.len(), expected.len());
    let far = found.iter().zip(expected).any(|(found, expected)| (found - expected).abs() > 1e-6);
    assert!(!far, "{found:?} instead of {expected:?}");
}

/// The weights and the loss of each of the three steps.
fn three_steps(mut groups: Groups<B>) -> Vec<(Vec<f64>, f64)> {
    let step = |&(of, powers): &(&[usize], &[f64])| {
        let losses: Vec<f64> = powers.iter().map(|power| power * LN_2).collect();
        let loss = number(groups.loss(vector(&losses), of));
        (weights(&groups), loss)
    };
    STEPS.iter().map(step).collect()
}

#[test]
fn three_steps_of_group_dro_by_hand() {
    // With η = 1 and the loss k ln 2 a weight is multiplied by 2^k. It begins with (1, 1, 1) / 3.
    //
    // 1. Group 0 has the mean (0 + 2)/2 = 1, group 1 has 2, and the batch lacks group 2: (1, 1, 1) * (2, 4, 1) is (2, 4, 1),
    //    divided by 7. The loss is (2 * 1 + 4 * 2)/7 ln 2 = 10/7 ln 2.
    // 2. Group 0 has 0, group 2 has 3: (2, 4, 1) * (1, 1, 8) is (2, 4, 8), divided by 14. The loss is 8/14 * 3 ln 2 =
    //    12/7 ln 2.
    // 3. Group 0 has 2, group 1 has 1, group 2 has 0: (1, 2, 4) * (4, 2, 1) is (4, 4, 4), divided by 12. The loss is
    //    (2 + 1 + 0)/3 ln 2 = ln 2.
    let expected: [([f64; 3], f64); 3] = [
        ([2.0 / 7.0, 4.0 / 7.0, 1.0 / 7.0], 10.0 / 7.0),
        ([1.0 / 7.0, 2.0 / 7.0, 4.0 / 7.0], 12.0 / 7.0),
        ([1.0 / 3.0, 1.0 / 3.0, 1.0 / 3.0], 1.0),
    ];
    for ((weights, loss), (expected, powers)) in three_steps(robust(1.0, 0.0)).iter().zip(expected) {
        near(weights, &expected);
        near(&[*loss], &[powers * LN_2]);
    }
}

#[test]
fn adjusted_steps_are_those_of_numpy() {
    let expected = [
        ([0.317978786189, 0.532541186143, 0.149480027668], 0.958664942539),
        ([0.221422736790, 0.246534264794, 0.532042998415], 1.106352312864),
        ([0.243694498493, 0.227209171249, 0.529096330258], 0.495321705545),
    ];
    for ((weights, loss), (expected, sum)) in three_steps(robust(0.5, 2.0)).iter().zip(expected) {
        near(weights, &expected);
        near(&[*loss], &[sum]);
    }
}

#[test]
fn the_weights_are_constant_in_the_gradient() {
    let device = Default::default();
    let rows = [[0.3, -1.2, 2.0], [1.5, 0.1, -0.4], [0.0, 0.7, 0.2], [-2.0, 1.0, 0.5]];
    let logits = Tensor::<B, 2>::from_floats(rows, &device).require_grad();
    let labels = Tensor::<B, 1, Int>::from_ints([2, 0, 0, 1], &device);
    let mut groups = robust(0.5, 2.0);
    let loss = groups.loss(Task::default().image_losses(logits.clone(), labels), &[2, 0, 0, 1]);
    near(&weights(&groups), &[0.30682214, 0.29987965, 0.39329821]);
    near(&[number(loss.clone())], &[0.503269708269]);
    let gradient: Vec<f64> = logits.grad(&loss.backward()).unwrap().into_data().iter().collect();
    let expected = [
        [0.05872684166, 0.013103729584, -0.071830571244],
        [-0.043530785883, 0.027096143867, 0.016434642016],
        [-0.117187824118, 0.072944654626, 0.044243169493],
        [0.009014048739, -0.118827643064, 0.109813594325],
    ];
    near(&gradient, &expected.concat());
}

#[test]
fn huge_losses_leave_the_weights_finite_and_a_small_weight_comes_back() {
    let mut groups = robust(1.0, 0.0);
    number(groups.loss(vector(&[5000.0, 0.0, 0.0]), &[0, 1, 2]));
    near(&weights(&groups), &[1.0, 0.0, 0.0]);
    number(groups.loss(vector(&[0.0, 5000.0, 4000.0]), &[0, 1, 2]));
    near(&weights(&groups), &[0.5, 0.5, 0.0]);
}

#[test]
fn its_state_is_all_of_the_weights() {
    let mut whole = robust(0.3, 1.0);
    number(whole.loss(vector(&[0.2, 1.3, 0.8]), &[0, 1, 2]));
    let mut resumed = robust(0.3, 1.0);
    resumed.restore(&whole.save()).unwrap();
    let [whole, resumed] = [whole, resumed].map(|mut groups| {
        let loss = number(groups.loss(vector(&[0.7, 0.1]), &[1, 0]));
        (loss, weights(&groups))
    });
    assert_eq!(whole, resumed);
    let of_two: Groups<B> =
        Groups::Robust(GroupDro::new(GroupDroConfig { step: 0.3, adjustment: 1.0 }, &[1, 1], &Default::default()));
    let refused = robust(0.3, 1.0).restore(&of_two.save()).unwrap_err().to_string();
    assert!(refused.contains("log_weights"), "{refused}");
    assert!(robust(0.3, 1.0).restore(&Saved::default()).is_err());
}

#[test]
fn weights_of_images_make_every_group_count_alike() {
    // n = 10 images in m = 3 groups: 10/(3*6), 10/(3*3), 10/(3*1).
    let reweighted = Reweighted::new(&COUNTS);
    near(reweighted.weights(), &[10.0 / 18.0, 10.0 / 9.0, 10.0 / 3.0]);
    let mut groups = Groups::Reweighted(reweighted);
    // (5/9 * 1 + 10/9 * 2 + 10/3 * 3 + 5/9 * 4)/4 = (5 + 20 + 90 + 20)/36.
    let loss = groups.loss(vector(&[1.0, 2.0, 3.0, 4.0]), &[0, 1, 2, 0]);
    near(&[number(loss)], &[135.0 / 36.0]);
    // All training images at once: the mean of the groups' means, 3.5, 1 and 9.
    let losses = [1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 0.0, 1.0, 2.0, 9.0];
    let loss = groups.loss(vector(&losses), &[0, 0, 0, 0, 0, 0, 1, 1, 1, 2]);
    near(&[number(loss)], &[13.5 / 3.0]);
    assert!(groups.save().tensors.names().next().is_none());
}

#[test]
fn the_mean_of_the_images_losses_is_the_loss_of_each_task() {
    let device = Default::default();
    let logits = Tensor::<B, 2>::random([6, 3], Distribution::Normal(0.0, 2.0), &device);
    let labels = Tensor::<B, 1, Int>::from_ints([0, 2, 1, 0, 1, 2], &device);
    for task in [Task::default(), Task::NormalisedSigmoids, Task::SquaredError] {
        let losses = task.image_losses(logits.clone(), labels.clone());
        assert_eq!(losses.dims(), [6]);
        near(&[number(losses.mean())], &[number(task.loss(logits.clone(), labels.clone()))]);
    }
}

#[test]
fn groups_change_the_task_and_not_the_penalties() {
    let device = Default::default();
    let config = ResNetConfig { channels: 1, width: 2, classes: 2, side: 8, ..ResNetConfig::default() };
    let model: Network<B> = Network::new(&NetworkConfig::ResNet(config), &mut ChaCha8Rng::seed_from_u64(4), &device);
    let images = Tensor::<B, 4>::random([3, 1, 8, 8], Distribution::Uniform(0.0, 1.0), &device);
    let labels = Tensor::<B, 1, Int>::from_ints([0, 1, 0], &device);
    let (masked, inside) = (images.clone(), images.clone());
    let batch = Batch { images, masked, inside, labels: labels.clone(), groups: vec![0, 1, 2], teacher: None };
    let mut plain = TrainingLoss::new(Task::default()).with(L2 { weight: 0.01 });
    let plain = plain.objective(&model, &batch);
    let mut grouped = TrainingLoss::new(Task::default())
        .by_groups(Groups::Reweighted(Reweighted::new(&COUNTS)))
        .with(L2 { weight: 0.01 });
    let grouped = grouped.objective(&model, &batch);
    assert_eq!(number(plain.penalty.unwrap()), number(grouped.penalty.unwrap()));
    let losses: Vec<f64> = Task::default().image_losses(grouped.logits, labels).into_data().iter().collect();
    near(&[number(plain.task)], &[(losses[0] + losses[1] + losses[2]) / 3.0]);
    near(&[number(grouped.task)], &[(losses[0] / 18.0 + losses[1] / 9.0 + losses[2] / 3.0) * 10.0 / 3.0]);
}

#[test]
#[should_panic(expected = "the batch names the groups of 2 of its 3 images")]
fn a_batch_without_the_groups_of_its_images_does_not_fit() {
    let _ = robust(1.0, 0.0).loss(vector(&[0.0, 1.0, 2.0]), &[0, 1]);
}

//! Students and teachers: which parts of a teacher's pass are made, and attention transfer between maps of other sizes against
//! plain loops.
#![allow(clippy::unwrap_used, reason = "a test that fails here says where")]

use burn::tensor::{Distribution, Int, Tensor};
use herring_backend::{Autodiff, Cpu};
use herring_losses::{
    AttentionTransfer, Batch, Distillation, JacobianTransfer, L2, Task, TeacherNeeds, TeacherPass, TrainingLoss,
};
use herring_models::{Classifier, FirstConvolution, Mode, Network, NetworkConfig, ResNetConfig, TwoLayerConfig};
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;

type B = Autodiff<Cpu>;
type Loss = TrainingLoss<B, Network<B>>;

const SIDE: usize = 20;
const STUDENT: NetworkConfig =
    NetworkConfig::TwoLayer(TwoLayerConfig { channels: 1, width: 3, side: SIDE, classes: 4 });

fn teacher() -> Network<Cpu> {
    let config = ResNetConfig { channels: 1, width: 2, classes: 4, side: SIDE, ..ResNetConfig::default() };
    Network::new(&NetworkConfig::ResNet(config), &mut ChaCha8Rng::seed_from_u64(2), &Default::default())
}

fn student() -> Network<B> {
    Network::new(&STUDENT, &mut ChaCha8Rng::seed_from_u64(1), &Default::default())
}

fn batch(needs: TeacherNeeds) -> Batch<B> {
    let device = Default::default();
    let images = Tensor::<B, 4>::random([4, 1, SIDE, SIDE], Distribution::Uniform(0.0, 1.0), &device);
    let labels = Tensor::<B, 1, Int>::from_ints([0, 1, 2, 3], &device);
    let teacher = needs.any().then(|| TeacherPass::of(&teacher(), images.clone(), labels.clone(), needs));
    Batch { masked: images.clone(), inside: images.ones_like(), images, labels, groups: vec![], teacher }
}

fn all() -> Loss {
    TrainingLoss::new(Task::default())
        .with(AttentionTransfer { weight: 1.0 })
        .with(Distillation { weight: 1.0, temperature: 2.0 })
        .with(JacobianTransfer { weight: 1.0 })
}

fn values<const D: usize>(tensor: Tensor<B, D>) -> Vec<f64> {
    tensor.into_data().convert::<f64>().into_vec().unwrap()
}

#[test]
fn a_pass_holds_what_the_penalties_use_and_nothing_else() {
    assert_eq!(all().needs_teacher(), TeacherNeeds { logits: true, taps: true, gradient: true });
    assert_eq!(Loss::new(Task::default()).with(L2 { weight: 1.0 }).needs_teacher(), TeacherNeeds::NOTHING);
    assert!(!TeacherNeeds::NOTHING.any());
    for part in 0..3 {
        let needs = TeacherNeeds { logits: part == 0, taps: part == 1, gradient: part == 2 };
        let made = batch(needs).teacher.unwrap();
        let found = TeacherNeeds {
            logits: made.logits.is_some(),
            taps: made.taps.is_some(),
            gradient: made.gradient.is_some(),
        };
        assert_eq!(found, needs);
    }
}

#[test]
fn the_teacher_is_evaluated_as_it_is() {
    let batch = batch(TeacherNeeds { logits: true, taps: true, gradient: true });
    let alone = teacher().trace(batch.images.clone().inner(), Mode::Evaluate);
    let made = batch.teacher.unwrap();
    assert_eq!(values(made.logits.unwrap()), values(Tensor::<B, 2>::from_inner(alone.logits)));
    assert_eq!(made.taps.unwrap().len(), 4);
    assert_eq!(made.gradient.unwrap().dims(), batch.images.dims());
}

#[test]
fn a_student_learns_from_a_teacher_of_another_architecture() {
    let batch = batch(all().needs_teacher());
    let model = student();
    let objective = all().objective(&model, &batch);
    let gradients = objective.penalty.unwrap().backward();
    let gradient = model.first_convolution().weight.val().grad(&gradients).unwrap();
    let largest = gradient.abs().max().into_scalar();
    assert!(largest > 0.0 && largest.is_finite(), "{largest}");
}

/// A map `[height, width]` with each column divided by its norm.
fn by_columns(map: &[f64], [height, width]: [usize; 2]) -> Vec<f64> {
    let norm = |column: usize| (0..height).map(|row| map[row * width + column].powi(2)).sum::<f64>().sqrt().max(1e-12);
    (0..height * width).map(|place| map[place] / norm(place % width)).collect()
}

#[test]
fn attention_transfer_takes_the_nearest_pixel_of_the_teacher_s_map_and_the_shorter_list_of_taps() {
    let batch = batch(TeacherNeeds { taps: true, ..TeacherNeeds::NOTHING });
    let model = student();
    let mut loss: Loss = TrainingLoss::new(Task::default()).with(AttentionTransfer { weight: 3.0 });
    let found = values(loss.objective(&model, &batch).penalty.unwrap())[0];
    let taps = model.trace(batch.images.clone(), Mode::Train).taps;
    let teacher = batch.teacher.unwrap().taps.unwrap();
    assert_eq!((taps.len(), teacher.len()), (2, 4));
    let mut expected = 0.0;
    for (tap, other) in taps.into_iter().zip(teacher) {
        let ([count, _, height, width], [_, _, rows, columns]) = (tap.dims(), other.dims());
        assert_ne!([height, width], [rows, columns], "the sizes must differ for this test");
        let (tap, other) = (values(tap.sum_dim(1)), values(other.sum_dim(1)));
        for image in 0..count {
            let own = by_columns(&tap[image * height * width..][..height * width], [height, width]);
            let map = &other[image * rows * columns..][..rows * columns];
            let near = |place: usize| map[place / width * rows / height * columns + place % width * columns / width];
            let theirs = by_columns(&(0..height * width).map(near).collect::<Vec<_>>(), [height, width]);
            let squares: f64 = own.iter().zip(&theirs).map(|(own, their)| (own - their).powi(2)).sum();
            expected += squares.sqrt() / count as f64;
        }
    }
    assert!((found - 3.0 * expected).abs() < 1e-5 * expected, "{found} instead of {}", 3.0 * expected);
}

#[test]
fn distillation_is_the_scaled_divergence_and_vanishes_for_equal_logits() {
    let needs = TeacherNeeds { logits: true, ..TeacherNeeds::NOTHING };
    let mut batch = batch(needs);
    let model = student();
    let temperature = 2.5;
    let mut loss: Loss = TrainingLoss::new(Task::default()).with(Distillation { weight: 0.5, temperature });
    let objective = loss.objective(&model, &batch);
    let teacher = batch.teacher.clone().unwrap().logits.unwrap();
    let probabilities = |logits: &[f64]| {
        let scaled: Vec<f64> = logits.iter().map(|value| (value / temperature).exp()).collect();
        let total: f64 = scaled.iter().sum();
        scaled.into_iter().map(|value| value / total).collect::<Vec<_>>()
    };
    let (own, theirs) = (values(objective.logits.clone()), values(teacher));
    let divergence: f64 = own
        .chunks(4)
        .zip(theirs.chunks(4))
        .map(|(own, theirs)| {
            let (own, theirs) = (probabilities(own), probabilities(theirs));
            theirs.iter().zip(&own).map(|(q, p)| q * (q / p).ln()).sum::<f64>()
        })
        .sum();
    let expected = 0.5 * temperature * temperature * divergence / 4.0;
    let found = values(objective.penalty.unwrap())[0];
    assert!((found - expected).abs() < 1e-6, "{found} instead of {expected}");

    batch.teacher = Some(TeacherPass { logits: Some(objective.logits.detach()), taps: None, gradient: None });
    let same = values(loss.objective(&model, &batch).penalty.unwrap())[0];
    assert!(same.abs() < 1e-7, "{same}");
}

#[test]
#[should_panic(expected = "the batch lacks a teacher's logits, which a penalty needs")]
fn a_batch_without_the_teacher_does_not_fit() {
    let mut loss: Loss = TrainingLoss::new(Task::default()).with(Distillation { weight: 1.0, temperature: 1.0 });
    loss.objective(&student(), &batch(TeacherNeeds::NOTHING));
}

//! RRR of tap2024 on networks of two classes takes a shorter way; it leads to the same gradients.
#![allow(clippy::unwrap_used, reason = "a test that fails here says where")]

use burn::{
    module::{Module, ModuleMapper, ModuleVisitor, Param},
    tensor::{Distribution, Int, Tensor, backend::AutodiffBackend, backend::Backend},
};
use herring_backend::{Autodiff, Cpu, Kernels, ops};
use herring_losses::{
    Batch, Contribution, Passes, Penalty, Rrr, RrrReading, Task, TrainingLoss, WithRespectTo, log_softmax,
};
use herring_models::{
    DenseNetConfig, DenseNetTaps, EfficientNetConfig, Mode, Network, NetworkConfig, ResNetConfig, Stackable, Stem,
    Trace, TwoLayerConfig, VggConfig, VggHead, VggTaps,
};
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;

type B = Autodiff<Cpu>;

const WEIGHT: f64 = 0.7;

/// The penalty by its definition, for any network.
struct Definition;

impl<A: AutodiffBackend + Kernels, M: Stackable<A>> Penalty<A, M> for Definition {
    fn differentiates(&self, _model: &M) -> Option<WithRespectTo> {
        Some(WithRespectTo::Images)
    }

    fn mode(&self) -> Mode {
        Mode::Evaluate
    }

    fn score(&self, trace: &Trace<Autodiff<A>>, _batch: &Batch<A>) -> Tensor<Autodiff<A>, 1> {
        log_softmax(trace.logits.clone()).sum()
    }

    fn penalty(&mut self, _model: &M, passes: &Passes<A>, batch: &Batch<A>) -> Contribution<A> {
        let outside = batch.outside();
        let [images, _, height, width] = outside.dims();
        let share = outside.clone().mean_dim(3).mean_dim(2).clamp_min(1.0 / (height * width) as f64);
        let gradient = ops::sum_over_channels(passes.gradient(batch)) * outside / share;
        Contribution::new((gradient.clone() * gradient).sum() * (WEIGHT / images as f64))
    }
}

/// Moves biases, scales and running statistics away from where an untrained network has them.
struct Move;

impl<A: Backend> ModuleMapper<A> for Move {
    fn map_float<const D: usize>(&mut self, param: Param<Tensor<A, D>>) -> Param<Tensor<A, D>> {
        if D != 1 {
            return param;
        }
        param.map(|value| {
            let places = Tensor::<A, 1, Int>::arange(0..value.dims()[0] as i64, &value.device()).float();
            let waves = (places * 1.7 + 0.4).sin() * 0.3;
            (value.clone() + waves.reshape(value.shape())).detach().set_require_grad(value.is_require_grad())
        })
    }
}

/// The gradients of all parameters, by their order in the network.
struct Collect<'a>(&'a <B as AutodiffBackend>::Gradients, Vec<Vec<f64>>);

impl ModuleVisitor<B> for Collect<'_> {
    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<B, D>>) {
        if let Some(gradient) = param.val().grad(self.0) {
            self.1.push(gradient.into_data().iter().collect());
        }
    }
}

fn batch(side: usize, channels: usize) -> Batch<B> {
    let device = Default::default();
    let images = Tensor::<B, 4>::random([4, channels, side, side], Distribution::Uniform(-1.0, 1.0), &device);
    let mut inside = Tensor::<B, 4>::zeros([4, 1, side, side], &device);
    // Masks of several sizes; one of all pixels, so that nothing lies outside; none at all.
    for (image, rows) in [(0, side / 3), (1, side / 2), (2, side)] {
        let ones = Tensor::ones([1, 1, rows, side], &device);
        inside = inside.slice_assign([image..image + 1, 0..1, 0..rows, 0..side], ones);
    }
    let labels = Tensor::<B, 1, Int>::from_ints([0, 1, 1, 0], &device);
    Batch { masked: images.clone(), inside, images, labels, groups: vec![], teacher: None }
}

fn found(
    network: &Network<B>,
    batch: &Batch<B>,
    penalty: impl Penalty<B, Network<B>> + 'static,
) -> (f64, Vec<Vec<f64>>) {
    let objective = TrainingLoss::new(Task::default()).with(penalty).objective(network, batch);
    let value = objective.penalty.clone().unwrap().into_scalar();
    let gradients = objective.penalty.unwrap().backward();
    let mut collect = Collect(&gradients, Vec::new());
    network.visit(&mut collect);
    (f64::from(value), collect.1)
}

fn configurations(classes: usize) -> [(NetworkConfig, [usize; 2]); 6] {
    let resnet = |stem| {
        NetworkConfig::ResNet(ResNetConfig {
            stem,
            channels: 3,
            width: 2,
            classes,
            side: 64,
            ..ResNetConfig::default()
        })
    };
    let vgg = VggConfig {
        channels: 3,
        width: 2,
        hidden: 5,
        size: [40; 2],
        classes,
        taps: VggTaps::Pools,
        head: VggHead::PyTorch,
    };
    let dense = DenseNetConfig {
        channels: 3,
        width: 4,
        growth: 2,
        bottleneck: 2,
        blocks: [2, 1, 1, 2],
        classes,
        taps: DenseNetTaps::Transitions,
    };
    let efficient = EfficientNetConfig { percent: 10, ..EfficientNetConfig::b0(classes) };
    [
        (resnet(Stem::ImageNet), [64, 3]),
        (resnet(Stem::Small), [64, 3]),
        (NetworkConfig::Vgg(vgg), [40, 3]),
        (NetworkConfig::DenseNet(dense), [64, 3]),
        (NetworkConfig::EfficientNet(efficient), [64, 3]),
        (NetworkConfig::TwoLayer(TwoLayerConfig { channels: 1, width: 3, side: 28, classes }), [28, 1]),
    ]
}

/// With two classes and with more, of networks that are homogeneous and one that is not, with and without a pass of its own.
#[test]
fn the_penalty_is_its_definition_in_value_and_gradients() {
    for classes in [2, 3] {
        for (config, [side, channels]) in configurations(classes) {
            let random = &mut ChaCha8Rng::seed_from_u64(3);
            let network = Network::<B>::new(&config, random, &Default::default()).map(&mut Move);
            let batch = batch(side, channels);
            let rrr = Rrr { weight: WEIGHT, offset: 0.0, reading: RrrReading::Area };
            let (value, gradients) = found(&network, &batch, rrr);
            let (expected, expected_gradients) = found(&network, &batch, Definition);
            let place = format!("{classes} classes, {config:?}");
            assert!(expected > 0.0 && (value - expected).abs() < 2e-5 * expected, "{place}: {value}, not {expected}");
            assert_eq!(gradients.len(), expected_gradients.len(), "{place}");
            for (index, (found, expected)) in gradients.iter().zip(&expected_gradients).enumerate() {
                let largest = expected.iter().fold(0.0f64, |most, value| most.max(value.abs()));
                let off = found.iter().zip(expected).fold(0.0f64, |most, (one, other)| most.max((one - other).abs()));
                assert!(off <= 1e-4 * largest + 1e-9, "{place}, parameter {index}: off by {off:e} of {largest:e}");
            }
        }
    }
}

//! Right for the right reasons on a model of one's own, in plain Burn.
//!
//! The label is in the left half of each image and, more loudly, in the right half, which the mask
//! declares to be outside. `cargo run --release -p herring-losses --example own_model`

use burn::{
    backend::Autodiff,
    module::Module,
    nn::conv::{Conv2d, Conv2dConfig},
    optim::{AdamConfig, GradientsParams, Optimizer},
    tensor::{Int, Tensor, TensorData, activation::relu, backend::Backend},
};
use herring_backend::{Cpu, Kernels, pooling};
use herring_losses::{Batch, Penalty, Rrr, Unpenalised, Variant};
use herring_models::{Classifier, Mode, Stackable, Trace};

#[derive(Module, Debug)]
struct Small<B: Backend> {
    features: Conv2d<B>,
    classes: Conv2d<B>,
}

impl<B: Kernels> Classifier<B> for Small<B> {
    fn trace(&self, images: Tensor<B, 4>, _: Mode) -> Trace<B> {
        let features = relu(self.features.forward(images));
        let logits = pooling::global_average(self.classes.forward(features.clone()));
        Trace::new(logits, pooling::global_average(features))
    }
}

impl<B: Kernels> Stackable<B> for Small<B> {
    type Lifted = Small<Autodiff<B>>;
}

type B = Autodiff<Cpu>;

fn train(mut penalty: impl Penalty<B, Small<B>>) -> (f32, f32) {
    let device = Default::default();
    B::seed(&device, 1);
    let mut model: Small<B> = Small {
        features: Conv2dConfig::new([1, 8], [4, 4]).with_stride([4, 4]).init(&device),
        classes: Conv2dConfig::new([8, 2], [1, 2]).init(&device),
    };
    let images = |left: f32, right: f32| -> Tensor<B, 4> {
        let sign = |image: usize| if image % 2 == 0 { -1.0 } else { 1.0 };
        let half = |pixel: usize| if pixel % 8 < 4 { left } else { right };
        let values: Vec<f32> = (0..16 * 32).map(|place| sign(place / 32) * half(place % 32)).collect();
        Tensor::from_data(TensorData::new(values, [16, 1, 4, 8]), &device)
    };
    let inside = images(0.0, 0.0).slice_fill([0..16, 0..1, 0..4, 0..4], 1.0);
    let labels = Tensor::<B, 1, Int>::from_data(
        TensorData::new((0..16).map(|i| i % 2).collect::<Vec<i32>>(), [16]),
        &device,
    );
    let batch = Batch {
        images: images(0.3, 1.0),
        masked: images(0.3, 0.0),
        inside,
        labels: labels.clone(),
    };
    let mut optimiser = AdamConfig::new().init();
    for _ in 0..300 {
        let loss = penalty.objective(&model, &batch).total(labels.clone());
        let gradients = GradientsParams::from_grads(loss.backward(), &model);
        model = optimiser.step(0.01, model, gradients);
    }
    let accuracy = |images| {
        let right = model
            .trace(images, Mode::Evaluate)
            .logits
            .argmax(1)
            .reshape([16])
            .equal(labels.clone());
        right.float().mean().into_scalar()
    };
    (accuracy(images(0.3, 1.0)), accuracy(images(0.3, -1.0)))
}

fn main() {
    let report =
        |name, (same, reversed)| println!("{name:14} accuracy {same:.2}, with the right half reversed {reversed:.2}");
    report("cross-entropy", train(Unpenalised));
    report(
        "with RRR",
        train(Rrr {
            weight: 1.0,
            variant: Variant::Paper,
        }),
    );
}

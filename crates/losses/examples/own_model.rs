//! Right for the right reasons with a custom model and tensors, in plain Burn.
//!
//! Both halves of an image encode the label, the right one more strongly; the mask covers the left one.
//! `cargo run --release -p herring-losses --example own_model`
use burn::{
    module::Module,
    nn::conv::{Conv2d, Conv2dConfig},
    optim::{AdamConfig, GradientsParams, Optimizer},
    tensor::{Distribution, Int, Tensor, backend::Backend},
};
use herring_backend::{Autodiff, Cpu, Kernels, ops, pooling};
use herring_losses::{Batch, Rrr, RrrReading, Task, TrainingLoss};
use herring_models::{Classifier, Mode, Stackable, TapHook, Trace};

#[derive(Module, Debug)]
struct Small<B: Backend> {
    features: Conv2d<B>,
    classes: Conv2d<B>,
}

impl<B: Kernels> Classifier<B> for Small<B> {
    fn trace_hooked(&self, images: Tensor<B, 4>, _: Mode, _: TapHook<'_, B>) -> Trace<B> {
        let features = ops::rectify(self.features.forward(images));
        let logits = pooling::global_average(self.classes.forward(features.clone()));
        Trace::new(logits, pooling::global_average(features))
    }
}

impl<B: Kernels> Stackable<B> for Small<B> {
    type Lifted = Small<Autodiff<B>>;
}

fn main() {
    let device = Default::default();
    let labels = Tensor::<Autodiff<Cpu>, 1, Int>::arange(0..16, &device) % 2;
    let sign = (labels.clone().float() * 2.0 - 1.0).reshape([16, 1, 1, 1]).expand([16, 1, 4, 4]);
    let image = |right: f32| Tensor::cat(vec![sign.clone() * 0.3, sign.clone() * right], 3);
    let inside = Tensor::cat(vec![sign.ones_like(), sign.zeros_like()], 3);
    let noise = Tensor::random([16, 1, 4, 8], Distribution::Normal(0.0, 0.1), &device);
    let batch = Batch {
        images: image(1.0) + noise,
        masked: image(0.0),
        inside,
        labels: labels.clone(),
        groups: vec![],
        teacher: None,
    };
    for weight in [0.0, 1.0] {
        let mut model = Small::<Autodiff<Cpu>> {
            features: Conv2dConfig::new([1, 8], [4, 4]).with_stride([4, 4]).init(&device),
            classes: Conv2dConfig::new([8, 2], [1, 2]).init(&device),
        };
        let mut loss =
            TrainingLoss::new(Task::default()).with(Rrr { weight, offset: 0.0, reading: RrrReading::Pixels });
        let mut optimiser = AdamConfig::new().init();
        for _ in 0..300 {
            let total = loss.objective(&model, &batch).total();
            let gradients = GradientsParams::from_grads(total.backward(), &model);
            model = optimiser.step(0.01, model, gradients);
        }
        let right = model.trace(image(-1.0), Mode::Evaluate).logits.argmax(1).reshape([16]).equal(labels.clone());
        println!("weight {weight}: accuracy {} with the right half reversed", right.float().mean().into_scalar());
    }
}

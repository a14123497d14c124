//! A network and a training loop of one's own, without and with a penalty on where the network looks.
//!
//! The class is whether an image shows one cross or two. In training the side of a small box tells it as well; in the
//! test images the box is on the other side. The masks are the crosses.
use burn::{
    module::{AutodiffModule, Module},
    optim::{AdamConfig, GradientsParams, Optimizer},
    tensor::{Int, Tensor, TensorData, backend::Backend},
};
use herring_backend::{Autodiff, Cpu, Kernels, PoolOptions, ops, pooling};
use herring_datasets::{Batches, Dataset, crosses};
use herring_losses::{Batch, GradMask, GradientNorm, Task, TrainingLoss};
use herring_models::{
    Classifier, Mode, Stackable, TapHook, Trace,
    layers::{Convolution, Linear},
};
use herring_saliency::{Attribution, Smoothing, attribute, localise};
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use std::error::Error;

const WIDTH: usize = 16;

/// Three convolutions (3 x 3, stride 1, padding 1), and a linear layer on the means of the image's four quarters.
#[derive(Module, Debug)]
struct Net<B: Backend> {
    first: Convolution<B>,
    second: Convolution<B>,
    third: Convolution<B>,
    classes: Linear<B>,
}

impl<B: Kernels> Net<B> {
    fn new(random: &mut ChaCha8Rng, device: &B::Device) -> Self {
        let channels = [[1, WIDTH], [WIDTH, 2 * WIDTH], [2 * WIDTH; 2]];
        let [first, second, third] = channels.map(|pair| Convolution::new(pair, 3, 1, 1, random, device));
        Self { first, second, third, classes: Linear::new(4 * 2 * WIDTH, 2, random, device) }
    }
}

// PyTorch's `forward`. These layers and operations can be differentiated twice; not all of Burn's own can.
impl<B: Kernels> Classifier<B> for Net<B> {
    fn trace_hooked(&self, images: Tensor<B, 4>, _: Mode, _: TapHook<'_, B>) -> Trace<B> {
        let first = pooling::maximum(ops::rectify(self.first.forward(images)), PoolOptions::PAIRS);
        let second = pooling::maximum(ops::rectify(self.second.forward(first)), PoolOptions::PAIRS);
        let third = ops::rectify(self.third.forward(second));
        let features = pooling::adaptive_average(third, [2, 2]).flatten(1, 3);
        Trace::new(self.classes.forward(features.clone()), features)
    }
}

// PyTorch's `create_graph=True`: the same network, one level of autodiff higher.
impl<B: Kernels> Stackable<B> for Net<B> {
    type Lifted = Net<Autodiff<B>>;
}

fn tensor<B: Backend>(values: &[f32], shape: [usize; 4]) -> Tensor<B, 4> {
    Tensor::from_data(TensorData::new(values.to_vec(), shape), &Default::default())
}

type Loss = TrainingLoss<Autodiff<Cpu>, Net<Autodiff<Cpu>>>;

fn train(data: &Dataset, mut loss: Loss) -> Result<Net<Cpu>, Box<dyn Error>> {
    let (device, mut random) = (Default::default(), ChaCha8Rng::seed_from_u64(0));
    let mut net = Net::new(&mut random, &device);
    let mut adam = AdamConfig::new().init();
    for _ in 0..30 {
        for batch in Batches::shuffled(data, 32, &mut random)? {
            let batch = batch?;
            let labels: Vec<i64> = batch.labels().iter().map(|&label| label as i64).collect();
            let images = tensor(batch.images(), batch.shape());
            let batch = Batch {
                masked: images.clone(), // GradMask does not read it
                images,
                inside: tensor(batch.masks(), batch.mask_shape()),
                labels: Tensor::<_, 1, Int>::from_ints(labels.as_slice(), &device),
                groups: vec![],
                teacher: None,
            };
            let total = loss.objective(&net, &batch).total();
            let gradients = GradientsParams::from_grads(total.backward(), &net);
            net = adam.step(0.003, net, gradients);
        }
    }
    Ok(net.valid())
}

/// Accuracy, and the mean IoU and IoP of the input gradients with the masks.
fn evaluate(net: &Net<Cpu>, data: &Dataset) -> Result<[f64; 3], Box<dyn Error>> {
    let mut sums = [0.0; 3];
    for batch in Batches::sequential(data, 64)? {
        let batch = batch?;
        let images = tensor(batch.images(), batch.shape());
        let predicted = net.trace(images.clone(), Mode::Evaluate).logits.argmax(1).into_data();
        let correct = predicted.iter::<i64>().zip(batch.labels()).filter(|(class, label)| *class == **label as i64);
        sums[0] += correct.count() as f64;
        let maps = attribute(net, images, batch.labels(), &Attribution::Gradient, 64)?.into_data().to_vec::<f32>()?;
        let [.., height, width] = batch.shape();
        for (map, mask) in maps.chunks(height * width).zip(batch.masks().chunks(height * width)) {
            let found = localise(map, mask, [height, width], Smoothing::default())?;
            sums[1] += found.iou;
            sums[2] += found.iop;
        }
    }
    Ok(sums.map(|sum| sum / data.len() as f64))
}

fn main() -> Result<(), Box<dyn Error>> {
    let splits = crosses::splits(&crosses::CrossesSettings::default(), 1234)?;
    println!("{:12} {:>8} {:>8} {:>5} {:>5}", "penalty", "training", "reversed", "IoU", "IoP");
    let plain = || TrainingLoss::new(Task::default());
    let gradmask = plain().with(GradMask { weight: 0.05, norm: GradientNorm::Absolute });
    for (name, loss) in [("none", plain()), ("GradMask", gradmask)] {
        let net = train(&splits.train, loss)?;
        let ([seen, ..], [reversed, iou, iop]) = (evaluate(&net, &splits.train)?, evaluate(&net, &splits.tests[0].1)?);
        println!("{name:12} {seen:8.2} {reversed:8.2} {iou:5.2} {iop:5.2}");
    }
    Ok(())
}

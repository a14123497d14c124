//! Measures the time of one training step, or of an evaluation.
//!
//! A step processes one batch that is already on the device: forward passes, penalty, backward pass, Adam, and reading
//! the loss. An evaluation is the forward passes of [`EVALUATED`] images in batches, with running statistics, and reading
//! their logits.

use crate::{device::Device, parts};
use burn::tensor::{ElementConversion, Int, Tensor, TensorData};
use herring_backend::{Adam, AdamSettings, Autodiff, Job, Kernels, Optimiser, convolution_kernels};
use herring_losses::Batch;
use herring_models::{Classifier, Mode, Network};
use herring_protocol::{BackendKind, ModelSpec, ObjectiveSpec, RunFailure, SpecError};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use std::time::Instant;

/// Images of an evaluation.
pub const EVALUATED: usize = 1000;

/// What is repeated.
#[derive(Debug, Clone, PartialEq)]
pub enum Work {
    /// A training step under this objective. Penalty weights do not change the time.
    Step(ObjectiveSpec),
    /// An evaluation.
    Evaluation,
}

/// What is measured.
#[derive(Debug, Clone, PartialEq)]
pub struct Settings {
    /// Which network.
    pub model: ModelSpec,
    /// What is repeated.
    pub work: Work,
    /// Channels of the images.
    pub channels: usize,
    /// Rows and columns of the images.
    pub size: [usize; 2],
    /// Batch size.
    pub batch: usize,
    /// Repetitions before the measurement, in which memory is taken and kernels are compiled.
    pub warm_up: usize,
    /// Measured repetitions.
    pub steps: usize,
}

/// One repetition that has ended.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Lap {
    /// Its number, from 0, with those of the warm-up.
    pub number: usize,
    /// How long it took.
    pub milliseconds: f64,
}

/// Median milliseconds of the measured repetitions, on a GPU with the kernels that are fastest there. `ended` is called after
/// each repetition, also of the warm-up, and its own time does not count.
///
/// # Errors
/// The device cannot be used, or there is no repetition to take the median of.
pub fn median(device: &Device, settings: &Settings, ended: &mut (dyn FnMut(Lap) + Send)) -> Result<f64, RunFailure> {
    let chosen = device.chosen().map_err(|error| RunFailure::Device(error.to_string()))?;
    if device.backend != BackendKind::Cpu {
        convolution_kernels::measure(&convolution_kernels::choices())
            .map_err(|error| RunFailure::Device(error.to_string()))?;
    }
    let mut times = Vec::with_capacity(settings.steps);
    let mut keep = |lap: Lap| {
        if lap.number >= settings.warm_up {
            times.push(lap.milliseconds);
        }
        ended(lap);
    };
    chosen.run(Measurement { settings, ended: &mut keep });
    times.sort_by(f64::total_cmp);
    let middle = |index: usize| times.get(index).copied();
    let (below, above) = (middle(times.len().saturating_sub(1) / 2), middle(times.len() / 2));
    below.zip(above).map(|(below, above)| f64::midpoint(below, above)).ok_or_else(|| {
        RunFailure::Specification(SpecError {
            field: "steps".to_owned(),
            found: "0".to_owned(),
            expected: "at least 1".to_owned(),
        })
    })
}

struct Measurement<'a> {
    settings: &'a Settings,
    ended: &'a mut (dyn FnMut(Lap) + Send),
}

impl Job for Measurement<'_> {
    type Output = ();

    fn run<B: Kernels>(self, device: &B::Device) {
        match &self.settings.work {
            Work::Step(objective) => self.train::<B>(objective, device),
            Work::Evaluation => self.evaluate::<B>(device),
        }
    }
}

impl Measurement<'_> {
    fn train<B: Kernels>(self, objective: &ObjectiveSpec, device: &B::Device) {
        let settings = self.settings;
        let mut random = ChaCha8Rng::seed_from_u64(0);
        let [height, width] = settings.size;
        let network = parts::network(&settings.model, [settings.channels, height, width], 2);
        let mut model: Network<Autodiff<B>> = Network::new(&network, &mut random, device);
        let mut loss = parts::training_loss::<B>(
            objective,
            (network.features(), settings.model.taps()),
            &[1, 1],
            &mut random,
            device,
        );
        let mut optimiser = Adam::<B>::new(AdamSettings::new(3e-4));
        let batch = batch::<B>(settings, &mut random, device);
        for number in 0..settings.warm_up + settings.steps {
            let start = Instant::now();
            let objective = loss.objective(&model, &batch);
            let total = objective.total();
            for pass in objective.statistics {
                model = model.absorb(pass);
            }
            let mut gradients = total.backward();
            model = optimiser.step::<Autodiff<B>, _>(model, &mut gradients);
            let _: f64 = total.into_scalar().elem();
            let milliseconds = start.elapsed().as_secs_f64() * 1e3;
            (self.ended)(Lap { number, milliseconds });
        }
    }

    fn evaluate<B: Kernels>(self, device: &B::Device) {
        let Settings { channels, size: [height, width], batch, warm_up, steps, .. } = *self.settings;
        let mut random = ChaCha8Rng::seed_from_u64(0);
        let network = parts::network(&self.settings.model, [channels, height, width], 2);
        let model: Network<B> = Network::new(&network, &mut random, device);
        let starts = (0..EVALUATED).step_by(batch);
        let batches: Vec<Tensor<B, 4>> = starts
            .map(|start| {
                let shape = [batch.min(EVALUATED - start), channels, height, width];
                let values: Vec<f32> = (0..shape.iter().product()).map(|_| random.random()).collect();
                Tensor::from_data(TensorData::new(values, shape), device)
            })
            .collect();
        for number in 0..warm_up + steps {
            let start = Instant::now();
            for images in &batches {
                let logits = model.outputs(images.clone(), Mode::Evaluate).logits;
                let _: Vec<f64> = logits.into_data().iter::<f64>().collect();
            }
            let milliseconds = start.elapsed().as_secs_f64() * 1e3;
            (self.ended)(Lap { number, milliseconds });
        }
    }
}

/// Random images whose masks are a rectangle.
fn batch<B: Kernels>(settings: &Settings, random: &mut ChaCha8Rng, device: &B::Device) -> Batch<Autodiff<B>> {
    let Settings { channels, size: [height, width], batch, .. } = *settings;
    let mut noise = || -> Vec<f32> { (0..batch * channels * height * width).map(|_| random.random()).collect() };
    let tensor = |channels: usize, values: Vec<f32>| {
        Tensor::from_data(TensorData::new(values, [batch, channels, height, width]), device)
    };
    let (rows, columns) = (height / 4..height / 2, width / 4..width / 2);
    let inside = (0..batch * height * width)
        .map(|pixel| f32::from(rows.contains(&(pixel / width % height)) && columns.contains(&(pixel % width))))
        .collect();
    let labels: Vec<i32> = (0..batch as i32).map(|index| index % 2).collect();
    let groups = (0..batch).map(|index| index % 2).collect();
    Batch {
        images: tensor(channels, noise()),
        masked: tensor(channels, noise()),
        inside: tensor(1, inside),
        labels: Tensor::<Autodiff<B>, 1, Int>::from_data(TensorData::new(labels, [batch]), device),
        groups,
        teacher: None,
    }
}

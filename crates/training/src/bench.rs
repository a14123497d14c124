//! Measures the time of one training step.
//!
//! A step processes one batch that is already on the device: forward passes, penalty, backward pass, Adam, and reading
//! the loss.

use crate::{device::Device, parts};
use burn::tensor::{ElementConversion, Int, Tensor, TensorData};
use herring_backend::{Adam, AdamSettings, Autodiff, Job, Kernels, Optimiser};
use herring_losses::Batch;
use herring_models::{Classifier, Network};
use herring_protocol::{ModelSpec, ObjectiveSpec, RunFailure, SpecError};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use std::time::Instant;

/// Warm-up steps before the measurement.
const WARM_UP: usize = 3;

/// What is measured.
#[derive(Debug, Clone, PartialEq)]
pub struct Settings {
    /// Which network.
    pub model: ModelSpec,
    /// The objective. Penalty weights do not change the time.
    pub objective: ObjectiveSpec,
    /// Channels of the images.
    pub channels: usize,
    /// Rows and columns of the images.
    pub size: [usize; 2],
    /// Batch size.
    pub batch: usize,
    /// Measured steps, after the warm-up.
    pub steps: usize,
}

/// Median milliseconds of one training step.
///
/// # Errors
/// The device cannot be used, or there is no step to take the median of.
pub fn step(device: &Device, settings: &Settings) -> Result<f64, RunFailure> {
    let chosen = device.chosen().map_err(|error| RunFailure::Device(error.to_string()))?;
    chosen.run(Measurement { settings })
}

struct Measurement<'a> {
    settings: &'a Settings,
}

impl Job for Measurement<'_> {
    type Output = Result<f64, RunFailure>;

    fn run<B: Kernels>(self, device: &B::Device) -> Self::Output {
        let settings = self.settings;
        let mut random = ChaCha8Rng::seed_from_u64(0);
        let [height, width] = settings.size;
        let network = parts::network(&settings.model, [settings.channels, height, width], 2);
        let mut model: Network<Autodiff<B>> = Network::new(&network, &mut random, device);
        let mut loss = parts::training_loss::<B>(
            &settings.objective,
            (network.features(), settings.model.taps()),
            &[1, 1],
            &mut random,
            device,
        );
        let mut optimiser = Adam::<B>::new(AdamSettings::new(3e-4));
        let batch = batch::<B>(settings, &mut random, device);
        let mut times = Vec::with_capacity(settings.steps);
        for step in 0..settings.steps + WARM_UP {
            let start = Instant::now();
            let objective = loss.objective(&model, &batch);
            let total = objective.total();
            for pass in objective.statistics {
                model = model.absorb(pass);
            }
            let mut gradients = total.backward();
            model = optimiser.step::<Autodiff<B>, _>(model, &mut gradients);
            let _: f64 = total.into_scalar().elem();
            if step >= WARM_UP {
                times.push(start.elapsed().as_secs_f64() * 1e3);
            }
        }
        times.sort_by(f64::total_cmp);
        times.get(times.len() / 2).copied().ok_or_else(|| {
            RunFailure::Specification(SpecError {
                field: "steps".to_owned(),
                found: "0".to_owned(),
                expected: "at least 1".to_owned(),
            })
        })
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

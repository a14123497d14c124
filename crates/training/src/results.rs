//! What a training step found, on the device until it is read.
//!
//! Reading a number makes the host wait until the device has done all that it was given, so that on a GPU the next step
//! could not be prepared meanwhile. There the results of several steps stay on the device and are read together
//! ([`Kernels::STEPS_BETWEEN_READS`]); the numbers are those that would have been read step by step.

use burn::tensor::{ElementConversion, Tensor};
use herring_backend::Kernels;
use herring_protocol::{RunFailure, StepRecord};

/// One step's results.
pub(crate) struct StepResults<B: Kernels> {
    /// Its epoch, its number in the epoch from 1, and how many steps the epoch has.
    pub(crate) place: [usize; 3],
    /// Whether the model was updated.
    pub(crate) updated: bool,
    /// The loss of the task, `[1]`.
    pub(crate) task: Tensor<B, 1>,
    /// The sum of the penalties, `[1]`.
    pub(crate) penalty: Option<Tensor<B, 1>>,
    /// How many images a penalty was not defined for, `[1]`.
    pub(crate) left_out: Option<Tensor<B, 1>>,
    /// The loss of an auxiliary network, `[1]`.
    pub(crate) discriminator: Option<Tensor<B, 1>>,
}

impl<B: Kernels> StepResults<B> {
    fn tensors(&self) -> impl Iterator<Item = &Tensor<B, 1>> {
        [Some(&self.task), self.penalty.as_ref(), self.left_out.as_ref(), self.discriminator.as_ref()]
            .into_iter()
            .flatten()
    }

    /// The record, from the numbers in the order of [`tensors`](Self::tensors).
    fn record(&self, numbers: &mut impl Iterator<Item = f64>) -> Result<StepRecord, RunFailure> {
        let [epoch, step, steps] = self.place;
        let finite = |quantity: &str, value: f64| match value.is_finite() {
            true => Ok(value),
            false => Err(RunFailure::NotFinite { epoch, step, quantity: quantity.to_owned() }),
        };
        let task = numbers.next();
        let [penalty, left_out, discriminator] = [&self.penalty, &self.left_out, &self.discriminator]
            .map(|found| found.as_ref().and_then(|_| numbers.next()));
        Ok(StepRecord {
            epoch,
            step,
            steps,
            cross_entropy: finite("cross-entropy", task.unwrap_or(f64::NAN))?,
            penalty: finite("penalty", penalty.unwrap_or(0.0))?,
            discriminator: discriminator.map(|loss| finite("discriminator loss", loss)).transpose()?,
            updated: self.updated,
            left_out: left_out.map_or(0, |count| count.round() as usize),
        })
    }
}

/// Reads the results of several steps at once.
///
/// # Errors
/// [`RunFailure::NotFinite`] for the first step with a loss that is not a number.
pub(crate) fn read<B: Kernels>(results: &[StepResults<B>]) -> Result<Vec<StepRecord>, RunFailure> {
    let tensors = results.iter().flat_map(StepResults::tensors).cloned();
    let numbers: Vec<f64> = match B::STEPS_BETWEEN_READS {
        1 => tensors.map(|one| one.into_scalar().elem()).collect(),
        _ => Tensor::cat(tensors.collect(), 0).into_data().iter().collect(),
    };
    let mut numbers = numbers.into_iter();
    results.iter().map(|step| step.record(&mut numbers)).collect()
}

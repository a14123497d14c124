//! The [`Trainer`] of a device.

use crate::{
    device::{Device, DeviceError},
    kernels::{ConvolutionKernels, Keeping},
    run::TrainingJob,
};
use herring_backend::{Device as Chosen, convolution_kernels};
use herring_datasets::listed::{Listings, NoListings};
use herring_protocol::{
    BackendKind, Observer, Provenance, RunFailure, RunOutcome, RunSpec, RunStart, SpecError, Trainer,
};
use herring_weights::{NoWeightFiles, WeightFiles};
use std::panic::{AssertUnwindSafe, catch_unwind};

/// Burn's version, pinned in the workspace; a test of `herring-tests` compares both.
const BURN: &str = "0.21.0";

/// A trainer on device `index` of a kind, for experiments whose images are generated; kernels are the same on every GPU.
///
/// # Errors
/// The kind is not compiled in or has no such device; the message says what would do.
pub fn trainer(backend: BackendKind, index: usize) -> Result<Box<dyn Trainer>, DeviceError> {
    trainer_from(backend, index, Box::new(NoListings), Box::new(NoWeightFiles), ConvolutionKernels::Fixed)
}

/// A trainer on device `index` of a kind, for experiments with the image files of `listings` and for runs that start from the
/// files of `weights`. `kernels` decides nothing on the processor.
///
/// # Errors
/// As [`trainer`].
pub fn trainer_from(
    backend: BackendKind,
    index: usize,
    listings: Box<dyn Listings>,
    weights: Box<dyn WeightFiles>,
    kernels: ConvolutionKernels,
) -> Result<Box<dyn Trainer>, DeviceError> {
    let device = Device::new(backend, index)?;
    Ok(Box::new(DeviceTrainer { chosen: device.chosen()?, device, listings, weights, kernels }))
}

struct DeviceTrainer {
    device: Device,
    chosen: Chosen,
    listings: Box<dyn Listings>,
    weights: Box<dyn WeightFiles>,
    kernels: ConvolutionKernels,
}

impl Trainer for DeviceTrainer {
    fn run(&self, spec: &RunSpec, start: RunStart<'_>, observer: &mut dyn Observer) -> Result<RunOutcome, RunFailure> {
        if spec.backend != self.device.backend {
            return Err(RunFailure::Specification(SpecError {
                field: "backend".to_owned(),
                found: spec.backend.to_string(),
                expected: self.device.backend.to_string(),
            }));
        }
        // Burn panics if a device runs out of memory or is lost; other runs can continue.
        let (listings, weights) = (self.listings.as_ref(), self.weights.as_ref());
        let (kernels, device) = (&self.kernels, self.device.name.as_str());
        let mut keeping = Keeping { kernels, device, observer };
        let on_gpu = self.device.backend != BackendKind::Cpu;
        let observer: &mut dyn Observer = match on_gpu {
            false => &mut *keeping.observer,
            true => {
                kernels.begin(device)?;
                &mut keeping
            }
        };
        let job = TrainingJob { spec, listings, weights, start, observer };
        let outcome = catch_unwind(AssertUnwindSafe(|| self.chosen.run(job)));
        // A result is not lost because the choices cannot be written.
        if on_gpu && let Err(error) = kernels.keep(device) {
            keeping.observer.note(&format!("the kernels that were chosen are not kept: {error}"));
        }
        outcome.unwrap_or_else(|panic| Err(RunFailure::of_panic(panic.as_ref())))
    }

    fn provenance(&self) -> Provenance {
        Provenance {
            backend: self.device.backend.to_string(),
            device: self.device.name.clone(),
            threads: rayon::current_num_threads(),
            versions: vec![
                ("red-herring".to_owned(), env!("CARGO_PKG_VERSION").to_owned()),
                ("burn".to_owned(), BURN.to_owned()),
            ],
            convolutions: convolution_kernels::choices(),
        }
    }
}

//! The work: a stream of images through a network on a device, in chunks of a batch.

use crate::{
    error::ExplainError,
    input::{Input, Ready},
    request::{Progress, Request, Summary},
    results::Results,
    settings::{Settings, TargetClass},
};
use burn::tensor::Tensor;
use herring_backend::{Device, Job, Kernels};
use herring_models::Network;
use herring_saliency::{Attribution, Target, class_activations};
use herring_weights::fit;
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use rayon::prelude::*;
use std::{
    fs,
    panic::{AssertUnwindSafe, catch_unwind},
    path::Path,
    sync::{
        atomic::{AtomicBool, Ordering},
        mpsc::sync_channel,
    },
};

/// Explains images: writes maps (`maps/*.npy`, `[channels, height, width]`), overlays (`overlays/*.png`) and, in the end,
/// `scores.json`, `scores.csv` and `index.html` into the folder. A folder with an `index.html` is complete.
///
/// Images are read in a thread of their own, one batch ahead; memory grows with the batch and the images on the page, and by a
/// record of its scores with each image. `stop` ends the work after the batch that is under way.
///
/// # Errors
/// The folder holds something, a file cannot be written, the weights do not fit, a setting is out of range or does not fit the
/// network, or the device fails. Images that cannot be read are in the summary.
pub fn explain(
    device: &Device,
    request: Request<'_>,
    stop: &AtomicBool,
    progress: &mut (dyn FnMut(Progress) + Send),
) -> Result<Summary, ExplainError> {
    request.settings.check()?;
    request.input.check().map_err(|line| ExplainError::Setting {
        field: "input",
        found: line,
        expected: "a preparation that fits the network".to_owned(),
    })?;
    if let TargetClass::Class(class) = request.settings.target
        && class >= request.network.classes
    {
        return Err(ExplainError::Target { found: class.to_string(), last: request.network.classes.saturating_sub(1) });
    }
    let name = device.info().name.clone();
    let work = Work { request, stop, progress, device: name };
    // Burn panics if a device runs out of memory or is lost.
    catch_unwind(AssertUnwindSafe(|| device.run(work))).unwrap_or_else(|panic| {
        let text = panic.downcast_ref::<String>().cloned();
        let text = text.or_else(|| panic.downcast_ref::<&str>().map(|text| (*text).to_owned()));
        let line = text.unwrap_or_default().lines().next().unwrap_or_default().to_owned();
        Err(ExplainError::Device(line))
    })
}

struct Work<'a> {
    request: Request<'a>,
    stop: &'a AtomicBool,
    progress: &'a mut (dyn FnMut(Progress) + Send),
    device: String,
}

/// A batch of images that were read, with their places, and those that were not.
type Chunk = Vec<(usize, Result<Ready, String>)>;

impl Job for Work<'_> {
    type Output = Result<Summary, ExplainError>;

    fn run<B: Kernels>(self, device: &B::Device) -> Self::Output {
        let Self { request, stop, progress, device: device_name } = self;
        let Request { network, input, settings, images, out } = request;
        let fresh = Network::<B>::new(&network.config, &mut ChaCha8Rng::seed_from_u64(settings.seed), device);
        let fitted = fit::<B, _>(fresh.clone(), &network.tensors)?;
        if !fitted.random.is_empty() {
            return Err(ExplainError::Head { path: network.tensors.path().to_owned(), lacking: fitted.random });
        }
        check_on_one(&fitted.network, input, settings, device)?;
        prepare_folder(out)?;
        let mut results = Results::new(request);
        let batch = settings.batch;
        let mut stopped = false;
        std::thread::scope(|scope| {
            let (sender, receiver) = sync_channel::<Chunk>(1);
            scope.spawn(move || {
                let numbers: Vec<usize> = (0..images.len()).collect();
                for chunk in numbers.chunks(batch) {
                    let read = |number: &usize| {
                        let file = &images[*number];
                        (*number, input.read(&file.path, file.mask.as_deref()))
                    };
                    // The other side has ended: so does this one.
                    if stop.load(Ordering::Relaxed) || sender.send(chunk.par_iter().map(read).collect()).is_err() {
                        return;
                    }
                }
            });
            for chunk in receiver {
                let count = chunk.len();
                let (mut numbers, mut ready) = (Vec::with_capacity(count), Vec::with_capacity(count));
                for (number, read) in chunk {
                    match read {
                        Ok(read) => {
                            numbers.push(number);
                            ready.push(read);
                        }
                        Err(error) => results.fail(number, error, progress),
                    }
                }
                if !ready.is_empty() {
                    results.add::<B>((&fitted.network, &fresh), &numbers, &ready, device, progress)?;
                }
                progress(Progress::Done(count));
                if stop.load(Ordering::Relaxed) {
                    stopped = results.records.len() + results.failures.len() < images.len();
                    break;
                }
            }
            Ok::<(), ExplainError>(())
        })?;
        results.finish(&device_name)?;
        Ok(Summary { explained: results.records.len(), failures: results.failures, stopped })
    }
}

/// Runs every method on one grey image, so that what does not fit the network is known before anything is written.
fn check_on_one<B: Kernels>(
    network: &Network<B>,
    input: &Input,
    settings: &Settings,
    device: &B::Device,
) -> Result<(), ExplainError> {
    let image = Tensor::<B, 4>::zeros([1, input.channels, input.size[0], input.size[1]], device);
    for method in &settings.methods {
        match method {
            Attribution::ClassActivation(activation) => {
                class_activations(network, image.clone(), Some(Target::All(0)), activation.tap)?;
            }
            Attribution::Occlusion(occlusion) => {
                occlusion.windows(input.size)?;
                occlusion.baseline.of(&image)?;
            }
            Attribution::IntegratedGradients(path) => {
                path.baseline.of(&image)?;
            }
            Attribution::Gradient | Attribution::InputTimesGradient | Attribution::SmoothGrad(_) => {}
        }
    }
    settings.deleted.of(&image)?;
    Ok(())
}

/// Makes the folder; one that holds something is refused.
fn prepare_folder(out: &Path) -> Result<(), ExplainError> {
    let failed = |source| ExplainError::File { path: out.to_owned(), source };
    fs::create_dir_all(out).map_err(failed)?;
    if fs::read_dir(out).map_err(failed)?.next().is_some() {
        return Err(ExplainError::NotEmpty { path: out.to_owned() });
    }
    for folder in ["maps", "overlays"] {
        fs::create_dir(out.join(folder)).map_err(failed)?;
    }
    Ok(())
}

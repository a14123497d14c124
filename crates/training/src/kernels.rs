//! How the kernels of convolutions are chosen on a GPU, and the file that keeps what was chosen.
//!
//! The file holds the name of a kernel for each kind of convolution, by device:
//!
//! ```json
//! { "NVIDIA H100": { "forward 16x64x28x28 by 64x64x3x3 stride 1x1 padding 1x1 on cuda Cuda(0)": "tiles" } }
//! ```

use herring_backend::convolution_kernels;
use herring_protocol::{Control, EpochRecord, Observer, Position, RunFailure, Snapshot, StepRecord};
use std::{
    collections::BTreeMap,
    io::ErrorKind,
    path::{Path, PathBuf},
};

/// How the kernels of convolutions are chosen on a GPU. The processor has one of each.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ConvolutionKernels {
    /// The same ones on every device.
    Fixed,
    /// The fastest ones of the device, each measured when it is first needed. This file keeps them, so that a run that goes on or
    /// is repeated beside it takes the same ones; it need not exist.
    Measured(PathBuf),
}

type ByDevice = BTreeMap<String, BTreeMap<String, String>>;

fn read(path: &Path) -> Result<ByDevice, RunFailure> {
    match std::fs::read(path) {
        Ok(bytes) => serde_json::from_slice(&bytes)
            .map_err(|error| RunFailure::Device(format!("{}: {error}; delete it to measure again", path.display()))),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(ByDevice::new()),
        Err(error) => Err(RunFailure::Device(format!("{}: {error}", path.display()))),
    }
}

impl ConvolutionKernels {
    /// Lets the convolutions of this process run on `device` as this says.
    pub(crate) fn begin(&self, device: &str) -> Result<(), RunFailure> {
        let Self::Measured(path) = self else {
            convolution_kernels::fix();
            return Ok(());
        };
        let known = read(path)?.remove(device).unwrap_or_default();
        convolution_kernels::measure(&known)
            .map_err(|error| RunFailure::Device(format!("{}: {error}; delete it to measure again", path.display())))
    }

    /// Writes what was chosen since. What another process has written meanwhile stays.
    pub(crate) fn keep(&self, device: &str) -> Result<(), RunFailure> {
        let (Self::Measured(path), chosen) = (self, convolution_kernels::choices()) else { return Ok(()) };
        let mut kept = read(path)?;
        let known = kept.entry(device.to_owned()).or_default();
        let before = known.len();
        for (convolution, kernel) in chosen {
            known.entry(convolution).or_insert(kernel);
        }
        if known.len() == before {
            return Ok(());
        }
        let failed = |error: &dyn std::fmt::Display| RunFailure::Device(format!("{}: {error}", path.display()));
        let text = serde_json::to_string_pretty(&kept).map_err(|error| failed(&error))?;
        herring_files::replace(path, text.as_bytes()).map_err(|error| failed(&error))
    }
}

/// Keeps the choices before each checkpoint, so that a run that is resumed from it goes on with the same kernels.
pub(crate) struct Keeping<'a> {
    pub(crate) kernels: &'a ConvolutionKernels,
    pub(crate) device: &'a str,
    pub(crate) observer: &'a mut dyn Observer,
}

impl Observer for Keeping<'_> {
    fn note(&mut self, text: &str) {
        self.observer.note(text);
    }

    fn step(&mut self, record: &StepRecord) -> Control {
        self.observer.step(record)
    }

    fn epoch(&mut self, record: &EpochRecord) -> Control {
        self.observer.epoch(record)
    }

    fn checkpoint(&mut self, position: Position, snapshot: &mut Snapshot<'_>) -> Result<(), RunFailure> {
        let (kernels, device) = (self.kernels, self.device);
        self.observer.checkpoint(position, &mut || {
            kernels.keep(device)?;
            snapshot()
        })
    }
}

#[cfg(test)]
mod tests {
    use super::ConvolutionKernels;

    #[test]
    fn a_damaged_file_is_refused_with_its_path() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("convolutions.json");
        assert_eq!(ConvolutionKernels::Measured(path.clone()).begin("a device"), Ok(()));
        std::fs::write(&path, "{").unwrap();
        let text = ConvolutionKernels::Measured(path).begin("a device").unwrap_err().to_string();
        assert!(text.contains("convolutions.json") && text.contains("delete it"), "{text}");
    }
}

//! Lists and finds devices.

use herring_backend::{BackendName, Device as Chosen};
use herring_protocol::BackendKind;

pub use herring_backend::DeviceError;

/// One device that this build can use.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Device {
    /// Its kind.
    pub backend: BackendKind,
    /// Its number among the devices of its kind.
    pub index: usize,
    /// Its name.
    pub name: String,
}

impl Device {
    /// Looks for device `index` of a kind.
    ///
    /// # Errors
    /// The kind is not compiled in (the message names the feature), or there is no such device (the message lists the
    /// existing ones).
    pub fn new(backend: BackendKind, index: usize) -> Result<Self, DeviceError> {
        let info = Chosen::new(name(backend), index)?.info().clone();
        Ok(Self { backend, index, name: info.name })
    }

    pub(crate) fn chosen(&self) -> Result<Chosen, DeviceError> {
        Chosen::new(name(self.backend), self.index)
    }
}

fn name(kind: BackendKind) -> BackendName {
    match kind {
        BackendKind::Cpu => BackendName::Cpu,
        BackendKind::Cuda => BackendName::Cuda,
        BackendKind::Wgpu => BackendName::Wgpu,
    }
}

/// Every kind of device with the devices of this machine, or with the reason why this build cannot
/// use the kind.
pub fn devices() -> Vec<(BackendKind, Result<Vec<Device>, DeviceError>)> {
    BackendKind::ALL
        .iter()
        .map(|kind| {
            let found = match Chosen::new(name(*kind), 0) {
                Err(error @ DeviceError::NotCompiled { .. }) => Err(error),
                _ => Ok(herring_backend::devices(name(*kind))
                    .into_iter()
                    .map(|info| Device { backend: *kind, index: info.index, name: info.name })
                    .collect()),
            };
            (*kind, found)
        })
        .collect()
}

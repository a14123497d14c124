//! The backends that a test runs on: every one that is compiled in and finds a device.

use herring_backend::{BackendName, Device, devices};

/// One device of each backend of this build.
///
/// # Panics
/// Where a backend is compiled in and finds no device: a test that was asked for must not pass by
/// not running.
pub fn all() -> Vec<Device> {
    BackendName::ALL
        .into_iter()
        .filter(|backend| backend.compiled())
        .map(|backend| {
            let device = Device::new(backend, 0).unwrap_or_else(|error| panic!("{error}"));
            println!("on {backend}: {}", device.info().name);
            device
        })
        .collect()
}

/// Device by device, so that the report says where a test failed.
pub fn on_each(test: impl Fn(&Device)) {
    for device in all() {
        test(&device);
    }
    assert!(!devices(BackendName::Cpu).is_empty(), "the processor is always there");
}

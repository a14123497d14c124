//! The backends that a test runs on: every one that is compiled in and finds a device.

use herring_backend::{BackendName, Device};

/// One device of each backend of this build.
///
/// # Panics
/// Where a backend is compiled in and finds no device: a test that was asked for must not pass by
/// not running.
pub fn all() -> Vec<Device> {
    let compiled = BackendName::ALL.into_iter().filter(|backend| backend.compiled());
    let found: Vec<_> = compiled
        .map(|backend| {
            let device = Device::new(backend, 0).unwrap_or_else(|error| panic!("{error}"));
            println!("on {backend}: {}", device.info().name);
            device
        })
        .collect();
    assert!(!found.is_empty(), "no backend is compiled in");
    found
}

/// Device by device, so that the report says where a test failed.
pub fn on_each(test: impl Fn(&Device)) {
    for device in all() {
        test(&device);
    }
}

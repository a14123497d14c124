//! The backends that a test runs on: every one that is compiled in and finds a device, or the one device that
//! `HERRING_DEVICE=BACKEND:INDEX` names.

use herring_backend::{BackendName, Device};

/// One device of each backend of this build, or the one that is named.
///
/// # Panics
/// Where a backend is compiled in and finds no device, or the device that is named is not there: a test that was asked for
/// must not pass by not running.
pub fn all() -> Vec<Device> {
    let chosen: Vec<(BackendName, usize)> = match std::env::var("HERRING_DEVICE") {
        Ok(text) => vec![named(&text)],
        Err(_) => {
            BackendName::ALL.into_iter().filter(|backend| backend.compiled()).map(|backend| (backend, 0)).collect()
        }
    };
    let found: Vec<_> = chosen
        .into_iter()
        .map(|(backend, index)| {
            let device = Device::new(backend, index).unwrap_or_else(|error| panic!("{error}"));
            println!("on {backend}: {}", device.info().name);
            device
        })
        .collect();
    assert!(!found.is_empty(), "no backend is compiled in");
    found
}

/// A backend and the number of a device among its own.
fn named(text: &str) -> (BackendName, usize) {
    let parts = text.split_once(':').and_then(|(backend, index)| {
        let backend = BackendName::ALL.into_iter().find(|name| name.name() == backend)?;
        Some((backend, index.parse().ok()?))
    });
    parts.unwrap_or_else(|| panic!("HERRING_DEVICE: found '{text}', expected a backend and a number as in 'cpu:0'"))
}

/// Device by device, so that the report says where a test failed.
pub fn on_each(test: impl Fn(&Device)) {
    for device in all() {
        test(&device);
    }
}

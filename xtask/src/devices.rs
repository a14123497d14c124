//! `devices`.

use crate::{failure::Failure, print};
use herring_experiments::Exit;

pub(crate) fn run() -> Result<Exit, Failure> {
    lines().iter().try_for_each(|line| print(line))?;
    Ok(Exit::Done)
}

/// A line for each device, and for each backend without one.
pub(crate) fn lines() -> Vec<String> {
    let mut lines = Vec::new();
    for (backend, found) in herring_training::devices() {
        match found {
            Ok(devices) if devices.is_empty() => lines.push(format!("{backend:5} no device")),
            Ok(devices) => {
                lines.extend(devices.iter().map(|device| format!("{backend:5} {:2}  {}", device.index, device.name)));
            }
            Err(error) => lines.push(format!("{backend:5} {error}")),
        }
    }
    lines
}

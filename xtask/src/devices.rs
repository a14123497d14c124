//! `devices`.

use crate::{failure::Failure, print};
use herring_experiments::Exit;

pub(crate) fn run() -> Result<Exit, Failure> {
    for (backend, found) in herring_training::devices() {
        match found {
            Ok(devices) if devices.is_empty() => print(&format!("{backend:5} no device"))?,
            Ok(devices) => {
                for device in devices {
                    print(&format!("{backend:5} {:2}  {}", device.index, device.name))?;
                }
            }
            Err(error) => print(&format!("{backend:5} {error}"))?,
        }
    }
    Ok(Exit::Done)
}

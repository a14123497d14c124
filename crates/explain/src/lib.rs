//! Explains a trained network on a stream of images, without training: maps, overlays, scores, checks and a page.
//!
//! The maps and checks are those of `herring-saliency`; here are the files around them.
//!
//! | Module | What it holds |
//! |---|---|
//! | `architecture` | [`Architecture`]: the architectures that files of weights are of, and how their images are prepared |
//! | `network` | [`TrainedNetwork`]: configuration, weights and labels |
//! | `input` | [`Input`]: from the file of an image to the network's input, to the picture shown, and its mask |
//! | `images` | [`find_images`]: files, folders and masks |
//! | `settings` | [`Settings`]: methods, target, checks |
//! | `view` | [`Sign`]: one number a pixel, and its colours over the image |
//! | `request` | [`Request`], [`Progress`], [`Summary`]: what is asked of the work, and what it tells |
//! | `job` | [`explain`]: the work, in batches, on a device |
//! | `results` | what is made of a batch, and what is collected over all of them |
//! | `record`, `page`, `npy` | `scores.json` and `scores.csv`, `index.html`, `.npy` |
//!
//! *Invariant:* an image's map depends on the network, the settings and the image alone, not on its neighbours, its place or
//! the number of threads.

mod architecture;
mod error;
mod images;
mod input;
mod job;
mod network;
mod npy;
mod page;
mod record;
mod request;
mod results;
mod settings;
mod view;

pub use architecture::{Architecture, classes};
pub use error::ExplainError;
pub use herring_backend::{BackendName, Device, DeviceError};
pub use images::{ImageFile, find_images};
pub use input::Input;
pub use job::explain;
pub use network::TrainedNetwork;
pub use npy::npy;
pub use record::{FORMAT, Failed};
pub use request::{Progress, Request, Summary};
pub use settings::{Settings, TargetClass};
pub use view::Sign;

#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;

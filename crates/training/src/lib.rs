//! Trains one run on a chosen device.
//!
//! [`trainer`] gives a [`Trainer`](herring_protocol::Trainer) for a device: it takes a [`RunSpec`](herring_protocol::RunSpec),
//! makes the data, trains, selects, evaluates and returns the outcome. The specification alone
//! determines the outcome. [`mod@bench`] times single steps.
//!
//! *Invariant:* this is the one crate that compiles the training path for each backend, at two
//! levels of autodiff; crates above it do not depend on Burn.

mod annotations;
pub mod bench;
mod data;
mod decoys;
mod device;
mod evaluate;
mod explain;
mod finite;
mod heat;
mod kernels;
mod overlaps;
mod parts;
mod pictured;
mod random;
mod results;
mod run;
mod scores;
mod selection;
mod snapshot;
mod trainer;

pub use device::{Device, DeviceError, devices};
pub use herring_backend::{instructions, kernel_calls};
pub use kernels::ConvolutionKernels;
pub use parts::network as network_config;
pub use trainer::{trainer, trainer_from};

#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;

//! Handwritten digits with a decoy in a corner.
//!
//! | Module | What it holds |
//! |---|---|
//! | [`idx`] | files of the IDX format, plain or compressed by gzip |
//! | [`digits`] | MNIST's four files, and the sample that this crate carries |
//! | [`mod@decoy_mnist`] | decoy-MNIST (tap2024, section 5.1): the training, validation and test images with their masks |
//! | [`listing`] | the digits of a run by their SHA-256, kept in a folder for other processes |
//!
//! *Invariant:* equal digits and settings give equal images; nothing is drawn from a global generator.

pub mod decoy_mnist;
pub mod digits;
mod error;
pub mod idx;
pub mod listing;

pub use decoy_mnist::{DecoySettings, decoy_mnist};
pub use digits::{Digits, Part};
pub use error::DigitsError;
pub use listing::DigitListings;

#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;

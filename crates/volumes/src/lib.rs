//! Volumes of the Medical Segmentation Decathlon, as the slices that *Underwhelming Generalization Improvements
//! From Controlling Feature Attribution* (ICLR 2020 submission, `activmask2020`) trains on.
//!
//! | Module | What it holds |
//! |---|---|
//! | [`nifti`] | NIfTI volumes, read slice by slice |

pub mod nifti;

pub use nifti::{Header, NiftiError, Volume, VoxelType};

// Compiles and runs the example of the README.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct ReadmeExample;

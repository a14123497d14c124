//! Volumes of the Medical Segmentation Decathlon, as the slices that *Underwhelming Generalization Improvements
//! From Controlling Feature Attribution* (ICLR 2020 submission, `activmask2020`) trains on.
//!
//! Every slice across the third axis is a sample; its class says whether the organ is in it. The modules, in the
//! order in which data flow through them:
//!
//! | Module | What it holds |
//! |---|---|
//! | [`nifti`] | NIfTI volumes, read slice by slice |
//! | [`decathlon`] | [`Task`], [`Collection`]: the layout of a task's folder |
//! | [`settings`] | [`VolumeSettings`]: what is drawn, at which sizes |
//! | [`split`] | which volumes belong to which part, which slices are drawn, as NumPy draws them |
//! | [`classes`] | the class of every slice of a label volume |
//! | [`mod@slice`] | from a slice and its label to an image and a mask |
//! | [`mod@prepare`] | all of that, into the cache and a listing |
//! | [`mod@check`] | what is wrong with a task's folder, all at once |
//!
//! The result is a listing like that of image files (`herring-images`): training opens it by its SHA-256. Random
//! crops and flips belong to training; the training samples are larger for that.

pub mod check;
pub mod classes;
pub mod decathlon;
mod error;
pub mod nifti;
pub mod prepare;
pub mod settings;
pub mod slice;
pub mod split;

pub use check::check;
pub use classes::{LabelError, slice_classes};
pub use decathlon::{Collection, Task, VolumeFiles};
pub use error::VolumesError;
pub use nifti::{Header, NiftiError, Volume, VoxelType};
pub use prepare::{Facts, PartFacts, Prepared, prepare};
pub use settings::VolumeSettings;
pub use slice::{SliceError, slice_image, slice_mask};
pub use split::{VolumeSplit, draw_slices, split_volumes};

// Compiles and runs the example of the README.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct ReadmeExample;

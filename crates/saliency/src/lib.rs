//! Where a classifier looks, and how much of it lies in the expert's mask.
//!
//! The paper's measure (iclr2021, section 6) is a chain of small steps, each a function here:
//!
//! 1. [`input_gradients`]: the gradient of one class's logit with respect to the image;
//! 2. [`smooth`]: its absolute value under a small Gaussian;
//! 3. [`threshold`]: the pixels above the percentile that leaves as many as the mask has;
//! 4. [`localise`]: the overlap of those pixels with the mask, under three true names.
//!
//! The paper's tables print IoP and call it IoU: its notebook unpacked `(iou, iop, iot)` as
//! `(iop, iou, iot)`. All three are given here.
//!
//! Steps 2 to 4 work on plain numbers and need no tensor.

mod error;
mod gradients;
mod localisation;
mod mean_map;
mod smoothing;
mod thresholding;

pub use error::SaliencyError;
pub use gradients::input_gradients;
pub use localisation::{Overlap, localise, overlap};
pub use mean_map::MeanMap;
pub use smoothing::{Smoothing, smooth};
pub use thresholding::threshold;

#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;

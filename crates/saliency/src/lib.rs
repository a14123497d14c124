//! Attribution maps of a classifier, and their overlap with the expert's mask.
//!
//! The paper's measure (iclr2021, section 6) is a chain of small steps, each a function here:
//!
//! 1. [`input_gradients`]: the gradient of one class's logit with respect to the image;
//! 2. [`smooth`]: its absolute value under a small Gaussian;
//! 3. [`threshold`]: the pixels above the percentile that keeps as many pixels as the mask has;
//! 4. [`localise`]: the overlap of those pixels with the mask, as IoU, IoP and IoT.
//!
//! The paper's tables print IoP and call it IoU: its notebook unpacked `(iou, iop, iot)` as
//! `(iop, iou, iot)`. All three are given here.
//!
//! The paper's later tables have two further maps in step 1. [`attribute`] makes any of them; they
//! agree with Captum's and pytorch-grad-cam's.
//!
//! | Map | Function | Of the model, for each image | Step 2 |
//! |---|---|---|---|
//! | input gradient | [`input_gradients`], [`input_gradients_of`] | one backward pass | smoothed |
//! | integrated gradients | [`integrated_gradients`], [`completeness_residual`] | a backward pass a step (200) | smoothed |
//! | occlusion | [`occlusion()`] | a forward pass a window (225 of 15 x 15 at 224 x 224) | **not** smoothed |
//! | class activation maps ([`Cam`]) | [`class_activation()`] | a forward pass and a short backward pass | **not** smoothed |
//!
//! Steps 2 to 4 work on plain numbers and need no tensor. So does [`evidence`], which cuts a map into a mask, for
//! annotations from a teacher (tap2024).

mod attribution;
mod class_activation;
mod error;
mod evidence;
mod gradients;
mod integrated_gradients;
mod localisation;
mod mean_map;
mod occlusion;
mod quadrature;
mod smoothing;
mod target;
mod thresholding;

pub use attribution::{Attribution, attribute};
pub use class_activation::{Cam, ClassActivation, ClassActivations, class_activation, class_activations, heat};
pub use error::SaliencyError;
pub use evidence::{Cut, evidence};
pub use gradients::{input_gradients, input_gradients_of};
pub use integrated_gradients::{IntegratedGradients, PathPoint, completeness_residual, integrated_gradients};
pub use localisation::{Overlap, localise, overlap};
pub use mean_map::MeanMap;
pub use occlusion::{Occlusion, occlusion};
pub use smoothing::{Smoothing, smooth};
pub use target::Target;
pub use thresholding::threshold;

#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;

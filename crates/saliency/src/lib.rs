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
//! The paper's later tables have two further maps in step 1, and there are others that users of Captum and pytorch-grad-cam
//! know. [`attribute`] makes any of them, by value or by name; they agree with these libraries'.
//!
//! | Map | Function | Of the model, for each image | Step 2 |
//! |---|---|---|---|
//! | input gradient | [`input_gradients`], [`input_gradients_of`] | one backward pass | smoothed |
//! | input times gradient | [`Attribution::InputTimesGradient`] | one backward pass | smoothed |
//! | SmoothGrad | [`smooth_grad`] | a backward pass a copy (5) | smoothed |
//! | integrated gradients | [`integrated_gradients`], [`completeness_residual`] | a backward pass a step (200) | smoothed |
//! | occlusion | [`occlusion()`] | a forward pass a window (225 of 15 x 15 at 224 x 224) | **not** smoothed |
//! | class activation maps ([`Cam`]) | [`class_activation()`] | a forward pass and a short backward pass | **not** smoothed |
//!
//! Where a path begins and what covers a region is a [`Baseline`].
//!
//! How far a map can be trusted is a number too:
//!
//! | Question | Function |
//! |---|---|
//! | Do the values of integrated gradients sum to the difference of the logits? | [`completeness_residual`] |
//! | Does the class's probability fall as the map's first pixels are deleted, and rise as they are inserted? | [`perturbation_curves`] |
//! | Does the map change when the model's weights are fresh ones? | [`randomised`] |
//! | Is its largest value on the object? | [`points_at`] |
//!
//! Steps 2 to 4 work on plain numbers and need no tensor. So does [`evidence`], which cuts a map into a mask, for
//! annotations from a teacher (tap2024).

mod attribution;
mod baseline;
mod class_activation;
mod error;
mod evidence;
mod gradients;
mod integrated_gradients;
mod localisation;
mod mean_map;
mod occlusion;
mod perturbation;
mod pointing_game;
mod quadrature;
mod randomisation;
mod smooth_grad;
mod smoothing;
mod summed_gradients;
mod target;
mod thresholding;

pub use attribution::{Attribution, attribute};
pub use baseline::Baseline;
pub use class_activation::{Cam, ClassActivation, ClassActivations, class_activation, class_activations, heat};
pub use error::SaliencyError;
pub use evidence::{Cut, evidence};
pub use gradients::{input_gradients, input_gradients_of};
pub use integrated_gradients::{IntegratedGradients, PathPoint, completeness_residual, integrated_gradients};
pub use localisation::{Overlap, localise, overlap};
pub use mean_map::MeanMap;
pub use occlusion::{Occlusion, occlusion};
pub use perturbation::{Curve, CurveSettings, Perturbation, perturbation_curves};
pub use pointing_game::points_at;
pub use randomisation::{RandomisedStage, randomised};
pub use smooth_grad::{Deviation, SmoothGrad, smooth_grad, smooth_grad_with};
pub use smoothing::{Smoothing, smooth};
pub use target::Target;
pub use thresholding::threshold;

#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;

//! Class activation maps: where the activations of a layer speak for a class.
//!
//! With `A` a tap's activations, `[channels, height, width]`, and `G` the gradient of the class's raw logit with respect to
//! them, a map is one number a position:
//!
//! | [`Cam`] | map | |
//! |---|---|---|
//! | `GradCam` | `Σ_c mean(G_c) A_c` | Selvaraju et al. 2017; before the rectifier Captum's `LayerGradCam` |
//! | `HiResCam` | `Σ_c G_c A_c` | Draelos and Carin 2020; Captum's `LayerGradientXActivation`, summed |
//! | `GradCamPlusPlus` | `Σ_c w_c A_c` with `w_c = Σ max(G_c, 0) G_c² / (2 G_c² + G_c³ Σ A_c + 1e-6)` | Chattopadhay et al. 2018, as pytorch-grad-cam has it |
//! | `Activation` | `Σ_c A_c` | no gradient: what TAP penalises |
//!
//! Maps are signed and of the tap's size. What is shown and scored is their positive part, enlarged bilinearly to the image
//! ([`heat`]).

use crate::{
    error::SaliencyError,
    target::{self, Rows, Target},
};
use burn::tensor::{Tensor, backend::Backend};
use herring_backend::{Autodiff, Kernels, ops, resize};
use herring_models::{Mode, Stackable, Trace, tap_gradient};
use serde::Serialize;

/// How a class activation map is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cam {
    /// Channels weighted by the mean of their gradient.
    GradCam,
    /// Activations times gradients at each position.
    HiResCam,
    /// Channels weighted by their positive gradients.
    GradCamPlusPlus,
    /// Activations alone.
    Activation,
}

impl Cam {
    /// The map, `[batch, 1, height, width]`, of `activations` and of the `gradient` with respect to them, both
    /// `[batch, channels, height, width]`. On an autodiff backend it can be differentiated.
    pub fn map<B: Kernels>(self, activations: Tensor<B, 4>, gradient: Tensor<B, 4>) -> Tensor<B, 4> {
        match self {
            Self::GradCam => {
                let [_, _, height, width] = gradient.dims();
                let weights = sum_of_positions(gradient).div_scalar((height * width) as f64);
                ops::sum_over_channels(activations * weights)
            }
            Self::HiResCam => ops::products_over_channels(activations, gradient),
            Self::GradCamPlusPlus => {
                let squares = gradient.clone() * gradient.clone();
                let cubes = squares.clone() * gradient.clone();
                let below = squares.clone() * 2.0 + cubes * sum_of_positions(activations.clone()) + 1e-6;
                // Where the gradient is 0 so is its positive part: those positions add nothing.
                let weights = sum_of_positions(ops::rectify(gradient) * squares / below);
                ops::sum_over_channels(activations * weights)
            }
            Self::Activation => ops::sum_over_channels(activations),
        }
    }
}

/// The sum of each channel over its positions, `[batch, channels, 1, 1]`.
fn sum_of_positions<B: Backend>(input: Tensor<B, 4>) -> Tensor<B, 4> {
    let [batch, channels, height, width] = input.dims();
    input.reshape([batch, channels, height * width]).sum_dim(2).reshape([batch, channels, 1, 1])
}

/// The positive part of `maps [batch, 1, height, width]`, enlarged to `size` rows and columns with bilinear interpolation
/// between pixel centres, as OpenCV's `resize` and PyTorch's `interpolate` without aligned corners.
pub fn heat<B: Kernels>(maps: Tensor<B, 4>, size: [usize; 2]) -> Tensor<B, 4> {
    resize::bilinear(ops::rectify(maps), size)
}

/// What class activation maps of a batch are made of.
#[derive(Debug, Clone)]
pub struct ClassActivations<B: Backend> {
    /// Activations of the tap, `[batch, channels, height, width]`.
    pub activations: Tensor<B, 4>,
    /// Gradient of the class's raw logit with respect to them, of the same shape.
    pub gradient: Tensor<B, 4>,
    /// Raw logits of the pass, `[batch, classes]`.
    pub logits: Tensor<B, 2>,
    /// The class that each map explains.
    pub classes: Vec<usize>,
}

impl<B: Kernels> ClassActivations<B> {
    /// The maps, `[batch, 1, height, width]` of the tap's size, signed.
    pub fn map(&self, method: Cam) -> Tensor<B, 4> {
        method.map(self.activations.clone(), self.gradient.clone())
    }
}

/// Runs `images [batch, channels, height, width]` through the model in evaluation mode and differentiates the raw logit of
/// the `target` class of each, or of the predicted class where there is none, with respect to the activations of the tap at
/// place `tap`, or of the last one. One forward pass and a backward pass through what lies behind the tap.
///
/// # Errors
/// The model shows no such tap, there is another number of classes than of images, or the model lacks one of them.
pub fn class_activations<'a, B: Kernels, M: Stackable<B>>(
    model: &M,
    images: Tensor<B, 4>,
    target: Option<Target<'a>>,
    tap: Option<usize>,
) -> Result<ClassActivations<B>, SaliencyError> {
    let [count, ..] = images.dims();
    let given = target.map(|target| target.classes(count)).transpose()?;
    let (mut classes, mut checked) = (Vec::new(), Ok(()));
    let score = |trace: &Trace<Autodiff<B>>| {
        classes = given.unwrap_or_else(|| {
            trace.logits.clone().inner().argmax(1).into_data().iter::<i64>().map(|class| class as usize).collect()
        });
        let rows = Rows::of((0..count).collect(), &classes);
        checked = rows.check(trace.logits.dims()[1]);
        rows.score(&trace.logits)
    };
    let Some(found) = tap_gradient(model, images.clone(), Mode::Evaluate, tap, score) else {
        return Err(SaliencyError::Tap { tap, taps: model.trace(images, Mode::Evaluate).taps.len() });
    };
    checked?;
    let place = tap.unwrap_or(found.trace.taps.len() - 1);
    Ok(ClassActivations {
        activations: found.trace.taps[place].clone(),
        gradient: found.gradient,
        logits: found.trace.logits,
        classes,
    })
}

/// Which class activation map, and of which tap.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct ClassActivation {
    /// How it is made.
    #[serde(skip)]
    pub method: Cam,
    /// The model's tap, from 0 ([`Trace::taps`]); `None` is the last one.
    pub tap: Option<usize>,
}

/// The [`heat`] of the maps of the target class at the size of the images, `[batch, 1, height, width]`, with at most `batch`
/// images going through the model at once.
///
/// # Errors
/// `batch` is 0, or as [`class_activations`].
pub fn class_activation<'a, B: Kernels, M: Stackable<B>>(
    model: &M,
    images: Tensor<B, 4>,
    target: impl Into<Target<'a>>,
    settings: ClassActivation,
    batch: usize,
) -> Result<Tensor<B, 4>, SaliencyError> {
    target::check_batch(batch)?;
    let [count, _, height, width] = images.dims();
    let classes = target.into().classes(count)?;
    let mut maps = Vec::with_capacity(count.div_ceil(batch));
    for start in (0..count).step_by(batch) {
        let length = batch.min(count - start);
        let part = images.clone().narrow(0, start, length);
        let found = class_activations(model, part, Some(Target::Each(&classes[start..start + length])), settings.tap)?;
        maps.push(heat(found.map(settings.method), [height, width]));
    }
    Ok(if maps.is_empty() { images } else { Tensor::cat(maps, 0) })
}

//! All attribution methods, behind one function.

use crate::{
    class_activation::{ClassActivation, class_activation},
    error::SaliencyError,
    gradients::input_gradients_of,
    integrated_gradients::{IntegratedGradients, integrated_gradients},
    occlusion::{Occlusion, occlusion},
    target::Target,
};
use burn::tensor::Tensor;
use herring_backend::Kernels;
use herring_models::Stackable;

/// How a map is made (iclr2021, section 6, and its later tables G, IG and O).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Attribution {
    /// [`input_gradients_of`]: the paper's own. One backward pass an image.
    Gradient,
    /// [`integrated_gradients`]: one backward pass a step.
    IntegratedGradients(IntegratedGradients),
    /// [`occlusion`]: one forward pass a window.
    Occlusion(Occlusion),
    /// [`class_activation()`]: a forward pass and a short backward pass.
    ClassActivation(ClassActivation),
}

impl Attribution {
    /// Whether the paper smooths such a map before it thresholds it: gradients and integrated
    /// gradients yes, occlusion no. Class activation maps are smooth as they are.
    ///
    /// Where it does not, score with a [`Smoothing`](crate::Smoothing) of sigma 0, which only takes the
    /// absolute value.
    pub fn smoothed(&self) -> bool {
        match self {
            Self::Gradient | Self::IntegratedGradients(_) => true,
            Self::Occlusion(_) | Self::ClassActivation(_) => false,
        }
    }

    /// Checks the settings.
    ///
    /// # Errors
    /// The first setting that is out of range. Whether a window fits is known with the images, and whether there is such a
    /// tap with the model.
    pub fn check(&self) -> Result<(), SaliencyError> {
        match self {
            Self::Gradient | Self::ClassActivation(_) => Ok(()),
            Self::IntegratedGradients(settings) => settings.check(),
            Self::Occlusion(settings) => settings.check(),
        }
    }
}

/// The attribution of the target's raw logit to each pixel, `[batch, channels, height, width]` as the
/// images, or with one channel if it is a class activation map, with at most `batch` images going through the model at once.
///
/// Whether the paper smooths a map before it is scored: see [`Attribution::smoothed`].
///
/// # Errors
/// As [`input_gradients_of`], [`integrated_gradients`], [`occlusion`] and [`class_activation()`].
pub fn attribute<'a, B: Kernels, M: Stackable<B>>(
    model: &M,
    images: Tensor<B, 4>,
    target: impl Into<Target<'a>>,
    attribution: &Attribution,
    batch: usize,
) -> Result<Tensor<B, 4>, SaliencyError> {
    match attribution {
        Attribution::Gradient => input_gradients_of(model, images, target, batch),
        Attribution::IntegratedGradients(settings) => integrated_gradients(model, images, target, *settings, batch),
        Attribution::Occlusion(settings) => occlusion(model, images, target, *settings, batch),
        Attribution::ClassActivation(settings) => class_activation(model, images, target, *settings, batch),
    }
}

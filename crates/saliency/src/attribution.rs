//! All attribution methods, behind one function and by name.

use crate::{
    baseline::Baseline,
    class_activation::{Cam, ClassActivation, class_activation},
    error::SaliencyError,
    gradients::input_gradients_of,
    integrated_gradients::{IntegratedGradients, integrated_gradients},
    occlusion::{Occlusion, occlusion},
    smooth_grad::{SmoothGrad, smooth_grad},
    target::Target,
};
use burn::tensor::Tensor;
use herring_backend::Kernels;
use herring_models::Stackable;
use serde::Serialize;
use std::{fmt, str::FromStr};

/// How a map is made (iclr2021, section 6, and its later tables G, IG and O; and what Captum and pytorch-grad-cam have beside).
///
/// It is serialised as its settings, without its [name](Self::name): nothing for a method without settings.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[serde(untagged)]
pub enum Attribution {
    /// [`input_gradients_of`]: the paper's own. One backward pass an image.
    Gradient,
    /// The image times its gradient (Shrikumar et al. 2016); Captum's `InputXGradient`. One backward pass an image.
    InputTimesGradient,
    /// [`integrated_gradients`]: one backward pass a step.
    IntegratedGradients(IntegratedGradients),
    /// [`smooth_grad`]: one backward pass a copy.
    SmoothGrad(SmoothGrad),
    /// [`occlusion`]: one forward pass a window.
    Occlusion(Occlusion),
    /// [`class_activation()`]: a forward pass and a short backward pass.
    ClassActivation(ClassActivation),
}

impl Attribution {
    /// The names of all methods: what [`FromStr`] reads and [`Display`](fmt::Display) writes.
    pub const NAMES: [&'static str; 9] = [
        "gradient",
        "input-x-gradient",
        "integrated-gradients",
        "smoothgrad",
        "occlusion",
        "grad-cam",
        "hirescam",
        "grad-cam++",
        "activation",
    ];

    /// The method's name, without its settings.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Gradient => "gradient",
            Self::InputTimesGradient => "input-x-gradient",
            Self::IntegratedGradients(_) => "integrated-gradients",
            Self::SmoothGrad(_) => "smoothgrad",
            Self::Occlusion(_) => "occlusion",
            Self::ClassActivation(ClassActivation { method, .. }) => match method {
                Cam::GradCam => "grad-cam",
                Cam::HiResCam => "hirescam",
                Cam::GradCamPlusPlus => "grad-cam++",
                Cam::Activation => "activation",
            },
        }
    }

    /// Whether the paper smooths such a map before it thresholds it: gradients and what is made of them yes, occlusion no. Class
    /// activation maps are smooth as they are.
    ///
    /// Where it does not, score with a [`Smoothing`](crate::Smoothing) of sigma 0, which only takes the
    /// absolute value.
    pub fn smoothed(&self) -> bool {
        match self {
            Self::Gradient | Self::InputTimesGradient | Self::IntegratedGradients(_) | Self::SmoothGrad(_) => true,
            Self::Occlusion(_) | Self::ClassActivation(_) => false,
        }
    }

    /// What the sum of a map compares the image with, if the map is meant to sum to a difference of logits
    /// ([`completeness_residual`](crate::completeness_residual)): the baseline of integrated gradients.
    pub fn completes(&self) -> Option<Baseline> {
        match self {
            Self::IntegratedGradients(settings) => Some(settings.baseline),
            Self::Gradient
            | Self::InputTimesGradient
            | Self::SmoothGrad(_)
            | Self::Occlusion(_)
            | Self::ClassActivation(_) => None,
        }
    }

    /// Checks the settings.
    ///
    /// # Errors
    /// The first setting that is out of range. Whether a window fits is known with the images, and whether there is such a
    /// tap with the model.
    pub fn check(&self) -> Result<(), SaliencyError> {
        match self {
            Self::Gradient | Self::InputTimesGradient | Self::ClassActivation(_) => Ok(()),
            Self::IntegratedGradients(settings) => settings.check(),
            Self::SmoothGrad(settings) => settings.check(),
            Self::Occlusion(settings) => settings.check(),
        }
    }
}

impl fmt::Display for Attribution {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name())
    }
}

/// A method of that name with its default settings; class activation maps are of the last tap.
impl FromStr for Attribution {
    type Err = SaliencyError;

    fn from_str(name: &str) -> Result<Self, SaliencyError> {
        let cam = |method| Self::ClassActivation(ClassActivation { method, tap: None });
        Ok(match name {
            "gradient" => Self::Gradient,
            "input-x-gradient" => Self::InputTimesGradient,
            "integrated-gradients" => Self::IntegratedGradients(IntegratedGradients::default()),
            "smoothgrad" => Self::SmoothGrad(SmoothGrad::default()),
            "occlusion" => Self::Occlusion(Occlusion::default()),
            "grad-cam" => cam(Cam::GradCam),
            "hirescam" => cam(Cam::HiResCam),
            "grad-cam++" => cam(Cam::GradCamPlusPlus),
            "activation" => cam(Cam::Activation),
            _ => return Err(SaliencyError::Unknown { found: name.to_owned() }),
        })
    }
}

/// The attribution of the target's raw logit to each pixel, `[batch, channels, height, width]` as the
/// images, or with one channel if it is a class activation map, with at most `batch` images going through the model at once.
///
/// Whether the paper smooths a map before it is scored: see [`Attribution::smoothed`].
///
/// # Errors
/// As [`input_gradients_of`], [`integrated_gradients`], [`smooth_grad`], [`occlusion`] and [`class_activation()`].
pub fn attribute<'a, B: Kernels, M: Stackable<B>>(
    model: &M,
    images: Tensor<B, 4>,
    target: impl Into<Target<'a>>,
    attribution: &Attribution,
    batch: usize,
) -> Result<Tensor<B, 4>, SaliencyError> {
    match attribution {
        Attribution::Gradient => input_gradients_of(model, images, target, batch),
        Attribution::InputTimesGradient => Ok(input_gradients_of(model, images.clone(), target, batch)? * images),
        Attribution::IntegratedGradients(settings) => integrated_gradients(model, images, target, *settings, batch),
        Attribution::SmoothGrad(settings) => smooth_grad(model, images, target, *settings, batch),
        Attribution::Occlusion(settings) => occlusion(model, images, target, *settings, batch),
        Attribution::ClassActivation(settings) => class_activation(model, images, target, *settings, batch),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read_as_they_are_written() {
        for name in Attribution::NAMES {
            let attribution: Attribution = name.parse().unwrap();
            assert_eq!(attribution.to_string(), name);
            attribution.check().unwrap();
        }
        let error = "gradcam".parse::<Attribution>().unwrap_err().to_string();
        assert!(error.starts_with("found 'gradcam', expected one of gradient, input-x-gradient,"), "{error}");
    }
}

//! The gradient of a score with respect to the images and to the biases at once.
//!
//! In evaluation mode a network of convolutions, linear layers, normalisations, rectifiers and pooling is piecewise linear, and
//! with its biases scaled by the same factor as the image, its logits are too: it is homogeneous. By Euler's theorem a logit
//! is then what its gradient says it is: the products of the image with the gradient of the image, summed, plus the gradient of
//! a factor `a` that all biases are multiplied with, at `a = 1`. So whatever a loss needs of the logit is had from the gradient,
//! and one backward pass through the gradient serves both.

use crate::{
    trace::{Classifier, Mode, Stackable, Trace},
    weights::ParameterPath,
};
use burn::{
    module::{Module, ModuleMapper, Param},
    tensor::{Tensor, backend::Backend},
};
use herring_backend::{Autodiff, Kernels};

/// Parameters that are added to what an image gives, by the last part of their names; a running mean is subtracted from it.
const BIASES: [&str; 2] = ["bias", "running_mean"];

/// The gradients of a score, themselves differentiable where `B` is an autodiff backend.
#[derive(Debug, Clone)]
pub struct GradientWithBiases<B: Backend> {
    /// With respect to the images, `[batch, channels, height, width]`.
    pub images: Tensor<B, 4>,
    /// With respect to a factor of all biases, one for each image, `[batch]`.
    pub biases: Tensor<B, 1>,
    /// The same pass.
    pub trace: Trace<B>,
}

/// Runs `images [batch, channels, height, width]` through the model in [`Mode::Evaluate`] on one more level of autodiff and
/// differentiates `score`, a single number, with respect to them and to a factor of all biases for each image, which is 1.
///
/// Where the score is the sum of a linear function of each image's logits, `Σ images * image + biases` is that function of
/// each image. Biases are the parameters named `bias`, and `running_mean` of normalisations.
///
/// # Panics
/// For a model that is not [homogeneous](Classifier::is_homogeneous), whose layers may take no bias for each image.
pub fn gradient_with_biases<B: Kernels, M: Stackable<B>>(
    model: &M,
    images: Tensor<B, 4>,
    score: impl FnOnce(&Trace<Autodiff<B>>) -> Tensor<Autodiff<B>, 1>,
) -> GradientWithBiases<B> {
    let lifted = model.lift();
    assert!(lifted.is_homogeneous(), "the model is not homogeneous, so its biases cannot be scaled");
    let [batch, ..] = images.dims();
    let images = Tensor::<Autodiff<B>, 4>::from_inner(images).require_grad();
    let factors = Tensor::<Autodiff<B>, 1>::ones([batch], (&images.device(), images.dtype())).require_grad();
    let mut scale = ScaleBiases { path: ParameterPath::default(), factors: factors.clone() };
    let trace = lifted.map(&mut scale).outputs(images.clone(), Mode::Evaluate);
    let gradients = score(&trace).backward();
    GradientWithBiases {
        images: images.grad(&gradients).unwrap_or_else(|| images.clone().inner().zeros_like()),
        biases: factors.grad(&gradients).unwrap_or_else(|| factors.clone().inner().zeros_like()),
        trace: trace.inner(),
    }
}

/// Multiplies every bias with the factor of each image: `[channels]` becomes `[batch * channels]`.
struct ScaleBiases<B: Backend> {
    path: ParameterPath,
    /// `[batch]`.
    factors: Tensor<B, 1>,
}

impl<B: Backend> ModuleMapper<B> for ScaleBiases<B> {
    fn enter_module(&mut self, name: &str, container: &str) {
        self.path.enter(name, container);
    }

    fn exit_module(&mut self, name: &str, container: &str) {
        self.path.exit(name, container);
    }

    fn map_float<const D: usize>(&mut self, param: Param<Tensor<B, D>>) -> Param<Tensor<B, D>> {
        let name = self.path.name();
        if D != 1 || !BIASES.iter().any(|bias| name.rsplit('.').next() == Some(bias)) {
            return param;
        }
        let (id, value, mapper) = param.consume();
        let ([batch], channels) = (self.factors.dims(), value.dims()[0]);
        let scaled = self.factors.clone().reshape([batch, 1]) * value.reshape([1, channels]);
        Param::from_mapped_value(id, scaled.reshape([batch * channels; D]), mapper)
    }
}

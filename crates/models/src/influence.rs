//! How a pixel changes the gradient of a loss with respect to the parameters, itself differentiable.
//!
//! The sum of all entries of `dL/dθ` is the derivative of `L` along the direction of ones: with one number `ε` added to every
//! parameter it is `dL/dε` at `ε = 0`. So two more levels of autodiff suffice, the outer for `ε` and the inner for the image,
//! and no gradient is kept for each parameter. A penalty on the result is differentiated a third time, by the level that the
//! model is trained on.

use crate::trace::{Classifier, Mode, Stackable, Trace};
use burn::{
    module::{Module, ModuleMapper, ModuleVisitor, Param, ParamId},
    tensor::{Tensor, backend::Backend},
};
use herring_backend::{Autodiff, Kernels};
use std::collections::BTreeSet;

/// The backend of [`parameter_influence`]'s pass: two more levels of autodiff.
pub type Twice<B> = Autodiff<Autodiff<B>>;

/// The gradient with respect to `images [batch, channels, height, width]` of the sum of all entries of the gradients of
/// `loss`, a single number, with respect to the trained parameters: `d/dx Σ_θ dL/dθ`, of the images' shape.
///
/// Exact, and on an autodiff backend `B` a function of the parameters. Running statistics are no parameters. A loss that
/// depends on no parameter, or through none on the images, has an influence of zeros.
pub fn parameter_influence<B, M>(
    model: &M,
    images: Tensor<B, 4>,
    mode: Mode,
    loss: impl FnOnce(&Trace<Twice<B>>) -> Tensor<Twice<B>, 1>,
) -> Tensor<B, 4>
where
    B: Kernels,
    M: Stackable<B, Lifted: Stackable<Autodiff<B>>>,
{
    let images = Tensor::<Autodiff<B>, 4>::from_inner(images).require_grad();
    let zeros = || images.clone().inner().zeros_like();
    let step = Tensor::<Twice<B>, 1>::zeros([1], (&images.device(), images.dtype())).require_grad();
    let mut shift = Shift { trained: Trained::of(model), step: step.clone() };
    let shifted = model.lift().lift().map(&mut shift);
    let gradients = loss(&shifted.trace(Tensor::from_inner(images.clone()), mode)).backward();
    let Some(slope) = step.grad(&gradients) else {
        return zeros();
    };
    images.grad(&slope.backward()).unwrap_or_else(zeros)
}

/// The trained parameters of a module.
#[derive(Default)]
struct Trained(BTreeSet<ParamId>);

impl Trained {
    fn of<B: Backend>(module: &impl Module<B>) -> Self {
        let mut trained = Self::default();
        module.visit(&mut trained);
        trained
    }
}

impl<B: Backend> ModuleVisitor<B> for Trained {
    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<B, D>>) {
        if param.val().is_require_grad() {
            self.0.insert(param.id);
        }
    }
}

/// Adds one number to every entry of the trained parameters.
struct Shift<B: Backend> {
    trained: Trained,
    /// `[1]`.
    step: Tensor<B, 1>,
}

impl<B: Backend> ModuleMapper<B> for Shift<B> {
    fn map_float<const D: usize>(&mut self, param: Param<Tensor<B, D>>) -> Param<Tensor<B, D>> {
        if !self.trained.0.contains(&param.id) {
            return param;
        }
        let (id, value, mapper) = param.consume();
        Param::from_mapped_value(id, value + self.step.clone().reshape([1; D]), mapper)
    }
}

//! Architectures and training losses against stored values.
//!
//! A fixture is a safetensors file made with PyTorch in double precision ([`Fixture`]): a network's
//! weights, images, masks and labels; the logits and, of some, the layers and the reconstruction of a
//! forward pass; and for each loss its value and the gradient of every parameter that has one.
//! [`Comparison`] computes all of it again, on any backend, and its [`Report`] says how far off each
//! number is. What is stored is rounded to single precision, so an exact implementation agrees to about
//! 1e-6, and [`TOLERANCE`] of the largest entry is asked for.

mod compare;
mod fixture;
mod losses;
mod report;

pub use compare::Comparison;
pub use fixture::Fixture;
pub use report::{Report, TOLERANCE};

use burn::{
    module::{Module, ModuleVisitor, Param},
    tensor::{Tensor, backend::AutodiffBackend},
};
use herring_backend::Kernels;
use herring_models::weights::ParameterPath;
use std::collections::BTreeMap;

pub(crate) type Gradients = BTreeMap<String, Vec<f32>>;

pub(crate) fn values<B: Kernels, const D: usize>(tensor: Tensor<B, D>) -> Vec<f32> {
    tensor.into_data().iter().collect()
}

/// The gradient of every parameter by its path.
pub(crate) fn gradients_by_path<A: AutodiffBackend, M: Module<A>>(module: &M, gradients: &A::Gradients) -> Gradients {
    struct Collect<'a, A: AutodiffBackend> {
        path: ParameterPath,
        gradients: &'a A::Gradients,
        found: Gradients,
    }
    impl<A: AutodiffBackend> ModuleVisitor<A> for Collect<'_, A> {
        fn enter_module(&mut self, name: &str, container: &str) {
            self.path.enter(name, container);
        }
        fn exit_module(&mut self, name: &str, container: &str) {
            self.path.exit(name, container);
        }
        fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<A, D>>) {
            if let Some(gradient) = param.val().grad(self.gradients) {
                self.found.insert(self.path.name(), gradient.into_data().iter().collect());
            }
        }
    }
    let mut collect = Collect { path: ParameterPath::default(), gradients, found: BTreeMap::new() };
    module.visit(&mut collect);
    collect.found
}

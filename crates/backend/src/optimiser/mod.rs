//! Optimisers over a whole module, one a file.

mod adam;
mod sgd;

pub use adam::Adam;
pub use sgd::{Sgd, SgdSettings};

use crate::kernels::Kernels;
use burn::{
    module::{AutodiffModule, ModuleMapper, Param, ParamId},
    tensor::{Tensor, backend::AutodiffBackend},
};

/// Turns gradients into steps, and keeps for each parameter what the next step needs.
pub trait Optimiser<B: Kernels> {
    /// The parameter after one more step along its gradient, of the same shape.
    fn moved<const D: usize>(&mut self, id: ParamId, parameter: Tensor<B, D>, gradient: Tensor<B, D>) -> Tensor<B, D>;

    /// The names of what is kept for a parameter, for instance `first` and `second` for its moments.
    fn names(&self) -> &'static [&'static str];

    /// How many steps a parameter has made, and what is kept for it, in the order of [`names`](Self::names), each of the
    /// parameter's shape; `None` where it has made none.
    fn kept<const D: usize>(&self, id: ParamId) -> Option<(u64, Vec<Tensor<B, D>>)>;

    /// Restores what [`kept`](Self::kept) returned.
    fn restore<const D: usize>(&mut self, id: ParamId, time: u64, kept: Vec<Tensor<B, D>>);

    /// Moves every parameter of `module` that has a gradient, which is taken out of `gradients`; the
    /// others stay as they are.
    fn step<A, M>(&mut self, module: M, gradients: &mut A::Gradients) -> M
    where
        Self: Sized,
        A: AutodiffBackend<InnerBackend = B>,
        M: AutodiffModule<A>,
    {
        module.map(&mut Step::<'_, A, Self> { optimiser: self, gradients })
    }
}

struct Step<'a, A: AutodiffBackend, O> {
    optimiser: &'a mut O,
    gradients: &'a mut A::Gradients,
}

impl<A, O> ModuleMapper<A> for Step<'_, A, O>
where
    A: AutodiffBackend,
    A::InnerBackend: Kernels,
    O: Optimiser<A::InnerBackend>,
{
    fn map_float<const D: usize>(&mut self, param: Param<Tensor<A, D>>) -> Param<Tensor<A, D>> {
        let id = param.id;
        match param.val().grad_remove(self.gradients) {
            None => param,
            Some(gradient) => param
                .map(|tensor| Tensor::from_inner(self.optimiser.moved(id, tensor.inner(), gradient)).require_grad()),
        }
    }
}

/// One of the optimisers, chosen at run time.
#[derive(Debug)]
pub enum AnyOptimiser<B: Kernels> {
    /// Adam.
    Adam(Adam<B>),
    /// Stochastic gradient descent with momentum.
    Sgd(Sgd<B>),
}

impl<B: Kernels> Optimiser<B> for AnyOptimiser<B> {
    fn moved<const D: usize>(&mut self, id: ParamId, parameter: Tensor<B, D>, gradient: Tensor<B, D>) -> Tensor<B, D> {
        match self {
            Self::Adam(adam) => adam.moved(id, parameter, gradient),
            Self::Sgd(sgd) => sgd.moved(id, parameter, gradient),
        }
    }

    fn names(&self) -> &'static [&'static str] {
        match self {
            Self::Adam(adam) => adam.names(),
            Self::Sgd(sgd) => sgd.names(),
        }
    }

    fn kept<const D: usize>(&self, id: ParamId) -> Option<(u64, Vec<Tensor<B, D>>)> {
        match self {
            Self::Adam(adam) => adam.kept(id),
            Self::Sgd(sgd) => sgd.kept(id),
        }
    }

    fn restore<const D: usize>(&mut self, id: ParamId, time: u64, kept: Vec<Tensor<B, D>>) {
        match self {
            Self::Adam(adam) => adam.restore(id, time, kept),
            Self::Sgd(sgd) => sgd.restore(id, time, kept),
        }
    }
}

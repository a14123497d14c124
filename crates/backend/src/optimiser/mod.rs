//! Optimisers over a whole module, one a file.

mod adam;
mod sgd;

pub use adam::Adam;
pub use sgd::{Sgd, SgdSettings};

use crate::{
    composed::{unwrap, wrap},
    kernels::Kernels,
};
use burn::{
    module::{AutodiffModule, ModuleMapper, ModuleVisitor, Param, ParamId},
    tensor::{
        Tensor,
        backend::{AutodiffBackend, Backend},
        ops::FloatTensor,
    },
};
use std::collections::HashMap;

/// A parameter on its way.
#[derive(Debug)]
pub struct Moving<B: Backend> {
    /// Which parameter.
    pub id: ParamId,
    /// Its values, of any shape.
    pub parameter: FloatTensor<B>,
    /// Its gradient, of the same shape.
    pub gradient: FloatTensor<B>,
}

/// Turns gradients into steps, and keeps for each parameter what the next step needs.
pub trait Optimiser<B: Kernels> {
    /// The parameter after one more step along its gradient, of the same shape.
    fn moved(&mut self, moving: Moving<B>) -> FloatTensor<B>;

    /// [`moved`](Self::moved) of several parameters, in their order.
    fn moved_together(&mut self, moving: Vec<Moving<B>>) -> Vec<FloatTensor<B>> {
        moving.into_iter().map(|one| self.moved(one)).collect()
    }

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
        match B::MOVES_PARAMETERS_TOGETHER {
            false => module.map(&mut EachAlone::<'_, A, Self> { optimiser: self, gradients }),
            true => {
                let mut collected = Collected::<'_, A> { gradients, moving: Vec::new() };
                module.visit(&mut collected);
                let moving = collected.moving;
                let ids: Vec<_> = moving.iter().map(|one| one.id).collect();
                let moved = ids.into_iter().zip(self.moved_together(moving)).collect();
                module.map(&mut Replaced::<A> { moved })
            }
        }
    }
}

/// Moves a parameter where it finds it.
struct EachAlone<'a, A: AutodiffBackend, O> {
    optimiser: &'a mut O,
    gradients: &'a mut A::Gradients,
}

impl<A, O> ModuleMapper<A> for EachAlone<'_, A, O>
where
    A: AutodiffBackend,
    A::InnerBackend: Kernels,
    O: Optimiser<A::InnerBackend>,
{
    fn map_float<const D: usize>(&mut self, param: Param<Tensor<A, D>>) -> Param<Tensor<A, D>> {
        let id = param.id;
        match param.val().grad_remove(self.gradients) {
            None => param,
            Some(gradient) => param.map(|tensor| {
                let moving = Moving { id, parameter: unwrap(tensor.inner()), gradient: unwrap(gradient) };
                Tensor::from_inner(wrap(self.optimiser.moved(moving))).require_grad()
            }),
        }
    }
}

/// The parameters that have a gradient.
struct Collected<'a, A: AutodiffBackend> {
    gradients: &'a mut A::Gradients,
    moving: Vec<Moving<A::InnerBackend>>,
}

impl<A: AutodiffBackend> ModuleVisitor<A> for Collected<'_, A> {
    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<A, D>>) {
        let tensor = param.val();
        if let Some(gradient) = tensor.grad_remove(self.gradients) {
            let parameter = unwrap(tensor.inner());
            self.moving.push(Moving { id: param.id, parameter, gradient: unwrap(gradient) });
        }
    }
}

/// Puts moved parameters in the place of the old ones.
struct Replaced<A: AutodiffBackend> {
    moved: HashMap<ParamId, FloatTensor<A::InnerBackend>>,
}

impl<A: AutodiffBackend> ModuleMapper<A> for Replaced<A> {
    fn map_float<const D: usize>(&mut self, param: Param<Tensor<A, D>>) -> Param<Tensor<A, D>> {
        match self.moved.remove(&param.id) {
            None => param,
            Some(moved) => param.map(|_| Tensor::from_inner(wrap(moved)).require_grad()),
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
    fn moved(&mut self, moving: Moving<B>) -> FloatTensor<B> {
        match self {
            Self::Adam(adam) => adam.moved(moving),
            Self::Sgd(sgd) => sgd.moved(moving),
        }
    }

    fn moved_together(&mut self, moving: Vec<Moving<B>>) -> Vec<FloatTensor<B>> {
        match self {
            Self::Adam(adam) => adam.moved_together(moving),
            Self::Sgd(sgd) => sgd.moved_together(moving),
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

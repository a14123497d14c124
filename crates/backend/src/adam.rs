//! Adam over a whole module, with each parameter's step fused where the backend can.

use crate::{
    composed::{unwrap, wrap},
    kernels::Kernels,
    operands::{AdamMoments, AdamSettings},
};
use burn::{
    module::{AutodiffModule, ModuleMapper, Param, ParamId},
    tensor::{
        Tensor,
        backend::{AutodiffBackend, Backend},
    },
};
use std::collections::HashMap;

/// Adam, with the moments of every parameter that has received a gradient.
#[derive(Debug)]
pub struct Adam<B: Backend> {
    settings: AdamSettings,
    moments: HashMap<ParamId, (u64, AdamMoments<B>)>,
}

impl<B: Kernels> Adam<B> {
    /// An optimiser that has made no step.
    pub fn new(settings: AdamSettings) -> Self {
        Self { settings, moments: HashMap::new() }
    }

    /// Moves every parameter of `module` that has a gradient, which is taken out of `gradients`; the
    /// others stay as they are.
    pub fn step<A, M>(&mut self, module: M, gradients: &mut A::Gradients) -> M
    where
        A: AutodiffBackend<InnerBackend = B>,
        M: AutodiffModule<A>,
    {
        module.map(&mut Step { optimiser: self, gradients })
    }

    /// How many steps a parameter has made and its two moments, the mean gradient first; `None` where
    /// it has made none.
    pub fn moments<const D: usize>(&self, id: ParamId) -> Option<(u64, [Tensor<B, D>; 2])> {
        let (time, moments) = self.moments.get(&id)?;
        Some((*time, [wrap(moments.first.clone()), wrap(moments.second.clone())]))
    }

    /// Restores the step count and the moments that a parameter had in an earlier optimiser.
    pub fn restore<const D: usize>(&mut self, id: ParamId, time: u64, [first, second]: [Tensor<B, D>; 2]) {
        self.moments.insert(id, (time, AdamMoments { first: unwrap(first), second: unwrap(second) }));
    }
}

struct Step<'a, A: AutodiffBackend> {
    optimiser: &'a mut Adam<A::InnerBackend>,
    gradients: &'a mut A::Gradients,
}

impl<A> ModuleMapper<A> for Step<'_, A>
where
    A: AutodiffBackend,
    A::InnerBackend: Kernels,
{
    fn map_float<const D: usize>(&mut self, param: Param<Tensor<A, D>>) -> Param<Tensor<A, D>> {
        let id = param.id;
        let Some(gradient) = param.val().grad_remove(self.gradients) else {
            return param;
        };
        let (time, moments) = self.optimiser.moments.remove(&id).unwrap_or_else(|| {
            let zeros = || unwrap(gradient.zeros_like());
            (0, AdamMoments { first: zeros(), second: zeros() })
        });
        let time = time + 1;
        let settings = self.optimiser.settings;
        let mut kept = None;
        let param = param.map(|tensor| {
            let (moved, moments) =
                A::InnerBackend::adam(unwrap(tensor.inner()), unwrap(gradient), moments, &settings, time);
            kept = Some(moments);
            Tensor::from_inner(wrap(moved)).require_grad()
        });
        if let Some(moments) = kept {
            self.optimiser.moments.insert(id, (time, moments));
        }
        param
    }
}

//! Stochastic gradient descent with momentum.

use super::{Moving, Optimiser};
use crate::{
    composed::{unwrap, wrap},
    kernels::Kernels,
};
use burn::{
    module::ParamId,
    tensor::{Tensor, backend::Backend, ops::FloatTensor},
};
use std::collections::HashMap;

/// Settings of stochastic gradient descent, without weight decay.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SgdSettings {
    /// Step length.
    pub learning_rate: f64,
    /// Share of the last step that is made again, in `[0, 1)`.
    pub momentum: f64,
}

/// Stochastic gradient descent as PyTorch has it: the velocity `v` of a parameter starts as its first gradient; then
/// `v = momentum v + gradient`, and the parameter moves by `-learning_rate v`.
#[derive(Debug)]
pub struct Sgd<B: Backend> {
    settings: SgdSettings,
    velocities: HashMap<ParamId, (u64, FloatTensor<B>)>,
}

impl<B: Kernels> Sgd<B> {
    /// An optimiser that has made no step.
    pub fn new(settings: SgdSettings) -> Self {
        Self { settings, velocities: HashMap::new() }
    }
}

impl<B: Kernels> Optimiser<B> for Sgd<B> {
    fn moved(&mut self, moving: Moving<B>) -> FloatTensor<B> {
        let Moving { id, parameter, gradient } = moving;
        let SgdSettings { learning_rate, momentum } = self.settings;
        let (time, velocity) = match self.velocities.remove(&id) {
            Some((time, velocity)) => (time, B::float_add(B::float_mul_scalar(velocity, momentum.into()), gradient)),
            None => (0, gradient),
        };
        let moved = B::float_sub(parameter, B::float_mul_scalar(velocity.clone(), learning_rate.into()));
        self.velocities.insert(id, (time + 1, velocity));
        moved
    }

    fn names(&self) -> &'static [&'static str] {
        &["velocity"]
    }

    fn kept<const D: usize>(&self, id: ParamId) -> Option<(u64, Vec<Tensor<B, D>>)> {
        let (time, velocity) = self.velocities.get(&id)?;
        Some((*time, vec![wrap(velocity.clone())]))
    }

    fn restore<const D: usize>(&mut self, id: ParamId, time: u64, kept: Vec<Tensor<B, D>>) {
        if let Some(velocity) = kept.into_iter().next() {
            self.velocities.insert(id, (time, unwrap(velocity)));
        }
    }
}

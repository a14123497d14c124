//! Adam, with each parameter's step fused where the backend can.

use super::Optimiser;
use crate::{
    composed::{unwrap, wrap},
    kernels::Kernels,
    operands::{AdamMoments, AdamSettings},
};
use burn::{
    module::ParamId,
    tensor::{Tensor, backend::Backend},
};
use std::collections::HashMap;

/// Adam, with the moments of every parameter that has received a gradient: the mean gradient `first` and the mean
/// squared gradient `second`.
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
}

impl<B: Kernels> Optimiser<B> for Adam<B> {
    fn moved<const D: usize>(&mut self, id: ParamId, parameter: Tensor<B, D>, gradient: Tensor<B, D>) -> Tensor<B, D> {
        let (time, moments) = self.moments.remove(&id).unwrap_or_else(|| {
            let zeros = || unwrap(gradient.zeros_like());
            (0, AdamMoments { first: zeros(), second: zeros() })
        });
        let time = time + 1;
        let (moved, moments) = B::adam(unwrap(parameter), unwrap(gradient), moments, &self.settings, time);
        self.moments.insert(id, (time, moments));
        wrap(moved)
    }

    fn names(&self) -> &'static [&'static str] {
        &["first", "second"]
    }

    fn kept<const D: usize>(&self, id: ParamId) -> Option<(u64, Vec<Tensor<B, D>>)> {
        let (time, moments) = self.moments.get(&id)?;
        Some((*time, vec![wrap(moments.first.clone()), wrap(moments.second.clone())]))
    }

    fn restore<const D: usize>(&mut self, id: ParamId, time: u64, kept: Vec<Tensor<B, D>>) {
        let mut kept = kept.into_iter().map(unwrap);
        if let (Some(first), Some(second)) = (kept.next(), kept.next()) {
            self.moments.insert(id, (time, AdamMoments { first, second }));
        }
    }
}

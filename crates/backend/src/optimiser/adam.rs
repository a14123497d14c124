//! Adam, with each parameter's step fused where the backend can.

use super::{Moving, Optimiser};
use crate::{
    composed::{unwrap, wrap},
    kernels::Kernels,
    operands::{AdamMoments, AdamParameter, AdamSettings},
};
use burn::{
    module::ParamId,
    tensor::{Tensor, TensorMetadata, backend::Backend, ops::FloatTensor},
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

    /// A parameter with the moments that it has, which are taken out, and the number of its next step.
    fn next(&mut self, moving: Moving<B>) -> (ParamId, AdamParameter<B>) {
        let Moving { id, parameter, gradient } = moving;
        let (time, moments) = self.moments.remove(&id).unwrap_or_else(|| {
            let zeros = || B::float_zeros(gradient.shape(), &B::float_device(&gradient), gradient.dtype().into());
            (0, AdamMoments { first: zeros(), second: zeros() })
        });
        (id, AdamParameter { parameter, gradient, moments, time: time + 1 })
    }
}

impl<B: Kernels> Optimiser<B> for Adam<B> {
    fn moved(&mut self, moving: Moving<B>) -> FloatTensor<B> {
        let (id, AdamParameter { parameter, gradient, moments, time }) = self.next(moving);
        let (moved, moments) = B::adam(parameter, gradient, moments, &self.settings, time);
        self.moments.insert(id, (time, moments));
        moved
    }

    fn moved_together(&mut self, moving: Vec<Moving<B>>) -> Vec<FloatTensor<B>> {
        let (names, parameters): (Vec<_>, Vec<_>) = moving
            .into_iter()
            .map(|one| {
                let (id, parameter) = self.next(one);
                ((id, parameter.time), parameter)
            })
            .unzip();
        let moved = B::adam_together(parameters, &self.settings);
        names
            .into_iter()
            .zip(moved)
            .map(|((id, time), (moved, moments))| {
                self.moments.insert(id, (time, moments));
                moved
            })
            .collect()
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

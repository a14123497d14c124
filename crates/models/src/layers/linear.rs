//! A linear layer that can be differentiated twice (Burn 0.21's own cannot).

use super::biases;
use crate::initialise;
use burn::{
    module::{Module, Param},
    tensor::{Tensor, backend::Backend},
};
use rand::Rng;

/// `input weightᵀ + bias`.
#[derive(Module, Debug)]
pub struct Linear<B: Backend> {
    /// `[outputs, inputs]`.
    pub weight: Param<Tensor<B, 2>>,
    /// `[outputs]`.
    pub bias: Param<Tensor<B, 1>>,
}

impl<B: Backend> Linear<B> {
    /// PyTorch's default: weight and bias uniform within `1 / sqrt(inputs)` of zero.
    pub fn new(inputs: usize, outputs: usize, random: &mut impl Rng, device: &B::Device) -> Self {
        let bound = initialise::default_bound(inputs);
        Self {
            weight: initialise::parameter(
                initialise::uniform(outputs * inputs, bound, random),
                [outputs, inputs],
                device,
            ),
            bias: initialise::parameter(initialise::uniform(outputs, bound, random), [outputs], device),
        }
    }

    /// Weights uniform within `sqrt(6 / inputs)` of zero (He et al. 2015), biases 0: Keras' `he_uniform`.
    pub fn he_uniform(inputs: usize, outputs: usize, random: &mut impl Rng, device: &B::Device) -> Self {
        Self::uniform_weights([inputs, outputs], (6.0 / inputs as f64).sqrt(), random, device)
    }

    /// Weights uniform within `sqrt(6 / (inputs + outputs))` of zero (Glorot and Bengio 2010), biases 0: Keras' default.
    pub fn glorot_uniform(inputs: usize, outputs: usize, random: &mut impl Rng, device: &B::Device) -> Self {
        Self::uniform_weights([inputs, outputs], (6.0 / (inputs + outputs) as f64).sqrt(), random, device)
    }

    fn uniform_weights([inputs, outputs]: [usize; 2], bound: f64, random: &mut impl Rng, device: &B::Device) -> Self {
        let values = initialise::uniform(outputs * inputs, bound, random);
        Self {
            weight: initialise::parameter(values, [outputs, inputs], device),
            bias: initialise::parameter(vec![0.0; outputs], [outputs], device),
        }
    }

    /// `[batch, inputs]` to `[batch, outputs]`.
    pub fn forward(&self, input: Tensor<B, 2>) -> Tensor<B, 2> {
        self.forward_with(input, self.weight.val())
    }

    /// The same with another weight `[outputs, inputs]` in the place of its own.
    pub(crate) fn forward_with(&self, input: Tensor<B, 2>, weight: Tensor<B, 2>) -> Tensor<B, 2> {
        biases::add_to_columns(input.matmul(weight.transpose()), self.bias.val())
    }
}

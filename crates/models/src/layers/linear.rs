//! A linear layer that can be differentiated twice (Burn 0.21's own cannot).

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

    /// `[batch, inputs]` to `[batch, outputs]`.
    pub fn forward(&self, input: Tensor<B, 2>) -> Tensor<B, 2> {
        self.forward_with(input, self.weight.val())
    }

    /// The same with another weight `[outputs, inputs]` in the place of its own.
    pub(crate) fn forward_with(&self, input: Tensor<B, 2>, weight: Tensor<B, 2>) -> Tensor<B, 2> {
        input.matmul(weight.transpose()) + self.bias.val().unsqueeze::<2>()
    }
}

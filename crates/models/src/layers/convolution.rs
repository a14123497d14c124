//! Convolution without bias.

use crate::initialise;
use burn::{
    module::{Module, Param},
    tensor::{Tensor, backend::Backend},
};
use herring_backend::{ConvOptions, Kernels, ops};
use rand::Rng;

/// A two-dimensional convolution without bias.
#[derive(Module, Debug)]
pub struct Convolution<B: Backend> {
    /// `[outputs, inputs, rows, columns]`.
    pub weight: Param<Tensor<B, 4>>,
    stride: usize,
    padding: usize,
}

impl<B: Kernels> Convolution<B> {
    /// A square kernel with weights by [`initialise::kaiming_normal`]; `padding` zeros on each side.
    pub fn new(
        [inputs, outputs]: [usize; 2],
        kernel: usize,
        stride: usize,
        padding: usize,
        random: &mut impl Rng,
        device: &B::Device,
    ) -> Self {
        let shape = [outputs, inputs, kernel, kernel];
        let weight = initialise::parameter(initialise::kaiming_normal(shape, random), shape, device);
        Self { weight, stride, padding }
    }

    /// `[batch, inputs, height, width]` to `[batch, outputs, height', width']`.
    pub fn forward(&self, input: Tensor<B, 4>) -> Tensor<B, 4> {
        let options = ConvOptions { stride: [self.stride; 2], padding: [self.padding; 2] };
        ops::convolution(input, self.weight.val(), options)
    }
}

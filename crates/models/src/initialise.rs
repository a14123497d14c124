//! Initial values, drawn on the host from the caller's random stream, so that they are the same on
//! every device.

use burn::{
    module::{Param, ParamId},
    tensor::{Tensor, TensorData, backend::Backend},
};
use rand::{Rng, RngExt};
use rand_distr::{Distribution, StandardNormal};

/// A parameter of given values.
///
/// # Panics
/// Where `values` are not as many as `shape` says.
pub fn parameter<B: Backend, const D: usize>(
    values: Vec<f32>,
    shape: [usize; D],
    device: &B::Device,
) -> Param<Tensor<B, D>> {
    let tensor = Tensor::from_data(TensorData::new(values, shape), device);
    Param::initialized(ParamId::new(), tensor.require_grad())
}

/// A tensor that is saved with the model but not trained.
pub fn buffer<B: Backend, const D: usize>(
    values: Vec<f32>,
    shape: [usize; D],
    device: &B::Device,
) -> Param<Tensor<B, D>> {
    Param::initialized(ParamId::new(), Tensor::from_data(TensorData::new(values, shape), device))
}

/// Normal values of standard deviation `sqrt(2 / fan_out)` (He et al. 2015, for a rectifier), where
/// `fan_out = outputs * rows * columns` of a kernel `[outputs, inputs, rows, columns]`.
pub fn kaiming_normal(shape: [usize; 4], random: &mut impl Rng) -> Vec<f32> {
    let deviation = (2.0 / (shape[0] * shape[2] * shape[3]) as f64).sqrt();
    (0..shape.iter().product())
        .map(|_| {
            let value: f64 = StandardNormal.sample(random);
            (value * deviation) as f32
        })
        .collect()
}

/// Uniform values in `[-bound, bound)`, PyTorch's default for a linear layer at
/// `bound = 1 / sqrt(inputs)`.
pub fn uniform(count: usize, bound: f64, random: &mut impl Rng) -> Vec<f32> {
    (0..count).map(|_| ((random.random::<f64>() * 2.0 - 1.0) * bound) as f32).collect()
}

/// Standard normal values.
pub fn normal(count: usize, random: &mut impl Rng) -> Vec<f32> {
    (0..count)
        .map(|_| {
            let value: f64 = StandardNormal.sample(random);
            value as f32
        })
        .collect()
}

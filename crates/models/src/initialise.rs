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
/// Where the number of `values` does not match `shape`.
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

/// How the weights of a network's convolutions are drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Initialisation {
    /// By [`kaiming_normal`], as torchvision's ResNets.
    KaimingNormal,
    /// Normal values of standard deviation `sqrt(2 / fan_in)`, as torchvision's DenseNets.
    KaimingNormalInputs,
    /// Uniform within [`default_bound`], PyTorch's default.
    PyTorchDefault,
}

impl Initialisation {
    /// Values of a kernel `[outputs, inputs, rows, columns]`.
    pub fn convolution(self, shape: [usize; 4], random: &mut impl Rng) -> Vec<f32> {
        match self {
            Self::KaimingNormal => kaiming_normal(shape, random),
            Self::KaimingNormalInputs => {
                let deviation = (2.0 / shape[1..].iter().product::<usize>() as f64).sqrt();
                scaled_normal(shape.iter().product(), deviation, random)
            }
            Self::PyTorchDefault => uniform(shape.iter().product(), default_bound(shape[1..].iter().product()), random),
        }
    }
}

/// Normal values of standard deviation `sqrt(2 / fan_out)` (He et al. 2015, for a rectifier), where
/// `fan_out = outputs * rows * columns` of a kernel `[outputs, inputs, rows, columns]`.
pub fn kaiming_normal(shape: [usize; 4], random: &mut impl Rng) -> Vec<f32> {
    let deviation = (2.0 / (shape[0] * shape[2] * shape[3]) as f64).sqrt();
    scaled_normal(shape.iter().product(), deviation, random)
}

/// Normal values of mean 0.
fn scaled_normal(count: usize, deviation: f64, random: &mut impl Rng) -> Vec<f32> {
    (0..count)
        .map(|_| {
            let value: f64 = StandardNormal.sample(random);
            (value * deviation) as f32
        })
        .collect()
}

/// The bound of PyTorch's default, `1 / sqrt(fan_in)`, within which it draws weights and biases of
/// linear layers and of convolutions; `fan_in = inputs * rows * columns`.
///
/// PyTorch describes the weights' default as "Kaiming uniform with `a = sqrt(5)`", which is the same.
pub fn default_bound(fan_in: usize) -> f64 {
    1.0 / (fan_in as f64).sqrt()
}

/// Uniform values in `[-bound, bound)`.
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

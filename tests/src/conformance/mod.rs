//! What every backend must do.
//!
//! - [`values`]: the convolution trio, biases, pooling and resizing against plain loops in double precision;
//! - [`derivatives`]: gradients, and gradients of penalties on gradients, against finite
//!   differences of the same plain loops;
//! - [`third`]: gradients of penalties on second derivatives against finite differences of these;
//! - [`stock`]: the same question put to stock Burn, which answers it wrongly on GPUs.
//!
//! Nothing here trusts autodiff, a tensor library or this workspace's kernels: the references are in
//! [`mod@reference`].

pub mod derivatives;
pub mod recomputed;
pub mod reference;
pub mod stock;
pub mod third;
pub mod values;

use burn::tensor::{DType, Tensor, TensorData};
use herring_backend::Kernels;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// Values of a tensor of rank 4, row by row, with its shape.
#[derive(Debug, Clone)]
pub struct Plain {
    /// `[batch, channels, height, width]` or `[outputs, inputs, rows, columns]`.
    pub shape: [usize; 4],
    /// As many values as the shape says.
    pub values: Vec<f64>,
}

impl Plain {
    /// Zeros.
    pub fn zeros(shape: [usize; 4]) -> Self {
        Self { shape, values: vec![0.0; shape.iter().product()] }
    }

    /// Uniform values in `[-1, 1)` that single precision holds exactly.
    pub fn random(shape: [usize; 4], seed: u64) -> Self {
        let mut random = ChaCha8Rng::seed_from_u64(seed);
        let values = (0..shape.iter().product()).map(|_| f64::from(random.random::<f32>() * 2.0 - 1.0)).collect();
        Self { shape, values }
    }

    /// The index of an element.
    pub fn at(&self, [a, b, c, d]: [usize; 4]) -> usize {
        ((a * self.shape[1] + b) * self.shape[2] + c) * self.shape[3] + d
    }

    /// The same on a device.
    pub fn tensor<B: Kernels>(&self, dtype: DType, device: &B::Device) -> Tensor<B, 4> {
        let data = TensorData::new(self.values.clone(), self.shape).convert_dtype(dtype);
        Tensor::from_data(data, (device, dtype))
    }
}

/// Largest difference relative to the largest expected entry.
pub fn difference<B: Kernels>(found: Tensor<B, 4>, expected: &Plain) -> f64 {
    assert_eq!(found.dims(), expected.shape, "another shape");
    let found: Vec<f64> = found.into_data().iter().collect();
    let largest = expected.values.iter().fold(1e-6f64, |most, value| most.max(value.abs()));
    found
        .iter()
        .zip(&expected.values)
        .map(|(found, expected)| (found - expected).abs())
        .fold(0.0, |most: f64, value| if value.is_nan() { f64::NAN } else { most.max(value) })
        / largest
}

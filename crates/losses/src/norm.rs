//! Euclidean norms with a defined derivative at zero.

use burn::tensor::{Tensor, backend::Backend};
use herring_backend::{Kernels, ops};

/// The norm of each row of `[batch, features]`, as `[batch, 1]`. A row of zeros has gradient zero
/// and a norm of 1e-12.
pub(crate) fn rows<B: Backend>(tensor: Tensor<B, 2>) -> Tensor<B, 2> {
    (tensor.clone() * tensor).sum_dim(1).clamp_min(1e-24).sqrt()
}

/// The norm over the channels at every position of `[batch, channels, height, width]`, as
/// `[batch, 1, height, width]`; the same at zero.
pub(crate) fn channels<B: Kernels>(tensor: Tensor<B, 4>) -> Tensor<B, 4> {
    ops::squares_over_channels(tensor).clamp_min(1e-24).sqrt()
}

/// `maps [batch, channels, height, width]` with every column (all rows at one place of the width) divided by its Euclidean
/// norm, or by 1e-12 if that is larger, so that a column of zeros stays one: PyTorch's `normalize(dim=1)` of maps without
/// channels. tap2024's released code compares maps of students and teachers after it.
pub(crate) fn columns<B: Backend>(maps: Tensor<B, 4>) -> Tensor<B, 4> {
    let norm = (maps.clone() * maps.clone()).sum_dim(2).clamp_min(1e-24).sqrt();
    maps / norm
}

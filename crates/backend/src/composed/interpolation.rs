//! Linear interpolation as products with constant matrices.

use super::{unwrap, wrap};
use crate::resize::{aligned_taps, separable, separable_transposed};
use burn::tensor::{backend::Backend, ops::FloatTensor};

pub(crate) fn forward<B: Backend>(input: FloatTensor<B>, size: [usize; 2]) -> FloatTensor<B> {
    unwrap(separable(wrap::<B, 4>(input), size, aligned_taps))
}

pub(crate) fn transposed<B: Backend>(output_gradient: FloatTensor<B>, size: [usize; 2]) -> FloatTensor<B> {
    unwrap(separable_transposed(wrap::<B, 4>(output_gradient), size, aligned_taps))
}

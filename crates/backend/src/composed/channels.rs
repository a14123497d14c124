//! One number a channel, or one plane for all channels, by broadcasting.

use super::{unwrap, wrap};
use burn::tensor::{backend::Backend, ops::FloatTensor};

pub(crate) fn add<B: Backend>(input: FloatTensor<B>, numbers: FloatTensor<B>) -> FloatTensor<B> {
    unwrap(wrap::<B, 4>(input) + wrap::<B, 1>(numbers).reshape([1, -1, 1, 1]))
}

/// Rows and columns first: those sums are adjacent in memory.
pub(crate) fn sums<B: Backend>(input: FloatTensor<B>) -> FloatTensor<B> {
    let input = wrap::<B, 4>(input);
    let [batch, channels, height, width] = input.dims();
    let planes = input.reshape([batch, channels, height * width]).sum_dim(2);
    unwrap::<B, 1>(planes.sum_dim(0).reshape([channels]))
}

pub(crate) fn over<B: Backend>(input: FloatTensor<B>) -> FloatTensor<B> {
    unwrap(wrap::<B, 4>(input).sum_dim(1))
}

pub(crate) fn repeat<B: Backend>(input: FloatTensor<B>, channels: usize) -> FloatTensor<B> {
    let input = wrap::<B, 4>(input);
    let [batch, _, height, width] = input.dims();
    unwrap(input.expand([batch, channels, height, width]))
}

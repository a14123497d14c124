//! One number a channel, or one plane for all channels, by broadcasting; some channels among others.

use super::{unwrap, wrap};
use burn::tensor::{Tensor, backend::Backend, ops::FloatTensor};

pub(crate) fn add<B: Backend>(input: FloatTensor<B>, numbers: FloatTensor<B>) -> FloatTensor<B> {
    unwrap(wrap::<B, 4>(input) + wrap::<B, 1>(numbers).reshape([1, -1, 1, 1]))
}

pub(crate) fn scale<B: Backend>(input: FloatTensor<B>, numbers: FloatTensor<B>) -> FloatTensor<B> {
    unwrap(wrap::<B, 4>(input) * wrap::<B, 1>(numbers).reshape([1, -1, 1, 1]))
}

pub(crate) fn products<B: Backend>(left: FloatTensor<B>, right: FloatTensor<B>) -> FloatTensor<B> {
    sums::<B>(B::float_mul(left, right))
}

/// Rows and columns first: those sums are adjacent in memory.
pub(crate) fn sums<B: Backend>(input: FloatTensor<B>) -> FloatTensor<B> {
    let input = wrap::<B, 4>(input);
    let [batch, channels, height, width] = input.dims();
    let planes = input.reshape([batch, channels, height * width]).sum_dim(2);
    unwrap::<B, 1>(planes.sum_dim(0).reshape([channels]))
}

pub(crate) fn fill<B: Backend>(numbers: FloatTensor<B>, shape: [usize; 4]) -> FloatTensor<B> {
    unwrap(wrap::<B, 1>(numbers).reshape([1, -1, 1, 1]).expand(shape))
}

pub(crate) fn over<B: Backend>(input: FloatTensor<B>) -> FloatTensor<B> {
    unwrap(wrap::<B, 4>(input).sum_dim(1))
}

pub(crate) fn products_over<B: Backend>(left: FloatTensor<B>, right: FloatTensor<B>) -> FloatTensor<B> {
    over::<B>(B::float_mul(left, right))
}

pub(crate) fn scale_by_planes<B: Backend>(input: FloatTensor<B>, numbers: FloatTensor<B>) -> FloatTensor<B> {
    unwrap(wrap::<B, 4>(input) * wrap::<B, 4>(numbers))
}

pub(crate) fn repeat<B: Backend>(input: FloatTensor<B>, channels: usize) -> FloatTensor<B> {
    let input = wrap::<B, 4>(input);
    let [batch, _, height, width] = input.dims();
    unwrap(input.expand([batch, channels, height, width]))
}

pub(crate) fn concatenate<B: Backend>(left: FloatTensor<B>, right: FloatTensor<B>) -> FloatTensor<B> {
    unwrap(Tensor::cat(vec![wrap::<B, 4>(left), wrap(right)], 1))
}

pub(crate) fn take<B: Backend>(input: FloatTensor<B>, from: usize, count: usize) -> FloatTensor<B> {
    unwrap(wrap::<B, 4>(input).narrow(1, from, count))
}

pub(crate) fn place<B: Backend>(input: FloatTensor<B>, from: usize, total: usize) -> FloatTensor<B> {
    let input = wrap::<B, 4>(input);
    let [batch, channels, height, width] = input.dims();
    let on = (&input.device(), input.dtype());
    let zeros = |count: usize| (count > 0).then(|| Tensor::<B, 4>::zeros([batch, count, height, width], on));
    let (before, behind) = (zeros(from), zeros(total - from - channels));
    unwrap(Tensor::cat([before, Some(input.clone()), behind].into_iter().flatten().collect(), 1))
}

//! Every operation of [`Kernels`](crate::Kernels) in terms of Burn's own: the default on a GPU, and the
//! fallback of autodiff for orders that have no closed form here.

pub(crate) mod adam;
pub(crate) mod batch_norm;
pub(crate) mod channels;
pub(crate) mod convolution;
pub(crate) mod interpolation;
pub(crate) mod pooling;

use burn::tensor::{Tensor, TensorPrimitive, backend::Backend, ops::FloatTensor};

pub(crate) fn running_average<B: Backend>(
    running: FloatTensor<B>,
    newest: FloatTensor<B>,
    share: f64,
    factor: f64,
) -> FloatTensor<B> {
    let newest = B::float_mul_scalar(B::float_mul_scalar(newest, factor.into()), share.into());
    B::float_add(B::float_mul_scalar(running, (1.0 - share).into()), newest)
}

pub(crate) fn wrap<B: Backend, const D: usize>(primitive: FloatTensor<B>) -> Tensor<B, D> {
    Tensor::from_primitive(TensorPrimitive::Float(primitive))
}

pub(crate) fn unwrap<B: Backend, const D: usize>(tensor: Tensor<B, D>) -> FloatTensor<B> {
    tensor.into_primitive().tensor()
}

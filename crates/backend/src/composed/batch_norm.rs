//! Training-mode batch normalisation and two orders of its gradients, from means and products.
//!
//! With `m` the mean over batch, rows and columns, `r` the reciprocal deviation and
//! `n = (x - m(x)) r` the normalised input, the projection
//! `P(u) = u - m(u) - n m(u n)` removes from `u` what normalisation removes. Then the input
//! gradient is `scale r P(dy)`, and its own derivative follows from `dr = -r n r / count` and from
//! `P` being symmetric (Ioffe and Szegedy 2015 give the first order).

use super::{unwrap, wrap};
use crate::Kernels;
use crate::operands::{BatchNormGradients, BatchNormOutput, BatchNormSecond, BatchNormStatistics, BatchNormWanted};
use burn::tensor::{Tensor, backend::Backend, ops::FloatTensor};

fn channel_mean<B: Backend>(tensor: Tensor<B, 4>) -> Tensor<B, 4> {
    let [batch, channels, height, width] = tensor.dims();
    tensor.reshape([batch, channels, height * width]).mean_dim(2).mean_dim(0).reshape([1, channels, 1, 1])
}

fn spread<B: Backend>(per_channel: FloatTensor<B>) -> Tensor<B, 4> {
    wrap::<B, 1>(per_channel).reshape([1, -1, 1, 1])
}

fn gather<B: Backend>(per_channel: Tensor<B, 4>) -> FloatTensor<B> {
    let [_, channels, _, _] = per_channel.dims();
    unwrap(per_channel.reshape([channels]))
}

/// Mean, centred input, variance and reciprocal deviation, each a function of the input to autodiff.
fn standardise<B: Backend>(input: Tensor<B, 4>, epsilon: f64) -> [Tensor<B, 4>; 4] {
    let mean = channel_mean(input.clone());
    let centred = input - mean.clone();
    let variance = channel_mean(centred.clone() * centred.clone());
    let reciprocal_deviation = (variance.clone() + epsilon).sqrt().recip();
    [mean, centred, variance, reciprocal_deviation]
}

/// The statistics of `input`, tracked.
pub(crate) fn statistics<B: Backend>(input: FloatTensor<B>, epsilon: f64) -> BatchNormStatistics<B> {
    let [mean, _, _, reciprocal_deviation] = standardise(wrap::<B, 4>(input), epsilon);
    BatchNormStatistics { mean: gather(mean), reciprocal_deviation: gather(reciprocal_deviation), epsilon }
}

pub(crate) fn forward<B: Backend>(
    input: FloatTensor<B>,
    scale: FloatTensor<B>,
    shift: FloatTensor<B>,
    epsilon: f64,
) -> BatchNormOutput<B> {
    let [mean, centred, variance, reciprocal_deviation] = standardise(wrap::<B, 4>(input), epsilon);
    let output = centred * (reciprocal_deviation.clone() * spread(scale)) + spread(shift);
    BatchNormOutput {
        output: unwrap(output),
        variance: gather(variance),
        statistics: BatchNormStatistics {
            mean: gather(mean),
            reciprocal_deviation: gather(reciprocal_deviation),
            epsilon,
        },
    }
}

pub(crate) fn gradients<B: Backend>(
    input: FloatTensor<B>,
    scale: FloatTensor<B>,
    output_gradient: FloatTensor<B>,
    statistics: BatchNormStatistics<B>,
    wanted: BatchNormWanted,
) -> BatchNormGradients<B> {
    let reciprocal_deviation = spread(statistics.reciprocal_deviation);
    let normalised = (wrap::<B, 4>(input) - spread(statistics.mean)) * reciprocal_deviation.clone();
    let gradient = wrap::<B, 4>(output_gradient);
    let [batch, _, height, width] = gradient.dims();
    let count = (batch * height * width) as f64;
    let mean_gradient = channel_mean(gradient.clone());
    let mean_product = channel_mean(gradient.clone() * normalised.clone());
    BatchNormGradients {
        parameters: wanted
            .parameters
            .then(|| (gather(mean_product.clone() * count), gather(mean_gradient.clone() * count))),
        input: wanted.input.then(|| {
            unwrap((gradient - mean_gradient - normalised * mean_product) * (reciprocal_deviation * spread(scale)))
        }),
    }
}

/// Normalisation and rectifier, one after the other.
pub(crate) fn forward_rectified<B: Kernels>(
    input: FloatTensor<B>,
    scale: FloatTensor<B>,
    shift: FloatTensor<B>,
    epsilon: f64,
) -> BatchNormOutput<B> {
    let found = B::batch_norm(input, scale, shift, epsilon);
    BatchNormOutput { output: B::rectify(found.output), ..found }
}

/// The gradients of [`forward_rectified`], one after the other.
pub(crate) fn gradients_rectified<B: Kernels>(
    input: FloatTensor<B>,
    scale: FloatTensor<B>,
    output: FloatTensor<B>,
    output_gradient: FloatTensor<B>,
    statistics: BatchNormStatistics<B>,
    wanted: BatchNormWanted,
) -> BatchNormGradients<B> {
    B::batch_norm_gradients(input, scale, B::rectify_gradient(output, output_gradient), statistics, wanted)
}

pub(crate) fn second<B: Backend>(
    input: FloatTensor<B>,
    scale: FloatTensor<B>,
    output_gradient: FloatTensor<B>,
    statistics: BatchNormStatistics<B>,
    cotangent: FloatTensor<B>,
) -> BatchNormSecond<B> {
    let (scale, reciprocal) = (spread::<B>(scale), spread::<B>(statistics.reciprocal_deviation));
    let normalised = (wrap::<B, 4>(input) - spread(statistics.mean)) * reciprocal.clone();
    let (gradient, cotangent) = (wrap::<B, 4>(output_gradient), wrap::<B, 4>(cotangent));
    let [batch, _, height, width] = gradient.dims();
    let count = (batch * height * width) as f64;

    let gradient_product = channel_mean(gradient.clone() * normalised.clone());
    let cotangent_product = channel_mean(cotangent.clone() * normalised.clone());
    let projected = gradient.clone() - channel_mean(gradient) - normalised.clone() * gradient_product.clone();
    let cotangent_projected =
        cotangent.clone() - channel_mean(cotangent.clone()) - normalised.clone() * cotangent_product.clone();
    let agreement = channel_mean(cotangent * projected.clone());

    let scaled = scale * reciprocal.clone();
    let input = (normalised * agreement.clone()
        + projected * cotangent_product
        + cotangent_projected.clone() * gradient_product)
        * (scaled.clone() * reciprocal.clone()).neg();
    BatchNormSecond {
        input: unwrap(input),
        output_gradient: unwrap(cotangent_projected * scaled),
        scale: gather(agreement * reciprocal * count),
    }
}

//! Batch normalisation in training mode, differentiable twice.
//!
//! For every channel, over all positions of all images (`m` of them), with
//! `xhat = (x - mean(x)) * rstd` and `rstd = 1 / sqrt(var(x) + eps)`:
//!
//! ```text
//! y      = gamma xhat + beta
//! dgamma = sum(dy xhat),  dbeta = sum(dy)
//! dx     = gamma rstd P(dy),  P(v) = v - mean(v) - xhat mean(v xhat)
//! ```
//!
//! `P` projects out the two directions along which normalisation has no effect;
//! it is symmetrical, which makes the second derivative short. With cotangents
//! `u` of `dx`, `a` of `dgamma` and `b` of `dbeta`, and
//! `T = sum(u P(dy)) = sum(u dy) - m mean(u) mean(dy) - m mean(u xhat) mean(dy xhat)`:
//!
//! ```text
//! grad dy    = gamma rstd P(u) + a xhat + b
//! grad gamma = rstd T
//! grad x     = rstd P(h) - gamma T rstd^2 xhat / m
//!              with h = (a - gamma rstd mean(u xhat)) dy - gamma rstd mean(dy xhat) u
//! ```
//!
//! `h` is the gradient with respect to `xhat`, and the last term of `grad x` comes through `rstd`. Everything
//! is thus a few sums per channel, and then one affine combination of the inputs.
//!
//! A rectifier behind the normalisation is a part of the same passes where nothing else needs what lies between them: they are bound
//! by memory, and it costs two passes of its own.
//!
//! Tensors are `[batch, channels, positions]`, statistics `[channels]`.

mod sums;

use rayon::prelude::*;

use self::sums::{BLOCK, Distance, Passed, Plain, Product, Terms, WithNormalised, block_sums};
use crate::planes::{channels_in_item, parallel, split_mut};
use crate::simd::{Task, dispatch};

/// Where [`forward`] puts its results.
#[derive(Debug)]
pub struct Forward<'a> {
    /// The normalised tensor, `[batch, channels, positions]`.
    pub y: &'a mut [f32],
    /// Mean of each channel, `[channels]`.
    pub mean: &'a mut [f32],
    /// Biased variance of each channel, `[channels]`.
    pub variance: &'a mut [f32],
    /// `1 / sqrt(variance + epsilon)`, `[channels]`.
    pub rstd: &'a mut [f32],
}

/// What the backward passes need of the forward pass.
#[derive(Clone, Copy, Debug)]
pub struct Saved<'a> {
    /// The input of [`forward`], `[batch, channels, positions]`.
    pub x: &'a [f32],
    /// The scale of [`forward`], `[channels]`.
    pub gamma: &'a [f32],
    /// [`Forward::mean`], `[channels]`.
    pub mean: &'a [f32],
    /// [`Forward::rstd`], `[channels]`.
    pub rstd: &'a [f32],
}

/// Where [`backward`] puts its results.
#[derive(Debug)]
pub struct Gradients<'a> {
    /// Gradient with respect to `x`, `[batch, channels, positions]`.
    pub dx: &'a mut [f32],
    /// Gradient with respect to `gamma`, `[channels]`.
    pub dgamma: &'a mut [f32],
    /// Gradient with respect to `beta`, `[channels]`.
    pub dbeta: &'a mut [f32],
}

/// Gradients of a loss with respect to what [`backward`] returned.
#[derive(Clone, Copy, Debug)]
pub struct Cotangents<'a> {
    /// Gradient with respect to `dx`, `[batch, channels, positions]`.
    pub ddx: &'a [f32],
    /// Gradient with respect to `dgamma`, `[channels]`.
    pub ddgamma: &'a [f32],
    /// Gradient with respect to `dbeta`, `[channels]`.
    pub ddbeta: &'a [f32],
}

/// Where [`double_backward`] puts its results.
#[derive(Debug)]
pub struct DoubleGradients<'a> {
    /// Gradient with respect to `dy`, `[batch, channels, positions]`.
    pub dy: &'a mut [f32],
    /// Gradient with respect to `x`, `[batch, channels, positions]`.
    pub x: &'a mut [f32],
    /// Gradient with respect to `gamma`, `[channels]`.
    pub gamma: &'a mut [f32],
}

/// Normalises `x`, `[batch, channels, positions]`, over all but its channels.
///
/// An empty channel gets mean 0 and variance 0.
///
/// # Panics
/// If a slice does not have the length that `shape` asks for.
pub fn forward(shape: [usize; 3], x: &[f32], gamma: &[f32], beta: &[f32], epsilon: f32, result: Forward<'_>) {
    normalise::<false>(shape, x, gamma, beta, epsilon, result);
}

/// [`forward`] and [`relu`](crate::elementwise::relu) of its result, in one pass over it.
///
/// # Panics
/// If a slice does not have the length that `shape` asks for.
pub fn forward_rectified(shape: [usize; 3], x: &[f32], gamma: &[f32], beta: &[f32], epsilon: f32, result: Forward<'_>) {
    normalise::<true>(shape, x, gamma, beta, epsilon, result);
}

fn normalise<const RECTIFIED: bool>(
    shape: [usize; 3],
    x: &[f32],
    gamma: &[f32],
    beta: &[f32],
    epsilon: f32,
    result: Forward<'_>,
) {
    check_tensors(shape, &[x.len(), result.y.len()]);
    check_channels(shape, &[gamma.len(), beta.len(), result.mean.len(), result.variance.len(), result.rstd.len()]);
    let group = channels_in_item(shape);
    let items: Vec<_> = split_mut(result.y, shape, group)
        .into_iter()
        .zip(result.mean.chunks_mut(group))
        .zip(result.variance.chunks_mut(group))
        .zip(result.rstd.chunks_mut(group))
        .enumerate()
        .map(|(item, (((y, mean), variance), rstd))| ForwardItem::<'_, RECTIFIED> {
            channels: Channels { shape, first: item * group },
            x,
            gamma,
            beta,
            epsilon,
            y,
            mean,
            variance,
            rstd,
        })
        .collect();
    run(shape, items);
}

/// The gradient of [`forward`], given its gradient `dy` with respect to `y`,
/// `[batch, channels, positions]`.
///
/// # Panics
/// If a slice does not have the length that `shape` asks for.
pub fn backward(shape: [usize; 3], saved: Saved<'_>, dy: &[f32], result: Gradients<'_>) {
    differentiate::<false>(shape, saved, saved.gamma, dy, result);
}

/// The gradient of [`forward_rectified`] with the shift `beta`, given its gradient `dy` with respect to `y`.
///
/// Where the result was rectified follows from the input, so that it is not read.
///
/// # Panics
/// If a slice does not have the length that `shape` asks for.
pub fn backward_rectified(shape: [usize; 3], saved: Saved<'_>, beta: &[f32], dy: &[f32], result: Gradients<'_>) {
    differentiate::<true>(shape, saved, beta, dy, result);
}

/// `beta` is not used where nothing was rectified.
fn differentiate<const RECTIFIED: bool>(
    shape: [usize; 3],
    saved: Saved<'_>,
    beta: &[f32],
    dy: &[f32],
    result: Gradients<'_>,
) {
    saved.check(shape);
    check_tensors(shape, &[dy.len(), result.dx.len()]);
    check_channels(shape, &[beta.len(), result.dgamma.len(), result.dbeta.len()]);
    let group = channels_in_item(shape);
    let items: Vec<_> = split_mut(result.dx, shape, group)
        .into_iter()
        .zip(result.dgamma.chunks_mut(group))
        .zip(result.dbeta.chunks_mut(group))
        .enumerate()
        .map(|(item, ((dx, dgamma), dbeta))| BackwardItem::<'_, RECTIFIED> {
            channels: Channels { shape, first: item * group },
            saved,
            beta,
            dy,
            dx,
            dgamma,
            dbeta,
        })
        .collect();
    run(shape, items);
}

/// The gradient of [`backward`] as a function of `dy`, `x` and `gamma`, with
/// `mean` and `rstd` functions of `x`; the module header has the formulas.
///
/// # Panics
/// If a slice does not have the length that `shape` asks for.
pub fn double_backward(
    shape: [usize; 3],
    saved: Saved<'_>,
    dy: &[f32],
    cotangents: Cotangents<'_>,
    result: DoubleGradients<'_>,
) {
    saved.check(shape);
    check_tensors(shape, &[dy.len(), cotangents.ddx.len(), result.dy.len(), result.x.len()]);
    check_channels(shape, &[cotangents.ddgamma.len(), cotangents.ddbeta.len(), result.gamma.len()]);
    let group = channels_in_item(shape);
    let items: Vec<_> = split_mut(result.dy, shape, group)
        .into_iter()
        .zip(split_mut(result.x, shape, group))
        .zip(result.gamma.chunks_mut(group))
        .enumerate()
        .map(|(item, ((grad_dy, grad_x), grad_gamma))| DoubleItem {
            channels: Channels { shape, first: item * group },
            saved,
            dy,
            cotangents,
            grad_dy,
            grad_x,
            grad_gamma,
        })
        .collect();
    run(shape, items);
}

fn check_tensors(shape: [usize; 3], lengths: &[usize]) {
    let length = shape.iter().product::<usize>();
    assert!(
        lengths.iter().all(|&given| given == length),
        "tensors of shape {shape:?} hold {length} floats, not {lengths:?}"
    );
}

fn check_channels(shape: [usize; 3], lengths: &[usize]) {
    assert!(
        lengths.iter().all(|&given| given == shape[1]),
        "tensors of shape {shape:?} have {} channels, not {lengths:?}",
        shape[1]
    );
}

impl Saved<'_> {
    fn check(&self, shape: [usize; 3]) {
        check_tensors(shape, &[self.x.len()]);
        check_channels(shape, &[self.gamma.len(), self.mean.len(), self.rstd.len()]);
    }
}

fn run<T: Task<Output = ()> + Send>(shape: [usize; 3], items: Vec<T>) {
    if parallel(shape) {
        items.into_par_iter().for_each(dispatch);
    } else {
        items.into_iter().for_each(dispatch);
    }
}

/// The channels that a piece of work owns.
#[derive(Clone, Copy)]
struct Channels {
    shape: [usize; 3],
    first: usize,
}

impl Channels {
    /// The plane of a channel of this piece of work, in a tensor.
    #[inline(always)]
    fn plane<'a>(&self, values: &'a [f32], image: usize, channel: usize) -> &'a [f32] {
        let [_, channels, positions] = self.shape;
        &values[(image * channels + self.first + channel) * positions..][..positions]
    }

    /// The same in one image of the slices that this piece of work owns.
    #[inline(always)]
    fn own<'a>(&self, image: &'a mut [f32], channel: usize) -> &'a mut [f32] {
        let positions = self.shape[2];
        &mut image[channel * positions..][..positions]
    }

    /// Sums of a channel of two tensors.
    #[inline(always)]
    fn sums<const N: usize>(&self, left: &[f32], right: &[f32], channel: usize, terms: impl Terms<N>) -> [f64; N] {
        let mut total = [0.0f64; N];
        for image in 0..self.shape[0] {
            let left = self.plane(left, image, channel);
            let right = self.plane(right, image, channel);
            for (left, right) in left.chunks(BLOCK).zip(right.chunks(BLOCK)) {
                let sums = block_sums(left, right, terms);
                for (total, sum) in total.iter_mut().zip(sums) {
                    *total += f64::from(sum);
                }
            }
        }
        total
    }

    /// Values of a channel in all images.
    fn count(&self) -> f64 {
        (self.shape[0] * self.shape[2]).max(1) as f64
    }
}

struct ForwardItem<'a, const RECTIFIED: bool> {
    channels: Channels,
    x: &'a [f32],
    gamma: &'a [f32],
    beta: &'a [f32],
    epsilon: f32,
    y: Vec<&'a mut [f32]>,
    mean: &'a mut [f32],
    variance: &'a mut [f32],
    rstd: &'a mut [f32],
}

impl<const RECTIFIED: bool> Task for ForwardItem<'_, RECTIFIED> {
    type Output = ();

    #[inline(always)]
    fn run<const ROWS: usize, const COLUMNS: usize, const FUSED: bool>(mut self) {
        for channel in 0..self.mean.len() {
            let channels = self.channels;
            let count = channels.count();
            let [sum] = channels.sums(self.x, self.x, channel, Plain);
            let mean = (sum / count) as f32;
            // The mean in single precision has a small error; the first sum corrects the second for it.
            let [off, squares] = channels.sums(self.x, self.x, channel, Distance { from: mean });
            let off = off / count;
            let variance = (squares / count - off * off).max(0.0);
            let rstd = 1.0 / (variance + f64::from(self.epsilon)).sqrt();
            self.mean[channel] = mean;
            self.variance[channel] = variance as f32;
            self.rstd[channel] = rstd as f32;
            let scale = rstd as f32 * self.gamma[channels.first + channel];
            let beta = self.beta[channels.first + channel];
            for (image, y) in self.y.iter_mut().enumerate() {
                let x = channels.plane(self.x, image, channel);
                for (y, x) in channels.own(y, channel).iter_mut().zip(x) {
                    let value = (x - mean) * scale + beta;
                    *y = if RECTIFIED && value <= 0.0 { 0.0 } else { value };
                }
            }
        }
    }
}

struct BackwardItem<'a, const RECTIFIED: bool> {
    channels: Channels,
    saved: Saved<'a>,
    beta: &'a [f32],
    dy: &'a [f32],
    dx: Vec<&'a mut [f32]>,
    dgamma: &'a mut [f32],
    dbeta: &'a mut [f32],
}

impl<const RECTIFIED: bool> Task for BackwardItem<'_, RECTIFIED> {
    type Output = ();

    #[inline(always)]
    fn run<const ROWS: usize, const COLUMNS: usize, const FUSED: bool>(mut self) {
        for channel in 0..self.dgamma.len() {
            let channels = self.channels;
            let (gamma, mean, rstd) = self.saved.at(channels.first + channel);
            let scale = rstd * gamma;
            let beta = self.beta[channels.first + channel];
            let passed = Passed::<RECTIFIED> { mean, rstd, scale, beta };
            let [sum, dot] = channels.sums(self.dy, self.saved.x, channel, passed);
            self.dbeta[channel] = sum as f32;
            self.dgamma[channel] = dot as f32;
            let average = (sum / channels.count()) as f32;
            let slope = (dot / channels.count()) as f32;
            for (image, dx) in self.dx.iter_mut().enumerate() {
                let x = channels.plane(self.saved.x, image, channel);
                let dy = channels.plane(self.dy, image, channel);
                for ((dx, x), dy) in channels.own(dx, channel).iter_mut().zip(x).zip(dy) {
                    *dx = scale * (passed.gradient(*dy, *x) - average - (x - mean) * rstd * slope);
                }
            }
        }
    }
}

impl Saved<'_> {
    /// Scale, mean and reciprocal standard deviation of a channel.
    #[inline(always)]
    fn at(&self, channel: usize) -> (f32, f32, f32) {
        (self.gamma[channel], self.mean[channel], self.rstd[channel])
    }
}

struct DoubleItem<'a> {
    channels: Channels,
    saved: Saved<'a>,
    dy: &'a [f32],
    cotangents: Cotangents<'a>,
    grad_dy: Vec<&'a mut [f32]>,
    grad_x: Vec<&'a mut [f32]>,
    grad_gamma: &'a mut [f32],
}

impl Task for DoubleItem<'_> {
    type Output = ();

    #[inline(always)]
    fn run<const ROWS: usize, const COLUMNS: usize, const FUSED: bool>(mut self) {
        for channel in 0..self.grad_gamma.len() {
            let channels = self.channels;
            let count = channels.count();
            let (gamma, mean, rstd) = self.saved.at(channels.first + channel);
            let a = self.cotangents.ddgamma[channels.first + channel];
            let b = self.cotangents.ddbeta[channels.first + channel];
            let u = self.cotangents.ddx;
            let with_normalised = WithNormalised { mean, rstd };
            let [u_sum, u_dot] = channels.sums(u, self.saved.x, channel, with_normalised);
            let [dy_sum, dy_dot] = channels.sums(self.dy, self.saved.x, channel, with_normalised);
            let [both] = channels.sums(u, self.dy, channel, Product);
            let total = both - (u_sum * dy_sum + u_dot * dy_dot) / count;
            self.grad_gamma[channel] = (f64::from(rstd) * total) as f32;

            let scale = f64::from(gamma) * f64::from(rstd);
            let [u_mean, u_slope] = [u_sum / count, u_dot / count];
            let [dy_mean, dy_slope] = [dy_sum / count, dy_dot / count];
            // grad x = of_dy * dy + of_u * u + of_xhat * xhat + constant
            let h_dy = f64::from(a) - scale * u_slope;
            let h_u = -scale * dy_slope;
            let h_mean = h_dy * dy_mean + h_u * u_mean;
            let h_slope = h_dy * dy_slope + h_u * u_slope;
            let rstd_64 = f64::from(rstd);
            let of_dy = (rstd_64 * h_dy) as f32;
            let of_u = (rstd_64 * h_u) as f32;
            let of_xhat = (-rstd_64 * (h_slope + scale * total / count)) as f32;
            let constant = (-rstd_64 * h_mean) as f32;
            // grad dy = scale * u + slope * xhat + shift
            let slope = (f64::from(a) - scale * u_slope) as f32;
            let shift = (f64::from(b) - scale * u_mean) as f32;
            let scale = scale as f32;
            for (image, (grad_dy, grad_x)) in self.grad_dy.iter_mut().zip(&mut self.grad_x).enumerate() {
                let inputs = channels
                    .plane(self.saved.x, image, channel)
                    .iter()
                    .zip(channels.plane(self.dy, image, channel))
                    .zip(channels.plane(u, image, channel));
                let outputs = channels.own(grad_dy, channel).iter_mut().zip(channels.own(grad_x, channel));
                for ((grad_dy, grad_x), ((x, dy), u)) in outputs.zip(inputs) {
                    let xhat = (x - mean) * rstd;
                    *grad_dy = scale * u + slope * xhat + shift;
                    *grad_x = of_dy * dy + of_u * u + of_xhat * xhat + constant;
                }
            }
        }
    }
}

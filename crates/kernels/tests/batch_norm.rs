//! Batch normalisation against a plain reference in double precision, and its
//! gradients against finite differences of that reference.

use herring_kernels::batch_norm::{self, Cotangents, DoubleGradients, Forward, Gradients, Saved};
use herring_kernels::elementwise;

mod common;

use common::numbers;

const SHAPE: [usize; 3] = [3, 5, 7];
const LENGTH: usize = 3 * 5 * 7;
const EPSILON: f64 = 1e-2;

fn wide(values: &[f32]) -> Vec<f64> {
    values.iter().copied().map(f64::from).collect()
}

fn channel(index: usize) -> usize {
    index / SHAPE[2] % SHAPE[1]
}

fn sums(values: impl Iterator<Item = f64>) -> Vec<f64> {
    let mut sums = vec![0.0; SHAPE[1]];
    for (index, value) in values.enumerate() {
        sums[channel(index)] += value;
    }
    sums
}

/// Normalised values and reciprocal standard deviations.
fn normalise(x: &[f64]) -> (Vec<f64>, Vec<f64>) {
    let count = (SHAPE[0] * SHAPE[2]) as f64;
    let mean: Vec<f64> = sums(x.iter().copied()).iter().map(|sum| sum / count).collect();
    let squares = sums(x.iter().enumerate().map(|(i, x)| (x - mean[channel(i)]).powi(2)));
    let rstd: Vec<f64> = squares.iter().map(|sum| 1.0 / (sum / count + EPSILON).sqrt()).collect();
    let xhat = x.iter().enumerate().map(|(i, x)| (x - mean[channel(i)]) * rstd[channel(i)]).collect();
    (xhat, rstd)
}

fn forward(x: &[f64], gamma: &[f64], beta: &[f64]) -> Vec<f64> {
    let (xhat, _) = normalise(x);
    xhat.iter().enumerate().map(|(i, xhat)| xhat * gamma[channel(i)] + beta[channel(i)]).collect()
}

/// dx, dgamma and dbeta.
fn backward(dy: &[f64], x: &[f64], gamma: &[f64]) -> [Vec<f64>; 3] {
    let count = (SHAPE[0] * SHAPE[2]) as f64;
    let (xhat, rstd) = normalise(x);
    let dbeta = sums(dy.iter().copied());
    let dgamma = sums(dy.iter().zip(&xhat).map(|(dy, xhat)| dy * xhat));
    let dx = (0..LENGTH)
        .map(|i| {
            let c = channel(i);
            gamma[c] * rstd[c] * (dy[i] - dbeta[c] / count - xhat[i] * dgamma[c] / count)
        })
        .collect();
    [dx, dgamma, dbeta]
}

fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

/// The gradient of `function` by central differences.
fn differences(at: &[f64], function: impl Fn(&[f64]) -> f64) -> Vec<f64> {
    let step = 1e-5;
    (0..at.len())
        .map(|index| {
            let mut shifted = at.to_vec();
            shifted[index] = at[index] + step;
            let above = function(&shifted);
            shifted[index] = at[index] - step;
            (above - function(&shifted)) / (2.0 * step)
        })
        .collect()
}

fn assert_close(name: &str, actual: &[f32], expected: &[f64]) {
    assert_eq!(actual.len(), expected.len());
    let scale = expected.iter().fold(1.0f64, |scale, value| scale.max(value.abs()));
    for (index, (&actual, &expected)) in actual.iter().zip(expected).enumerate() {
        assert!(
            (f64::from(actual) - expected).abs() <= 3e-6 * scale,
            "{name} at {index}: {actual} instead of {expected}"
        );
    }
}

/// To the bit, for channels of some length and of one value, and where nothing and where all of a channel is rectified.
#[test]
fn normalising_and_rectifying_at_once_is_one_after_the_other() {
    for shape in [[2, 3, 5], [16, 10, 900], [1, 4, 1]] {
        let [length, channels] = [shape.iter().product(), shape[1]];
        let (x, dy, gamma) = (numbers(length, 1), numbers(length, 2), numbers(channels, 3));
        let mut beta = numbers(channels, 4);
        (beta[0], beta[1]) = (50.0, -50.0);
        let run = |rectified: bool| {
            let [mut y, mut dx] = [(); 2].map(|()| vec![f32::NAN; length]);
            let [mut mean, mut variance, mut rstd, mut dgamma, mut dbeta] = [(); 5].map(|()| vec![f32::NAN; channels]);
            let result = Forward { y: &mut y, mean: &mut mean, variance: &mut variance, rstd: &mut rstd };
            let forward = if rectified { batch_norm::forward_rectified } else { batch_norm::forward };
            forward(shape, &x, &gamma, &beta, EPSILON as f32, result);
            let saved = Saved { x: &x, gamma: &gamma, mean: &mean, rstd: &rstd };
            let result = Gradients { dx: &mut dx, dgamma: &mut dgamma, dbeta: &mut dbeta };
            if rectified {
                batch_norm::backward_rectified(shape, saved, &beta, &dy, result);
            } else {
                let [mut output, mut passed] = [(); 2].map(|()| vec![f32::NAN; length]);
                elementwise::relu(&y, &mut output);
                elementwise::relu_backward(&output, &dy, &mut passed);
                batch_norm::backward(shape, saved, &passed, result);
                y = output;
            }
            [y, mean, variance, rstd, dx, dgamma, dbeta]
        };
        let [separate, joint] = [run(false), run(true)];
        assert!(separate[0].contains(&0.0) && separate[0].iter().any(|value| *value > 0.0));
        assert_eq!(joint, separate, "{shape:?}");
    }
}

#[test]
fn values_and_derivatives_of_both_orders_agree_with_the_reference() {
    // Far from zero, where a careless variance cancels.
    let x: Vec<f32> = numbers(LENGTH, 1).iter().map(|x| x + 3.0).collect();
    let (dy, ddx) = (numbers(LENGTH, 2), numbers(LENGTH, 3));
    let [gamma, beta, ddgamma, ddbeta] = std::array::from_fn(|i| numbers(SHAPE[1], 4 + i as u64));
    let [mut y, mut dx, mut grad_dy, mut grad_x] = std::array::from_fn(|_| vec![f32::NAN; LENGTH]);
    let [mut mean, mut variance, mut rstd, mut dgamma, mut dbeta, mut grad_gamma] =
        std::array::from_fn(|_| vec![f32::NAN; SHAPE[1]]);
    let result = Forward { y: &mut y, mean: &mut mean, variance: &mut variance, rstd: &mut rstd };
    batch_norm::forward(SHAPE, &x, &gamma, &beta, EPSILON as f32, result);
    let saved = Saved { x: &x, gamma: &gamma, mean: &mean, rstd: &rstd };
    let result = Gradients { dx: &mut dx, dgamma: &mut dgamma, dbeta: &mut dbeta };
    batch_norm::backward(SHAPE, saved, &dy, result);
    let cotangents = Cotangents { ddx: &ddx, ddgamma: &ddgamma, ddbeta: &ddbeta };
    let result = DoubleGradients { dy: &mut grad_dy, x: &mut grad_x, gamma: &mut grad_gamma };
    batch_norm::double_backward(SHAPE, saved, &dy, cotangents, result);

    let [x, dy, ddx] = [x, dy, ddx].map(|values| wide(&values));
    let [gamma, beta, ddgamma, ddbeta] = [gamma, beta, ddgamma, ddbeta].map(|values| wide(&values));
    assert_close("y", &y, &forward(&x, &gamma, &beta));
    assert_close("rstd", &rstd, &normalise(&x).1);
    for (variance, rstd) in variance.iter().zip(&rstd) {
        assert!((1.0 / (f64::from(*variance) + EPSILON).sqrt() - f64::from(*rstd)).abs() < 1e-5);
    }
    let first = |x: &[f64], gamma: &[f64], beta: &[f64]| dot(&dy, &forward(x, gamma, beta));
    assert_close("dx", &dx, &differences(&x, |x| first(x, &gamma, &beta)));
    assert_close("dgamma", &dgamma, &differences(&gamma, |gamma| first(&x, gamma, &beta)));
    assert_close("dbeta", &dbeta, &differences(&beta, |beta| first(&x, &gamma, beta)));

    let second = |dy: &[f64], x: &[f64], gamma: &[f64]| {
        let [dx, dgamma, dbeta] = backward(dy, x, gamma);
        dot(&ddx, &dx) + dot(&ddgamma, &dgamma) + dot(&ddbeta, &dbeta)
    };
    assert_close("grad dy", &grad_dy, &differences(&dy, |dy| second(dy, &x, &gamma)));
    assert_close("grad x", &grad_x, &differences(&x, |x| second(&dy, x, &gamma)));
    assert_close("grad gamma", &grad_gamma, &differences(&gamma, |gamma| second(&dy, &x, gamma)));
}

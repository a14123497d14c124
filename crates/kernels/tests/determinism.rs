//! Results must not depend on how many threads there are, nor on the call.

use herring_kernels::batch_norm::{self, Forward, Gradients, Saved};
use herring_kernels::convolution::{self, Geometry};

mod common;

use common::numbers;

fn convolutions() -> Vec<Vec<f32>> {
    let mut results = Vec::new();
    for (channels, size, kernel, stride) in [
        ([40, 70], 28, 3, 1),
        ([150, 50], 7, 3, 1),
        ([32, 48], 14, 3, 2),
        ([1, 16], 28, 3, 1),
        ([64, 64], 9, 1, 2),
        ([20, 20], 12, 7, 1),
    ] {
        let g = Geometry {
            batch: 8,
            in_channels: channels[0],
            height: size,
            width: size,
            out_channels: channels[1],
            kernel: [kernel; 2],
            stride: [stride; 2],
            padding: [kernel / 2; 2],
        };
        let (x, w, dy) = (numbers(g.input_len(), 1), numbers(g.weight_len(), 2), numbers(g.output_len(), 3));
        let (mut y, mut dx, mut dw) = (dy.clone(), x.clone(), w.clone());
        convolution::forward(&g, &x, &w, &mut y);
        convolution::input_gradient(&g, &w, &dy, &mut dx);
        convolution::weight_gradient(&g, &x, &dy, &mut dw);
        results.extend([y, dx, dw]);
    }
    results
}

fn normalisation() -> Vec<Vec<f32>> {
    let shape = [16, 37, 196];
    let length = shape.iter().product();
    let (x, dy) = (numbers(length, 4), numbers(length, 5));
    let (gamma, beta) = (numbers(37, 6), numbers(37, 7));
    let [mut mean, mut variance, mut rstd, mut dgamma, mut dbeta] = std::array::from_fn(|_| vec![0.0; 37]);
    let (mut y, mut dx) = (x.clone(), x.clone());
    let result = Forward { y: &mut y, mean: &mut mean, variance: &mut variance, rstd: &mut rstd };
    batch_norm::forward(shape, &x, &gamma, &beta, 1e-5, result);
    let saved = Saved { x: &x, gamma: &gamma, mean: &mean, rstd: &rstd };
    let result = Gradients { dx: &mut dx, dgamma: &mut dgamma, dbeta: &mut dbeta };
    batch_norm::backward(shape, saved, &dy, result);
    vec![y, mean, variance, rstd, dx, dgamma, dbeta]
}

#[test]
fn any_number_of_threads_gives_the_same_bits() {
    let run = |threads| {
        rayon::ThreadPoolBuilder::new()
            .num_threads(threads)
            .build()
            .expect("a pool of threads")
            .install(|| [convolutions(), normalisation()].concat())
    };
    let bits = |results: Vec<Vec<f32>>| -> Vec<Vec<u32>> {
        results.into_iter().map(|values| values.into_iter().map(f32::to_bits).collect()).collect()
    };
    let expected = bits(run(1));
    for threads in [1, 2, 3] {
        assert!(bits(run(threads)) == expected, "{threads} threads differ from one");
    }
}

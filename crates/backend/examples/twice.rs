//! A gradient of a gradient: how an image's gradient changes with a convolution's weight.
//!
//! `cargo run --release -p herring-backend --example twice`

use burn::tensor::Tensor;
use herring_backend::{Autodiff, ConvOptions, Cpu, ops};

fn main() {
    let device = Default::default();
    let options = ConvOptions { stride: [2, 2], padding: [0, 0], groups: 1 };
    let weight = Tensor::<Autodiff<Cpu>, 4>::from_data([[[[0.5]]]], &device).require_grad();
    let image = Tensor::<Autodiff<Cpu>, 4>::ones([1, 1, 4, 4], &device);

    // The outer level differentiates with respect to the image and treats the weight as a constant.
    let outer_image = Tensor::<Autodiff<Autodiff<Cpu>>, 4>::from_inner(image).require_grad();
    let outer_weight = Tensor::from_inner(weight.clone());
    let score = ops::rectify(ops::convolution(outer_image.clone(), outer_weight, options)).powi_scalar(3).sum();
    let Some(gradient) = outer_image.grad(&score.backward()) else { unreachable!("the score depends on the image") };
    println!("gradient of the image:\n{}", gradient.clone().inner());

    // The inner level still knows the weight: the squared gradient can be penalised.
    let penalty = gradient.powi_scalar(2).sum();
    if let Some(found) = weight.grad(&penalty.backward()) {
        // d/dw Σ (3 w³)² = 54 w⁵ for each of the four windows.
        println!(
            "gradient of the penalty with respect to the weight: {} (expected {})",
            found.into_scalar(),
            4.0 * 54.0 * 0.5f32.powi(5)
        );
    }
}

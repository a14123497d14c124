//! What is computed again for the gradient is what was computed before, to the last bit.

use super::Plain;
use burn::tensor::{DType, Tensor};
use herring_backend::{Autodiff, ConvOptions, Job, Kernels, ops};

/// Compares [`ops::batch_norm_rectified_convolution`] with its two operations, one after the other; gives back what differs.
#[derive(Debug)]
pub struct Recomputed;

impl Job for Recomputed {
    type Output = Vec<String>;

    fn run<B: Kernels>(self, device: &B::Device) -> Vec<String> {
        let options = ConvOptions { stride: [1; 2], padding: [1; 2], groups: 1 };
        let found = [false, true].map(|together| {
            let leaf = |shape, seed| {
                Plain::random(shape, seed).tensor::<Autodiff<B>>(DType::F32, device).detach().require_grad()
            };
            let leaves = [leaf([3, 5, 9, 8], 1), leaf([1, 5, 1, 1], 2), leaf([1, 5, 1, 1], 3), leaf([7, 5, 3, 3], 4)];
            let [image, scale, shift, weight] = leaves.clone();
            let [scale, shift] = [scale, shift].map(|numbers| numbers.reshape([5]));
            let output = if together {
                ops::batch_norm_rectified_convolution(image, [scale, shift], 1e-5, weight, options).output
            } else {
                ops::convolution(ops::batch_norm_rectified(image, scale, shift, 1e-5).output, weight, options)
            };
            let mut gradients = (output.clone() * output.clone()).sum().backward();
            let mut values = vec![bits(output.inner())];
            values.extend(leaves.iter().map(|leaf| leaf.grad_remove(&mut gradients).map(bits).unwrap_or_default()));
            values
        });
        let names = ["output", "gradient of the input", "of the scale", "of the shift", "of the weight"];
        let [apart, together] = &found;
        let different = |index: &usize| apart[*index] != together[*index] || apart[*index].is_empty();
        (0..names.len()).filter(different).map(|index| names[index].to_owned()).collect()
    }
}

fn bits<B: Kernels>(tensor: Tensor<B, 4>) -> Vec<u32> {
    tensor.into_data().iter::<f32>().map(f32::to_bits).collect()
}

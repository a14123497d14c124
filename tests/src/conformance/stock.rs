//! Stock Burn's transposed convolution, asked what ours is asked.
//!
//! In Burn 0.21 the direct kernel that GPUs share loops over `kernel - stride + 1` rows of the
//! image, which is none where the kernel is smaller than the stride: the gradient of every 1x1
//! shortcut of a ResNet is zero, in silence. When this check passes on a GPU, the kernel padding in
//! `herring-backend` can go.

use super::{Plain, difference, reference};
use burn::tensor::{DType, Tensor, module::conv_transpose2d, ops::ConvTransposeOptions};
use herring_backend::{ConvOptions, Job, Kernels, ops};

/// How far off each answer is: `(stock Burn, this workspace)`.
#[derive(Debug)]
pub struct SmallKernel;

impl Job for SmallKernel {
    type Output = (f64, f64);

    fn run<B: Kernels>(self, device: &B::Device) -> (f64, f64) {
        let options = ConvOptions { stride: [2, 2], padding: [0, 0], groups: 1 };
        let gradient = Plain { shape: [1, 1, 2, 2], values: vec![1.0, 2.0, 3.0, 4.0] };
        let weight = Plain { shape: [1; 4], values: vec![1.0] };
        let expected = reference::input_gradient([1, 1, 4, 4], &weight, &gradient, options);
        assert_eq!(expected.values, [1.0, 0.0, 2.0, 0.0, 0.0, 0.0, 0.0, 0.0, 3.0, 0.0, 4.0, 0.0, 0.0, 0.0, 0.0, 0.0]);
        let on = |plain: &Plain| plain.tensor::<B>(DType::F32, device);
        let stock: Tensor<B, 4> = conv_transpose2d(
            on(&gradient),
            on(&weight),
            None,
            ConvTransposeOptions::new([2, 2], [0, 0], [1, 1], [1, 1], 1),
        );
        let ours = ops::convolution_input_gradient(on(&weight), on(&gradient), [4, 4], options);
        (difference(stock, &expected), difference(ours, &expected))
    }
}

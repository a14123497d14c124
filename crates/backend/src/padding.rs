//! Margins of a constant, in the tensor's own precision (Burn 0.21's padding is in single precision only).

use burn::tensor::{Tensor, backend::Backend};

/// Adds `margins` (rows above and below, columns left and right) filled with `value` to
/// `[batch, channels, height, width]`.
pub(crate) fn constant<B: Backend>(input: Tensor<B, 4>, margins: [[usize; 2]; 2], value: f32) -> Tensor<B, 4> {
    let (device, dtype) = (input.device(), input.dtype());
    let mut padded = input;
    for (axis, [before, after]) in margins.into_iter().enumerate() {
        let margin = |length: usize| {
            let mut shape = padded.dims();
            shape[2 + axis] = length;
            (length > 0).then(|| Tensor::<B, 4>::full(shape, value, (&device, dtype)))
        };
        let parts: Vec<_> = [margin(before), Some(padded.clone()), margin(after)].into_iter().flatten().collect();
        if parts.len() > 1 {
            padded = Tensor::cat(parts, 2 + axis);
        }
    }
    padded
}

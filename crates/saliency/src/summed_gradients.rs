//! Weighted sums of gradients at several points for each image, in passes of a batch: integrated gradients and SmoothGrad.

use crate::{error::SaliencyError, gradients::gradients_of, target::Rows};
use burn::tensor::{Tensor, TensorData};
use herring_backend::Kernels;
use herring_models::Stackable;
use std::ops::Range;

/// For each image the sum over its `points` of `weight(point)` times the gradient of its class's logit at that point,
/// `[batch, channels, height, width]`; `None` without images.
///
/// Inputs are numbered image by image, `points` for each, so that an image's inputs lie together. `inputs` makes those of a
/// range of numbers from the rows that say which image each is of. At most `batch` are differentiated at once, so beyond the
/// sums memory grows with neither images nor points.
pub(crate) fn summed_gradients<B: Kernels, M: Stackable<B>>(
    model: &M,
    classes: &[usize],
    points: usize,
    batch: usize,
    device: &B::Device,
    mut inputs: impl FnMut(&Rows, Range<usize>) -> Tensor<B, 4>,
    weight: impl Fn(usize) -> f64,
) -> Result<Option<Tensor<B, 4>>, SaliencyError> {
    let mut sums: Vec<Tensor<B, 4>> = Vec::with_capacity(classes.len());
    let all = classes.len() * points;
    for start in (0..all).step_by(batch) {
        let end = all.min(start + batch);
        let rows = Rows::of((start..end).map(|input| input / points).collect(), classes);
        let weights: Vec<f32> = (start..end).map(|input| weight(input % points) as f32).collect();
        let weights = Tensor::<B, 4>::from_data(TensorData::new(weights, [end - start, 1, 1, 1]), device);
        let weighted = gradients_of(model, inputs(&rows, start..end), &rows)? * weights;
        let mut first = start;
        while first < end {
            let image = first / points;
            let last = end.min((image + 1) * points);
            let part = weighted.clone().narrow(0, first - start, last - first).sum_dim(0);
            match sums.get_mut(image) {
                Some(sum) => *sum = sum.clone() + part,
                None => sums.push(part),
            }
            first = last;
        }
    }
    Ok(if sums.is_empty() { None } else { Some(Tensor::cat(sums, 0)) })
}

//! What a penalty is given.

use burn::tensor::{Int, Tensor, backend::Backend};

/// A batch of images with their masks.
#[derive(Debug, Clone)]
pub struct Batch<B: Backend> {
    /// The images that are classified, `[batch, channels, height, width]`.
    pub images: Tensor<B, 4>,
    /// 1 inside the region of interest, `[batch, 1, height, width]`; a pixel is outside unless its
    /// value is exactly 1, so the soft edge of a resized mask counts as outside.
    pub inside: Tensor<B, 4>,
    /// The images with what lies outside permuted, `[batch, channels, height, width]`; used by penalties that
    /// compare both; best permuted anew for each presentation. Other penalties ignore it.
    pub masked: Tensor<B, 4>,
    /// Class of each image, `[batch]`.
    pub labels: Tensor<B, 1, Int>,
}

impl<B: Backend> Batch<B> {
    /// 1 outside the region of interest and 0 inside, `[batch, 1, height, width]`.
    pub fn outside(&self) -> Tensor<B, 4> {
        self.inside.clone().equal_elem(1.0).bool_not().float().cast(self.images.dtype())
    }
}

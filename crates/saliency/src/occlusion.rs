//! Occlusion (Zeiler and Fergus 2014).

use crate::{
    baseline::Baseline,
    error::SaliencyError,
    target::{self, Rows, Target},
};
use burn::tensor::{Tensor, TensorData, backend::Backend};
use herring_models::Classifier;
use serde::Serialize;
use std::ops::Range;

/// A square window that is moved over the image.
///
/// The paper's later tables (iclr2021, section 6) have window = stride = 15 on images of 224 x 224
/// and 2 on images of 28 x 28: [`Occlusion::tiles`].
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Occlusion {
    /// Rows and columns of the window in pixels, from 1 to the image's.
    pub window: usize,
    /// Pixels from one window to the next, from 1 to `window`, so that every pixel is covered.
    pub stride: usize,
    /// What the window shows in the image's place; zero in the paper and by Captum's default.
    pub baseline: Baseline,
}

impl Default for Occlusion {
    /// The paper's on images of 224 x 224.
    fn default() -> Self {
        Self::tiles(15)
    }
}

impl Occlusion {
    /// Windows of zeros that touch and do not overlap.
    pub const fn tiles(window: usize) -> Self {
        Self { window, stride: window, baseline: Baseline::Zero }
    }

    /// Checks the settings.
    ///
    /// Captum also accepts a longer stride where one window covers the whole image and the stride has no
    /// effect; here it is an error.
    ///
    /// # Errors
    /// The window is 0, the stride is 0 or longer than the window, or the baseline is none.
    pub fn check(&self) -> Result<(), SaliencyError> {
        self.baseline.check()?;
        let wrong = |field, found, expected| Err(SaliencyError::Setting { field, found, expected });
        if self.window == 0 {
            return wrong("occlusion.window", self.window, "at least 1 pixel");
        }
        if self.stride == 0 || self.stride > self.window {
            return wrong(
                "occlusion.stride",
                self.stride,
                "from 1 pixel to the window's, so that no pixel is left out",
            );
        }
        Ok(())
    }

    /// The windows of an image of `height` rows and `width` columns, row by row: each a range of rows
    /// and one of columns.
    ///
    /// The first lies in the corner; a last one that would extend beyond the image is cut off at the border.
    ///
    /// # Errors
    /// As [`check`](Self::check), or the window is larger than the image.
    pub fn windows(&self, [height, width]: [usize; 2]) -> Result<Vec<[Range<usize>; 2]>, SaliencyError> {
        self.check()?;
        if self.window > height.min(width) {
            return Err(SaliencyError::Window { window: self.window, height, width });
        }
        let along = |length: usize| {
            let last = (length - self.window).div_ceil(self.stride);
            (0..=last).map(move |index| index * self.stride).map(move |start| start..length.min(start + self.window))
        };
        Ok(along(height).flat_map(|rows| along(width).map(move |columns| [rows.clone(), columns])).collect())
    }
}

/// How much of the target's raw logit each region of the image carries, `[batch, channels, height,
/// width]` as the images.
///
/// A window is filled with the baseline in all channels; the value of its pixels is `f(image) - f(occluded image)`,
/// so it is positive where the region is evidence for the class. A pixel under several windows has their
/// mean. This is Captum's `Occlusion` with windows that span all channels, whose values are then the same in
/// every channel; the authors had images of one channel.
///
/// Images times windows inputs go through the model, at most `batch` at once, so beyond the images
/// and the maps themselves memory grows with neither. No gradient is needed, so any [`Classifier`]
/// will do; the result is tracked by no autodiff.
///
/// Such a map is already coarse: the paper's later tables threshold it **without** smoothing
/// (see [`Attribution::smoothed`](crate::Attribution::smoothed)).
///
/// # Errors
/// A setting or `batch` is out of range, the window is larger than the images, there is another
/// number of classes than of images, or the model lacks one of them.
pub fn occlusion<'a, B: Backend, M: Classifier<B>>(
    model: &M,
    images: Tensor<B, 4>,
    target: impl Into<Target<'a>>,
    settings: Occlusion,
    batch: usize,
) -> Result<Tensor<B, 4>, SaliencyError> {
    let [count, channels, height, width] = images.dims();
    let windows = settings.windows([height, width])?;
    target::check_batch(batch)?;
    let classes = target.into().classes(count)?;
    if count == 0 {
        return Ok(images);
    }
    let whole = target::logits(model, &images, &classes, batch)?;
    let filling = match settings.baseline {
        Baseline::Zero => None,
        baseline => Some(baseline.of(&images)?),
    };
    let pixels = height * width;
    let mut sums = vec![0.0_f64; count * pixels];
    // Inputs are numbered image by image.
    let inputs = count * windows.len();
    for start in (0..inputs).step_by(batch) {
        let covers: Vec<_> = (start..inputs.min(start + batch)).map(|input| &windows[input % windows.len()]).collect();
        let rows = Rows::of((start..start + covers.len()).map(|input| input / windows.len()).collect(), &classes);
        let kept = kept(&covers, [height, width], &images.device());
        let occluded = match &filling {
            None => rows.select(&images) * kept,
            Some(filling) => rows.select(&images) * kept.clone() + rows.select(filling) * (kept.neg() + 1.0),
        };
        for ((image, cover), logit) in rows.images.iter().zip(&covers).zip(rows.logits(model, occluded)?) {
            let difference = whole[*image] - logit;
            for_each_pixel(cover, width, |pixel| sums[image * pixels + pixel] += difference);
        }
    }
    let mut covered = vec![0.0_f64; pixels];
    for cover in &windows {
        for_each_pixel(cover, width, |pixel| covered[pixel] += 1.0);
    }
    let means: Vec<f32> = sums.iter().enumerate().map(|(index, sum)| (sum / covered[index % pixels]) as f32).collect();
    let means = Tensor::<B, 4>::from_data(TensorData::new(means, [count, 1, height, width]), &images.device());
    Ok(means.repeat_dim(1, channels))
}

fn for_each_pixel([rows, columns]: &[Range<usize>; 2], width: usize, mut visit: impl FnMut(usize)) {
    for row in rows.clone() {
        columns.clone().for_each(|column| visit(row * width + column));
    }
}

/// Zero under each cover and one elsewhere, `[covers, 1, height, width]`.
fn kept<B: Backend>(covers: &[&[Range<usize>; 2]], [height, width]: [usize; 2], device: &B::Device) -> Tensor<B, 4> {
    // A window is a product of two ranges, so two short vectors go to the device and not an image.
    let line = |side: usize, length: usize| {
        let values = covers.iter().flat_map(|cover| (0..length).map(move |at| f32::from(cover[side].contains(&at))));
        TensorData::new(values.collect::<Vec<f32>>(), [covers.len(), length])
    };
    let rows = Tensor::<B, 2>::from_data(line(0, height), device).reshape([covers.len(), 1, height, 1]);
    let columns = Tensor::<B, 2>::from_data(line(1, width), device).reshape([covers.len(), 1, 1, width]);
    (rows * columns).neg() + 1.0
}

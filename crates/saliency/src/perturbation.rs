//! Deletion and insertion (Petsiuk et al. 2018): a map that ranks the pixels well makes the class's probability fall fast as
//! its first pixels are deleted, and rise fast as they are inserted.

use crate::{
    baseline::Baseline,
    error::SaliencyError,
    target::{self, Logits, Rows, Target},
};
use burn::tensor::{Tensor, TensorData, backend::Backend};
use herring_models::Classifier;

/// What happens to the pixels, the most important ones first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Perturbation {
    /// The image's pixels become the baseline's. A small area under the curve speaks for the map.
    Deletion,
    /// The baseline's pixels become the image's. A large area under the curve speaks for the map.
    Insertion,
}

/// How a curve is measured.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct CurveSettings {
    /// Steps in which the pixels are changed, 1 to 10000: steps + 1 inputs for each image. The paper has one for each 224 pixels of
    /// an image of 224 x 224, so 224.
    pub steps: usize,
    /// What is there instead of the image. The paper deletes to zero, the mean of its normalised images, and inserts into a
    /// blurred image.
    pub baseline: Baseline,
}

impl CurveSettings {
    /// The paper's for a kind of curve, its blur (a kernel of 11 pixels and a standard deviation of 5) without the cut.
    pub const fn paper(perturbation: Perturbation) -> Self {
        let baseline = match perturbation {
            Perturbation::Deletion => Baseline::Zero,
            Perturbation::Insertion => Baseline::Blurred { sigma: 5.0 },
        };
        Self { steps: 224, baseline }
    }

    /// Checks the number of steps and the baseline.
    ///
    /// # Errors
    /// The first setting that is out of range.
    pub fn check(&self) -> Result<(), SaliencyError> {
        self.baseline.check()?;
        match self.steps {
            1..=10_000 => Ok(()),
            found => {
                let expected = "a number of steps from 1 to 10000";
                Err(SaliencyError::Setting { field: "curve.steps", found, expected })
            }
        }
    }
}

/// The probability of a class as pixels are changed.
#[derive(Debug, Clone, PartialEq)]
pub struct Curve {
    /// After each step, from none to all pixels changed, in equal steps: `steps + 1` values in `[0, 1]`.
    pub probabilities: Vec<f64>,
}

impl Curve {
    /// The area under it by trapezoids, over the share of changed pixels from 0 to 1: in `[0, 1]`.
    pub fn area(&self) -> f64 {
        let steps = self.probabilities.len().saturating_sub(1).max(1) as f64;
        self.probabilities.windows(2).map(|pair| (pair[0] + pair[1]) / 2.0).sum::<f64>() / steps
    }
}

/// The curve of each image for the order of its map: `maps [batch, channels, height, width]`, in which a pixel has the sum of
/// its channels, are signed, and larger values come first; of equal ones the first in the order of the rows.
///
/// The probability is the softmax of the logits. Images times `steps + 1` inputs go through the model, at most `batch` at once.
///
/// # Errors
/// The maps are of another number or size than the images or hold a value that is not finite, a setting or `batch` is out of
/// range, there is another number of classes than of images, or the model lacks one of them.
pub fn perturbation_curves<'a, B: Backend, M: Classifier<B>>(
    model: &M,
    images: &Tensor<B, 4>,
    target: impl Into<Target<'a>>,
    maps: &Tensor<B, 4>,
    perturbation: Perturbation,
    settings: CurveSettings,
    batch: usize,
) -> Result<Vec<Curve>, SaliencyError> {
    settings.check()?;
    target::check_batch(batch)?;
    let ([count, _, height, width], [maps_count, channels, maps_height, maps_width]) = (images.dims(), maps.dims());
    if [maps_count, maps_height, maps_width] != [count, height, width] {
        return Err(SaliencyError::Shape { found: maps.dims(), expected: images.dims() });
    }
    let classes = target.into().classes(count)?;
    let (pixels, device) = (height * width, images.device());
    let values: Vec<f32> = maps.to_data().iter().collect();
    let mut ranks = Vec::with_capacity(count * pixels);
    for map in values.chunks((channels * pixels).max(1)) {
        ranks.extend(ranks_of(map, pixels)?);
    }
    let ranks = Tensor::<B, 4>::from_data(TensorData::new(ranks, [count, 1, height, width]), &device);
    let baseline = settings.baseline.of(images)?;
    let (from, to) = match perturbation {
        Perturbation::Deletion => (images, &baseline),
        Perturbation::Insertion => (&baseline, images),
    };
    let points = settings.steps + 1;
    let all = count * points;
    let mut probabilities = Vec::with_capacity(all);
    for start in (0..all).step_by(batch) {
        let inputs = start..all.min(start + batch);
        let rows = Rows::of(inputs.clone().map(|input| input / points).collect(), &classes);
        // Halves lie between ranks, so that rounding decides nothing.
        let changed = |input: usize| (input % points * pixels / settings.steps) as f32 - 0.5;
        let changed: Vec<f32> = inputs.clone().map(changed).collect();
        let changed = Tensor::<B, 4>::from_data(TensorData::new(changed, [inputs.len(), 1, 1, 1]), &device);
        let shape = [inputs.len(), 1, height, width];
        let changed = rows.select(&ranks).lower(changed.expand(shape)).float();
        let mixed = rows.select(from) * (changed.clone().neg() + 1.0) + rows.select(to) * changed;
        let logits = Logits::of(model, mixed);
        rows.check(logits.classes())?;
        probabilities.extend(rows.classes.iter().enumerate().map(|(row, class)| logits.probability(row, *class)));
    }
    Ok(probabilities.chunks(points).map(|curve| Curve { probabilities: curve.to_vec() }).collect())
}

/// The place of each pixel in the order of a map, from 0 for the largest sum over its channels.
fn ranks_of(map: &[f32], pixels: usize) -> Result<Vec<f32>, SaliencyError> {
    crate::error::check("map", map, map.len())?;
    let sums: Vec<f32> = (0..pixels).map(|pixel| map.iter().skip(pixel).step_by(pixels).sum()).collect();
    let mut order: Vec<usize> = (0..pixels).collect();
    order.sort_by(|one, other| sums[*other].total_cmp(&sums[*one]));
    let mut ranks = vec![0.0; pixels];
    for (rank, pixel) in order.into_iter().enumerate() {
        ranks[pixel] = rank as f32;
    }
    Ok(ranks)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_area_is_that_of_trapezoids() {
        let area = |probabilities: &[f64]| Curve { probabilities: probabilities.to_vec() }.area();
        assert_eq!(area(&[1.0, 0.5, 0.0]), 0.5);
        assert_eq!(area(&[1.0, 0.0, 0.0]), 0.25);
        assert_eq!(area(&[0.3; 7]), 0.3);
    }

    #[test]
    fn pixels_are_ranked_by_the_sum_of_their_channels_and_then_by_place() {
        assert_eq!(ranks_of(&[1.0, 3.0, 2.0, 2.0], 4).unwrap(), [3.0, 0.0, 1.0, 2.0]);
        assert_eq!(ranks_of(&[1.0, 3.0, 4.0, -2.0], 2).unwrap(), [0.0, 1.0]);
        assert!(ranks_of(&[f32::NAN], 1).is_err());
    }
}

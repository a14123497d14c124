//! Where the heat of class activation maps lies: its share in each region of the test images (heatmap-loss, section 3).
//!
//! A map is the positive part of Grad-CAM or HiResCAM for the predicted class, enlarged bilinearly to the image. The share of an
//! image is `sum of heat in the region / sum of heat`; of a class the mean over its images, and of the model the mean over the
//! classes, each counted once. A map without a positive cell has no share: the image is left out and counted. The authors' code
//! took gradients through the output's sigmoid, where they can vanish altogether; here they are those of the raw logit.

use crate::{data, evaluate};
use burn::tensor::Tensor;
use herring_backend::Kernels;
use herring_datasets::{batch::Batch as Packed, listed::Listed};
use herring_models::Stackable;
use herring_protocol::{CamName, Heat, HeatSpec, MASK, RunFailure, SpecError};
use herring_saliency::{Cam, SaliencyError, class_activations, heat};
use std::collections::BTreeMap;

/// Shares of the heat by map and region.
pub(crate) type Shares = BTreeMap<String, BTreeMap<String, Heat>>;

/// The maps that are measured.
pub(crate) const MAPS: [(CamName, Cam); 2] = [(CamName::GradCam, Cam::GradCam), (CamName::Hirescam, Cam::HiResCam)];

/// The shares of the model's heat in the masks and regions of the images whose saliency is computed.
pub(crate) fn shares<B: Kernels, M: Stackable<B>>(
    model: &M,
    images: &Listed,
    spec: HeatSpec,
    (batch_size, epoch): (usize, usize),
    device: &B::Device,
) -> Result<Shares, RunFailure> {
    let dataset = &images.saliency;
    let names = [MASK].into_iter().chain(images.regions.iter().map(|region| region.name.as_str()));
    let fresh: BTreeMap<&str, Sums> = names.map(|name| (name, Sums::new(dataset.classes()))).collect();
    let mut sums = MAPS.map(|(name, method)| (name, method, fresh.clone()));
    for packed in evaluate::batches(dataset, batch_size)? {
        let packed = packed.map_err(data::unreadable)?;
        let found = class_activations(model, data::images::<B>(&packed, device), None, spec.tap).map_err(wrong)?;
        for (_, method, sums) in &mut sums {
            add(sums, found.map(*method), &packed, images, epoch)?;
        }
    }
    let finished = |sums: BTreeMap<&str, Sums>| {
        sums.into_iter().map(|(region, sums)| (region.to_owned(), sums.finish())).collect::<BTreeMap<_, _>>()
    };
    Ok(sums.into_iter().map(|(name, _, sums)| (name.to_string(), finished(sums))).collect())
}

/// Adds the shares of a batch's maps, `[batch, 1, height, width]` of the tap's size.
fn add<B: Kernels>(
    sums: &mut BTreeMap<&str, Sums>,
    maps: Tensor<B, 4>,
    packed: &Packed,
    images: &Listed,
    epoch: usize,
) -> Result<(), RunFailure> {
    let [_, _, height, width] = packed.shape();
    let maps: Vec<f32> = heat(maps, [height, width]).into_data().iter().collect();
    let pixels = height * width;
    let of_images = maps.chunks_exact(pixels).zip(packed.masks().chunks_exact(pixels));
    for (((map, mask), &label), &index) in of_images.zip(packed.labels()).zip(packed.indices()) {
        let total: f64 = map.iter().map(|value| f64::from(*value)).sum();
        if !total.is_finite() {
            return Err(RunFailure::NotFinite { epoch, step: 0, quantity: "a class activation map".to_owned() });
        }
        let share = |inside: &dyn Fn(usize) -> f64| {
            let values = map.iter().enumerate();
            values.map(|(pixel, value)| f64::from(*value) * inside(pixel)).sum::<f64>() / total
        };
        for (name, sums) in sums.iter_mut() {
            let region = images.regions.iter().find(|region| region.name == *name);
            let found = (total > 0.0).then(|| match region {
                Some(region) => share(&|pixel| f64::from(u8::from(region.masks[index].at(pixel)))),
                None => share(&|pixel| f64::from(mask[pixel])),
            });
            sums.add(label, found);
        }
    }
    Ok(())
}

/// Sums of shares over the images of each class.
#[derive(Clone)]
struct Sums {
    shares: Vec<f64>,
    images: Vec<usize>,
    without_heat: Vec<usize>,
}

impl Sums {
    fn new(classes: usize) -> Self {
        Self { shares: vec![0.0; classes], images: vec![0; classes], without_heat: vec![0; classes] }
    }

    /// Adds the share of an image of this class, if it has any heat.
    fn add(&mut self, label: usize, share: Option<f64>) {
        match share {
            Some(share) => {
                self.shares[label] += share;
                self.images[label] += 1;
            }
            None => self.without_heat[label] += 1,
        }
    }

    fn finish(self) -> Heat {
        let mean = |(sum, &images): (&f64, &usize)| (images > 0).then(|| sum / images as f64);
        let classes: Vec<Option<f64>> = self.shares.iter().zip(&self.images).map(mean).collect();
        let known: Option<Vec<f64>> = classes.iter().copied().collect();
        let mean = known.map(|known| known.iter().sum::<f64>() / known.len() as f64);
        Heat { mean, classes, without_heat: self.without_heat }
    }
}

pub(crate) fn wrong(error: SaliencyError) -> RunFailure {
    RunFailure::Specification(SpecError {
        field: "evaluation.heat".to_owned(),
        found: error.to_string(),
        expected: "a network that shows this tap".to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn classes_count_alike_and_images_without_heat_are_left_out() {
        let mut sums = Sums::new(2);
        for (label, share) in [(0, Some(1.0)), (0, Some(0.5)), (0, None), (1, Some(0.25))] {
            sums.add(label, share);
        }
        let expected = Heat { mean: Some(0.5), classes: vec![Some(0.75), Some(0.25)], without_heat: vec![1, 0] };
        assert_eq!(sums.finish(), expected);
        let mut sums = Sums::new(2);
        sums.add(0, Some(1.0));
        sums.add(1, None);
        let expected = Heat { mean: None, classes: vec![Some(1.0), None], without_heat: vec![0, 1] };
        assert_eq!(sums.finish(), expected);
    }
}

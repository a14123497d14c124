//! Where the selected model looks: localisation over the test set, and the sums for the figures.

use crate::{data, evaluate};
use herring_backend::Kernels;
use herring_datasets::{
    batch::Batch as Packed,
    dataset::{Dataset, Splits},
};
use herring_models::Stackable;
use herring_protocol::{EvaluationSpec, Localisation, Pictures, Plane, RunFailure, RunSpec};
use herring_saliency::{MeanMap, SaliencyError, Smoothing, input_gradients, localise, smooth};

/// The class whose logit is differentiated and whose images are looked at.
const POSITIVE: usize = 1;

/// Localisation and figures of a model.
pub(crate) fn look<B: Kernels, M: Stackable<B>>(
    model: &M,
    splits: &Splits,
    spec: &RunSpec,
    epoch: usize,
    device: &B::Device,
) -> Result<(Localisation, Pictures), RunFailure> {
    let [_, height, width] = splits.test.image_shape();
    let mut view = View::new([height, width], &spec.evaluation);
    for packed in evaluate::batches(&splits.test, spec.training.batch_size)? {
        let positive = packed.labels().contains(&POSITIVE);
        if positive {
            let gradients = input_gradients(model, data::images::<B>(&packed, device), POSITIVE);
            let gradients: Vec<f32> = gradients.into_data().iter().collect();
            view.add(&packed, &gradients).map_err(|error| undefined(error, epoch))?;
        }
    }
    Ok(view.finish(examples(splits)))
}

/// A map of the model that `epoch` selected cannot be scored.
fn undefined(error: SaliencyError, epoch: usize) -> RunFailure {
    match error {
        SaliencyError::Value { what: "map", .. } => {
            RunFailure::NotFinite { epoch, step: 0, quantity: "a saliency map".to_owned() }
        }
        other => RunFailure::Specification {
            field: "evaluation".to_owned(),
            found: other.to_string(),
            expected: "maps and masks of one size".to_owned(),
        },
    }
}

/// The specification's smoothing.
pub(crate) fn smoothing(spec: &EvaluationSpec) -> Smoothing {
    Smoothing { sigma: spec.smoothing_sigma, truncate: spec.smoothing_truncate }
}

struct View {
    size: [usize; 2],
    smoothing: Smoothing,
    wanted: usize,
    overlaps: [f64; 3],
    scored: usize,
    saliency: MeanMap,
    images: MeanMap,
    masks: MeanMap,
}

impl View {
    fn new(size: [usize; 2], spec: &EvaluationSpec) -> Self {
        Self {
            size,
            smoothing: smoothing(spec),
            wanted: spec.picture_samples,
            overlaps: [0.0; 3],
            scored: 0,
            saliency: MeanMap::new(size),
            images: MeanMap::new(size),
            masks: MeanMap::new(size),
        }
    }

    /// Scores the positive images of a batch that have a mask; the first channel stands for all.
    fn add(&mut self, packed: &Packed, gradients: &[f32]) -> Result<(), SaliencyError> {
        let [_, channels, height, width] = packed.shape();
        let pixels = height * width;
        let positive = packed.labels().iter().enumerate().filter(|(_, label)| **label == POSITIVE);
        for (index, _) in positive {
            let channel = index * channels * pixels..index * channels * pixels + pixels;
            let mask = &packed.masks()[index * pixels..][..pixels];
            if mask.iter().all(|value| *value == 0.0) {
                continue;
            }
            let map = &gradients[channel.clone()];
            let found = localise(map, mask, self.size, self.smoothing)?;
            for (sum, value) in self.overlaps.iter_mut().zip([found.iou, found.iop, found.iot]) {
                *sum += value;
            }
            self.scored += 1;
            if self.saliency.count() < self.wanted {
                self.saliency.add(&smooth(map, self.size, self.smoothing)?)?;
                self.images.add(&packed.images()[channel])?;
                self.masks.add(mask)?;
            }
        }
        Ok(())
    }

    fn finish(self, examples: Vec<(String, Plane)>) -> (Localisation, Pictures) {
        let plane = |map: &MeanMap| Plane { height: self.size[0], width: self.size[1], values: map.sum() };
        let [iou, iop, iot] = self.overlaps.map(|sum| sum / self.scored.max(1) as f64);
        let localisation = Localisation { iou, iop, iot, images: self.scored };
        let pictures = Pictures {
            saliency_sum: plane(&self.saliency),
            image_sum: plane(&self.images),
            mask_sum: plane(&self.masks),
            images: self.saliency.count(),
            examples,
        };
        (localisation, pictures)
    }
}

/// One image of each class from training and validation (Figure 3).
fn examples(splits: &Splits) -> Vec<(String, Plane)> {
    let first = |name: &str, dataset: &Dataset, class: usize| {
        let sample = dataset.samples().iter().find(|sample| sample.label == class)?;
        let [_, height, width] = sample.image.shape();
        let values = sample.image.values()[..height * width].to_vec();
        Some((format!("{name}, class {class}"), Plane { height, width, values }))
    };
    let sets = [("train", &splits.train), ("valid", &splits.valid)];
    sets.into_iter()
        .flat_map(|(name, dataset)| (0..dataset.classes()).filter_map(move |class| first(name, dataset, class)))
        .collect()
}

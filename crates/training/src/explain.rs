//! Explains the selected model: localisation over the test images, and the sums for the figures.
//!
//! With two classes the positive images are explained, by the logit of class 1, as iclr2021 does. With more,
//! every image is, by the logit of its own class. Images whose mask is empty or covers the whole image are left out,
//! because overlap means nothing for them.

use crate::{data, decoys::activations, evaluate, heat, overlaps::Overlaps, pictured::Pictured};
use burn::tensor::{Tensor, TensorData};
use herring_backend::Kernels;
use herring_datasets::{
    batch::Batch as Packed,
    dataset::{Dataset, Splits},
    listed::Listed,
    quota::CellQuota,
};
use herring_models::{Mode, Stackable};
use herring_protocol::{
    AttributionSpec, EvaluationSpec, ExplainedImage, GRADIENT, Localisation, Pictures, Plane, RunFailure, RunSpec,
    SpecError, TRAIN, VALID,
};
use herring_saliency::{
    Attribution, Cam, ClassActivation, IntegratedGradients, MeanMap, Occlusion, SaliencyError, Smoothing, attribute,
    class_activations, localise, smooth,
};
use std::collections::{BTreeMap, BTreeSet};

/// The explanation of a model.
pub(crate) struct Explanation {
    /// By the name of the attribution.
    pub(crate) localisation: BTreeMap<String, Localisation>,
    pub(crate) pictures: Pictures,
}

/// Localisation and figures of a model.
pub(crate) fn explain<B: Kernels, M: Stackable<B>>(
    model: &M,
    images: &Listed,
    spec: &RunSpec,
    epoch: usize,
    device: &B::Device,
) -> Result<Explanation, RunFailure> {
    let dataset = &images.saliency;
    let [_, height, width] = dataset.image_shape();
    let pictured = Pictured::of(&spec.data);
    let mut maps_of = Maps::new([height, width], &spec.evaluation, cells(dataset), pictured.clone());
    let batch_size = spec.training.batch_size;
    for packed in evaluate::batches(dataset, batch_size)? {
        let packed = packed.map_err(data::unreadable)?;
        let explained = explained(&packed, dataset.classes());
        if explained.is_empty() {
            continue;
        }
        let tensor = data::images::<B>(&packed, device);
        for (place, attribution) in attributions(&spec.evaluation).iter().enumerate() {
            let chosen = maps_of.within(place, &packed, &explained);
            if chosen.is_empty() {
                continue;
            }
            let rows = Tensor::from_data(TensorData::from(chosen.as_slice()), device);
            let classes: Vec<usize> = chosen.iter().map(|&index| packed.labels()[index as usize]).collect();
            let maps = attribute(model, tensor.clone().select(0, rows), &classes, attribution, batch_size)
                .map_err(|error| wrong(&error))?;
            let [count, channels, ..] = maps.dims();
            let maps: Vec<f32> = maps.into_data().iter().collect();
            let each = maps.chunks_exact((channels * height * width).max(1)).take(count);
            let maps: Vec<f32> = each.flat_map(|map| pictured.map(map, height * width)).collect();
            maps_of
                .add(&packed, &chosen, place, attribution.smoothed(), &maps)
                .map_err(|error| undefined(error, epoch))?;
        }
    }
    let explained = explained_images(model, dataset, spec, device)?;
    maps_of.finish(examples(&images.splits, &pictured)?, explained, &spec.evaluation)
}

/// The input gradient and then those of the specification.
fn attributions(spec: &EvaluationSpec) -> Vec<Attribution> {
    let further = spec.attributions.iter().map(|attribution| match *attribution {
        AttributionSpec::IntegratedGradients { steps } => {
            Attribution::IntegratedGradients(IntegratedGradients::from_zero(steps))
        }
        AttributionSpec::Occlusion { window } => Attribution::Occlusion(Occlusion::tiles(window)),
        AttributionSpec::GradCam { tap } => Attribution::ClassActivation(ClassActivation { method: Cam::GradCam, tap }),
        AttributionSpec::Hirescam { tap } => {
            Attribution::ClassActivation(ClassActivation { method: Cam::HiResCam, tap })
        }
    });
    std::iter::once(Attribution::Gradient).chain(further).collect()
}

/// Indexes in the batch of the images whose saliency is computed.
fn explained(packed: &Packed, classes: usize) -> Vec<i32> {
    let [_, _, height, width] = packed.shape();
    let masked = |index: usize| {
        let mask = &packed.masks()[index * height * width..][..height * width];
        mask.iter().any(|value| *value != 0.0) && mask.iter().any(|value| *value != 1.0)
    };
    let chosen = |index: usize| classes > 2 || packed.labels()[index] == 1;
    (0..packed.len()).filter(|&index| chosen(index) && masked(index)).map(|index| index as i32).collect()
}

/// The numbers of environments and classes of the images that may be explained.
fn cells(dataset: &Dataset) -> usize {
    let chosen = dataset.entries().iter().filter(|entry| dataset.classes() > 2 || entry.label == 1);
    chosen.map(|entry| (entry.environment, entry.label)).collect::<BTreeSet<_>>().len()
}

/// A map of the model that `epoch` selected cannot be scored.
fn undefined(error: SaliencyError, epoch: usize) -> RunFailure {
    match error {
        SaliencyError::Value { what: "map", .. } => {
            RunFailure::NotFinite { epoch, step: 0, quantity: "a saliency map".to_owned() }
        }
        other => wrong(&other),
    }
}

fn wrong(error: &SaliencyError) -> RunFailure {
    RunFailure::Specification(SpecError {
        field: "evaluation".to_owned(),
        found: error.to_string(),
        expected: "attributions that fit the images, and masks of their size".to_owned(),
    })
}

/// The specification's smoothing.
pub(crate) fn smoothing(spec: &EvaluationSpec) -> Smoothing {
    Smoothing { sigma: spec.smoothing_sigma, truncate: spec.smoothing_truncate }
}

/// What is summed over the images.
struct Maps {
    size: [usize; 2],
    pictured: Pictured,
    smoothing: Smoothing,
    /// Images of the figures, and their shares of environments and classes.
    wanted: usize,
    pictured_cells: CellQuota,
    overlaps: Vec<Overlaps>,
    /// The images that each attribution takes; the first takes all.
    quotas: Vec<CellQuota>,
    saliency: MeanMap,
    images: MeanMap,
    masks: MeanMap,
}

impl Maps {
    fn new(size: [usize; 2], spec: &EvaluationSpec, cells: usize, pictured: Pictured) -> Self {
        Self {
            size,
            smoothing: smoothing(spec),
            wanted: spec.picture_samples,
            pictured_cells: CellQuota::new(Some(spec.picture_samples.div_ceil(cells.max(1)))),
            overlaps: vec![Overlaps::default(); 1 + spec.attributions.len()],
            quotas: std::iter::once(CellQuota::default())
                .chain(spec.attributions.iter().map(|_| CellQuota::new(spec.attribution_limit)))
                .collect(),
            saliency: MeanMap::new(size),
            images: MeanMap::new([pictured.channels() * size[0], size[1]]),
            masks: MeanMap::new(size),
            pictured,
        }
    }

    /// Those of the explained images that an attribution still takes.
    fn within(&mut self, place: usize, packed: &Packed, explained: &[i32]) -> Vec<i32> {
        let quota = &mut self.quotas[place];
        let admitted = explained.iter().copied().filter(|&index| {
            let index = index as usize;
            quota.admit(packed.environments()[index], packed.labels()[index])
        });
        admitted.collect()
    }

    /// Scores the maps of the chosen images of a batch, one value a pixel. The first attribution makes the figures.
    fn add(
        &mut self,
        packed: &Packed,
        chosen: &[i32],
        place: usize,
        smoothed: bool,
        maps: &[f32],
    ) -> Result<(), SaliencyError> {
        let [_, channels, height, width] = packed.shape();
        let pixels = height * width;
        let smoothing = if smoothed { self.smoothing } else { Smoothing { sigma: 0.0, ..self.smoothing } };
        for (row, &index) in chosen.iter().enumerate() {
            let index = index as usize;
            let map = &maps[row * pixels..][..pixels];
            let mask = &packed.masks()[index * pixels..][..pixels];
            self.overlaps[place].add(&localise(map, mask, self.size, smoothing)?);
            if place == 0
                && self.saliency.count() < self.wanted
                && self.pictured_cells.admit(packed.environments()[index], packed.labels()[index])
            {
                self.saliency.add(&smooth(map, self.size, smoothing)?)?;
                let image = &packed.images()[index * channels * pixels..][..channels * pixels];
                self.images.add(&self.pictured.image(image, pixels))?;
                self.masks.add(mask)?;
            }
        }
        Ok(())
    }

    fn finish(
        self,
        examples: Vec<(String, Plane)>,
        explained: Vec<ExplainedImage>,
        spec: &EvaluationSpec,
    ) -> Result<Explanation, RunFailure> {
        let plane =
            |map: &MeanMap| Pictures::shrink(Plane { height: self.size[0], width: self.size[1], values: map.sum() });
        let names = spec.attributions.iter().map(|attribution| attribution.name().to_owned());
        let pictures = Pictures {
            saliency_sum: plane(&self.saliency),
            image_sum: plane(&self.images),
            mask_sum: plane(&self.masks),
            images: self.saliency.count(),
            examples,
            explained,
        };
        let names = std::iter::once(GRADIENT.to_owned()).chain(names);
        Ok(Explanation { localisation: names.zip(self.overlaps.iter().map(Overlaps::mean)).collect(), pictures })
    }
}

/// The first images of each class with their maps and reconstructions.
fn explained_images<B: Kernels, M: Stackable<B>>(
    model: &M,
    dataset: &Dataset,
    spec: &RunSpec,
    device: &B::Device,
) -> Result<Vec<ExplainedImage>, RunFailure> {
    let mut found = Vec::new();
    let smoothing = smoothing(&spec.evaluation);
    let pictured = Pictured::of(&spec.data);
    let target = dataset.classes().saturating_sub(1);
    for class in 0..dataset.classes() {
        let places = dataset.entries().iter().enumerate().filter(|(_, entry)| entry.label == class);
        for (index, _) in places.take(spec.evaluation.explained_images) {
            let sample = dataset.sample(index).map_err(data::unreadable)?;
            let [channels, height, width] = sample.image.shape();
            let pixels = height * width;
            let values = TensorData::new(sample.image.values().to_vec(), [1, channels, height, width]);
            let tensor = Tensor::<B, 4>::from_data(values, device);
            let maps = attribute(model, tensor.clone(), &[target], &Attribution::Gradient, 1)
                .map_err(|error| wrong(&error))?;
            let maps: Vec<f32> = maps.into_data().iter().collect();
            let map =
                smooth(&pictured.map(&maps, pixels), [height, width], smoothing).map_err(|error| wrong(&error))?;
            let heat = heat_of(model, tensor.clone(), &spec.evaluation)?;
            let mut trace = model.trace(tensor, Mode::Evaluate);
            let reconstruction = trace.reconstruction.take();
            let plane = |values: Vec<f32>| Pictures::shrink(Plane { height, width, values });
            let activations = activations(trace).map(|tap| {
                let [_, _, height, width] = tap.dims();
                Pictures::shrink(Plane { height, width, values: tap.abs().into_data().iter().collect() })
            });
            found.push(ExplainedImage {
                label: class,
                image: plane(pictured.image(sample.image.values(), pixels)),
                mask: plane(sample.mask.values().to_vec()),
                saliency: plane(map),
                reconstruction: reconstruction
                    .map(|tensor| plane(tensor.into_data().iter().take(pixels).collect::<Vec<f32>>())),
                activations: activations.collect(),
                heat,
            });
        }
    }
    Ok(found)
}

/// The class activation maps of one image by their names, positive part over its maximum; none where heat is not measured, or
/// of a map without a positive cell.
fn heat_of<B: Kernels, M: Stackable<B>>(
    model: &M,
    image: Tensor<B, 4>,
    spec: &EvaluationSpec,
) -> Result<BTreeMap<String, Plane>, RunFailure> {
    let Some(spec) = spec.heat else { return Ok(BTreeMap::new()) };
    let [_, _, height, width] = image.dims();
    let found = class_activations(model, image, None, spec.tap).map_err(heat::wrong)?;
    let mut planes = BTreeMap::new();
    for (name, method) in heat::MAPS {
        let values: Vec<f32> = herring_saliency::heat(found.map(method), [height, width]).into_data().iter().collect();
        let largest = values.iter().copied().fold(0.0, f32::max);
        if largest > 0.0 {
            let values = values.iter().map(|value| value / largest).collect();
            planes.insert(name.to_string(), Pictures::shrink(Plane { height, width, values }));
        }
    }
    Ok(planes)
}

/// One image of each class from training and validation (Figure 3).
fn examples(splits: &Splits, pictured: &Pictured) -> Result<Vec<(String, Plane)>, RunFailure> {
    let mut found = Vec::new();
    for (name, dataset) in [(TRAIN, &splits.train), (VALID, &splits.valid)] {
        for class in 0..dataset.classes() {
            if let Some(plane) = first(dataset, class, pictured)? {
                found.push((format!("{name}, class {class}"), Pictures::shrink(plane)));
            }
        }
    }
    Ok(found)
}

fn first(dataset: &Dataset, class: usize, pictured: &Pictured) -> Result<Option<Plane>, RunFailure> {
    let Some(index) = dataset.entries().iter().position(|entry| entry.label == class) else {
        return Ok(None);
    };
    let sample = dataset.sample(index).map_err(data::unreadable)?;
    let [_, height, width] = sample.image.shape();
    Ok(Some(Plane { height, width, values: pictured.image(sample.image.values(), height * width) }))
}

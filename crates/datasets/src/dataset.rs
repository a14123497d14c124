//! Samples and the collections of samples that an experiment trains and evaluates on.
//!
//! A [`Dataset`] checks its samples once, on construction, so that all users (batches, losses, saliency scores)
//! may rely on equal shapes, labels in range and finite pixels. The pixels themselves are in memory
//! ([`Dataset::new`]) or come from elsewhere when a batch needs them ([`Dataset::streamed`]).

use std::{fmt, sync::Arc};

use crate::{BitMask, DatasetError, Image};
use rand::{Rng, seq::SliceRandom};

/// One example with everything that an attribution prior may use.
#[derive(Debug, Clone, PartialEq)]
pub struct Sample {
    /// Identity within its source, for instance `distractor1/0125`; kept through every split.
    pub id: String,
    /// The picture, `[channels, height, width]`.
    pub image: Image,
    /// Region of interest, `[1, height, width]`, values in `[0, 1]`: 1 is inside. Resizing may leave
    /// fractions on the border; training counts those as outside (see [`crate::mask::outside`]).
    pub mask: Image,
    /// Class, `0..classes`.
    pub label: usize,
    /// Value of the confounder, counted from 0. The dataset defines what the numbers mean.
    pub environment: usize,
}

/// What is known of a sample without reading its pixels.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Identity within its source.
    pub id: String,
    /// Class, `0..classes`.
    pub label: usize,
    /// Value of the confounder, counted from 0.
    pub environment: usize,
}

/// Where the pixels of a dataset come from: memory, or a cache on disk that is read batch by batch, so
/// that a dataset may be larger than memory.
pub trait Pixels: Send + Sync {
    /// Writes image `index` into `image`, row-major `[channels, height, width]`, and its mask into
    /// `mask`, `[1, height, width]`, values in `[0, 1]`. Both have the size of the dataset's shape.
    ///
    /// # Errors
    /// Why the pixels cannot be read; in one line, with the file.
    fn read(&self, index: usize, image: &mut [f32], mask: &mut [f32]) -> Result<(), DatasetError>;
}

/// A named, non-empty list of samples of one shape.
#[derive(Clone)]
pub struct Dataset {
    name: String,
    classes: usize,
    environments: usize,
    shape: [usize; 3],
    entries: Vec<Entry>,
    pixels: Arc<dyn Pixels>,
}

impl Dataset {
    /// Collects `samples` in memory; their labels lie in `0..classes`.
    ///
    /// # Errors
    /// [`DatasetError::OutOfRange`] if there is no sample or no class, [`DatasetError::Sample`] if a
    /// sample differs in shape from the first, has a mask that is not one channel of the same height
    /// and width, a label outside `0..classes`, a pixel that is not finite, or a mask value outside
    /// `[0, 1]`.
    pub fn new(name: impl Into<String>, classes: usize, samples: Vec<Sample>) -> Result<Self, DatasetError> {
        let Some(first) = samples.first() else {
            return Err(DatasetError::out_of_range("samples", "empty", "at least 1"));
        };
        let shape = first.image.shape();
        for sample in &samples {
            check(sample, shape)?;
        }
        let entry =
            |sample: &Sample| Entry { id: sample.id.clone(), label: sample.label, environment: sample.environment };
        let entries = samples.iter().map(entry).collect();
        Self::streamed(name, classes, shape, entries, Arc::new(InMemory(samples)))
    }

    /// Lists `entries` whose pixels are read when they are needed; every image is
    /// `[channels, height, width]`.
    ///
    /// # Errors
    /// [`DatasetError::OutOfRange`] if there is no entry or no class or a side is 0,
    /// [`DatasetError::Sample`] for a label outside `0..classes`.
    pub fn streamed(
        name: impl Into<String>,
        classes: usize,
        shape: [usize; 3],
        entries: Vec<Entry>,
        pixels: Arc<dyn Pixels>,
    ) -> Result<Self, DatasetError> {
        if classes == 0 {
            return Err(DatasetError::out_of_range("classes", 0, "at least 1"));
        }
        if entries.is_empty() {
            return Err(DatasetError::out_of_range("samples", "empty", "at least 1"));
        }
        if shape.contains(&0) {
            return Err(DatasetError::shape("image", format!("{shape:?}"), "no side of 0"));
        }
        if let Some(entry) = entries.iter().find(|entry| entry.label >= classes) {
            return Err(DatasetError::sample(&entry.id, "label", entry.label, format!("less than {classes}")));
        }
        let environments = entries.iter().map(|entry| entry.environment + 1).max().unwrap_or(1);
        Ok(Self { name: name.into(), classes, environments, shape, entries, pixels })
    }

    /// The same samples, of whose masks a `fraction` of each class is kept; the others become 1 everywhere. Which
    /// masks are kept is drawn from `random`; of two fractions with the same draw, the larger one keeps every mask
    /// that the smaller one keeps. See [`crate::mask::keep_fraction`].
    ///
    /// # Errors
    /// [`DatasetError::OutOfRange`] if `fraction` is not within `[0, 1]`.
    pub fn with_mask_fraction<R: Rng + ?Sized>(self, fraction: f64, random: &mut R) -> Result<Self, DatasetError> {
        let mut order: Vec<usize> = (0..self.entries.len()).collect();
        order.shuffle(random);
        let labels: Vec<usize> = order.iter().map(|&index| self.entries[index].label).collect();
        let mut kept = vec![false; order.len()];
        for (index, of_index) in order.into_iter().zip(crate::mask::kept(&labels, fraction)?) {
            kept[index] = of_index;
        }
        Ok(match kept.contains(&false) {
            true => Self { pixels: Arc::new(KeptMasks { pixels: Arc::clone(&self.pixels), kept }), ..self },
            false => self,
        })
    }

    /// The samples at `places`, in that order.
    ///
    /// # Errors
    /// [`DatasetError::OutOfRange`] if there is none, or a place is past the end.
    pub fn subset(&self, places: Vec<usize>) -> Result<Self, DatasetError> {
        if let Some(place) = places.iter().find(|place| **place >= self.len()) {
            let expected = format!("less than {}, the size of {}", self.len(), self.name);
            return Err(DatasetError::out_of_range("places", place, expected));
        }
        let entries = places.iter().map(|&place| self.entries[place].clone()).collect();
        let pixels = Arc::new(Subset { pixels: Arc::clone(&self.pixels), places });
        Self::streamed(self.name.clone(), self.classes, self.shape, entries, pixels)
    }

    /// The same samples with other masks, one for each, in order.
    ///
    /// # Errors
    /// [`DatasetError::Shape`] if there are not as many masks as samples, or a mask has not as many pixels as an image.
    pub fn with_masks(self, masks: Vec<BitMask>) -> Result<Self, DatasetError> {
        let [_, height, width] = self.shape;
        if masks.len() != self.len() {
            return Err(DatasetError::shape("masks", masks.len(), self.len()));
        }
        if let Some(mask) = masks.iter().find(|mask| mask.len() != height * width) {
            return Err(DatasetError::shape("a mask", mask.len(), height * width));
        }
        Ok(Self { pixels: Arc::new(OtherMasks { pixels: Arc::clone(&self.pixels), masks }), ..self })
    }

    /// The dataset's name, for instance `crosses/train`.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Number of classes; labels are `0..classes`, though not every class need occur.
    pub fn classes(&self) -> usize {
        self.classes
    }

    /// One more than the largest environment that occurs.
    pub fn environments(&self) -> usize {
        self.environments
    }

    /// `[channels, height, width]` of every image.
    pub fn image_shape(&self) -> [usize; 3] {
        self.shape
    }

    /// The samples in their fixed order, without pixels.
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// Sample `index` with its pixels.
    ///
    /// # Errors
    /// [`DatasetError::OutOfRange`] past the end; the error of [`Pixels::read`].
    pub fn sample(&self, index: usize) -> Result<Sample, DatasetError> {
        let Some(Entry { id, label, environment }) = self.entries.get(index).cloned() else {
            let expected = format!("less than {}, the size of {}", self.len(), self.name);
            return Err(DatasetError::out_of_range("index", index, expected));
        };
        let [channels, height, width] = self.shape;
        let mut image = Image::filled(channels, height, width, 0.0);
        let mut mask = Image::filled(1, height, width, 0.0);
        self.pixels.read(index, image.values_mut(), mask.values_mut())?;
        Ok(Sample { id, image, mask, label, environment })
    }

    /// Every sample with its pixels, all in memory: for small datasets.
    ///
    /// # Errors
    /// The error of [`Pixels::read`].
    pub fn samples(&self) -> Result<Vec<Sample>, DatasetError> {
        (0..self.len()).map(|index| self.sample(index)).collect()
    }

    /// Writes the pixels of sample `index`, which exists, into slices of the right size.
    pub(crate) fn read(&self, index: usize, image: &mut [f32], mask: &mut [f32]) -> Result<(), DatasetError> {
        self.pixels.read(index, image, mask)
    }

    /// Number of samples, at least 1.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Always false: an empty dataset cannot be built.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// Number of samples of each class, indexed by label.
    pub fn class_counts(&self) -> Vec<usize> {
        let mut counts = vec![0; self.classes];
        for entry in &self.entries {
            counts[entry.label] += 1;
        }
        counts
    }
}

impl fmt::Debug for Dataset {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { name, classes, environments, shape, entries, pixels: _ } = self;
        formatter
            .debug_struct("Dataset")
            .field("name", name)
            .field("classes", classes)
            .field("environments", environments)
            .field("shape", shape)
            .field("samples", &entries.len())
            .finish_non_exhaustive()
    }
}

struct InMemory(Vec<Sample>);

impl Pixels for InMemory {
    fn read(&self, index: usize, image: &mut [f32], mask: &mut [f32]) -> Result<(), DatasetError> {
        let Some(sample) = self.0.get(index) else {
            return Err(DatasetError::out_of_range("index", index, format!("less than {}", self.0.len())));
        };
        image.copy_from_slice(sample.image.values());
        mask.copy_from_slice(sample.mask.values());
        Ok(())
    }
}

/// Pixels whose masks are replaced by ones unless they are kept.
struct KeptMasks {
    pixels: Arc<dyn Pixels>,
    kept: Vec<bool>,
}

impl Pixels for KeptMasks {
    fn read(&self, index: usize, image: &mut [f32], mask: &mut [f32]) -> Result<(), DatasetError> {
        self.pixels.read(index, image, mask)?;
        if self.kept.get(index) == Some(&false) {
            mask.fill(1.0);
        }
        Ok(())
    }
}

/// Some of the samples.
struct Subset {
    pixels: Arc<dyn Pixels>,
    places: Vec<usize>,
}

impl Pixels for Subset {
    fn read(&self, index: usize, image: &mut [f32], mask: &mut [f32]) -> Result<(), DatasetError> {
        match self.places.get(index) {
            Some(place) => self.pixels.read(*place, image, mask),
            None => Err(DatasetError::out_of_range("index", index, format!("less than {}", self.places.len()))),
        }
    }
}

/// Pixels with other masks.
struct OtherMasks {
    pixels: Arc<dyn Pixels>,
    masks: Vec<BitMask>,
}

impl Pixels for OtherMasks {
    fn read(&self, index: usize, image: &mut [f32], mask: &mut [f32]) -> Result<(), DatasetError> {
        self.pixels.read(index, image, mask)?;
        match self.masks.get(index) {
            Some(other) => {
                other.write(mask);
                Ok(())
            }
            None => Err(DatasetError::out_of_range("index", index, format!("less than {}", self.masks.len()))),
        }
    }
}

/// The parts of an experiment.
#[derive(Debug, Clone)]
pub struct Splits {
    /// Training samples.
    pub train: Dataset,
    /// Validation samples, which select the epoch.
    pub valid: Dataset,
    /// Sets of test images by their names, at least one; `test` if there is only one.
    pub tests: Vec<(String, Dataset)>,
}

impl Splits {
    /// The set of test images of that name.
    pub fn test(&self, name: &str) -> Option<&Dataset> {
        self.tests.iter().find(|(other, _)| other == name).map(|(_, dataset)| dataset)
    }
}

fn check(sample: &Sample, shape: [usize; 3]) -> Result<(), DatasetError> {
    let fail = |field, found: String, expected: String| Err(DatasetError::sample(&sample.id, field, found, expected));
    if sample.image.shape() != shape {
        return fail("image shape", format!("{:?}", sample.image.shape()), format!("{shape:?}"));
    }
    let mask_shape = [1, shape[1], shape[2]];
    if sample.mask.shape() != mask_shape {
        return fail("mask shape", format!("{:?}", sample.mask.shape()), format!("{mask_shape:?}"));
    }
    if let Some(value) = sample.image.values().iter().find(|v| !v.is_finite()) {
        return fail("image value", value.to_string(), "a finite number".into());
    }
    let inside = |value: &&f32| !(0.0..=1.0).contains(*value);
    if let Some(value) = sample.mask.values().iter().find(inside) {
        return fail("mask value", value.to_string(), "within [0, 1]".into());
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::SeedableRng;
    use rand_chacha::ChaCha8Rng;

    fn sample() -> Sample {
        Sample {
            id: "a/0".into(),
            image: Image::filled(3, 4, 5, 0.5),
            mask: Image::filled(1, 4, 5, 1.0),
            label: 1,
            environment: 0,
        }
    }

    fn refused(change: impl Fn(&mut Sample)) -> String {
        let mut bad = sample();
        change(&mut bad);
        Dataset::new("d", 2, vec![sample(), bad]).unwrap_err().to_string()
    }

    #[test]
    fn a_good_dataset_reports_its_shape_and_counts() {
        let dataset = Dataset::new("d", 2, vec![sample(), sample()]).unwrap();
        assert_eq!(dataset.image_shape(), [3, 4, 5]);
        assert_eq!(dataset.class_counts(), [0, 2]);
        assert_eq!((dataset.name(), dataset.classes()), ("d", 2));
        assert!(!dataset.is_empty());
    }

    #[test]
    fn masks_beyond_the_fraction_become_whole() {
        let masked = |label| Sample { mask: Image::filled(1, 4, 5, 0.0), label, ..sample() };
        let samples: Vec<Sample> = (0..40).map(|index| masked(index % 2)).collect();
        let whole = Dataset::new("d", 2, samples).unwrap();
        let random = || ChaCha8Rng::seed_from_u64(1);
        let withheld = |fraction: f64| -> Vec<bool> {
            let dataset = whole.clone().with_mask_fraction(fraction, &mut random()).unwrap();
            dataset.samples().unwrap().iter().map(|sample| sample.mask.values()[0] == 1.0).collect()
        };
        let [quarter, half] = [withheld(0.25), withheld(0.5)];
        let of_class =
            |found: &[bool], label: usize| (0..40).filter(|&index| index % 2 == label && !found[index]).count();
        assert_eq!(
            [of_class(&quarter, 0), of_class(&quarter, 1), of_class(&half, 0), of_class(&half, 1)],
            [5, 5, 10, 10]
        );
        assert!(
            quarter.iter().zip(&half).all(|(quarter, half)| *quarter || !half),
            "a larger fraction keeps what a smaller one keeps"
        );
        assert_ne!(half[..20].iter().filter(|withheld| !**withheld).count(), 20, "not the first ones");
        assert_eq!(withheld(1.0), [false; 40]);
        assert!(whole.clone().with_mask_fraction(1.5, &mut random()).is_err());
    }

    #[test]
    fn a_subset_keeps_its_samples_and_masks_can_be_others() {
        let samples: Vec<Sample> = (0..4)
            .map(|index| Sample { id: index.to_string(), image: Image::filled(3, 4, 5, index as f32), ..sample() })
            .collect();
        let whole = Dataset::new("d", 2, samples).unwrap();
        let some = whole.subset(vec![3, 1]).unwrap();
        let found = some.samples().unwrap();
        assert_eq!(found.iter().map(|sample| sample.id.as_str()).collect::<Vec<_>>(), ["3", "1"]);
        assert_eq!(found[0].image.values()[0], 3.0);
        assert!(whole.subset(vec![4]).is_err() && whole.subset(vec![]).is_err());
        let half: Vec<bool> = (0..20).map(|pixel| pixel < 10).collect();
        let masked = some.clone().with_masks(vec![BitMask::new(&half), BitMask::new(&[true; 20])]).unwrap();
        assert_eq!(masked.sample(0).unwrap().mask.values()[9..11], [1.0, 0.0]);
        assert_eq!(masked.sample(1).unwrap().mask.values(), [1.0; 20]);
        assert!(some.clone().with_masks(vec![BitMask::new(&half)]).is_err());
        assert!(some.with_masks(vec![BitMask::new(&[true]), BitMask::new(&half)]).is_err());
    }

    #[test]
    fn each_contradiction_is_named() {
        assert_eq!(refused(|s| s.label = 2), "sample a/0: label is 2, expected less than 2");
        assert_eq!(
            refused(|s| s.image = Image::filled(3, 5, 4, 0.)),
            "sample a/0: image shape is [3, 5, 4], expected [3, 4, 5]"
        );
        assert_eq!(
            refused(|s| s.mask = Image::filled(3, 4, 5, 0.)),
            "sample a/0: mask shape is [3, 4, 5], expected [1, 4, 5]"
        );
        assert_eq!(
            refused(|s| s.image.values_mut()[7] = f32::NAN),
            "sample a/0: image value is NaN, expected a finite number"
        );
        assert_eq!(refused(|s| s.mask.values_mut()[0] = 1.5), "sample a/0: mask value is 1.5, expected within [0, 1]");
        assert_eq!(Dataset::new("d", 2, vec![]).unwrap_err().to_string(), "samples is empty, expected at least 1");
        assert!(Dataset::new("d", 0, vec![sample()]).is_err());
    }
}

//! Samples and the collections of samples that an experiment trains and evaluates on.
//!
//! A [`Dataset`] checks its samples once, on construction, so that everything downstream (batches,
//! losses, saliency scores) may rely on equal shapes, labels in range and finite pixels.

use crate::{DatasetError, Image};

/// One example with everything that an attribution prior may look at.
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
    /// Value of the confounder, counted from 0. What the numbers stand for is said by the dataset.
    pub environment: usize,
}

/// A named, non-empty list of samples of one shape.
#[derive(Debug, Clone, PartialEq)]
pub struct Dataset {
    name: String,
    classes: usize,
    shape: [usize; 3],
    samples: Vec<Sample>,
}

impl Dataset {
    /// Collects `samples`, whose labels lie in `0..classes`.
    ///
    /// # Errors
    /// [`DatasetError::OutOfRange`] if there is no sample or no class, [`DatasetError::Sample`] if a
    /// sample differs in shape from the first, has a mask that is not one channel of the same height
    /// and width, a label outside `0..classes`, a pixel that is not finite, or a mask value outside
    /// `[0, 1]`.
    pub fn new(name: impl Into<String>, classes: usize, samples: Vec<Sample>) -> Result<Self, DatasetError> {
        if classes == 0 {
            return Err(DatasetError::out_of_range("classes", 0, "at least 1"));
        }
        let Some(first) = samples.first() else {
            return Err(DatasetError::out_of_range("samples", "empty", "at least 1"));
        };
        let shape = first.image.shape();
        for sample in &samples {
            check(sample, shape, classes)?;
        }
        Ok(Self { name: name.into(), classes, shape, samples })
    }

    /// What the dataset calls itself, for instance `crosses/train`.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Number of classes; labels are `0..classes`, though not every class need occur.
    pub fn classes(&self) -> usize {
        self.classes
    }

    /// `[channels, height, width]` of every image.
    pub fn image_shape(&self) -> [usize; 3] {
        self.shape
    }

    /// The samples in their fixed order.
    pub fn samples(&self) -> &[Sample] {
        &self.samples
    }

    /// Number of samples, at least 1.
    pub fn len(&self) -> usize {
        self.samples.len()
    }

    /// Always false: an empty dataset cannot be built.
    pub fn is_empty(&self) -> bool {
        self.samples.is_empty()
    }

    /// Number of samples of each class, indexed by label.
    pub fn class_counts(&self) -> Vec<usize> {
        let mut counts = vec![0; self.classes];
        for sample in &self.samples {
            counts[sample.label] += 1;
        }
        counts
    }
}

/// The three parts of an experiment.
#[derive(Debug, Clone, PartialEq)]
pub struct Splits {
    /// What the model is fitted to.
    pub train: Dataset,
    /// What selects the epoch.
    pub valid: Dataset,
    /// What is reported.
    pub test: Dataset,
}

fn check(sample: &Sample, shape: [usize; 3], classes: usize) -> Result<(), DatasetError> {
    let fail = |field, found: String, expected: String| Err(DatasetError::sample(&sample.id, field, found, expected));
    if sample.image.shape() != shape {
        return fail("image shape", format!("{:?}", sample.image.shape()), format!("{shape:?}"));
    }
    let mask_shape = [1, shape[1], shape[2]];
    if sample.mask.shape() != mask_shape {
        return fail("mask shape", format!("{:?}", sample.mask.shape()), format!("{mask_shape:?}"));
    }
    if sample.label >= classes {
        return fail("label", sample.label.to_string(), format!("less than {classes}"));
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

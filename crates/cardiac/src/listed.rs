//! Sections as samples of a data set.
//!
//! Labels are those of [`Class::ALL`], the environment is the sex (0 for women, 1 for men), and the mask of an image is its heart.
//! Images have three equal channels with values from -1 to 1, `v / 127.5 - 1` of the grey value `v`: what the authors' code does
//! for every network, also for VGG-16, which was trained on other values. A set has its images in blocks of one class, and the
//! numbers of its images follow on those of the set before, so that no image is in two sets.

use crate::{Class, Generator, HEIGHT, Region, Sex, WIDTH};
use herring_datasets::{
    BitMask, DatasetError,
    dataset::{Dataset, Entry, Pixels, Splits},
    listed::{Listed, NamedRegion},
};
use std::sync::Arc;

/// Channels of an image.
const CHANNELS: usize = 3;

/// Which sections.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CardiacSettings {
    /// Draws the images.
    pub generator: Generator,
    /// Training images of each class; the paper has 2500.
    pub train: usize,
    /// Validation images of each class; the paper has 750.
    pub valid: usize,
    /// Test images of each class; the paper's scores are of 2500.
    pub test: usize,
    /// Saliency is computed for the first so many test images of each class, or for all.
    pub saliency_limit: Option<usize>,
}

/// The sets of an experiment. The only set of test images is called `test`; beside their masks, the hearts, its images have the
/// regions `fat` and `marker`. Pixels are drawn when they are asked for.
///
/// # Errors
/// [`DatasetError::OutOfRange`] if a set has no image.
pub fn sections(settings: &CardiacSettings) -> Result<Listed, DatasetError> {
    let CardiacSettings { generator, train, valid, test, saliency_limit } = *settings;
    let set = |name: &str, first: usize, count: usize| {
        let drawn = Drawn::new(generator, first as u64, count);
        let entries = drawn.entries();
        Dataset::streamed(name, Class::ALL.len(), [CHANNELS, HEIGHT, WIDTH], entries, Arc::new(drawn))
    };
    let explained = saliency_limit.map_or(test, |limit| limit.min(test));
    let splits = Splits {
        train: set("cardiac/train", 0, train)?,
        valid: set("cardiac/valid", train, valid)?,
        tests: vec![("test".to_owned(), set("cardiac/test", train + valid, test)?)],
    };
    let saliency = set("cardiac/saliency", train + valid, explained)?;
    let regions = regions(&Drawn::new(generator, (train + valid) as u64, explained));
    Ok(Listed { splits, saliency, clean: None, regions })
}

/// The fat and the markers of these images.
fn regions(drawn: &Drawn) -> Vec<NamedRegion> {
    let mut regions: Vec<NamedRegion> = [("fat", Region::Fat), ("marker", Region::Marker)]
        .map(|(name, _)| NamedRegion { name: name.to_owned(), masks: Vec::with_capacity(drawn.places.len()) })
        .into();
    for &(class, index) in &drawn.places {
        let section = drawn.generator.section(class, index);
        for (region, wanted) in regions.iter_mut().zip([Region::Fat, Region::Marker]) {
            let inside: Vec<bool> = section.regions.iter().map(|found| *found == wanted).collect();
            region.masks.push(BitMask::new(&inside));
        }
    }
    // Without a marker in any image there is no such region.
    regions.retain(|region| region.masks.iter().any(|mask| mask.count() > 0));
    regions
}

/// Sections by their places in a set.
struct Drawn {
    generator: Generator,
    /// Class and number of each.
    places: Vec<(Class, u64)>,
}

impl Drawn {
    /// `count` of each class, from number `first` on.
    fn new(generator: Generator, first: u64, count: usize) -> Self {
        let of = |class| (0..count as u64).map(move |index| (class, first + index));
        Self { generator, places: Class::ALL.into_iter().flat_map(of).collect() }
    }

    fn entries(&self) -> Vec<Entry> {
        let entry = |&(class, index): &(Class, u64)| Entry {
            id: format!("{}/{index}", class.abbreviation()),
            label: class as usize,
            environment: match self.generator.sex(class, index) {
                Sex::Female => 0,
                Sex::Male => 1,
            },
        };
        self.places.iter().map(entry).collect()
    }
}

impl Pixels for Drawn {
    fn read(&self, index: usize, image: &mut [f32], mask: &mut [f32]) -> Result<(), DatasetError> {
        let Some(&(class, number)) = self.places.get(index) else {
            return Err(DatasetError::OutOfRange {
                field: "index",
                found: index.to_string(),
                expected: format!("less than {}", self.places.len()),
            });
        };
        let section = self.generator.section(class, number);
        for plane in image.chunks_exact_mut(HEIGHT * WIDTH) {
            for (value, grey) in plane.iter_mut().zip(&section.pixels) {
                *value = f32::from(*grey) / 127.5 - 1.0;
            }
        }
        mask.copy_from_slice(&section.heart());
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Experiment;

    fn settings(experiment: Experiment) -> CardiacSettings {
        let generator = Generator { experiment, seed: 3 };
        CardiacSettings { generator, train: 4, valid: 2, test: 3, saliency_limit: Some(2) }
    }

    #[test]
    fn sets_are_blocks_of_classes_without_an_image_in_two_of_them() {
        let listed = sections(&settings(Experiment::Sizes)).unwrap();
        let splits = &listed.splits;
        let test = splits.test("test").unwrap();
        assert_eq!([splits.train.len(), splits.valid.len(), test.len(), listed.saliency.len()], [16, 8, 12, 8]);
        assert_eq!(splits.train.image_shape(), [3, 105, 135]);
        let labels: Vec<usize> = test.entries().iter().map(|entry| entry.label).collect();
        assert_eq!(labels, [0, 0, 0, 1, 1, 1, 2, 2, 2, 3, 3, 3]);
        let ids = |set: &Dataset| set.entries().iter().map(|entry| entry.id.clone()).collect::<Vec<_>>();
        assert!(ids(&splits.train).iter().all(|id| !ids(&splits.valid).contains(id) && !ids(test).contains(id)));
        assert_eq!(ids(&listed.saliency)[2..4], ["HCM/6", "HCM/7"]);
        assert_eq!(listed.saliency.sample(2).unwrap(), test.sample(3).unwrap());
    }

    #[test]
    fn pixels_are_those_of_the_section_and_the_mask_is_its_heart() {
        let settings = settings(Experiment::Marker);
        let listed = sections(&settings).unwrap();
        let sample = listed.splits.valid.sample(3).unwrap();
        let section = settings.generator.section(Class::Hypertrophic, 5);
        let expected: Vec<f32> = section.pixels.iter().map(|grey| f32::from(*grey) / 127.5 - 1.0).collect();
        assert!(sample.image.values().chunks(HEIGHT * WIDTH).all(|plane| plane == expected));
        assert_eq!(sample.mask.values(), section.heart());
    }

    #[test]
    fn markers_are_a_region_where_men_have_them() {
        let names = |experiment| {
            let listed = sections(&settings(experiment)).unwrap();
            listed.regions.into_iter().map(|region| region.name).collect::<Vec<_>>()
        };
        assert_eq!(names(Experiment::Sizes), ["fat"]);
        assert_eq!(names(Experiment::Marker), ["fat", "marker"]);
        let listed = sections(&settings(Experiment::Marker)).unwrap();
        for (entry, marker) in listed.saliency.entries().iter().zip(&listed.regions[1].masks) {
            assert_eq!(marker.count(), if entry.environment == 1 { 81 } else { 0 }, "{}", entry.id);
        }
    }

    #[test]
    fn a_set_without_images_is_refused() {
        assert!(sections(&CardiacSettings { valid: 0, ..settings(Experiment::Sizes) }).is_err());
    }
}

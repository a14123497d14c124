//! Cells of a dataset: the images of one environment and one class.
//!
//! Methods that use the environments of the training images, but no masks, treat all cells alike however few images some of
//! them have. Sagawa et al. (2020) call a cell a *group*, `g = (y, a)` for a class `y` and an environment `a`. The
//! [`groups`](crate::groups) of this crate are something else: images of one patient.

use std::collections::BTreeMap;

use crate::Dataset;

/// The cells of a dataset that have images, numbered from 0 by class, then by environment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cells {
    of_samples: Vec<usize>,
    members: Vec<Vec<usize>>,
}

impl Cells {
    /// The cells of `dataset`. A cell without images has no number.
    pub fn of(dataset: &Dataset) -> Self {
        let mut members: BTreeMap<(usize, usize), Vec<usize>> = BTreeMap::new();
        for (place, entry) in dataset.entries().iter().enumerate() {
            members.entry((entry.label, entry.environment)).or_default().push(place);
        }
        let members: Vec<Vec<usize>> = members.into_values().collect();
        let mut of_samples = vec![0; dataset.len()];
        for (cell, places) in members.iter().enumerate() {
            places.iter().for_each(|&place| of_samples[place] = cell);
        }
        Self { of_samples, members }
    }

    /// The cell of each sample, by its position in the dataset.
    pub fn of_samples(&self) -> &[usize] {
        &self.of_samples
    }

    /// Positions in the dataset of each cell's samples, in order; at least one in each.
    pub fn members(&self) -> &[Vec<usize>] {
        &self.members
    }

    /// Number of samples of each cell, at least 1.
    pub fn counts(&self) -> Vec<usize> {
        self.members.iter().map(Vec::len).collect()
    }
}

//! Sums of maps over images and models (iclr2021, Figures 5 to 7).

use crate::error::{self, SaliencyError};

/// A running sum of maps of one size.
#[derive(Debug, Clone, PartialEq)]
pub struct MeanMap {
    size: [usize; 2],
    sum: Vec<f64>,
    count: usize,
}

impl MeanMap {
    /// An empty sum of maps of `size` rows and columns.
    pub fn new(size: [usize; 2]) -> Self {
        Self { size, sum: vec![0.0; size[0] * size[1]], count: 0 }
    }

    /// Adds one map.
    ///
    /// # Errors
    /// It is not of the right size or holds values that are not finite.
    pub fn add(&mut self, map: &[f32]) -> Result<(), SaliencyError> {
        error::check("map", map, self.sum.len())?;
        for (sum, value) in self.sum.iter_mut().zip(map) {
            *sum += f64::from(*value);
        }
        self.count += 1;
        Ok(())
    }

    /// Rows and columns.
    pub fn size(&self) -> [usize; 2] {
        self.size
    }

    /// Maps that were added.
    pub fn count(&self) -> usize {
        self.count
    }

    /// Their sum, row by row.
    pub fn sum(&self) -> Vec<f32> {
        self.sum.iter().map(|value| *value as f32).collect()
    }
}

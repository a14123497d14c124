//! Mean images of environments and classes, and how the classes differ in each environment (iclr2021,
//! Figure 1).

use crate::{ImagesError, Listing, Reading, open};
use herring_cache::Cache;
use std::sync::Arc;

/// A number of images and their mean, channel by channel, row by row.
#[derive(Debug, Clone, PartialEq)]
pub struct Mean {
    /// How many.
    pub images: usize,
    /// `channels * size * size` values; 0 where there are no images.
    pub values: Vec<f32>,
}

/// Mean images of the training part of a listing.
#[derive(Debug, Clone, PartialEq)]
pub struct Means {
    /// Rows and columns.
    pub size: usize,
    /// Of each environment.
    pub environments: Vec<Mean>,
    /// Of each class.
    pub classes: Vec<Mean>,
    /// Of each environment's classes: `[environment][class]`.
    pub cells: Vec<Vec<Mean>>,
}

#[derive(Clone)]
struct Sum {
    images: usize,
    values: Vec<f64>,
}

impl Sum {
    fn add(&mut self, values: impl Iterator<Item = f64>, images: usize) {
        self.images += images;
        for (sum, value) in self.values.iter_mut().zip(values) {
            *sum += value;
        }
    }

    fn mean(&self) -> Mean {
        let count = self.images.max(1) as f64;
        Mean { images: self.images, values: self.values.iter().map(|sum| (sum / count) as f32).collect() }
    }
}

/// The means of a run's training images: a correlation between environment and class shows in the difference
/// of the classes, and not in that within one environment.
///
/// # Errors
/// The cache's error.
pub fn means(cache: &Arc<Cache>, listing: &Listing) -> Result<Means, ImagesError> {
    let (environments, classes) = (listing.environments.len(), listing.classes.len());
    let dataset = open::dataset(
        cache,
        "train",
        (classes, listing.size_in_training()),
        &listing.train,
        (listing.channels, Reading::as_stored(listing.channels)),
    )?;
    let empty = Sum {
        images: 0,
        values: vec![0.0; listing.channels * listing.size_in_training() * listing.size_in_training()],
    };
    let mut cells = vec![vec![empty.clone(); classes]; environments];
    for (index, entry) in listing.train.iter().enumerate() {
        let sample = dataset.sample(index)?;
        let values = sample.image.values().iter().map(|value| f64::from(*value));
        cells[entry.environment][entry.label].add(values, 1);
    }
    let together = |chosen: &dyn Fn(usize, usize) -> bool| {
        let mut sum = empty.clone();
        for (environment, row) in cells.iter().enumerate() {
            for (_, cell) in row.iter().enumerate().filter(|(class, _)| chosen(environment, *class)) {
                sum.add(cell.values.iter().copied(), cell.images);
            }
        }
        sum.mean()
    };
    Ok(Means {
        size: listing.size_in_training(),
        environments: (0..environments).map(|wanted| together(&|environment, _| environment == wanted)).collect(),
        classes: (0..classes).map(|wanted| together(&|_, class| class == wanted)).collect(),
        cells: cells.iter().map(|row| row.iter().map(Sum::mean).collect()).collect(),
    })
}

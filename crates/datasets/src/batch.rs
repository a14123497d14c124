//! Epochs of packed batches.
//!
//! A [`Batch`] copies its samples into contiguous arrays, ready to become tensors of
//! `[batch, channels, height, width]`. [`Batches`] walks once through a dataset, in shuffled or in
//! stored order, and keeps a last batch that is smaller than the rest, as the paper's loader does
//! (500 training images in batches of 16 make 31 full batches and one of 4). Or it draws as many samples so that
//! each [cell](crate::cells) is drawn equally often.

use rand::seq::SliceRandom;
use rand::{Rng, RngExt};

use crate::{Cells, Dataset, DatasetError};

/// Several samples, packed.
#[derive(Debug, Clone, PartialEq)]
pub struct Batch {
    shape: [usize; 4],
    images: Vec<f32>,
    masks: Vec<f32>,
    labels: Vec<usize>,
    environments: Vec<usize>,
    indices: Vec<usize>,
}

impl Batch {
    /// Packs the samples of `dataset` at `indices`, in that order; an index may occur twice.
    ///
    /// # Errors
    /// [`DatasetError::OutOfRange`] if `indices` is empty or points past the end of the dataset; the error of
    /// [`Pixels::read`](crate::dataset::Pixels::read).
    pub fn gather(dataset: &Dataset, indices: &[usize]) -> Result<Self, DatasetError> {
        if indices.is_empty() {
            return Err(DatasetError::out_of_range("indices", "empty", "at least 1"));
        }
        if let Some(index) = indices.iter().find(|&&index| index >= dataset.len()) {
            return Err(DatasetError::out_of_range(
                "index",
                index,
                format!("less than {}, the size of {}", dataset.len(), dataset.name()),
            ));
        }
        Self::pack(dataset, indices)
    }

    // Indices are known to be in range here.
    fn pack(dataset: &Dataset, indices: &[usize]) -> Result<Self, DatasetError> {
        let [channels, height, width] = dataset.image_shape();
        let (count, plane) = (indices.len(), height * width);
        let mut batch = Self {
            shape: [count, channels, height, width],
            images: vec![0.0; count * channels * plane],
            masks: vec![0.0; count * plane],
            labels: Vec::with_capacity(count),
            environments: Vec::with_capacity(count),
            indices: indices.to_vec(),
        };
        let images = batch.images.chunks_exact_mut(channels * plane);
        for ((&index, image), mask) in indices.iter().zip(images).zip(batch.masks.chunks_exact_mut(plane)) {
            dataset.read(index, image, mask)?;
            let entry = &dataset.entries()[index];
            batch.labels.push(entry.label);
            batch.environments.push(entry.environment);
        }
        Ok(batch)
    }

    /// The same samples with other pixels, `[height, width]` for each of the same channels.
    pub(crate) fn with_pixels(&self, [height, width]: [usize; 2], images: Vec<f32>, masks: Vec<f32>) -> Self {
        let [count, channels, ..] = self.shape;
        Self {
            shape: [count, channels, height, width],
            images,
            masks,
            labels: self.labels.clone(),
            environments: self.environments.clone(),
            indices: self.indices.clone(),
        }
    }

    /// `[batch, channels, height, width]` of the images.
    pub fn shape(&self) -> [usize; 4] {
        self.shape
    }

    /// `[batch, 1, height, width]` of the masks.
    pub fn mask_shape(&self) -> [usize; 4] {
        let [batch, _, height, width] = self.shape;
        [batch, 1, height, width]
    }

    /// Number of samples, at least 1.
    pub fn len(&self) -> usize {
        self.labels.len()
    }

    /// Always false: an empty batch cannot be built.
    pub fn is_empty(&self) -> bool {
        self.labels.is_empty()
    }

    /// Pixels, row-major in [`shape`](Self::shape).
    pub fn images(&self) -> &[f32] {
        &self.images
    }

    /// Masks, row-major in [`mask_shape`](Self::mask_shape), values in `[0, 1]`, 1 inside.
    pub fn masks(&self) -> &[f32] {
        &self.masks
    }

    /// The complement of the masks, same shape: 1 where the mask is not exactly 1, else 0; see
    /// [`crate::mask::outside`].
    pub fn outside(&self) -> Vec<f32> {
        crate::mask::outside(&self.masks)
    }

    /// Class of each sample.
    pub fn labels(&self) -> &[usize] {
        &self.labels
    }

    /// Environment of each sample.
    pub fn environments(&self) -> &[usize] {
        &self.environments
    }

    /// Position of each sample in its dataset.
    pub fn indices(&self) -> &[usize] {
        &self.indices
    }
}

/// An epoch: an iterator that yields as many samples as a dataset has, in batches; an error where pixels
/// cannot be read. Each sample comes once, unless the epoch is [balanced](Self::balanced).
#[derive(Debug, Clone)]
pub struct Batches<'a> {
    dataset: &'a Dataset,
    order: Vec<usize>,
    batch_size: usize,
    position: usize,
}

impl<'a> Batches<'a> {
    /// An epoch in an order drawn from `rng`, uniform over all orders.
    ///
    /// # Errors
    /// [`DatasetError::OutOfRange`] if `batch_size` is 0.
    pub fn shuffled<R: Rng + ?Sized>(
        dataset: &'a Dataset,
        batch_size: usize,
        rng: &mut R,
    ) -> Result<Self, DatasetError> {
        let mut batches = Self::sequential(dataset, batch_size)?;
        batches.order.shuffle(rng);
        Ok(batches)
    }

    /// An epoch of as many samples as the dataset has, each drawn from `rng` with replacement: first one of `cells`, which
    /// are those of the dataset, each equally likely, then one of its samples, each equally likely.
    ///
    /// # Errors
    /// [`DatasetError::OutOfRange`] if `batch_size` is 0.
    pub fn balanced<R: Rng + ?Sized>(
        dataset: &'a Dataset,
        batch_size: usize,
        cells: &Cells,
        rng: &mut R,
    ) -> Result<Self, DatasetError> {
        let mut batches = Self::sequential(dataset, batch_size)?;
        let members = cells.members();
        for place in &mut batches.order {
            let cell = &members[rng.random_range(0..members.len())];
            *place = cell[rng.random_range(0..cell.len())];
        }
        Ok(batches)
    }

    /// An epoch in stored order.
    ///
    /// # Errors
    /// [`DatasetError::OutOfRange`] if `batch_size` is 0.
    pub fn sequential(dataset: &'a Dataset, batch_size: usize) -> Result<Self, DatasetError> {
        if batch_size == 0 {
            return Err(DatasetError::out_of_range("batch_size", 0, "at least 1"));
        }
        Ok(Self { dataset, order: (0..dataset.len()).collect(), batch_size, position: 0 })
    }

    /// The order of the whole epoch, as positions in the dataset.
    pub fn order(&self) -> &[usize] {
        &self.order
    }
}

impl Iterator for Batches<'_> {
    type Item = Result<Batch, DatasetError>;

    fn next(&mut self) -> Option<Self::Item> {
        let rest = &self.order[self.position..];
        let indices = &rest[..rest.len().min(self.batch_size)];
        if indices.is_empty() {
            return None;
        }
        self.position += indices.len();
        Some(Batch::pack(self.dataset, indices))
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        let left = (self.order.len() - self.position).div_ceil(self.batch_size);
        (left, Some(left))
    }
}

impl ExactSizeIterator for Batches<'_> {}

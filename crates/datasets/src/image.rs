//! One array of pixels.
//!
//! Images and masks share this type: a mask is an [`Image`] with one channel whose values lie in
//! `[0, 1]`. Values are stored in row-major order of `[channels, height, width]`, which is also the
//! order of a batch entry, so that packing a batch is a copy.

use crate::DatasetError;

/// An array of `f32`, row-major `[channels, height, width]`.
///
/// The number of values always equals `channels * height * width`, and no side is zero.
#[derive(Debug, Clone, PartialEq)]
pub struct Image {
    channels: usize,
    height: usize,
    width: usize,
    values: Vec<f32>,
}

impl Image {
    /// Wraps `values`, given in row-major order of `[channels, height, width]`.
    ///
    /// # Errors
    /// [`DatasetError::Shape`] if a side is zero or the number of values is not the product of the
    /// three sides.
    pub fn new(channels: usize, height: usize, width: usize, values: Vec<f32>) -> Result<Self, DatasetError> {
        let product = channels.checked_mul(height).and_then(|plane| plane.checked_mul(width));
        match product {
            Some(count) if count > 0 && count == values.len() => Ok(Self { channels, height, width, values }),
            _ => Err(DatasetError::shape(
                "image",
                format!("{} values", values.len()),
                format!("{channels} x {height} x {width} values, none of them zero"),
            )),
        }
    }

    // Callers inside the crate that know the shape to be right skip the error path.
    pub(crate) fn filled(channels: usize, height: usize, width: usize, value: f32) -> Self {
        Self { channels, height, width, values: vec![value; channels * height * width] }
    }

    /// Number of channels.
    pub fn channels(&self) -> usize {
        self.channels
    }

    /// Number of rows, in pixels.
    pub fn height(&self) -> usize {
        self.height
    }

    /// Number of columns, in pixels.
    pub fn width(&self) -> usize {
        self.width
    }

    /// `[channels, height, width]`.
    pub fn shape(&self) -> [usize; 3] {
        [self.channels, self.height, self.width]
    }

    /// All values, row-major `[channels, height, width]`.
    pub fn values(&self) -> &[f32] {
        &self.values
    }

    /// All values, to be changed in place; the shape cannot change.
    pub fn values_mut(&mut self) -> &mut [f32] {
        &mut self.values
    }

    /// The value at a position, or `None` outside the image.
    pub fn get(&self, channel: usize, row: usize, column: usize) -> Option<f32> {
        if channel < self.channels && row < self.height && column < self.width {
            let index = (channel * self.height + row) * self.width + column;
            self.values.get(index).copied()
        } else {
            None
        }
    }

    /// The same image with left and right exchanged: column `c` becomes `width - 1 - c`.
    pub fn mirrored(&self) -> Self {
        let mut copy = self.clone();
        for row in copy.values.chunks_exact_mut(self.width) {
            row.reverse();
        }
        copy
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mirroring_reverses_each_row_and_only_rows() {
        let image = Image::new(1, 2, 3, vec![1., 2., 3., 4., 5., 6.]).unwrap();
        assert_eq!(image.mirrored().values(), [3., 2., 1., 6., 5., 4.]);
        assert_eq!(image.mirrored().mirrored(), image);
        assert_eq!(image.get(0, 1, 2), Some(6.));
        assert_eq!(image.get(0, 2, 0), None);
        assert_eq!(image.get(0, 0, 3), None);
    }

    #[test]
    fn wrong_sizes_are_refused() {
        assert!(Image::new(1, 2, 3, vec![0.; 5]).is_err());
        assert!(Image::new(0, 2, 3, vec![]).is_err());
        assert!(Image::new(usize::MAX, 2, 3, vec![0.; 6]).is_err());
    }
}

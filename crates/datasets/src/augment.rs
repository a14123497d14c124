//! Random crops and flips of training images.
//!
//! activmask2020 trains on volumes in this way: images of 110 x 110 pixels are cropped at random to 100 x 100 and
//! flipped, left to right and top to bottom, each with probability one half. Image and mask move together.
//!
//! The draws of a sample always take four words of the generator, so that a generator can be set to any sample of a
//! batch.

use crate::{Batch, DatasetError};
use rand::Rng;

/// How each training image is augmented when it is presented.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Augmentation {
    /// Rows and columns of the random crop, in pixels.
    pub side: usize,
    /// Whether an image is mirrored left to right in half of the cases.
    pub horizontal_flip: bool,
    /// Whether an image is mirrored top to bottom in half of the cases.
    pub vertical_flip: bool,
}

/// The random draw of one sample.
#[derive(Debug, Clone, Copy)]
struct Draw {
    row: usize,
    column: usize,
    mirrored: bool,
    upside_down: bool,
}

impl Augmentation {
    fn draw<R: Rng + ?Sized>(&self, [height, width]: [usize; 2], random: &mut R) -> Draw {
        // The product of a word and a count, without its lower half, is uniform to within one part in 10^7.
        let mut below = |count: usize| ((u64::from(random.next_u32()) * count as u64) >> 32) as usize;
        let (row, column) = (below(height - self.side + 1), below(width - self.side + 1));
        let (mirrored, upside_down) = (below(2) == 1, below(2) == 1);
        Draw { row, column, mirrored: mirrored && self.horizontal_flip, upside_down: upside_down && self.vertical_flip }
    }

    /// One plane of `width` columns, cropped and flipped, appended to `output`.
    fn apply(&self, plane: &[f32], width: usize, draw: Draw, output: &mut Vec<f32>) {
        for row in 0..self.side {
            let from = draw.row + if draw.upside_down { self.side - 1 - row } else { row };
            let pixels = &plane[from * width + draw.column..][..self.side];
            match draw.mirrored {
                true => output.extend(pixels.iter().rev()),
                false => output.extend(pixels),
            }
        }
    }
}

impl Batch {
    /// The batch with every image and its mask cropped to `[side, side]` and flipped as `random` draws it, each
    /// sample on its own.
    ///
    /// # Errors
    /// [`DatasetError::OutOfRange`] if `side` is 0 or larger than the images.
    pub fn augmented<R: Rng + ?Sized>(
        &self,
        augmentation: &Augmentation,
        random: &mut R,
    ) -> Result<Self, DatasetError> {
        let [count, channels, height, width] = self.shape();
        let side = augmentation.side;
        if side == 0 || side > height.min(width) {
            return Err(DatasetError::out_of_range("side", side, format!("1 to {}", height.min(width))));
        }
        let plane = height * width;
        let mut images = Vec::with_capacity(count * channels * side * side);
        let mut masks = Vec::with_capacity(count * side * side);
        for (image, mask) in self.images().chunks_exact(channels * plane).zip(self.masks().chunks_exact(plane)) {
            let draw = augmentation.draw([height, width], random);
            for channel in image.chunks_exact(plane) {
                augmentation.apply(channel, width, draw, &mut images);
            }
            augmentation.apply(mask, width, draw, &mut masks);
        }
        Ok(self.with_pixels([side, side], images, masks))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Dataset, Image, Sample};
    use rand::SeedableRng;
    use rand_chacha::ChaCha8Rng;
    use std::collections::BTreeSet;

    /// Images whose pixels are their places, and masks that are the first channel.
    fn batch(count: usize, side: usize) -> Batch {
        let place = |index: usize| (index % (side * side)) as f32 / (side * side) as f32;
        let image = Image::new(2, side, side, (0..2 * side * side).map(place).collect()).unwrap();
        let mask = Image::new(1, side, side, (0..side * side).map(place).collect()).unwrap();
        let sample = Sample { id: "a".into(), image, mask, label: 0, environment: 0 };
        let dataset = Dataset::new("d", 1, vec![sample; count]).unwrap();
        Batch::gather(&dataset, &(0..count).collect::<Vec<_>>()).unwrap()
    }

    fn whole(side: usize) -> Augmentation {
        Augmentation { side, horizontal_flip: true, vertical_flip: true }
    }

    #[test]
    fn image_and_mask_move_together_and_every_crop_and_flip_occurs() {
        let (batch, mut random) = (batch(400, 4), ChaCha8Rng::seed_from_u64(1));
        let cropped = batch.augmented(&whole(3), &mut random).unwrap();
        assert_eq!((cropped.shape(), cropped.mask_shape()), ([400, 2, 3, 3], [400, 1, 3, 3]));
        let mut seen = BTreeSet::new();
        for (image, mask) in cropped.images().chunks_exact(18).zip(cropped.masks().chunks_exact(9)) {
            assert_eq!(&image[..9], mask);
            assert_eq!(&image[9..], mask);
            let places: Vec<u32> = mask.iter().map(|value| (value * 16.0) as u32).collect();
            // Neighbours stay neighbours: a column step of one place and a row step of four, either way.
            let (column, row) = (places[1].abs_diff(places[0]), places[3].abs_diff(places[0]));
            assert_eq!((column, row), (1, 4));
            seen.insert(places);
        }
        // Four corners, each in four orientations.
        assert_eq!(seen.len(), 16);
    }

    #[test]
    fn what_is_not_asked_for_is_not_done() {
        let batch = batch(20, 4);
        let still = Augmentation { side: 4, horizontal_flip: false, vertical_flip: false };
        assert_eq!(batch.augmented(&still, &mut ChaCha8Rng::seed_from_u64(1)).unwrap(), batch);
        let mirrored = Augmentation { horizontal_flip: true, ..still };
        let found = batch.augmented(&mirrored, &mut ChaCha8Rng::seed_from_u64(1)).unwrap();
        assert!(found.masks().chunks_exact(16).all(|mask| mask[0] < mask[4]), "upside down");
        assert!(found.masks().chunks_exact(16).any(|mask| mask[0] > mask[1]), "never mirrored");
    }

    #[test]
    fn a_sample_takes_four_words() {
        let mut random = ChaCha8Rng::seed_from_u64(1);
        batch(5, 4).augmented(&whole(2), &mut random).unwrap();
        assert_eq!(random.get_word_pos(), 20);
    }

    #[test]
    fn a_crop_that_does_not_fit_is_refused() {
        for side in [0, 5] {
            let error = batch(1, 4).augmented(&whole(side), &mut ChaCha8Rng::seed_from_u64(1)).unwrap_err();
            assert_eq!(error.to_string(), format!("side is {side}, expected 1 to 4"));
        }
    }
}

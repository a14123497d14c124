//! A grey square in one of the corners.

use crate::Region;
use rand::{Rng, RngExt};
use serde::{Deserialize, Serialize};

/// A square of one grey value in a corner of the image; its side is a seventh of the image's, 4 of 28 pixels
/// (tap2024, section 5.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Patch {
    /// The first row.
    pub top: usize,
    /// The first column.
    pub left: usize,
    /// Rows and columns.
    pub side: usize,
    /// Its grey value.
    pub value: u8,
}

impl Patch {
    /// The patch of `class`, one of `classes`, in an image of `side` rows and columns: the corner is drawn, first top or
    /// bottom, then left or right; the value is 255 less a step of `255 / classes`, rounded down, for each class.
    pub(crate) fn place<R: Rng + ?Sized>(class: usize, classes: usize, side: usize, random: &mut R) -> Self {
        let square = (side / 7).max(1);
        let mut end = || if random.random_bool(0.5) { side - square } else { 0 };
        let (top, left) = (end(), end());
        Self { top, left, side: square, value: grey(class, classes) }
    }

    pub(crate) fn telling(self, class: usize, classes: usize) -> Self {
        Self { value: grey(class, classes), ..self }
    }

    pub(crate) fn region(&self) -> Region {
        Region { rows: self.top..self.top + self.side, columns: self.left..self.left + self.side }
    }

    pub(crate) fn draw(&self, image: &mut [u8], side: usize) {
        self.region().fill(image, side, self.value);
    }
}

/// 255 for class 0, less a step of `255 / classes`, rounded down, for each further class.
pub(crate) fn grey(class: usize, classes: usize) -> u8 {
    let step = 255 / classes.max(1);
    u8::try_from(255_usize.saturating_sub(class * step)).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Decoy, DecoyKind};
    use rand::SeedableRng;
    use rand_chacha::ChaCha8Rng;

    #[test]
    fn the_ten_grey_values_are_those_of_the_paper() {
        let values: Vec<u8> = (0..10).map(|class| grey(class, 10)).collect();
        assert_eq!(values, [255, 230, 205, 180, 155, 130, 105, 80, 55, 30]);
    }

    #[test]
    fn a_patch_lies_in_each_corner_and_covers_its_region_alone() {
        let mut random = ChaCha8Rng::seed_from_u64(1);
        let mut corners = std::collections::BTreeMap::new();
        for _ in 0..400 {
            let decoy = DecoyKind::Patch.place(3, 10, 28, &mut random);
            let mut image = vec![7; 28 * 28];
            decoy.draw(&mut image, 28);
            let region = decoy.region();
            assert_eq!(region.area(), 16);
            for (index, value) in image.iter().enumerate() {
                let expected = if region.contains(index / 28, index % 28) { 180 } else { 7 };
                assert_eq!(*value, expected, "pixel {index}");
            }
            let Decoy::Patch(patch) = decoy else { panic!("{decoy:?}") };
            *corners.entry((patch.top, patch.left)).or_insert(0) += 1;
        }
        assert_eq!(corners.keys().copied().collect::<Vec<_>>(), [(0, 0), (0, 24), (24, 0), (24, 24)]);
        assert!(corners.values().all(|count| *count > 60), "{corners:?}");
    }

    #[test]
    fn a_larger_image_gets_a_larger_patch() {
        let mut random = ChaCha8Rng::seed_from_u64(1);
        let decoy = DecoyKind::Patch.place(0, 2, 64, &mut random);
        assert_eq!(decoy.region().area(), 81);
    }
}

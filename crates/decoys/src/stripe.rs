//! A grey stripe along the left or the right edge.

use crate::{Region, patch::grey};
use rand::{Rng, RngExt};
use serde::{Deserialize, Serialize};

/// A stripe over the full height near the left or the right edge, of one grey value (tap2024, appendix F).
///
/// The released code draws the rectangle from column `x` to `x + width` with both ends inside it, where `width` is a
/// fortieth of the side: 6 columns of 224, and one less where the last would lie beyond the edge (the rightmost of
/// `x` is 219). The paper has a stripe 6 pixels wide and up to 15 pixels from the edge.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Stripe {
    /// The first column.
    pub left: usize,
    /// Columns.
    pub columns: usize,
    /// Rows and columns of the image.
    pub side: usize,
    /// Its grey value.
    pub value: u8,
}

/// How many steps further into the image a stripe may lie.
const STEPS: usize = 5;

impl Stripe {
    /// The stripe of `class`, one of `classes`, in an image of `side` rows and columns. Drawn are the edge, left or
    /// right, and then the number `u` of steps from it, 0 to 5; a step is half of `width`, rounded down. The first
    /// column is `u` steps from 0, or back from `side - width`. The value is 255 less a step of `255 / classes`,
    /// rounded down, for each class.
    pub(crate) fn place<R: Rng + ?Sized>(class: usize, classes: usize, side: usize, random: &mut R) -> Self {
        let width = side / 40;
        let at_the_left = random.random_bool(0.5);
        let inwards = width / 2 * random.random_range(0..=STEPS);
        let left =
            if at_the_left { inwards } else { (side - width).saturating_sub(inwards).min(side.saturating_sub(1)) };
        let columns = (width + 1).min(side - left);
        Self { left, columns, side, value: grey(class, classes) }
    }

    pub(crate) fn telling(self, class: usize, classes: usize) -> Self {
        Self { value: grey(class, classes), ..self }
    }

    pub(crate) fn region(&self) -> Region {
        Region { rows: 0..self.side, columns: self.left..self.left + self.columns }
    }

    pub(crate) fn draw(&self, image: &mut [u8], side: usize) {
        self.region().fill(image, side, self.value);
    }
}

#[cfg(test)]
mod tests {
    use crate::{Decoy, DecoyKind};
    use rand::SeedableRng;
    use rand_chacha::ChaCha8Rng;
    use std::collections::BTreeMap;

    fn places(side: usize) -> BTreeMap<(usize, usize), usize> {
        let mut random = ChaCha8Rng::seed_from_u64(1);
        let mut found = BTreeMap::new();
        for _ in 0..2400 {
            let decoy = DecoyKind::Stripe.place(1, 2, side, &mut random);
            let Decoy::Stripe(stripe) = decoy else { panic!("{decoy:?}") };
            let mut image = vec![7; side * side];
            decoy.draw(&mut image, side);
            for (place, value) in image.iter().enumerate() {
                let inside = decoy.region().contains(place / side, place % side);
                assert_eq!(*value, if inside { 128 } else { 7 });
            }
            *found.entry((stripe.left, stripe.columns)).or_insert(0) += 1;
        }
        found
    }

    #[test]
    fn stripes_of_224_pixels_are_those_of_the_released_code() {
        let found = places(224);
        let left = (0..=5).map(|u| (2 * u, 6));
        let right = (0..=5).rev().map(|u| (219 - 2 * u, if u == 0 { 5 } else { 6 }));
        assert_eq!(found.keys().copied().collect::<Vec<_>>(), left.chain(right).collect::<Vec<_>>());
        assert!(found.values().all(|count| *count > 140), "{found:?}");
    }

    #[test]
    fn smaller_images_get_smaller_stripes() {
        assert_eq!(places(64).into_keys().collect::<Vec<_>>(), [(0, 2), (63, 1)], "half of one pixel is no step");
        assert_eq!(places(28).into_keys().collect::<Vec<_>>(), [(0, 1), (27, 1)]);
        assert_eq!(places(80).into_keys().next_back(), Some((78, 2)));
    }

    #[test]
    fn the_grey_values_are_those_of_the_paper() {
        let mut random = ChaCha8Rng::seed_from_u64(2);
        let stripe = DecoyKind::Stripe.place(0, 2, 224, &mut random);
        let value = |class: usize, classes: usize| match stripe.telling(class, classes) {
            Decoy::Stripe(stripe) => stripe.value,
            other => panic!("{other:?}"),
        };
        assert_eq!([value(0, 2), value(1, 2)], [255, 128]);
        assert_eq!([0, 1, 2, 3, 4].map(|class| value(class, 5)), [255, 204, 153, 102, 51]);
    }
}

//! Masks of ones and zeros in an eighth of a byte a pixel.

/// A mask whose pixels are 0 or 1, in row-major order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BitMask {
    pixels: usize,
    words: Vec<u64>,
}

const BITS: usize = 64;

impl BitMask {
    /// The mask that is 1 where `inside` is true.
    pub fn new(inside: &[bool]) -> Self {
        let word =
            |chunk: &[bool]| chunk.iter().enumerate().fold(0, |word, (bit, inside)| word | u64::from(*inside) << bit);
        Self { pixels: inside.len(), words: inside.chunks(BITS).map(word).collect() }
    }

    /// Number of pixels.
    pub fn len(&self) -> usize {
        self.pixels
    }

    /// Number of pixels that are 1.
    pub fn count(&self) -> usize {
        self.words.iter().map(|word| word.count_ones() as usize).sum()
    }

    /// Whether the pixel at this place is 1; `false` past the end.
    pub fn at(&self, pixel: usize) -> bool {
        self.words.get(pixel / BITS).is_some_and(|word| word >> (pixel % BITS) & 1 == 1)
    }

    /// Whether it has no pixel.
    pub fn is_empty(&self) -> bool {
        self.pixels == 0
    }

    /// Writes 1 or 0 for each pixel; `values` has as many.
    pub fn write(&self, values: &mut [f32]) {
        for (chunk, word) in values.chunks_mut(BITS).zip(&self.words) {
            for (bit, value) in chunk.iter_mut().enumerate() {
                *value = (word >> bit & 1) as f32;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_pixel_comes_back() {
        for count in [0, 1, 63, 64, 65, 784] {
            let inside: Vec<bool> = (0..count).map(|pixel| pixel % 7 < 3).collect();
            let mask = BitMask::new(&inside);
            let mut values = vec![0.5; count];
            mask.write(&mut values);
            let expected: Vec<f32> = inside.iter().map(|inside| f32::from(u8::from(*inside))).collect();
            assert_eq!(mask.count(), inside.iter().filter(|inside| **inside).count());
            assert!((0..count).all(|pixel| mask.at(pixel) == inside[pixel]) && !mask.at(count + BITS));
            assert_eq!((mask.len(), values), (count, expected));
        }
    }
}

//! The pixels of a decoy.

use std::ops::Range;

/// A rectangle of pixels within an image.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Region {
    /// Rows, from the top.
    pub rows: Range<usize>,
    /// Columns, from the left.
    pub columns: Range<usize>,
}

impl Region {
    /// Whether it holds a pixel.
    pub fn contains(&self, row: usize, column: usize) -> bool {
        self.rows.contains(&row) && self.columns.contains(&column)
    }

    /// Number of pixels.
    pub fn area(&self) -> usize {
        self.rows.len() * self.columns.len()
    }

    /// Sets its pixels to `value` in an image of `side` columns, row by row.
    pub fn fill<T: Copy>(&self, image: &mut [T], side: usize, value: T) {
        for row in self.rows.clone() {
            image[row * side..][self.columns.clone()].fill(value);
        }
    }
}

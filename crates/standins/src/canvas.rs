//! A square grey picture, and the few drawing operations on it.
//!
//! Only sums, products, quotients and square roots are used, which every platform rounds alike.

use rand_chacha::ChaCha8Rng;

use crate::stream::{between, normal};

/// A picture of `side` x `side` values from 0 (black) to 1 (white), row by row.
#[derive(Debug, Clone)]
pub(crate) struct Canvas {
    pub(crate) side: usize,
    pub(crate) values: Vec<f32>,
}

/// 0 below `-width`, 1 above `width`, smooth between.
pub(crate) fn soft(distance: f32, width: f32) -> f32 {
    let t = (0.5 + 0.5 * distance / width).clamp(0.0, 1.0);
    t * t * (3.0 - 2.0 * t)
}

/// From `from` to `to`.
pub(crate) fn mix(from: f32, to: f32, share: f32) -> f32 {
    from + (to - from) * share
}

/// Distance of a point from the segment between two others, and how far along it is, from 0 to 1.
pub(crate) fn to_segment(point: (f32, f32), from: (f32, f32), to: (f32, f32)) -> (f32, f32) {
    let (dx, dy) = (to.0 - from.0, to.1 - from.1);
    let (px, py) = (point.0 - from.0, point.1 - from.1);
    let along = ((px * dx + py * dy) / (dx * dx + dy * dy)).clamp(0.0, 1.0);
    let (ex, ey) = (px - along * dx, py - along * dy);
    ((ex * ex + ey * ey).sqrt(), along)
}

impl Canvas {
    /// The picture whose pixel with its centre at (x, y), both from 0 to 1, is `value(x, y)`.
    pub(crate) fn of(side: usize, value: impl Fn(f32, f32) -> f32) -> Self {
        let step = 1.0 / side as f32;
        let mut values = Vec::with_capacity(side * side);
        for row in 0..side {
            let y = (row as f32 + 0.5) * step;
            values.extend((0..side).map(|column| value((column as f32 + 0.5) * step, y)));
        }
        Self { side, values }
    }

    /// The same at a larger side, bilinear, pixel centres aligned.
    pub(crate) fn enlarged(self, side: usize) -> Self {
        if side == self.side {
            return self;
        }
        let place = |index: usize| {
            let exact = ((index as f32 + 0.5) * self.side as f32 / side as f32 - 0.5).max(0.0);
            let low = (exact as usize).min(self.side - 1);
            (low, (low + 1).min(self.side - 1), exact - low as f32)
        };
        let columns: Vec<_> = (0..side).map(place).collect();
        let mut values = Vec::with_capacity(side * side);
        for row in 0..side {
            let (upper, lower, down) = place(row);
            let upper = &self.values[upper * self.side..][..self.side];
            let lower = &self.values[lower * self.side..][..self.side];
            values.extend(columns.iter().map(|&(left, right, across)| {
                mix(mix(upper[left], upper[right], across), mix(lower[left], lower[right], across), down)
            }));
        }
        Self { side, values }
    }

    /// Changes each value, given its place (x, y).
    pub(crate) fn apply(&mut self, change: impl Fn(f32, f32, f32) -> f32) {
        let step = 1.0 / self.side as f32;
        for (row, values) in self.values.chunks_mut(self.side).enumerate() {
            let y = (row as f32 + 0.5) * step;
            for (column, value) in values.iter_mut().enumerate() {
                *value = change((column as f32 + 0.5) * step, y, *value);
            }
        }
    }

    /// Adds independent noise of the given standard deviation to every pixel.
    pub(crate) fn add_grain(&mut self, deviation: f32, rng: &mut ChaCha8Rng) {
        for value in &mut self.values {
            *value += deviation * normal(rng);
        }
    }

    /// Brightens towards white where `cover` (0 to 1) is above 0.
    pub(crate) fn lighten(&mut self, contrast: f32, cover: impl Fn(f32, f32) -> f32) {
        self.apply(|x, y, value| match cover(x, y) {
            share if share > 0.0 => mix(value, 1.0, contrast * share),
            _ => value,
        });
    }

    /// The values as bytes.
    pub(crate) fn bytes(&self) -> Vec<u8> {
        self.values.iter().map(|value| (value.clamp(0.0, 1.0) * 255.0 + 0.5) as u8).collect()
    }

    /// The values as words of 16 bits.
    pub(crate) fn words(&self) -> Vec<u16> {
        self.values.iter().map(|value| (value.clamp(0.0, 1.0) * 65535.0 + 0.5) as u16).collect()
    }
}

/// Slowly varying values from -1 to 1: random values on a grid, interpolated smoothly, three grids on
/// top of each other.
#[derive(Debug)]
pub(crate) struct Clouds {
    grids: Vec<(usize, f32, Vec<f32>)>,
}

impl Clouds {
    /// `cells` is the number of cells of the coarsest grid along a side.
    pub(crate) fn draw(cells: usize, rng: &mut ChaCha8Rng) -> Self {
        let grids = [(cells, 0.55), (2 * cells + 1, 0.28), (5 * cells + 2, 0.17)];
        let drawn = grids.map(|(cells, weight)| {
            let nodes = (cells + 1) * (cells + 1);
            (cells, weight, (0..nodes).map(|_| between(rng, -1.0, 1.0)).collect())
        });
        Self { grids: drawn.into() }
    }

    /// The value at (x, y), both from 0 to 1.
    pub(crate) fn at(&self, x: f32, y: f32) -> f32 {
        let mut sum = 0.0;
        for (cells, weight, nodes) in &self.grids {
            let (gx, gy) = (x.clamp(0.0, 1.0) * *cells as f32, y.clamp(0.0, 1.0) * *cells as f32);
            let (column, row) = ((gx as usize).min(cells - 1), (gy as usize).min(cells - 1));
            let ease = |t: f32| t * t * (3.0 - 2.0 * t);
            let (tx, ty) = (ease(gx - column as f32), ease(gy - row as f32));
            let upper = &nodes[row * (cells + 1) + column..];
            let lower = &nodes[(row + 1) * (cells + 1) + column..];
            sum += weight * mix(mix(upper[0], upper[1], tx), mix(lower[0], lower[1], tx), ty);
        }
        sum
    }
}

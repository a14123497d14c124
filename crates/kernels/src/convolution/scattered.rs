//! The input gradient of a convolution of few channels: one matrix product for all taps, whose results are then added
//! where they belong.
//!
//! With three channels the product of [`direct`](super::direct) has three rows, and most of its time goes into gathering
//! the other operand once for each tap. Here the rows are (channel, tap), and the operand is the output gradient as it is.

use rayon::prelude::*;

use super::{Geometry, direct};
use crate::buffers;
use crate::simd::{Task, dispatch};

/// At most so many channels.
const CHANNELS: usize = 4;

/// Whether [`input_gradient`] is the faster one.
pub(super) fn suits(geometry: &Geometry) -> bool {
    geometry.in_channels <= CHANNELS && geometry.taps() > 1 && geometry.out_channels >= 4 * CHANNELS
}

/// See [`super::input_gradient`].
pub(super) fn input_gradient(geometry: &Geometry, weight: &[f32], output_gradient: &[f32], input_gradient: &mut [f32]) {
    let [rows, columns] = geometry.output_size();
    let (images, positions) = (geometry.batch, rows * columns);
    if images == 0 || input_gradient.is_empty() {
        return;
    }
    let parts = geometry.in_channels * geometry.taps();
    // A convolution of single pixels with a channel for each (channel, tap): its weight has the same layout.
    let product = Geometry {
        batch: 1,
        in_channels: parts,
        height: 1,
        width: positions,
        kernel: [1; 2],
        stride: [1; 2],
        padding: [0; 2],
        ..*geometry
    };
    let image = geometry.in_channels * geometry.height * geometry.width;
    let gradients = output_gradient.par_chunks(geometry.out_channels * positions);
    input_gradient.par_chunks_mut(image).zip(gradients).for_each(|(input_gradient, output_gradient)| {
        let mut values = buffers::take(parts * positions);
        direct::input_gradient(&product, weight, output_gradient, &mut values);
        dispatch(Add { geometry, values: &values, input_gradient });
    });
}

/// Adds the values of each (channel, tap), `[channel][tap][row][column]`, to the pixels that they belong to.
struct Add<'a> {
    geometry: &'a Geometry,
    values: &'a [f32],
    input_gradient: &'a mut [f32],
}

impl Task for Add<'_> {
    type Output = ();

    #[inline(always)]
    fn run<const ROWS: usize, const COLUMNS: usize, const FUSED: bool>(self) {
        let Geometry { height, width, kernel, stride, padding, .. } = *self.geometry;
        let [rows, columns] = self.geometry.output_size();
        self.input_gradient.fill(0.0);
        let taps = (0..kernel[0]).flat_map(|down| (0..kernel[1]).map(move |right| [down, right]));
        let planes = self.values.chunks_exact(self.geometry.taps() * rows * columns);
        for (gradient, values) in self.input_gradient.chunks_exact_mut(height * width).zip(planes) {
            for ([down, right], values) in taps.clone().zip(values.chunks_exact(rows * columns)) {
                // Columns whose pixel is within the image.
                let first = padding[1].saturating_sub(right).div_ceil(stride[1]);
                let end = (width + padding[1]).saturating_sub(right).div_ceil(stride[1]).min(columns);
                if first >= end {
                    continue;
                }
                let start = first * stride[1] + right - padding[1];
                for (row, values) in values.chunks_exact(columns).enumerate() {
                    let Some(row) = (row * stride[0] + down).checked_sub(padding[0]).filter(|row| *row < height) else {
                        continue;
                    };
                    let pixels = &mut gradient[row * width + start..(row + 1) * width];
                    let values = &values[first..end];
                    match stride[1] {
                        1 => pixels.iter_mut().zip(values).for_each(|(pixel, value)| *pixel += value),
                        2 => pixels.chunks_mut(2).zip(values).for_each(|(pair, value)| pair[0] += value),
                        stride => {
                            pixels.iter_mut().step_by(stride).zip(values).for_each(|(pixel, value)| *pixel += value)
                        }
                    }
                }
            }
        }
    }
}

//! Maximum pooling over 2 x 2 windows that do not overlap, as a closed pair.
//!
//! Choosing the largest of the four values is not linear; copying it is. So there are two functions, each the
//! transpose of the other: [`gather_maxima`] takes from every window the value at the chosen place,
//! [`scatter_maxima`] puts a value back there. With the input as its own chooser the first is maximum pooling
//! and the second its gradient; for higher orders they are each other's derivatives.
//!
//! Of equal values the first in row-major order is chosen, as in PyTorch: behind a rectifier, windows of four
//! zeros are common, and only one of them may get the gradient. NaN counts as larger than any number, so that
//! divergence is visible.
//!
//! A last row or column without a partner belongs to no window.

use rayon::prelude::*;

use crate::planes::PARALLEL_FROM;
use crate::simd::{Task, dispatch};

/// Floats of full-sized planes in a piece of work.
const CHUNK: usize = 1 << 14;

/// `output[plane, row, column]` is the entry of `values` at the place of the largest entry of
/// `chooser` among the rows `2 row` and `2 row + 1` and the columns `2 column` and `2 column + 1`.
///
/// `chooser` and `values` hold planes of `size` rows and columns; `output` holds as many planes of
/// half as many rows and columns, rounded down.
///
/// # Panics
/// If the lengths do not fit.
pub fn gather_maxima(size: [usize; 2], chooser: &[f32], values: &[f32], output: &mut [f32]) {
    assert_eq!(chooser.len(), values.len(), "chooser and values of different lengths");
    let Some([whole, half]) = pieces(size, chooser.len(), output.len()) else { return };
    let run = |output: &mut [f32], chooser: &[f32], values: &[f32]| {
        dispatch(Gather { size, chooser, values, output });
    };
    if chooser.len() < PARALLEL_FROM {
        run(output, chooser, values);
        return;
    }
    let inputs = chooser.par_chunks(whole).zip(values.par_chunks(whole));
    output.par_chunks_mut(half).zip(inputs).for_each(|(output, (chooser, values))| run(output, chooser, values));
}

/// `output` has the largest of each pixel and its eight neighbours; beyond the border there are none.
///
/// `input` and `output` hold planes of `size` rows and columns.
///
/// # Panics
/// If the lengths do not fit.
pub fn dilate(size: [usize; 2], input: &[f32], output: &mut [f32]) {
    let [height, width] = size;
    assert_eq!(input.len(), output.len(), "input and result of different lengths");
    let plane = height * width;
    if plane == 0 {
        return;
    }
    assert!(input.len().is_multiple_of(plane), "no whole planes");
    let run = |(output, input): (&mut [f32], &[f32])| dispatch(Dilate { size, input, output });
    if input.len() < PARALLEL_FROM {
        output.chunks_mut(plane).zip(input.chunks(plane)).for_each(run);
    } else {
        let least = CHUNK.div_ceil(plane);
        output.par_chunks_mut(plane).zip(input.par_chunks(plane)).with_min_len(least).for_each(run);
    }
}

/// One plane.
struct Dilate<'a> {
    size: [usize; 2],
    input: &'a [f32],
    output: &'a mut [f32],
}

impl Task for Dilate<'_> {
    type Output = ();

    /// Over three rows first, then over three columns in place.
    #[inline(always)]
    fn run<const ROWS: usize, const COLUMNS: usize, const FUSED: bool>(self) {
        let [height, width] = self.size;
        for (row, output) in self.output.chunks_exact_mut(width).enumerate() {
            output.copy_from_slice(&self.input[row * width..][..width]);
            let above = row.checked_sub(1);
            for other in above.into_iter().chain((row + 1 < height).then_some(row + 1)) {
                for (most, value) in output.iter_mut().zip(&self.input[other * width..][..width]) {
                    *most = most.max(*value);
                }
            }
            let mut left = output[0];
            for column in 0..width {
                let here = output[column];
                let right = output.get(column + 1).copied().unwrap_or(here);
                output[column] = here.max(left).max(right);
                left = here;
            }
        }
    }
}

/// `output` is the entry of `values` of its window at the place of the window's largest entry of
/// `chooser`, and zero everywhere else.
///
/// `chooser` and `output` hold planes of `size` rows and columns; `values` holds as many planes of
/// half as many rows and columns, rounded down.
///
/// # Panics
/// If the lengths do not fit.
pub fn scatter_maxima(size: [usize; 2], chooser: &[f32], values: &[f32], output: &mut [f32]) {
    assert_eq!(chooser.len(), output.len(), "chooser and result of different lengths");
    let Some([whole, half]) = pieces(size, chooser.len(), values.len()) else {
        output.fill(0.0);
        return;
    };
    let run = |output: &mut [f32], chooser: &[f32], values: &[f32]| {
        dispatch(Scatter { size, chooser, values, output });
    };
    if chooser.len() < PARALLEL_FROM {
        run(output, chooser, values);
        return;
    }
    let inputs = chooser.par_chunks(whole).zip(values.par_chunks(half));
    output.par_chunks_mut(whole).zip(inputs).for_each(|(output, (chooser, values))| run(output, chooser, values));
}

/// Floats of the full-sized and of the halved planes in a piece of work; none where there is no
/// window.
///
/// # Panics
/// If `whole` and `half` floats are not as many planes of `size` and of half of it.
fn pieces(size: [usize; 2], whole: usize, half: usize) -> Option<[usize; 2]> {
    let plane = size[0] * size[1];
    let window_count = (size[0] / 2) * (size[1] / 2);
    let planes = whole.checked_div(plane).unwrap_or(0);
    assert_eq!(whole, planes * plane, "no whole number of planes of {size:?}");
    assert_eq!(half, planes * window_count, "not half of {planes} planes of {size:?}");
    let in_piece = CHUNK.div_ceil(plane.max(1));
    (half > 0).then_some([in_piece * plane, in_piece * window_count])
}

/// The two rows of a window, as far as there are pairs of columns.
#[inline(always)]
fn row_pairs(plane: &[f32], columns: usize) -> impl Iterator<Item = (&[[f32; 2]], &[[f32; 2]])> {
    plane.chunks_exact(2 * columns).map(move |rows| {
        let (top, bottom) = rows.split_at(columns);
        (top.as_chunks().0, bottom.as_chunks().0)
    })
}

/// `on_largest` where the window's largest value is, starting with the first place.
///
/// The four choices are selections between registers, not branches: which of four random values is
/// the largest cannot be predicted.
#[inline(always)]
fn choose<T: Copy>(top: [f32; 2], bottom: [f32; 2], places: [T; 4]) -> T {
    let (mut largest, mut chosen) = (top[0], places[0]);
    for (value, place) in [(top[1], places[1]), (bottom[0], places[2]), (bottom[1], places[3])] {
        let replaces = value > largest || value.is_nan();
        largest = if replaces { value } else { largest };
        chosen = if replaces { place } else { chosen };
    }
    chosen
}

struct Gather<'a> {
    size: [usize; 2],
    chooser: &'a [f32],
    values: &'a [f32],
    output: &'a mut [f32],
}

impl Task for Gather<'_> {
    type Output = ();

    #[inline(always)]
    fn run<const ROWS: usize, const COLUMNS: usize, const FUSED: bool>(self) {
        let [rows, columns] = self.size;
        let plane = rows * columns;
        let halved = self.output.chunks_exact_mut((rows / 2) * (columns / 2));
        for ((output, chooser), values) in
            halved.zip(self.chooser.chunks_exact(plane)).zip(self.values.chunks_exact(plane))
        {
            let inputs = row_pairs(chooser, columns).zip(row_pairs(values, columns));
            for (output, ((top, bottom), (above, below))) in output.chunks_exact_mut(columns / 2).zip(inputs) {
                let choosers = top.iter().zip(bottom);
                let places = above.iter().zip(below);
                for ((output, (top, bottom)), (above, below)) in output.iter_mut().zip(choosers).zip(places) {
                    *output = choose(*top, *bottom, [above[0], above[1], below[0], below[1]]);
                }
            }
        }
    }
}

struct Scatter<'a> {
    size: [usize; 2],
    chooser: &'a [f32],
    values: &'a [f32],
    output: &'a mut [f32],
}

impl Task for Scatter<'_> {
    type Output = ();

    #[inline(always)]
    fn run<const ROWS: usize, const COLUMNS: usize, const FUSED: bool>(self) {
        let [rows, columns] = self.size;
        let plane = rows * columns;
        let halved = self.values.chunks_exact((rows / 2) * (columns / 2));
        for ((output, chooser), values) in
            self.output.chunks_exact_mut(plane).zip(self.chooser.chunks_exact(plane)).zip(halved)
        {
            output.fill(0.0);
            let inputs = row_pairs(chooser, columns).zip(values.chunks_exact(columns / 2));
            for (output, ((top, bottom), values)) in output.chunks_exact_mut(2 * columns).zip(inputs) {
                for (pair, ((top, bottom), value)) in top.iter().zip(bottom).zip(values).enumerate() {
                    output[2 * pair + choose(*top, *bottom, [0, 1, columns, columns + 1])] = *value;
                }
            }
        }
    }
}

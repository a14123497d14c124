//! Maximum pooling as a closed pair.
//!
//! Choosing the largest value of a window is not linear; copying it is. So there are two functions, each the
//! transpose of the other: [`gather_maxima`] takes from every window the value at the chosen place,
//! [`scatter_maxima`] adds a value there. With the input as its own chooser the first is maximum pooling
//! and the second its gradient; for higher orders they are each other's derivatives.
//!
//! Of equal values the first in row-major order is chosen, as in PyTorch: behind a rectifier, windows of
//! zeros are common, and only one of them may get the gradient. NaN counts as larger than any number, so that
//! divergence is visible.
//!
//! Windows of 2 x 2 that do not overlap, the most common ones, have a loop of their own without an index.

mod pairs;

use rayon::prelude::*;

use self::pairs::{GatherPairs, ScatterPairs};
use crate::planes::{PARALLEL_FROM, deal, each_piece};
use crate::simd::{Task, dispatch};

/// Floats of full-sized planes in a piece of work.
const CHUNK: usize = 1 << 14;

/// Which pixels belong to which window: as for a convolution, but pixels of the padding are never chosen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Windows {
    /// Rows and columns of a plane.
    pub size: [usize; 2],
    /// Rows and columns of a window; more than the padding.
    pub kernel: [usize; 2],
    /// Rows and columns between neighbouring windows; at least 1.
    pub stride: [usize; 2],
    /// Rows above and below and columns left and right that the first and last windows may reach over.
    pub padding: [usize; 2],
}

impl Windows {
    /// Windows in a column and in a row; none where the kernel is larger than the plane with its padding.
    pub fn counts(&self) -> [usize; 2] {
        [0, 1].map(|axis| {
            let room = (self.size[axis] + 2 * self.padding[axis]).checked_sub(self.kernel[axis]);
            room.map_or(0, |room| room / self.stride[axis] + 1)
        })
    }

    /// Floats of whole planes and of their windows in a piece of work; none where there is no window.
    ///
    /// # Panics
    /// If `whole` and `windowed` floats are not as many planes and windows, if a kernel is within the padding, or a
    /// stride is 0.
    fn pieces(&self, whole: usize, windowed: usize) -> Option<[usize; 2]> {
        let fits = |axis: usize| self.padding[axis] < self.kernel[axis] && self.stride[axis] > 0;
        assert!(fits(0) && fits(1), "{self:?} have pixels of the padding alone");
        let (plane, window_count) = (self.size.iter().product::<usize>(), self.counts().iter().product::<usize>());
        let planes = whole.checked_div(plane).unwrap_or(0);
        assert_eq!(whole, planes * plane, "no whole number of planes of {:?}", self.size);
        assert_eq!(windowed, planes * window_count, "{windowed} values for {planes} planes of {self:?}");
        let in_piece = CHUNK.div_ceil(plane.max(1));
        (windowed > 0).then_some([in_piece * plane, in_piece * window_count])
    }

    fn are_pairs(&self) -> bool {
        self.kernel == [2; 2] && self.stride == [2; 2] && self.padding == [0; 2]
    }
}

/// `output[plane, row, column]` is the entry of `values` at the place of the largest entry of `chooser` in that window.
///
/// `chooser` and `values` hold planes of `windows.size` rows and columns; `output` holds as many planes of
/// [`Windows::counts`] rows and columns.
///
/// # Panics
/// If the lengths do not fit, a kernel is within the padding, or a stride is 0.
pub fn gather_maxima(windows: Windows, chooser: &[f32], values: &[f32], output: &mut [f32]) {
    assert_eq!(chooser.len(), values.len(), "chooser and values of different lengths");
    let Some([whole, windowed]) = windows.pieces(chooser.len(), output.len()) else { return };
    let run = |output: &mut [f32], chooser: &[f32], values: &[f32]| match windows.are_pairs() {
        true => dispatch(GatherPairs { size: windows.size, chooser, values, output }),
        false => dispatch(Gather { windows, chooser, values, output }),
    };
    if chooser.len() < PARALLEL_FROM {
        run(output, chooser, values);
        return;
    }
    let inputs = chooser.par_chunks(whole).zip(values.par_chunks(whole));
    output.par_chunks_mut(windowed).zip(inputs).for_each(|(output, (chooser, values))| run(output, chooser, values));
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
    each_piece([plane, plane], output, input, |(output, input)| dispatch(Dilate { size, input, output }));
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

/// `output` is the sum of the entries of `values` of all windows whose largest entry of `chooser` is there, zero where
/// there is none.
///
/// `chooser` and `output` hold planes of `windows.size` rows and columns; `values` holds as many planes of
/// [`Windows::counts`] rows and columns.
///
/// # Panics
/// If the lengths do not fit, a kernel is within the padding, or a stride is 0.
pub fn scatter_maxima(windows: Windows, chooser: &[f32], values: &[f32], output: &mut [f32]) {
    assert_eq!(chooser.len(), output.len(), "chooser and result of different lengths");
    let Some([whole, windowed]) = windows.pieces(chooser.len(), values.len()) else {
        output.fill(0.0);
        return;
    };
    let run = |output: &mut [f32], chooser: &[f32], values: &[f32]| match windows.are_pairs() {
        true => dispatch(ScatterPairs { size: windows.size, chooser, values, output }),
        false => dispatch(Scatter { windows, chooser, values, output }),
    };
    if chooser.len() < PARALLEL_FROM {
        run(output, chooser, values);
        return;
    }
    let inputs = chooser.par_chunks(whole).zip(values.par_chunks(windowed));
    output.par_chunks_mut(whole).zip(inputs).for_each(|(output, (chooser, values))| run(output, chooser, values));
}

/// Where the largest values of the windows of a plane are.
///
/// The largest of a window is the largest of its rows' largest, so that rows are searched once for all windows that share
/// them. Of both searches every step is one for all windows of a row, in neighbouring lanes.
struct Choice {
    windows: Windows,
    /// The pixels of a row by their remainder, so that pixels of neighbouring windows are neighbours. Beyond the border there
    /// are numbers that are never the largest.
    dealt: Vec<f32>,
    /// Largest of each part of a row that a window sees, and its column; `[plane row, window]`.
    of_rows: Vec<f32>,
    columns: Vec<u32>,
    /// Largest of each window of a row of windows, and its place in the plane.
    largest: Vec<f32>,
    places: Vec<u32>,
}

impl Choice {
    fn new(windows: Windows) -> Self {
        let ([height, _], [_, count]) = (windows.size, windows.counts());
        Self {
            windows,
            dealt: vec![f32::NEG_INFINITY; (count + windows.kernel[1].div_ceil(windows.stride[1])) * windows.stride[1]],
            of_rows: vec![0.0; height * count],
            columns: vec![0; height * count],
            largest: vec![0.0; count],
            places: vec![0; count],
        }
    }

    /// Searches the rows of `plane`.
    #[inline(always)]
    fn search(&mut self, plane: &[f32]) {
        let Windows { size: [_, width], kernel: [_, kernel], stride: [_, stride], padding: [_, padding] } =
            self.windows;
        let count = self.largest.len();
        let length = self.dealt.len() / stride;
        let rows = self.of_rows.chunks_exact_mut(count).zip(self.columns.chunks_exact_mut(count));
        for ((largest, columns), line) in rows.zip(plane.chunks_exact(width)) {
            for remainder in 0..stride {
                let first = padding.saturating_sub(remainder).div_ceil(stride);
                let start = first * stride + remainder - padding;
                let Some(line) = line.get(start..).filter(|line| !line.is_empty()) else { continue };
                let present = line.len().div_ceil(stride).min(length - first);
                deal(stride, line, &mut self.dealt[remainder * length + first..][..present]);
            }
            largest.fill(f32::NEG_INFINITY);
            for (window, column) in columns.iter_mut().enumerate() {
                *column = (window * stride).saturating_sub(padding) as u32;
            }
            for across in 0..kernel {
                let values = &self.dealt[across % stride * length + across / stride..][..count];
                let from = across.wrapping_sub(padding) as u32;
                for (window, ((largest, column), value)) in
                    largest.iter_mut().zip(&mut *columns).zip(values).enumerate()
                {
                    let replaces = *value > *largest || value.is_nan();
                    *largest = if replaces { *value } else { *largest };
                    *column = if replaces { ((window * stride) as u32).wrapping_add(from) } else { *column };
                }
            }
        }
    }

    /// Takes the largest of the rows that each window of this row of windows sees.
    #[inline(always)]
    fn choose(&mut self, row: usize) {
        let Windows { size: [height, width], kernel: [kernel, _], stride: [stride, _], padding: [padding, _] } =
            self.windows;
        let count = self.largest.len();
        let first = (row * stride).saturating_sub(padding);
        let end = (row * stride + kernel - padding).min(height);
        for from in first..end {
            let found = self.of_rows[from * count..][..count].iter().zip(&self.columns[from * count..][..count]);
            let start = (from * width) as u32;
            for ((largest, place), (value, column)) in self.largest.iter_mut().zip(&mut self.places).zip(found) {
                let replaces = from == first || *value > *largest || value.is_nan();
                *largest = if replaces { *value } else { *largest };
                *place = if replaces { start + *column } else { *place };
            }
        }
    }
}

struct Gather<'a> {
    windows: Windows,
    chooser: &'a [f32],
    values: &'a [f32],
    output: &'a mut [f32],
}

impl Task for Gather<'_> {
    type Output = ();

    #[inline(always)]
    fn run<const ROWS: usize, const COLUMNS: usize, const FUSED: bool>(self) {
        let (plane, [rows, columns]) = (self.windows.size.iter().product(), self.windows.counts());
        let mut choice = Choice::new(self.windows);
        let are_choosers = std::ptr::eq(self.chooser, self.values);
        let planes = self.chooser.chunks_exact(plane).zip(self.values.chunks_exact(plane));
        for (output, (chooser, values)) in self.output.chunks_exact_mut(rows * columns).zip(planes) {
            choice.search(chooser);
            for (row, output) in output.chunks_exact_mut(columns).enumerate() {
                choice.choose(row);
                if are_choosers {
                    output.copy_from_slice(&choice.largest);
                    continue;
                }
                for (output, place) in output.iter_mut().zip(&choice.places) {
                    *output = values[*place as usize];
                }
            }
        }
    }
}

struct Scatter<'a> {
    windows: Windows,
    chooser: &'a [f32],
    values: &'a [f32],
    output: &'a mut [f32],
}

impl Task for Scatter<'_> {
    type Output = ();

    #[inline(always)]
    fn run<const ROWS: usize, const COLUMNS: usize, const FUSED: bool>(self) {
        let (plane, [rows, columns]) = (self.windows.size.iter().product(), self.windows.counts());
        let mut choice = Choice::new(self.windows);
        let planes = self.chooser.chunks_exact(plane).zip(self.values.chunks_exact(rows * columns));
        for (output, (chooser, values)) in self.output.chunks_exact_mut(plane).zip(planes) {
            output.fill(0.0);
            choice.search(chooser);
            for (row, values) in values.chunks_exact(columns).enumerate() {
                choice.choose(row);
                for (value, place) in values.iter().zip(&choice.places) {
                    output[*place as usize] += value;
                }
            }
        }
    }
}

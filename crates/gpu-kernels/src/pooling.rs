//! Values at the maxima of windows, the transpose, and the maxima of neighbourhoods, in one launch each.
//!
//! Of equal values the first in row-major order counts, as in PyTorch; NaN counts as larger than any number.

use crate::{
    launch::one_each,
    layout::{empty, empty_like, sizes},
};
use burn_cubecl::{CubeRuntime, kernel::into_contiguous, tensor::CubeTensor};
use cubecl::prelude::*;

/// Windows over images.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Windows {
    /// Rows and columns of a window.
    pub kernel: [usize; 2],
    /// Rows and columns between neighbouring windows.
    pub stride: [usize; 2],
    /// Rows and columns on either side that windows may reach over.
    pub padding: [usize; 2],
    /// Windows from top to bottom and from left to right.
    pub count: [usize; 2],
}

/// [`Windows`] and the images' size, for a kernel.
#[derive(CubeLaunch, CubeType, Clone, Copy)]
struct Over {
    kernel_rows: u32,
    kernel_columns: u32,
    stride_rows: u32,
    stride_columns: u32,
    padding_rows: u32,
    padding_columns: u32,
    rows: u32,
    columns: u32,
    height: u32,
    width: u32,
}

fn over<R: CubeRuntime>(windows: Windows, [height, width]: [usize; 2]) -> OverLaunch<R> {
    let Windows { kernel, stride, padding, count } = windows;
    OverLaunch::new(
        kernel[0] as u32,
        kernel[1] as u32,
        stride[0] as u32,
        stride[1] as u32,
        padding[0] as u32,
        padding[1] as u32,
        count[0] as u32,
        count[1] as u32,
        height as u32,
        width as u32,
    )
}

/// From each window the entry of `values [batch, channels, height, width]` at the place of the window's largest entry of `chooser`, of
/// the same shape: `[batch, channels, count[0], count[1]]`.
pub fn gather_maxima<R: CubeRuntime>(chooser: CubeTensor<R>, values: CubeTensor<R>, windows: Windows) -> CubeTensor<R> {
    let [chooser, values] = [chooser, values].map(into_contiguous);
    let [batch, channels, height, width] = sizes(&chooser);
    let output = empty(&values, [batch, channels, windows.count[0], windows.count[1]]);
    let (count, cube) = one_each(&output);
    gather_kernel::launch::<R>(
        &output.client,
        count,
        cube,
        chooser.into_array_arg(),
        values.into_array_arg(),
        output.clone().into_array_arg(),
        over(windows, [height, width]),
        output.dtype.into(),
    );
    output
}

/// Where in a plane the largest entry of a window is.
#[cube]
fn largest<F: Float>(chooser: &Array<F>, plane: u32, row: u32, column: u32, over: &Over) -> u32 {
    let base = plane * over.height * over.width;
    let mut found = 0u32;
    let mut value = F::new(0.0);
    let mut any = false;
    for i in 0..over.kernel_rows {
        // Shifted by the padding, so that no number is below 0.
        let y = row * over.stride_rows + i;
        if y >= over.padding_rows && y < over.height + over.padding_rows {
            for j in 0..over.kernel_columns {
                let x = column * over.stride_columns + j;
                if x >= over.padding_columns && x < over.width + over.padding_columns {
                    let place = (y - over.padding_rows) * over.width + x - over.padding_columns;
                    let own = chooser[(base + place) as usize];
                    if !any || own > value || bool::cast_from(own.is_nan()) {
                        found = place;
                        value = own;
                        any = true;
                    }
                }
            }
        }
    }
    found
}

#[cube(launch)]
fn gather_kernel<F: Float>(
    chooser: &Array<F>,
    values: &Array<F>,
    output: &mut Array<F>,
    over: Over,
    #[define(F)] _dtype: StorageType,
) {
    if ABSOLUTE_POS < output.len() {
        let index = ABSOLUTE_POS as u32;
        let column = index % over.columns;
        let row = index / over.columns % over.rows;
        let plane = index / (over.columns * over.rows);
        let place = largest(chooser, plane, row, column, &over);
        output[ABSOLUTE_POS] = values[(plane * over.height * over.width + place) as usize];
    }
}

/// The transpose of [`gather_maxima`]: each entry of `values [batch, channels, count[0], count[1]]` is added at the place of its
/// window's largest entry of `chooser [batch, channels, height, width]`; zeros elsewhere.
///
/// A unit adds what falls on its pixel, window by window, so that nothing depends on the order in which units run.
pub fn scatter_maxima<R: CubeRuntime>(
    chooser: CubeTensor<R>,
    values: CubeTensor<R>,
    windows: Windows,
) -> CubeTensor<R> {
    let [chooser, values] = [chooser, values].map(into_contiguous);
    let [_, _, height, width] = sizes(&chooser);
    let output = empty_like(&chooser);
    let (count, cube) = one_each(&output);
    scatter_kernel::launch::<R>(
        &output.client,
        count,
        cube,
        chooser.into_array_arg(),
        values.into_array_arg(),
        output.clone().into_array_arg(),
        over(windows, [height, width]),
        output.dtype.into(),
    );
    output
}

/// The first of the windows along an axis that hold a pixel, `pixel` counted from the edge of the padding.
#[cube]
fn first_window(pixel: u32, kernel: u32, stride: u32) -> u32 {
    let mut first = 0u32;
    if pixel >= kernel {
        first = (pixel - kernel) / stride + 1;
    }
    first
}

#[cube(launch)]
fn scatter_kernel<F: Float>(
    chooser: &Array<F>,
    values: &Array<F>,
    output: &mut Array<F>,
    over: Over,
    #[define(F)] _dtype: StorageType,
) {
    if ABSOLUTE_POS < output.len() {
        let index = ABSOLUTE_POS as u32;
        let area = over.height * over.width;
        let plane = index / area;
        let pixel = index % area;
        let y = pixel / over.width + over.padding_rows;
        let x = pixel % over.width + over.padding_columns;
        let mut sum = F::new(0.0);
        let mut row = first_window(y, over.kernel_rows, over.stride_rows);
        while row < over.rows && row * over.stride_rows <= y {
            let mut column = first_window(x, over.kernel_columns, over.stride_columns);
            while column < over.columns && column * over.stride_columns <= x {
                if largest(chooser, plane, row, column, &over) == pixel {
                    sum += values[((plane * over.rows + row) * over.columns + column) as usize];
                }
                column += 1;
            }
            row += 1;
        }
        output[ABSOLUTE_POS] = sum;
    }
}

/// The largest of each pixel and its eight neighbours, of the input's shape.
pub fn dilate<R: CubeRuntime>(input: CubeTensor<R>) -> CubeTensor<R> {
    let [_, _, height, width] = sizes(&input);
    let windows = Windows { kernel: [3; 2], stride: [1; 2], padding: [1; 2], count: [height, width] };
    gather_maxima(input.clone(), input, windows)
}

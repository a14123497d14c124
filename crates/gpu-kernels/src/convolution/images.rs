//! The products whose results are images: the forward pass and the gradient of the input.

use super::{
    DEPTH, Grid, TILE, Windows,
    geometry::{Geometry, Sizes},
    image, output_size,
    tile::{UNITS, add_parts, multiply, part, place, sums},
};
use crate::layout::{empty, empty_channels_last, sizes};
use burn_cubecl::{CubeRuntime, kernel::into_contiguous, tensor::CubeTensor};
use cubecl::{prelude::*, std::FastDivmod};

/// Tiles of positions side by side, at most: WebGPU lets a launch have 65,535 cubes along an axis. More are laid out in rows.
const TILES: u32 = 1 << 15;

/// Cross-correlates `input [batch, in, height, width]` with `weight [out, in, rows, columns]`.
pub(super) fn forward<R: CubeRuntime>(input: CubeTensor<R>, weight: CubeTensor<R>, windows: Windows) -> CubeTensor<R> {
    let [outputs, inputs, rows, columns] = sizes(&weight);
    let ([batch, _, height, width], input) = image(input);
    let [out_height, out_width] = output_size([height, width], [rows, columns], windows);
    let weight_strides = [inputs * rows * columns, rows * columns];
    product(
        input,
        weight,
        Operation {
            source: [inputs, height, width],
            result: [batch, outputs, out_height, out_width],
            kernel: [rows, columns],
            weight_strides,
            windows,
            transposed: false,
        },
    )
}

/// The gradient of [`forward`] with respect to its input, whose rows and columns are `size`.
pub(super) fn input_gradient<R: CubeRuntime>(
    weight: CubeTensor<R>,
    output_gradient: CubeTensor<R>,
    size: [usize; 2],
    windows: Windows,
) -> CubeTensor<R> {
    let [outputs, inputs, rows, columns] = sizes(&weight);
    let ([batch, _, out_height, out_width], output_gradient) = image(output_gradient);
    let weight_strides = [rows * columns, inputs * rows * columns];
    product(
        output_gradient,
        weight,
        Operation {
            source: [outputs, out_height, out_width],
            result: [batch, inputs, size[0], size[1]],
            kernel: [rows, columns],
            weight_strides,
            windows,
            transposed: true,
        },
    )
}

struct Operation {
    /// Channels, rows and columns of the images that are read.
    source: [usize; 3],
    result: [usize; 4],
    kernel: [usize; 2],
    /// Of a channel of the result, and of one of the source.
    weight_strides: [usize; 2],
    windows: Windows,
    transposed: bool,
}

fn product<R: CubeRuntime>(source: CubeTensor<R>, weight: CubeTensor<R>, operation: Operation) -> CubeTensor<R> {
    let Operation { source: [channels, height, width], result, kernel, weight_strides, windows, transposed } =
        operation;
    let weight = into_contiguous(weight);
    let [batch, outputs, out_height, out_width] = result;
    let positions = batch * out_height * out_width;
    let terms = kernel[0] * kernel[1] * channels;
    let grid = Grid::new([positions, outputs], terms);
    let made = empty_channels_last(&source, result);
    let written = match grid.parts {
        1 => made.clone(),
        parts => empty(&source, [parts as usize, positions, outputs]),
    };
    let (client, dtype) = (source.client.clone(), source.dtype);
    let geometry = Sizes {
        result: [out_height, out_width],
        source: [channels, height, width],
        kernel_columns: kernel[1],
        windows,
        positions,
        outputs,
        part: grid.terms,
    };
    let rows_of_tiles = grid.tiles[0].div_ceil(TILES);
    let tiles = grid.tiles[0].div_ceil(rows_of_tiles);
    let [stride_rows, stride_columns] = windows.stride.map(|stride| stride as u32);
    let [weight_output, weight_channel] = weight_strides.map(|stride| stride as u32);
    product_kernel::launch::<R>(
        &client,
        CubeCount::Static(tiles, grid.tiles[1] * rows_of_tiles, grid.parts),
        CubeDim::new_1d(UNITS),
        source.into_array_arg(),
        weight.into_array_arg(),
        written.clone().into_array_arg(),
        geometry.launch(),
        ProductLaunch::new(stride_rows, stride_columns, terms as u32, weight_output, weight_channel, grid.tiles[1]),
        transposed,
        dtype.into(),
    );
    if grid.parts > 1 {
        add_parts(written, &made, grid.parts);
    }
    made
}

/// What the gradient of a weight does not need of a convolution.
#[derive(CubeLaunch, CubeType)]
struct Product {
    /// The strides again, to divide by.
    stride_rows: FastDivmod<u32>,
    stride_columns: FastDivmod<u32>,
    /// Rows times columns times channels of the kernel.
    terms: u32,
    /// From a channel of the result to the next in the weight, and from a channel of the source.
    weight_output: u32,
    weight_channel: u32,
    /// Tiles of outputs.
    output_tiles: u32,
}

/// Where along an axis a window's tap reads, and whether that is inside the source. Going forward, a window at `at` reads pixel
/// `at * stride + tap - padding`; transposed, the pixel `at` gets something from the window at `(at + padding - tap) / stride` if
/// that is a whole number.
#[cube]
fn read_at(
    at: u32,
    tap: u32,
    stride: &FastDivmod<u32>,
    padding: u32,
    size: u32,
    #[comptime] transposed: bool,
) -> (u32, bool) {
    let mut found = 0u32;
    let mut inside = false;
    if comptime!(transposed) {
        let shifted = at + padding;
        if shifted >= tap {
            let (window, rest) = stride.div_mod(shifted - tap);
            found = window;
            inside = rest == 0 && window < size;
        }
    } else {
        let shifted = at + tap;
        if shifted >= padding {
            found = shifted - padding;
            inside = found < size;
        }
    }
    (found, inside)
}

#[cube(launch)]
fn product_kernel<F: Float>(
    source: &Array<F>,
    weight: &Array<F>,
    result: &mut Array<F>,
    geometry: Geometry,
    product: Product,
    #[comptime] transposed: bool,
    #[define(F)] _dtype: StorageType,
) {
    let lane = UNIT_POS % 16;
    let line = UNIT_POS / 16;
    let row_of_tiles = CUBE_POS_Y / product.output_tiles;
    let first_position = (row_of_tiles * CUBE_COUNT_X + CUBE_POS_X) * TILE;
    let first_output = CUBE_POS_Y % product.output_tiles * TILE;
    let mut left = part::<F>();
    let mut right = part::<F>();
    let mut sums = sums::<F>();
    // The four positions that this unit loads: their images, rows and columns.
    let mut images = Array::<u32>::new(4usize);
    let mut rows = Array::<u32>::new(4usize);
    let mut columns = Array::<u32>::new(4usize);
    #[unroll]
    for i in 0..4u32 {
        let (rest, column) = geometry.columns.div_mod(first_position + line + 16 * i);
        let (image, row) = geometry.rows.div_mod(rest);
        images[i as usize] = image;
        if comptime!(transposed) {
            rows[i as usize] = row;
            columns[i as usize] = column;
        } else {
            rows[i as usize] = row * geometry.stride_rows;
            columns[i as usize] = column * geometry.stride_columns;
        }
    }
    let mut term = CUBE_POS_Z * geometry.part;
    let mut end = term + geometry.part;
    if end > product.terms {
        end = product.terms;
    }
    while term < end {
        let own = term + lane;
        let (tap, channel) = geometry.channels.div_mod(own);
        let (tap_row, tap_column) = geometry.kernel_columns.div_mod(tap);
        #[unroll]
        for i in 0..4u32 {
            let mut value = F::new(0.0);
            if own < end && first_position + line + 16 * i < geometry.positions {
                let index = i as usize;
                let (row, in_rows) = read_at(
                    rows[index],
                    tap_row,
                    &product.stride_rows,
                    geometry.padding_rows,
                    geometry.height,
                    transposed,
                );
                let (column, in_columns) = read_at(
                    columns[index],
                    tap_column,
                    &product.stride_columns,
                    geometry.padding_columns,
                    geometry.width,
                    transposed,
                );
                if in_rows && in_columns {
                    let pixel = (images[index] * geometry.height + row) * geometry.width + column;
                    value = source[(pixel * geometry.depth + channel) as usize];
                }
            }
            left[place(lane, line + 16 * i)] = value;
            let output = first_output + line + 16 * i;
            let mut value = F::new(0.0);
            if own < end && output < geometry.outputs {
                value = weight[(output * product.weight_output + channel * product.weight_channel + tap) as usize];
            }
            right[place(lane, line + 16 * i)] = value;
        }
        sync_cube();
        multiply(&left, &right, &mut sums);
        sync_cube();
        term += DEPTH;
    }
    #[unroll]
    for i in 0..4u32 {
        let position = first_position + line + 16 * i;
        #[unroll]
        for j in 0..4u32 {
            let output = first_output + lane + 16 * j;
            if position < geometry.positions && output < geometry.outputs {
                let place = (CUBE_POS_Z * geometry.positions + position) * geometry.outputs + output;
                result[place as usize] = sums[(4 * i + j) as usize];
            }
        }
    }
}

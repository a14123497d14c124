//! The product whose result is the gradient of the weight: its terms are all windows of the batch.

use super::{
    DEPTH, Grid, TILE, Windows,
    geometry::{Geometry, Sizes},
    image,
    tile::{UNITS, add_parts, multiply, part, place, sums},
};
use crate::layout::empty;
use burn_cubecl::{CubeRuntime, tensor::CubeTensor};
use cubecl::prelude::*;

/// The gradient of [`forward`](super::forward) with respect to its weight, `[out, in, rows, columns]`, whose rows and columns are
/// `kernel`.
pub(super) fn weight_gradient<R: CubeRuntime>(
    input: CubeTensor<R>,
    output_gradient: CubeTensor<R>,
    kernel: [usize; 2],
    windows: Windows,
) -> CubeTensor<R> {
    let ([batch, inputs, height, width], input) = image(input);
    let ([_, outputs, out_height, out_width], output_gradient) = image(output_gradient);
    let positions = batch * out_height * out_width;
    let taps = kernel[0] * kernel[1];
    let grid = Grid::new([outputs, taps * inputs], positions);
    let made = empty(&input, [outputs, inputs, kernel[0], kernel[1]]);
    let written = match grid.parts {
        1 => made.clone(),
        parts => empty(&input, [parts as usize, outputs, inputs, taps]),
    };
    let (client, dtype) = (input.client.clone(), input.dtype);
    let geometry = Sizes {
        result: [out_height, out_width],
        source: [inputs, height, width],
        kernel_columns: kernel[1],
        windows,
        positions,
        outputs,
        part: grid.terms,
    };
    product_kernel::launch::<R>(
        &client,
        CubeCount::Static(grid.tiles[0], grid.tiles[1], grid.parts),
        CubeDim::new_1d(UNITS),
        output_gradient.into_array_arg(),
        input.into_array_arg(),
        written.clone().into_array_arg(),
        geometry.launch(),
        taps as u32,
        dtype.into(),
    );
    if grid.parts > 1 {
        add_parts(written, &made, grid.parts);
    }
    made
}

#[cube(launch)]
fn product_kernel<F: Float>(
    gradient: &Array<F>,
    input: &Array<F>,
    result: &mut Array<F>,
    geometry: Geometry,
    taps: u32,
    #[define(F)] _dtype: StorageType,
) {
    // Neighbouring units load neighbouring channels of one window.
    let line = UNIT_POS % TILE;
    let lane = UNIT_POS / TILE;
    let first_output = CUBE_POS_X * TILE;
    let first_column = CUBE_POS_Y * TILE;
    let mut left = part::<F>();
    let mut right = part::<F>();
    let mut sums = sums::<F>();
    let columns = taps * geometry.depth;
    let (tap, channel) = geometry.channels.div_mod(first_column + line);
    let (tap_row, tap_column) = geometry.kernel_columns.div_mod(tap);
    let mut term = CUBE_POS_Z * geometry.part;
    let mut end = term + geometry.part;
    if end > geometry.positions {
        end = geometry.positions;
    }
    while term < end {
        #[unroll]
        for i in 0..4u32 {
            let own = lane + 4 * i;
            let position = term + own;
            let mut value = F::new(0.0);
            if position < end && first_output + line < geometry.outputs {
                value = gradient[(position * geometry.outputs + first_output + line) as usize];
            }
            left[place(own, line)] = value;
            let mut value = F::new(0.0);
            if position < end && first_column + line < columns {
                let (rest, column) = geometry.columns.div_mod(position);
                let (image, row) = geometry.rows.div_mod(rest);
                let y = row * geometry.stride_rows + tap_row;
                let x = column * geometry.stride_columns + tap_column;
                let in_rows = y >= geometry.padding_rows && y < geometry.height + geometry.padding_rows;
                let in_columns = x >= geometry.padding_columns && x < geometry.width + geometry.padding_columns;
                if in_rows && in_columns {
                    let pixel = (image * geometry.height + y - geometry.padding_rows) * geometry.width + x
                        - geometry.padding_columns;
                    value = input[(pixel * geometry.depth + channel) as usize];
                }
            }
            right[place(own, line)] = value;
        }
        sync_cube();
        multiply(&left, &right, &mut sums);
        sync_cube();
        term += DEPTH;
    }
    #[unroll]
    for i in 0..4u32 {
        let output = first_output + UNIT_POS / 16 + 16 * i;
        #[unroll]
        for j in 0..4u32 {
            let column = first_column + UNIT_POS % 16 + 16 * j;
            if output < geometry.outputs && column < columns {
                let (tap, channel) = geometry.channels.div_mod(column);
                let place = ((CUBE_POS_Z * geometry.outputs + output) * geometry.depth + channel) * taps + tap;
                result[place as usize] = sums[(4 * i + j) as usize];
            }
        }
    }
}

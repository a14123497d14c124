//! The weight gradient as a matrix product.
//!
//! For every (input channel, tap) and every output channel it is a dot product over
//! all positions of all images. The left operand, rows of (input channel, tap), is
//! gathered block by block from the [`Padded`] input; the right operand is the
//! output gradient with channels as columns, packed once for all.
//!
//! Where the result is small (few channels), rows alone would not keep several
//! threads busy, so positions are cut as well: into slices that depend on the
//! geometry only, whose sums are added in their order.

use rayon::prelude::*;

use super::Geometry;
use super::direct::forward_layout;
use super::padded::Padded;
use crate::buffers::{self, Buffer};
use crate::simd::{Task, dispatch};
use crate::tile::multiply;
use crate::transpose;

/// Approximate positions in a block.
const DEPTH: usize = 256;
/// Rows in a piece of work: a multiple of all tile heights.
const ROWS_IN_ITEM: usize = 72;
/// Minimum number of pieces of work in a call, if it is large enough.
const ITEMS: usize = 16;

/// See [`super::weight_gradient`].
pub(super) fn weight_gradient(
    geometry: &Geometry,
    input: &[f32],
    output_gradient: &[f32],
    weight_gradient: &mut [f32],
) {
    if weight_gradient.is_empty() {
        return;
    }
    if geometry.batch == 0 {
        weight_gradient.fill(0.0);
        return;
    }
    let [rows, columns] = geometry.output_size();
    let (layout, taps) = forward_layout(geometry);
    let source = Padded::borrowed(layout, input, geometry.in_channels, [geometry.height, geometry.width]);
    // A block is a number of whole rows of positions.
    let lines = geometry.batch * rows;
    let lines_in_block = (DEPTH / columns).max(1);
    let blocks = lines.div_ceil(lines_in_block);
    let depth = geometry.in_channels * taps.len();
    let groups = depth.div_ceil(ROWS_IN_ITEM);
    let slices = ITEMS.div_ceil(groups).min(blocks);
    let blocks_in_slice = blocks.div_ceil(slices);
    let slices = blocks.div_ceil(blocks_in_slice);
    let (right, right_panels, panel_columns) = dispatch(Transpose { geometry, output_gradient });
    let product = Product {
        source,
        taps,
        right,
        right_panels,
        depth,
        grid: [rows, columns],
        lines,
        lines_in_block,
        blocks_in_slice,
    };
    let width = right_panels * panel_columns;
    let mut partial = buffers::take(slices * depth * width);
    let mut items = Vec::with_capacity(slices * groups);
    for (slice, sums) in partial.chunks_mut(depth * width).enumerate() {
        for (group, sums) in sums.chunks_mut(ROWS_IN_ITEM * width).enumerate() {
            items.push(Item { product: &product, slice, first_row: group * ROWS_IN_ITEM, sums });
        }
    }
    items.into_par_iter().for_each(dispatch);

    let (first, more) = partial.split_at_mut(depth * width);
    for slice in more.chunks_exact(depth * width) {
        add(slice, first);
    }
    // The sums are [row][output channel]; the result has output channels first.
    weight_gradient.par_chunks_mut(transpose::BLOCK * depth).enumerate().for_each(|(group, result)| {
        let channels = result.len() / depth;
        let sums = &first[group * transpose::BLOCK..];
        transpose::matrix([depth, channels], sums, width, result, depth);
    });
}

/// Adds `values` to `total`.
fn add(values: &[f32], total: &mut [f32]) {
    const CHUNK: usize = 1 << 14;
    let add = |(total, values): (&mut [f32], &[f32])| {
        for (total, value) in total.iter_mut().zip(values) {
            *total += value;
        }
    };
    if total.len() <= CHUNK {
        add((total, values));
    } else {
        total.par_chunks_mut(CHUNK).zip(values.par_chunks(CHUNK)).for_each(add);
    }
}

/// Packs the output gradient into panels `[panel][image, position][tile columns]`.
struct Transpose<'a> {
    geometry: &'a Geometry,
    output_gradient: &'a [f32],
}

impl Task for Transpose<'_> {
    type Output = (Buffer, usize, usize);

    #[inline(always)]
    fn run<const ROWS: usize, const COLUMNS: usize, const FUSED: bool>(self) -> Self::Output {
        let channels = self.geometry.out_channels;
        let batch = self.geometry.batch;
        let pixels = self.output_gradient.len() / (batch * channels);
        let panels = channels.div_ceil(COLUMNS);
        let mut packed = buffers::take(panels * batch * pixels * COLUMNS);
        packed.par_chunks_mut(pixels * COLUMNS).enumerate().for_each(|(index, packed)| {
            let (panel, image) = (index / batch, index % batch);
            let first = panel * COLUMNS;
            let present = COLUMNS.min(channels - first);
            if present < COLUMNS {
                packed.fill(0.0);
            }
            let from = (image * channels + first) * pixels;
            transpose::matrix([present, pixels], &self.output_gradient[from..], pixels, packed, COLUMNS);
        });
        (packed, panels, COLUMNS)
    }
}

struct Product<'a> {
    source: Padded<'a>,
    taps: Vec<usize>,
    right: Buffer,
    right_panels: usize,
    /// Rows of the left operand: input channels times taps.
    depth: usize,
    grid: [usize; 2],
    /// Rows of positions, over all images.
    lines: usize,
    lines_in_block: usize,
    blocks_in_slice: usize,
}

struct Item<'a> {
    product: &'a Product<'a>,
    slice: usize,
    first_row: usize,
    /// `[rows][panels * tile columns]`
    sums: &'a mut [f32],
}

impl Task for Item<'_> {
    type Output = ();

    #[inline(always)]
    fn run<const ROWS: usize, const COLUMNS: usize, const FUSED: bool>(self) {
        let product = self.product;
        let columns = product.grid[1];
        let width = product.right_panels * COLUMNS;
        let rows = self.sums.len() / width;
        let positions = product.lines * columns;
        let most = product.lines_in_block * columns;
        let left_panels = rows.div_ceil(ROWS);
        let mut left = buffers::take(left_panels * ROWS * most);
        let mut tile = [[0.0; COLUMNS]; ROWS];
        let first_line = self.slice * product.blocks_in_slice * product.lines_in_block;
        let end_line = product.lines.min(first_line + product.blocks_in_slice * product.lines_in_block);
        for line in (first_line..end_line).step_by(product.lines_in_block) {
            let lines = line..end_line.min(line + product.lines_in_block);
            let depth = lines.len() * columns;
            self.gather::<ROWS>(lines, &mut left);
            for panel in 0..product.right_panels {
                let right = (panel * positions + line * columns) * COLUMNS;
                let right = &product.right[right..][..depth * COLUMNS];
                for left_panel in 0..left_panels {
                    let left = &left[left_panel * ROWS * depth..][..ROWS * depth];
                    let first = left_panel * ROWS;
                    let count = ROWS.min(rows - first);
                    multiply::<ROWS, COLUMNS, FUSED>([count, COLUMNS], left, right, &mut tile, false);
                    for (row, tile) in tile[..count].iter().enumerate() {
                        let start = (first + row) * width + panel * COLUMNS;
                        let sums = &mut self.sums[start..start + COLUMNS];
                        for (sum, value) in sums.iter_mut().zip(tile) {
                            *sum = if line == first_line { *value } else { *sum + *value };
                        }
                    }
                }
            }
        }
    }
}

impl Item<'_> {
    /// Gathers the rows of this piece of work, at the given rows of positions,
    /// into panels `[panel][position][tile rows]`.
    #[inline(always)]
    fn gather<const ROWS: usize>(&self, lines: std::ops::Range<usize>, left: &mut [f32]) {
        let product = self.product;
        let source = &product.source;
        let [grid_rows, columns] = product.grid;
        let rows = self.rows();
        let depth = lines.len() * columns;
        for (panel, left) in left.chunks_exact_mut(depth * ROWS).enumerate() {
            let first = panel * ROWS;
            if first >= rows {
                break;
            }
            let mut starts = [0; ROWS];
            for (row, start) in starts.iter_mut().enumerate() {
                // Rows past the last repeat it; their results are not read.
                let index = self.first_row + (first + row).min(rows - 1);
                *start =
                    index / product.taps.len() * source.layout.channel() + product.taps[index % product.taps.len()];
            }
            for (line, left) in lines.clone().zip(left.chunks_exact_mut(columns * ROWS)) {
                let from = line / grid_rows * source.image() + line % grid_rows * source.layout.row();
                for column in (0..columns).step_by(transpose::BLOCK) {
                    transpose::block(
                        &starts,
                        transpose::BLOCK.min(columns - column),
                        &source.values()[from + column..],
                        &mut left[column * ROWS..],
                        ROWS,
                    );
                }
            }
        }
    }

    fn rows(&self) -> usize {
        ROWS_IN_ITEM.min(self.product.depth - self.first_row)
    }
}

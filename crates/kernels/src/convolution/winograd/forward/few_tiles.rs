//! Few tiles: they are transformed once, and each piece of work is a panel of channels of the result, for all tiles.

use rayon::prelude::*;

use super::super::transform::{Result, lanes_of, side_by_side};
use super::super::{ELEMENTS, LANES, PATCH, TILE, element_stride};
use super::transforms::{Filters, Tiles};
use super::{Plan, WIDEST};
use crate::buffers;
use crate::simd::{Task, dispatch};
use crate::tile::multiply;
use crate::transpose;

/// See [`super::Convolution`].
#[inline(always)]
pub(super) fn run<const ROWS: usize, const COLUMNS: usize>(plan: &Plan<'_>) {
    let tile_panels = plan.source.panels();
    let tiles_block = ELEMENTS * element_stride(plan.depth * ROWS);
    let mut tiles = buffers::take(tile_panels * plan.blocks * tiles_block);
    tiles.par_chunks_mut(tiles_block).enumerate().for_each(|(index, target)| {
        dispatch(Tiles::<'_, '_, ROWS> { plan, panel: index / plan.blocks, block: index % plan.blocks, target });
    });
    (0..plan.channels.div_ceil(COLUMNS)).into_par_iter().for_each(|panel| {
        let mut filters = buffers::take(ELEMENTS * element_stride(plan.depth * COLUMNS));
        let mut products = buffers::take(tile_panels * ELEMENTS * ROWS * COLUMNS + LANES);
        for block in 0..plan.blocks {
            dispatch(Filters::<'_, '_, COLUMNS> { plan, panel, block, target: &mut filters });
            dispatch(Multiply { plan, panel, block, filters: &filters, tiles: &tiles, products: &mut products });
        }
        dispatch(Finish { plan, panel, products: &products });
    });
}

/// Adds the products of a block of source channels.
struct Multiply<'a, 'b> {
    plan: &'a Plan<'b>,
    /// The panel of channels.
    panel: usize,
    block: usize,
    /// Those of the panel and the block, `[element][source channel][tile columns]`.
    filters: &'a [f32],
    /// `[panel of tiles][block][element][source channel][tile rows]`
    tiles: &'a [f32],
    /// `[panel of tiles][element][tile rows][tile columns]`
    products: &'a mut [f32],
}

impl Task for Multiply<'_, '_> {
    type Output = ();

    #[inline(always)]
    fn run<const ROWS: usize, const COLUMNS: usize, const FUSED: bool>(self) {
        let plan = self.plan;
        let depth = plan.block(self.block).len();
        let channels = COLUMNS.min(plan.channels - self.panel * COLUMNS);
        let left_stride = element_stride(plan.depth * ROWS);
        let right_stride = element_stride(plan.depth * COLUMNS);
        let (products, _) = self.products.as_chunks_mut::<COLUMNS>();
        let (products, _) = products.as_chunks_mut::<ROWS>();
        for element in 0..ELEMENTS {
            let right = &self.filters[element * right_stride..][..depth * COLUMNS];
            for (panel, products) in products.chunks_exact_mut(ELEMENTS).enumerate() {
                let used = ROWS.min(plan.tiles - panel * ROWS);
                let left = ((panel * plan.blocks + self.block) * ELEMENTS + element) * left_stride;
                let left = &self.tiles[left..][..depth * ROWS];
                multiply::<ROWS, COLUMNS, FUSED>([used, channels], left, right, &mut products[element], self.block > 0);
            }
        }
    }
}

/// Transforms the products back and writes the result.
struct Finish<'a, 'b> {
    plan: &'a Plan<'b>,
    /// The panel of channels.
    panel: usize,
    /// As in [`Multiply`].
    products: &'a [f32],
}

impl Task for Finish<'_, '_> {
    type Output = ();

    #[inline(always)]
    fn run<const ROWS: usize, const COLUMNS: usize, const FUSED: bool>(self) {
        let plan = self.plan;
        let first = self.panel * COLUMNS;
        let channels = COLUMNS.min(plan.channels - first);
        // The 16 pixels of a tile, by channel at first and then side by side.
        let mut values = [[0.0; WIDEST]; TILE * TILE];
        let mut pixels = [[[0.0; TILE]; TILE]; WIDEST];
        let plain = plan.epilogue.is_plain();
        let epilogue = plan.epilogue.of_channels::<WIDEST>(first, plan.channels);
        for panel in 0..plan.source.panels() {
            let products = &self.products[panel * ELEMENTS * ROWS * COLUMNS..];
            let tiles = plan.source.runs(panel).iter().flat_map(|run| (0..run.length).map(move |index| (run, index)));
            for (tile, (run, index)) in tiles.enumerate() {
                for lane in (0..channels).step_by(LANES) {
                    side_by_side::<Result, 6, 4, FUSED>(
                        |row, column| lanes_of(products, ((row * PATCH + column) * ROWS + tile) * COLUMNS + lane),
                        |row, column, found| values[row * TILE + column][lane..][..LANES].copy_from_slice(found),
                    );
                }
                if !plain {
                    values.iter_mut().for_each(|values| epilogue.apply::<FUSED>(values));
                }
                transpose::matrix(
                    [TILE * TILE, channels],
                    values.as_flattened(),
                    WIDEST,
                    pixels.as_flattened_mut().as_flattened_mut(),
                    TILE * TILE,
                );
                let columns = TILE.min(run.columns - index * TILE);
                for (channel, pixels) in pixels[..channels].iter().enumerate() {
                    let start = run.result + index * TILE + (first + channel) * plan.pixels;
                    for (row, pixels) in pixels[..run.rows].iter().enumerate() {
                        let start = start + row * plan.width;
                        // SAFETY: a pixel belongs to one tile, and a channel to one piece of work, which holds one slice
                        // at a time.
                        let target = unsafe { plan.result.slice(start, columns) };
                        target.copy_from_slice(&pixels[..columns]);
                        plan.epilogue.add(start, target);
                    }
                }
            }
        }
    }
}

//! Many tiles: the filters are transformed once, and each piece of work is a panel of tiles, for all channels of the result.

use rayon::prelude::*;

use super::super::transform::{Result, lanes_of, side_by_side, side_by_side_then};
use super::super::{ELEMENTS, LANES, PATCH, TILE, element_stride};
use super::transforms::{Filters, Tiles};
use super::{Plan, Run, WIDEST};
use crate::buffers;
use crate::convolution::padded::BLOCK;
use crate::convolution::store;
use crate::simd::{Task, dispatch};
use crate::tile::multiply;

/// See [`super::Convolution`].
#[inline(always)]
pub(super) fn run<const ROWS: usize, const COLUMNS: usize>(plan: &Plan<'_>) {
    let row_panels = plan.channels.div_ceil(ROWS);
    let filters_block = ELEMENTS * element_stride(plan.depth * ROWS);
    let tiles_block = ELEMENTS * element_stride(plan.depth * COLUMNS);
    let length = row_panels * plan.blocks * filters_block;
    let mut filters = buffers::take(length + BLOCK);
    filters[..length].par_chunks_mut(filters_block).enumerate().for_each(|(index, target)| {
        dispatch(Filters::<'_, '_, ROWS> { plan, panel: index / plan.blocks, block: index % plan.blocks, target });
    });
    (0..plan.source.panels()).into_par_iter().for_each(|panel| {
        let mut tiles = buffers::take(plan.blocks * tiles_block);
        for (block, target) in tiles.chunks_exact_mut(tiles_block).enumerate() {
            dispatch(Tiles::<'_, '_, COLUMNS> { plan, panel, block, target });
        }
        dispatch(Multiply { plan, panel, filters: &filters, tiles: &tiles });
    });
}

/// Multiplies, transforms back and writes the result.
struct Multiply<'a, 'b> {
    plan: &'a Plan<'b>,
    /// The panel of tiles.
    panel: usize,
    /// `[panel of channels][block][element][source channel][tile rows]`
    filters: &'a [f32],
    /// Those of the panel, `[block][element][source channel][tile columns]`.
    tiles: &'a [f32],
}

impl Task for Multiply<'_, '_> {
    type Output = ();

    #[inline(always)]
    fn run<const ROWS: usize, const COLUMNS: usize, const FUSED: bool>(self) {
        let plan = self.plan;
        // Of the last row whole vectors are read as well.
        let mut products = buffers::take(ELEMENTS * ROWS * COLUMNS + LANES);
        let runs = plan.source.runs(self.panel);
        let used = (plan.tiles - self.panel * COLUMNS).min(COLUMNS);
        let mut values = [[[0.0; WIDEST]; TILE]; TILE];
        let mut pixels = [[[0.0; TILE]; WIDEST]; TILE];
        for row_panel in 0..plan.channels.div_ceil(ROWS) {
            let first = row_panel * ROWS;
            let rows = ROWS.min(plan.channels - first);
            for block in 0..plan.blocks {
                let depth = plan.block(block).len();
                let left_stride = element_stride(plan.depth * ROWS);
                let right_stride = element_stride(plan.depth * COLUMNS);
                let left = (row_panel * plan.blocks + block) * ELEMENTS * left_stride;
                let right = block * ELEMENTS * right_stride;
                let (products, _) = products.as_chunks_mut::<COLUMNS>();
                let (products, _) = products.as_chunks_mut::<ROWS>();
                for (element, products) in products[..ELEMENTS].iter_mut().enumerate() {
                    let left = &self.filters[left + element * left_stride..][..depth * ROWS];
                    let right = &self.tiles[right + element * right_stride..][..depth * COLUMNS];
                    multiply::<ROWS, COLUMNS, FUSED>([rows, used], left, right, products, block > 0);
                }
            }
            for row in 0..rows {
                for lane in (0..used).step_by(LANES) {
                    let load = |r, c| lanes_of(&products, ((r * PATCH + c) * ROWS + row) * COLUMNS + lane);
                    let store = |r: usize, c: usize, found: &[f32; LANES]| {
                        values[r][c][lane..][..LANES].copy_from_slice(found);
                    };
                    match plan.epilogue.is_plain() {
                        true => side_by_side::<Result, 6, 4, FUSED>(load, store),
                        false => {
                            let epilogue = plan.epilogue.of_channel(first + row);
                            side_by_side_then::<Result, 6, 4, FUSED>(load, epilogue, store);
                        }
                    }
                }
                for (pixels, values) in pixels.iter_mut().zip(&values) {
                    interleave(used, values, pixels);
                }
                self.write(runs, (first + row) * plan.pixels, &pixels);
            }
        }
    }
}

/// Puts the four pixels of a row of each tile next to each other.
#[inline(always)]
fn interleave(used: usize, values: &[[f32; WIDEST]; TILE], pixels: &mut [[f32; TILE]; WIDEST]) {
    let [a, b, c, d] = values;
    // The number is only known at run time, so this stays a loop, and the compiler
    // makes shuffles of it.
    let used = used.min(WIDEST);
    for ((((pixels, a), b), c), d) in
        pixels[..used].iter_mut().zip(&a[..used]).zip(&b[..used]).zip(&c[..used]).zip(&d[..used])
    {
        *pixels = [*a, *b, *c, *d];
    }
}

impl Multiply<'_, '_> {
    /// Writes the pixels of all tiles of a panel, for one channel.
    #[inline(always)]
    fn write(&self, runs: &[Run], channel: usize, pixels: &[[[f32; TILE]; WIDEST]; TILE]) {
        let plan = self.plan;
        for run in runs {
            for (row, pixels) in pixels.iter().enumerate().take(run.rows) {
                let start = run.result + channel + row * plan.width;
                // SAFETY: a pixel belongs to one tile, and a tile of one channel to
                // one piece of work, which holds one slice at a time.
                let target = unsafe { plan.result.slice(start, run.columns) };
                store::row(target, 1, &pixels.as_flattened()[run.tile * TILE..][..run.columns], true);
                plan.epilogue.add(start, target);
            }
        }
    }
}

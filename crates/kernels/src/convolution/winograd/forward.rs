//! The forward pass and the input gradient, which is a forward pass with the filters rotated by 180° and the
//! roles of the channels exchanged.
//!
//! Either side of the 36 products is transformed once and kept for all threads,
//! and the other is transformed by each piece of work just before its use, while
//! it is in the cache: the filters are shared where there are many tiles, the
//! tiles where there are few and the filters are the bulk.

use rayon::prelude::*;

use super::transform::{Filter, Image, Result, both};
use super::{ELEMENTS, Geometry, LANES, PATCH, TILE, element_stride};
use crate::buffers;
use crate::convolution::padded::{BLOCK, Layout, Padded};
use crate::shared::Shared;
use crate::simd::{Task, dispatch, prefetch};
use crate::tile::multiply;
use crate::transpose;

/// Source channels in a block of the products, at most.
const DEPTH: usize = 128;
/// With more panels of tiles than this, the filters are shared.
const FEW_PANELS: usize = 4;

/// See [`crate::convolution::forward`].
pub(in super::super) fn forward(geometry: &Geometry, input: &[f32], weight: &[f32], output: &mut [f32]) {
    dispatch(Convolution {
        batch: geometry.batch,
        channels: geometry.out_channels,
        source_channels: geometry.in_channels,
        source: input,
        source_size: [geometry.height, geometry.width],
        size: geometry.output_size(),
        before: geometry.padding.map(|padding| padding as isize),
        weight,
        strides: [geometry.in_channels * 9, 9],
        turned: false,
        result: output,
    });
}

/// See [`crate::convolution::input_gradient`].
pub(in super::super) fn input_gradient(
    geometry: &Geometry,
    weight: &[f32],
    output_gradient: &[f32],
    input_gradient: &mut [f32],
) {
    dispatch(Convolution {
        batch: geometry.batch,
        channels: geometry.in_channels,
        source_channels: geometry.out_channels,
        source: output_gradient,
        source_size: geometry.output_size(),
        size: [geometry.height, geometry.width],
        before: geometry.padding.map(|padding| 2 - padding as isize),
        weight,
        strides: [9, geometry.in_channels * 9],
        turned: true,
        result: input_gradient,
    });
}

/// A convolution of `source` with 3 x 3 filters.
struct Convolution<'a> {
    batch: usize,
    channels: usize,
    source_channels: usize,
    source: &'a [f32],
    source_size: [usize; 2],
    /// Rows and columns of the result.
    size: [usize; 2],
    /// Padding before the source.
    before: [isize; 2],
    weight: &'a [f32],
    /// Distance in `weight` between channels of the result and of the source.
    strides: [usize; 2],
    /// Whether the filters are rotated by 180°.
    turned: bool,
    result: &'a mut [f32],
}

/// A run of tiles that are neighbours in an image, within a panel.
#[derive(Clone, Copy)]
struct Run {
    /// First tile within the panel.
    tile: usize,
    length: usize,
    /// Offset in the padded source.
    source: usize,
    /// Offset in the first channel of the result.
    result: usize,
    /// Rows and columns of the result that exist.
    rows: usize,
    columns: usize,
}

/// What the pieces of work share.
struct Plan<'a> {
    source: Padded<'a>,
    taps: [usize; ELEMENTS],
    runs: Vec<Run>,
    /// The longest of the runs.
    longest: usize,
    /// [`LANES`] as a run-time value: the compiler would unroll a loop of known length before vectorising it.
    lanes: usize,
    /// End of each panel of tiles in `runs`.
    panel_ends: Vec<usize>,
    tiles: usize,
    channels: usize,
    source_channels: usize,
    /// Source channels in a block, and blocks.
    depth: usize,
    blocks: usize,
    /// Floats in a channel of the result.
    pixels: usize,
    width: usize,
    weight: &'a [f32],
    strides: [usize; 2],
    turned: bool,
    result: Shared<'a>,
}

impl Task for Convolution<'_> {
    type Output = ();

    #[inline(always)]
    fn run<const ROWS: usize, const COLUMNS: usize, const FUSED: bool>(self) {
        if self.result.is_empty() {
            return;
        }
        let plan = self.plan::<COLUMNS>();
        let row_panels = plan.channels.div_ceil(ROWS);
        let tile_panels = plan.panel_ends.len();
        let filters_block = ELEMENTS * element_stride(plan.depth * ROWS);
        let tiles_block = ELEMENTS * element_stride(plan.depth * COLUMNS);
        if tile_panels > FEW_PANELS {
            let mut filters = buffers::take(row_panels * plan.blocks * filters_block + BLOCK);
            let length = row_panels * plan.blocks * filters_block;
            filters[..length].par_chunks_mut(filters_block).enumerate().for_each(|(index, target)| {
                dispatch(Filters { plan: &plan, panel: index / plan.blocks, block: index % plan.blocks, target });
            });
            (0..tile_panels).into_par_iter().for_each(|panel| {
                let mut tiles = buffers::take(plan.blocks * tiles_block);
                for (block, target) in tiles.chunks_exact_mut(tiles_block).enumerate() {
                    dispatch(Tiles { plan: &plan, panel, block, target });
                }
                dispatch(Multiply {
                    plan: &plan,
                    row_panels: 0..row_panels,
                    tile_panels: panel..panel + 1,
                    filters: &filters,
                    tiles: &tiles,
                });
            });
        } else {
            let mut tiles = buffers::take(tile_panels * plan.blocks * tiles_block);
            tiles.par_chunks_mut(tiles_block).enumerate().for_each(|(index, target)| {
                dispatch(Tiles { plan: &plan, panel: index / plan.blocks, block: index % plan.blocks, target });
            });
            (0..row_panels).into_par_iter().for_each(|panel| {
                let mut filters = buffers::take(plan.blocks * filters_block);
                for (block, target) in filters.chunks_exact_mut(filters_block).enumerate() {
                    dispatch(Filters { plan: &plan, panel, block, target });
                }
                dispatch(Multiply {
                    plan: &plan,
                    row_panels: panel..panel + 1,
                    tile_panels: 0..tile_panels,
                    filters: &filters,
                    tiles: &tiles,
                });
            });
        }
    }
}

impl<'a> Convolution<'a> {
    fn plan<const COLUMNS: usize>(self) -> Plan<'a> {
        let offsets: [Vec<isize>; 2] =
            std::array::from_fn(|axis| (0..PATCH as isize).map(|tap| tap - self.before[axis]).collect());
        let grid = self.size.map(|size| size.div_ceil(TILE));
        let layout = Layout::new([TILE, TILE], [&offsets[0], &offsets[1]], grid);
        let taps = std::array::from_fn(|tap| layout.tap([offsets[0][tap / PATCH], offsets[1][tap % PATCH]]));
        let source = Padded::new(layout, self.source, self.source_channels, self.source_size);
        let pixels = self.size[0] * self.size[1];
        let mut runs = Vec::with_capacity(self.batch * grid[0] * 2);
        let mut panel_ends = Vec::new();
        let mut tile = 0;
        for image in 0..self.batch {
            for row in 0..grid[0] {
                let mut done = 0;
                while done < grid[1] {
                    let length = (grid[1] - done).min(COLUMNS - tile);
                    runs.push(Run {
                        tile,
                        length,
                        source: image * source.image() + row * layout.row() + done,
                        result: image * self.channels * pixels + row * TILE * self.size[1] + done * TILE,
                        rows: TILE.min(self.size[0] - row * TILE),
                        columns: (length * TILE).min(self.size[1] - done * TILE),
                    });
                    done += length;
                    tile += length;
                    if tile == COLUMNS {
                        tile = 0;
                        panel_ends.push(runs.len());
                    }
                }
            }
        }
        if tile > 0 {
            panel_ends.push(runs.len());
        }
        let blocks = self.source_channels.div_ceil(DEPTH);
        Plan {
            source,
            taps,
            longest: grid[1].min(COLUMNS),
            lanes: std::hint::black_box(LANES),
            runs,
            panel_ends,
            tiles: self.batch * grid[0] * grid[1],
            channels: self.channels,
            source_channels: self.source_channels,
            depth: self.source_channels.div_ceil(blocks),
            blocks,
            pixels,
            width: self.size[1],
            weight: self.weight,
            strides: self.strides,
            turned: self.turned,
            result: Shared::new(self.result),
        }
    }
}

impl Plan<'_> {
    /// Source channels of a block.
    fn block(&self, block: usize) -> std::ops::Range<usize> {
        let first = block * self.depth;
        first.min(self.source_channels)..self.source_channels.min(first + self.depth)
    }

    /// The runs of a panel of tiles.
    fn runs(&self, panel: usize) -> &[Run] {
        let first = if panel == 0 { 0 } else { self.panel_ends[panel - 1] };
        &self.runs[first..self.panel_ends[panel]]
    }
}

/// Transforms some filters into `[element][source channel][tile rows]`.
struct Filters<'a, 'b> {
    plan: &'a Plan<'b>,
    panel: usize,
    block: usize,
    target: &'a mut [f32],
}

impl Task for Filters<'_, '_> {
    type Output = ();

    #[inline(always)]
    fn run<const ROWS: usize, const COLUMNS: usize, const FUSED: bool>(self) {
        let plan = self.plan;
        let first = self.panel * ROWS;
        let rows = ROWS.min(plan.channels - first);
        let channels = plan.block(self.block);
        let stride = element_stride(plan.depth * ROWS);
        let weight = &plan.weight[first * plan.strides[0]..];
        let mut taps = [[[0.0; LANES]; 9]; LANES];
        let mut elements = [[0.0; LANES]; ELEMENTS];
        for (line, channel) in channels.clone().enumerate() {
            // Source channels that are neighbours are fetched together.
            let slot = line % LANES;
            if slot == 0 && plan.strides[1] == 9 {
                transpose::matrix(
                    [rows, 9 * LANES.min(channels.end - channel)],
                    &weight[channel * 9..],
                    plan.strides[0],
                    taps.as_flattened_mut().as_flattened_mut(),
                    LANES,
                );
            } else if plan.strides[1] != 9 {
                // The next filters are pages away, beyond the reach of the hardware prefetcher.
                for line in (0..rows * 9).step_by(16) {
                    prefetch(weight, (channel + 6) * plan.strides[1] + line);
                }
                transpose::matrix(
                    [rows, 9],
                    &weight[channel * plan.strides[1]..],
                    plan.strides[0],
                    taps[slot].as_flattened_mut(),
                    LANES,
                );
            }
            let taps = &mut taps[slot];
            if plan.turned {
                taps.reverse();
            }
            for lane in 0..plan.lanes.min(LANES) {
                both::<Filter, 3, 6, FUSED>(
                    |row, column| taps[row * 3 + column][lane],
                    |row, column, value| elements[row * PATCH + column][lane] = value,
                );
            }
            for (target, element) in self.target.chunks_exact_mut(stride).zip(&elements) {
                target[line * ROWS..][..ROWS].copy_from_slice(&element[..ROWS]);
            }
        }
    }
}

/// Transforms some tiles into `[element][source channel][tile columns]`.
struct Tiles<'a, 'b> {
    plan: &'a Plan<'b>,
    panel: usize,
    block: usize,
    target: &'a mut [f32],
}

impl Task for Tiles<'_, '_> {
    type Output = ();

    #[inline(always)]
    fn run<const ROWS: usize, const COLUMNS: usize, const FUSED: bool>(self) {
        let plan = self.plan;
        let runs = plan.runs(self.panel);
        let channels = plan.block(self.block);
        let stride = element_stride(plan.depth * COLUMNS);
        let mut patch = [[0.0; COLUMNS]; ELEMENTS];
        let mut elements = [[0.0; COLUMNS]; ELEMENTS];
        let used: usize = runs.iter().map(|run| run.length).sum();
        let lanes = used.next_multiple_of(LANES).min(COLUMNS);
        for (line, channel) in channels.enumerate() {
            let source = &plan.source.values()[channel * plan.source.layout.channel()..];
            match plan.longest {
                0..=4 => gather::<4, COLUMNS>(plan, source, runs, &mut patch),
                5..=8 => gather::<8, COLUMNS>(plan, source, runs, &mut patch),
                _ => gather::<BLOCK, COLUMNS>(plan, source, runs, &mut patch),
            }
            for lane in 0..lanes {
                both::<Image, 6, 6, FUSED>(
                    |row, column| patch[row * PATCH + column][lane],
                    |row, column, value| elements[row * PATCH + column][lane] = value,
                );
            }
            for (target, element) in self.target.chunks_exact_mut(stride).zip(&elements) {
                target[line * COLUMNS..][..COLUMNS].copy_from_slice(element);
            }
        }
    }
}

/// Collects the 36 pixels of the tiles of some runs, in pieces of `WIDTH` tiles.
///
/// Whole pieces are copied where there is room for them; values past a run are overwritten by the runs that
/// follow.
#[inline(always)]
fn gather<const WIDTH: usize, const COLUMNS: usize>(
    plan: &Plan<'_>,
    source: &[f32],
    runs: &[Run],
    patch: &mut [[f32; COLUMNS]; ELEMENTS],
) {
    let ahead = 2 * plan.source.layout.channel();
    for run in runs {
        let mut done = 0;
        while done < run.length {
            let source = &source[run.source + done..];
            let tile = run.tile + done;
            if tile + WIDTH <= COLUMNS {
                for (&tap, patch) in plan.taps.iter().zip(&mut *patch) {
                    // The hardware prefetcher does not handle short rows that are far apart.
                    prefetch(source, tap + ahead);
                    patch[tile..tile + WIDTH].copy_from_slice(&source[tap..tap + WIDTH]);
                }
            } else {
                let width = COLUMNS - tile;
                for (&tap, patch) in plan.taps.iter().zip(&mut *patch) {
                    for (patch, value) in patch[tile..].iter_mut().zip(&source[tap..tap + width]) {
                        *patch = *value;
                    }
                }
            }
            done += WIDTH;
        }
    }
}

/// Multiplies, transforms back and writes the result.
struct Multiply<'a, 'b> {
    plan: &'a Plan<'b>,
    row_panels: std::ops::Range<usize>,
    tile_panels: std::ops::Range<usize>,
    /// From the first of the row panels on, `[panel][block][element][source channel][tile rows]`.
    filters: &'a [f32],
    /// From the first of the tile panels on, `[panel][block][element][source channel][tile columns]`.
    tiles: &'a [f32],
}

impl Task for Multiply<'_, '_> {
    type Output = ();

    #[inline(always)]
    fn run<const ROWS: usize, const COLUMNS: usize, const FUSED: bool>(self) {
        let plan = self.plan;
        let mut products = buffers::take(ELEMENTS * ROWS * COLUMNS);
        let (products, _) = products.as_chunks_mut::<COLUMNS>();
        let (products, _) = products.as_chunks_mut::<ROWS>();
        let Some((products, _)) = products.split_first_chunk_mut::<ELEMENTS>() else {
            return;
        };
        for (tile_index, tile_panel) in self.tile_panels.clone().enumerate() {
            let runs = plan.runs(tile_panel);
            let used = (plan.tiles - tile_panel * COLUMNS).min(COLUMNS);
            let lanes = used.next_multiple_of(LANES).min(COLUMNS);
            for (row_index, row_panel) in self.row_panels.clone().enumerate() {
                let first = row_panel * ROWS;
                let rows = ROWS.min(plan.channels - first);
                for block in 0..plan.blocks {
                    let depth = plan.block(block).len();
                    let left_stride = element_stride(plan.depth * ROWS);
                    let right_stride = element_stride(plan.depth * COLUMNS);
                    let left = (row_index * plan.blocks + block) * ELEMENTS * left_stride;
                    let right = (tile_index * plan.blocks + block) * ELEMENTS * right_stride;
                    for (element, products) in products.iter_mut().enumerate() {
                        let left = &self.filters[left + element * left_stride..][..depth * ROWS];
                        let right = &self.tiles[right + element * right_stride..][..depth * COLUMNS];
                        multiply::<ROWS, COLUMNS, FUSED>([rows, used], left, right, products, block > 0);
                    }
                }
                for row in 0..rows {
                    let mut values = [[[0.0; COLUMNS]; TILE]; TILE];
                    for lane in 0..lanes {
                        both::<Result, 6, 4, FUSED>(
                            |r, c| products[r * PATCH + c][row][lane],
                            |r, c, value| values[r][c][lane] = value,
                        );
                    }
                    let mut pixels = [[[0.0; TILE]; COLUMNS]; TILE];
                    for (pixels, values) in pixels.iter_mut().zip(&values) {
                        interleave(used, values, pixels);
                    }
                    self.write(runs, (first + row) * plan.pixels, &pixels);
                }
            }
        }
    }
}

/// Puts the four pixels of a row of each tile next to each other.
#[inline(always)]
fn interleave<const COLUMNS: usize>(used: usize, values: &[[f32; COLUMNS]; TILE], pixels: &mut [[f32; TILE]; COLUMNS]) {
    let [a, b, c, d] = values;
    // The number is only known at run time, so this stays a loop, and the compiler
    // makes shuffles of it.
    let used = used.min(COLUMNS);
    for ((((pixels, a), b), c), d) in
        pixels[..used].iter_mut().zip(&a[..used]).zip(&b[..used]).zip(&c[..used]).zip(&d[..used])
    {
        *pixels = [*a, *b, *c, *d];
    }
}

impl Multiply<'_, '_> {
    /// Writes the pixels of all tiles of a panel, for one channel.
    #[inline(always)]
    fn write<const COLUMNS: usize>(&self, runs: &[Run], channel: usize, pixels: &[[[f32; TILE]; COLUMNS]; TILE]) {
        let plan = self.plan;
        for run in runs {
            for (row, pixels) in pixels.iter().enumerate().take(run.rows) {
                let start = run.result + channel + row * plan.width;
                // SAFETY: a pixel belongs to one tile, and a tile of one channel to
                // one piece of work, which holds one slice at a time.
                let target = unsafe { plan.result.slice(start, run.columns) };
                let pixels = &pixels[run.tile..run.tile + run.length];
                let (whole, rest) = target.as_chunks_mut::<TILE>();
                for (target, pixels) in whole.iter_mut().zip(pixels) {
                    *target = *pixels;
                }
                if let Some(pixels) = pixels.last() {
                    for (target, pixel) in rest.iter_mut().zip(pixels) {
                        *target = *pixel;
                    }
                }
            }
        }
    }
}

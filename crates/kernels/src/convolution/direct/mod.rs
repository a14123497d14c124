//! The forward pass and the input gradient as matrix products.
//!
//! Both are the same computation: every output channel, at every position of a
//! grid, is a weighted sum over (source channel, tap). That is a matrix product
//! of the weights, `[channels, source channels * taps]`, with a matrix that has
//! one column for each position of *all* images, so that late layers with few
//! pixels an image still give wide matrices. That second matrix is never
//! stored: each piece of work gathers the block that it is about to use into
//! panels that fit the first-level cache (see [`Padded`] for why that is cheap).
//!
//! The input gradient with a stride reads, at input row `r`, the taps
//! `k` with `(r + padding - k)` divisible by the stride. Rows (and columns) with the
//! same remainder share these taps, so each remainder is a [`Phase`]: a dense
//! convolution of its own, with no multiplication by an inserted zero.

mod pack;

use rayon::prelude::*;

use super::epilogue::Post;
use super::padded::{BLOCK, Layout, Padded, piece_width};
use super::{Epilogue, Geometry, store};
use crate::buffers::{self, Buffer};
use crate::simd::{Task, dispatch, prefetch};
use crate::tile::multiply;

/// Depth of a block of the product: a panel of 32 columns is then 32 KiB.
const DEPTH: usize = 256;
/// Floats of panels that are gathered together: neighbouring columns are read while their pages and lines are at hand,
/// and a second-level cache keeps the panels until they are multiplied.
const GATHERED: usize = 1 << 15;
/// Panels of weights that are multiplied with one panel after the other: so many channels of the result are written in
/// turns, each of them on a page of its own.
const LEFTS: usize = 4;
/// Approximate columns in a piece of work: 16 images of 7 x 7 make two.
const COLUMNS_IN_ITEM: usize = 400;
/// Minimum number of pieces of work in a call, if it is large enough.
const ITEMS: usize = 6;
/// Below this many multiplications one thread is faster than two.
const PARALLEL_FROM: usize = 1 << 17;

/// Rows of the blocks that so many rows are cut into: at most [`DEPTH`], and about the same for each of them.
fn block_length(depth: usize) -> usize {
    depth.div_ceil(depth.div_ceil(DEPTH).max(1))
}

/// Output positions that share their taps.
struct Phase {
    /// Offset of each tap within a channel of the padded source.
    taps: Vec<usize>,
    /// Index of each tap within the kernel.
    kernel: Vec<usize>,
    /// Positions along rows and columns.
    grid: [usize; 2],
    /// First position within the destination image.
    start: [usize; 2],
    /// Weights in panels, `[panel][depth][tile rows]`.
    panels: Buffer,
}

impl Phase {
    fn depth(&self, channels: usize) -> usize {
        channels * self.taps.len()
    }
}

/// See [`super::forward`].
pub(super) fn forward(geometry: &Geometry, input: &[f32], weight: &[f32], epilogue: Epilogue<'_>, output: &mut [f32]) {
    let grid = geometry.output_size();
    let (layout, taps) = forward_layout(geometry);
    let source = Padded::borrowed(layout, input, geometry.in_channels, [geometry.height, geometry.width]);
    let strides = [geometry.in_channels * geometry.taps(), geometry.taps()];
    let mut phases =
        vec![Phase { taps, kernel: (0..geometry.taps()).collect(), grid, start: [0, 0], panels: buffers::take(0) }];
    pack::pack(weight, strides, [geometry.out_channels, geometry.in_channels], &mut phases);
    Product { source, phases, channels: geometry.out_channels, step: [1, 1], size: grid, epilogue }
        .run(geometry.batch, output);
}

/// The layout of the padded input, and the offset of every tap in it.
pub(super) fn forward_layout(geometry: &Geometry) -> (Layout, Vec<usize>) {
    let offsets: [Vec<isize>; 2] = std::array::from_fn(|axis| {
        (0..geometry.kernel[axis]).map(|tap| tap as isize - geometry.padding[axis] as isize).collect()
    });
    let layout = Layout::new(geometry.stride, [&offsets[0], &offsets[1]], geometry.output_size());
    let mut taps = Vec::with_capacity(geometry.taps());
    for &down in &offsets[0] {
        for &right in &offsets[1] {
            taps.push(layout.tap([down, right]));
        }
    }
    (layout, taps)
}

/// See [`super::input_gradient`].
pub(super) fn input_gradient(geometry: &Geometry, weight: &[f32], output_gradient: &[f32], input_gradient: &mut [f32]) {
    let size = [geometry.height, geometry.width];
    // For each axis and remainder: (tap, offset into the output) pairs.
    let reached: [Vec<Vec<(usize, isize)>>; 2] = std::array::from_fn(|axis| {
        let stride = geometry.stride[axis] as isize;
        (0..stride)
            .map(|remainder| {
                (0..geometry.kernel[axis])
                    .map(|tap| (tap, remainder + geometry.padding[axis] as isize - tap as isize))
                    .filter(|(_, distance)| distance % stride == 0)
                    .map(|(tap, distance)| (tap, distance / stride))
                    .collect()
            })
            .collect()
    });
    let all: [Vec<isize>; 2] =
        std::array::from_fn(|axis| reached[axis].iter().flatten().map(|&(_, offset)| offset).collect());
    let grid_of = |axis: usize, remainder: usize| size[axis].saturating_sub(remainder).div_ceil(geometry.stride[axis]);
    let layout = Layout::new(
        [1, 1],
        [&all[0], &all[1]],
        [grid_of(0, 0).max(geometry.output_size()[0]), grid_of(1, 0).max(geometry.output_size()[1])],
    );
    let source = Padded::borrowed(layout, output_gradient, geometry.out_channels, geometry.output_size());
    let strides = [geometry.taps(), geometry.in_channels * geometry.taps()];
    let mut phases = Vec::new();
    for down in 0..geometry.stride[0] {
        for right in 0..geometry.stride[1] {
            let grid = [grid_of(0, down), grid_of(1, right)];
            if grid.contains(&0) {
                continue;
            }
            let mut taps = Vec::new();
            let mut kernel = Vec::new();
            for &(row, above) in &reached[0][down] {
                for &(column, before) in &reached[1][right] {
                    taps.push(layout.tap([above, before]));
                    kernel.push(row * geometry.kernel[1] + column);
                }
            }
            phases.push(Phase { taps, kernel, grid, start: [down, right], panels: buffers::take(0) });
        }
    }
    pack::pack(weight, strides, [geometry.in_channels, geometry.out_channels], &mut phases);
    let (channels, step, epilogue) = (geometry.in_channels, geometry.stride, Epilogue::default());
    Product { source, phases, channels, step, size, epilogue }.run(geometry.batch, input_gradient);
}

/// The matrix product, except for its destination.
struct Product<'a> {
    source: Padded<'a>,
    phases: Vec<Phase>,
    /// Channels of the destination.
    channels: usize,
    /// Distance between neighbouring positions of a phase in the destination.
    step: [usize; 2],
    /// Rows and columns of the destination.
    size: [usize; 2],
    epilogue: Epilogue<'a>,
}

/// The columns of some images, at the positions of one phase.
struct Columns<'a> {
    product: &'a Product<'a>,
    phase: &'a Phase,
    /// What is copied to gather a row of each panel, in this order: later pieces overwrite what earlier ones have too much.
    pieces: Vec<Piece>,
    /// End of each panel in `pieces`.
    piece_ends: Vec<usize>,
    /// The runs, joined where they are neighbours in the destination.
    stores: Vec<Run>,
    store_ends: Vec<usize>,
    /// The gathered blocks, if several pieces of work share them.
    blocks: Vec<Buffer>,
}

/// A piece of work: some channels of some images.
struct Item<'a> {
    /// One for each phase.
    columns: &'a [Columns<'a>],
    first_channel: usize,
    channels: usize,
    epilogue: Epilogue<'a>,
    /// Where the channels of each image lie in the destination.
    places: Vec<usize>,
    /// For each image, its channels `[channels, height, width]`.
    images: Vec<&'a mut [f32]>,
}

impl Product<'_> {
    fn run(&self, batch: usize, destination: &mut [f32]) {
        let pixels = self.size[0] * self.size[1];
        if destination.is_empty() {
            return;
        }
        let work: usize = self.phases.iter().map(|phase| phase.panels.len() * phase.grid[0] * phase.grid[1]).sum();
        let parallel = work * batch >= PARALLEL_FROM;
        let images = (COLUMNS_IN_ITEM / pixels).clamp(1, batch);
        let groups = batch.div_ceil(images);
        // Channels are only cut where whole images make too few pieces; the
        // pieces are multiples of every tile height, so panels stay whole.
        let cuts = if parallel { ITEMS.div_ceil(groups) } else { 1 };
        let channels = self.channels.div_ceil(cuts).next_multiple_of(TILE_ROWS_MULTIPLE);
        let shared = channels < self.channels;
        let mut columns: Vec<Columns<'_>> = (0..groups)
            .flat_map(|group| self.phases.iter().map(move |phase| (group, phase)))
            .map(|(group, phase)| {
                let first = group * images;
                dispatch(Arrange { product: self, phase, images: first..batch.min(first + images) })
            })
            .collect();
        if shared {
            let blocks: Vec<(usize, usize)> = columns
                .iter()
                .enumerate()
                .flat_map(|(index, columns)| {
                    let depth = columns.phase.depth(self.source.channels);
                    (0..depth.div_ceil(DEPTH)).map(move |block| (index, block))
                })
                .collect();
            let gathered: Vec<Buffer> =
                blocks.par_iter().map(|&(index, block)| dispatch(Gather { columns: &columns[index], block })).collect();
            for ((index, _), block) in blocks.into_iter().zip(gathered) {
                columns[index].blocks.push(block);
            }
        }
        let mut items = Vec::with_capacity(groups * cuts);
        let mut place = 0;
        for (destination, columns) in
            destination.chunks_mut(images * self.channels * pixels).zip(columns.chunks(self.phases.len().max(1)))
        {
            let first = items.len();
            for image in destination.chunks_mut(self.channels * pixels) {
                for (cut, part) in image.chunks_mut(channels * pixels).enumerate() {
                    if items.len() <= first + cut {
                        items.push(Item {
                            columns,
                            first_channel: cut * channels,
                            channels: part.len() / pixels,
                            epilogue: self.epilogue,
                            places: Vec::with_capacity(images),
                            images: Vec::with_capacity(images),
                        });
                    }
                    items[first + cut].places.push(place);
                    place += part.len();
                    items[first + cut].images.push(part);
                }
            }
        }
        if parallel {
            items.into_par_iter().for_each(dispatch);
        } else {
            items.into_iter().for_each(dispatch);
        }
    }
}

/// A multiple of the tile heights of all instruction sets (12, 8, 6 and 4).
const TILE_ROWS_MULTIPLE: usize = 24;

/// A run of columns that are neighbours in the padded source: one row of
/// positions of one image, or the part of it that lies in one panel.
#[derive(Clone, Copy)]
struct Run {
    /// First column within the panel.
    column: usize,
    length: usize,
    /// Image within the piece of work.
    image: usize,
    /// Offset of the first column in a channel of the destination.
    destination: usize,
}

/// Columns that are copied at once, [`piece_width`] of them.
#[derive(Clone, Copy)]
struct Piece {
    /// Offset in the padded source, without that of tap and channel.
    source: usize,
    /// First column within the panel.
    column: usize,
}

/// Cuts the columns of some images into panels, runs and pieces.
struct Arrange<'a> {
    product: &'a Product<'a>,
    phase: &'a Phase,
    images: std::ops::Range<usize>,
}

impl<'a> Task for Arrange<'a> {
    type Output = Columns<'a>;

    #[inline(always)]
    fn run<const ROWS: usize, const COLUMNS: usize, const FUSED: bool>(self) -> Columns<'a> {
        let Self { product, phase, images } = self;
        let [rows, columns] = phase.grid;
        let mut runs = Vec::with_capacity(images.len() * rows * 2);
        let mut panel_ends = Vec::new();
        let mut pieces = Vec::with_capacity(images.len() * rows * 2);
        let mut piece_ends = Vec::new();
        let mut column = 0;
        for (index, image) in images.enumerate() {
            for row in 0..rows {
                let mut done = 0;
                while done < columns {
                    let length = (columns - done).min(COLUMNS - column);
                    let source = image * product.source.image() + row * product.source.layout.row() + done;
                    let starts = (0..length).step_by(piece_width(columns));
                    pieces.extend(starts.map(|start| Piece { source: source + start, column: column + start }));
                    runs.push(Run {
                        column,
                        length,
                        image: index,
                        destination: (row * product.step[0] + phase.start[0]) * product.size[1]
                            + done * product.step[1]
                            + phase.start[1],
                    });
                    done += length;
                    column += length;
                    if column == COLUMNS {
                        column = 0;
                        panel_ends.push(runs.len());
                        piece_ends.push(pieces.len());
                    }
                }
            }
        }
        if column > 0 {
            panel_ends.push(runs.len());
            piece_ends.push(pieces.len());
        }
        let dense = product.step == [1, 1] && columns == product.size[1];
        let (stores, store_ends) = if dense { join(&runs, &panel_ends) } else { (runs, panel_ends) };
        Columns { product, phase, pieces, piece_ends, stores, store_ends, blocks: Vec::new() }
    }
}

/// Joins the runs of a panel that lie in the same image.
fn join(runs: &[Run], panel_ends: &[usize]) -> (Vec<Run>, Vec<usize>) {
    let mut joined: Vec<Run> = Vec::with_capacity(runs.len());
    let mut ends = Vec::with_capacity(panel_ends.len());
    let mut first = 0;
    for &end in panel_ends {
        let start = joined.len();
        for run in &runs[first..end] {
            match joined[start..].last_mut() {
                Some(last) if last.image == run.image => last.length += run.length,
                _ => joined.push(*run),
            }
        }
        first = end;
        ends.push(joined.len());
    }
    (joined, ends)
}

/// Floats of a panel of so many rows, with room for those that are written past its last one.
const fn panel_length<const COLUMNS: usize>(rows: usize) -> usize {
    COLUMNS * rows + BLOCK
}

/// Gathers a block of rows of the right-hand matrix, all panels of it, into
/// `[panel][row][tile columns]`.
struct Gather<'a> {
    columns: &'a Columns<'a>,
    block: usize,
}

impl Task for Gather<'_> {
    type Output = Buffer;

    #[inline(always)]
    fn run<const ROWS: usize, const COLUMNS: usize, const FUSED: bool>(self) -> Buffer {
        let columns = self.columns;
        let block = columns.block(self.block);
        let panels = columns.store_ends.len();
        let mut right = buffers::take(panels * panel_length::<COLUMNS>(block.len()));
        columns.gather::<COLUMNS>(0..panels, block, &mut right);
        right
    }
}

impl Columns<'_> {
    /// Rows of the right-hand matrix in a block.
    fn block(&self, block: usize) -> std::ops::Range<usize> {
        let depth = self.phase.depth(self.product.source.channels);
        let length = block_length(depth);
        block * length..depth.min((block + 1) * length)
    }

    /// Where the columns of a panel belong in the destination.
    fn stores(&self, panel: usize) -> &[Run] {
        let first = panel.checked_sub(1).map_or(0, |before| self.store_ends[before]);
        &self.stores[first..self.store_ends[panel]]
    }

    /// Gathers the rows `block` of some panels into `[panel][row][tile columns]`, with [`panel_length`] floats a panel.
    #[inline(always)]
    fn gather<const COLUMNS: usize>(
        &self,
        panels: std::ops::Range<usize>,
        block: std::ops::Range<usize>,
        right: &mut [f32],
    ) {
        match piece_width(self.phase.grid[1]) {
            4 => self.gather_by::<4, COLUMNS>(panels, block, right),
            8 => self.gather_by::<8, COLUMNS>(panels, block, right),
            _ => self.gather_by::<BLOCK, COLUMNS>(panels, block, right),
        }
    }

    /// Gathers in pieces of `WIDTH` columns.
    #[inline(always)]
    fn gather_by<const WIDTH: usize, const COLUMNS: usize>(
        &self,
        panels: std::ops::Range<usize>,
        block: std::ops::Range<usize>,
        right: &mut [f32],
    ) {
        let values = self.product.source.values();
        let next_channel = self.product.source.layout.channel();
        let taps = &self.phase.taps;
        let first = panels.start.checked_sub(1).map_or(0, |before| self.piece_ends[before]);
        let ends = &self.piece_ends[panels];
        let mut tap = block.start % taps.len();
        let mut channel = block.start / taps.len() * next_channel;
        for line in 0..block.len() {
            let source = &values[channel + taps[tap]..];
            tap += 1;
            if tap == taps.len() {
                tap = 0;
                channel += next_channel;
            }
            let mut first = first;
            for (&end, right) in ends.iter().zip(right.chunks_exact_mut(panel_length::<COLUMNS>(block.len()))) {
                let target = &mut right[line * COLUMNS..][..COLUMNS + BLOCK];
                for piece in &self.pieces[first..end] {
                    // The hardware prefetcher does not handle short rows that are far apart.
                    prefetch(source, piece.source + 2 * next_channel);
                    let (source, target) = (&source[piece.source..], &mut target[piece.column..]);
                    match (source.first_chunk::<WIDTH>(), target.first_chunk_mut::<WIDTH>()) {
                        (Some(source), Some(target)) => *target = *source,
                        _ => copy_what_there_is(source, target),
                    }
                }
                first = end;
            }
        }
    }
}

/// The last image is not followed by anything where the source is not a copy.
///
/// Not inlined, so that the copies of known length remain single instructions.
#[cold]
#[inline(never)]
fn copy_what_there_is(source: &[f32], target: &mut [f32]) {
    for (target, source) in target.iter_mut().zip(source) {
        *target = *source;
    }
}

impl Task for Item<'_> {
    type Output = ();

    #[inline(always)]
    fn run<const ROWS: usize, const COLUMNS: usize, const FUSED: bool>(mut self) {
        let is_reached = |columns: &&Columns<'_>| !columns.phase.taps.is_empty() && columns.product.source.channels > 0;
        if !self.columns.iter().all(|columns| is_reached(&columns)) {
            self.images.iter_mut().for_each(|image| image.fill(0.0));
        }
        for columns in self.columns.iter().filter(is_reached) {
            self.phase::<ROWS, COLUMNS, FUSED>(columns);
        }
        if self.epilogue.is_plain() {
            return;
        }
        for (image, place) in self.images.iter_mut().zip(&self.places) {
            let pixels = image.len() / self.channels.max(1);
            for (channel, plane) in image.chunks_exact_mut(pixels.max(1)).enumerate() {
                let of_channel = self.epilogue.of_channel(self.first_channel + channel);
                plane.iter_mut().for_each(|sum| *sum = of_channel.of::<f32, FUSED>(*sum));
                self.epilogue.add(place + channel * pixels, plane);
            }
        }
    }
}

impl Item<'_> {
    #[inline(always)]
    fn phase<const ROWS: usize, const COLUMNS: usize, const FUSED: bool>(&mut self, columns: &Columns<'_>) {
        let depth = columns.phase.depth(columns.product.source.channels);
        let mut sums = [[0.0; COLUMNS]; ROWS];
        let left_panels = self.channels.div_ceil(ROWS);
        let first_panel = self.first_channel / ROWS;
        // Some panels are gathered just before their use.
        let most = panel_length::<COLUMNS>(block_length(depth));
        let panels_at_once = (GATHERED / most).clamp(1, columns.store_ends.len().max(1));
        let mut own = match columns.blocks.is_empty() {
            true => buffers::take(panels_at_once * most),
            false => buffers::take(0),
        };
        for block in 0..depth.div_ceil(DEPTH) {
            let rows = columns.block(block);
            let (start, block_depth) = (rows.start, rows.len());
            let length = panel_length::<COLUMNS>(block_depth);
            for first in (0..columns.store_ends.len()).step_by(panels_at_once) {
                let panels = first..columns.store_ends.len().min(first + panels_at_once);
                let right = match columns.blocks.get(block) {
                    Some(shared) => &shared[first * length..],
                    None => {
                        columns.gather::<COLUMNS>(panels.clone(), rows.clone(), &mut own);
                        &own[..]
                    }
                };
                for lefts in (0..left_panels).step_by(LEFTS) {
                    let lefts = lefts..left_panels.min(lefts + LEFTS);
                    for (panel, right) in panels.clone().zip(right.chunks_exact(length)) {
                        let right = &right[..COLUMNS * block_depth];
                        let stores = columns.stores(panel);
                        let used = stores.iter().map(|run| run.length).sum();
                        for left_panel in lefts.clone() {
                            let left = ((first_panel + left_panel) * depth + start) * ROWS;
                            let left = &columns.phase.panels[left..][..block_depth * ROWS];
                            let rows = ROWS.min(self.channels - left_panel * ROWS);
                            multiply::<ROWS, COLUMNS, FUSED>([rows, used], left, right, &mut sums, false);
                            for (row, sums) in sums[..rows].iter().enumerate() {
                                let channel = left_panel * ROWS + row;
                                self.store(columns, stores, channel, sums, start == 0);
                            }
                        }
                    }
                }
            }
        }
    }

    /// Writes, or adds, one row of a tile.
    #[inline(always)]
    fn store(&mut self, columns: &Columns<'_>, runs: &[Run], channel: usize, sums: &[f32], overwrite: bool) {
        let pixels = columns.product.size[0] * columns.product.size[1];
        for run in runs {
            let target = &mut self.images[run.image][channel * pixels + run.destination..];
            let sums = &sums[run.column..run.column + run.length];
            store::row(target, columns.product.step[1], sums, overwrite);
        }
    }
}

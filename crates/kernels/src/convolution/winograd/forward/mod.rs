//! The forward pass and the input gradient, which is a forward pass with the filters rotated by 180° and the
//! roles of the channels exchanged.
//!
//! Either side of the 36 products is transformed once and kept for all threads,
//! and the other is transformed by each piece of work just before its use, while
//! it is in the cache. Where there are many tiles, the filters are shared. Where there are few and the filters are the
//! bulk, the tiles are, and the products change their sides: channels of the result are the wide side of a register
//! tile, so that the filters are written and read in whole cache lines, and image tiles are the other.

mod few_tiles;
mod gather;
mod many_tiles;
mod transforms;

use self::gather::{Images, Run, Source};
use super::{Geometry, TILE, WIDEST};
use crate::convolution::epilogue::Epilogue;
use crate::shared::Shared;
use crate::simd::{Task, dispatch};

/// Source channels in a block of the products, at most.
const DEPTH: usize = 128;
/// With more tiles than this, the filters are shared.
const FEW_TILES: usize = 128;

/// See [`crate::convolution::forward`].
pub(in super::super) fn forward(
    geometry: &Geometry,
    input: &[f32],
    weight: &[f32],
    epilogue: Epilogue<'_>,
    output: &mut [f32],
) {
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
        epilogue,
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
        epilogue: Epilogue::default(),
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
    epilogue: Epilogue<'a>,
    result: &'a mut [f32],
}

/// What the pieces of work share.
struct Plan<'a> {
    source: Source<'a>,
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
    epilogue: Epilogue<'a>,
    result: Shared<'a>,
}

impl Task for Convolution<'_> {
    type Output = ();

    #[inline(always)]
    fn run<const ROWS: usize, const COLUMNS: usize, const FUSED: bool>(self) {
        if self.result.is_empty() {
            return;
        }
        let grid = self.size.map(|size| size.div_ceil(TILE));
        let tiles = self.batch * grid[0] * grid[1];
        if tiles > FEW_TILES || tiles >= self.channels {
            many_tiles::run::<ROWS, COLUMNS>(&self.plan(grid, COLUMNS));
        } else {
            few_tiles::run::<ROWS, COLUMNS>(&self.plan(grid, ROWS));
        }
    }
}

impl<'a> Convolution<'a> {
    /// The plan for panels of `width` tiles, of a grid of so many rows and columns of tiles an image.
    fn plan(self, grid: [usize; 2], width: usize) -> Plan<'a> {
        let pixels = self.size[0] * self.size[1];
        let mut runs = Vec::with_capacity(self.batch * grid[0] * 2);
        let mut panel_ends = Vec::new();
        let mut tile = 0;
        for image in 0..self.batch {
            for row in 0..grid[0] {
                let mut done = 0;
                while done < grid[1] {
                    let length = (grid[1] - done).min(width - tile);
                    runs.push(Run {
                        tile,
                        length,
                        image,
                        at: [row, done],
                        result: image * self.channels * pixels + row * TILE * self.size[1] + done * TILE,
                        rows: TILE.min(self.size[0] - row * TILE),
                        columns: (length * TILE).min(self.size[1] - done * TILE),
                    });
                    done += length;
                    tile += length;
                    if tile == width {
                        tile = 0;
                        panel_ends.push(runs.len());
                    }
                }
            }
        }
        if tile > 0 {
            panel_ends.push(runs.len());
        }
        let images =
            Images { values: self.source, channels: self.source_channels, size: self.source_size, before: self.before };
        let blocks = self.source_channels.div_ceil(DEPTH);
        Plan {
            source: Source::new(images, runs, panel_ends, grid),
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
            epilogue: self.epilogue,
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
}

//! Sums over all positions of each channel, in two launches: parts, then totals.
//!
//! A channel's positions are cut into *chunks*. A cube sums one chunk of a few channels: its units are *lanes* of channels
//! times positions, so that neighbouring units read neighbouring values in either order of memory. Its results, the *parts*,
//! lie in a tensor `[quantities, chunks, channels]`. The kernel that uses the totals adds the parts of its
//! channels itself, in the order of the chunks, so that every cube finds the same totals.

use crate::layout::Layout;
use burn_cubecl::{CubeRuntime, tensor::CubeTensor};
use cubecl::prelude::*;

/// Units of a cube; every device runs as many (WebGPU's default limit).
const UNITS: u32 = 256;
/// Channels of a cube, at most, where the channels are last in memory: a line of a cache in single precision.
const CHANNEL_LANES: u32 = 32;
/// Positions of a channel that a unit adds, at least, before there is a second chunk.
const POSITIONS: usize = 16;
/// Chunks, at most: each cube adds as many parts.
const CHUNKS: usize = 64;

/// How the work on an image tensor is cut.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Plan {
    layout: Layout,
    pub(crate) lanes: u32,
    chunk: usize,
    pub(crate) chunks: usize,
}

impl Plan {
    pub(crate) fn new(layout: Layout) -> Self {
        let lanes = match layout.inner {
            1 => CHANNEL_LANES.min(layout.channels.next_power_of_two() as u32),
            _ => 1,
        };
        let at_once = (UNITS / lanes) as usize;
        let wanted = layout.positions().div_ceil(at_once * POSITIONS).clamp(1, CHUNKS);
        let chunk = layout.positions().div_ceil(wanted).max(1);
        // No chunk is empty: its mean would not be a number.
        Self { layout, lanes, chunk, chunks: layout.positions().div_ceil(chunk).max(1) }
    }

    pub(crate) fn cubes(&self) -> (CubeCount, CubeDim) {
        let groups = self.layout.channels.div_ceil(self.lanes as usize);
        (CubeCount::Static(groups as u32, self.chunks as u32, 1), CubeDim::new_1d(UNITS))
    }

    pub(crate) fn shape<R: CubeRuntime>(&self) -> ImagesLaunch<R> {
        let [channels, inner, positions, chunk, chunks] =
            [self.layout.channels, self.layout.inner, self.layout.positions(), self.chunk, self.chunks]
                .map(|size| size as u32);
        ImagesLaunch::new(channels, inner, positions, chunk, chunks)
    }

    /// Room for the parts of so many quantities.
    pub(crate) fn parts<R: CubeRuntime>(&self, like: &CubeTensor<R>, quantities: usize) -> CubeTensor<R> {
        crate::layout::empty(like, [quantities, self.chunks, self.layout.channels])
    }
}

/// The sizes of an image tensor and of its chunks, for a kernel.
#[derive(CubeLaunch, CubeType, Clone, Copy)]
pub(crate) struct Images {
    pub(crate) channels: u32,
    inner: u32,
    pub(crate) positions: u32,
    pub(crate) chunk: u32,
    pub(crate) chunks: u32,
}

/// What a unit works on: one channel, and every `stride`-th position from `first` up to `end`.
#[derive(CubeType, Clone, Copy)]
pub(crate) struct Part {
    pub(crate) channel: u32,
    /// Whether there is such a channel.
    pub(crate) there: bool,
    pub(crate) first: u32,
    pub(crate) end: u32,
    pub(crate) stride: u32,
    /// The unit's lane among the channels of its cube.
    pub(crate) lane: u32,
    /// Whether it is the first unit of its channel in this cube.
    pub(crate) leads: bool,
}

/// The part of this unit. Without a channel it has no positions.
#[cube]
pub(crate) fn part(images: &Images, #[comptime] lanes: u32) -> Part {
    let lane = UNIT_POS % lanes;
    let row = UNIT_POS / lanes;
    let channel = CUBE_POS_X * lanes + lane;
    let there = channel < images.channels;
    let first = CUBE_POS_Y * images.chunk;
    let mut end = first + images.chunk;
    if end > images.positions {
        end = images.positions;
    }
    if !there {
        end = 0u32;
    }
    Part { channel, there, first: first + row, end, stride: CUBE_DIM / lanes, lane, leads: row == 0 }
}

/// Where the value of a channel at a position lies.
#[cube]
pub(crate) fn place(images: &Images, channel: u32, position: u32) -> usize {
    let outer = position / images.inner;
    let inner = position % images.inner;
    ((outer * images.channels + channel) * images.inner + inner) as usize
}

/// The sum of `value` over the units of this unit's channel in its cube.
#[cube]
pub(crate) fn over_units<F: Float>(value: F, shared: &mut SharedMemory<F>, part: &Part, #[comptime] lanes: u32) -> F {
    shared[UNIT_POS as usize] = value;
    sync_cube();
    let mut half = CUBE_DIM / 2;
    while half >= lanes {
        if UNIT_POS < half {
            let other = shared[(UNIT_POS + half) as usize];
            shared[UNIT_POS as usize] += other;
        }
        sync_cube();
        half /= 2;
    }
    let sum = shared[part.lane as usize];
    sync_cube();
    sum
}

/// Where the part of a quantity for a chunk and channel lies.
#[cube]
pub(crate) fn part_place(images: &Images, #[comptime] quantity: u32, chunk: u32, channel: u32) -> usize {
    ((quantity * images.chunks + chunk) * images.channels + channel) as usize
}

/// The sum of a quantity over all chunks of a channel.
#[cube]
pub(crate) fn total<F: Float>(parts: &Array<F>, images: &Images, #[comptime] quantity: u32, channel: u32) -> F {
    let mut sum = F::new(0.0);
    if channel < images.channels {
        for chunk in 0..images.chunks {
            sum += parts[part_place(images, quantity, chunk, channel)];
        }
    }
    sum
}

/// Shared memory for [`over_units`].
#[cube]
pub(crate) fn shared<F: Float>() -> SharedMemory<F> {
    SharedMemory::<F>::new(comptime!(UNITS as usize))
}

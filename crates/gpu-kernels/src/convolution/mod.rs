//! Convolutions and their two gradients as products of tiles, in single precision on any GPU.
//!
//! A cube computes a tile of 64 by 64 results. It loads 16 columns of the left operand and 16 rows of the right one into its shared
//! memory, where each value is used 64 times, and each of its 256 units adds up a part of 4 by 4. The operands are gathered from images
//! and weights on the way (an implicit product; Chetlur et al. 2014), so that nothing is unfolded in memory.
//!
//! Images are worked on with their channels last; others are copied first, results have their channels last. Where there are few
//! tiles, the terms of each sum are dealt out to several cubes and their parts added by a second kernel, in order.
//!
//! A process may also [measure] which of these kernels and Burn's is fastest for each kind of convolution.
//!
//! | | left, rows | terms | right, columns |
//! |---|---|---|---|
//! | [`forward`] | windows of the input | rows, columns, channels of the kernel | outputs |
//! | [`input_gradient`] | what the windows' transpose reads of the output's gradient | the same, of outputs | inputs |
//! | [`weight_gradient`] | outputs of the output's gradient | windows | rows, columns, channels of the kernel |

mod choice;
mod geometry;
mod images;
mod tile;
mod weights;

pub use choice::{Algorithm, UnknownAlgorithm, choices, fix, forward, input_gradient, measure, weight_gradient};

use crate::layout::{channels_last, sizes};
use burn_cubecl::{CubeRuntime, tensor::CubeTensor};

/// Where windows lie on an image.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Windows {
    /// Rows and columns between neighbouring windows; at least 1.
    pub stride: [usize; 2],
    /// Zeros added on either side of the rows and of the columns.
    pub padding: [usize; 2],
}

/// Rows and columns of a tile of results.
pub(crate) const TILE: u32 = 64;
/// Terms that are loaded at once.
pub(crate) const DEPTH: u32 = 16;
/// Cubes that a device should have at least to work on.
const CUBES: usize = 256;
/// Terms of a sum that a cube has at least.
const TERMS: usize = 8 * DEPTH as usize;

/// Tiles from top to bottom and from left to right, and parts of the terms.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Grid {
    pub(crate) tiles: [u32; 2],
    pub(crate) parts: u32,
    /// Terms of a part: a multiple of [`DEPTH`].
    pub(crate) terms: u32,
}

impl Grid {
    pub(crate) fn new([rows, columns]: [usize; 2], terms: usize) -> Self {
        let tiles = [rows, columns].map(|size| size.div_ceil(TILE as usize));
        let parts = CUBES.div_ceil(tiles[0] * tiles[1]).clamp(1, terms.div_ceil(TERMS));
        let each = terms.div_ceil(parts).next_multiple_of(DEPTH as usize);
        Self { tiles: tiles.map(|count| count as u32), parts: terms.div_ceil(each) as u32, terms: each as u32 }
    }
}

/// Rows and columns that windows over an image of `size` make.
///
/// # Panics
/// Where the kernel is larger than the image with its padding.
pub(crate) fn output_size(size: [usize; 2], kernel: [usize; 2], windows: Windows) -> [usize; 2] {
    [0, 1].map(|axis| {
        let padded = size[axis] + 2 * windows.padding[axis];
        assert!(kernel[axis] <= padded, "a kernel of {kernel:?} over {size:?} with {windows:?}");
        (padded - kernel[axis]) / windows.stride[axis] + 1
    })
}

/// Sizes and the tensor with its channels last.
pub(crate) fn image<R: CubeRuntime>(tensor: CubeTensor<R>) -> ([usize; 4], CubeTensor<R>) {
    (sizes(&tensor), channels_last(tensor))
}

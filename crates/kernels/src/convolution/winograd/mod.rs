//! 3 x 3 convolutions with stride 1 by Winograd's minimal filtering.
//!
//! The image is cut into tiles of 4 x 4 outputs. Transformed (see [`transform`]), tiles and filters multiply
//! element by element, so that for each of the 36 elements the sum over channels is a matrix product of its
//! own: `[result channels, source channels] x [source channels, tiles]`. That is 36 multiplications where the
//! direct method has 144.
//!
//! It costs some accuracy: the root mean square error is one to two and a half times that
//! of a sum in single precision, term by term (8e-7 of the result's root mean
//! square at 64 channels; the README has a table).

mod forward;
mod transform;
mod weights;

use super::Geometry;
pub(super) use forward::{forward, input_gradient};
pub(super) use weights::weight_gradient;

/// Pixels of a tile along an axis.
const TILE: usize = 4;
/// Pixels that a tile reads along an axis.
const PATCH: usize = 6;
/// Elements of a transformed tile.
const ELEMENTS: usize = PATCH * PATCH;

/// Distance between elements of `length` floats each.
///
/// Transformed tiles are written one value to each of the 36 elements, which
/// must not all fall into the same set of the cache, as they would at a
/// distance of four kilobytes.
#[inline(always)]
fn element_stride(length: usize) -> usize {
    length.next_multiple_of(LANES) | LANES
}

/// Tiles, filters or channels that are transformed side by side: a multiple of the
/// lanes of every instruction set.
const LANES: usize = 16;

/// Columns of the widest register tile.
const WIDEST: usize = 32;

/// Whether this method is expected to be the fastest.
pub(super) fn suits(geometry: &Geometry, size: [usize; 2]) -> bool {
    let tiles = size[0].div_ceil(TILE) * size[1].div_ceil(TILE);
    geometry.kernel == [3, 3]
        && geometry.stride == [1, 1]
        && geometry.in_channels.min(geometry.out_channels) >= 8
        && tiles * geometry.batch >= 8
        // At least half of the pixels of the tiles must exist.
        && 2 * size[0] * size[1] >= tiles * TILE * TILE
}

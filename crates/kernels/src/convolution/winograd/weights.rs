//! The weight gradient: the transpose of the forward pass in the filter.
//!
//! As `y = A' [(G g G') * (B' d B)] A` is linear in `g`, the gradient with respect to `g` is `G' [(A dy A') *
//! (B' d B)] G`, summed over tiles: 36 matrix products `[out channels, tiles] x [tiles, in channels]`. Tiles
//! are the depth here, so channels have to be neighbours in memory; each image is transposed to channels last
//! before it is transformed.
//!
//! Where there are many tiles and few channels the tiles are cut into slices,
//! by the geometry alone, whose sums are added in their order.

use rayon::prelude::*;

use super::transform::{FilterGradient, Image, Map, ResultGradient, lanes_of, put, side_by_side};
use super::{ELEMENTS, Geometry, LANES, PATCH, TILE, WIDEST, element_stride};
use crate::buffers::{self, Buffer};
use crate::shared::Shared;
use crate::simd::{Task, dispatch};
use crate::tile::multiply;
use crate::transpose;

/// Approximate number of transformed floats that are held at once (16 MiB).
const HELD: usize = 4 << 20;
/// Pieces of work that the products are cut into at least, if large enough.
const ITEMS: usize = 8;
/// Tiles in a slice, at least.
const TILES_IN_SLICE: usize = 48;
/// Tiles in a block of the products: two panels then fit the first-level cache.
const DEPTH: usize = 256;
/// Rows of sums in a piece of work, where slices are added.
const ROWS_IN_PIECE: usize = 4;
/// Panels of out channels and of in channels in a piece of work.
const GROUP: [usize; 2] = [3, 2];

/// See [`crate::convolution::weight_gradient`].
pub(in super::super) fn weight_gradient(
    geometry: &Geometry,
    input: &[f32],
    output_gradient: &[f32],
    weight_gradient: &mut [f32],
) {
    let grid = geometry.output_size().map(|size| size.div_ceil(TILE));
    let channels = geometry.in_channels + geometry.out_channels;
    let image = grid[0] * grid[1] * channels * ELEMENTS;
    let images = (HELD / image).clamp(1, geometry.batch);
    let chunks = input
        .chunks(images * geometry.in_channels * geometry.height * geometry.width)
        .zip(output_gradient.chunks(images * geometry.output_len() / geometry.batch));
    for (chunk, (input, output_gradient)) in chunks.enumerate() {
        dispatch(Chunk {
            geometry,
            grid,
            images: images.min(geometry.batch - chunk * images),
            input,
            output_gradient,
            weight_gradient: &mut *weight_gradient,
            accumulate: chunk > 0,
        });
    }
}

/// The contribution of some images.
struct Chunk<'a> {
    geometry: &'a Geometry,
    /// Rows and columns of tiles.
    grid: [usize; 2],
    images: usize,
    input: &'a [f32],
    output_gradient: &'a [f32],
    weight_gradient: &'a mut [f32],
    accumulate: bool,
}

impl Task for Chunk<'_> {
    type Output = ();

    #[inline(always)]
    fn run<const ROWS: usize, const COLUMNS: usize, const FUSED: bool>(self) {
        let geometry = self.geometry;
        let tiles = self.grid[0] * self.grid[1];
        let panels = [geometry.out_channels.div_ceil(ROWS), geometry.in_channels.div_ceil(COLUMNS)];
        let group = [GROUP[0].min(panels[0]), GROUP[1].min(panels[1])];
        let groups = [panels[0].div_ceil(group[0]), panels[1].div_ceil(group[1])];
        let all_groups = groups[0] * groups[1];
        let slices = ITEMS.div_ceil(all_groups).min(self.images * tiles / TILES_IN_SLICE).clamp(1, self.images);
        let images = self.images.div_ceil(slices);
        let slices = self.images.div_ceil(images);

        let left = Side {
            values: self.output_gradient,
            channels: geometry.out_channels,
            size: geometry.output_size(),
            before: [0, 0],
            grid: self.grid,
            images,
        }
        .transform::<ResultGradient, TILE, ROWS>(slices);
        let right = Side {
            values: self.input,
            channels: geometry.in_channels,
            size: [geometry.height, geometry.width],
            before: geometry.padding,
            grid: self.grid,
            images,
        }
        .transform::<Image, PATCH, COLUMNS>(slices);
        let plan = Plan {
            geometry,
            left,
            right,
            slice_tiles: images * tiles,
            tiles: self.images * tiles,
            slices,
            groups,
            group,
            lanes: std::hint::black_box(COLUMNS),
            accumulate: self.accumulate,
            result: Shared::new(self.weight_gradient),
        };
        let group_length = group[0] * ROWS * group[1] * ELEMENTS * COLUMNS;
        if slices == 1 {
            (0..all_groups).into_par_iter().for_each(|index| {
                let mut sums = buffers::take(group_length);
                dispatch(Multiply { plan: &plan, group: index, slice: 0, sums: &mut sums });
                dispatch(Finish {
                    plan: &plan,
                    group: index,
                    rows: 0..group[0] * ROWS,
                    sums: &sums,
                    distance: group_length,
                });
            });
        } else {
            let distance = all_groups * group_length;
            let mut sums = buffers::take(slices * distance);
            sums.par_chunks_mut(group_length).enumerate().for_each(|(index, sums)| {
                dispatch(Multiply { plan: &plan, group: index % all_groups, slice: index / all_groups, sums });
            });
            let rows = group[0] * ROWS;
            let pieces = rows.div_ceil(ROWS_IN_PIECE);
            (0..all_groups * pieces).into_par_iter().for_each(|index| {
                let (index, first) = (index / pieces, index % pieces * ROWS_IN_PIECE);
                dispatch(Finish {
                    plan: &plan,
                    group: index,
                    rows: first..rows.min(first + ROWS_IN_PIECE),
                    sums: &sums[index * group_length..],
                    distance,
                });
            });
        }
    }
}

/// One operand before its transformation, `[image, channel, row, column]`.
struct Side<'a> {
    values: &'a [f32],
    channels: usize,
    size: [usize; 2],
    before: [usize; 2],
    grid: [usize; 2],
    /// Images in a slice.
    images: usize,
}

impl Side<'_> {
    /// Transforms all of it.
    fn transform<M: Map<FROM, PATCH>, const FROM: usize, const WIDTH: usize>(&self, slices: usize) -> Transformed {
        let tiles = self.images * self.grid[0] * self.grid[1];
        let stride = element_stride(tiles * WIDTH);
        let length = ELEMENTS * stride;
        let mut values = buffers::take(self.channels.div_ceil(WIDTH) * slices * length);
        values.par_chunks_mut(length).enumerate().for_each(|(index, target)| {
            dispatch(Transform::<'_, M, FROM, WIDTH> {
                side: self,
                panel: index / slices,
                slice: index % slices,
                target,
                map: std::marker::PhantomData,
            });
        });
        Transformed { values, slices, stride }
    }
}

/// A transformed operand, `[panel][slice][element][tile][channels of a panel]`.
struct Transformed {
    values: Buffer,
    slices: usize,
    /// Floats from element to element.
    stride: usize,
}

impl Transformed {
    /// The tiles of one element in a panel and a slice.
    #[inline(always)]
    fn tiles(&self, panel: usize, slice: usize, element: usize) -> &[f32] {
        &self.values[((panel * self.slices + slice) * ELEMENTS + element) * self.stride..]
    }
}

/// Transforms the images of a slice, for a panel of channels.
struct Transform<'a, M, const FROM: usize, const WIDTH: usize> {
    side: &'a Side<'a>,
    panel: usize,
    slice: usize,
    target: &'a mut [f32],
    map: std::marker::PhantomData<fn() -> M>,
}

impl<M: Map<FROM, PATCH>, const FROM: usize, const WIDTH: usize> Task for Transform<'_, M, FROM, WIDTH> {
    type Output = ();

    #[inline(always)]
    fn run<const ROWS: usize, const COLUMNS: usize, const FUSED: bool>(self) {
        let side = self.side;
        let [rows, columns] = side.grid;
        let [height, width] = side.grid.map(|tiles| (tiles - 1) * TILE + FROM);
        let first = self.panel * WIDTH;
        let channels = WIDTH.min(side.channels - first);
        let plane = side.size[0] * side.size[1];
        let stride = element_stride(side.images * rows * columns * WIDTH);
        let images = side.values.len() / (side.channels * plane);
        let first_image = self.slice * side.images;
        let images = first_image..images.min(first_image + side.images);

        // The image with its channels side by side; a border of zeros, and lanes
        // without a channel, stay as they are from image to image.
        let lanes = channels.next_multiple_of(LANES);
        let mut turned = buffers::take(height * width * lanes);
        turned.fill(0.0);
        for (index, image) in images.enumerate() {
            let source = &side.values[(image * side.channels + first) * plane..][..channels * plane];
            for row in 0..side.size[0] {
                let at = ((row + side.before[0]) * width + side.before[1]) * lanes;
                transpose::matrix(
                    [channels, side.size[1]],
                    &source[row * side.size[1]..],
                    plane,
                    &mut turned[at..],
                    lanes,
                );
            }
            for tile in 0..rows * columns {
                let at = (tile / columns * TILE * width + tile % columns * TILE) * lanes;
                let target = (index * rows * columns + tile) * WIDTH;
                for lane in (0..lanes).step_by(LANES) {
                    let target = target + lane;
                    side_by_side::<M, FROM, PATCH, FUSED>(
                        |row, column| lanes_of(&turned, at + (row * width + column) * lanes + lane),
                        |row, column, found| {
                            put::<WIDTH>(self.target, (row * PATCH + column) * stride + target, found);
                        },
                    );
                }
            }
        }
    }
}

struct Plan<'a> {
    geometry: &'a Geometry,
    /// The transformed output gradient, in panels of tile rows.
    left: Transformed,
    /// The transformed input, in panels of tile columns.
    right: Transformed,
    slice_tiles: usize,
    tiles: usize,
    slices: usize,
    /// Groups of panels, and panels in a group.
    groups: [usize; 2],
    group: [usize; 2],
    /// Columns of a tile as a run-time value.
    lanes: usize,
    accumulate: bool,
    result: Shared<'a>,
}

impl Plan<'_> {
    /// First panel of out channels and of in channels of a group.
    #[inline(always)]
    fn panels(&self, group: usize) -> [usize; 2] {
        [group / self.groups[1] * self.group[0], group % self.groups[1] * self.group[1]]
    }
}

/// The products of a group of panels over a slice.
struct Multiply<'a, 'b> {
    plan: &'a Plan<'b>,
    group: usize,
    slice: usize,
    /// `[panel of rows][panel of columns][element][tile rows][tile columns]`
    sums: &'a mut [f32],
}

impl Task for Multiply<'_, '_> {
    type Output = ();

    #[inline(always)]
    fn run<const ROWS: usize, const COLUMNS: usize, const FUSED: bool>(self) {
        let plan = self.plan;
        let first = plan.panels(self.group);
        let tiles = (plan.tiles - self.slice * plan.slice_tiles).min(plan.slice_tiles);
        for element in 0..ELEMENTS {
            for block in (0..tiles).step_by(DEPTH) {
                let depth = DEPTH.min(tiles - block);
                for column_panel in 0..plan.group[1] {
                    let panel = first[1] + column_panel;
                    let Some(columns) =
                        plan.geometry.in_channels.checked_sub(panel * COLUMNS).filter(|&columns| columns > 0)
                    else {
                        break;
                    };
                    let right = plan.right.tiles(panel, self.slice, element);
                    let right = &right[block * COLUMNS..][..depth * COLUMNS];
                    for row_panel in 0..plan.group[0] {
                        let panel = first[0] + row_panel;
                        let Some(rows) = plan.geometry.out_channels.checked_sub(panel * ROWS).filter(|&rows| rows > 0)
                        else {
                            break;
                        };
                        let left = plan.left.tiles(panel, self.slice, element);
                        let left = &left[block * ROWS..][..depth * ROWS];
                        let total = row_panel * plan.group[1] + column_panel;
                        let total = (total * ELEMENTS + element) * ROWS * COLUMNS;
                        let (total, _) = self.sums[total..total + ROWS * COLUMNS].as_chunks_mut::<COLUMNS>();
                        if let Some(total) = total.first_chunk_mut::<ROWS>() {
                            multiply::<ROWS, COLUMNS, FUSED>([rows, columns], left, right, total, block > 0);
                        }
                    }
                }
            }
        }
    }
}

/// Adds the slices of some rows of a group, transforms back and writes.
struct Finish<'a, 'b> {
    plan: &'a Plan<'b>,
    group: usize,
    rows: std::ops::Range<usize>,
    /// As in [`Multiply`], the slices `distance` apart.
    sums: &'a [f32],
    distance: usize,
}

impl Task for Finish<'_, '_> {
    type Output = ();

    #[inline(always)]
    fn run<const ROWS: usize, const COLUMNS: usize, const FUSED: bool>(self) {
        let plan = self.plan;
        let [in_channels, out_channels] = [plan.geometry.in_channels, plan.geometry.out_channels];
        let first = plan.panels(self.group);
        let mut total = [[0.0; WIDEST]; ELEMENTS];
        let mut taps = [[0.0; WIDEST]; 9];
        for row in self.rows {
            let out_channel = first[0] * ROWS + row;
            if out_channel >= out_channels {
                break;
            }
            for column_panel in 0..plan.group[1] {
                let channel = (first[1] + column_panel) * COLUMNS;
                if channel >= in_channels {
                    break;
                }
                let start = row / ROWS * plan.group[1] + column_panel;
                let start = (start * ELEMENTS * ROWS + row % ROWS) * COLUMNS;
                for (element, total) in total.iter_mut().enumerate() {
                    let start = start + element * ROWS * COLUMNS;
                    let total = &mut total[..COLUMNS];
                    total.copy_from_slice(&self.sums[start..start + COLUMNS]);
                    for slice in 1..plan.slices {
                        let start = start + slice * self.distance;
                        add(plan.lanes, &self.sums[start..start + COLUMNS], total);
                    }
                }
                let channels = COLUMNS.min(in_channels - channel);
                for lane in (0..channels).step_by(LANES) {
                    side_by_side::<FilterGradient, 6, 3, FUSED>(
                        |r, c| lanes_of(&total[r * PATCH + c], lane),
                        |r, c, found| taps[r * 3 + c][lane..][..LANES].copy_from_slice(found),
                    );
                }
                let result = (out_channel * in_channels + channel) * 9;
                // SAFETY: a filter belongs to one group and one row of it, hence to
                // one piece of work.
                let result = unsafe { plan.result.slice(result, channels * 9) };
                if plan.accumulate {
                    for (lane, result) in result.chunks_exact_mut(9).enumerate() {
                        for (result, taps) in result.iter_mut().zip(&taps) {
                            *result += taps[lane];
                        }
                    }
                } else {
                    transpose::matrix([9, channels], taps.as_flattened(), WIDEST, result, 9);
                }
            }
        }
    }
}

/// Adds `lanes` values; a number known at run time only, so that this stays a loop.
#[inline(always)]
fn add(lanes: usize, values: &[f32], total: &mut [f32]) {
    let lanes = lanes.min(total.len());
    for (total, value) in total[..lanes].iter_mut().zip(values) {
        *total += value;
    }
}

//! A copy of the images in which no kernel position falls outside.
//!
//! A convolution reads, for the output position `(a, b)` and the tap of offset `(i, j)`, the source at
//! `(a * stride + i, b * stride + j)`: neighbours in `b` are `stride` apart, and some fall into the padding. This
//! copy adds the padding and splits the rows and columns by their remainder modulo the stride, one small
//! plane per remainder. In it, every tap is *one offset*, and neighbours in `b` are neighbours in memory, for
//! every stride and padding. Where the copy would be the same as the images, there is none.

#[cfg(target_arch = "x86_64")]
mod avx512;

use rayon::prelude::*;

use crate::buffers::{self, Buffer};
use crate::planes::deal;

/// Extra floats at the end, so that a whole block can be read past the last float.
pub(super) const BLOCK: usize = 16;

/// Floats that are copied at once out of rows that are so long: as wide as the rows, so that little is copied in vain.
pub(super) fn piece_width(row: usize) -> usize {
    match row {
        0..=4 => 4,
        5..=8 => 8,
        _ => BLOCK,
    }
}

/// How images are laid out in the padded copy.
#[derive(Clone, Copy)]
pub(super) struct Layout {
    stride: [usize; 2],
    /// Zeros before the first row and the first column.
    before: [usize; 2],
    /// Rows and columns of the plane of one remainder.
    plane: [usize; 2],
}

impl Layout {
    /// The layout that serves every offset in `offsets` over output positions
    /// below `grid`. `offsets[axis]` lists offsets relative to the unpadded
    /// source; it may be empty.
    pub(super) fn new(stride: [usize; 2], offsets: [&[isize]; 2], grid: [usize; 2]) -> Self {
        let before = offsets.map(|list| list.iter().map(|&offset| offset.min(0).unsigned_abs()).max().unwrap_or(0));
        let plane = std::array::from_fn(|axis| {
            let furthest = offsets[axis]
                .iter()
                .map(|&offset| before[axis].wrapping_add_signed(offset) / stride[axis])
                .max()
                .unwrap_or(0);
            furthest + grid[axis]
        });
        Self { stride, before, plane }
    }

    /// Where, within a channel, the tap at `offset` finds output position (0, 0).
    pub(super) fn tap(&self, offset: [isize; 2]) -> usize {
        let at: [usize; 2] = std::array::from_fn(|axis| self.before[axis].wrapping_add_signed(offset[axis]));
        let remainder = (at[0] % self.stride[0]) * self.stride[1] + at[1] % self.stride[1];
        remainder * self.plane[0] * self.plane[1] + at[0] / self.stride[0] * self.plane[1] + at[1] / self.stride[1]
    }

    /// Distance between output rows.
    pub(super) fn row(&self) -> usize {
        self.plane[1]
    }

    /// Distance between channels.
    pub(super) fn channel(&self) -> usize {
        self.stride[0] * self.stride[1] * self.plane[0] * self.plane[1]
    }
}

/// Images in a [`Layout`], `[images, channels, remainder, plane rows, plane columns]`.
pub(super) struct Padded<'a> {
    values: Values<'a>,
    pub(super) layout: Layout,
    pub(super) channels: usize,
}

/// The images themselves, or a copy with [`BLOCK`] floats behind it.
enum Values<'a> {
    Same(&'a [f32]),
    Copy(Buffer),
}

impl<'a> Padded<'a> {
    /// Copies `source`, `[images, channels, height, width]`, with [`BLOCK`] floats behind the last.
    pub(super) fn new(layout: Layout, source: &'a [f32], channels: usize, size: [usize; 2]) -> Self {
        let planes = source.len() / (size[0] * size[1]).max(1);
        let mut values = buffers::take(planes * layout.channel() + BLOCK);
        let length = planes * layout.channel();
        values[length..].fill(0.0);
        let remainders = layout.remainders(size[1]);
        // Enough planes in one piece of work to be worth a task.
        let group = (8192 / layout.channel().max(1)).max(1);
        values[..length]
            .par_chunks_mut(group * layout.channel().max(1))
            .zip(source.par_chunks(group * (size[0] * size[1]).max(1)))
            .for_each(|(copies, planes)| {
                for (copy, plane) in
                    copies.chunks_exact_mut(layout.channel()).zip(planes.chunks_exact(size[0] * size[1]))
                {
                    pad(&layout, &remainders, plane, size[1], copy);
                }
            });
        Self { values: Values::Copy(values), layout, channels }
    }

    /// As [`new`](Self::new), but without a copy, and without floats behind the last, where it would be the same.
    pub(super) fn borrowed(layout: Layout, source: &'a [f32], channels: usize, size: [usize; 2]) -> Self {
        let same = layout.stride == [1; 2] && layout.before == [0; 2] && layout.plane == size;
        match same {
            true => Self { values: Values::Same(source), layout, channels },
            false => Self::new(layout, source, channels, size),
        }
    }

    /// `[images, channels, remainder, plane rows, plane columns]`.
    pub(super) fn values(&self) -> &[f32] {
        match &self.values {
            Values::Same(source) => source,
            Values::Copy(copy) => copy,
        }
    }

    /// Distance between images.
    pub(super) fn image(&self) -> usize {
        self.channels * self.layout.channel()
    }
}

/// The columns of an image that have one remainder.
struct Remainder {
    /// First of them in the image.
    source: usize,
    /// Their offset in the copy, without that of the row.
    start: usize,
    end: usize,
}

impl Layout {
    /// The columns of images that are `width` wide, by remainder.
    fn remainders(&self, width: usize) -> Vec<Remainder> {
        let (stride, before) = (self.stride[1], self.before[1]);
        (0..stride)
            .map(|right| {
                let first = before.saturating_sub(right).div_ceil(stride);
                let end = (width + before).saturating_sub(right).div_ceil(stride);
                let plane = right * self.plane[0] * self.plane[1];
                Remainder {
                    source: first * stride + right - before,
                    start: plane + first,
                    end: plane + end.clamp(first, first.max(self.plane[1])),
                }
            })
            .collect()
    }
}

fn pad(layout: &Layout, remainders: &[Remainder], plane: &[f32], width: usize, copy: &mut [f32]) {
    #[cfg(target_arch = "x86_64")]
    // SAFETY: the feature was detected.
    if crate::simd::has_avx512() && unsafe { avx512::pad(layout, plane, width, copy) } {
        return;
    }
    pad_by_floats(layout, remainders, plane, width, copy);
}

/// [`pad`] on any processor.
fn pad_by_floats(layout: &Layout, remainders: &[Remainder], plane: &[f32], width: usize, copy: &mut [f32]) {
    let [rows, columns] = layout.plane;
    copy.fill(0.0);
    let mut down = layout.before[0] % layout.stride[0];
    let mut at = layout.before[0] / layout.stride[0];
    for source in plane.chunks_exact(width) {
        if at < rows {
            let start = (down * layout.stride[1] * rows + at) * columns;
            for remainder in remainders {
                let target = &mut copy[start + remainder.start..start + remainder.end];
                let Some(source) = source.get(remainder.source..) else {
                    continue;
                };
                deal(layout.stride[1], source, target);
            }
        }
        down += 1;
        if down == layout.stride[0] {
            down = 0;
            at += 1;
        }
    }
}

#[cfg(all(test, target_arch = "x86_64"))]
mod tests {
    use super::*;

    #[test]
    fn both_ways_to_pad_agree() {
        if !crate::simd::has_avx512() {
            return;
        }
        for stride in [1, 2, 3, 4] {
            for before in 0..4 {
                for [height, width] in [[1, 1], [5, 3], [7, 16], [4, 28], [3, 70]] {
                    let offsets: Vec<isize> = (-(before as isize)..3).collect();
                    let grid = [height, width].map(|size: usize| size.div_ceil(stride));
                    let layout = Layout::new([stride; 2], [&offsets, &offsets], grid);
                    let plane: Vec<f32> = (1..=height * width).map(|value| value as f32).collect();
                    let [mut fast, mut plain] = [f32::NAN, f32::MAX].map(|value| vec![value; layout.channel()]);
                    // SAFETY: the feature was detected above.
                    let known = unsafe { avx512::pad(&layout, &plane, width, &mut fast) };
                    assert_eq!(known, stride != 3);
                    pad_by_floats(&layout, &layout.remainders(width), &plane, width, &mut plain);
                    assert!(!known || fast == plain, "stride {stride}, {before} before, {height}x{width}");
                }
            }
        }
    }
}

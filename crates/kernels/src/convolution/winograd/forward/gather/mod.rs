//! Collects the pixels of tiles, tap by tap: for each of the 36 pixels of a patch, a row of those of all tiles.
//!
//! With AVX-512 they are read from the images, under masks that make the zeros around an image. Elsewhere the images are
//! copied first, so that neighbouring tiles have neighbours in memory ([`Padded`]).

#[cfg(target_arch = "x86_64")]
mod avx512;

use super::super::{ELEMENTS, PATCH, TILE};
use super::WIDEST;
use crate::convolution::padded::{BLOCK, Layout, Padded, piece_width};
use crate::simd::prefetch;

/// A run of tiles that are neighbours in an image, within a panel.
#[derive(Clone, Copy)]
pub(super) struct Run {
    /// First tile within the panel.
    pub(super) tile: usize,
    pub(super) length: usize,
    /// Which image.
    pub(super) image: usize,
    /// Row and column of the first tile in the image's grid of tiles.
    pub(super) at: [usize; 2],
    /// Offset in the first channel of the result.
    pub(super) result: usize,
    /// Rows and columns of the result that exist.
    pub(super) rows: usize,
    pub(super) columns: usize,
}

/// The pixels of tiles, by tap.
pub(super) type Patch = [[f32; WIDEST]; ELEMENTS];

/// Where tiles are read from.
pub(super) struct Source<'a> {
    values: Values<'a>,
    channels: usize,
    /// Tiles of the longest run.
    longest: usize,
}

enum Values<'a> {
    /// The images.
    #[cfg(target_arch = "x86_64")]
    Images {
        /// `[image, channel, row, column]`
        values: &'a [f32],
        size: [usize; 2],
        /// Zeros before the first row and the first column.
        before: [isize; 2],
    },
    /// A copy.
    Padded {
        copy: Padded<'a>,
        /// Where, within a channel, a tap finds the first tile.
        taps: [usize; ELEMENTS],
    },
}

impl<'a> Source<'a> {
    /// The source of tiles from images `[image, channel, row, column]` of this size, with so many zeros `before` the first row
    /// and column. `grid` has the rows and columns of tiles, and no run is longer than `longest`.
    pub(super) fn new(
        values: &'a [f32],
        channels: usize,
        size: [usize; 2],
        before: [isize; 2],
        grid: [usize; 2],
        longest: usize,
    ) -> Self {
        #[cfg(target_arch = "x86_64")]
        if crate::simd::has_avx512() {
            return Self { values: Values::Images { values, size, before }, channels, longest };
        }
        Self { values: Values::padded(values, channels, size, before, grid), channels, longest }
    }

    /// Collects the pixels of the tiles of some runs in one channel. What is past the last tile of a run is unspecified.
    #[inline(always)]
    pub(super) fn gather(&self, channel: usize, runs: &[Run], patch: &mut Patch) {
        match &self.values {
            #[cfg(target_arch = "x86_64")]
            &Values::Images { values, size, before } => {
                let pixels = size[0] * size[1];
                for run in runs {
                    let plane = (run.image * self.channels + channel) * pixels;
                    // SAFETY: the processor has the features, or the source were another.
                    unsafe { avx512::gather(&values[plane..], size, before, run, patch) };
                }
            }
            Values::Padded { copy, taps } => {
                let source = &copy.values()[channel * copy.layout.channel()..];
                match piece_width(self.longest) {
                    4 => gather::<4>(copy, taps, source, runs, patch),
                    8 => gather::<8>(copy, taps, source, runs, patch),
                    _ => gather::<BLOCK>(copy, taps, source, runs, patch),
                }
            }
        }
    }
}

impl<'a> Values<'a> {
    fn padded(values: &'a [f32], channels: usize, size: [usize; 2], before: [isize; 2], grid: [usize; 2]) -> Self {
        let offsets: [Vec<isize>; 2] =
            std::array::from_fn(|axis| (0..PATCH as isize).map(|tap| tap - before[axis]).collect());
        let layout = Layout::new([TILE, TILE], [&offsets[0], &offsets[1]], grid);
        let taps = std::array::from_fn(|tap| layout.tap([offsets[0][tap / PATCH], offsets[1][tap % PATCH]]));
        Self::Padded { copy: Padded::new(layout, values, channels, size), taps }
    }
}

/// Collects from one channel of a padded copy, in pieces of `WIDTH` tiles.
///
/// Whole pieces are copied where there is room for them; values past a run are overwritten by the runs that
/// follow.
#[inline(always)]
fn gather<const WIDTH: usize>(
    copy: &Padded<'_>,
    taps: &[usize; ELEMENTS],
    source: &[f32],
    runs: &[Run],
    patch: &mut Patch,
) {
    let ahead = 2 * copy.layout.channel();
    for run in runs {
        let start = run.image * copy.image() + run.at[0] * copy.layout.row() + run.at[1];
        let mut done = 0;
        while done < run.length {
            let source = &source[start + done..];
            let tile = run.tile + done;
            if tile + WIDTH <= WIDEST {
                for (&tap, patch) in taps.iter().zip(&mut *patch) {
                    // The hardware prefetcher does not handle short rows that are far apart.
                    prefetch(source, tap + ahead);
                    patch[tile..tile + WIDTH].copy_from_slice(&source[tap..tap + WIDTH]);
                }
            } else {
                let width = WIDEST - tile;
                for (&tap, patch) in taps.iter().zip(&mut *patch) {
                    for (patch, value) in patch[tile..].iter_mut().zip(&source[tap..tap + width]) {
                        *patch = *value;
                    }
                }
            }
            done += WIDTH;
        }
    }
}

#[cfg(all(test, target_arch = "x86_64"))]
mod tests {
    use super::*;

    #[test]
    fn images_and_their_copies_have_the_same_tiles() {
        if !crate::simd::has_avx512() {
            return;
        }
        for [height, width] in [[1, 1], [4, 3], [5, 8], [7, 13], [28, 28], [9, 60], [12, 133]] {
            for before in [[0, 0], [1, 1], [2, 1]] {
                let grid = [height, width].map(|size: usize| size.div_ceil(TILE));
                let (images, channels) = (2, 3);
                let values: Vec<f32> = (1..=images * channels * height * width).map(|value| value as f32).collect();
                let size = [height, width];
                let copy = Values::padded(&values, channels, size, before, grid);
                let direct = Values::Images { values: &values, size, before };
                let [copy, direct] = [copy, direct].map(|values| Source { values, channels, longest: grid[1] });
                let tiles = [1, 3, 8, 11, 32];
                let runs = (0..images).flat_map(|image| tiles.map(|length| (image, length)));
                for (image, length) in runs.filter(|(_, length)| *length <= grid[1]) {
                    let at = [grid[0] - 1, grid[1] - length];
                    let run = Run { tile: WIDEST - length, length, image, at, result: 0, rows: 0, columns: 0 };
                    for channel in 0..channels {
                        let [mut one, mut other] = [[[f32::NAN; WIDEST]; ELEMENTS]; 2];
                        copy.gather(channel, &[run], &mut one);
                        direct.gather(channel, &[run], &mut other);
                        for (one, other) in one.iter().zip(&other) {
                            assert_eq!(one[run.tile..], other[run.tile..], "{size:?}, {before:?}, {length} of {image}");
                        }
                    }
                }
            }
        }
    }
}

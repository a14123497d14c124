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
#[derive(Debug, Clone, Copy)]
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

/// Images and the tiles that are read from them.
pub(super) struct Source<'a> {
    values: Values<'a>,
    channels: usize,
    /// The tiles of all panels.
    runs: Vec<Run>,
    /// End of each panel in `runs`.
    panel_ends: Vec<usize>,
}

/// Images before their tiles are known.
#[derive(Clone, Copy)]
pub(super) struct Images<'a> {
    /// `[image, channel, row, column]`
    pub(super) values: &'a [f32],
    pub(super) channels: usize,
    pub(super) size: [usize; 2],
    /// Zeros before the first row and the first column.
    pub(super) before: [isize; 2],
}

enum Values<'a> {
    /// The images.
    #[cfg(target_arch = "x86_64")]
    Images {
        images: Images<'a>,
        /// The runs in pieces.
        pieces: Vec<avx512::Piece>,
        /// End of each panel in `pieces`.
        ends: Vec<usize>,
    },
    /// A copy.
    Padded {
        copy: Padded<'a>,
        /// Where, within a channel, a tap finds the first tile.
        taps: Box<[usize; ELEMENTS]>,
        /// Tiles of the longest run.
        longest: usize,
    },
}

/// The entries of a panel, given where each of them ends.
fn panel_of<'a, T>(entries: &'a [T], ends: &[usize], panel: usize) -> &'a [T] {
    let first = if panel == 0 { 0 } else { ends[panel - 1] };
    &entries[first..ends[panel]]
}

impl<'a> Source<'a> {
    /// `runs` of tiles of these images, with the end of each panel in them; `grid` has the rows and columns of tiles of an image.
    pub(super) fn new(images: Images<'a>, runs: Vec<Run>, panel_ends: Vec<usize>, grid: [usize; 2]) -> Self {
        let channels = images.channels;
        let values = Values::new(images, &runs, &panel_ends, grid);
        Self { values, channels, runs, panel_ends }
    }

    /// Panels of tiles.
    pub(super) fn panels(&self) -> usize {
        self.panel_ends.len()
    }

    /// The runs of a panel of tiles.
    #[inline(always)]
    pub(super) fn runs(&self, panel: usize) -> &[Run] {
        panel_of(&self.runs, &self.panel_ends, panel)
    }

    /// Collects the pixels of a panel's tiles in one channel. What is past its last tile is unspecified.
    #[inline(always)]
    pub(super) fn gather(&self, channel: usize, panel: usize, patch: &mut Patch) {
        match &self.values {
            #[cfg(target_arch = "x86_64")]
            Values::Images { images, pieces, ends } => {
                let pixels = images.size[0] * images.size[1];
                for piece in panel_of(pieces, ends, panel) {
                    let plane = (piece.image * self.channels + channel) * pixels;
                    // SAFETY: the processor has the features, or the source were another.
                    unsafe { avx512::gather(&images.values[plane..], images.size, piece, patch) };
                }
            }
            Values::Padded { copy, taps, longest } => {
                let source = &copy.values()[channel * copy.layout.channel()..];
                match piece_width(*longest) {
                    4 => gather::<4>(copy, taps, source, self.runs(panel), patch),
                    8 => gather::<8>(copy, taps, source, self.runs(panel), patch),
                    _ => gather::<BLOCK>(copy, taps, source, self.runs(panel), patch),
                }
            }
        }
    }
}

impl<'a> Values<'a> {
    fn new(images: Images<'a>, runs: &[Run], panel_ends: &[usize], grid: [usize; 2]) -> Self {
        #[cfg(target_arch = "x86_64")]
        if crate::simd::has_avx512() {
            return Self::images(images, runs, panel_ends);
        }
        let _ = panel_ends;
        Self::padded(images, runs, grid)
    }

    #[cfg(target_arch = "x86_64")]
    fn images(images: Images<'a>, runs: &[Run], panel_ends: &[usize]) -> Self {
        let mut pieces = Vec::with_capacity(runs.len());
        let mut ends = Vec::with_capacity(panel_ends.len());
        for panel in 0..panel_ends.len() {
            for run in panel_of(runs, panel_ends, panel) {
                pieces.extend(avx512::Piece::of(&images, run));
            }
            ends.push(pieces.len());
        }
        Self::Images { images, pieces, ends }
    }

    fn padded(Images { values, channels, size, before }: Images<'a>, runs: &[Run], grid: [usize; 2]) -> Self {
        let offsets: [Vec<isize>; 2] =
            std::array::from_fn(|axis| (0..PATCH as isize).map(|tap| tap - before[axis]).collect());
        let layout = Layout::new([TILE, TILE], [&offsets[0], &offsets[1]], grid);
        let taps = Box::new(std::array::from_fn(|tap| layout.tap([offsets[0][tap / PATCH], offsets[1][tap % PATCH]])));
        let longest = runs.iter().map(|run| run.length).max().unwrap_or(0);
        Self::Padded { copy: Padded::new(layout, values, channels, size), taps, longest }
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
        for size @ [height, width] in [[1, 1], [4, 3], [5, 8], [7, 13], [28, 28], [9, 60], [12, 133]] {
            for before in [[0, 0], [1, 1], [2, 1]] {
                let grid = size.map(|length: usize| length.div_ceil(TILE));
                let (batch, channels) = (2, 3);
                let values: Vec<f32> = (1..=batch * channels * height * width).map(|value| value as f32).collect();
                let images = Images { values: &values, channels, size, before };
                let lengths = [1, 3, 8, 11, 32].into_iter().filter(|length| *length <= grid[1]);
                let runs: Vec<Run> = lengths
                    .flat_map(|length| (0..batch).map(move |image| (image, length)))
                    .map(|(image, length)| {
                        let at = [grid[0] - 1, grid[1] - length];
                        Run { tile: WIDEST - length, length, image, at, result: 0, rows: 0, columns: 0 }
                    })
                    .collect();
                let panel_ends: Vec<usize> = (1..=runs.len()).collect();
                let [copy, direct] = [Values::padded(images, &runs, grid), Values::images(images, &runs, &panel_ends)]
                    .map(|values| Source { values, channels, runs: runs.clone(), panel_ends: panel_ends.clone() });
                for (panel, run) in runs.iter().enumerate() {
                    for channel in 0..channels {
                        let [mut one, mut other] = [[[f32::NAN; WIDEST]; ELEMENTS]; 2];
                        copy.gather(channel, panel, &mut one);
                        direct.gather(channel, panel, &mut other);
                        for (one, other) in one.iter().zip(&other) {
                            assert_eq!(one[run.tile..], other[run.tile..], "{size:?}, {before:?}, {run:?}");
                        }
                    }
                }
            }
        }
    }
}

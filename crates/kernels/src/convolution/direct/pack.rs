//! Weights in the order in which a register tile reads them.

use rayon::prelude::*;

use super::Phase;
use crate::buffers;
use crate::simd::{Task, dispatch, prefetch};
use crate::transpose;

/// Below this many weights one thread packs them faster than two.
const PACK_PARALLEL_FROM: usize = 1 << 14;

/// Packs the weights of every phase into panels,
/// `[panel][source channel][tap][tile rows]`.
///
/// `strides` are the distances, in `weight`, between channels of the result and
/// between source channels; `sizes` counts both. All phases are packed together
/// because they share cache lines of `weight`.
pub(super) fn pack(weight: &[f32], strides: [usize; 2], sizes: [usize; 2], phases: &mut [Phase]) {
    dispatch(Pack { weight, strides, sizes, phases });
}

/// The taps of a phase within the kernel, and a panel of its weights.
type Part<'a> = (&'a [usize], &'a mut [f32]);

struct Pack<'a> {
    weight: &'a [f32],
    strides: [usize; 2],
    sizes: [usize; 2],
    phases: &'a mut [Phase],
}

impl Task for Pack<'_> {
    type Output = ();

    #[inline(always)]
    fn run<const ROWS: usize, const COLUMNS: usize, const FUSED: bool>(self) {
        let count = self.sizes[0].div_ceil(ROWS);
        // For each panel, its part of every phase, and the phase's taps.
        let mut panels: Vec<Vec<Part<'_>>> = (0..count).map(|_| Vec::new()).collect();
        let mut work = 0;
        for phase in self.phases.iter_mut() {
            let length = phase.depth(self.sizes[1]) * ROWS;
            phase.panels = buffers::take(count * length);
            work += count * length;
            for (panel, part) in panels.iter_mut().zip(phase.panels.chunks_mut(length.max(1))) {
                panel.push((&phase.kernel, part));
            }
        }
        let pack = |(panel, parts): (usize, Vec<Part<'_>>)| {
            let first = panel * ROWS;
            let rows = ROWS.min(self.sizes[0] - first);
            let weight = &self.weight[first * self.strides[0]..];
            pack_panel::<ROWS>(weight, self.strides, [rows, self.sizes[1]], parts);
        };
        if work < PACK_PARALLEL_FROM {
            panels.into_iter().enumerate().for_each(pack);
        } else {
            panels.into_par_iter().enumerate().for_each(pack);
        }
    }
}

#[inline(always)]
fn pack_panel<const ROWS: usize>(
    weight: &[f32],
    strides: [usize; 2],
    [rows, channels]: [usize; 2],
    mut parts: Vec<Part<'_>>,
) {
    if let [(kernel, part)] = parts.as_mut_slice()
        && kernel.len() == strides[1]
    {
        // All taps in their order: rows of weights are contiguous.
        transpose::matrix([rows, channels * strides[1]], weight, strides[0], part, ROWS);
        return;
    }
    let taps = parts.iter().flat_map(|(kernel, _)| *kernel).max();
    let Some(taps) = taps.map(|last| last + 1) else {
        return;
    };
    let mut all = buffers::take(taps * ROWS);
    for channel in 0..channels {
        // The next weights are pages away, beyond the reach of the hardware prefetcher.
        for line in (0..rows * strides[0]).step_by(16) {
            prefetch(weight, (channel + 6) * strides[1] + line);
        }
        let weight = &weight[channel * strides[1]..];
        transpose::matrix([rows, taps], weight, strides[0], &mut all, ROWS);
        for (kernel, part) in &mut parts {
            let part = &mut part[channel * kernel.len() * ROWS..];
            for (&tap, part) in kernel.iter().zip(part.chunks_exact_mut(ROWS)) {
                part.copy_from_slice(&all[tap * ROWS..][..ROWS]);
            }
        }
    }
}

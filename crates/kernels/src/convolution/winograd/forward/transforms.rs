//! The transforms of either side of the products, in the order in which a register tile reads them.

use super::super::transform::{Filter, Image, lanes_of, put, side_by_side};
use super::super::{ELEMENTS, LANES, PATCH, element_stride};
use super::{Plan, WIDEST};
use crate::simd::{Task, prefetch};
use crate::transpose;

/// Transforms some filters into `[element][source channel][WIDTH channels of the result]`.
pub(super) struct Filters<'a, 'b, const WIDTH: usize> {
    pub(super) plan: &'a Plan<'b>,
    pub(super) panel: usize,
    pub(super) block: usize,
    pub(super) target: &'a mut [f32],
}

impl<const WIDTH: usize> Task for Filters<'_, '_, WIDTH> {
    type Output = ();

    #[inline(always)]
    fn run<const ROWS: usize, const COLUMNS: usize, const FUSED: bool>(self) {
        let plan = self.plan;
        let first = self.panel * WIDTH;
        let rows = WIDTH.min(plan.channels - first);
        let channels = plan.block(self.block);
        let stride = element_stride(plan.depth * WIDTH);
        let weight = &plan.weight[first * plan.strides[0]..];
        let mut taps = [[[0.0; WIDEST]; 9]; LANES];
        let lanes = rows.next_multiple_of(LANES).min(WIDEST);
        for (line, channel) in channels.clone().enumerate() {
            // Source channels that are neighbours are fetched together.
            let slot = line % LANES;
            if slot == 0 && plan.strides[1] == 9 {
                transpose::matrix(
                    [rows, 9 * LANES.min(channels.end - channel)],
                    &weight[channel * 9..],
                    plan.strides[0],
                    taps.as_flattened_mut().as_flattened_mut(),
                    WIDEST,
                );
            } else if plan.strides[1] != 9 {
                // The next filters are pages away, beyond the reach of the hardware prefetcher.
                for line in (0..rows * 9).step_by(16) {
                    prefetch(weight, (channel + 6) * plan.strides[1] + line);
                }
                transpose::matrix(
                    [rows, 9],
                    &weight[channel * plan.strides[1]..],
                    plan.strides[0],
                    taps[slot].as_flattened_mut(),
                    WIDEST,
                );
            }
            let taps = &mut taps[slot];
            if plan.turned {
                taps.reverse();
            }
            for lane in (0..lanes).step_by(LANES) {
                let at = line * WIDTH + lane;
                side_by_side::<Filter, 3, 6, FUSED>(
                    |row, column| lanes_of(&taps[row * 3 + column], lane),
                    |row, column, values| put::<WIDTH>(self.target, (row * PATCH + column) * stride + at, values),
                );
            }
        }
    }
}

/// Transforms some tiles into `[element][source channel][WIDTH tiles]`.
pub(super) struct Tiles<'a, 'b, const WIDTH: usize> {
    pub(super) plan: &'a Plan<'b>,
    pub(super) panel: usize,
    pub(super) block: usize,
    pub(super) target: &'a mut [f32],
}

impl<const WIDTH: usize> Task for Tiles<'_, '_, WIDTH> {
    type Output = ();

    #[inline(always)]
    fn run<const ROWS: usize, const COLUMNS: usize, const FUSED: bool>(self) {
        let plan = self.plan;
        let runs = plan.source.runs(self.panel);
        let channels = plan.block(self.block);
        let stride = element_stride(plan.depth * WIDTH);
        let mut patch = [[0.0; WIDEST]; ELEMENTS];
        let used: usize = runs.iter().map(|run| run.length).sum();
        let lanes = used.next_multiple_of(LANES).min(WIDEST);
        for (line, channel) in channels.enumerate() {
            plan.source.gather(channel, self.panel, &mut patch);
            for lane in (0..lanes).step_by(LANES) {
                let at = line * WIDTH + lane;
                side_by_side::<Image, 6, 6, FUSED>(
                    |row, column| lanes_of(&patch[row * PATCH + column], lane),
                    |row, column, values| put::<WIDTH>(self.target, (row * PATCH + column) * stride + at, values),
                );
            }
        }
    }
}

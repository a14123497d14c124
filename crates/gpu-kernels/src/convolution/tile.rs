//! What a unit does once a part of both operands is in shared memory.
//!
//! The parts lie as `[DEPTH, TILE + 1]`: the extra column keeps units that write one column from meeting in one bank. Unit `u` adds
//! up the results of rows `u / 16 + 16 i` and columns `u % 16 + 16 j`, so that neighbouring units read and write neighbours.

use super::{DEPTH, TILE};
use crate::launch::one_each;
use burn_cubecl::{CubeRuntime, tensor::CubeTensor};
use cubecl::prelude::*;

/// Units of a cube: 16 by 16.
pub(crate) const UNITS: u32 = 256;

/// Shared memory for a part of an operand.
#[cube]
pub(crate) fn part<F: Float>() -> SharedMemory<F> {
    SharedMemory::<F>::new(comptime!((DEPTH * (TILE + 1)) as usize))
}

/// Where a term of a row (of the left operand) or a column (of the right one) lies in its part.
#[cube]
pub(crate) fn place(term: u32, line: u32) -> usize {
    (term * comptime!(TILE + 1) + line) as usize
}

/// Sixteen sums, all zero.
#[cube]
pub(crate) fn sums<F: Float>() -> Array<F> {
    let mut sums = Array::<F>::new(16usize);
    #[unroll]
    for index in 0..16usize {
        sums[index] = F::new(0.0);
    }
    sums
}

/// Adds the products of all terms of the parts.
#[cube]
pub(crate) fn multiply<F: Float>(left: &SharedMemory<F>, right: &SharedMemory<F>, sums: &mut Array<F>) {
    let row = UNIT_POS / 16;
    let column = UNIT_POS % 16;
    let mut lefts = Array::<F>::new(4usize);
    let mut rights = Array::<F>::new(4usize);
    #[unroll]
    for term in 0..DEPTH {
        #[unroll]
        for i in 0..4u32 {
            lefts[i as usize] = left[place(term, row + 16 * i)];
            rights[i as usize] = right[place(term, column + 16 * i)];
        }
        #[unroll]
        for i in 0..4usize {
            #[unroll]
            for j in 0..4usize {
                sums[4 * i + j] += lefts[i] * rights[j];
            }
        }
    }
}

/// The sum of `parts [parts, ...]` along the first axis, into `result`.
pub(crate) fn add_parts<R: CubeRuntime>(parts: CubeTensor<R>, result: &CubeTensor<R>, count: u32) {
    let (cubes, cube) = one_each(result);
    let (client, dtype) = (result.client.clone(), result.dtype);
    let arguments = (parts.into_array_arg(), result.clone().into_array_arg());
    add_parts_kernel::launch::<R>(&client, cubes, cube, arguments.0, arguments.1, count, dtype.into());
}

#[cube(launch)]
fn add_parts_kernel<F: Float>(parts: &Array<F>, result: &mut Array<F>, count: u32, #[define(F)] _dtype: StorageType) {
    if ABSOLUTE_POS < result.len() {
        let mut sum = F::new(0.0);
        for part in 0..count {
            sum += parts[part as usize * result.len() + ABSOLUTE_POS];
        }
        result[ABSOLUTE_POS] = sum;
    }
}

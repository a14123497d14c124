//! A number of each channel, sums over positions and over channels, channels among others.

use crate::{
    elementwise::{Epilogue, apply},
    launch::one_each,
    layout::{Layout, empty, empty_like, empty_with_channels, sizes, together},
    reduce::{Images, Plan, over_units, part, part_place, place, shared, total},
};
use burn_cubecl::{CubeRuntime, tensor::CubeTensor};
use cubecl::prelude::*;

/// Every position of `input` with its channel's of `numbers [channels]` added.
pub fn add<R: CubeRuntime>(input: CubeTensor<R>, numbers: CubeTensor<R>) -> CubeTensor<R> {
    apply(input, Epilogue { factors: None, numbers: Some(numbers), summand: None, rectified: false })
}

/// Every position of `input` multiplied with its channel's of `numbers [channels]`.
pub fn scale<R: CubeRuntime>(input: CubeTensor<R>, numbers: CubeTensor<R>) -> CubeTensor<R> {
    apply(input, Epilogue { factors: Some(numbers), numbers: None, summand: None, rectified: false })
}

/// Every position of `input` multiplied with its channel's of `factors [channels]`, that of `numbers [channels]` added.
pub fn affine<R: CubeRuntime>(input: CubeTensor<R>, factors: CubeTensor<R>, numbers: CubeTensor<R>) -> CubeTensor<R> {
    apply(input, Epilogue { factors: Some(factors), numbers: Some(numbers), summand: None, rectified: false })
}

/// The sums over batch, rows and columns of `input`, `[channels]`.
pub fn sums<R: CubeRuntime>(input: CubeTensor<R>) -> CubeTensor<R> {
    let ([input], layout) = together([input]);
    summed(input, None, layout)
}

/// The sums over batch, rows and columns of `left * right`, of equal shapes: `[channels]`.
pub fn products<R: CubeRuntime>(left: CubeTensor<R>, right: CubeTensor<R>) -> CubeTensor<R> {
    let ([left, right], layout) = together([left, right]);
    summed(left, Some(right), layout)
}

fn summed<R: CubeRuntime>(left: CubeTensor<R>, right: Option<CubeTensor<R>>, layout: Layout) -> CubeTensor<R> {
    let plan = Plan::new(layout);
    let (client, dtype) = (left.client.clone(), left.dtype);
    let sums = empty(&left, [layout.channels]);
    // The parts of one chunk are the sums.
    let parts = if plan.chunks == 1 { sums.clone() } else { plan.parts(&left, 1) };
    let (count, cube) = plan.cubes();
    parts_kernel::launch::<R>(
        &client,
        count,
        cube,
        left.into_array_arg(),
        right.map(CubeTensor::into_array_arg).into(),
        parts.clone().into_array_arg(),
        plan.shape(),
        plan.lanes,
        dtype.into(),
    );
    if plan.chunks > 1 {
        let (count, cube) = one_each(&sums);
        let arguments = (parts.into_array_arg(), sums.clone().into_array_arg());
        totals_kernel::launch::<R>(&client, count, cube, arguments.0, arguments.1, plan.shape(), dtype.into());
    }
    sums
}

#[cube(launch)]
fn parts_kernel<F: Float>(
    left: &Array<F>,
    right: ComptimeOption<Array<F>>,
    parts: &mut Array<F>,
    images: Images,
    #[comptime] lanes: u32,
    #[define(F)] _dtype: StorageType,
) {
    let part = part(&images, lanes);
    let mut shared = shared::<F>();
    let mut sum = F::new(0.0);
    let mut position = part.first;
    while position < part.end {
        let place = place(&images, part.channel, position);
        let mut value = left[place];
        #[comptime]
        if let ComptimeOption::Some(right) = &right {
            value *= right[place];
        }
        sum += value;
        position += part.stride;
    }
    let sum = over_units(sum, &mut shared, &part, lanes);
    if part.leads && part.there {
        parts[part_place(&images, 0u32, CUBE_POS_Y, part.channel)] = sum;
    }
}

#[cube(launch)]
fn totals_kernel<F: Float>(parts: &Array<F>, sums: &mut Array<F>, images: Images, #[define(F)] _dtype: StorageType) {
    if ABSOLUTE_POS < sums.len() {
        sums[ABSOLUTE_POS] = total(parts, &images, 0u32, ABSOLUTE_POS as u32);
    }
}

/// The sums over the channels of `input`, `[batch, 1, height, width]`.
pub fn sum_over<R: CubeRuntime>(input: CubeTensor<R>) -> CubeTensor<R> {
    let ([input], layout) = together([input]);
    over(input, None, layout)
}

/// The sums over the channels of `left * right`, of equal shapes: `[batch, 1, height, width]`.
pub fn products_over<R: CubeRuntime>(left: CubeTensor<R>, right: CubeTensor<R>) -> CubeTensor<R> {
    let ([left, right], layout) = together([left, right]);
    over(left, Some(right), layout)
}

/// One unit a pixel: pixels of one channel are contiguous in the result whichever way the channels lie.
fn over<R: CubeRuntime>(left: CubeTensor<R>, right: Option<CubeTensor<R>>, layout: Layout) -> CubeTensor<R> {
    let [batch, _, height, width] = sizes(&left);
    let sums = empty(&left, [batch, 1, height, width]);
    let (count, cube) = one_each(&sums);
    over_kernel::launch::<R>(
        &sums.client,
        count,
        cube,
        left.into_array_arg(),
        right.map(CubeTensor::into_array_arg).into(),
        sums.clone().into_array_arg(),
        Plan::new(layout).shape(),
        sums.dtype.into(),
    );
    sums
}

#[cube(launch)]
fn over_kernel<F: Float>(
    left: &Array<F>,
    right: ComptimeOption<Array<F>>,
    sums: &mut Array<F>,
    images: Images,
    #[define(F)] _dtype: StorageType,
) {
    if ABSOLUTE_POS < sums.len() {
        let mut sum = F::new(0.0);
        for channel in 0..images.channels {
            let place = place(&images, channel, ABSOLUTE_POS as u32);
            let mut value = left[place];
            #[comptime]
            if let ComptimeOption::Some(right) = &right {
                value *= right[place];
            }
            sum += value;
        }
        sums[ABSOLUTE_POS] = sum;
    }
}

/// `input` with every channel multiplied by `planes [batch, 1, height, width]`.
pub fn scale_by_planes<R: CubeRuntime>(input: CubeTensor<R>, planes: CubeTensor<R>) -> CubeTensor<R> {
    let ([input], layout) = together([input]);
    let ([planes], _) = together([planes]);
    let output = empty_like(&input);
    let (count, cube) = one_each(&output);
    scale_by_planes_kernel::launch::<R>(
        &output.client,
        count,
        cube,
        input.into_array_arg(),
        planes.into_array_arg(),
        output.clone().into_array_arg(),
        layout.channels as u32,
        layout.inner as u32,
        output.dtype.into(),
    );
    output
}

#[cube(launch)]
fn scale_by_planes_kernel<F: Float>(
    input: &Array<F>,
    planes: &Array<F>,
    output: &mut Array<F>,
    channels: u32,
    inner: u32,
    #[define(F)] _dtype: StorageType,
) {
    if ABSOLUTE_POS < output.len() {
        let index = ABSOLUTE_POS as u32;
        let outer = index / (channels * inner);
        output[ABSOLUTE_POS] = input[ABSOLUTE_POS] * planes[(outer * inner + index % inner) as usize];
    }
}

/// `input` as the channels from `from` on among `total`, zeros in the others.
pub fn place_among<R: CubeRuntime>(input: CubeTensor<R>, from: usize, total: usize) -> CubeTensor<R> {
    let ([input], layout) = together([input]);
    let output = empty_with_channels(&input, layout, total);
    let (count, cube) = one_each(&output);
    place_among_kernel::launch::<R>(
        &output.client,
        count,
        cube,
        input.into_array_arg(),
        output.clone().into_array_arg(),
        layout.channels as u32,
        layout.inner as u32,
        from as u32,
        total as u32,
        output.dtype.into(),
    );
    output
}

#[cube(launch)]
fn place_among_kernel<F: Float>(
    input: &Array<F>,
    output: &mut Array<F>,
    channels: u32,
    inner: u32,
    from: u32,
    total: u32,
    #[define(F)] _dtype: StorageType,
) {
    if ABSOLUTE_POS < output.len() {
        let index = ABSOLUTE_POS as u32;
        let channel = index / inner % total;
        let outer = index / (inner * total);
        let mut value = F::new(0.0);
        if channel >= from && channel < from + channels {
            value = input[((outer * channels + channel - from) * inner + index % inner) as usize];
        }
        output[ABSOLUTE_POS] = value;
    }
}

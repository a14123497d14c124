//! The forward pass.

use crate::{
    elementwise::rectified,
    layout::{empty, empty_like, together},
    reduce::{Images, Part, Plan, over_units, part, part_place, place, shared},
};
use burn_cubecl::{CubeRuntime, kernel::into_contiguous, tensor::CubeTensor};
use cubecl::prelude::*;

/// A normalised batch and its statistics.
pub struct Forward<R: CubeRuntime> {
    /// `[batch, channels, height, width]`.
    pub output: CubeTensor<R>,
    /// `[channels]`.
    pub mean: CubeTensor<R>,
    /// Biased, `[channels]`.
    pub variance: CubeTensor<R>,
    /// `1 / sqrt(variance + epsilon)`, `[channels]`.
    pub reciprocal_deviation: CubeTensor<R>,
}

/// Normalises each channel of `input` by its own mean and biased variance, then scales and shifts it (`[channels]` each), and
/// rectifies it where `rectifies`.
pub fn forward<R: CubeRuntime>(
    input: CubeTensor<R>,
    scale: CubeTensor<R>,
    shift: CubeTensor<R>,
    epsilon: f64,
    rectifies: bool,
) -> Forward<R> {
    let ([input], layout) = together([input]);
    let [scale, shift] = [scale, shift].map(into_contiguous);
    let plan = Plan::new(layout);
    let parts = plan.parts(&input, 2);
    let client = input.client.clone();
    let (count, cube) = plan.cubes();
    moments::launch::<R>(
        &client,
        count.clone(),
        cube,
        input.clone().into_array_arg(),
        parts.clone().into_array_arg(),
        plan.shape(),
        plan.lanes,
        input.dtype.into(),
    );
    let made = Forward {
        output: empty_like(&input),
        mean: empty(&input, [layout.channels]),
        variance: empty(&input, [layout.channels]),
        reciprocal_deviation: empty(&input, [layout.channels]),
    };
    normalise::launch::<R>(
        &client,
        count,
        cube,
        input.clone().into_array_arg(),
        parts.into_array_arg(),
        scale.into_array_arg(),
        shift.into_array_arg(),
        made.output.clone().into_array_arg(),
        made.mean.clone().into_array_arg(),
        made.variance.clone().into_array_arg(),
        made.reciprocal_deviation.clone().into_array_arg(),
        plan.shape(),
        epsilon as f32,
        plan.lanes,
        rectifies,
        input.dtype.into(),
    );
    made
}

/// Of each chunk the mean, and the sum of squared distances from it.
#[cube(launch)]
fn moments<F: Float>(
    input: &Array<F>,
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
        sum += input[place(&images, part.channel, position)];
        position += part.stride;
    }
    let sum = over_units(sum, &mut shared, &part, lanes);
    let mean = sum / F::cast_from(in_chunk(&images, CUBE_POS_Y));
    let mut squares = F::new(0.0);
    let mut position = part.first;
    while position < part.end {
        let distance = input[place(&images, part.channel, position)] - mean;
        squares += distance * distance;
        position += part.stride;
    }
    let squares = over_units(squares, &mut shared, &part, lanes);
    if part.leads && part.there {
        parts[part_place(&images, 0u32, CUBE_POS_Y, part.channel)] = mean;
        parts[part_place(&images, 1u32, CUBE_POS_Y, part.channel)] = squares;
    }
}

/// How many positions a chunk has.
#[cube]
fn in_chunk(images: &Images, chunk: u32) -> u32 {
    let first = chunk * images.chunk;
    let mut end = first + images.chunk;
    if end > images.positions {
        end = images.positions;
    }
    let mut count = 0u32;
    if end > first {
        count = end - first;
    }
    count
}

/// Mean and biased variance of a channel from those of its chunks (Chan, Golub and LeVeque 1979).
#[cube]
fn combined<F: Float>(parts: &Array<F>, images: &Images, part: &Part) -> (F, F) {
    let count = F::cast_from(images.positions);
    let mut mean = F::new(0.0);
    let mut squares = F::new(0.0);
    if part.there {
        for chunk in 0..images.chunks {
            let own = F::cast_from(in_chunk(images, chunk));
            mean += parts[part_place(images, 0u32, chunk, part.channel)] * (own / count);
        }
        for chunk in 0..images.chunks {
            let own = F::cast_from(in_chunk(images, chunk));
            let distance = parts[part_place(images, 0u32, chunk, part.channel)] - mean;
            squares += parts[part_place(images, 1u32, chunk, part.channel)] + own * distance * distance;
        }
    }
    (mean, squares / count)
}

#[cube(launch)]
fn normalise<F: Float>(
    input: &Array<F>,
    parts: &Array<F>,
    scale: &Array<F>,
    shift: &Array<F>,
    output: &mut Array<F>,
    means: &mut Array<F>,
    variances: &mut Array<F>,
    reciprocals: &mut Array<F>,
    images: Images,
    epsilon: f32,
    #[comptime] lanes: u32,
    #[comptime] rectifies: bool,
    #[define(F)] _dtype: StorageType,
) {
    let part = part(&images, lanes);
    if part.there {
        let (mean, variance) = combined(parts, &images, &part);
        let reciprocal = F::new(1.0) / (variance + F::cast_from(epsilon)).sqrt();
        let channel = part.channel as usize;
        let factor = reciprocal * scale[channel];
        let shift = shift[channel];
        let mut position = part.first;
        while position < part.end {
            let place = place(&images, part.channel, position);
            let mut value = (input[place] - mean) * factor + shift;
            if comptime!(rectifies) {
                value = rectified::<F>(value);
            }
            output[place] = value;
            position += part.stride;
        }
        if part.leads && CUBE_POS_Y == 0 {
            means[channel] = mean;
            variances[channel] = variance;
            reciprocals[channel] = reciprocal;
        }
    }
}

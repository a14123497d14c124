//! Rectifiers, their gradient, and what follows a convolution, in one launch each.

use crate::{
    launch::one_each,
    layout::{alike, empty_like, together},
};
use burn_cubecl::{CubeRuntime, kernel::into_contiguous, tensor::CubeTensor};
use cubecl::prelude::*;

/// `max(input, 0)`.
pub fn rectify<R: CubeRuntime>(input: CubeTensor<R>) -> CubeTensor<R> {
    let [input] = alike([input]);
    let output = empty_like(&input);
    let (count, cube) = one_each(&input);
    let (client, dtype) = (input.client.clone(), input.dtype);
    let arguments = (input.into_array_arg(), output.clone().into_array_arg());
    rectify_kernel::launch::<R>(&client, count, cube, arguments.0, arguments.1, dtype.into());
    output
}

#[cube(launch)]
fn rectify_kernel<F: Float>(input: &Array<F>, output: &mut Array<F>, #[define(F)] _dtype: StorageType) {
    if ABSOLUTE_POS < output.len() {
        output[ABSOLUTE_POS] = rectified::<F>(input[ABSOLUTE_POS]);
    }
}

/// 0 for what is not above it. NaN stays NaN, so that divergence is visible, wherever a device compares as IEEE 754 says (WGSL lets
/// one assume that there is none); the largest of two numbers, on a GPU, is never NaN.
#[cube]
pub(crate) fn rectified<F: Float>(value: F) -> F {
    let mut found = value;
    if value <= F::new(0.0) {
        found = F::new(0.0);
    }
    found
}

/// `output_gradient` where `output`, of the same shape, is above 0; 0 elsewhere.
pub fn rectify_gradient<R: CubeRuntime>(output: CubeTensor<R>, output_gradient: CubeTensor<R>) -> CubeTensor<R> {
    let [output, gradient] = alike([output, output_gradient]);
    let found = empty_like(&gradient);
    let (count, cube) = one_each(&found);
    rectify_gradient_kernel::launch::<R>(
        &found.client,
        count,
        cube,
        output.into_array_arg(),
        gradient.into_array_arg(),
        found.clone().into_array_arg(),
        found.dtype.into(),
    );
    found
}

#[cube(launch)]
fn rectify_gradient_kernel<F: Float>(
    output: &Array<F>,
    gradient: &Array<F>,
    found: &mut Array<F>,
    #[define(F)] _dtype: StorageType,
) {
    if ABSOLUTE_POS < found.len() {
        let mut value = gradient[ABSOLUTE_POS];
        if output[ABSOLUTE_POS] <= F::new(0.0) {
            value = F::new(0.0);
        }
        found[ABSOLUTE_POS] = value;
    }
}

/// `max(left + right, 0)`, of equal shapes.
pub fn add_rectify<R: CubeRuntime>(left: CubeTensor<R>, right: CubeTensor<R>) -> CubeTensor<R> {
    let [left, right] = alike([left, right]);
    let output = empty_like(&left);
    let (count, cube) = one_each(&output);
    add_rectify_kernel::launch::<R>(
        &output.client,
        count,
        cube,
        left.into_array_arg(),
        right.into_array_arg(),
        output.clone().into_array_arg(),
        output.dtype.into(),
    );
    output
}

#[cube(launch)]
fn add_rectify_kernel<F: Float>(
    left: &Array<F>,
    right: &Array<F>,
    output: &mut Array<F>,
    #[define(F)] _dtype: StorageType,
) {
    if ABSOLUTE_POS < output.len() {
        output[ABSOLUTE_POS] = rectified::<F>(left[ABSOLUTE_POS] + right[ABSOLUTE_POS]);
    }
}

/// `running * (1 - share) + newest * factor * share`, of equal shapes.
pub fn running_average<R: CubeRuntime>(
    running: CubeTensor<R>,
    newest: CubeTensor<R>,
    share: f64,
    factor: f64,
) -> CubeTensor<R> {
    let [running, newest] = alike([running, newest]);
    let output = empty_like(&running);
    let (count, cube) = one_each(&output);
    running_average_kernel::launch::<R>(
        &output.client,
        count,
        cube,
        running.into_array_arg(),
        newest.into_array_arg(),
        output.clone().into_array_arg(),
        (1.0 - share) as f32,
        (share * factor) as f32,
        output.dtype.into(),
    );
    output
}

#[cube(launch)]
fn running_average_kernel<F: Float>(
    running: &Array<F>,
    newest: &Array<F>,
    output: &mut Array<F>,
    rest: f32,
    share: f32,
    #[define(F)] _dtype: StorageType,
) {
    if ABSOLUTE_POS < output.len() {
        output[ABSOLUTE_POS] = running[ABSOLUTE_POS] * F::cast_from(rest) + newest[ABSOLUTE_POS] * F::cast_from(share);
    }
}

/// What follows a convolution, in this order; each may be missing.
pub struct Epilogue<R: CubeRuntime> {
    /// Every position is multiplied with its channel's, `[channels]`.
    pub factors: Option<CubeTensor<R>>,
    /// Its channel's is added to every position, `[channels]`.
    pub numbers: Option<CubeTensor<R>>,
    /// Added, of the shape of the result.
    pub summand: Option<CubeTensor<R>>,
    /// Whether a rectifier is last.
    pub rectified: bool,
}

fn of_channels<R: CubeRuntime>(numbers: Option<CubeTensor<R>>) -> Option<CubeTensor<R>> {
    numbers.map(into_contiguous)
}

/// `input` with what `epilogue` says.
pub fn apply<R: CubeRuntime>(input: CubeTensor<R>, epilogue: Epilogue<R>) -> CubeTensor<R> {
    let (input, summand, layout) = match epilogue.summand {
        None => {
            let ([input], layout) = together([input]);
            (input, None, layout)
        }
        Some(summand) => {
            let ([input, summand], layout) = together([input, summand]);
            (input, Some(summand), layout)
        }
    };
    let output = empty_like(&input);
    let (count, cube) = one_each(&output);
    apply_kernel::launch::<R>(
        &output.client,
        count,
        cube,
        input.into_array_arg(),
        of_channels(epilogue.factors).map(CubeTensor::into_array_arg).into(),
        of_channels(epilogue.numbers).map(CubeTensor::into_array_arg).into(),
        summand.map(CubeTensor::into_array_arg).into(),
        output.clone().into_array_arg(),
        layout.channels as u32,
        layout.inner as u32,
        epilogue.rectified,
        output.dtype.into(),
    );
    output
}

#[cube(launch)]
fn apply_kernel<F: Float>(
    input: &Array<F>,
    factors: ComptimeOption<Array<F>>,
    numbers: ComptimeOption<Array<F>>,
    summand: ComptimeOption<Array<F>>,
    output: &mut Array<F>,
    channels: u32,
    inner: u32,
    #[comptime] rectifies: bool,
    #[define(F)] _dtype: StorageType,
) {
    if ABSOLUTE_POS < output.len() {
        let channel = (ABSOLUTE_POS as u32 / inner % channels) as usize;
        let mut value = input[ABSOLUTE_POS];
        #[comptime]
        if let ComptimeOption::Some(factors) = &factors {
            value *= factors[channel];
        }
        #[comptime]
        if let ComptimeOption::Some(numbers) = &numbers {
            value += numbers[channel];
        }
        #[comptime]
        if let ComptimeOption::Some(summand) = &summand {
            value += summand[ABSOLUTE_POS];
        }
        if comptime!(rectifies) {
            value = rectified::<F>(value);
        }
        output[ABSOLUTE_POS] = value;
    }
}

//! The gradients of input, scale and shift.

use crate::{
    layout::{empty, empty_like, together},
    reduce::{Images, Plan, over_units, part, part_place, place, shared, total},
};
use burn_cubecl::{CubeRuntime, kernel::into_contiguous, tensor::CubeTensor};
use cubecl::prelude::*;

/// The gradients of batch normalisation.
pub struct Gradients<R: CubeRuntime> {
    /// Of the input, `[batch, channels, height, width]`.
    pub input: CubeTensor<R>,
    /// Of the scale, `[channels]`.
    pub scale: CubeTensor<R>,
    /// Of the shift, `[channels]`.
    pub shift: CubeTensor<R>,
}

/// Gradients of [`forward`](super::forward), which found `mean` and `reciprocal_deviation` for `input`; `rectified` is what it put
/// out if it rectified.
pub fn gradients<R: CubeRuntime>(
    input: CubeTensor<R>,
    scale: CubeTensor<R>,
    output_gradient: CubeTensor<R>,
    [mean, reciprocal_deviation]: [CubeTensor<R>; 2],
    rectified: Option<CubeTensor<R>>,
) -> Gradients<R> {
    let (input, output_gradient, rectified, layout) = match rectified {
        None => {
            let ([input, gradient], layout) = together([input, output_gradient]);
            (input, gradient, None, layout)
        }
        Some(rectified) => {
            let ([input, gradient, rectified], layout) = together([input, output_gradient, rectified]);
            (input, gradient, Some(rectified), layout)
        }
    };
    let [scale, mean, reciprocal_deviation] = [scale, mean, reciprocal_deviation].map(into_contiguous);
    let plan = Plan::new(layout);
    let parts = plan.parts(&input, 2);
    let client = input.client.clone();
    let (count, cube) = plan.cubes();
    sums::launch::<R>(
        &client,
        count.clone(),
        cube,
        input.clone().into_array_arg(),
        output_gradient.clone().into_array_arg(),
        rectified.clone().map(CubeTensor::into_array_arg).into(),
        mean.clone().into_array_arg(),
        reciprocal_deviation.clone().into_array_arg(),
        parts.clone().into_array_arg(),
        plan.shape(),
        plan.lanes,
        input.dtype.into(),
    );
    let made = Gradients {
        input: empty_like(&input),
        scale: empty(&input, [layout.channels]),
        shift: empty(&input, [layout.channels]),
    };
    project::launch::<R>(
        &client,
        count,
        cube,
        input.clone().into_array_arg(),
        output_gradient.into_array_arg(),
        rectified.map(CubeTensor::into_array_arg).into(),
        mean.into_array_arg(),
        reciprocal_deviation.into_array_arg(),
        scale.into_array_arg(),
        parts.into_array_arg(),
        made.input.clone().into_array_arg(),
        made.scale.clone().into_array_arg(),
        made.shift.clone().into_array_arg(),
        plan.shape(),
        plan.lanes,
        input.dtype.into(),
    );
    made
}

/// The gradient at a place, 0 behind a rectifier that let nothing through there.
#[cube]
#[allow(
    clippy::collapsible_if,
    reason = "one condition is decided when the kernel is compiled, the other one when it runs"
)]
fn gradient_at<F: Float>(gradient: &Array<F>, rectified: &ComptimeOption<Array<F>>, place: usize) -> F {
    let mut found = gradient[place];
    #[comptime]
    if let ComptimeOption::Some(rectified) = rectified {
        if rectified[place] <= F::new(0.0) {
            found = F::new(0.0);
        }
    }
    found
}

/// Of each chunk the sums of the gradient and of its product with the normalised input.
#[cube(launch)]
fn sums<F: Float>(
    input: &Array<F>,
    gradient: &Array<F>,
    rectified: ComptimeOption<Array<F>>,
    means: &Array<F>,
    reciprocals: &Array<F>,
    parts: &mut Array<F>,
    images: Images,
    #[comptime] lanes: u32,
    #[define(F)] _dtype: StorageType,
) {
    let part = part(&images, lanes);
    let mut shared = shared::<F>();
    let mut sum = F::new(0.0);
    let mut products = F::new(0.0);
    if part.there {
        let mean = means[part.channel as usize];
        let reciprocal = reciprocals[part.channel as usize];
        let mut position = part.first;
        while position < part.end {
            let place = place(&images, part.channel, position);
            let own = gradient_at(gradient, &rectified, place);
            sum += own;
            products += own * ((input[place] - mean) * reciprocal);
            position += part.stride;
        }
    }
    let sum = over_units(sum, &mut shared, &part, lanes);
    let products = over_units(products, &mut shared, &part, lanes);
    if part.leads && part.there {
        parts[part_place(&images, 0u32, CUBE_POS_Y, part.channel)] = sum;
        parts[part_place(&images, 1u32, CUBE_POS_Y, part.channel)] = products;
    }
}

#[cube(launch)]
fn project<F: Float>(
    input: &Array<F>,
    gradient: &Array<F>,
    rectified: ComptimeOption<Array<F>>,
    means: &Array<F>,
    reciprocals: &Array<F>,
    scales: &Array<F>,
    parts: &Array<F>,
    input_gradient: &mut Array<F>,
    scale_gradient: &mut Array<F>,
    shift_gradient: &mut Array<F>,
    images: Images,
    #[comptime] lanes: u32,
    #[define(F)] _dtype: StorageType,
) {
    let part = part(&images, lanes);
    if part.there {
        let channel = part.channel as usize;
        let mean = means[channel];
        let reciprocal = reciprocals[channel];
        let count = F::cast_from(images.positions);
        let sum = total(parts, &images, 0u32, part.channel);
        let products = total(parts, &images, 1u32, part.channel);
        let factor = reciprocal * scales[channel];
        let mut position = part.first;
        while position < part.end {
            let place = place(&images, part.channel, position);
            let normalised = (input[place] - mean) * reciprocal;
            let own = gradient_at(gradient, &rectified, place);
            input_gradient[place] = (own - sum / count - normalised * (products / count)) * factor;
            position += part.stride;
        }
        if part.leads && CUBE_POS_Y == 0 {
            scale_gradient[channel] = products;
            shift_gradient[channel] = sum;
        }
    }
}

//! The gradients of the input gradient.

use crate::{
    layout::{empty, empty_like, together},
    reduce::{Images, Plan, over_units, part, part_place, place, shared, total},
};
use burn_cubecl::{CubeRuntime, kernel::into_contiguous, tensor::CubeTensor};
use cubecl::prelude::*;

/// The gradients of batch normalisation's input gradient.
pub struct Second<R: CubeRuntime> {
    /// Of the input, `[batch, channels, height, width]`.
    pub input: CubeTensor<R>,
    /// Of the output's gradient, `[batch, channels, height, width]`.
    pub output_gradient: CubeTensor<R>,
    /// Of the scale, `[channels]`.
    pub scale: CubeTensor<R>,
}

/// Gradients of the input gradient that [`gradients`](super::gradients) gives without a rectifier, where `cotangent` is the
/// gradient of a loss with respect to it.
pub fn second<R: CubeRuntime>(
    input: CubeTensor<R>,
    scale: CubeTensor<R>,
    output_gradient: CubeTensor<R>,
    [mean, reciprocal_deviation]: [CubeTensor<R>; 2],
    cotangent: CubeTensor<R>,
) -> Second<R> {
    let ([input, output_gradient, cotangent], layout) = together([input, output_gradient, cotangent]);
    let [scale, mean, reciprocal_deviation] = [scale, mean, reciprocal_deviation].map(into_contiguous);
    let plan = Plan::new(layout);
    let parts = plan.parts(&input, 5);
    let client = input.client.clone();
    let (count, cube) = plan.cubes();
    sums::launch::<R>(
        &client,
        count.clone(),
        cube,
        input.clone().into_array_arg(),
        output_gradient.clone().into_array_arg(),
        cotangent.clone().into_array_arg(),
        mean.clone().into_array_arg(),
        reciprocal_deviation.clone().into_array_arg(),
        parts.clone().into_array_arg(),
        plan.shape(),
        plan.lanes,
        input.dtype.into(),
    );
    let made = Second {
        input: empty_like(&input),
        output_gradient: empty_like(&input),
        scale: empty(&input, [layout.channels]),
    };
    project::launch::<R>(
        &client,
        count,
        cube,
        input.clone().into_array_arg(),
        output_gradient.into_array_arg(),
        cotangent.into_array_arg(),
        mean.into_array_arg(),
        reciprocal_deviation.into_array_arg(),
        scale.into_array_arg(),
        parts.into_array_arg(),
        made.input.clone().into_array_arg(),
        made.output_gradient.clone().into_array_arg(),
        made.scale.clone().into_array_arg(),
        plan.shape(),
        plan.lanes,
        input.dtype.into(),
    );
    made
}

/// Of each chunk the sums of the gradient `g` and the cotangent `c`, of their products with the normalised input `n`, and of
/// their product: `g`, `g n`, `c`, `c n`, `c g`.
#[cube(launch)]
fn sums<F: Float>(
    input: &Array<F>,
    gradient: &Array<F>,
    cotangent: &Array<F>,
    means: &Array<F>,
    reciprocals: &Array<F>,
    parts: &mut Array<F>,
    images: Images,
    #[comptime] lanes: u32,
    #[define(F)] _dtype: StorageType,
) {
    let part = part(&images, lanes);
    let mut shared = shared::<F>();
    let mut gradients = F::new(0.0);
    let mut gradient_products = F::new(0.0);
    let mut cotangents = F::new(0.0);
    let mut cotangent_products = F::new(0.0);
    let mut agreement = F::new(0.0);
    if part.there {
        let mean = means[part.channel as usize];
        let reciprocal = reciprocals[part.channel as usize];
        let mut position = part.first;
        while position < part.end {
            let place = place(&images, part.channel, position);
            let normalised = (input[place] - mean) * reciprocal;
            let g = gradient[place];
            let c = cotangent[place];
            gradients += g;
            gradient_products += g * normalised;
            cotangents += c;
            cotangent_products += c * normalised;
            agreement += c * g;
            position += part.stride;
        }
    }
    let gradients = over_units(gradients, &mut shared, &part, lanes);
    let gradient_products = over_units(gradient_products, &mut shared, &part, lanes);
    let cotangents = over_units(cotangents, &mut shared, &part, lanes);
    let cotangent_products = over_units(cotangent_products, &mut shared, &part, lanes);
    let agreement = over_units(agreement, &mut shared, &part, lanes);
    if part.leads && part.there {
        parts[part_place(&images, 0u32, CUBE_POS_Y, part.channel)] = gradients;
        parts[part_place(&images, 1u32, CUBE_POS_Y, part.channel)] = gradient_products;
        parts[part_place(&images, 2u32, CUBE_POS_Y, part.channel)] = cotangents;
        parts[part_place(&images, 3u32, CUBE_POS_Y, part.channel)] = cotangent_products;
        parts[part_place(&images, 4u32, CUBE_POS_Y, part.channel)] = agreement;
    }
}

/// With means over positions, `a = m(c P(g)) = m(c g) - m(c) m(g) - m(c n) m(g n)`, because `P` is symmetric.
#[cube(launch)]
fn project<F: Float>(
    input: &Array<F>,
    gradient: &Array<F>,
    cotangent: &Array<F>,
    means: &Array<F>,
    reciprocals: &Array<F>,
    scales: &Array<F>,
    parts: &Array<F>,
    input_gradient: &mut Array<F>,
    output_gradient: &mut Array<F>,
    scale_gradient: &mut Array<F>,
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
        let gradient_mean = total(parts, &images, 0u32, part.channel) / count;
        let gradient_product = total(parts, &images, 1u32, part.channel) / count;
        let cotangent_mean = total(parts, &images, 2u32, part.channel) / count;
        let cotangent_product = total(parts, &images, 3u32, part.channel) / count;
        let agreement = total(parts, &images, 4u32, part.channel) / count
            - cotangent_mean * gradient_mean
            - cotangent_product * gradient_product;
        let scaled = reciprocal * scales[channel];
        let mut position = part.first;
        while position < part.end {
            let place = place(&images, part.channel, position);
            let normalised = (input[place] - mean) * reciprocal;
            let projected = gradient[place] - gradient_mean - normalised * gradient_product;
            let cotangent_projected = cotangent[place] - cotangent_mean - normalised * cotangent_product;
            let sum = normalised * agreement + projected * cotangent_product + cotangent_projected * gradient_product;
            input_gradient[place] = F::new(0.0) - sum * (scaled * reciprocal);
            output_gradient[place] = cotangent_projected * scaled;
            position += part.stride;
        }
        if part.leads && CUBE_POS_Y == 0 {
            scale_gradient[channel] = agreement * reciprocal * count;
        }
    }
}

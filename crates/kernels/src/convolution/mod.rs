//! Two-dimensional convolution as a closed trio.
//!
//! With `y = conv(x, w)`, convolution is linear in `x` and in `w`, so its two
//! gradients are linear maps as well, and the derivatives of all three are
//! again members of the trio: [`forward`], [`input_gradient`] and
//! [`weight_gradient`] are all that derivatives of any order need.
//!
//! 3 x 3 kernels with stride 1 go through Winograd's minimal filtering, which needs a quarter of the
//! multiplications; everything else is a direct sum, as a matrix product. The input gradient of a network's first layer,
//! which has three channels, is a product whose results are added where they belong. Winograd's rounding errors are
//! about twice as large and spread over tiles of 4 x 4 pixels, so that an output whose inputs are all zero
//! may be 1e-7 of its neighbours instead of 0.
//!
//! *Convolution* is used as in deep learning: the kernel is not flipped.

pub mod depthwise;
mod direct;
mod epilogue;
mod geometry;
mod padded;
mod scattered;
mod store;
mod weights;
mod winograd;

pub use epilogue::Epilogue;
pub use geometry::Geometry;

/// Computes `output = conv(input, weight)`.
///
/// - `input`: `[batch, in_channels, height, width]`
/// - `weight`: `[out_channels, in_channels, kernel height, kernel width]`
/// - `output`: `[batch, out_channels, output height, output width]`, overwritten
///
/// # Panics
/// If a slice does not have the length that `geometry` asks for, or `geometry`
/// has a zero stride or a kernel larger than the padded image.
pub fn forward(geometry: &Geometry, input: &[f32], weight: &[f32], output: &mut [f32]) {
    forward_with(geometry, input, weight, Epilogue::default(), output);
}

/// [`forward`] with an `epilogue`: the same values, to the last bit, as passes of their own give.
///
/// # Panics
/// As [`forward`], and if a part of the epilogue has another length than it should.
pub fn forward_with(geometry: &Geometry, input: &[f32], weight: &[f32], epilogue: Epilogue<'_>, output: &mut [f32]) {
    geometry.check(input.len(), weight.len(), output.len());
    epilogue.check(geometry.out_channels, output.len());
    crate::pool::in_pool(|| {
        if winograd::suits(geometry, geometry.output_size()) {
            winograd::forward(geometry, input, weight, epilogue, output);
        } else {
            direct::forward(&geometry.in_one_row(), input, weight, epilogue, output);
        }
    });
}

/// Computes the gradient of a loss with respect to the input of [`forward`],
/// given its gradient with respect to the output.
///
/// - `weight`: `[out_channels, in_channels, kernel height, kernel width]`
/// - `output_gradient`: `[batch, out_channels, output height, output width]`
/// - `input_gradient`: `[batch, in_channels, height, width]`, overwritten
///
/// # Panics
/// As [`forward`].
pub fn input_gradient(geometry: &Geometry, weight: &[f32], output_gradient: &[f32], input_gradient: &mut [f32]) {
    geometry.check(input_gradient.len(), weight.len(), output_gradient.len());
    crate::pool::in_pool(|| {
        if scattered::suits(geometry) {
            scattered::input_gradient(geometry, weight, output_gradient, input_gradient);
        } else if winograd::suits(geometry, [geometry.height, geometry.width]) {
            winograd::input_gradient(geometry, weight, output_gradient, input_gradient);
        } else {
            direct::input_gradient(&geometry.in_one_row(), weight, output_gradient, input_gradient);
        }
    });
}

/// Computes the gradient of a loss with respect to the weight of [`forward`],
/// given its gradient with respect to the output.
///
/// - `input`: `[batch, in_channels, height, width]`
/// - `output_gradient`: `[batch, out_channels, output height, output width]`
/// - `weight_gradient`: `[out_channels, in_channels, kernel height, kernel width]`,
///   overwritten
///
/// # Panics
/// As [`forward`].
pub fn weight_gradient(geometry: &Geometry, input: &[f32], output_gradient: &[f32], weight_gradient: &mut [f32]) {
    geometry.check(input.len(), weight_gradient.len(), output_gradient.len());
    crate::pool::in_pool(|| {
        if winograd::suits(geometry, geometry.output_size()) {
            winograd::weight_gradient(geometry, input, output_gradient, weight_gradient);
        } else {
            weights::weight_gradient(geometry, input, output_gradient, weight_gradient);
        }
    });
}

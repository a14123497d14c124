//! [`Kernels`] on the processor: single precision runs on `herring-kernels`, any other precision on
//! Burn's own operations.

mod storage;

use self::storage::fresh;
use crate::{
    Cpu, Kernels, composed,
    operands::{
        AdamMoments, AdamSettings, BatchNormGradients, BatchNormOutput, BatchNormSecond, BatchNormStatistics,
        BatchNormWanted, ConvOptions, Epilogue, PoolOptions,
    },
    resize::aligned_taps,
};
use burn::tensor::{DType, Shape, TensorData, TensorMetadata, ops::FloatTensorOps};
use burn_flex::FlexTensor;
use herring_kernels::{
    adam,
    batch_norm::{self, Cotangents, DoubleGradients, Forward, Gradients, Saved},
    channels,
    convolution::{self, Geometry, depthwise},
    elementwise,
    interpolation::{self, Tap, Taps},
    pooling::{self, Windows},
};
use std::sync::atomic::{AtomicU64, Ordering};

/// Kernels that this process has called on the processor: a measure of work that is the same on every machine. What stays
/// on Burn's own operations is not counted.
pub fn kernel_calls() -> u64 {
    CALLS.load(Ordering::Relaxed)
}

static CALLS: AtomicU64 = AtomicU64::new(0);

fn single(tensor: &FlexTensor) -> bool {
    tensor.dtype() == DType::F32
}

fn geometry(image: [usize; 4], weight: [usize; 4], options: ConvOptions) -> Geometry {
    Geometry {
        batch: image[0],
        in_channels: image[1],
        height: image[2],
        width: image[3],
        out_channels: weight[0],
        kernel: [weight[2], weight[3]],
        stride: options.stride,
        padding: options.padding,
    }
}

fn windows(size: [usize; 2], options: PoolOptions) -> Windows {
    Windows { size, kernel: options.kernel, stride: options.stride, padding: options.padding }
}

/// The convolutions that `herring-kernels` has.
enum Kind {
    Full,
    Depthwise,
}

/// Which of them this is; none for another precision than single and for other numbers of groups, which run on Burn's own
/// operations.
fn kind(tensor: &FlexTensor, inputs: usize, outputs: usize, options: ConvOptions) -> Option<Kind> {
    match options.groups {
        _ if !single(tensor) => None,
        1 => Some(Kind::Full),
        groups if groups == inputs && groups == outputs => Some(Kind::Depthwise),
        _ => None,
    }
}

/// The result of a forward pass of a convolution that `forward` writes.
fn convolved(
    [input, weight]: [FlexTensor; 2],
    options: ConvOptions,
    forward: impl FnOnce(&Geometry, &[f32], &[f32], &mut [f32]),
) -> FlexTensor {
    let (input, weight) = (input.to_contiguous(), weight.to_contiguous());
    let geometry = geometry(input.shape().dims(), weight.shape().dims(), options);
    let [height, width] = geometry.output_size();
    fresh([geometry.batch, geometry.out_channels, height, width], |output| {
        forward(&geometry, input.storage(), weight.storage(), output);
    })
}

/// Batch, channels and pixels a channel.
fn planes(shape: [usize; 4]) -> [usize; 3] {
    [shape[0], shape[1], shape[2] * shape[3]]
}

fn tensor(values: Vec<f32>, shape: impl Into<Shape>) -> FlexTensor {
    FlexTensor::from_data(TensorData::new(values, shape.into()))
}

/// Where each of `to` positions lies among `from`.
fn taps(from: usize, to: usize) -> Vec<Tap> {
    let tap = |position| {
        let found = aligned_taps(position, from, to);
        Tap { places: found.map(|(place, _)| place), shares: found.map(|(_, share)| share as f32) }
    };
    (0..to).map(tap).collect()
}

impl Kernels for Cpu {
    fn convolution(input: FlexTensor, weight: FlexTensor, options: ConvOptions) -> FlexTensor {
        let Some(kind) = kind(&input, input.shape()[1], weight.shape()[0], options) else {
            return composed::convolution::forward::<Self>(input, weight, options);
        };
        let forward = match kind {
            Kind::Full => convolution::forward,
            Kind::Depthwise => depthwise::forward,
        };
        convolved([input, weight], options, forward)
    }

    fn convolution_with(
        input: FlexTensor,
        weight: FlexTensor,
        options: ConvOptions,
        epilogue: Epilogue<Self>,
    ) -> FlexTensor {
        let Some(Kind::Full) = kind(&input, input.shape()[1], weight.shape()[0], options) else {
            return composed::convolution::with::<Self>(input, weight, options, epilogue);
        };
        let Epilogue { factors, numbers, summand, rectified } = epilogue;
        let parts = [factors, numbers, summand].map(|part| part.map(|part| part.to_contiguous()));
        let [factors, numbers, summand] = parts.each_ref().map(|part| part.as_ref().map(FlexTensor::storage));
        let epilogue = convolution::Epilogue { factors, numbers, summand, rectified };
        convolved([input, weight], options, |geometry, input, weight, output| {
            convolution::forward_with(geometry, input, weight, epilogue, output);
        })
    }

    fn convolution_input_gradient(
        weight: FlexTensor,
        output_gradient: FlexTensor,
        size: [usize; 2],
        options: ConvOptions,
    ) -> FlexTensor {
        let kernel: [usize; 4] = weight.shape().dims();
        let inputs = kernel[1] * options.groups;
        let Some(kind) = kind(&weight, inputs, kernel[0], options) else {
            return composed::convolution::input_gradient::<Self>(weight, output_gradient, size, options);
        };
        let (weight, output_gradient) = (weight.to_contiguous(), output_gradient.to_contiguous());
        let image = [output_gradient.shape()[0], inputs, size[0], size[1]];
        let geometry = geometry(image, kernel, options);
        let input_gradient = match kind {
            Kind::Full => convolution::input_gradient,
            Kind::Depthwise => depthwise::input_gradient,
        };
        fresh(image, |gradient| {
            input_gradient(&geometry, weight.storage(), output_gradient.storage(), gradient);
        })
    }

    fn convolution_weight_gradient(
        input: FlexTensor,
        output_gradient: FlexTensor,
        kernel: [usize; 2],
        options: ConvOptions,
    ) -> FlexTensor {
        let image: [usize; 4] = input.shape().dims();
        let Some(kind) = kind(&input, image[1], output_gradient.shape()[1], options) else {
            return composed::convolution::weight_gradient::<Self>(input, output_gradient, kernel, options);
        };
        let (input, output_gradient) = (input.to_contiguous(), output_gradient.to_contiguous());
        let weight = [output_gradient.shape()[1], image[1] / options.groups, kernel[0], kernel[1]];
        let geometry = geometry(image, weight, options);
        let weight_gradient = match kind {
            Kind::Full => convolution::weight_gradient,
            Kind::Depthwise => depthwise::weight_gradient,
        };
        fresh(weight, |gradient| {
            weight_gradient(&geometry, input.storage(), output_gradient.storage(), gradient);
        })
    }

    fn batch_norm(input: FlexTensor, scale: FlexTensor, shift: FlexTensor, epsilon: f64) -> BatchNormOutput<Self> {
        if !single(&input) {
            return composed::batch_norm::forward::<Self>(input, scale, shift, epsilon);
        }
        normalised([input, scale, shift], epsilon, batch_norm::forward)
    }

    fn batch_norm_rectified(
        input: FlexTensor,
        scale: FlexTensor,
        shift: FlexTensor,
        epsilon: f64,
    ) -> BatchNormOutput<Self> {
        if !single(&input) {
            return composed::batch_norm::forward_rectified::<Self>(input, scale, shift, epsilon);
        }
        normalised([input, scale, shift], epsilon, batch_norm::forward_rectified)
    }

    fn batch_norm_gradients(
        input: FlexTensor,
        scale: FlexTensor,
        output_gradient: FlexTensor,
        statistics: BatchNormStatistics<Self>,
        wanted: BatchNormWanted,
    ) -> BatchNormGradients<Self> {
        if !single(&input) {
            return composed::batch_norm::gradients::<Self>(input, scale, output_gradient, statistics, wanted);
        }
        NormInputs::new(input, scale, output_gradient, statistics).gradients(batch_norm::backward)
    }

    fn batch_norm_rectified_gradients(
        input: FlexTensor,
        [scale, shift]: [FlexTensor; 2],
        output: FlexTensor,
        output_gradient: FlexTensor,
        statistics: BatchNormStatistics<Self>,
        wanted: BatchNormWanted,
    ) -> BatchNormGradients<Self> {
        if !single(&input) {
            return composed::batch_norm::gradients_rectified::<Self>(
                input,
                scale,
                output,
                output_gradient,
                statistics,
                wanted,
            );
        }
        let shift = shift.to_contiguous();
        NormInputs::new(input, scale, output_gradient, statistics).gradients(|shape, saved, gradient, result| {
            batch_norm::backward_rectified(shape, saved, shift.storage(), gradient, result);
        })
    }

    fn batch_norm_second(
        input: FlexTensor,
        scale: FlexTensor,
        output_gradient: FlexTensor,
        statistics: BatchNormStatistics<Self>,
        cotangent: FlexTensor,
    ) -> BatchNormSecond<Self> {
        if !single(&input) {
            return composed::batch_norm::second::<Self>(input, scale, output_gradient, statistics, cotangent);
        }
        let inputs = NormInputs::new(input, scale, output_gradient, statistics);
        let cotangent = cotangent.to_contiguous();
        let channels = inputs.shape[1];
        let none = vec![0.0f32; channels];
        let mut gamma = vec![0.0f32; channels];
        let mut x = vec![0.0f32; inputs.shape.iter().product()];
        let output_gradient = fresh(inputs.shape, |dy| {
            let cotangents = Cotangents { ddx: cotangent.storage(), ddgamma: &none, ddbeta: &none };
            let result = DoubleGradients { dy, x: &mut x, gamma: &mut gamma };
            let dy = inputs.output_gradient.storage();
            batch_norm::double_backward(planes(inputs.shape), inputs.saved(), dy, cotangents, result);
        });
        BatchNormSecond { input: tensor(x, inputs.shape), output_gradient, scale: tensor(gamma, [channels]) }
    }

    fn rectify(input: FlexTensor) -> FlexTensor {
        if !single(&input) {
            return <Self as burn::tensor::ops::ActivationOps<Self>>::relu(input);
        }
        let input = input.to_contiguous();
        fresh(input.shape(), |output| elementwise::relu(input.storage(), output))
    }

    fn rectify_gradient(output: FlexTensor, output_gradient: FlexTensor) -> FlexTensor {
        if !single(&output) {
            return <Self as burn::tensor::ops::ActivationOps<Self>>::relu_backward(output, output_gradient);
        }
        let (output, output_gradient) = (output.to_contiguous(), output_gradient.to_contiguous());
        fresh(output.shape(), |gradient| {
            elementwise::relu_backward(output.storage(), output_gradient.storage(), gradient);
        })
    }

    fn add_rectify(left: FlexTensor, right: FlexTensor) -> FlexTensor {
        if !single(&left) {
            let sum = <Self as burn::tensor::ops::FloatTensorOps<Self>>::float_add(left, right);
            return Self::rectify(sum);
        }
        let (left, right) = (left.to_contiguous(), right.to_contiguous());
        fresh(left.shape(), |output| elementwise::add_relu(left.storage(), right.storage(), output))
    }

    fn add_to_channels(input: FlexTensor, numbers: FlexTensor) -> FlexTensor {
        if !single(&input) {
            return composed::channels::add::<Self>(input, numbers);
        }
        let (input, numbers) = (input.to_contiguous(), numbers.to_contiguous());
        let shape = planes(input.shape().dims());
        fresh(input.shape(), |output| channels::add(shape, input.storage(), numbers.storage(), output))
    }

    fn channel_sums(input: FlexTensor) -> FlexTensor {
        if !single(&input) {
            return composed::channels::sums::<Self>(input);
        }
        let input = input.to_contiguous();
        let shape = planes(input.shape().dims());
        fresh([shape[1]], |output| channels::sums(shape, input.storage(), output))
    }

    fn fill_channels(numbers: FlexTensor, shape: [usize; 4]) -> FlexTensor {
        if !single(&numbers) {
            return composed::channels::fill::<Self>(numbers, shape);
        }
        let numbers = numbers.to_contiguous();
        fresh(shape, |output| channels::fill(planes(shape), numbers.storage(), output))
    }

    fn scale_channels(input: FlexTensor, numbers: FlexTensor) -> FlexTensor {
        if !single(&input) {
            return composed::channels::scale::<Self>(input, numbers);
        }
        let (input, numbers) = (input.to_contiguous(), numbers.to_contiguous());
        let shape = planes(input.shape().dims());
        fresh(input.shape(), |output| channels::scale(shape, input.storage(), numbers.storage(), output))
    }

    fn affine_channels(input: FlexTensor, factors: FlexTensor, numbers: FlexTensor) -> FlexTensor {
        if !single(&input) {
            return Self::add_to_channels(Self::scale_channels(input, factors), numbers);
        }
        let [input, factors, numbers] = [input, factors, numbers].map(|tensor| tensor.to_contiguous());
        let shape = planes(input.shape().dims());
        fresh(input.shape(), |output| {
            channels::affine(shape, input.storage(), factors.storage(), numbers.storage(), output);
        })
    }

    fn channel_products(left: FlexTensor, right: FlexTensor) -> FlexTensor {
        if !single(&left) {
            return composed::channels::products::<Self>(left, right);
        }
        let (left, right) = (left.to_contiguous(), right.to_contiguous());
        let shape = planes(left.shape().dims());
        fresh([shape[1]], |output| channels::products(shape, left.storage(), right.storage(), output))
    }

    fn sum_over_channels(input: FlexTensor) -> FlexTensor {
        if !single(&input) {
            return composed::channels::over::<Self>(input);
        }
        let input = input.to_contiguous();
        let [batch, _, height, width] = input.shape().dims();
        let shape = planes(input.shape().dims());
        fresh([batch, 1, height, width], |output| channels::over(shape, input.storage(), output))
    }

    fn repeat_channels(input: FlexTensor, channels: usize) -> FlexTensor {
        if !single(&input) {
            return composed::channels::repeat::<Self>(input, channels);
        }
        let input = input.to_contiguous();
        let [batch, _, height, width] = input.shape().dims();
        let shape = [batch, channels, height, width];
        fresh(shape, |output| channels::repeat(planes(shape), input.storage(), output))
    }

    fn products_over_channels(left: FlexTensor, right: FlexTensor) -> FlexTensor {
        if !single(&left) {
            return composed::channels::products_over::<Self>(left, right);
        }
        let [left, right] = [left, right].map(|tensor| tensor.to_contiguous());
        let [batch, _, height, width] = left.shape().dims();
        let shape = planes(left.shape().dims());
        fresh([batch, 1, height, width], |output| {
            channels::products_over(shape, left.storage(), right.storage(), output);
        })
    }

    fn scale_by_planes(input: FlexTensor, numbers: FlexTensor) -> FlexTensor {
        if !single(&input) {
            return composed::channels::scale_by_planes::<Self>(input, numbers);
        }
        let [input, numbers] = [input, numbers].map(|tensor| tensor.to_contiguous());
        let shape = planes(input.shape().dims());
        fresh(input.shape(), |output| {
            channels::scale_by_planes(shape, input.storage(), numbers.storage(), output);
        })
    }

    fn concatenate_channels(left: FlexTensor, right: FlexTensor) -> FlexTensor {
        if !single(&left) {
            return composed::channels::concatenate::<Self>(left, right);
        }
        let (left, right) = (left.to_contiguous(), right.to_contiguous());
        let [batch, channels, height, width] = left.shape().dims();
        let shape = [batch, channels + right.shape()[1], height, width];
        fresh(shape, |output| {
            channels::place(planes(shape), 0, left.storage(), output);
            channels::place(planes(shape), channels, right.storage(), output);
        })
    }

    fn take_channels(input: FlexTensor, from: usize, count: usize) -> FlexTensor {
        if !single(&input) {
            return composed::channels::take::<Self>(input, from, count);
        }
        let input = input.to_contiguous();
        let shape: [usize; 4] = input.shape().dims();
        let [batch, _, height, width] = shape;
        fresh([batch, count, height, width], |output| channels::take(planes(shape), from, input.storage(), output))
    }

    fn place_channels(input: FlexTensor, from: usize, total: usize) -> FlexTensor {
        if !single(&input) {
            return composed::channels::place::<Self>(input, from, total);
        }
        let input = input.to_contiguous();
        let [batch, _, height, width] = input.shape().dims();
        let shape = [batch, total, height, width];
        fresh(shape, |output| {
            output.fill(0.0);
            channels::place(planes(shape), from, input.storage(), output);
        })
    }

    fn resize_aligned(input: FlexTensor, size: [usize; 2]) -> FlexTensor {
        if !single(&input) {
            return composed::interpolation::forward::<Self>(input, size);
        }
        let input = input.to_contiguous();
        let [batch, channels, height, width] = input.shape().dims();
        let [rows, columns] = [taps(height, size[0]), taps(width, size[1])];
        let taps = Taps { size: [height, width], rows: &rows, columns: &columns };
        fresh([batch, channels, size[0], size[1]], |output| interpolation::forward(taps, input.storage(), output))
    }

    fn resize_aligned_gradient(output_gradient: FlexTensor, size: [usize; 2]) -> FlexTensor {
        if !single(&output_gradient) {
            return composed::interpolation::transposed::<Self>(output_gradient, size);
        }
        let output_gradient = output_gradient.to_contiguous();
        let [batch, channels, height, width] = output_gradient.shape().dims();
        let [rows, columns] = [taps(size[0], height), taps(size[1], width)];
        let taps = Taps { size, rows: &rows, columns: &columns };
        fresh([batch, channels, size[0], size[1]], |gradient| {
            interpolation::transposed(taps, output_gradient.storage(), gradient);
        })
    }

    fn gather_maxima(chooser: FlexTensor, values: FlexTensor, options: PoolOptions) -> FlexTensor {
        if !single(&chooser) {
            return composed::pooling::gather_maxima::<Self>(chooser, values, options);
        }
        let (chooser, values) = (chooser.to_contiguous(), values.to_contiguous());
        let [batch, channels, height, width] = chooser.shape().dims();
        let windows = windows([height, width], options);
        let [rows, columns] = windows.counts();
        fresh([batch, channels, rows, columns], |output| {
            pooling::gather_maxima(windows, chooser.storage(), values.storage(), output);
        })
    }

    fn scatter_maxima(chooser: FlexTensor, values: FlexTensor, options: PoolOptions) -> FlexTensor {
        if !single(&chooser) {
            return composed::pooling::scatter_maxima::<Self>(chooser, values, options);
        }
        let (chooser, values) = (chooser.to_contiguous(), values.to_contiguous());
        let [_, _, height, width] = chooser.shape().dims();
        let windows = windows([height, width], options);
        fresh(chooser.shape(), |output| {
            pooling::scatter_maxima(windows, chooser.storage(), values.storage(), output);
        })
    }

    fn sum(left: FlexTensor, right: FlexTensor) -> FlexTensor {
        if !single(&left) || left.shape() != right.shape() {
            return <Self as FloatTensorOps<Self>>::float_add(left, right);
        }
        let (mut left, right) = (left.to_contiguous(), right.to_contiguous());
        if left.is_unique() {
            elementwise::add_to(left.storage_mut(), right.storage());
            return left;
        }
        fresh(left.shape(), |output| elementwise::add(left.storage(), right.storage(), output))
    }

    fn running_average(running: FlexTensor, newest: FlexTensor, share: f64, factor: f64) -> FlexTensor {
        if !single(&running) {
            return composed::running_average::<Self>(running, newest, share, factor);
        }
        let (running, newest) = (running.to_contiguous(), newest.to_contiguous());
        fresh(running.shape(), |output| {
            elementwise::running_average(running.storage(), newest.storage(), [share, factor], output);
        })
    }

    fn dilate(mask: FlexTensor) -> FlexTensor {
        if !single(&mask) {
            return composed::pooling::dilate::<Self>(mask);
        }
        let mask = mask.to_contiguous();
        let [_, _, height, width] = mask.shape().dims();
        fresh(mask.shape(), |output| pooling::dilate([height, width], mask.storage(), output))
    }

    fn adam(
        parameter: FlexTensor,
        gradient: FlexTensor,
        moments: AdamMoments<Self>,
        settings: &AdamSettings,
        time: u64,
    ) -> (FlexTensor, AdamMoments<Self>) {
        if !single(&parameter) {
            return composed::adam::step::<Self>(parameter, gradient, moments, settings, time);
        }
        let gradient = gradient.to_contiguous();
        let [parameter, mut first, mut second] =
            [parameter, moments.first, moments.second].map(|tensor| tensor.to_contiguous());
        let settings = adam::Settings {
            learning_rate: settings.learning_rate,
            beta1: settings.beta1,
            beta2: settings.beta2,
            epsilon: settings.epsilon,
        };
        let moved = fresh(parameter.shape(), |moved| {
            let [first, second] = [&mut first, &mut second].map(|tensor| tensor.storage_mut());
            adam::step(&settings, time, parameter.storage(), gradient.storage(), first, second, moved);
        });
        (moved, AdamMoments { first, second })
    }
}

/// What `forward` makes of input, scale and shift.
fn normalised(
    tensors: [FlexTensor; 3],
    epsilon: f64,
    forward: impl FnOnce([usize; 3], &[f32], &[f32], &[f32], f32, Forward<'_>),
) -> BatchNormOutput<Cpu> {
    let [input, scale, shift] = tensors.map(|tensor| tensor.to_contiguous());
    let shape: [usize; 4] = input.shape().dims();
    let channels = shape[1];
    let [mut mean, mut variance, mut rstd] = [(); 3].map(|()| vec![0.0f32; channels]);
    let output = fresh(shape, |y| {
        let result = Forward { y, mean: &mut mean, variance: &mut variance, rstd: &mut rstd };
        forward(planes(shape), input.storage(), scale.storage(), shift.storage(), epsilon as f32, result);
    });
    BatchNormOutput {
        output,
        variance: tensor(variance, [channels]),
        statistics: BatchNormStatistics {
            mean: tensor(mean, [channels]),
            reciprocal_deviation: tensor(rstd, [channels]),
            epsilon,
        },
    }
}

/// Contiguous inputs of a gradient of batch normalisation.
struct NormInputs {
    shape: [usize; 4],
    input: FlexTensor,
    scale: FlexTensor,
    output_gradient: FlexTensor,
    mean: FlexTensor,
    rstd: FlexTensor,
}

impl NormInputs {
    fn new(
        input: FlexTensor,
        scale: FlexTensor,
        output_gradient: FlexTensor,
        statistics: BatchNormStatistics<Cpu>,
    ) -> Self {
        Self {
            shape: input.shape().dims(),
            input: input.to_contiguous(),
            scale: scale.to_contiguous(),
            output_gradient: output_gradient.to_contiguous(),
            mean: statistics.mean.to_contiguous(),
            rstd: statistics.reciprocal_deviation.to_contiguous(),
        }
    }

    /// What `backward` finds, of a shape, what was saved and the output's gradient.
    fn gradients(
        &self,
        backward: impl FnOnce([usize; 3], Saved<'_>, &[f32], Gradients<'_>),
    ) -> BatchNormGradients<Cpu> {
        let channels = self.shape[1];
        let [mut dgamma, mut dbeta] = [(); 2].map(|()| vec![0.0f32; channels]);
        let input = fresh(self.shape, |dx| {
            let result = Gradients { dx, dgamma: &mut dgamma, dbeta: &mut dbeta };
            backward(planes(self.shape), self.saved(), self.output_gradient.storage(), result);
        });
        BatchNormGradients {
            input: Some(input),
            parameters: Some((tensor(dgamma, [channels]), tensor(dbeta, [channels]))),
        }
    }

    fn saved(&self) -> Saved<'_> {
        Saved {
            x: self.input.storage(),
            gamma: self.scale.storage(),
            mean: self.mean.storage(),
            rstd: self.rstd.storage(),
        }
    }
}

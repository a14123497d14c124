//! [`Kernels`] on GPUs: `herring-gpu-kernels` where Burn's operations would be many launches, else Burn's own, with its faults
//! worked around.

use crate::{
    Kernels, composed,
    operands::{
        AdamMoments, AdamParameter, AdamSettings, BatchNormGradients, BatchNormOutput, BatchNormSecond,
        BatchNormStatistics, BatchNormWanted, ConvOptions, Epilogue, PoolOptions,
    },
};
use herring_gpu_kernels::{
    BoolElement, CubeBackend, CubeRuntime, CubeTensor, FloatElement, IntElement, adam, batch_norm, channels,
    convolution, elementwise,
    pooling::{self, Windows},
};

fn windows<R: CubeRuntime>(chooser: &CubeTensor<R>, options: PoolOptions) -> Windows {
    let shape = chooser.meta.shape();
    let PoolOptions { kernel, stride, padding } = options;
    Windows { kernel, stride, padding, count: options.output_size([shape[2], shape[3]]) }
}

/// The windows of a convolution whose outputs see all inputs; those of parts of the channels stay Burn's.
fn alone(options: ConvOptions) -> Option<convolution::Windows> {
    let ConvOptions { stride, padding, groups } = options;
    (groups == 1).then_some(convolution::Windows { stride, padding })
}

fn normalised<R: CubeRuntime, F: FloatElement, I: IntElement, BT: BoolElement>(
    found: batch_norm::Forward<R>,
    epsilon: f64,
) -> BatchNormOutput<CubeBackend<R, F, I, BT>> {
    let statistics =
        BatchNormStatistics { mean: found.mean, reciprocal_deviation: found.reciprocal_deviation, epsilon };
    BatchNormOutput { output: found.output, variance: found.variance, statistics }
}

impl<R: CubeRuntime, F: FloatElement, I: IntElement, BT: BoolElement> Kernels for CubeBackend<R, F, I, BT> {
    const MOVES_PARAMETERS_TOGETHER: bool = true;
    const STEPS_BETWEEN_READS: usize = 16;

    fn convolution(input: CubeTensor<R>, weight: CubeTensor<R>, options: ConvOptions) -> CubeTensor<R> {
        match alone(options) {
            None => composed::convolution::forward::<Self>(input, weight, options),
            Some(windows) => convolution::forward(input, weight, windows),
        }
    }

    fn convolution_input_gradient(
        weight: CubeTensor<R>,
        output_gradient: CubeTensor<R>,
        size: [usize; 2],
        options: ConvOptions,
    ) -> CubeTensor<R> {
        match alone(options) {
            None => composed::convolution::input_gradient::<Self>(weight, output_gradient, size, options),
            Some(windows) => convolution::input_gradient(weight, output_gradient, size, windows),
        }
    }

    fn convolution_weight_gradient(
        input: CubeTensor<R>,
        output_gradient: CubeTensor<R>,
        kernel: [usize; 2],
        options: ConvOptions,
    ) -> CubeTensor<R> {
        match alone(options) {
            None => composed::convolution::weight_gradient::<Self>(input, output_gradient, kernel, options),
            Some(windows) => convolution::weight_gradient(input, output_gradient, kernel, windows),
        }
    }

    fn convolution_with(
        input: CubeTensor<R>,
        weight: CubeTensor<R>,
        options: ConvOptions,
        epilogue: Epilogue<Self>,
    ) -> CubeTensor<R> {
        let sums = Self::convolution(input, weight, options);
        let Epilogue { factors, numbers, summand, rectified } = epilogue;
        elementwise::apply(sums, elementwise::Epilogue { factors, numbers, summand, rectified })
    }

    fn batch_norm(
        input: CubeTensor<R>,
        scale: CubeTensor<R>,
        shift: CubeTensor<R>,
        epsilon: f64,
    ) -> BatchNormOutput<Self> {
        normalised(batch_norm::forward(input, scale, shift, epsilon, false), epsilon)
    }

    fn batch_norm_rectified(
        input: CubeTensor<R>,
        scale: CubeTensor<R>,
        shift: CubeTensor<R>,
        epsilon: f64,
    ) -> BatchNormOutput<Self> {
        normalised(batch_norm::forward(input, scale, shift, epsilon, true), epsilon)
    }

    fn batch_norm_gradients(
        input: CubeTensor<R>,
        scale: CubeTensor<R>,
        output_gradient: CubeTensor<R>,
        statistics: BatchNormStatistics<Self>,
        _wanted: BatchNormWanted,
    ) -> BatchNormGradients<Self> {
        let found = [statistics.mean, statistics.reciprocal_deviation];
        let found = batch_norm::gradients(input, scale, output_gradient, found, None);
        BatchNormGradients { input: Some(found.input), parameters: Some((found.scale, found.shift)) }
    }

    fn batch_norm_rectified_gradients(
        input: CubeTensor<R>,
        [scale, _]: [CubeTensor<R>; 2],
        output: CubeTensor<R>,
        output_gradient: CubeTensor<R>,
        statistics: BatchNormStatistics<Self>,
        _wanted: BatchNormWanted,
    ) -> BatchNormGradients<Self> {
        let found = [statistics.mean, statistics.reciprocal_deviation];
        let found = batch_norm::gradients(input, scale, output_gradient, found, Some(output));
        BatchNormGradients { input: Some(found.input), parameters: Some((found.scale, found.shift)) }
    }

    fn batch_norm_second(
        input: CubeTensor<R>,
        scale: CubeTensor<R>,
        output_gradient: CubeTensor<R>,
        statistics: BatchNormStatistics<Self>,
        cotangent: CubeTensor<R>,
    ) -> BatchNormSecond<Self> {
        let found = [statistics.mean, statistics.reciprocal_deviation];
        let found = batch_norm::second(input, scale, output_gradient, found, cotangent);
        BatchNormSecond { input: found.input, output_gradient: found.output_gradient, scale: found.scale }
    }

    fn rectify(input: CubeTensor<R>) -> CubeTensor<R> {
        elementwise::rectify(input)
    }

    fn rectify_gradient(output: CubeTensor<R>, output_gradient: CubeTensor<R>) -> CubeTensor<R> {
        elementwise::rectify_gradient(output, output_gradient)
    }

    fn add_rectify(left: CubeTensor<R>, right: CubeTensor<R>) -> CubeTensor<R> {
        elementwise::add_rectify(left, right)
    }

    fn add_to_channels(input: CubeTensor<R>, numbers: CubeTensor<R>) -> CubeTensor<R> {
        channels::add(input, numbers)
    }

    fn channel_sums(input: CubeTensor<R>) -> CubeTensor<R> {
        channels::sums(input)
    }

    fn scale_channels(input: CubeTensor<R>, numbers: CubeTensor<R>) -> CubeTensor<R> {
        channels::scale(input, numbers)
    }

    fn affine_channels(input: CubeTensor<R>, factors: CubeTensor<R>, numbers: CubeTensor<R>) -> CubeTensor<R> {
        channels::affine(input, factors, numbers)
    }

    fn channel_products(left: CubeTensor<R>, right: CubeTensor<R>) -> CubeTensor<R> {
        channels::products(left, right)
    }

    fn sum_over_channels(input: CubeTensor<R>) -> CubeTensor<R> {
        channels::sum_over(input)
    }

    fn products_over_channels(left: CubeTensor<R>, right: CubeTensor<R>) -> CubeTensor<R> {
        channels::products_over(left, right)
    }

    fn scale_by_planes(input: CubeTensor<R>, numbers: CubeTensor<R>) -> CubeTensor<R> {
        channels::scale_by_planes(input, numbers)
    }

    fn place_channels(input: CubeTensor<R>, from: usize, total: usize) -> CubeTensor<R> {
        channels::place_among(input, from, total)
    }

    fn gather_maxima(chooser: CubeTensor<R>, values: CubeTensor<R>, options: PoolOptions) -> CubeTensor<R> {
        let windows = windows(&chooser, options);
        pooling::gather_maxima(chooser, values, windows)
    }

    fn scatter_maxima(chooser: CubeTensor<R>, values: CubeTensor<R>, options: PoolOptions) -> CubeTensor<R> {
        let windows = windows(&chooser, options);
        pooling::scatter_maxima(chooser, values, windows)
    }

    fn running_average(running: CubeTensor<R>, newest: CubeTensor<R>, share: f64, factor: f64) -> CubeTensor<R> {
        elementwise::running_average(running, newest, share, factor)
    }

    fn dilate(mask: CubeTensor<R>) -> CubeTensor<R> {
        pooling::dilate(mask)
    }

    fn adam(
        parameter: CubeTensor<R>,
        gradient: CubeTensor<R>,
        moments: AdamMoments<Self>,
        settings: &AdamSettings,
        time: u64,
    ) -> (CubeTensor<R>, AdamMoments<Self>) {
        let moving = AdamParameter { parameter, gradient, moments, time };
        Self::adam_together(vec![moving], settings).pop().unwrap_or_else(|| unreachable!("one parameter gives one"))
    }

    fn adam_together(
        parameters: Vec<AdamParameter<Self>>,
        settings: &AdamSettings,
    ) -> Vec<(CubeTensor<R>, AdamMoments<Self>)> {
        let mut moved = Vec::with_capacity(parameters.len());
        let mut left = parameters.into_iter().peekable();
        while let Some(first) = left.next() {
            let time = first.time;
            let mut alike = vec![moving(first)];
            while let Some(next) = left.next_if(|next| next.time == time) {
                alike.push(moving(next));
            }
            let corrections = settings.corrections(time);
            let step = adam::Step {
                beta1: settings.beta1,
                beta2: settings.beta2,
                epsilon: settings.epsilon,
                length: settings.learning_rate / corrections.first,
                second_root: corrections.second_root,
            };
            moved.extend(
                adam::step(alike, step)
                    .into_iter()
                    .map(|adam::Moved { parameter, first, second }| (parameter, AdamMoments { first, second })),
            );
        }
        moved
    }
}

fn moving<R: CubeRuntime, F: FloatElement, I: IntElement, BT: BoolElement>(
    one: AdamParameter<CubeBackend<R, F, I, BT>>,
) -> adam::Moving<R> {
    let AdamParameter { parameter, gradient, moments, .. } = one;
    adam::Moving { parameter, gradient, first: moments.first, second: moments.second }
}

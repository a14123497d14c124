//! Values of single operations.

use super::{
    Plain,
    derivatives::{Followed, Scalar},
    difference, reference,
};
use burn::tensor::{DType, Tensor};
use herring_backend::{Autodiff, ConvOptions, Job, Kernels, PoolOptions, ops, pooling, resize};

/// One convolution.
#[derive(Debug, Clone, Copy)]
pub struct Case {
    /// `[batch, inputs, height, width]`.
    pub image: [usize; 4],
    /// `[outputs, inputs, rows, columns]`.
    pub weight: [usize; 4],
    /// Stride and padding.
    pub options: ConvOptions,
}

const fn case(image: [usize; 4], outputs: usize, kernel: [usize; 2], stride: [usize; 2], padding: [usize; 2]) -> Case {
    let options = ConvOptions { stride, padding, groups: 1 };
    Case { image, weight: [outputs, image[1], kernel[0], kernel[1]], options }
}

/// The same convolution with its channels cut into groups.
const fn grouped(case: Case, groups: usize) -> Case {
    let [outputs, inputs, rows, columns] = case.weight;
    Case { weight: [outputs, inputs / groups, rows, columns], options: ConvOptions { groups, ..case.options }, ..case }
}

/// Kernels larger than, equal to and smaller than the stride; odd and even images; windows that
/// leave a rest; one pixel; more padding than image; groups of channels, and channels alone.
pub const CASES: [Case; 25] = [
    case([1, 1, 4, 4], 1, [1, 1], [2, 2], [0, 0]),
    case([2, 3, 8, 8], 5, [1, 1], [2, 2], [0, 0]),
    case([2, 3, 7, 9], 4, [1, 1], [2, 2], [0, 0]),
    case([1, 2, 8, 8], 3, [1, 1], [3, 3], [0, 0]),
    case([2, 2, 9, 8], 3, [2, 2], [3, 3], [0, 0]),
    case([1, 2, 9, 7], 2, [1, 3], [2, 1], [0, 1]),
    case([2, 3, 6, 6], 4, [2, 1], [3, 2], [1, 0]),
    case([2, 3, 8, 8], 4, [3, 3], [1, 1], [1, 1]),
    case([1, 4, 7, 7], 3, [3, 3], [2, 2], [1, 1]),
    case([3, 1, 8, 8], 8, [3, 3], [2, 2], [1, 1]),
    case([2, 17, 5, 4], 19, [3, 3], [1, 1], [1, 1]),
    case([2, 2, 11, 6], 3, [5, 4], [2, 3], [2, 1]),
    case([1, 3, 7, 7], 2, [7, 7], [1, 1], [3, 3]),
    case([2, 3, 4, 4], 2, [4, 4], [1, 1], [0, 0]),
    case([4, 2, 1, 1], 3, [3, 3], [1, 1], [1, 1]),
    case([1, 1, 5, 5], 1, [2, 2], [2, 2], [0, 0]),
    // More results than a tile holds and sums of more terms than one part of a GPU's has; the gradient of the weights as well.
    case([5, 40, 13, 11], 70, [3, 3], [1, 1], [1, 1]),
    case([3, 130, 9, 9], 66, [3, 3], [2, 2], [1, 1]),
    case([2, 65, 10, 12], 130, [1, 1], [2, 2], [0, 0]),
    // More positions than a GPU lets one axis of a launch have tiles of.
    case([1, 1, 1460, 1450], 1, [1, 1], [1, 1], [0, 0]),
    grouped(case([2, 4, 7, 6], 4, [3, 3], [1, 1], [1, 1]), 4),
    grouped(case([2, 3, 8, 9], 3, [5, 5], [2, 2], [2, 2]), 3),
    grouped(case([1, 2, 6, 6], 2, [1, 1], [2, 2], [0, 0]), 2),
    grouped(case([2, 4, 6, 7], 6, [3, 3], [2, 1], [1, 1]), 2),
    grouped(case([1, 2, 5, 5], 4, [3, 3], [1, 1], [1, 1]), 2),
];

/// Compares the convolution trio, biases, pooling and resizing with plain loops; gives back what differs.
#[derive(Debug)]
pub struct Values {
    /// The precision to compute in. On the processor, single runs on this workspace's kernels and
    /// double on what every other backend has by default.
    pub dtype: DType,
}

impl Job for Values {
    type Output = Vec<String>;

    fn run<B: Kernels>(self, device: &B::Device) -> Vec<String> {
        let mut wrong = Vec::new();
        let mut expect = |what: String, off: f64| {
            if off.is_nan() || off > 1e-5 {
                wrong.push(format!("{what}: off by {off:.1e}"));
            }
        };
        for (index, case) in CASES.iter().enumerate() {
            for (name, off) in trio::<B>(case, index as u64, self.dtype, device) {
                expect(format!("{name} of {case:?}"), off);
            }
        }
        for followed in [Followed::Biased, Followed::Rectified, Followed::Residual] {
            let plain = followed.arguments();
            let tensors: Vec<_> = plain.iter().map(|plain| plain.tensor::<B>(self.dtype, device)).collect();
            expect(followed.name(), difference(followed.output(&tensors), &followed.plain_output(&plain)));
        }
        for (name, off) in normalised::<B>(self.dtype, device) {
            expect(name, off);
        }
        for (name, off) in elements::<B>(self.dtype, device) {
            expect(name, off);
        }
        for (name, off) in planes::<B>(self.dtype, device) {
            expect(name, off);
        }
        for (name, off) in maxima::<B>(self.dtype, device) {
            expect(name, off);
        }
        wrong
    }
}

fn trio<B: Kernels>(case: &Case, seed: u64, dtype: DType, device: &B::Device) -> [(&'static str, f64); 3] {
    let Case { image, weight, options } = *case;
    let on = |plain: &Plain| plain.tensor::<B>(dtype, device);
    let (x, w) = (Plain::random(image, seed), Plain::random(weight, seed + 100));
    let dy = Plain::random(reference::output_shape(image, weight, options), seed + 200);
    let forward = ops::convolution(on(&x), on(&w), options);
    let input = ops::convolution_input_gradient(on(&w), on(&dy), [image[2], image[3]], options);
    let kernel = ops::convolution_weight_gradient(on(&x), on(&dy), [weight[2], weight[3]], options);
    [
        ("convolution", difference(forward, &reference::convolution(&x, &w, options))),
        ("input gradient", difference(input, &reference::input_gradient(image, &w, &dy, options))),
        ("weight gradient", difference(kernel, &reference::weight_gradient(&x, weight, &dy, options))),
    ]
}

/// Running averages, and rectifiers that let divergence be seen: what is not a number stays so, in the precision that is
/// trained in.
fn elements<B: Kernels>(dtype: DType, device: &B::Device) -> Vec<(String, f64)> {
    let (running, newest) = (Plain::random([1, 5, 1, 1], 1), Plain::random([1, 5, 1, 1], 2));
    let average = ops::running_average(running.tensor::<B>(dtype, device), newest.tensor(dtype, device), 0.1, 1.25);
    let mut expected = running.clone();
    for (value, newest) in expected.values.iter_mut().zip(&newest.values) {
        *value = *value * 0.9 + newest * 1.25 * 0.1;
    }
    let mut found = vec![("a running average".to_owned(), difference(average, &expected))];
    if dtype != DType::F32 {
        return found;
    }
    let mut broken = Plain::random([2, 5, 3, 3], 3);
    broken.values[7] = f64::NAN;
    let on = || broken.tensor::<B>(dtype, device);
    let number = || Plain::random([1, 5, 1, 1], 4).tensor::<B>(dtype, device).reshape([5]);
    for (name, output) in [
        ("rectify", ops::rectify(on())),
        ("add_rectify", ops::add_rectify(on(), on())),
        ("batch_norm_rectified", ops::batch_norm_rectified(on(), number(), number(), 1e-5).output),
    ] {
        let seen = output.into_data().iter::<f64>().any(f64::is_nan);
        found.push((format!("{name} of what is not a number"), if seen { 0.0 } else { 1.0 }));
    }
    found
}

/// Normalisation over more positions than one part of a GPU's sums has, in few and in many channels.
fn normalised<B: Kernels>(dtype: DType, device: &B::Device) -> Vec<(String, f64)> {
    let shapes = [[4, 3, 40, 50], [6, 40, 33, 31]];
    let found = shapes.into_iter().enumerate().map(|(seed, shape)| {
        let image = Plain::random(shape, seed as u64);
        let (scale, shift) = (Plain::random([1, shape[1], 1, 1], 10), Plain::random([1, shape[1], 1, 1], 11));
        let on = |plain: &Plain| plain.tensor::<B>(dtype, device);
        let number = |plain: &Plain| on(plain).reshape([shape[1]]);
        let output = ops::batch_norm(on(&image), number(&scale), number(&shift), 1e-5).output;
        let expected = reference::batch_norm(&image, &scale.values, &shift.values, 1e-5);
        (format!("normalisation of {shape:?}"), difference(output, &expected))
    });
    found.collect()
}

fn planes<B: Kernels>(dtype: DType, device: &B::Device) -> Vec<(String, f64)> {
    let mut found = Vec::new();
    for (seed, (size, target)) in
        [([6, 6], [3, 3]), ([7, 5], [3, 2]), ([4, 4], [9, 7]), ([5, 5], [1, 1])].into_iter().enumerate()
    {
        let image = Plain::random([2, 3, size[0], size[1]], seed as u64);
        let on = || image.tensor::<B>(dtype, device);
        let (pooled, taken, drawn) = (adaptive(&image, target), nearest(&image, target), bilinear(&image, target));
        let name = |what: &str| format!("{what} from {size:?} to {target:?}");
        found.push((name("adaptive average"), difference(pooling::adaptive_average(on(), target), &pooled)));
        found.push((name("nearest"), difference(resize::nearest(on(), target), &taken)));
        found.push((name("bilinear"), difference(resize::bilinear(on(), target), &drawn)));
        let expected = bilinear_aligned(&image, target);
        found.push((name("bilinear, aligned"), difference(resize::bilinear_aligned(on(), target), &expected)));
        let kernel = target[0].min(size[0]).min(size[1]);
        let taken = pooling::average(on(), kernel);
        found.push((format!("average over {kernel} of {size:?}"), difference(taken, &average(&image, kernel))));
        let numbers = Plain::random([1, 3, 1, 1], 7);
        let added = ops::add_to_channels(on(), numbers.tensor::<B>(dtype, device).reshape([3]));
        found.push((format!("a number a channel added to {size:?}"), difference(added, &add(&image, &numbers))));
        let scaled = ops::scale_channels(on(), numbers.tensor::<B>(dtype, device).reshape([3]));
        found.push((format!("factors of the channels of {size:?}"), difference(scaled, &scale(&image, &numbers))));
        found.push((format!("sum over channels of {size:?}"), difference(ops::sum_over_channels(on()), &over(&image))));
        let factors = || numbers.tensor::<B>(dtype, device).reshape([3]);
        let moved = ops::affine_channels(on(), factors(), factors());
        let expected = add(&scale(&image, &numbers), &numbers);
        found.push((format!("factors and numbers of the channels of {size:?}"), difference(moved, &expected)));
        let squares = ops::squares_over_channels(on());
        let expected = over(&scale_by_planes(&image, &image));
        found.push((format!("squares over channels of {size:?}"), difference(squares, &expected)));
        let other = Plain::random([2, 3, size[0], size[1]], 8);
        let products = ops::products_over_channels(on(), other.tensor::<B>(dtype, device));
        let expected = over(&scale_by_planes(&image, &other));
        found.push((format!("products over channels of {size:?}"), difference(products, &expected)));
        let scaled = ops::scale_by_planes(on(), ops::sum_over_channels(on()));
        let expected = scale_by_planes(&image, &over(&image));
        found.push((format!("channels of {size:?} scaled by a plane"), difference(scaled, &expected)));
        let joined = ops::concatenate_channels(on(), ops::sum_over_channels(on()));
        let expected = concatenated(&image, &over(&image));
        found.push((format!("concatenated channels of {size:?}"), difference(joined, &expected)));
    }
    let mask = Plain::random([2, 1, 6, 7], 78);
    let grown = pooling::dilate(mask.tensor::<B>(dtype, device));
    found.push(("dilation".to_owned(), difference(grown, &maximum(&mask, AROUND))));
    found
}

/// Averages over windows `floor(i length / n) .. ceil((i + 1) length / n)`.
pub fn adaptive(image: &Plain, target: [usize; 2]) -> Plain {
    let [_, _, height, width] = image.shape;
    reference::resample(image, target, |row, column, pixel| {
        let range = |i: usize, length: usize, n: usize| i * length / n..((i + 1) * length).div_ceil(n);
        let (rows, columns) = (range(row, height, target[0]), range(column, width, target[1]));
        let count = (rows.len() * columns.len()) as f64;
        rows.flat_map(|r| columns.clone().map(move |c| (r, c))).map(|(r, c)| pixel(r, c)).sum::<f64>() / count
    })
}

fn nearest(image: &Plain, target: [usize; 2]) -> Plain {
    let [_, _, height, width] = image.shape;
    reference::resample(image, target, |row, column, pixel| pixel(row * height / target[0], column * width / target[1]))
}

/// Linear interpolation between pixel centres, the border repeated.
pub fn bilinear(image: &Plain, target: [usize; 2]) -> Plain {
    let size = [image.shape[2], image.shape[3]];
    reference::resample(image, target, |row, column, pixel| {
        let ends = |i: usize, axis: usize| {
            let scale = size[axis] as f64 / target[axis] as f64;
            let centre = ((i as f64 + 0.5) * scale - 0.5).clamp(0.0, size[axis] as f64 - 1.0);
            let low = centre.floor() as usize;
            [(low, 1.0 - centre.fract()), ((low + 1).min(size[axis] - 1), centre.fract())]
        };
        let mut sum = 0.0;
        for (r, share) in ends(row, 0) {
            for (c, part) in ends(column, 1) {
                sum += share * part * pixel(r, c);
            }
        }
        sum
    })
}

/// Each pixel and its eight neighbours.
pub const AROUND: PoolOptions = PoolOptions { kernel: [3; 2], stride: [1; 2], padding: [1; 2] };

/// The maximum over windows and where its gradient goes, with many equal values and with rows and columns that are in no
/// window or in several.
fn maxima<B: Kernels>(dtype: DType, device: &B::Device) -> Vec<(String, f64)> {
    let mut found = Vec::new();
    let uneven = PoolOptions { kernel: [3, 2], stride: [2, 1], padding: [1, 0] };
    let apart = PoolOptions { kernel: [2; 2], stride: [3; 2], padding: [0; 2] };
    for options in [PoolOptions::PAIRS, PoolOptions::STEM, AROUND, uneven, apart] {
        for (seed, size) in [[2, 2], [7, 5], [4, 9], [28, 28]].into_iter().enumerate() {
            // Behind a rectifier most windows hold several zeros; whole numbers tie above zero too.
            let mut image = Plain::random([2, 3, size[0], size[1]], 50 + seed as u64);
            image.values.iter_mut().for_each(|value| *value = (*value * 3.0).round().max(0.0));
            let expected = maximum(&image, options);
            let weights = Plain::random(expected.shape, 60 + seed as u64);
            let leaf = image.tensor::<Autodiff<B>>(dtype, device).require_grad();
            let taken = pooling::maximum(leaf.clone(), options);
            let value = difference(taken.clone().inner(), &expected);
            let gradients = (taken * weights.tensor::<Autodiff<B>>(dtype, device)).sum().backward();
            let gradient = leaf.grad(&gradients).unwrap_or_else(|| panic!("no gradient reaches the image"));
            let expected = first_maxima(&image, &weights, options);
            found.push((format!("maximum over {options:?} of {size:?}"), value));
            found.push((format!("its gradient among equals, {options:?}, {size:?}"), difference(gradient, &expected)));
        }
    }
    let mut diverged = Plain::random([1, 1, 2, 2], 1);
    diverged.values[2] = f64::NAN;
    let taken: Tensor<B, 4> = pooling::maximum(diverged.tensor(dtype, device), PoolOptions::PAIRS);
    let kept = taken.into_data().iter::<f64>().all(f64::is_nan);
    found.push(("not a number in a window".to_owned(), if kept { 0.0 } else { 1.0 }));
    found
}

/// Each of `weights` added at the first of the largest values of its window, zeros elsewhere.
fn first_maxima(image: &Plain, weights: &Plain, options: PoolOptions) -> Plain {
    let mut gradient = Plain::zeros(image.shape);
    let [_, channels, rows, columns] = weights.shape;
    for (index, weight) in weights.values.iter().enumerate() {
        let (plane, row, column) = (index / (rows * columns), index / columns % rows, index % columns);
        let places = window([image.shape[2], image.shape[3]], [row, column], options);
        let places = places.into_iter().map(|[y, x]| image.at([plane / channels, plane % channels, y, x]));
        let larger = |first: usize, other: usize| if image.values[other] > image.values[first] { other } else { first };
        if let Some(first) = places.reduce(larger) {
            gradient.values[first] += *weight;
        }
    }
    gradient
}

/// The pixels of a window in row-major order; none of the padding.
fn window(size: [usize; 2], place: [usize; 2], options: PoolOptions) -> Vec<[usize; 2]> {
    let along = |axis: usize| {
        let start = place[axis] * options.stride[axis];
        let end = (start + options.kernel[axis]).saturating_sub(options.padding[axis]);
        start.saturating_sub(options.padding[axis])..end.min(size[axis])
    };
    along(0).flat_map(|row| along(1).map(move |column| [row, column])).collect()
}

/// Linear interpolation with the outermost pixels of both sizes on each other.
pub fn bilinear_aligned(image: &Plain, target: [usize; 2]) -> Plain {
    let size = [image.shape[2], image.shape[3]];
    reference::resample(image, target, |row, column, pixel| {
        let ends = |i: usize, axis: usize| {
            let steps = target[axis].saturating_sub(1).max(1) as f64;
            let place = i as f64 * (size[axis] as f64 - 1.0) / steps;
            let low = place.floor() as usize;
            [(low, 1.0 - place.fract()), ((low + 1).min(size[axis] - 1), place.fract())]
        };
        let mut sum = 0.0;
        for (r, share) in ends(row, 0) {
            for (c, part) in ends(column, 1) {
                sum += share * part * pixel(r, c);
            }
        }
        sum
    })
}

/// Averages over windows that do not overlap; a rest is left out.
pub fn average(image: &Plain, kernel: usize) -> Plain {
    let [_, _, height, width] = image.shape;
    reference::resample(image, [height / kernel, width / kernel], |row, column, pixel| {
        let places = (0..kernel).flat_map(|y| (0..kernel).map(move |x| (row * kernel + y, column * kernel + x)));
        places.map(|(r, c)| pixel(r, c)).sum::<f64>() / (kernel * kernel) as f64
    })
}

/// Adds `numbers`, a value a channel, to every pixel of it.
pub fn add(image: &Plain, numbers: &Plain) -> Plain {
    by_channel(image, numbers, |pixel, number| pixel + number)
}

/// Multiplies every pixel with its channel's value of `numbers`.
pub fn scale(image: &Plain, numbers: &Plain) -> Plain {
    by_channel(image, numbers, |pixel, number| pixel * number)
}

fn by_channel(image: &Plain, numbers: &Plain, of: impl Fn(f64, f64) -> f64) -> Plain {
    let [_, channels, height, width] = image.shape;
    let mut output = image.clone();
    for (place, value) in output.values.iter_mut().enumerate() {
        *value = of(*value, numbers.values[place / (height * width) % channels]);
    }
    output
}

/// The sums over the channels.
pub fn over(image: &Plain) -> Plain {
    let [batch, channels, height, width] = image.shape;
    let positions = height * width;
    let sum = |index: usize| {
        let (image_place, position) = (index / positions, index % positions);
        (0..channels).map(|channel| image.values[(image_place * channels + channel) * positions + position]).sum()
    };
    Plain { shape: [batch, 1, height, width], values: (0..batch * positions).map(sum).collect() }
}

/// The channels of `image`, each multiplied with the same channel of `other`, or with its only one.
pub fn scale_by_planes(image: &Plain, other: &Plain) -> Plain {
    let [_, channels, height, width] = image.shape;
    let number = |index: usize| {
        let (image_place, within) = (index / (channels * height * width), index % (channels * height * width));
        let length = other.shape[1] * height * width;
        other.values[image_place * length + within % length]
    };
    let values = image.values.iter().enumerate().map(|(index, value)| value * number(index)).collect();
    Plain { shape: image.shape, values }
}

/// The channels of `left` and behind them those of `right`.
pub fn concatenated(left: &Plain, right: &Plain) -> Plain {
    let [batch, before, height, width] = left.shape;
    let lengths = [before, right.shape[1]].map(|channels| channels * height * width);
    let image = |index: usize| {
        let parts = [left, right].into_iter().zip(lengths);
        parts.flat_map(move |(part, length)| part.values[index * length..(index + 1) * length].to_vec())
    };
    Plain { shape: [batch, before + right.shape[1], height, width], values: (0..batch).flat_map(image).collect() }
}

/// The maximum over windows; padding never wins.
pub fn maximum(image: &Plain, options: PoolOptions) -> Plain {
    let size = [image.shape[2], image.shape[3]];
    let PoolOptions { kernel, stride, padding } = options;
    let count = |axis: usize| (size[axis] + 2 * padding[axis] - kernel[axis]) / stride[axis] + 1;
    reference::resample(image, [count(0), count(1)], |row, column, pixel| {
        let values = window(size, [row, column], options).into_iter().map(|[row, column]| pixel(row, column));
        values.fold(f64::NEG_INFINITY, f64::max)
    })
}

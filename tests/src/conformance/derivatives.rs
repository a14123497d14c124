//! First and second derivatives against finite differences.
//!
//! A [`Scalar`] is one function written twice: on tensors, and with plain loops. With
//! `F` its value and `x` its first argument, the gradient of `F`, and the gradient of the penalty
//! `P = Σ (dF/dx)²` with respect to every argument, are compared with central differences of the
//! plain version in double precision.

use super::{Plain, difference, reference, values};
use burn::tensor::{DType, Tensor, backend::AutodiffBackend};
use herring_backend::{Autodiff, ConvOptions, Job, Kernels, PoolOptions, ops, pooling, resize};

/// One scalar function of several arguments of rank 4.
pub trait Scalar {
    /// Its name.
    fn name(&self) -> String;
    /// The arguments at which it is differentiated, the image first.
    fn arguments(&self) -> Vec<Plain>;
    /// Its value by plain loops.
    fn plain(&self, arguments: &[Plain]) -> f64;
    /// Its value on tensors, `[1]`.
    fn tensors<B: Kernels>(&self, arguments: &[Tensor<B, 4>]) -> Tensor<B, 1>;
}

/// Compares the derivatives of every [`Scalar`] here; gives back what differs.
#[derive(Debug)]
pub struct Derivatives {
    /// The precision to compute in.
    pub dtype: DType,
    /// The largest relative differences that pass, for the first and the second order. Nested
    /// differences are good to about 1e-4.
    pub tolerances: [f64; 2],
}

impl Job for Derivatives {
    type Output = Vec<String>;

    fn run<B: Kernels>(self, device: &B::Device) -> Vec<String> {
        let stride =
            |stride: usize, padding: usize| ConvOptions { stride: [stride; 2], padding: [padding; 2], groups: 1 };
        let mut wrong = Vec::new();
        for options in [stride(1, 1), stride(2, 1)] {
            for joint in [false, true] {
                let block = Block { options, shortcut: stride(options.stride[0], 0), joint };
                self.check::<B>(&block, device, &mut wrong);
            }
        }
        self.check::<B>(&Recomputed, device, &mut wrong);
        self.check::<B>(&Resampled::Average, device, &mut wrong);
        self.check::<B>(&Resampled::Maximum, device, &mut wrong);
        self.check::<B>(&Resampled::Bilinear, device, &mut wrong);
        self.check::<B>(&Resampled::Windows, device, &mut wrong);
        self.check::<B>(&Resampled::Maximum2x2, device, &mut wrong);
        self.check::<B>(&Resampled::Aligned, device, &mut wrong);
        self.check::<B>(&Resampled::OverChannels, device, &mut wrong);
        self.check::<B>(&Resampled::Concatenated, device, &mut wrong);
        self.check::<B>(&Resampled::Squares, device, &mut wrong);
        self.check::<B>(&Resampled::Scaled, device, &mut wrong);
        self.check::<B>(&OfChannels::Added, device, &mut wrong);
        self.check::<B>(&OfChannels::Multiplied, device, &mut wrong);
        self.check::<B>(&OfChannels::Both, device, &mut wrong);
        self.check::<B>(&Activation::Silu, device, &mut wrong);
        self.check::<B>(&Activation::Relu6, device, &mut wrong);
        self.check::<B>(&Depthwise, device, &mut wrong);
        self.check::<B>(&Followed::Biased, device, &mut wrong);
        self.check::<B>(&Followed::Rectified, device, &mut wrong);
        self.check::<B>(&Followed::Residual, device, &mut wrong);
        wrong
    }
}

impl Derivatives {
    fn check<B: Kernels>(&self, scalar: &impl Scalar, device: &B::Device, wrong: &mut Vec<String>) {
        let arguments = scalar.arguments();
        let first = differences(&arguments, 1e-5, &|arguments| scalar.plain(arguments));
        let second = differences(&arguments, 1e-4, &|arguments| {
            let image = differences(&arguments[..1], 1e-5, &|image| scalar.plain(&[image, &arguments[1..]].concat()));
            image[0].values.iter().map(|value| value * value).sum()
        });
        let found_first = self.first::<Autodiff<B>>(scalar, &arguments, device);
        let found_second = self.second::<B>(scalar, &arguments, device);
        for (order, found, expected) in [(1, found_first, first), (2, found_second, second)] {
            for (index, (found, expected)) in found.into_iter().zip(expected).enumerate() {
                let off = difference(found, &expected);
                if off.is_nan() || off > self.tolerances[order - 1] {
                    wrong.push(format!("{}, order {order}, argument {index}: off by {off:.1e}", scalar.name()));
                }
            }
        }
    }

    fn first<A>(&self, scalar: &impl Scalar, arguments: &[Plain], device: &A::Device) -> Vec<Tensor<A::InnerBackend, 4>>
    where
        A: AutodiffBackend + Kernels,
    {
        let leaves: Vec<Tensor<A, 4>> =
            arguments.iter().map(|plain| plain.tensor::<A>(self.dtype, device).require_grad()).collect();
        let gradients = scalar.tensors(&leaves).backward();
        let gradient = |leaf: &Tensor<A, 4>| leaf.grad(&gradients).unwrap_or_else(|| leaf.clone().inner().zeros_like());
        leaves.iter().map(gradient).collect()
    }

    fn second<B: Kernels>(&self, scalar: &impl Scalar, arguments: &[Plain], device: &B::Device) -> Vec<Tensor<B, 4>> {
        type Outer<B> = Autodiff<Autodiff<B>>;
        let leaves: Vec<Tensor<Autodiff<B>, 4>> =
            arguments.iter().map(|plain| plain.tensor::<Autodiff<B>>(self.dtype, device).require_grad()).collect();
        let mut lifted: Vec<Tensor<Outer<B>, 4>> = leaves.iter().map(|leaf| Tensor::from_inner(leaf.clone())).collect();
        lifted[0] = lifted[0].clone().require_grad();
        let gradients = scalar.tensors(&lifted).backward();
        let image = lifted[0].grad(&gradients).unwrap_or_else(|| panic!("no gradient reaches the image"));
        let gradients = (image.clone() * image).sum().backward();
        let gradient =
            |leaf: &Tensor<Autodiff<B>, 4>| leaf.grad(&gradients).unwrap_or_else(|| leaf.clone().inner().zeros_like());
        leaves.iter().map(gradient).collect()
    }
}

/// Central differences of `function` with respect to every entry of every argument.
pub(super) fn differences(arguments: &[Plain], step: f64, function: &dyn Fn(&[Plain]) -> f64) -> Vec<Plain> {
    let mut moved = arguments.to_vec();
    arguments
        .iter()
        .enumerate()
        .map(|(index, argument)| {
            let mut gradient = Plain::zeros(argument.shape);
            for place in 0..argument.values.len() {
                let here = argument.values[place];
                let mut value = |there: f64| {
                    moved[index].values[place] = there;
                    function(&moved)
                };
                gradient.values[place] = (value(here + step) - value(here - step)) / (2.0 * step);
                moved[index].values[place] = here;
            }
            gradient
        })
        .collect()
}

/// What the scalar sums: coefficients that differ, times the value and its square.
fn weigh(index: usize, value: f64) -> f64 {
    (0.5 + 0.1 * (index % 7) as f64) * (value + 0.5 * value * value)
}

fn weigh_tensor<B: Kernels>(tensor: Tensor<B, 4>) -> Tensor<B, 1> {
    let shape = tensor.dims();
    let coefficients: Vec<f64> = (0..shape.iter().product()).map(|index| weigh(index, 1.0) / 1.5).collect();
    let coefficients = Plain { shape, values: coefficients }.tensor::<B>(tensor.dtype(), &tensor.device());
    ((tensor.clone() + tensor.clone() * tensor * 0.5) * coefficients).sum()
}

/// A residual block with its shortcut: convolution, normalisation, rectifier, sum.
struct Block {
    options: ConvOptions,
    shortcut: ConvOptions,
    /// Whether the normalisation and the rectifier behind it are one operation.
    joint: bool,
}

const EPSILON: f64 = 1e-5;

impl Scalar for Block {
    fn name(&self) -> String {
        let joint = if self.joint { ", normalised and rectified in one" } else { "" };
        format!("a residual block of stride {}{joint}", self.options.stride[0])
    }

    fn arguments(&self) -> Vec<Plain> {
        // Far enough from the rectifier's corner for the differences to stay on one side.
        let seed = 5 + self.options.stride[0] as u64;
        let mut scale = Plain::random([1, 3, 1, 1], seed + 4);
        scale.values.iter_mut().for_each(|value| *value = 1.0 + 0.3 * *value);
        vec![
            Plain::random([2, 2, 4, 5], seed),
            Plain::random([3, 2, 3, 3], seed + 1),
            Plain::random([3, 2, 1, 1], seed + 2),
            scale,
            Plain::random([1, 3, 1, 1], seed + 5),
        ]
    }

    fn plain(&self, arguments: &[Plain]) -> f64 {
        let [image, weight, shortcut, scale, shift] = arguments else { unreachable!("five arguments") };
        let rectify = |mut plain: Plain| {
            plain.values.iter_mut().for_each(|value| *value = value.max(0.0));
            plain
        };
        let main = reference::convolution(image, weight, self.options);
        let main = rectify(reference::batch_norm(&main, &scale.values, &shift.values, EPSILON));
        let mut sum = reference::convolution(image, shortcut, self.shortcut);
        sum.values.iter_mut().zip(&main.values).for_each(|(sum, value)| *sum += value);
        let sum = rectify(sum);
        sum.values.iter().enumerate().map(|(index, value)| weigh(index, *value)).sum()
    }

    fn tensors<B: Kernels>(&self, arguments: &[Tensor<B, 4>]) -> Tensor<B, 1> {
        let [image, weight, shortcut, scale, shift] = arguments else { unreachable!("five arguments") };
        let main = ops::convolution(image.clone(), weight.clone(), self.options);
        let channel = |tensor: &Tensor<B, 4>| tensor.clone().reshape([3]);
        let main = match self.joint {
            true => ops::batch_norm_rectified(main, channel(scale), channel(shift), EPSILON).output,
            false => ops::rectify(ops::batch_norm(main, channel(scale), channel(shift), EPSILON).output),
        };
        let side = ops::convolution(image.clone(), shortcut.clone(), self.shortcut);
        weigh_tensor(ops::add_rectify(main, side))
    }
}

/// A convolution behind a normalisation and a rectifier, which are computed again for the gradient.
struct Recomputed;

impl Scalar for Recomputed {
    fn name(&self) -> String {
        "a convolution whose normalised input is computed again".to_owned()
    }

    fn arguments(&self) -> Vec<Plain> {
        let mut scale = Plain::random([1, 3, 1, 1], 31);
        scale.values.iter_mut().for_each(|value| *value = 1.0 + 0.3 * *value);
        let image = Plain::random([2, 3, 4, 5], 30);
        vec![image, scale, Plain::random([1, 3, 1, 1], 32), Plain::random([2, 3, 3, 3], 33)]
    }

    fn plain(&self, arguments: &[Plain]) -> f64 {
        let [image, scale, shift, weight] = arguments else { unreachable!("four arguments") };
        let mut between = reference::batch_norm(image, &scale.values, &shift.values, EPSILON);
        between.values.iter_mut().for_each(|value| *value = value.max(0.0));
        let output = reference::convolution(&between, weight, Self::OPTIONS);
        output.values.iter().enumerate().map(|(index, value)| weigh(index, *value)).sum()
    }

    fn tensors<B: Kernels>(&self, arguments: &[Tensor<B, 4>]) -> Tensor<B, 1> {
        let [image, scale, shift, weight] = arguments else { unreachable!("four arguments") };
        let parameters = [scale, shift].map(|tensor| tensor.clone().reshape([3]));
        let (image, weight) = (image.clone(), weight.clone());
        weigh_tensor(ops::batch_norm_rectified_convolution(image, parameters, EPSILON, weight, Self::OPTIONS).output)
    }
}

impl Recomputed {
    const OPTIONS: ConvOptions = ConvOptions { stride: [1; 2], padding: [1; 2], groups: 1 };
}

/// Pooling and resizing.
enum Resampled {
    Average,
    Maximum,
    Bilinear,
    Windows,
    Maximum2x2,
    Aligned,
    OverChannels,
    Concatenated,
    Squares,
    Scaled,
}

impl Scalar for Resampled {
    fn name(&self) -> String {
        match self {
            Self::Average => "adaptive average pooling",
            Self::Maximum => "maximum pooling",
            Self::Bilinear => "bilinear resizing",
            Self::Windows => "average pooling",
            Self::Maximum2x2 => "maximum pooling over 2 x 2",
            Self::Aligned => "aligned bilinear resizing",
            Self::OverChannels => "the sum over channels",
            Self::Concatenated => "concatenated channels",
            Self::Squares => "the sum of squares over channels",
            Self::Scaled => "channels scaled by a plane, and products over them",
        }
        .to_owned()
    }

    fn arguments(&self) -> Vec<Plain> {
        vec![Plain::random([2, 2, 5, 4], 3)]
    }

    fn plain(&self, arguments: &[Plain]) -> f64 {
        let image = &arguments[0];
        let found = match self {
            Self::Average => values::adaptive(image, [3, 2]),
            Self::Maximum => values::maximum(image, values::AROUND),
            Self::Bilinear => values::bilinear(image, [7, 3]),
            Self::Windows => values::average(image, 2),
            Self::Maximum2x2 => values::maximum(image, PoolOptions::PAIRS),
            Self::Aligned => values::bilinear_aligned(image, [9, 3]),
            Self::OverChannels => values::over(image),
            Self::Concatenated => values::concatenated(&values::over(image), image),
            Self::Squares => values::over(&values::scale_by_planes(image, image)),
            Self::Scaled => {
                let scaled = values::scale_by_planes(image, &values::over(image));
                values::over(&values::scale_by_planes(image, &scaled))
            }
        };
        found.values.iter().enumerate().map(|(index, value)| weigh(index, *value)).sum()
    }

    fn tensors<B: Kernels>(&self, arguments: &[Tensor<B, 4>]) -> Tensor<B, 1> {
        let image = arguments[0].clone();
        weigh_tensor(match self {
            Self::Average => pooling::adaptive_average(image, [3, 2]),
            Self::Maximum => pooling::maximum(image, values::AROUND),
            Self::Bilinear => resize::bilinear(image, [7, 3]),
            Self::Windows => pooling::average(image, 2),
            Self::Maximum2x2 => pooling::maximum(image, PoolOptions::PAIRS),
            Self::Aligned => resize::bilinear_aligned(image, [9, 3]),
            Self::OverChannels => ops::sum_over_channels(image),
            Self::Concatenated => ops::concatenate_channels(ops::sum_over_channels(image.clone()), image),
            Self::Squares => ops::squares_over_channels(image),
            Self::Scaled => {
                let scaled = ops::scale_by_planes(image.clone(), ops::sum_over_channels(image.clone()));
                ops::products_over_channels(image, scaled)
            }
        })
    }
}

/// A number for each channel: a convolution's bias, or a factor. What is summed holds squares, so the penalty depends on
/// the bias too.
enum OfChannels {
    Added,
    Multiplied,
    Both,
}

impl Scalar for OfChannels {
    fn name(&self) -> String {
        match self {
            Self::Added => "a number added to a channel".to_owned(),
            Self::Multiplied => "a channel's factor".to_owned(),
            Self::Both => "a channel's factor and number".to_owned(),
        }
    }

    fn arguments(&self) -> Vec<Plain> {
        vec![Plain::random([2, 3, 3, 4], 11), Plain::random([1, 3, 1, 1], 12)]
    }

    fn plain(&self, arguments: &[Plain]) -> f64 {
        let [image, numbers] = arguments else { unreachable!("two arguments") };
        let found = match self {
            Self::Added => values::add(image, numbers),
            Self::Multiplied => values::scale(image, numbers),
            Self::Both => values::add(&values::scale(image, numbers), numbers),
        };
        found.values.iter().enumerate().map(|(index, value)| weigh(index, *value)).sum()
    }

    fn tensors<B: Kernels>(&self, arguments: &[Tensor<B, 4>]) -> Tensor<B, 1> {
        let [image, numbers] = arguments else { unreachable!("two arguments") };
        let (image, numbers) = (image.clone(), numbers.clone().reshape([3]));
        weigh_tensor(match self {
            Self::Added => ops::add_to_channels(image, numbers),
            Self::Multiplied => ops::scale_channels(image, numbers),
            Self::Both => ops::affine_channels(image, numbers.clone(), numbers),
        })
    }
}

/// Activations of values from -8 to 8.
enum Activation {
    Silu,
    Relu6,
}

impl Scalar for Activation {
    fn name(&self) -> String {
        match self {
            Self::Silu => "SiLU".to_owned(),
            Self::Relu6 => "ReLU6".to_owned(),
        }
    }

    fn arguments(&self) -> Vec<Plain> {
        let mut image = Plain::random([2, 2, 3, 3], 21);
        image.values.iter_mut().for_each(|value| *value *= 8.0);
        vec![image]
    }

    fn plain(&self, arguments: &[Plain]) -> f64 {
        let active = |value: f64| match self {
            Self::Silu => value / (1.0 + (-value).exp()),
            Self::Relu6 => value.clamp(0.0, 6.0),
        };
        arguments[0].values.iter().enumerate().map(|(index, value)| weigh(index, active(*value))).sum()
    }

    fn tensors<B: Kernels>(&self, arguments: &[Tensor<B, 4>]) -> Tensor<B, 1> {
        let image = arguments[0].clone();
        weigh_tensor(match self {
            Self::Silu => ops::silu(image),
            Self::Relu6 => ops::relu6(image),
        })
    }
}

/// A convolution and what follows it in one operation.
pub enum Followed {
    /// A bias.
    Biased,
    /// A bias and a rectifier.
    Rectified,
    /// A factor and a number of each channel, the image, and a rectifier.
    Residual,
}

impl Followed {
    const OPTIONS: ConvOptions = ConvOptions { stride: [1; 2], padding: [1; 2], groups: 1 };

    /// By plain loops, of image, weight and numbers.
    pub fn plain_output(&self, arguments: &[Plain]) -> Plain {
        let [image, weight, numbers] = arguments else { unreachable!("three arguments") };
        let sums = reference::convolution(image, weight, Self::OPTIONS);
        let mut found = match self {
            Self::Biased | Self::Rectified => values::add(&sums, numbers),
            Self::Residual => values::add(&values::scale(&sums, numbers), numbers),
        };
        if matches!(self, Self::Residual) {
            found.values.iter_mut().zip(&image.values).for_each(|(value, summand)| *value += summand);
        }
        if !matches!(self, Self::Biased) {
            found.values.iter_mut().for_each(|value| *value = value.max(0.0));
        }
        found
    }

    /// On tensors.
    pub fn output<B: Kernels>(&self, arguments: &[Tensor<B, 4>]) -> Tensor<B, 4> {
        let [image, weight, numbers] = arguments else { unreachable!("three arguments") };
        let (image, weight, numbers) = (image.clone(), weight.clone(), numbers.clone().reshape([3]));
        match self {
            Self::Biased => ops::convolution_biased(image, weight, numbers, Self::OPTIONS, false),
            Self::Rectified => ops::convolution_biased(image, weight, numbers, Self::OPTIONS, true),
            Self::Residual => {
                let affine = [numbers.clone(), numbers];
                ops::convolution_affine(image.clone(), weight, Self::OPTIONS, affine, Some(image), true)
            }
        }
    }
}

impl Scalar for Followed {
    fn name(&self) -> String {
        match self {
            Self::Biased => "a convolution with its bias".to_owned(),
            Self::Rectified => "a convolution with its bias and a rectifier".to_owned(),
            Self::Residual => "a convolution with factors, numbers, a sum and a rectifier".to_owned(),
        }
    }

    fn arguments(&self) -> Vec<Plain> {
        vec![Plain::random([2, 3, 5, 4], 41), Plain::random([3, 3, 3, 3], 42), Plain::random([1, 3, 1, 1], 43)]
    }

    fn plain(&self, arguments: &[Plain]) -> f64 {
        let found = self.plain_output(arguments);
        found.values.iter().enumerate().map(|(index, value)| weigh(index, *value)).sum()
    }

    fn tensors<B: Kernels>(&self, arguments: &[Tensor<B, 4>]) -> Tensor<B, 1> {
        weigh_tensor(self.output(arguments))
    }
}

/// A convolution of each channel alone.
struct Depthwise;

impl Depthwise {
    const OPTIONS: ConvOptions = ConvOptions { stride: [2, 1], padding: [1, 1], groups: 3 };
}

impl Scalar for Depthwise {
    fn name(&self) -> String {
        "a convolution of each channel alone".to_owned()
    }

    fn arguments(&self) -> Vec<Plain> {
        vec![Plain::random([2, 3, 5, 4], 31), Plain::random([3, 1, 3, 3], 32)]
    }

    fn plain(&self, arguments: &[Plain]) -> f64 {
        let output = reference::convolution(&arguments[0], &arguments[1], Self::OPTIONS);
        output.values.iter().enumerate().map(|(index, value)| weigh(index, *value)).sum()
    }

    fn tensors<B: Kernels>(&self, arguments: &[Tensor<B, 4>]) -> Tensor<B, 1> {
        weigh_tensor(ops::convolution(arguments[0].clone(), arguments[1].clone(), Self::OPTIONS))
    }
}

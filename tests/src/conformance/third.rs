//! Third derivatives against finite differences of second ones.
//!
//! With `F` a number, `x` its first argument and `D` the sum of all entries of the gradients of `F` with respect to every
//! argument, what is differentiated is `P = Σ (dD/dx)²`, as RBR's full influence does it: `D` on the outermost of three levels
//! of autodiff, `dD/dx` on the next, and the gradient of `P` with respect to every argument on the last.
//!
//! The reference is central differences of `P`, which two levels give; [`super::derivatives`] holds first and second
//! derivatives against plain loops. What is summed into `F` has a third derivative of its own, so that an operation that is
//! linear is differentiated three times too.

use super::{Plain, derivatives::differences, difference};
use burn::{
    module::{Param, ParamId},
    tensor::{DType, Int, Tensor, TensorData},
};
use herring_backend::{Autodiff, ConvOptions, Job, Kernels, PoolOptions, ops, pooling};
use herring_losses::cross_entropy;
use herring_models::{
    Mode,
    layers::{BatchNorm, Linear},
};

/// Compares the third derivatives of every `Operation`; gives back what differs.
#[derive(Debug)]
pub struct ThirdDerivatives {
    /// The precision to compute in; the differences need [`DType::F64`].
    pub dtype: DType,
    /// The largest relative difference that passes.
    pub tolerance: f64,
}

/// What is differentiated: all that RBR's full influence passes through.
#[derive(Debug, Clone, Copy)]
enum Operation {
    Convolution,
    Rectifier,
    Maximum2x2,
    Maximum,
    Average,
    NormalisationTrain,
    NormalisationEvaluate,
    Linear,
    CrossEntropy,
    /// Convolution, training-mode normalisation, rectifier and maximum, one after the other.
    Layers,
}

impl Job for ThirdDerivatives {
    type Output = Vec<String>;

    fn run<B: Kernels>(self, device: &B::Device) -> Vec<String> {
        use Operation::{
            Average, Convolution, CrossEntropy, Layers, Linear, Maximum, Maximum2x2, NormalisationEvaluate,
            NormalisationTrain, Rectifier,
        };
        let all = [
            Convolution,
            Rectifier,
            Maximum2x2,
            Maximum,
            Average,
            NormalisationTrain,
            NormalisationEvaluate,
            Linear,
            CrossEntropy,
            Layers,
        ];
        let mut wrong = Vec::new();
        for operation in all {
            let arguments = operation.arguments();
            let expected = differences(&arguments, 1e-5, &|arguments| self.second::<B>(operation, arguments, device));
            let found = self.third::<B>(operation, &arguments, device);
            for (index, (found, expected)) in found.into_iter().zip(expected).enumerate() {
                let largest = expected.values.iter().fold(0.0f64, |most, value| most.max(value.abs()));
                let off = difference(found, &expected);
                // A reference of zeros would let anything linear pass.
                if largest < 1e-6 || off.is_nan() || off > self.tolerance {
                    wrong.push(format!("{operation:?}, argument {index}: off by {off:.1e}, largest {largest:.1e}"));
                }
            }
        }
        wrong
    }
}

impl ThirdDerivatives {
    /// `Σ (dD/dx)²` on `B`, a function of the arguments if `B` differentiates.
    fn penalty<B: Kernels>(operation: Operation, arguments: &[Tensor<B, 4>]) -> Tensor<B, 1> {
        let mut middle: Vec<Tensor<Autodiff<B>, 4>> =
            arguments.iter().map(|argument| Tensor::from_inner(argument.clone())).collect();
        middle[0] = middle[0].clone().require_grad();
        let outer: Vec<Tensor<Autodiff<Autodiff<B>>, 4>> =
            middle.iter().map(|argument| Tensor::from_inner(argument.clone()).require_grad()).collect();
        let gradients = operation.value(&outer).backward();
        let sums = outer.iter().filter_map(|argument| argument.grad(&gradients)).map(ops::total);
        let sum = sums.reduce(|one, other| one + other).unwrap_or_else(|| panic!("{operation:?} has no gradient"));
        let image = middle[0].grad(&sum.backward());
        let image = image.unwrap_or_else(|| panic!("{operation:?}: no second derivative reaches the image"));
        ops::total(image.clone() * image)
    }

    fn second<B: Kernels>(&self, operation: Operation, arguments: &[Plain], device: &B::Device) -> f64 {
        let arguments: Vec<_> = arguments.iter().map(|plain| plain.tensor::<B>(self.dtype, device)).collect();
        let value: Vec<f64> = Self::penalty::<B>(operation, &arguments).into_data().iter().collect();
        value[0]
    }

    fn third<B: Kernels>(&self, operation: Operation, arguments: &[Plain], device: &B::Device) -> Vec<Tensor<B, 4>> {
        let leaves: Vec<Tensor<Autodiff<B>, 4>> =
            arguments.iter().map(|plain| plain.tensor::<Autodiff<B>>(self.dtype, device).require_grad()).collect();
        let gradients = Self::penalty::<Autodiff<B>>(operation, &leaves).backward();
        let gradient =
            |leaf: &Tensor<Autodiff<B>, 4>| leaf.grad(&gradients).unwrap_or_else(|| leaf.clone().inner().zeros_like());
        leaves.iter().map(gradient).collect()
    }
}

const EPSILON: f64 = 1e-5;
const CONVOLUTION: ConvOptions = ConvOptions { stride: [2, 1], padding: [1, 0], groups: 1 };

impl Operation {
    /// The arguments at which it is differentiated, the image first. No two values lie so close to a corner of the rectifier
    /// or of a maximum that a difference would cross it.
    fn arguments(self) -> Vec<Plain> {
        let image = Plain::random([2, 2, 4, 4], 41);
        // Numbers a channel, around 1 so that none is divided away.
        let channels = |count: usize, seed: u64| {
            let mut numbers = Plain::random([1, count, 1, 1], seed);
            numbers.values.iter_mut().for_each(|value| *value = 1.0 + 0.3 * *value);
            numbers
        };
        match self {
            Self::Rectifier | Self::Maximum2x2 | Self::Maximum | Self::Average => vec![image],
            Self::Convolution => vec![image, Plain::random([3, 2, 3, 2], 42), channels(3, 43)],
            Self::NormalisationTrain | Self::NormalisationEvaluate => vec![image, channels(2, 44), channels(2, 45)],
            Self::Linear => {
                vec![Plain::random([3, 4, 1, 1], 46), Plain::random([2, 4, 1, 1], 47), Plain::random([1, 2, 1, 1], 48)]
            }
            Self::CrossEntropy => vec![Plain::random([3, 4, 1, 1], 49)],
            Self::Layers => vec![image, Plain::random([3, 2, 3, 3], 50), channels(3, 51), channels(3, 52)],
        }
    }

    /// A number, `[1]`, made of the operation's result.
    fn value<B: Kernels>(self, arguments: &[Tensor<B, 4>]) -> Tensor<B, 1> {
        let image = arguments[0].clone();
        let numbers = |index: usize| {
            let tensor = arguments[index].clone();
            let count = tensor.dims()[1];
            tensor.reshape([count])
        };
        let parameter = |index: usize| Param::initialized(ParamId::new(), numbers(index));
        weigh(match self {
            Self::Convolution => {
                ops::add_to_channels(ops::convolution(image, arguments[1].clone(), CONVOLUTION), numbers(2))
            }
            Self::Rectifier => ops::rectify(image),
            Self::Maximum2x2 => pooling::maximum(image, PoolOptions::PAIRS),
            Self::Maximum => pooling::maximum(image, PoolOptions::STEM),
            Self::Average => pooling::average(image, 2),
            Self::NormalisationTrain => ops::batch_norm(image, numbers(1), numbers(2), EPSILON).output,
            Self::NormalisationEvaluate => {
                let (device, dtype) = (image.device(), image.dtype());
                let running = |values: [f64; 2]| {
                    let data = TensorData::from(values).convert_dtype(dtype);
                    Param::initialized(ParamId::new(), Tensor::from_data(data, (&device, dtype)))
                };
                let norm = BatchNorm {
                    weight: parameter(1),
                    bias: parameter(2),
                    running_mean: running([0.2, -0.1]),
                    running_var: running([0.8, 1.3]),
                    epsilon: EPSILON,
                };
                norm.forward(image, Mode::Evaluate, &mut Vec::new())
            }
            Self::Linear => {
                let [outputs, inputs, ..] = arguments[1].dims();
                let weight = Param::initialized(ParamId::new(), arguments[1].clone().reshape([outputs, inputs]));
                let output = Linear { weight, bias: parameter(2) }.forward(image.flatten(1, 3));
                output.unsqueeze_dims(&[2, 3])
            }
            Self::CrossEntropy => {
                let labels = Tensor::<B, 1, Int>::from_ints([2, 0, 3], &image.device());
                // Logits that are not linear in the image: the gradient's sum over linear ones is 0.
                let logits = image.clone() + image.clone() * image * 0.5;
                return cross_entropy(logits.flatten(1, 3), labels);
            }
            Self::Layers => {
                let options = ConvOptions { stride: [1; 2], padding: [1; 2], groups: 1 };
                let output = ops::convolution(image, arguments[1].clone(), options);
                let output = ops::batch_norm(output, numbers(2), numbers(3), EPSILON).output;
                pooling::maximum(ops::rectify(output), PoolOptions::PAIRS)
            }
        })
    }
}

/// The sum of `v + v² / 2 + v³ / 3` with coefficients that differ: its third derivative is not 0.
fn weigh<B: Kernels>(tensor: Tensor<B, 4>) -> Tensor<B, 1> {
    let shape = tensor.dims();
    let coefficients = (0..shape.iter().product()).map(|index: usize| 0.5 + 0.1 * (index % 7) as f64).collect();
    let coefficients = Plain { shape, values: coefficients }.tensor::<B>(tensor.dtype(), &tensor.device());
    let square = tensor.clone() * tensor.clone();
    let cube = square.clone() * tensor.clone();
    ops::total((tensor + square / 2.0 + cube / 3.0) * coefficients)
}

//! Which of several kernels computes a convolution: always the same one, or the one that was fastest when it was first needed.
//!
//! A measurement compares what each kernel computes with what [`Algorithm::Tiles`] does; one that is off by more than single
//! precision explains does not count (tensor cores round `f32` to TF32, and Burn 0.21 is wrong where a kernel is smaller than its
//! stride). Kernels add up in different orders, so a choice decides the last digits of a result: what was chosen can be
//! [asked](choices) and [given back](measure), so that a later process chooses alike.

use super::{Windows, images, weights};
use crate::layout::sizes;
use burn_backend::{DType, ops::ConvOptions};
use burn_cubecl::{
    CubeRuntime,
    kernel::{
        conv::{ConvStrategy, conv_data_backward, conv_forward, conv_weight_backward},
        into_contiguous,
    },
    tensor::CubeTensor,
};
use cubecl::{prelude::*, server::ServerError};
use std::{
    collections::BTreeMap,
    fmt,
    str::FromStr,
    sync::{Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

/// A kernel for convolutions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Algorithm {
    /// The tiles of this crate.
    Tiles,
    /// Burn's direct convolution.
    Direct,
    /// Burn's product on tensor cores.
    Accelerated,
}

impl Algorithm {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Tiles, Self::Direct, Self::Accelerated];

    /// Its name: `tiles`, `direct` or `accelerated`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Tiles => "tiles",
            Self::Direct => "direct",
            Self::Accelerated => "accelerated",
        }
    }
}

impl fmt::Display for Algorithm {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(self.name())
    }
}

/// A text that names no [`Algorithm`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnknownAlgorithm {
    /// The text.
    pub found: String,
}

impl fmt::Display for UnknownAlgorithm {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "found '{}', expected tiles, direct or accelerated", self.found)
    }
}

impl std::error::Error for UnknownAlgorithm {}

impl FromStr for Algorithm {
    type Err = UnknownAlgorithm;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let named = Self::ALL.into_iter().find(|algorithm| algorithm.name() == text);
        named.ok_or_else(|| UnknownAlgorithm { found: text.to_owned() })
    }
}

struct Choices {
    measured: bool,
    by_case: BTreeMap<String, Algorithm>,
}

/// Backends' operations have no context to carry this in, so it belongs to the process.
static CHOICES: Mutex<Choices> = Mutex::new(Choices { measured: false, by_case: BTreeMap::new() });

fn chosen() -> MutexGuard<'static, Choices> {
    CHOICES.lock().unwrap_or_else(PoisonError::into_inner)
}

/// From now on every convolution of this process runs on [`Algorithm::Tiles`], which is also how a process begins.
pub fn fix() {
    *chosen() = Choices { measured: false, by_case: BTreeMap::new() };
}

/// From now on the first convolution of a kind measures which kernel is fastest, unless its kind is among the `known`
/// [`choices`] of an earlier process.
pub fn measure(known: impl IntoIterator<Item = (String, Algorithm)>) {
    *chosen() = Choices { measured: true, by_case: known.into_iter().collect() };
}

/// What was chosen or was known, by kind: operation, sizes and device, for instance
/// `forward 16x64x28x28 by 64x64x3x3 stride 1x1 padding 1x1 on wgpu<spirv> DefaultDevice`. Empty where nothing is measured.
pub fn choices() -> BTreeMap<String, Algorithm> {
    chosen().by_case.clone()
}

/// A convolution or one of its gradients with its operands.
pub(super) enum Operation<R: CubeRuntime> {
    Forward { input: CubeTensor<R>, weight: CubeTensor<R> },
    InputGradient { weight: CubeTensor<R>, output_gradient: CubeTensor<R>, size: [usize; 2] },
    WeightGradient { input: CubeTensor<R>, output_gradient: CubeTensor<R>, kernel: [usize; 2] },
}

impl<R: CubeRuntime> Clone for Operation<R> {
    fn clone(&self) -> Self {
        match self {
            Self::Forward { input, weight } => Self::Forward { input: input.clone(), weight: weight.clone() },
            Self::InputGradient { weight, output_gradient, size } => {
                Self::InputGradient { weight: weight.clone(), output_gradient: output_gradient.clone(), size: *size }
            }
            Self::WeightGradient { input, output_gradient, kernel } => {
                Self::WeightGradient { input: input.clone(), output_gradient: output_gradient.clone(), kernel: *kernel }
            }
        }
    }
}

impl<R: CubeRuntime> Operation<R> {
    /// One of its operands, all of which are on one device and of one type.
    fn operand(&self) -> &CubeTensor<R> {
        match self {
            Self::Forward { input: tensor, .. }
            | Self::InputGradient { output_gradient: tensor, .. }
            | Self::WeightGradient { input: tensor, .. } => tensor,
        }
    }

    /// What decides how long it takes.
    fn case(&self, windows: Windows) -> String {
        let times = |sizes: &[usize]| sizes.iter().map(usize::to_string).collect::<Vec<_>>().join("x");
        let (name, image, weight) = match self {
            Self::Forward { input, weight } => ("forward", sizes(input), sizes(weight)),
            Self::InputGradient { weight, output_gradient, size } => {
                let [_, inputs, _, _] = sizes(weight);
                let batch = sizes(output_gradient)[0];
                ("input-gradient", [batch, inputs, size[0], size[1]], sizes(weight))
            }
            Self::WeightGradient { input, output_gradient, kernel } => {
                let image = sizes(input);
                ("weight-gradient", image, [sizes(output_gradient)[1], image[1], kernel[0], kernel[1]])
            }
        };
        let operand = self.operand();
        format!(
            "{name} {} by {} stride {} padding {} on {} {:?}",
            times(&image),
            times(&weight),
            times(&windows.stride),
            times(&windows.padding),
            R::name(&operand.client),
            operand.device
        )
    }

    /// The result by an algorithm; none where it cannot compute this.
    fn by(self, algorithm: Algorithm, windows: Windows) -> Option<CubeTensor<R>> {
        let strategy = match algorithm {
            Algorithm::Tiles => return Some(self.by_tiles(windows)),
            Algorithm::Direct => ConvStrategy::Direct,
            Algorithm::Accelerated => ConvStrategy::ImplicitGemm,
        };
        let options = ConvOptions::<2>::new(windows.stride, windows.padding, [1, 1], 1);
        match self {
            Self::Forward { input, weight } => conv_forward::<R, 2>(input, weight, None, options, strategy),
            Self::InputGradient { weight, output_gradient, size } => {
                let [_, inputs, _, _] = sizes(&weight);
                let shape = [sizes(&output_gradient)[0], inputs, size[0], size[1]];
                conv_data_backward::<R, 2>(output_gradient, weight, shape.into(), options, strategy)
            }
            Self::WeightGradient { input, output_gradient, kernel } => {
                let shape = [sizes(&output_gradient)[1], sizes(&input)[1], kernel[0], kernel[1]];
                conv_weight_backward::<R, 2>(input, output_gradient, shape.into(), options, strategy)
            }
        }
        .ok()
    }

    fn by_tiles(self, windows: Windows) -> CubeTensor<R> {
        match self {
            Self::Forward { input, weight } => images::forward(input, weight, windows),
            Self::InputGradient { weight, output_gradient, size } => {
                images::input_gradient(weight, output_gradient, size, windows)
            }
            Self::WeightGradient { input, output_gradient, kernel } => {
                weights::weight_gradient(input, output_gradient, kernel, windows)
            }
        }
    }

    /// The result by the algorithm that was chosen for such operations, or is chosen now.
    pub(super) fn run(self, windows: Windows) -> CubeTensor<R> {
        let algorithm = {
            let mut choices = chosen();
            match choices.measured && self.operand().dtype == DType::F32 {
                false => Algorithm::Tiles,
                true => {
                    let case = self.case(windows);
                    match choices.by_case.get(&case) {
                        Some(algorithm) => *algorithm,
                        // Operands that tell nothing (a result of zeros) leave the choice to a later convolution.
                        None => match self.fastest(windows) {
                            Some(algorithm) => {
                                choices.by_case.insert(case, algorithm);
                                algorithm
                            }
                            None => Algorithm::Tiles,
                        },
                    }
                }
            }
        };
        match algorithm {
            Algorithm::Tiles => self.by_tiles(windows),
            // A choice of an earlier process that this device cannot follow.
            other => self.clone().by(other, windows).unwrap_or_else(|| self.by_tiles(windows)),
        }
    }

    /// The algorithm that takes least time of those that compute the same; none where the result tells nothing. Another than the
    /// tiles must gain a twentieth, so that noise does not choose.
    ///
    /// # Panics
    /// Where the device has failed before, as a read of a result would.
    fn fastest(&self, windows: Windows) -> Option<Algorithm> {
        let client = &self.operand().client;
        wait(client).unwrap_or_else(|error| panic!("the device failed: {error}"));
        // Kept until all are compared, so that none of them finds the right values in memory that was freed.
        let by_tiles = self.clone().by_tiles(windows);
        let expected = values(by_tiles.clone())?;
        if largest(&expected) == 0.0 || !expected.iter().all(|value| value.is_finite()) {
            return None;
        }
        let tiles = self.time(Algorithm::Tiles, windows).unwrap_or(Duration::MAX);
        let mut best = (Algorithm::Tiles, tiles.mul_f64(0.95));
        for &other in self.others(windows) {
            let found = self.clone().by(other, windows).and_then(values);
            if !found.is_some_and(|found| agree(&expected, &found)) {
                continue;
            }
            if let Some(time) = self.time(other, windows).filter(|time| *time < best.1) {
                best = (other, time);
            }
        }
        drop(by_tiles);
        Some(best.0)
    }

    /// What there is beside the tiles. Burn's product has no input gradient for strides.
    fn others(&self, windows: Windows) -> &'static [Algorithm] {
        match self {
            Self::InputGradient { .. } if windows.stride != [1; 2] => &[Algorithm::Direct],
            _ => &[Algorithm::Direct, Algorithm::Accelerated],
        }
    }

    /// The shortest of a few repetitions; none where the algorithm fails on this device.
    fn time(&self, algorithm: Algorithm, windows: Windows) -> Option<Duration> {
        let client = &self.operand().client;
        let repetition = |_| {
            wait(client).ok()?;
            let start = Instant::now();
            let _result = self.clone().by(algorithm, windows)?;
            wait(client).ok()?;
            Some(start.elapsed())
        };
        (0..4).map(repetition).collect::<Option<Vec<_>>>()?.into_iter().min()
    }
}

/// Waits for all that the device was given.
fn wait<R: CubeRuntime>(client: &ComputeClient<R>) -> Result<(), ServerError> {
    cubecl::future::block_on(client.sync())
}

/// The values of a tensor; none where they could not be computed.
fn values<R: CubeRuntime>(tensor: CubeTensor<R>) -> Option<Vec<f32>> {
    let tensor = into_contiguous(tensor);
    let bytes = tensor.client.read_one(tensor.handle).ok()?;
    Some(f32::from_bytes(&bytes).to_vec())
}

fn largest(values: &[f32]) -> f32 {
    values.iter().fold(0.0, |largest, value| largest.max(value.abs()))
}

/// Whether no value is off by more than this share of the largest one.
fn agree(expected: &[f32], found: &[f32]) -> bool {
    const SHARE: f32 = 1e-5;
    let largest = largest(expected);
    expected.len() == found.len()
        && expected.iter().zip(found).all(|(expected, found)| (expected - found).abs() <= SHARE * largest)
}

/// Cross-correlates `input [batch, in, height, width]` with `weight [out, in, rows, columns]`.
pub fn forward<R: CubeRuntime>(input: CubeTensor<R>, weight: CubeTensor<R>, windows: Windows) -> CubeTensor<R> {
    Operation::Forward { input, weight }.run(windows)
}

/// The gradient of [`forward`] with respect to its input, whose rows and columns are `size`.
pub fn input_gradient<R: CubeRuntime>(
    weight: CubeTensor<R>,
    output_gradient: CubeTensor<R>,
    size: [usize; 2],
    windows: Windows,
) -> CubeTensor<R> {
    Operation::InputGradient { weight, output_gradient, size }.run(windows)
}

/// The gradient of [`forward`] with respect to its weight, `[out, in, rows, columns]`, whose rows and columns are `kernel`.
pub fn weight_gradient<R: CubeRuntime>(
    input: CubeTensor<R>,
    output_gradient: CubeTensor<R>,
    kernel: [usize; 2],
    windows: Windows,
) -> CubeTensor<R> {
    Operation::WeightGradient { input, output_gradient, kernel }.run(windows)
}

#[cfg(test)]
mod tests {
    use super::{Algorithm, agree};

    #[test]
    fn algorithms_have_names_that_are_read_back() {
        for algorithm in Algorithm::ALL {
            assert_eq!(algorithm.name().parse(), Ok(algorithm));
        }
        let unknown = "winograd".parse::<Algorithm>().map_err(|error| error.to_string());
        assert_eq!(unknown, Err("found 'winograd', expected tiles, direct or accelerated".to_owned()));
    }

    #[test]
    fn half_precision_and_wrong_values_do_not_agree() {
        let expected = [1.0f32, -0.5, 0.25];
        assert!(agree(&expected, &[1.0 + 1e-6, -0.5, 0.25]));
        assert!(!agree(&expected, &[1.0, -0.5, 0.25 + 2f32.powi(-11)]));
        assert!(!agree(&expected, &[1.0, -0.5, f32::NAN]));
        assert!(!agree(&expected, &[1.0, -0.5]));
    }
}

//! Batch normalisation (Ioffe and Szegedy 2015) whose forward pass has no side effect.

use super::{Convolution, biases};
use crate::{
    initialise,
    trace::{BatchStatistics, Mode},
};
use burn::{
    module::{Module, Param},
    tensor::{Tensor, backend::Backend},
};
use herring_backend::{
    Kernels,
    ops::{self, Normalised},
};

/// Share of the newest batch in the running statistics (PyTorch's `momentum`).
const MOMENTUM: f64 = 0.1;
/// Added to the variance, where nothing else is said.
const EPSILON: f64 = 1e-5;

/// Batch normalisation of `[batch, channels, height, width]`.
#[derive(Module, Debug)]
pub struct BatchNorm<B: Backend> {
    /// Scale, `[channels]`.
    pub weight: Param<Tensor<B, 1>>,
    /// Shift, `[channels]`.
    pub bias: Param<Tensor<B, 1>>,
    /// Running mean, `[channels]`; not trained.
    pub running_mean: Param<Tensor<B, 1>>,
    /// Running unbiased variance, `[channels]`; not trained.
    pub running_var: Param<Tensor<B, 1>>,
    /// Added to the variance.
    pub epsilon: f64,
}

impl<B: Kernels> BatchNorm<B> {
    /// Scale 1, shift 0, running mean 0, running variance 1.
    pub fn new(channels: usize, device: &B::Device) -> Self {
        let filled = |value: f32| vec![value; channels];
        Self {
            weight: initialise::parameter(filled(1.0), [channels], device),
            bias: initialise::parameter(filled(0.0), [channels], device),
            running_mean: initialise::buffer(filled(0.0), [channels], device),
            running_var: initialise::buffer(filled(1.0), [channels], device),
            epsilon: EPSILON,
        }
    }

    /// With another number that is added to the variance; PyTorch's default is 1e-5.
    #[must_use]
    pub fn with_epsilon(self, epsilon: f64) -> Self {
        Self { epsilon, ..self }
    }

    /// Normalises `input`; in [`Mode::Train`] the batch statistics are appended to `statistics`.
    ///
    /// A channel of one value has no variance: its output is the shift alone, and no gradient passes.
    pub fn forward(&self, input: Tensor<B, 4>, mode: Mode, statistics: &mut Vec<BatchStatistics<B>>) -> Tensor<B, 4> {
        match mode {
            Mode::Train => self.of_batch(input, ops::batch_norm, statistics),
            Mode::Evaluate => self.of_running(input),
        }
    }

    /// [`forward`](Self::forward) with a rectifier behind it, in fewer passes over memory.
    pub fn forward_rectified(
        &self,
        input: Tensor<B, 4>,
        mode: Mode,
        statistics: &mut Vec<BatchStatistics<B>>,
    ) -> Tensor<B, 4> {
        match mode {
            Mode::Train => self.of_batch(input, ops::batch_norm_rectified, statistics),
            Mode::Evaluate => ops::rectify(self.of_running(input)),
        }
    }

    /// `convolution` of what [`forward_rectified`](Self::forward_rectified) puts out. In [`Mode::Train`] what lies between is not
    /// kept for the gradient but computed again: a pass over memory for the memory of `input`.
    pub(crate) fn forward_convolved(
        &self,
        input: Tensor<B, 4>,
        convolution: &Convolution<B>,
        mode: Mode,
        statistics: &mut Vec<BatchStatistics<B>>,
    ) -> Tensor<B, 4> {
        match (mode, convolution.plain()) {
            (Mode::Train, Some((weight, options))) => {
                let convolved = |input, scale, shift, epsilon| {
                    ops::batch_norm_rectified_convolution(input, [scale, shift], epsilon, weight, options)
                };
                self.of_batch(input, convolved, statistics)
            }
            _ => convolution.forward(self.forward_rectified(input, mode, statistics)),
        }
    }

    /// Normalised by the batch's own statistics.
    fn of_batch(
        &self,
        input: Tensor<B, 4>,
        normalise: impl FnOnce(Tensor<B, 4>, Tensor<B, 1>, Tensor<B, 1>, f64) -> Normalised<B>,
        statistics: &mut Vec<BatchStatistics<B>>,
    ) -> Tensor<B, 4> {
        let [batch, _, height, width] = input.dims();
        let found = normalise(input, self.weight.val(), self.bias.val(), self.epsilon);
        let (mean, variance) = (found.mean, found.variance);
        statistics.push(BatchStatistics { mean, variance, count: batch * height * width });
        found.output
    }

    /// Normalised by the running statistics.
    pub(super) fn of_running(&self, input: Tensor<B, 4>) -> Tensor<B, 4> {
        biases::normalise(input, self.running_scale(), self.running_mean.val(), self.bias.val())
    }

    /// Factor and number of each channel, `[channels]`, that normalise by the running statistics; none where each image has
    /// biases of its own.
    pub(super) fn running_affine(&self) -> Option<[Tensor<B, 1>; 2]> {
        let (scale, bias) = (self.running_scale(), self.bias.val());
        (scale.dims() == bias.dims()).then(|| {
            let shift = bias - self.running_mean.val() * scale.clone();
            [scale, shift]
        })
    }

    fn running_scale(&self) -> Tensor<B, 1> {
        self.weight.val() * (self.running_var.val() + self.epsilon).sqrt().recip()
    }

    /// Moves the running statistics towards those of a batch.
    pub fn absorb(self, statistics: BatchStatistics<B>) -> Self {
        let count = statistics.count as f64;
        let unbiased = count / (count - 1.0).max(1.0);
        let mix = |running: Param<Tensor<B, 1>>, newest: Tensor<B, 1>, factor: f64| {
            running.map(|running| ops::running_average(running, newest, MOMENTUM, factor))
        };
        Self {
            running_mean: mix(self.running_mean, statistics.mean, 1.0),
            running_var: mix(self.running_var, statistics.variance, unbiased),
            ..self
        }
    }

    /// Takes the next entry of what a pass measured, in the order of the pass; unchanged where there is none.
    pub(crate) fn absorb_next(self, statistics: &mut impl Iterator<Item = BatchStatistics<B>>) -> Self {
        match statistics.next() {
            Some(next) => self.absorb(next),
            None => self,
        }
    }
}

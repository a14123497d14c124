//! One step of Adam (Kingma and Ba, 2015), in one pass over memory.
//!
//! The formulas are those of `torch.optim.Adam` without weight decay and
//! without AMSGrad, epsilon being added after the bias correction:
//!
//! ```text
//! m <- beta1 m + (1 - beta1) g
//! v <- beta2 v + (1 - beta2) g^2
//! p <- p - learning_rate / (1 - beta1^t) * m / (sqrt(v) / sqrt(1 - beta2^t) + epsilon)
//! ```

use rayon::prelude::*;

use crate::planes::PARALLEL_FROM;
use crate::simd::{Task, dispatch};

/// Floats in a piece of work.
const CHUNK: usize = 1 << 14;

/// The hyper-parameters of Adam.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Settings {
    /// Size of a step.
    pub learning_rate: f64,
    /// How much of the first moment is kept.
    pub beta1: f64,
    /// How much of the second moment is kept.
    pub beta2: f64,
    /// Added to the denominator.
    pub epsilon: f64,
}

impl Default for Settings {
    fn default() -> Self {
        Self { learning_rate: 1e-3, beta1: 0.9, beta2: 0.999, epsilon: 1e-8 }
    }
}

/// Writes `parameter` after this step to `moved` and updates both moments in place; all are of the same shape.
///
/// `time` is the number of this step, counted from 1. The parameter is not updated in place because a program that
/// differentiates it still holds it, so that it would have to be copied first.
///
/// # Panics
/// If `time` is zero or the lengths differ.
pub fn step(
    settings: &Settings,
    time: u64,
    parameter: &[f32],
    gradient: &[f32],
    first_moment: &mut [f32],
    second_moment: &mut [f32],
    moved: &mut [f32],
) {
    assert!(time > 0, "the first step of Adam is step 1");
    let length = parameter.len();
    assert_eq!(gradient.len(), length, "length of the gradient");
    assert_eq!(first_moment.len(), length, "length of the first moment");
    assert_eq!(second_moment.len(), length, "length of the second moment");
    assert_eq!(moved.len(), length, "length of the moved parameter");
    let constants = Constants::new(settings, time);
    if length < PARALLEL_FROM {
        dispatch(Step { constants, parameter, gradient, first_moment, second_moment, moved });
        return;
    }
    moved
        .par_chunks_mut(CHUNK)
        .zip(parameter.par_chunks(CHUNK))
        .zip(gradient.par_chunks(CHUNK))
        .zip(first_moment.par_chunks_mut(CHUNK))
        .zip(second_moment.par_chunks_mut(CHUNK))
        .for_each(|((((moved, parameter), gradient), first_moment), second_moment)| {
            dispatch(Step { constants, parameter, gradient, first_moment, second_moment, moved });
        });
}

#[derive(Clone, Copy)]
struct Constants {
    step_size: f32,
    beta2: f32,
    one_minus_beta1: f32,
    one_minus_beta2: f32,
    correction: f32,
    epsilon: f32,
}

impl Constants {
    fn new(settings: &Settings, time: u64) -> Self {
        let time = time as f64;
        let Settings { learning_rate, beta1, beta2, epsilon } = *settings;
        Self {
            step_size: (learning_rate / (1.0 - beta1.powf(time))) as f32,
            beta2: beta2 as f32,
            one_minus_beta1: (1.0 - beta1) as f32,
            one_minus_beta2: (1.0 - beta2) as f32,
            correction: (1.0 - beta2.powf(time)).sqrt() as f32,
            epsilon: epsilon as f32,
        }
    }
}

struct Step<'a> {
    constants: Constants,
    parameter: &'a [f32],
    gradient: &'a [f32],
    first_moment: &'a mut [f32],
    second_moment: &'a mut [f32],
    moved: &'a mut [f32],
}

impl Task for Step<'_> {
    type Output = ();

    #[inline(always)]
    fn run<const ROWS: usize, const COLUMNS: usize, const FUSED: bool>(self) {
        let constants = self.constants;
        let inputs = self.parameter.iter().zip(self.gradient);
        for (((moved, (parameter, &gradient)), first), second) in
            self.moved.iter_mut().zip(inputs).zip(self.first_moment).zip(self.second_moment)
        {
            // The first moment moves towards the gradient, as PyTorch's `lerp_` does.
            *first += constants.one_minus_beta1 * (gradient - *first);
            *second = *second * constants.beta2 + constants.one_minus_beta2 * gradient * gradient;
            let denominator = second.sqrt() / constants.correction + constants.epsilon;
            *moved = *parameter - constants.step_size * (*first / denominator);
        }
    }
}

//! One step of Adam (Kingma and Ba 2015) of several parameters in one launch, in PyTorch's reading: epsilon is added after
//! the correction of the second moment.

use crate::{launch::one_each, layout::empty_like};
use burn_cubecl::{CubeRuntime, kernel::into_contiguous, tensor::CubeTensor};
use cubecl::prelude::*;

/// A parameter, its gradient and its moments, of equal shapes.
#[derive(Debug)]
pub struct Moving<R: CubeRuntime> {
    /// The parameter.
    pub parameter: CubeTensor<R>,
    /// Its gradient.
    pub gradient: CubeTensor<R>,
    /// Running mean of the gradient.
    pub first: CubeTensor<R>,
    /// Running mean of the squared gradient.
    pub second: CubeTensor<R>,
}

/// A parameter and its moments behind the step.
#[derive(Debug)]
pub struct Moved<R: CubeRuntime> {
    /// The parameter.
    pub parameter: CubeTensor<R>,
    /// Running mean of the gradient.
    pub first: CubeTensor<R>,
    /// Running mean of the squared gradient.
    pub second: CubeTensor<R>,
}

/// Numbers of one step, which are those of all its parameters.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Step {
    /// Decay of the mean gradient.
    pub beta1: f64,
    /// Decay of the mean squared gradient.
    pub beta2: f64,
    /// Added to the denominator.
    pub epsilon: f64,
    /// The step's length, divided by the correction of the first moment.
    pub length: f64,
    /// The root of the correction of the second moment.
    pub second_root: f64,
}

/// Parameters of one launch, at most.
const AT_ONCE: usize = 16;
/// Tensors of one parameter that a kernel reads and writes.
const BINDINGS: u32 = 7;

/// The parameters and moments after one step, in the order of `moving`. Parameters are moved together, as many at once as the
/// device lets a kernel have tensors.
pub fn step<R: CubeRuntime>(moving: Vec<Moving<R>>, numbers: Step) -> Vec<Moved<R>> {
    let mut left = moving.into_iter();
    let mut moved = Vec::with_capacity(left.len());
    while let Some(first) = left.next() {
        let bindings = first.parameter.client.properties().hardware.max_bindings;
        // One more binding holds the tensors' lengths.
        let at_once = (bindings.saturating_sub(1) / BINDINGS).clamp(1, AT_ONCE as u32) as usize;
        moved.extend(launch(std::iter::once(first).chain(left.by_ref().take(at_once - 1)).collect(), numbers));
    }
    moved
}

fn launch<R: CubeRuntime>(moving: Vec<Moving<R>>, numbers: Step) -> Vec<Moved<R>> {
    let largest = moving.iter().map(|one| &one.parameter).max_by_key(|parameter| parameter.meta.num_elements());
    let Some(largest) = largest else { return Vec::new() };
    let (client, dtype) = (largest.client.clone(), largest.dtype);
    let (count, cube) = one_each(largest);
    let [mut parameters, mut gradients, mut firsts, mut seconds] = [(); 4].map(|()| SequenceArg::new());
    let [mut parameters_made, mut firsts_made, mut seconds_made] = [(); 3].map(|()| SequenceArg::new());
    let mut moved = Vec::with_capacity(moving.len());
    for one in moving {
        let [parameter, gradient, first, second] =
            [one.parameter, one.gradient, one.first, one.second].map(into_contiguous);
        let made =
            Moved { parameter: empty_like(&parameter), first: empty_like(&parameter), second: empty_like(&parameter) };
        parameters.push(parameter.into_array_arg());
        gradients.push(gradient.into_array_arg());
        firsts.push(first.into_array_arg());
        seconds.push(second.into_array_arg());
        parameters_made.push(made.parameter.clone().into_array_arg());
        firsts_made.push(made.first.clone().into_array_arg());
        seconds_made.push(made.second.clone().into_array_arg());
        moved.push(made);
    }
    step_kernel::launch::<R>(
        &client,
        count,
        cube,
        parameters,
        gradients,
        firsts,
        seconds,
        parameters_made,
        firsts_made,
        seconds_made,
        NumbersLaunch::new(
            numbers.beta1 as f32,
            (1.0 - numbers.beta1) as f32,
            numbers.beta2 as f32,
            (1.0 - numbers.beta2) as f32,
            numbers.epsilon as f32,
            numbers.length as f32,
            numbers.second_root as f32,
        ),
        dtype.into(),
    );
    moved
}

#[derive(CubeLaunch, CubeType, Clone, Copy)]
struct Numbers {
    beta1: f32,
    rest1: f32,
    beta2: f32,
    rest2: f32,
    epsilon: f32,
    length: f32,
    second_root: f32,
}

#[cube(launch)]
fn step_kernel<F: Float>(
    parameters: &Sequence<Array<F>>,
    gradients: &Sequence<Array<F>>,
    firsts: &Sequence<Array<F>>,
    seconds: &Sequence<Array<F>>,
    parameters_made: &mut Sequence<Array<F>>,
    firsts_made: &mut Sequence<Array<F>>,
    seconds_made: &mut Sequence<Array<F>>,
    numbers: Numbers,
    #[define(F)] _dtype: StorageType,
) {
    #[unroll]
    for index in 0..parameters.len() {
        if ABSOLUTE_POS < parameters.index(index).len() {
            let gradient = gradients.index(index)[ABSOLUTE_POS];
            let first = firsts.index(index)[ABSOLUTE_POS] * F::cast_from(numbers.beta1)
                + gradient * F::cast_from(numbers.rest1);
            let second = seconds.index(index)[ABSOLUTE_POS] * F::cast_from(numbers.beta2)
                + gradient * gradient * F::cast_from(numbers.rest2);
            let denominator = second.sqrt() / F::cast_from(numbers.second_root) + F::cast_from(numbers.epsilon);
            let moved = parameters.index(index)[ABSOLUTE_POS] - first / denominator * F::cast_from(numbers.length);
            parameters_made.index_mut(index)[ABSOLUTE_POS] = moved;
            firsts_made.index_mut(index)[ABSOLUTE_POS] = first;
            seconds_made.index_mut(index)[ABSOLUTE_POS] = second;
        }
    }
}

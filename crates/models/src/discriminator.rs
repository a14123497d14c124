//! The discriminator of the adversarial method (iclr2021, section 3): tells the features of whole
//! images from those of masked ones.

use crate::{initialise, layers::Linear};
use burn::{
    module::{Module, Param},
    tensor::{
        Tensor,
        activation::relu,
        backend::{AutodiffBackend, Backend},
    },
};
use herring_backend::ops;
use rand::Rng;

/// Smallest norm that a vector is divided by.
const SMALLEST_NORM: f64 = 1e-12;

/// The configuration of a [`Discriminator`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DiscriminatorConfig {
    /// Length of the feature vectors.
    pub features: usize,
    /// Units of each hidden layer; the paper has 1024.
    pub hidden: usize,
    /// Hidden layers; the paper has 3.
    pub layers: usize,
    /// Whether the hidden layers' weights are divided by their largest singular value.
    pub spectral: bool,
}

/// Estimates of a weight's first singular vectors (Miyato et al. 2018).
#[derive(Module, Debug)]
struct SingularVectors<B: Backend> {
    left: Param<Tensor<B, 1>>,
    right: Param<Tensor<B, 1>>,
}

impl<B: Backend> SingularVectors<B> {
    fn new([rows, columns]: [usize; 2], random: &mut impl Rng, device: &B::Device) -> Self {
        let mut unit = |count: usize| {
            let tensor = initialise::buffer(initialise::normal(count, random), [count], device);
            tensor.map(|tensor| normalise(tensor))
        };
        Self { left: unit(rows), right: unit(columns) }
    }

    /// `leftᵀ weight right`, `[1, 1]`; the vectors are constants.
    fn largest_singular_value(&self, weight: Tensor<B, 2>) -> Tensor<B, 2> {
        let left = self.left.val().unsqueeze_dim::<2>(0);
        let right = self.right.val().unsqueeze_dim::<2>(1);
        left.matmul(weight).matmul(right)
    }
}

fn normalise<B: Backend>(vector: Tensor<B, 1>) -> Tensor<B, 1> {
    let norm = ops::total(vector.clone().powi_scalar(2)).sqrt().clamp_min(SMALLEST_NORM);
    vector / norm
}

/// A perceptron with rectified hidden layers under spectral normalisation and one logit.
#[derive(Module, Debug)]
pub struct Discriminator<B: Backend> {
    hidden: Vec<Linear<B>>,
    singular: Vec<SingularVectors<B>>,
    output: Linear<B>,
}

impl<B: Backend> Discriminator<B> {
    /// Weights by PyTorch's default for linear layers, singular vectors random.
    pub fn new(config: &DiscriminatorConfig, random: &mut impl Rng, device: &B::Device) -> Self {
        let inputs = |layer: usize| if layer == 0 { config.features } else { config.hidden };
        let hidden: Vec<_> =
            (0..config.layers).map(|layer| Linear::new(inputs(layer), config.hidden, random, device)).collect();
        let singular = (0..if config.spectral { config.layers } else { 0 })
            .map(|layer| SingularVectors::new([config.hidden, inputs(layer)], random, device))
            .collect();
        Self { hidden, singular, output: Linear::new(inputs(config.layers), 1, random, device) }
    }

    /// The logit of "this comes from a whole image", `[batch, 1]`, for `features [batch, features]`.
    ///
    /// Under spectral normalisation a new discriminator's singular vectors are random and its output is
    /// meaningless; [`iterate`](Self::iterate) first, as training does.
    pub fn forward(&self, features: Tensor<B, 2>) -> Tensor<B, 2> {
        let mut current = features;
        for (layer, linear) in self.hidden.iter().enumerate() {
            let weight = linear.weight.val();
            let weight = match self.singular.get(layer) {
                Some(singular) => weight.clone() / singular.largest_singular_value(weight),
                None => weight,
            };
            current = relu(linear.forward_with(current, weight));
        }
        self.output.forward(current)
    }
}

impl<A: AutodiffBackend> Discriminator<A> {
    /// One power iteration on every hidden layer. PyTorch makes one before each forward pass in
    /// training mode.
    pub fn iterate(self) -> Self {
        let singular = self
            .singular
            .into_iter()
            .zip(&self.hidden)
            .map(|(vectors, linear)| {
                let weight = linear.weight.val().inner();
                let column = |vector: Tensor<A::InnerBackend, 1>| vector.unsqueeze_dim::<2>(1);
                let left = vectors.left.val().inner();
                let right = normalise(weight.clone().transpose().matmul(column(left)).squeeze_dim::<1>(1));
                let left = normalise(weight.matmul(column(right.clone())).squeeze_dim::<1>(1));
                SingularVectors {
                    left: vectors.left.map(|_| Tensor::from_inner(left)),
                    right: vectors.right.map(|_| Tensor::from_inner(right)),
                }
            })
            .collect();
        Self { singular, ..self }
    }
}
